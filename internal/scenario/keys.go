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
		{"name", "lower case letters, digits and hyphens", "Selects the scenario: with `--scenario NAME`, the job id `scenario-NAME-1`, or the header `Dpconform-Scenario: NAME`. A scenario with the name of a shipped one replaces it. Required.",
			func(value text.YAML, to *Scenario) (err error) {
				to.line = value.Line()
				to.Name, err = name(value)
				return err
			}},
		{"title", "one line of text", "What the server does, for reports. Required.", into(title, func(s *Scenario) *string { return &s.Title })},
		{"about", "a text", "Why the scenario exists, for readers of the list.", into(text.YAML.Text, func(s *Scenario) *string { return &s.About })},
		{"job", "a state of a job, or refused", "The state of the called job" + states + ". `refused` stands for a state in which the method refuses the job. Default: a state in which it accepts the job.",
			func(value text.YAML, to *Scenario) error { return state(value, method, to) }},
		{"job-end", "a string without a slash", "A suffix of the job's id, for ids with characters that a path must escape.",
			into(jobEnd, func(s *Scenario) *string { return &s.JobEnd })},
		{"secure", "true or false", "Serves the scenario over TLS, with HTTP/2 and HTTP/1.1.", into(text.YAML.Bool, func(s *Scenario) *bool { return &s.Secure })},
		{"certificate", "unknown-authority, wrong-host or expired", "Serves the scenario over TLS with a certificate that a client has to reject, for this reason. A request that arrives is a failure.",
			func(value text.YAML, to *Scenario) (err error) {
				to.Certificate, err = oneOf("reason", value, UnknownAuthority, WrongHost, Expired)
				to.Secure = true
				return err
			}},
		{"warm", "too, only or never", "`too` adds a second form of the scenario, `NAME-warm`: the client first makes a successful call for the job `{warm-job}`, and then the call of the scenario on the same connection. With `only`, the scenario has only this form, as `NAME`. Default: `too` if a step ends the connection, otherwise `never`.",
			into(func(value text.YAML) (Warming, error) { return oneOf("warming", value, WarmToo, WarmOnly, WarmNever) }, func(s *Scenario) *Warming { return &s.Warm })},
		{"first", "a step", "The response to the first call of a warm scenario. Default: a success of the reference emulator.",
			func(value text.YAML, to *Scenario) (err error) {
				to.First, err = step(value, method)
				return err
			}},
		{"steps", "a list of steps", "The responses to the requests of a call, in order; the last one repeats. Required.",
			into(steps, func(s *Scenario) *[]Step { return &s.Steps })},
		{"consume", "`all` or `or-report`", "Whether a client may make fewer requests than there are steps. `all`, the default: it may not. `or-report`: it may if it reports the error of the last response.",
			into(consumption, func(s *Scenario) *Consumption { return &s.Consume })},
		{"at-most", "an integer", "The maximum number of requests of a call. Default: the number of steps.",
			into(whole(1, MostRequests), func(s *Scenario) *int { return &s.AtMost })},
		{"wait", "a time such as 500ms", "The minimum wait after each 503. Default: only a burst of retries fails.",
			into(text.YAML.Duration, func(s *Scenario) *time.Duration { return &s.Wait })},
		{"must", "a list of requirements", "What the scenario is about. It fails if the client breaks one of them, and is inconclusive if one could not be tested. `dpconform list` prints the ids.",
			ids(func(s *Scenario) *[]string { return &s.Must })},
		{"must-not", "a list of requirements", "The same, for requirements on what a client must not do.",
			ids(func(s *Scenario) *[]string { return &s.MustNot })},
	}
}

// responseKeys is how many of the keys of a step say what the response is. They
// come first.
const responseKeys = 7

// stepKeys are the keys of a step. It has exactly one of the first.
func stepKeys(method *spec.Method) []key[Step] {
	return []key[Step]{
		{"reference", "true", "The reference emulator responds, according to the state of the job.", into(text.YAML.Bool, func(s *Step) *bool { return &s.Reference })},
		{"error", "a mapping, below", "An error in the format of AIP-193.",
			into(func(value text.YAML) (*Error, error) { return refusal(value, method) }, func(s *Step) **Error { return &s.Error })},
		{"response", "a mapping, below", "Exactly this response.", into(asIs, func(s *Step) **Response { return &s.Response })},
		{"reset", "true", "The connection is reset after the request has been read.", into(text.YAML.Bool, func(s *Step) *bool { return &s.Reset })},
		{"hang-up", "true", "The connection is closed normally after the request has been read, as by a server that shuts down. Over HTTP/2, the stream of the first request on a connection is reset; for a later one with TLS, GOAWAY is sent and the connection closed.", into(text.YAML.Bool, func(s *Step) *bool { return &s.HangUp })},
		{"redirect", "301, 302, 303, 307 or 308", "A redirect with this status to the same path at another host.", into(redirect, func(s *Step) *int { return &s.Redirect })},
		{"redirect-here", "301, 302, 303, 307 or 308", "A redirect with this status to another path of the same host, where the reference emulator returns the result of the call.", into(redirect, func(s *Step) *int { return &s.RedirectHere })},
		{"header", "a mapping of names to strings", "Header fields to add to the response.", into(header, func(s *Step) *map[string]string { return &s.Header })},
		{"delay", "a time such as 2s", "The delay before the response.", into(text.YAML.Duration, func(s *Step) *time.Duration { return &s.Delay })},
		{"retry-after-date", "a time such as 2s", "Adds Retry-After with a date this long after the response, rounded up to a second.",
			into(text.YAML.Duration, func(s *Step) *time.Duration { return &s.RetryAfterDate })},
		{"interim", "100, 102 or 103", "A response with this status is sent first.", into(interim, func(s *Step) *int { return &s.Interim })},
		{"split", "true", "The response is sent in two parts, with a pause in the middle of its body.", into(text.YAML.Bool, func(s *Step) *bool { return &s.Split })},
		{"chunk-extension", "a string such as a=b", "With HTTP/1.1, the body is sent in chunks, each with this extension.", into(chunkExtension, func(s *Step) *string { return &s.ChunkExtension })},
		{"close", "true", "The response says `Connection: close`; over HTTP/2, GOAWAY follows its header. A request that is still sent on that connection fails.",
			into(text.YAML.Bool, func(s *Step) *bool { return &s.Close })},
		{"length-required", "true", "A request with a method such as POST, and with neither Content-Length nor Transfer-Encoding, is refused with 411.",
			into(text.YAML.Bool, func(s *Step) *bool { return &s.LengthRequired })},
		{"truncate", "true", "The connection ends in the middle of the body.", into(text.YAML.Bool, func(s *Step) *bool { return &s.Truncate })},
		{"add", "a mapping", "Members to add to the JSON object of a success.", into(added, func(s *Step) *map[string]any { return &s.Add })},
		{"without-id", "true", "Removes the new job's id from a success.", into(text.YAML.Bool, func(s *Step) *bool { return &s.WithoutID })},
	}
}

func errorKeys(method *spec.Method) []key[Error] {
	code := func(value text.YAML) (string, error) { return value.OneOf("google.rpc.Code", codes(method)) }
	return []key[Error]{
		{"code", "a google.rpc.Code", "Such as NOT_FOUND; it determines the HTTP status. Required.", into(code, func(e *Error) *string { return &e.Code })},
		{"message", "a string", "The message, which the client has to report. Required.", into(text.YAML.Text, func(e *Error) *string { return &e.Message })},
		{"reason", "a string", "`ErrorInfo.reason`. Without it, the error has no details.", into(text.YAML.Text, func(e *Error) *string { return &e.Reason })},
	}
}

func responseMembers() []key[Response] {
	return []key[Response]{
		{"status", "an HTTP status, 200 to 599", "Required.", into(whole(200, 599), func(a *Response) *int { return &a.Status })},
		{"body", "a string", "The bytes of the body. The Content-Type is application/json unless `header` sets another.", into(text.YAML.Text, func(a *Response) *string { return &a.Body })},
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
