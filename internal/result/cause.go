package result

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// Cause is one mistake that many findings come from.
type Cause struct {
	// ID is stable: "error-wrapper".
	ID string `json:"id"`
	// Summary says what is wrong, and Fix what an author usually has to change.
	Summary string `json:"summary"`
	Fix     string `json:"fix"`
	// Exchange is the number of the first exchange that shows it, and Count the
	// number of all that do.
	Exchange int `json:"exchange"`
	Count    int `json:"count"`
	// Requirements and Checks are those with a finding that it explains.
	Requirements []string `json:"requirements"`
	Checks       []string `json:"checks"`
}

// ConcludeCauses finds what the findings of a server's report come from, as far as
// its exchanges show it.
func (r *Report) ConcludeCauses() {
	r.Causes = nil
	e := evidence{Report: *r}
	for i := range r.Exchanges {
		if exchange := &r.Exchanges[i]; exchange.Response != nil || exchange.Fault != nil && slices.Contains(ofServer, exchange.Fault.Kind) {
			e.responses = append(e.responses, exchange)
		}
	}
	for _, find := range []func() (Cause, func(Finding, *Exchange) bool){e.noHTTP, e.oneStatus, e.callerRefused, e.errorWrapper, e.contentLength, e.decodedPath} {
		cause, explains := find()
		if cause.ID == "" || !e.explained(&cause, explains) {
			continue
		}
		r.Causes = append(r.Causes, cause)
		if cause.Count*10 >= len(e.responses)*9 {
			break // Whatever else is wrong comes from it.
		}
	}
}

// Explained reports whether a cause explains all findings of a requirement.
func (r Report) Explained(broken Broken) bool {
	return slices.ContainsFunc(r.Causes, func(cause Cause) bool {
		explained := set(cause.Checks)
		return slices.Contains(cause.Requirements, broken.Requirement.ID) &&
			!slices.ContainsFunc(broken.Checks(), func(id string) bool { return !explained[id] })
	})
}

// Explains says in one line what a cause explains: the first few of many
// requirements, and the number of checks.
func (c Cause) Explains() string {
	const few = 6
	ids := c.Requirements
	if len(ids) > few {
		ids = append(slices.Clone(ids[:few-1]), fmt.Sprintf("%d more", len(ids)-few+1))
	}
	return fmt.Sprintf("%s, in %s", text.List(ids, "and"), text.Counted(len(c.Checks), "check"))
}

// ofServer are the faults that are a server's doing.
var ofServer = []string{"hang-up", "reset", "malformed", "truncated", "broken chunking", "slow", "endless"}

// evidence is a report with the exchanges that say something of the server.
type evidence struct {
	Report
	responses []*Exchange
}

// explained adds the requirements and checks with a finding that a cause explains,
// and reports whether there is one.
func (e evidence) explained(cause *Cause, explains func(Finding, *Exchange) bool) bool {
	byNumber := map[int]*Exchange{}
	for _, exchange := range e.responses {
		byNumber[exchange.Number] = exchange
	}
	for _, check := range e.Checks {
		for _, finding := range check.Findings {
			if exchange := byNumber[finding.Exchange]; exchange == nil || !explains(finding, exchange) {
				continue
			}
			if !slices.Contains(cause.Requirements, finding.Requirement) {
				cause.Requirements = append(cause.Requirements, finding.Requirement)
			}
			cause.Checks = append(cause.Checks, check.ID)
		}
	}
	cause.Checks = slices.Compact(cause.Checks)
	return len(cause.Requirements) > 0
}

// count fills in which exchanges show a cause.
func (e evidence) count(cause Cause, shows func(*Exchange) bool) Cause {
	for _, exchange := range e.responses {
		if shows(exchange) {
			cause.Count++
			cause.Exchange = cmp.Or(cause.Exchange, exchange.Number)
		}
	}
	return cause
}

// nearlyAll reports whether a number is nine tenths of a total, of which there are
// enough to say so.
func nearlyAll(number, total int) bool { return total >= 3 && number*10 >= total*9 }

// status is that of a whole response; 0 for none.
func (e *Exchange) status() int {
	if e.Response == nil || e.Fault != nil {
		return 0
	}
	return e.Response.Status
}

// noHTTP: something else than an HTTP server answers, or one that speaks TLS.
func (e evidence) noHTTP() (Cause, func(Finding, *Exchange) bool) {
	shows := func(exchange *Exchange) bool {
		if exchange.Response == nil {
			return slices.Contains([]string{"hang-up", "reset", "malformed"}, exchange.Fault.Kind)
		}
		return exchange.Response.Status == 400 && strings.Contains(exchange.Response.Body, "HTTPS")
	}
	cause := e.count(Cause{ID: "no-http"}, shows)
	if !nearlyAll(cause.Count, len(e.responses)) {
		return Cause{}, nil
	}
	first := e.exchange(cause.Exchange)
	cause.Summary = fmt.Sprintf("no request got an HTTP response from %s", e.Target.Endpoint)
	cause.Fix = "check the port of --endpoint; a server of gRPC needs its HTTP port"
	switch {
	case first.Response != nil:
		cause.Summary += ": the server speaks HTTPS there"
		cause.Fix = "give --endpoint " + strings.Replace(e.Target.Endpoint, "http://", "https://", 1)
	case first.Fault.Kind == "malformed":
		cause.Summary += ": " + first.Fault.Detail
	default:
		cause.Summary += ": every connection was closed without one"
		cause.Fix += "; a handler that panics closes the connection too: look at its log"
	}
	return cause, func(_ Finding, exchange *Exchange) bool { return shows(exchange) }
}

// exchange finds an exchange by its number.
func (e evidence) exchange(number int) *Exchange {
	return e.responses[slices.IndexFunc(e.responses, func(one *Exchange) bool { return one.Number == number })]
}

// oneStatus: the same status whatever is sent, as of a wrong address.
func (e evidence) oneStatus() (Cause, func(Finding, *Exchange) bool) {
	counts, most := map[int]int{}, 0
	for _, exchange := range e.responses {
		status := exchange.status()
		if counts[status]++; status != 0 && counts[status] > counts[most] {
			most = status
		}
	}
	shows := func(exchange *Exchange) bool { return exchange.status() == most }
	cause := e.count(Cause{ID: "one-status"}, shows)
	if most == 0 || most == 401 || most == 403 || !nearlyAll(cause.Count, len(e.responses)) {
		return Cause{}, nil
	}
	first := e.exchange(cause.Exchange)
	sent := first.Request.Method + " " + first.Request.URL
	every := fmt.Sprintf("every response is %d", most)
	if cause.Count < len(e.responses) {
		every = fmt.Sprintf("%d of %d responses are %d", cause.Count, len(e.responses), most)
	}
	switch {
	case most == 404 && counts[401]+counts[403] > 0:
		cause.ID, cause.Summary = "unknown-jobs", every+": the server knows none of the given jobs"
		cause.Fix = "give the ids of jobs that the server has: --job STATE=ID"
	case most == 404 && doubled(first.Request.URL) != "":
		cause.ID = "doubled-prefix"
		cause.Summary = fmt.Sprintf("%s: /%s stands twice in the path, as in %s", every, doubled(first.Request.URL), sent)
		cause.Fix = "give --endpoint without /" + doubled(first.Request.URL) + ", which the path of the method begins with: --endpoint " +
			strings.TrimSuffix(strings.TrimRight(e.Target.Endpoint, "/"), "/"+doubled(first.Request.URL))
	case most == 404 || most == 405:
		cause.ID, cause.Summary = "wrong-address", fmt.Sprintf("%s: the server does not serve the method there, as in %s", every, sent)
		cause.Fix = "check the address and the path prefix of --endpoint, and the route of the server"
	case most/100 == 3:
		cause.ID, cause.Summary = "redirected", fmt.Sprintf("%s, to %s", every, strings.Join(first.Response.Header["Location"], ", "))
		cause.Fix = "give --endpoint the address that the server redirects to"
	case most >= 500:
		cause.Summary = every + ": the server, or one that it needs, is not in order"
		cause.Fix = "look at the log of the server"
	default:
		cause.Summary = every + ", whatever was sent"
		cause.Fix = "check that --endpoint is the server of the method, and no fallback for unknown paths"
	}
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

// callerRefused: no token gets past the authorization.
func (e evidence) callerRefused() (Cause, func(Finding, *Exchange) bool) {
	withToken := func(exchange *Exchange) bool { return strings.HasPrefix(exchange.Request.Credential, "token ") }
	if !slices.ContainsFunc(e.responses, withToken) {
		withToken = func(*Exchange) bool { return true }
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
		cause.Summary = fmt.Sprintf("every token is refused with %d (%d of %d responses)", status, cause.Count, total)
		if nearlyAll(reasons[most], cause.Count) && most != "" {
			cause.Summary += ": " + text.Line(text.Cut(most, 200))
		}
		cause.Fix = "give tokens that the server accepts, with --token or --token-template; a proxy before the server may take the Authorization header away"
		if status == 403 {
			cause.Fix = "give tokens with the documented scopes, of a caller who may use the jobs; see that the server accepts any one of the scopes"
		}
		return cause, func(_ Finding, exchange *Exchange) bool { return shows(exchange) }
	}
	return Cause{}, nil
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

// errorWrapper: the errors are a google.rpc.Status as it is.
func (e evidence) errorWrapper() (Cause, func(Finding, *Exchange) bool) {
	refusals := e.count(Cause{}, func(exchange *Exchange) bool { return exchange.status() >= 400 && members(exchange) != nil }).Count
	cause := e.count(Cause{ID: "error-wrapper"}, isBareStatus)
	if cause.Count*2 < refusals || cause.Count < 2 {
		return Cause{}, nil
	}
	cause.Summary = fmt.Sprintf(`%d of %d error bodies are a google.rpc.Status without the "error" object around it: %s`, cause.Count, refusals,
		text.Line(text.Cut(strings.Join(strings.Fields(e.exchange(cause.Exchange).Response.Body), " "), 80)))
	cause.Fix = `write {"error": {"code": HTTP status, "message": …, "status": "NOT_FOUND", "details": […]}}: in grpc-gateway with runtime.WithErrorHandler, ` +
		"behind Envoy's grpc_json_transcoder with a Lua filter, around Vanguard with a handler that rewrites errors"
	return cause, func(finding Finding, exchange *Exchange) bool {
		if !isBareStatus(exchange) {
			return false
		}
		requirement, _ := e.Requirement(finding.Requirement)
		// With the wrapper the status alone would be right.
		code := len(requirement.Expect.Code) > 0 && requirement.Expect.AllowsStatus(exchange.status())
		return code || finding.Requirement == "errors.json"
	}
}

// members are those of a JSON object in a response; nil for another body.
func members(exchange *Exchange) map[string]json.RawMessage {
	var object map[string]json.RawMessage
	if exchange.Response == nil || json.Unmarshal([]byte(exchange.Response.Body), &object) != nil {
		return nil
	}
	return object
}

// isBareStatus reports whether a refusal has the members of a google.rpc.Status at
// its top.
func isBareStatus(exchange *Exchange) bool {
	object := members(exchange)
	_, hasCode := object["code"]
	_, hasMessage := object["message"]
	_, wrapped := object["error"]
	return exchange.status() >= 400 && hasCode && hasMessage && !wrapped
}

// contentLength: the announced length is not that of the body.
func (e evidence) contentLength() (Cause, func(Finding, *Exchange) bool) {
	shows := func(exchange *Exchange) bool {
		return exchange.Fault != nil && exchange.Fault.Kind == "truncated" || endsInside(exchange)
	}
	cause := e.count(Cause{ID: "content-length"}, shows)
	if cause.Count*2 < len(e.responses) || cause.Count < 2 {
		return Cause{}, nil
	}
	first := e.exchange(cause.Exchange)
	announced, came := "", "the body ends in the middle of its JSON value"
	if first.Response != nil {
		announced = strings.Join(first.Response.Header["Content-Length"], ", ")
	}
	if first.Fault != nil {
		came = first.Fault.Detail
	}
	cause.Summary = fmt.Sprintf("the Content-Length of %d of %d responses is not the length of the body, as in Content-Length: %s: %s",
		cause.Count, len(e.responses), cmp.Or(announced, "none"), came)
	cause.Fix = "leave Content-Length to the framework; count bytes and not characters, after compression and all other changes of the body"
	return cause, func(_ Finding, exchange *Exchange) bool { return shows(exchange) }
}

// endsInside reports whether a body has its announced length and ends inside its
// JSON value.
func endsInside(exchange *Exchange) bool {
	if exchange.status() == 0 || exchange.Request.Method == http.MethodHead || exchange.Response.BodyBytes == 0 || strings.HasSuffix(exchange.Response.Body, "…") ||
		!slices.Contains(exchange.Response.Header["Content-Length"], fmt.Sprint(exchange.Response.BodyBytes)) ||
		!strings.HasPrefix(strings.Join(exchange.Response.Header["Content-Type"], ""), "application/json") {
		return false
	}
	var value json.RawMessage
	return errors.Is(json.NewDecoder(strings.NewReader(exchange.Response.Body)).Decode(&value), io.ErrUnexpectedEOF)
}

// decodedPaths are the requirements that a path which is decoded before routing
// breaks.
var decodedPaths = []string{"path.encoded-colon", "path.encoded-slash", "path.encoded-separator", "path.decoded-once"}

// decodedPath: the path is decoded before its segments and verb are looked for.
func (e evidence) decodedPath() (Cause, func(Finding, *Exchange) bool) {
	reached := map[int]bool{}
	for _, check := range e.Checks {
		for _, finding := range check.Findings {
			if finding.Requirement == "path.verb" || finding.Requirement == "path.one-segment" {
				return Cause{}, nil // The path is hardly looked at.
			}
			success := strings.HasPrefix(finding.Got, "2") || strings.Contains(finding.Got, "the path reached it")
			reached[finding.Exchange] = reached[finding.Exchange] || success && slices.Contains(decodedPaths, finding.Requirement)
		}
	}
	shows := func(exchange *Exchange) bool { return reached[exchange.Number] }
	cause := e.count(Cause{ID: "decoded-path"}, shows)
	if cause.Count < 2 {
		return Cause{}, nil
	}
	first := e.exchange(cause.Exchange)
	cause.Summary = fmt.Sprintf("the path is decoded before it is routed, as in %s %s", first.Request.Method, first.Request.URL)
	cause.Fix = "route by the path as it was sent and decode each segment once, afterwards: r.URL.EscapedPath() in Go, RAW_URI or REQUEST_URI in WSGI, " +
		"raw_path in ASGI, req.originalUrl in Node, runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptReserved) in grpc-gateway"
	return cause, func(finding Finding, exchange *Exchange) bool {
		return shows(exchange) && slices.Contains(decodedPaths, finding.Requirement)
	}
}
