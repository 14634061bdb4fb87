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
func (e evidence) noHTTP() diagnosis {
	return diagnosis{id: "no-http", least: nearly(len(e.responses)), shows: func(exchange *Exchange) bool {
		return exchange.Response == nil && slices.Contains([]string{"hang-up", "reset", "malformed"}, exchange.Fault.Kind)
	}, say: func(first *Exchange, _ int) (summary, fix string) {
		summary = fmt.Sprintf("no request got an HTTP response from %s", e.Target.Endpoint)
		fix = "check the port of --endpoint; a gRPC server needs its HTTP port"
		if first.Fault.Kind == "malformed" {
			return summary + ": " + first.Fault.Detail, fix
		}
		return summary + ": every connection was closed without one", fix + "; a handler that panics closes the connection too: check its log"
	}}
}

// oneStatus: the same status whatever is sent, as of a wrong address.
func (e evidence) oneStatus() diagnosis {
	counts, most := map[int]int{}, 0
	for _, exchange := range e.responses {
		status := exchange.status()
		if counts[status]++; status != 0 && counts[status] > counts[most] {
			most = status
		}
	}
	if most == 0 || most == 401 || most == 403 {
		return diagnosis{}
	}
	found := diagnosis{id: "one-status", least: nearly(len(e.responses)), shows: func(exchange *Exchange) bool {
		return exchange.status() == most && (exchange.succeeded() || most/100 != 2)
	}}
	shown := e.shown(found.shows)
	if len(shown) == 0 {
		return diagnosis{}
	}
	first, count := shown[0], len(shown)
	every, example := fmt.Sprintf("every response is %d", most), false
	if count < len(e.responses) {
		every = fmt.Sprintf("%d of %d responses are %d", count, len(e.responses), most)
	}
	var fix string
	switch twice := doubled(first.Request.URL); {
	case most == 404 && counts[401]+counts[403] > 0:
		found.id, fix = "unknown-jobs", giveJobs
		every += ": the server knows none of the given jobs"
	case most == 404 && twice != "":
		found.id = "doubled-prefix"
		example = true
		every += fmt.Sprintf(": /%s is in the path twice", twice)
		fix = "give --endpoint " + strings.TrimSuffix(strings.TrimRight(e.Target.Endpoint, "/"), "/"+twice) +
			" without /" + twice + ", with which the path of the method begins"
	case most == 404 || most == 405:
		found.id = "wrong-address"
		example = true
		every += ": the server does not serve the method at this path"
		fix = "check the address and the path prefix of --endpoint, and the route of the server"
	case most/100 == 3:
		found.id = "redirected"
		every += ", to " + strings.Join(first.Response.Header["Location"], ", ")
		fix = "give --endpoint the address that the server redirects to"
	case most == http.StatusTooManyRequests:
		found.id = "rate-limited"
		every += ": the server limits the rate of requests"
		fix = "raise the limit of the server for the test, or send fewer requests per second with --rate"
	case most >= 500:
		every += ": the server, or a service that it depends on, is failing"
		fix = "check the log of the server"
	case most/100 == 2 && !variedSuccess(shown):
		return diagnosis{} // All requests may be of those that succeed, or of those of one mistake.
	default:
		every += ", whatever was sent"
		fix = "check that --endpoint is the API server, not a fallback that responds to every path"
	}
	found.say = func(first *Exchange, _ int) (string, string) {
		if example {
			return every + ", as in " + first.line(), fix
		}
		return every, fix
	}
	return found
}

// variedSuccess reports whether successes came both to a path that no method has, or
// for an unknown id, and to a call without a valid token: two mistakes at once.
func variedSuccess(shown []*Exchange) bool {
	unknown := func(exchange *Exchange) bool {
		return exchange.JobState == "" && exchange.Request.Method != http.MethodHead
	}
	return slices.ContainsFunc(shown, unknown) && slices.ContainsFunc(shown, func(exchange *Exchange) bool {
		return !unknown(exchange) && exchange.unauthorized()
	})
}

// unauthorized reports whether an exchange is a call without a token, or with one that
// nobody issued.
func (e *Exchange) unauthorized() bool {
	return e.Retry && (e.Request.Credential == NoCredential || e.Request.Credential == "unknown token")
}

// lost reports whether the connection ended before a response.
func (e *Exchange) lost() bool {
	return e.Response == nil && e.Fault != nil && (e.Fault.Kind == "hang-up" || e.Fault.Kind == "reset")
}

// callLost: the calls for jobs in some states get no response, as of a handler that
// panics.
func (e evidence) callLost() diagnosis {
	const few = 3
	lost, all, names := map[string]bool{}, 0, []string{}
	for _, calls := range text.Grouped(e.shown(func(one *Exchange) bool { return one.Retry && one.JobState != "" }), func(one *Exchange) string { return one.JobState }) {
		without := len(slices.DeleteFunc(slices.Clone(calls), func(one *Exchange) bool { return !one.lost() }))
		if state := calls[0].JobState; without >= few && without*2 >= len(calls) {
			lost[state], all, names = true, all+len(calls), append(names, state)
		}
	}
	return diagnosis{id: "call-lost", least: few, shows: func(exchange *Exchange) bool { return exchange.Retry && lost[exchange.JobState] && exchange.lost() },
		say: func(first *Exchange, count int) (summary, fix string) {
			return fmt.Sprintf("%d of %d calls for a job in the state %s got no response: %s", count, all, text.List(names, "or"), first.Fault.Detail), fixLost
		}}
}

// fixLost is the fix where the server ended the connection.
const fixLost = "find out why the server closed the connection: see its log. A handler that panics closes it, too"

// unknownJob: neither the method nor what reads states finds a given job.
func (e evidence) unknownJob() diagnosis {
	read, called, found := map[string]bool{}, map[string]bool{}, map[string]bool{}
	shape := e.callShape()
	plain := func(exchange *Exchange) bool {
		return exchange.JobState != "" && strings.HasPrefix(exchange.Request.Credential, "token ") && exchange.Request.Authorization == "" &&
			(!exchange.Retry || exchange.Request.BodyBytes == 0 && exchange.shape() == shape && !strings.Contains(exchange.Request.URL, "?"))
	}
	for _, exchange := range e.shown(plain) {
		switch {
		case exchange.status() == http.StatusMethodNotAllowed:
		case exchange.status() != http.StatusNotFound:
			found[exchange.Job] = true
		case exchange.Retry:
			called[exchange.Job] = true
		default:
			read[exchange.Job] = true
		}
	}
	missed := func(exchange *Exchange) bool {
		return exchange.JobState != "" && read[exchange.Job] && called[exchange.Job] && !found[exchange.Job]
	}
	return diagnosis{id: "unknown-job", least: 2, shows: func(exchange *Exchange) bool { return missed(exchange) && exchange.status() == http.StatusNotFound },
		say: func(first *Exchange, count int) (summary, fix string) {
			summary = fmt.Sprintf("the server does not know the job %s, which --job gives as %s", text.Line(text.Cut(first.Job, 60)), first.JobState)
			if jobs := text.Grouped(e.shown(missed), func(exchange *Exchange) string { return exchange.Job }); len(jobs) > 1 {
				summary = fmt.Sprintf("the server does not know %d of the given jobs, such as %s", len(jobs), text.Line(text.Cut(first.Job, 60)))
			}
			return fmt.Sprintf("%s: %d responses are 404", summary, count), "check the ids in --job, and that the tokens are of the user who owns the jobs"
		}}
}

// shape is the path of a request with ID for its job, without the query.
func (e *Exchange) shape() string {
	path, _, _ := strings.Cut(e.Request.URL, "?")
	if e.Job == "" {
		return path
	}
	return strings.ReplaceAll(path, "/"+url.PathEscape(e.Job), "/ID")
}

// callShape is the shape of the method's own path, which most calls have.
func (e evidence) callShape() string {
	calls := text.Grouped(e.shown(func(one *Exchange) bool { return one.Retry && one.Job != "" }), (*Exchange).shape)
	if len(calls) == 0 {
		return ""
	}
	return slices.MaxFunc(calls, func(a, b []*Exchange) int { return len(a) - len(b) })[0].shape()
}

// giveJobs is the fix where a server has none of the given jobs.
const giveJobs = "give the ids of jobs that the server has: --job STATE=ID"

// foreignServer: no response has the form of the method's, as those of a file
// server: 501 or 405 to the call, 404 or a page to what reads a state.
func (e evidence) foreignServer() diagnosis {
	return diagnosis{id: "wrong-address", least: nearly(len(e.responses)), shows: isForeign, say: func(first *Exchange, _ int) (summary, fix string) {
		groups := text.Grouped(e.shown(isForeign), func(exchange *Exchange) string {
			return fmt.Sprintf("%s gets %d", exchange.Request.Method, exchange.status())
		})
		slices.SortStableFunc(groups, func(a, b []*Exchange) int { return len(b) - len(a) })
		var kinds []string
		for _, group := range groups[:min(len(groups), 2)] {
			kinds = append(kinds, fmt.Sprintf("%s gets %d", group[0].Request.Method, group[0].status()))
		}
		summary = "no response comes from the method: " + strings.Join(kinds, ", ")
		if server := first.Response.Header["Server"]; len(server) > 0 {
			summary += ". The server calls itself " + text.Line(text.Cut(strings.Join(server, ", "), 60))
		}
		return summary, "check the address and the path prefix of --endpoint: another server responds there, such as a file server; and check the route of the server"
	}}
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
func (e evidence) notRouted() diagnosis {
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
	return diagnosis{id: "not-routed", first: given, shows: func(exchange *Exchange) bool {
		return exchange.Retry && shown[exchange.Job] && missed[exchange.status()]
	}, say: func(first *Exchange, _ int) (summary, fix string) {
		return fmt.Sprintf("the method does not find the jobs that the state method shows: %d to %s%s", first.status(), first.line(), first.because()),
			`check which route handles the call, and which id it reads from the path: the id ends before the colon of the verb; write the pattern as ` +
				`/:id(.+)::verb in Fastify and /:id\:verb in Express, elsewhere take the whole segment and split it at its last colon`
	}}
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
func (e evidence) callerRefused() diagnosis {
	withToken := func(exchange *Exchange) bool { return strings.HasPrefix(exchange.Request.Credential, "token ") }
	call := func(exchange *Exchange) bool { return exchange.Retry && withToken(exchange) }
	every := e.refused("tokens are refused", withToken)
	// What reads a state may need no token, or not be served at all.
	for _, found := range []diagnosis{every, e.refused("tokens are refused in calls of the method", call)} {
		if len(e.shown(found.shows)) >= found.least {
			return found
		}
	}
	// Paths that no method has may be refused before any token is read.
	routed := func(exchange *Exchange) bool {
		return withToken(exchange) && exchange.status() != http.StatusNotFound && exchange.status() != http.StatusMethodNotAllowed
	}
	if found := e.refused("tokens are refused", routed); len(e.shown(found.shows)) >= max(found.least, (len(e.shown(withToken))+1)/2) {
		return found
	}
	// The other checks use the token of one scope, which may be the only bad one.
	tokens := text.Grouped(e.shown(withToken), func(exchange *Exchange) string { return exchange.Request.Credential })
	if len(tokens) == 0 {
		return every
	}
	most := slices.MaxFunc(tokens, func(a, b []*Exchange) int { return len(a) - len(b) })[0].Request.Credential
	return e.refused("the "+most+", which most checks use, is refused", func(exchange *Exchange) bool { return exchange.Request.Credential == most })
}

// refused: nearly all requests with some token, or without one if none has any, are
// refused because of it.
func (e evidence) refused(refused string, withToken func(*Exchange) bool) diagnosis {
	noToken := !slices.ContainsFunc(e.responses, withToken)
	if noToken {
		withToken = func(exchange *Exchange) bool {
			return exchange.status() != http.StatusNotFound && exchange.status() != http.StatusMethodNotAllowed // Other paths need no token.
		}
	}
	total := len(e.shown(withToken))
	status := http.StatusUnauthorized
	shows := func(exchange *Exchange) bool { return exchange.status() == status && withToken(exchange) }
	if len(e.shown(shows)) < nearly(total) {
		status = http.StatusForbidden
	}
	return diagnosis{id: "caller-refused", least: nearly(total), shows: shows, say: func(_ *Exchange, count int) (summary, fix string) {
		summary = refused
		switch {
		case noToken && e.Settings.NoAuth:
			summary = "the server requires a token, but --no-auth sends none: requests are refused"
			fix = "Remove --no-auth, and give tokens with --token or --token-template."
		case noToken:
			summary = "the server requires a token, but no request has one: requests are refused"
			fix = "Give tokens with --token or --token-template. If the description has no scopes, add those that the method requires."
		case status == http.StatusForbidden:
			fix = "Give tokens with the documented scopes, from a user who owns the jobs. The server must accept any one of the scopes."
		default:
			fix = "Give tokens that the server accepts, with --token or --token-template. A proxy in front of the server may remove the Authorization header."
		}
		summary += fmt.Sprintf(" with %d in %d of %d responses", status, count, total)
		same := text.Grouped(e.shown(shows), (*Exchange).reason)
		most := slices.MaxFunc(same, func(a, b []*Exchange) int { return len(a) - len(b) })
		if reason := most[0].reason(); len(most) >= nearly(count) && reason != "" {
			summary += fmt.Sprintf("; the server says %q", text.Line(text.Cut(reason, 200)))
		}
		return summary, fix
	}}
}

// nobodyRefused: every call without a token, or with one that nobody issued, gets
// past the authorization.
func (e evidence) nobodyRefused() diagnosis {
	const few = 3
	passes := func(exchange *Exchange) bool {
		status := exchange.status()
		return exchange.Retry && (status/100 == 2 || status/100 == 4 && status != http.StatusUnauthorized && status != http.StatusForbidden)
	}
	return diagnosis{id: "nobody-refused", least: max(few, len(e.shown((*Exchange).unauthorized))),
		shows: func(exchange *Exchange) bool { return exchange.unauthorized() && passes(exchange) },
		explains: func(finding Finding, exchange *Exchange) bool {
			return strings.HasPrefix(finding.Requirement, "authorization.") && passes(exchange)
		},
		say: func(_ *Exchange, count int) (summary, fix string) {
			return fmt.Sprintf("the server does not check tokens: it refused none of the %d calls without a token or with an unknown one", count),
				"refuse them with 401 before anything else; if the server is meant to have no authorization, run with --no-auth, which needs no token and tests no authorization"
		}}
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
func (e evidence) connection() diagnosis {
	shown := map[int]Finding{}
	for _, check := range e.Checks {
		for _, finding := range check.FindingsOf(PersistentConnection) {
			if _, known := shown[finding.Exchange]; !known {
				shown[finding.Exchange] = finding
			}
		}
	}
	shows := func(exchange *Exchange) bool { return shown[exchange.Number].Requirement != "" }
	return diagnosis{id: "persistent-connection", shows: shows, explains: func(finding Finding, exchange *Exchange) bool {
		return shows(exchange) && finding.Requirement == PersistentConnection
	}, say: func(first *Exchange, count int) (summary, fix string) {
		found, once := shown[first.Number], ""
		if count == 1 {
			once = " once in this run"
		}
		got := strings.TrimPrefix(strings.TrimSuffix(found.Got, ", over a connection that other requests had used"), "not an HTTP response: ")
		return fmt.Sprintf("responses over a shared connection differ%s from those over separate ones: %s. The rest of the run uses a new connection for each request", once, got),
			e.connectionFix(found)
	}}
}

// exchange finds an exchange by its number; nil for one that says nothing of the
// server.
func (e evidence) exchange(number int) *Exchange {
	found, _ := text.Find(e.responses, func(one *Exchange) bool { return one.Number == number })
	return found
}

// connectionFix says what usually leads to what was found over a shared connection.
func (e evidence) connectionFix(found Finding) string {
	exchange, before := e.exchange(found.Exchange), cmp.Or(e.exchange(found.Exchange-1), &Exchange{})
	surplus := strings.Contains(found.Got, "extra bytes after") || exchange.fault() == "malformed"
	bodiless := before.Request.Method == http.MethodHead || before.status() == http.StatusNoContent || before.status() == http.StatusNotModified
	switch {
	case strings.Contains(found.Got, "closed after one response"):
		return "send Connection: close in a response before you close the connection, or keep it open"
	case strings.Contains(found.Got, "closed when the request comes"):
		return "respond to every request; to close a connection, send Connection: close with the last response"
	case before.status() == http.StatusRequestURITooLong || before.status() == http.StatusRequestHeaderFieldsTooLarge:
		return "close the connection with Connection: close after a request line or header that is too long: the rest of it is read as the next request"
	case surplus && bodiless:
		return "write no body in a response to HEAD, nor with 204 and 304, not even in a filter that changes bodies"
	case surplus && before.Request.BodyBytes > 0:
		return "read the whole request body, chunked or not, before the next request, or close the connection. " +
			"Otherwise check that Content-Length counts bytes, and that nothing is written after the body"
	case surplus:
		return "set Content-Length in bytes, not in characters, and write nothing after the body, such as a second response"
	case strings.Contains(found.Got, "bytes of the body came"), endsInside(exchange):
		return "set Content-Length in bytes, not in characters, after compression and all other changes of the body"
	case exchange.status() >= http.StatusInternalServerError:
		return "check the log of the server for what fails on a reused connection. Do not store anything about a request with its connection"
	}
	return "read the whole body even of a refused request, and the rest of a request line or header that is too long, or close the connection with Connection: close. Do not store anything about a request with its connection, such as its token, id or media type. Write no body in a response to HEAD"
}
