package scenario

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// MostRequests is the largest number of requests that a scenario may allow. No
// more of a call are kept.
const MostRequests = 199

// scenarioKeys are the keys of a scenario, for the states, codes and
// requirements of a description.
func scenarioKeys(method *spec.Method) []key[Scenario] {
	ids := func(field func(*Scenario) *[]string) func(text.YAML, *Scenario) error {
		return func(value text.YAML, to *Scenario) (err error) {
			*field(to), err = requirements(value, method, to.shipped)
			return err
		}
	}
	steps := func(value text.YAML) ([]Step, error) { return steps(value, method) }
	states := ""
	if len(method.States) > 0 {
		states = ": " + strings.Join(method.States, ", ")
	}
	return []key[Scenario]{
		{"name", "lower case letters, digits and hyphens", "Chooses the scenario: `--scenario NAME`, the job id `scenario-NAME-1`, the header `Dpconform-Scenario: NAME`. A scenario with the name of a shipped one replaces it. Required.",
			func(value text.YAML, to *Scenario) (err error) {
				to.line = value.Line()
				to.Name, err = name(value)
				return err
			}},
		{"title", "a text of one line", "Says what the server does, for reports. Required.", into(title, func(s *Scenario) *string { return &s.Title })},
		{"about", "a text", "Says why, for a person who reads the list.", into(text.YAML.Text, func(s *Scenario) *string { return &s.About })},
		{"job", "a state of a job, or refused", "State of the job that the call is about" + states + ". `refused` is one in which the method refuses the job. Default: one in which it accepts the job.",
			func(value text.YAML, to *Scenario) error { return state(value, method, to) }},
		{"job-end", "a text without a slash", "Is appended to the job's id, for ids with characters that a path may not hold.",
			into(jobEnd, func(s *Scenario) *string { return &s.JobEnd })},
		{"secure", "true or false", "Serves the scenario by TLS, with HTTP/2 and HTTP/1.1.", into(text.YAML.Bool, func(s *Scenario) *bool { return &s.Secure })},
		{"certificate", "unknown-authority, wrong-host or expired", "Serves the scenario by TLS with a certificate that a client has to reject, for this reason: a request that arrives fails.",
			func(value text.YAML, to *Scenario) (err error) {
				to.Certificate, err = oneOf("reason", value, UnknownAuthority, WrongHost, Expired)
				to.Secure = true
				return err
			}},
		{"warm", "too, only or never", "`too`: the scenario exists a second time, as `NAME-warm`: the client first makes a call that succeeds, of the job `{warm-job}`, and the call of the scenario on the same connection. `only`: it exists only in this form, as `NAME`. Default: `too` where a step ends the connection, `never` elsewhere.",
			into(func(value text.YAML) (Warming, error) { return oneOf("warming", value, WarmToo, WarmOnly, WarmNever) }, func(s *Scenario) *Warming { return &s.Warm })},
		{"first", "a step", "The response to the first call of a warm scenario. Default: a success of the reference server.",
			func(value text.YAML, to *Scenario) (err error) {
				to.First, err = step(value, method)
				return err
			}},
		{"steps", "a list of steps", "The responses to the requests of a call, in order; the last one repeats. Required.",
			into(steps, func(s *Scenario) *[]Step { return &s.Steps })},
		{"consume", "all or or-tell", "What becomes of a client that makes fewer requests than there are steps. `all`, the default: it fails. `or-tell`: it fails unless it reported the error of the last response.",
			into(consumption, func(s *Scenario) *Consumption { return &s.Consume })},
		{"at-most", "a whole number", "How many requests a call may have. Default: the number of steps.",
			into(whole(1, MostRequests), func(s *Scenario) *int { return &s.AtMost })},
		{"wait", "a time such as 500ms", "How long a client has to wait at least after each 503. Default: only repeats in a burst are wrong.",
			into(text.YAML.Duration, func(s *Scenario) *time.Duration { return &s.Wait })},
		{"must", "a list of requirements", "What the scenario is about: breaking one fails it, and a run that could not test one is inconclusive. `dpconform list` has the ids.",
			ids(func(s *Scenario) *[]string { return &s.Must })},
		{"must-not", "a list of requirements", "The same, for requirements that say what a client must not do.",
			ids(func(s *Scenario) *[]string { return &s.MustNot })},
	}
}

// responseKeys is how many of the keys of a step say what the response is. They
// come first.
const responseKeys = 7

// stepKeys are the keys of a step. It has exactly one of the first.
func stepKeys(method *spec.Method) []key[Step] {
	return []key[Step]{
		{"reference", "true", "The reference server responds, by the state of the job.", into(text.YAML.Bool, func(s *Step) *bool { return &s.Reference })},
		{"error", "a mapping, below", "A refusal in the form of AIP-193.",
			into(func(value text.YAML) (*Error, error) { return refusal(value, method) }, func(s *Step) **Error { return &s.Error })},
		{"answer", "a mapping, below", "A response as it is.", into(answer, func(s *Step) **Answer { return &s.Answer })},
		{"reset", "true", "The connection is reset when the request has been read.", into(text.YAML.Bool, func(s *Step) *bool { return &s.Reset })},
		{"hang-up", "true", "The connection is closed in good order when the request has been read, as by a server that stops. By HTTP/2 the stream is reset; behind an earlier request on a connection with TLS, GOAWAY is sent and the connection closed.", into(text.YAML.Bool, func(s *Step) *bool { return &s.HangUp })},
		{"redirect", "301, 302, 303, 307 or 308", "A redirect with this status to the same path at another host.", into(redirect, func(s *Step) *int { return &s.Redirect })},
		{"redirect-here", "301, 302, 303, 307 or 308", "A redirect with this status to another path of the same host, where the reference server responds with what came of the call.", into(redirect, func(s *Step) *int { return &s.RedirectHere })},
		{"header", "a mapping of names to texts", "Header fields that are added to the response.", into(header, func(s *Step) *map[string]string { return &s.Header })},
		{"delay", "a time such as 2s", "How long the response is held back.", into(text.YAML.Duration, func(s *Step) *time.Duration { return &s.Delay })},
		{"retry-after-date", "a time such as 2s", "Adds Retry-After with a date that is so long after the response, rounded up to a second.",
			into(text.YAML.Duration, func(s *Step) *time.Duration { return &s.RetryAfterDate })},
		{"interim", "100, 102 or 103", "A response with this status comes first.", into(interim, func(s *Step) *int { return &s.Interim })},
		{"split", "true", "The response is sent in two parts, with a pause in the middle of its body.", into(text.YAML.Bool, func(s *Step) *bool { return &s.Split })},
		{"chunk-extension", "a text such as a=b", "By HTTP/1.1 the body is sent in chunks, and each has this extension.", into(chunkExtension, func(s *Step) *string { return &s.ChunkExtension })},
		{"close", "true", "The response says `Connection: close`; by HTTP/2, GOAWAY comes behind its head. What the client sends on the connection all the same fails.",
			into(text.YAML.Bool, func(s *Step) *bool { return &s.Close })},
		{"length-required", "true", "A request with a method such as POST, and with neither Content-Length nor Transfer-Encoding, is refused with 411.",
			into(text.YAML.Bool, func(s *Step) *bool { return &s.LengthRequired })},
		{"truncate", "true", "The connection ends in the middle of the body.", into(text.YAML.Bool, func(s *Step) *bool { return &s.Truncate })},
		{"add", "a mapping", "Members that are added to the JSON object of a success.", into(added, func(s *Step) *map[string]any { return &s.Add })},
		{"without-id", "true", "Removes the new job's id from a success.", into(text.YAML.Bool, func(s *Step) *bool { return &s.WithoutID })},
	}
}

func errorKeys(method *spec.Method) []key[Error] {
	code := func(value text.YAML) (string, error) { return value.OneOf("google.rpc.Code", codes(method)) }
	return []key[Error]{
		{"code", "a google.rpc.Code", "Such as NOT_FOUND; the HTTP status follows from it. Required.", into(code, func(e *Error) *string { return &e.Code })},
		{"message", "a text", "What the client has to show of it. Required.", into(text.YAML.Text, func(e *Error) *string { return &e.Message })},
		{"reason", "a text", "`ErrorInfo.reason`; no details without it.", into(text.YAML.Text, func(e *Error) *string { return &e.Reason })},
	}
}

func answerKeys() []key[Answer] {
	return []key[Answer]{
		{"status", "an HTTP status, 200 to 599", "Required.", into(whole(200, 599), func(a *Answer) *int { return &a.Status })},
		{"body", "a text", "The bytes of the body; their Content-Type is application/json unless `header` says otherwise.", into(text.YAML.Text, func(a *Answer) *string { return &a.Body })},
	}
}

func codes(method *spec.Method) []string {
	all := slices.Sorted(maps.Keys(method.CodeStatus))
	return slices.DeleteFunc(all, func(code string) bool { return method.CodeStatus[code] < 400 })
}

// whole reads a whole number from least to most.
func whole(least, most int) func(text.YAML) (int, error) {
	return func(value text.YAML) (int, error) { return value.Int(least, most) }
}
