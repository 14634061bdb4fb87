package result

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// The causes that lie in what the server makes of a request.

// decodedPaths are the requirements that a path which is decoded before routing
// breaks.
var decodedPaths = []string{"path.encoded-colon", "path.encoded-slash", "path.encoded-separator", "path.decoded-once"}

// looserThanDecoded are requirements that a server breaks which hardly looks at the
// path, or takes any id.
var looserThanDecoded = []string{"path.verb", "path.one-segment", "path.transcoding", "semantics.unknown-job", "semantics.unknown-job-no-effect"}

// decodedPath: the path is decoded before its segments and verb are looked for.
func (e evidence) decodedPath() diagnosis {
	reached := map[int]bool{}
	for _, one := range e.found() {
		success := one.exchange.succeeded() && strings.HasPrefix(one.Got, "2") || strings.Contains(one.Got, "the request reached the job")
		if success && slices.Contains(looserThanDecoded, one.Requirement) {
			return diagnosis{}
		}
		reached[one.exchange.Number] = reached[one.exchange.Number] || success && slices.Contains(decodedPaths, one.Requirement)
	}
	shows := func(exchange *Exchange) bool { return reached[exchange.Number] }
	return diagnosis{id: "decoded-path", least: 2, shows: shows, explains: func(finding Finding, exchange *Exchange) bool {
		return shows(exchange) && slices.Contains(decodedPaths, finding.Requirement)
	}, say: func(first *Exchange, _ int) (summary, fix string) {
		shown := "decodes the id more than once"
		switch found := strings.ToLower(first.Request.URL); {
		case strings.Contains(found, "%3a"):
			shown = "accepts %3A in place of the colon before the verb"
		case strings.Contains(found, "%2f"):
			shown = "accepts %2F in place of a slash of the path"
		}
		return fmt.Sprintf("the server %s, in %s: it decodes the path before it routes it", shown, first.line()),
			"route by the path as it was sent and decode each segment once, afterwards: r.URL.EscapedPath() in Go, RAW_URI or REQUEST_URI in WSGI, " +
				"raw_path in ASGI, req.originalUrl in Node, getRequestURI() in Java, uri.path() in axum, runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptReserved) in grpc-gateway"
	}}
}

// bodyUnread: bodies that are no empty message get a success, since they are
// hardly looked at.
func (e evidence) bodyUnread() diagnosis {
	accepted, named, broken := map[int]bool{}, map[int]bool{}, map[string]bool{}
	for _, one := range e.found() {
		if request := one.exchange.Request; strings.HasPrefix(one.Requirement, "body.") && one.exchange.succeeded() && request.BodyBytes > 0 {
			number := one.exchange.Number
			accepted[number] = true
			named[number] = strings.HasPrefix(strings.Join(request.Header["Content-Type"], ""), "application/json")
			broken[one.Requirement] = true
		}
	}
	fields := broken["body.unknown-field"]
	// What refuses a body that is no JSON has parsed it.
	parsed := fields && slices.ContainsFunc(e.Checks, func(check Check) bool {
		return check.Verdict == Pass && slices.Contains(check.Requirements, "body.malformed")
	})
	found := diagnosis{id: "body-unread", least: 4}
	which, fix := "is not checked", "read the whole body, whatever its media type, and refuse everything except an empty body, {} and null"
	switch {
	case parsed && broken["body.array"] && broken["body.scalar"]:
		found.least, which = 3, "is parsed, but its value is not looked at"
		fix = "accept only {} and null: refuse every other value, also an array, a string or a number, with 400 INVALID_ARGUMENT"
	case parsed:
		unknown, _ := e.Requirement("body.unknown-field")
		found.id, found.least, which, fix = "unknown-fields", 3, "is parsed, but unknown fields are ignored", unknown.Fix
	case fields && broken["body.malformed"] && broken["body.array"]:
		found.least = 3 // Nothing of it was looked at.
	case len(accepted) == len(e.shown(func(exchange *Exchange) bool { return named[exchange.Number] })):
		return diagnosis{}
	case !fields:
		which = "is checked only if its media type is JSON"
		fix = "read the raw body whatever its media type, also without one: express.raw({type: () => true}) in place of express.json(), get_data() in Flask"
	}
	found.shows = func(exchange *Exchange) bool { return accepted[exchange.Number] && (fields || !named[exchange.Number]) }
	found.explains = func(finding Finding, exchange *Exchange) bool {
		return found.shows(exchange) && strings.HasPrefix(finding.Requirement, "body.")
	}
	found.say = func(first *Exchange, count int) (string, string) {
		return fmt.Sprintf("the body %s: %d bodies other than the empty message are accepted, such as %s", which, count, first.Purpose), fix
	}
	return found
}

// mustSucceed are the requirements that a call as it is documented breaks which is
// refused.
var mustSucceed = []string{"path.template", "body.empty", "semantics.accepted-state"}

// callRefused: no call as it is documented succeeds, with nothing but a path and a
// token.
func (e evidence) callRefused() diagnosis {
	var refused *Exchange
	for _, one := range e.found() {
		if status := one.exchange.status(); slices.Contains(mustSucceed, one.Requirement) && status/100 == 4 && status != 401 && status != 403 {
			refused = cmp.Or(refused, one.exchange)
		}
	}
	if refused == nil {
		return diagnosis{}
	}
	succeed := func(more func(*Exchange) bool) bool {
		return slices.ContainsFunc(e.responses, func(exchange *Exchange) bool { return exchange.Retry && exchange.succeeded() && more(exchange) })
	}
	untyped := func(exchange *Exchange) bool { return len(exchange.Request.Header["Content-Type"]) == 0 }
	bodiless := func(exchange *Exchange) bool { return exchange.Request.BodyBytes == 0 }
	any := func(*Exchange) bool { return true }
	readable := slices.ContainsFunc(e.responses, func(one *Exchange) bool { return one.Job == refused.Job && e.shownState(one) != "" })
	missing, alike := "", any
	fix := "find out what the server requires besides the path and the token, such as a header field, and do not require it"
	switch {
	case !succeed(any) && refused.status() == http.StatusNotFound && !readable:
		fix = giveJobs + "; also check that the server routes the call"
	case !succeed(any):
		given := text.List(e.AcceptedStates(), "or")
		refusesJob := refused.status() == http.StatusBadRequest || refused.status() == http.StatusConflict
		if given != "" && refusesJob && !readable {
			fix = "if an earlier run used up the given jobs, give new ones that are " + given + ", or restart the server if that restores them. Otherwise " + fix
		}
	case !succeed(bodiless):
		missing, alike = " without a body", bodiless
		fix = "treat a request without a body as one with an empty message: parse a body only if there is one"
	case !succeed(untyped):
		missing, alike = " without a Content-Type", untyped
		fix = "require a Content-Type only if there is a body"
	default:
		return diagnosis{}
	}
	return diagnosis{id: "call-refused", first: refused, shows: func(exchange *Exchange) bool {
		return exchange.status() == refused.status() && exchange.Request.Method == refused.Request.Method && alike(exchange)
	}, say: func(*Exchange, int) (string, string) {
		return fmt.Sprintf("every call%s is refused with %d, as %s is%s", missing, refused.status(), refused.line(), refused.because()), fix
	}}
}
