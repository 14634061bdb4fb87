package result

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// The causes for which no call, or hardly any, reaches the method.

// noHTTP: something else than an HTTP server answers.
func (e evidence) noHTTP() (Cause, explanation) {
	shows := func(exchange *Exchange) bool {
		return exchange.Response == nil && slices.Contains([]string{"hang-up", "reset", "malformed"}, exchange.Fault.Kind)
	}
	cause := e.count(Cause{ID: "no-http"}, shows)
	if !nearlyAll(cause.Count, len(e.responses)) {
		return Cause{}, nil
	}
	first := e.exchange(cause.Exchange)
	cause.Summary = fmt.Sprintf("no request got an HTTP response from %s", e.Target.Endpoint)
	cause.Fix = "check the port of --endpoint; a gRPC server needs its HTTP port"
	switch {
	case first.Fault.Kind == "malformed":
		cause.Summary += ": " + first.Fault.Detail
	default:
		cause.Summary += ": every connection was closed without one"
		cause.Fix += "; a handler that panics closes the connection too: check its log"
	}
	return cause, func(_ Finding, exchange *Exchange) bool { return shows(exchange) }
}

// exchange finds an exchange by its number.
func (e evidence) exchange(number int) *Exchange {
	return e.responses[slices.IndexFunc(e.responses, func(one *Exchange) bool { return one.Number == number })]
}

// oneStatus: the same status whatever is sent, as of a wrong address.
func (e evidence) oneStatus() (Cause, explanation) {
	counts, most := map[int]int{}, 0
	for _, exchange := range e.responses {
		status := exchange.status()
		if counts[status]++; status != 0 && counts[status] > counts[most] {
			most = status
		}
	}
	shows := func(exchange *Exchange) bool {
		return exchange.status() == most && (exchange.succeeded() || most/100 != 2)
	}
	cause := e.count(Cause{ID: "one-status"}, shows)
	if most == 0 || most == 401 || most == 403 || !nearlyAll(cause.Count, len(e.responses)) {
		return Cause{}, nil
	}
	first := e.exchange(cause.Exchange)
	sent := first.line()
	every := fmt.Sprintf("every response is %d", most)
	if cause.Count < len(e.responses) {
		every = fmt.Sprintf("%d of %d responses are %d", cause.Count, len(e.responses), most)
	}
	switch {
	case most == 404 && counts[401]+counts[403] > 0:
		cause.ID, cause.Summary = "unknown-jobs", every+": the server knows none of the given jobs"
		cause.Fix = giveJobs
	case most == 404 && doubled(first.Request.URL) != "":
		cause.ID = "doubled-prefix"
		cause.Summary = fmt.Sprintf("%s: /%s is in the path twice, as in %s", every, doubled(first.Request.URL), sent)
		cause.Fix = "give --endpoint " + strings.TrimSuffix(strings.TrimRight(e.Target.Endpoint, "/"), "/"+doubled(first.Request.URL)) +
			" without /" + doubled(first.Request.URL) + ", with which the path of the method begins"
	case most == 404 || most == 405:
		cause.ID, cause.Summary = "wrong-address", fmt.Sprintf("%s: the server does not serve the method at this path, as in %s", every, sent)
		cause.Fix = "check the address and the path prefix of --endpoint, and the route of the server"
	case most/100 == 3:
		cause.ID, cause.Summary = "redirected", fmt.Sprintf("%s, to %s", every, strings.Join(first.Response.Header["Location"], ", "))
		cause.Fix = "give --endpoint the address that the server redirects to"
	case most == http.StatusTooManyRequests:
		cause.ID, cause.Summary = "rate-limited", every+": the server limits the rate of requests"
		cause.Fix = "raise the limit of the server for the test, or send fewer requests per second with --rate"
	case most >= 500:
		cause.Summary = every + ": the server, or a service that it depends on, is failing"
		cause.Fix = "check the log of the server"
	default:
		cause.Summary = every + ", whatever was sent"
		cause.Fix = "check that --endpoint is the server of the method, and no fallback for unknown paths"
	}
	return cause, func(_ Finding, exchange *Exchange) bool { return shows(exchange) }
}

// giveJobs is the fix where a server has none of the given jobs.
const giveJobs = "give the ids of jobs that the server has: --job STATE=ID"

// foreignServer: no response has the form of the method's, as those of a file
// server: 501 or 405 to the call, 404 or a page to what reads a state.
func (e evidence) foreignServer() (Cause, explanation) {
	cause := e.count(Cause{ID: "wrong-address"}, isForeign)
	if !nearlyAll(cause.Count, len(e.responses)) {
		return Cause{}, nil
	}
	kinds, counts := []string{}, map[string]int{}
	for _, exchange := range e.responses {
		if !isForeign(exchange) {
			continue
		}
		kind := fmt.Sprintf("%d to %s", exchange.status(), exchange.Request.Method)
		if counts[kind]++; counts[kind] == 1 {
			kinds = append(kinds, kind)
		}
	}
	slices.SortStableFunc(kinds, func(a, b string) int { return counts[b] - counts[a] })
	first := e.exchange(cause.Exchange)
	cause.Summary = fmt.Sprintf("no response comes from the method: %s, as to %s", text.List(kinds[:min(len(kinds), 2)], "and"), first.line())
	if server := first.Response.Header["Server"]; len(server) > 0 {
		cause.Summary += "; the server is " + text.Line(text.Cut(strings.Join(server, ", "), 60))
	}
	cause.Fix = "check the address and the path prefix of --endpoint: another server responds there, such as a file server; and check the route of the server"
	return cause, func(_ Finding, exchange *Exchange) bool { return isForeign(exchange) }
}

// isForeign reports whether a response has nothing of a method of this platform: a
// page, or a status without an error object.
func isForeign(exchange *Exchange) bool {
	switch status := exchange.status(); status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return !hasErrorObject(exchange) && !isBareStatus(exchange)
	default:
		return (status/100 == 2 || status/100 == 3) && members(exchange) == nil
	}
}

// hasErrorObject reports whether a response has the outer form of the error model.
func hasErrorObject(exchange *Exchange) bool {
	var inner map[string]json.RawMessage
	return json.Unmarshal(members(exchange)["error"], &inner) == nil && inner != nil
}

// notRouted: the method does not find a job that the state method shows.
func (e evidence) notRouted() (Cause, explanation) {
	shown := map[string]bool{}
	for _, exchange := range e.responses {
		if !exchange.Retry && exchange.succeeded() {
			shown[exchange.Job] = true
		}
	}
	missed, given := map[int]bool{}, (*Exchange)(nil)
	for _, one := range e.found() {
		status := one.exchange.status()
		if one.Requirement == "path.template" && shown[one.exchange.Job] && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) {
			missed[status], given = true, cmp.Or(given, one.exchange)
		}
	}
	shows := func(exchange *Exchange) bool {
		return exchange.Retry && shown[exchange.Job] && missed[exchange.status()]
	}
	cause := e.count(Cause{ID: "not-routed"}, shows)
	if cause.Count == 0 {
		return Cause{}, nil
	}
	cause.Exchange = given.Number
	cause.Summary = fmt.Sprintf("the method does not find the jobs that the state method shows: %d to %s%s", given.status(), given.line(), given.because())
	cause.Fix = `check which route handles the call, and which id it reads from the path: the id ends before the colon of the verb; write the pattern as ` +
		`/:id(.+)::verb in Fastify and /:id\:verb in Express, elsewhere take the whole segment and split it at its last colon`
	return cause, func(_ Finding, exchange *Exchange) bool { return shows(exchange) }
}

// doubled is a segment of a URL's path that stands twice in a row; empty for none.
func doubled(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	segments := strings.Split(strings.Trim(parsed.Path, "/"), "/")
	for i := 1; i < len(segments); i++ {
		if segments[i] == segments[i-1] {
			return segments[i]
		}
	}
	return ""
}

// callerRefused: no token gets past the authorization, or none was sent.
func (e evidence) callerRefused() (Cause, explanation) {
	withToken := func(exchange *Exchange) bool { return strings.HasPrefix(exchange.Request.Credential, "token ") }
	noToken := !slices.ContainsFunc(e.responses, withToken)
	if noToken {
		withToken = func(exchange *Exchange) bool {
			return exchange.status() != http.StatusNotFound && exchange.status() != http.StatusMethodNotAllowed // Other paths need no token.
		}
	}
	total := e.count(Cause{}, withToken).Count
	for _, status := range []int{401, 403} {
		shows := func(exchange *Exchange) bool { return exchange.status() == status && withToken(exchange) }
		cause := e.count(Cause{ID: "caller-refused"}, shows)
		if !nearlyAll(cause.Count, total) {
			continue
		}
		reasons, most := map[string]int{}, ""
		for _, exchange := range e.responses {
			if reason := exchange.reason(); shows(exchange) {
				if reasons[reason]++; reasons[reason] > reasons[most] {
					most = reason
				}
			}
		}
		refused := "every token is refused"
		switch {
		case noToken && e.Settings.NoAuth:
			refused = "the server requires a token, but --no-auth sends none: requests are refused"
		case noToken:
			refused = "the server requires a token, but no request has one: requests are refused"
		}
		cause.Summary = fmt.Sprintf("%s with %d (%d of %d responses)", refused, status, cause.Count, total)
		if nearlyAll(reasons[most], cause.Count) && most != "" {
			cause.Summary += ": " + text.Line(text.Cut(most, 200))
		}
		switch {
		case noToken && e.Settings.NoAuth:
			cause.Fix = "Remove --no-auth, and give tokens with --token or --token-template."
		case noToken:
			cause.Fix = "Give tokens with --token or --token-template. If the description has no scopes, add those that the method requires."
		case status == http.StatusForbidden:
			cause.Fix = "Give tokens with the documented scopes, from a user who owns the jobs. The server must accept any one of the scopes."
		default:
			cause.Fix = "Give tokens that the server accepts, with --token or --token-template. A proxy in front of the server may remove the Authorization header."
		}
		return cause, func(_ Finding, exchange *Exchange) bool { return shows(exchange) }
	}
	return Cause{}, nil
}

// nobodyRefused: every call without a token, or with one that nobody issued, gets
// past the authorization.
func (e evidence) nobodyRefused() (Cause, explanation) {
	const few = 3
	unauthorized := func(exchange *Exchange) bool {
		credential := exchange.Request.Credential
		return exchange.Retry && (credential == "no token" || credential == "unknown token")
	}
	passes := func(exchange *Exchange) bool {
		status := exchange.status()
		return exchange.Retry && (status/100 == 2 || status/100 == 4 && status != http.StatusUnauthorized && status != http.StatusForbidden)
	}
	cause := e.count(Cause{ID: "nobody-refused"}, func(exchange *Exchange) bool { return unauthorized(exchange) && passes(exchange) })
	if cause.Count < few || cause.Count < e.count(Cause{}, unauthorized).Count {
		return Cause{}, nil
	}
	cause.Summary = fmt.Sprintf("the server refuses no call for its token: all %d calls without a token, or with an unknown one, are let through", cause.Count)
	cause.Fix = "refuse them with 401 before anything else; if the server is meant to have no authorization, run with --no-auth, which needs no token and tests no authorization"
	return cause, func(finding Finding, exchange *Exchange) bool {
		return strings.HasPrefix(finding.Requirement, "authorization.") && passes(exchange)
	}
}

// because is the reason of a refusal behind a colon; empty for none.
func (e *Exchange) because() string {
	if reason := e.reason(); reason != "" {
		return ": " + text.Line(text.Cut(reason, 100))
	}
	return ""
}

// reason is what a refusal says of itself: the message of its error, or of its
// challenge.
func (e *Exchange) reason() string {
	if e.Response == nil {
		return ""
	}
	var body struct {
		Message string
		Error   json.RawMessage
	}
	_ = json.Unmarshal([]byte(e.Response.Body), &body)
	var inner struct{ Message string }
	_ = json.Unmarshal(body.Error, &inner)
	return cmp.Or(inner.Message, body.Message, strings.Join(e.Response.Header["Www-Authenticate"], ", "))
}

// PersistentConnection is the requirement that requests can share a connection.
const PersistentConnection = "robustness.persistent-connection"

// connection: requests that share a connection spoil each other. The run sends each
// over its own then, so that no other finding comes from it.
func (e evidence) connection() (Cause, explanation) {
	shown := map[int]Finding{}
	for _, check := range e.Checks {
		for _, finding := range check.Findings {
			if _, known := shown[finding.Exchange]; finding.Requirement == PersistentConnection && !known {
				shown[finding.Exchange] = finding
			}
		}
	}
	shows := func(exchange *Exchange) bool { return shown[exchange.Number].Requirement == PersistentConnection }
	cause := e.count(Cause{ID: "persistent-connection"}, shows)
	if cause.Count == 0 {
		return Cause{}, nil
	}
	first := shown[cause.Exchange]
	cause.Summary = fmt.Sprintf("requests over a shared connection get different responses from those over separate connections: want %s, got %s. The rest of the run uses a new connection for each request",
		first.Want, first.Got)
	cause.Fix = e.connectionFix(first)
	return cause, func(finding Finding, exchange *Exchange) bool {
		return shows(exchange) && finding.Requirement == PersistentConnection
	}
}

// connectionFix says what usually leads to what was found over a shared connection.
func (e evidence) connectionFix(found Finding) string {
	exchange, before := e.exchange(found.Exchange), &Exchange{}
	if found.Exchange > 1 {
		before = e.exchange(found.Exchange - 1)
	}
	bodiless := before.Request.Method == http.MethodHead || before.status() == http.StatusNoContent || before.status() == http.StatusNotModified
	switch {
	case strings.Contains(found.Got, "closed after one response"):
		return "send Connection: close in a response before you close the connection, or keep it open"
	case strings.Contains(found.Got, "closed when the request comes"):
		return "respond to every request; to close a connection, send Connection: close with the last response"
	case strings.Contains(found.Got, "bytes came after") && bodiless:
		return "write no body in a response to HEAD, nor with 204 and 304, not even in a filter that changes bodies"
	case strings.Contains(found.Got, "bytes came after"):
		return "set Content-Length in bytes, not in characters, and write nothing after the body, such as a second response"
	case strings.Contains(found.Got, "bytes of the body came"), endsInside(exchange):
		return "set Content-Length in bytes, not in characters, after compression and all other changes of the body"
	case exchange.status() >= http.StatusInternalServerError:
		return "check the log of the server for what fails on a reused connection; keep no state of a request with its connection"
	}
	return "read the whole body even of a refused request, or close the connection with Connection: close; keep no state of a request with its connection, such as its token, id or media type; write no body in a response to HEAD"
}
