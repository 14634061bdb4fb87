package result

import (
	"cmp"
	"fmt"
	"net/http"
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
		success := one.exchange.succeeded() && strings.HasPrefix(one.Got, "2") || strings.Contains(one.Got, "the request reached the job")
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
		if request := one.exchange.Request; strings.HasPrefix(one.Requirement, "body.") && one.exchange.succeeded() && request.BodyBytes > 0 {
			number := one.exchange.Number
			accepted[number] = true
			named[number] = strings.HasPrefix(strings.Join(request.Header["Content-Type"], ""), "application/json")
			fields = fields || one.Requirement == "body.unknown-field"
		}
	}
	// What refuses a body that is no JSON has parsed it.
	parsed := fields && slices.ContainsFunc(e.Checks, func(check Check) bool {
		return check.Verdict == Pass && slices.Contains(check.Requirements, "body.malformed")
	})
	shows := func(exchange *Exchange) bool { return accepted[exchange.Number] && (fields || !named[exchange.Number]) }
	cause := e.count(Cause{ID: "body-unread"}, shows)
	if cause.Count < 3 || !parsed && cause.Count < 4 || !parsed && len(accepted) == e.count(Cause{}, func(exchange *Exchange) bool { return named[exchange.Number] }).Count {
		return Cause{}, nil
	}
	which := "is not checked"
	cause.Fix = "read the whole body, whatever its media type, and refuse everything except an empty body, {} and null"
	switch {
	case parsed:
		cause.ID, which = "unknown-fields", "is parsed, but unknown fields are ignored"
		fields, _ := e.Requirement("body.unknown-field")
		cause.Fix = fields.Fix
	case !fields:
		which = "is checked only if its media type is JSON"
		cause.Fix = "read the raw body whatever its media type, also without one: express.raw({type: () => true}) in place of express.json(), get_data() in Flask"
	}
	cause.Summary = fmt.Sprintf("the body %s: %d bodies other than the empty message are accepted, such as %s", which, cause.Count, e.exchange(cause.Exchange).Purpose)
	return cause, func(finding Finding, exchange *Exchange) bool {
		return shows(exchange) && strings.HasPrefix(finding.Requirement, "body.")
	}
}

// mustSucceed are the requirements that a call as it is documented breaks which is
// refused.
var mustSucceed = []string{"path.template", "body.empty", "semantics.accepted-state"}

// callRefused: no call as it is documented succeeds, with nothing but a path and a
// token.
func (e evidence) callRefused() (Cause, explanation) {
	var refused *Exchange
	for _, one := range e.found() {
		if status := one.exchange.status(); slices.Contains(mustSucceed, one.Requirement) && status/100 == 4 && status != 401 && status != 403 {
			refused = cmp.Or(refused, one.exchange)
		}
	}
	if refused == nil {
		return Cause{}, nil
	}
	succeed := func(more func(*Exchange) bool) bool {
		return slices.ContainsFunc(e.responses, func(exchange *Exchange) bool { return exchange.Retry && exchange.succeeded() && more(exchange) })
	}
	typed := func(exchange *Exchange) bool { return len(exchange.Request.Header["Content-Type"]) > 0 }
	filled := func(exchange *Exchange) bool { return exchange.Request.BodyBytes > 0 }
	any := func(*Exchange) bool { return true }
	missing, alike := "", any
	fix := "find out what the server requires besides the path and the token, such as a header field, and do not require it"
	switch {
	case !succeed(any) && refused.status() == http.StatusNotFound:
		fix = giveJobs + "; also check that the server routes the call"
	case !succeed(any):
	case !succeed(func(exchange *Exchange) bool { return !filled(exchange) }):
		missing, alike = " without a body", func(exchange *Exchange) bool { return !filled(exchange) }
		fix = "treat a request without a body as one with an empty message: parse a body only if there is one"
	case !succeed(func(exchange *Exchange) bool { return !typed(exchange) }):
		missing, alike = " without a Content-Type", func(exchange *Exchange) bool { return !typed(exchange) }
		fix = "require a Content-Type only if there is a body"
	default:
		return Cause{}, nil
	}
	shows := func(exchange *Exchange) bool {
		return exchange.status() == refused.status() && exchange.Request.Method == refused.Request.Method && alike(exchange)
	}
	cause := e.count(Cause{ID: "call-refused"}, shows)
	cause.Exchange, cause.Fix = refused.Number, fix
	cause.Summary = fmt.Sprintf("every call%s is refused with %d, as %s is%s", missing, refused.status(), refused.line(), refused.because())
	return cause, func(_ Finding, exchange *Exchange) bool { return shows(exchange) }
}
