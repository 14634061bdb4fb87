package result

import (
	"fmt"
	"slices"
	"strings"
)

// The causes that lie in what the server makes of a request.

// decodedPaths are the requirements that a path which is decoded before routing
// breaks.
var decodedPaths = []string{"path.encoded-colon", "path.encoded-slash", "path.encoded-separator", "path.decoded-once"}

// looserThanDecoded are requirements that a server breaks which hardly looks at the
// path, or takes any id.
var looserThanDecoded = []string{"path.verb", "path.one-segment", "path.transcoding", "semantics.unknown-job", "semantics.unknown-job-no-effect"}

// decodedPath: the path is decoded before its segments and verb are looked for.
func (e evidence) decodedPath() (Cause, explanation) {
	reached := map[int]bool{}
	for _, one := range e.found() {
		success := strings.HasPrefix(one.Got, "2") || strings.Contains(one.Got, "the request reached it")
		if success && slices.Contains(looserThanDecoded, one.Requirement) {
			return Cause{}, nil
		}
		reached[one.exchange.Number] = reached[one.exchange.Number] || success && slices.Contains(decodedPaths, one.Requirement)
	}
	shows := func(exchange *Exchange) bool { return reached[exchange.Number] }
	cause := e.count(Cause{ID: "decoded-path"}, shows)
	if cause.Count < 2 {
		return Cause{}, nil
	}
	first := e.exchange(cause.Exchange)
	cause.Summary = "the path is decoded before it is routed, as in " + first.line()
	cause.Fix = "route by the path as it was sent and decode each segment once, afterwards: r.URL.EscapedPath() in Go, RAW_URI or REQUEST_URI in WSGI, " +
		"raw_path in ASGI, req.originalUrl in Node, getRequestURI() in Java, uri.path() in axum, runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptReserved) in grpc-gateway"
	return cause, func(finding Finding, exchange *Exchange) bool {
		return shows(exchange) && slices.Contains(decodedPaths, finding.Requirement)
	}
}

// bodyUnread: bodies that are no empty message get a success, since they are
// hardly looked at.
func (e evidence) bodyUnread() (Cause, explanation) {
	accepted, named, fields := map[int]bool{}, map[int]bool{}, false
	for _, one := range e.found() {
		if request := one.exchange.Request; strings.HasPrefix(one.Requirement, "body.") && one.exchange.status()/100 == 2 && request.BodyBytes > 0 {
			number := one.exchange.Number
			accepted[number] = true
			named[number] = strings.HasPrefix(strings.Join(request.Header["Content-Type"], ""), "application/json")
			fields = fields || one.Requirement == "body.unknown-field"
		}
	}
	shows := func(exchange *Exchange) bool { return accepted[exchange.Number] && (fields || !named[exchange.Number]) }
	cause := e.count(Cause{ID: "body-unread"}, shows)
	if cause.Count < 4 || len(accepted) == e.count(Cause{}, func(exchange *Exchange) bool { return named[exchange.Number] }).Count {
		return Cause{}, nil
	}
	which, fix := "is not checked", "read the whole body, whatever its media type, and refuse all but nothing, {} and null: an object with a field, an array, what is no JSON"
	if !fields {
		which, fix = "is checked only where its media type is JSON", "read the raw body whatever its media type, also without one: express.raw({type: () => true}) "+
			"in place of express.json(), get_data() in Flask"
	}
	cause.Summary = fmt.Sprintf("the body %s: %d bodies that are no empty message succeed, as does %s", which, cause.Count, e.exchange(cause.Exchange).Purpose)
	cause.Fix = fix
	return cause, func(finding Finding, exchange *Exchange) bool {
		return shows(exchange) && strings.HasPrefix(finding.Requirement, "body.")
	}
}
