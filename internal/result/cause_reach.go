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
	return diagnosis{id: "no-http", least: e.nearly(len(e.responses)), shows: func(exchange *Exchange) bool {
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
	found := diagnosis{id: "one-status", least: e.nearly(len(e.responses)), shows: func(exchange *Exchange) bool {
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
	case len(e.Checks) == 0 && slices.Contains(unserved, most): // Only states were read.
		found.id = NoStateMethod
		reasons := []string{"the server does not serve " + first.line() + ", which returns the state of a job", "the path prefix of --endpoint is wrong"}
		fix = "check the address and the path prefix of --endpoint"
		if most == http.StatusNotFound && hasErrorObject(first) {
			reasons = slices.Insert(reasons, 1, "it knows none of the given jobs")
			fix = "check the ids in --job and the path prefix of --endpoint"
		}
		every += ": " + strings.Join(reasons, "; or ")
		fix += ". If they are right, serve the method that returns the state of a job; without it, a run can still test the method itself, " +
			"but requirements about states, such as semantics.given-state, fail"
	case most == 404 && first.JobState != "" && hasErrorObject(first):
		found.id = "wrong-address"
		example = true
		every += ": the server does not serve the method at this path, or it knows none of the given jobs"
		fix = "check the path prefix of --endpoint, then the ids in --job"
	case slices.Contains(unserved, most):
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
		fix = "raise the limit of the server for the test, or send fewer requests per second: begin with --rate 4/s, and halve it until no response is 429"
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

// unserved are the statuses with which a server refuses what it does not serve.
var unserved = []int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}

// NoStateMethod is the id of the cause that the server seems to serve no method that
// returns the state of a job. It may serve the method under test all the same.
const NoStateMethod = "no-state-method"

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

// shape is the line of a request with ID for its job, without the query.
func (e *Exchange) shape() string {
	line, _, _ := strings.Cut(e.line(), "?")
	if e.Job == "" {
		return line
	}
	return strings.ReplaceAll(line, "/"+url.PathEscape(e.Job), "/ID")
}

// callShape is the shape of the documented call, which most calls have.
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
	return diagnosis{id: "wrong-address", least: e.nearly(len(e.responses)), shows: isForeign, say: func(first *Exchange, _ int) (summary, fix string) {
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
	status := exchange.status()
	if slices.Contains(unserved, status) {
		return !hasErrorObject(exchange) && !isBareStatus(exchange)
	}
	return (status/100 == 2 || status/100 == 3) && members(exchange) == nil
}

// hasErrorObject reports whether a response has the outer form of the error model.
func hasErrorObject(exchange *Exchange) bool {
	var inner map[string]json.RawMessage
	return json.Unmarshal(members(exchange)["error"], &inner) == nil && inner != nil
}

// notRouted: every call is refused as if nothing were there, for jobs that the state
// method shows.
func (e evidence) notRouted() diagnosis {
	shown := map[string]bool{}
	for _, exchange := range e.responses {
		if !exchange.Retry && exchange.succeeded() {
			shown[exchange.Job] = true
		}
	}
	documented := e.asDocumented()
	calls := e.shown(func(exchange *Exchange) bool { return documented(exchange) && shown[exchange.Job] })
	authorized := slices.DeleteFunc(slices.Clone(calls), func(exchange *Exchange) bool {
		return exchange.status() == http.StatusUnauthorized || exchange.status() == http.StatusForbidden
	})
	if len(authorized) == 0 || !slices.Contains(unserved, authorized[0].status()) || slices.ContainsFunc(authorized, (*Exchange).succeeded) {
		return diagnosis{}
	}
	status := authorized[0].status()
	alike := slices.DeleteFunc(slices.Clone(authorized), func(exchange *Exchange) bool { return exchange.status() != status })
	first, accepted := text.Find(alike, func(exchange *Exchange) bool { return slices.Contains(e.AcceptedStates(), exchange.JobState) })
	first = cmp.Or(first, alike[0])
	foreign := status != http.StatusNotFound || isForeign(first)
	everyone := len(authorized) == len(calls) && slices.ContainsFunc(calls, (*Exchange).unauthorized)
	// A front end may refuse a few because of their head. A 404 of the method itself may be
	// its refusal of a state.
	if len(alike)*10 < len(authorized)*9 || !foreign && !everyone && !accepted {
		return diagnosis{}
	}
	return diagnosis{id: "not-routed", first: first, shows: func(exchange *Exchange) bool {
		return exchange.Retry && exchange.status() == status && (foreign || shown[exchange.Job])
	}, say: func(*Exchange, int) (summary, fix string) {
		tokens := ""
		if everyone {
			tokens = ", with and without a token"
		}
		summary = fmt.Sprintf("the server does not serve %s: every call is %d%s, though the state method shows the job", first.line(), status, tokens)
		if !foreign {
			summary = fmt.Sprintf("the method does not find the jobs that the state method shows: %d to %s%s", status, first.line(), first.because())
		}
		return summary, "compare the route of the server with the path of the description, and check which id it reads from the path: the id ends before the colon of the verb; " +
			`write the pattern as /:id(.+)::verb in Fastify and /:id\:verb in Express, elsewhere take the whole segment and split it at its last colon`
	}}
}

// asDocumented recognizes the calls for a given job that are as the description has
// them, whatever their token.
func (e evidence) asDocumented() func(*Exchange) bool {
	shape := e.callShape()
	return func(exchange *Exchange) bool {
		return exchange.Retry && exchange.JobState != "" && exchange.Request.BodyBytes == 0 && exchange.Request.Authorization == "" &&
			exchange.shape() == shape && !strings.Contains(exchange.Request.URL, "?")
	}
}

// noStates: no state can be read, though the method finds jobs.
func (e evidence) noStates() diagnosis {
	reads := e.shown(func(exchange *Exchange) bool { return !exchange.Retry && exchange.Job != "" })
	found := slices.ContainsFunc(e.responses, func(exchange *Exchange) bool {
		return exchange.Retry && exchange.JobState != "" && (exchange.succeeded() || exchange.status() == http.StatusBadRequest || exchange.status() == http.StatusConflict)
	})
	if len(reads) == 0 || !found {
		return diagnosis{}
	}
	status := reads[0].status()
	if !slices.Contains(unserved, status) || slices.ContainsFunc(reads, func(exchange *Exchange) bool { return exchange.status() != status }) {
		return diagnosis{}
	}
	shows := func(exchange *Exchange) bool { return slices.Contains(reads, exchange) }
	return diagnosis{id: NoStateMethod, least: 2, shows: shows, explains: func(finding Finding, exchange *Exchange) bool {
		return shows(exchange) && !strings.HasPrefix(finding.Requirement, "errors.") // The form of the error is another mistake.
	}, say: func(first *Exchange, count int) (summary, fix string) {
		return fmt.Sprintf("the state of no job can be read: all %d requests get %d, as %s does%s", count, status, first.line(), first.because()),
			"serve the method that returns the state of a job, from the same data as the method under test. Without it, no check can compare the states before and after a call"
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
	var alone string
	_, _ = json.Unmarshal(body.Error, &inner), json.Unmarshal(body.Error, &alone)
	return cmp.Or(inner.Message, alone, body.Message, strings.Join(e.Response.Header["Www-Authenticate"], ", "))
}
