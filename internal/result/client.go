package result

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// The conditions of a test of a client, which no standard demands: without them
// nothing is learned of the client.
const (
	// ConditionKnown: the scenario that a client chooses exists.
	ConditionKnown = "scenario.known"
	// ConditionCalled: a request arrived at all.
	ConditionCalled = "scenario.called"
	// ConditionSteps: the client called as often as the scenario needs.
	ConditionSteps = "scenario.steps"
	// ConditionExit: the command did not crash.
	ConditionExit = "scenario.exit"
	// ConditionTime: the command ended by itself in time.
	ConditionTime = "scenario.time"
	// ConditionOneOutcome: the outcomes that were reported of a job agree.
	ConditionOneOutcome = "scenario.one-outcome"
)

// Conditions are what reports say of the conditions. They have no level and no
// source, and are no requirements of a report.
func Conditions() []spec.Requirement {
	return []spec.Requirement{
		{ID: ConditionKnown, Statement: "The scenario that a client chooses has to exist.", Fix: "Choose one of the scenarios that dpconform client --list prints."},
		{ID: ConditionCalled, Statement: "The client has to call the method.", Fix: "Let the client call the endpoint that it is given ({endpoint}, DPCONFORM_ENDPOINT). " +
			"If it does so in other scenarios, it failed before it sent the request: escape the job id in the path, and read its output (--show-output)."},
		{ID: ConditionSteps, Statement: "The client has to make every call that the scenario needs, or report why it does not.",
			Fix: "Retry after 429 and 503, and after 401 with a new token ({fresh-token}, or one from {token-url}), or report the error."},
		{ID: ConditionExit, Statement: "The command has to end without a signal, and with exit 0 after a success.",
			Fix: "End with exit code 0 after a success; otherwise report the error, and do not crash."},
		{ID: ConditionTime, Statement: "The command has to end within its time.", Fix: "End after the last response; increase --timeout if the command needs more time."},
		{ID: ConditionOneOutcome, Statement: "The outcomes that the client reports of a job have to agree.", Fix: "Report the outcome of a job once, after the last retry."},
	}
}

// Condition reports whether it is a condition of a test, and no requirement of
// the description.
func (r Requirement) Condition() bool { return r.Level == "" }

// Named finds what a finding is about: a requirement or a condition.
func (r Report) Named(id string) (Requirement, bool) {
	if one, found := r.Requirement(id); found {
		return one, true
	}
	return text.Find(r.Unmet(), func(condition Requirement) bool { return condition.ID == id })
}

// Unmet lists the conditions that findings are about.
func (r Report) Unmet() []Requirement {
	var unmet []Requirement
	for _, condition := range Conditions() {
		one := Requirement{Requirement: condition, Aspect: condition.Aspect(), Checks: []string{}}
		for _, check := range r.Checks {
			for _, finding := range check.FindingsOf(condition.ID) {
				if len(one.Checks) == 0 || severity(finding.Verdict) > severity(one.Verdict) {
					one.Verdict = finding.Verdict
				}
				one.Checks = append(one.Checks, check.ID)
			}
		}
		if one.Checks = slices.Compact(one.Checks); len(one.Checks) > 0 {
			unmet = append(unmet, one)
		}
	}
	return unmet
}

// unmetTexts say of the conditions what it means that they are not met.
var unmetTexts = map[string]string{
	ConditionKnown: "the client chose an unknown scenario", ConditionCalled: "no request arrived", ConditionSteps: "the client stopped early",
	ConditionExit: "the command failed", ConditionTime: "the command did not end in time", ConditionOneOutcome: "the reported outcomes disagree",
}

// FailedText counts what failed: requirements, and conditions of the test that were
// not met.
func FailedText(failed []Broken) string {
	unmet := unmetWords(failed)
	if len(failed) == 1 && len(unmet) == 1 {
		return unmet[0]
	}
	var counts []string
	if requirements := len(failed) - len(unmet); requirements > 0 {
		counts = append(counts, text.Counted(requirements, "requirement"))
	}
	which := ""
	if len(unmet) > 0 {
		counts, which = append(counts, text.Counted(len(unmet), "test condition")), " ("+text.List(unmet, "and")+")"
	}
	return text.List(counts, "and") + " failed" + which
}

// UnmetText says which conditions of the test were not met, and in which scenario
// or how many; empty where all were.
func UnmetText(failed []Broken) string { return text.List(unmetWords(failed), "and") }

func unmetWords(failed []Broken) (unmet []string) {
	for _, one := range failed {
		if !one.Requirement.Condition() {
			continue
		}
		words := unmetTexts[one.Requirement.ID]
		switch scenarios := one.Checks(); {
		case len(scenarios) > 1:
			words += fmt.Sprintf(" in %d scenarios", len(scenarios))
		case one.Found[0].Check.Call != nil && one.Found[0].Check.Call.Steps > 0:
			words += " in " + scenarios[0]
		}
		unmet = append(unmet, words)
	}
	return unmet
}

// Call is what a check has more that is a call of a client.
type Call struct {
	// Job is the id that the client was given.
	Job string `json:"job,omitempty"`
	// Steps is the number of the scenario's responses, Consumed how many were used.
	Steps    int `json:"steps,omitempty"`
	Consumed int `json:"consumed,omitempty"`
	// Inconclusive: without what could not be tested nothing is concluded.
	Inconclusive bool `json:"inconclusive,omitempty"`
	// Untested are requirements that could not be tested. All others of the check
	// were tested, each on its own evidence.
	Untested []Untested `json:"untested,omitempty"`
	Reported *Outcome   `json:"reported,omitempty"`
	Command  *Command   `json:"command,omitempty"`
}

// Untested is a requirement that could not be tested, why, and what would help.
type Untested struct {
	Requirement string `json:"requirement"`
	Reason      string `json:"reason"`
	Flag        string `json:"flag,omitempty"`
	// Doubted: a response leaves open whether it is kept, so that what other checks saw
	// is not enough to say so.
	Doubted bool `json:"doubted,omitempty"`
}

// Outcome is what a client reported that its library returned: an id, a success
// of a method that returns none, or an error.
type Outcome struct {
	Job string
	// NewID is the id, and IDField the member of the method's response that has it,
	// by whose name JSON has it too.
	NewID   *string
	IDField string
	OK      bool
	Error   *ClientError
}

// outcome is the JSON form of an Outcome without its id.
type outcome struct {
	Job   string       `json:"job"`
	OK    bool         `json:"ok,omitempty"`
	Error *ClientError `json:"error,omitempty"`
}

// MarshalJSON writes an outcome as a client reports it.
func (o Outcome) MarshalJSON() ([]byte, error) {
	written, err := json.Marshal(outcome{o.Job, o.OK, o.Error})
	if err != nil || o.NewID == nil {
		return written, err
	}
	id, err := json.Marshal(map[string]string{o.IDField: *o.NewID})
	return slices.Concat(written[:len(written)-1], []byte(","), id[1:]), err
}

// UnmarshalJSON reads an outcome: a text of a name that is none of the others is the
// id.
func (o *Outcome) UnmarshalJSON(text []byte) error {
	var read outcome
	var members map[string]json.RawMessage
	if err := cmp.Or(json.Unmarshal(text, &read), json.Unmarshal(text, &members)); err != nil {
		return err
	}
	*o = Outcome{Job: read.Job, OK: read.OK, Error: read.Error}
	for name, value := range members {
		var id string
		if !slices.Contains([]string{"job", "ok", "error"}, name) && json.Unmarshal(value, &id) == nil {
			o.NewID, o.IDField = &id, name
		}
	}
	return nil
}

// ClientError is an error as a library shows it. Members that it does not show
// are zero.
type ClientError struct {
	// Code is the HTTP status, Status the name of a google.rpc.Code.
	Code    int    `json:"code,omitempty"`
	Status  string `json:"status,omitempty"`
	Message string `json:"message,omitempty"`
}

// Command is how a client's command ended.
type Command struct {
	Exit     int    `json:"exit"`
	Signal   string `json:"signal,omitempty"`
	TimedOut bool   `json:"timed_out,omitempty"`
	// Complaints is the end of its standard error.
	Complaints string `json:"complaints,omitempty"`
}

// Arrival is how a request of a client arrived.
type Arrival struct {
	Protocol string `json:"protocol,omitempty"`
	// Line is the request line. It is known of HTTP/1.1 without TLS alone; there
	// each of the fields is given as it was sent, once for each of its lines.
	Line             string   `json:"line,omitempty"`
	Host             []string `json:"host,omitempty"`
	ContentLength    []string `json:"content_length,omitempty"`
	TransferEncoding []string `json:"transfer_encoding,omitempty"`
	// BodyBase64 is the body where a text does not show it. It is left out where a
	// secret is in it.
	BodyBase64 string `json:"body_base64,omitempty"`
	// Refused: the server refused it for a mistake in it, whatever the scenario.
	Refused bool `json:"refused,omitempty"`
}

// inconclusive lists the calls of a client's run that could not be tested as needed.
func (r *Report) inconclusive() []string {
	var ids []string
	for _, check := range r.Checks {
		if check.Call != nil && check.Call.Inconclusive && (len(check.Call.Untested) == 0 || slices.ContainsFunc(check.Call.Untested, func(one Untested) bool {
			return !r.KnownFailures.accept(check.ID, one.Requirement)
		})) {
			ids = append(ids, check.ID)
		}
	}
	return ids
}

// missesCalls reports whether something that a client's run is about was not
// tested.
func (r *Report) missesCalls() bool {
	return len(r.Checks) == 0 || len(r.Client.NotChosen) > 0 || len(r.inconclusive()) > 0
}

// concludeClient says more of what a client's run ended with.
func (r *Report) concludeClient() {
	switch {
	case r.Exit == ExitConforms && r.Client.WireOnly:
		r.Conclusion += ", as far as the wire shows"
	case r.Exit != ExitInconclusive:
	case len(r.Checks) == 0:
		r.Conclusion = "inconclusive: nothing arrived"
	case len(r.inconclusive()) > 0:
		const named = 3
		ids, more := r.inconclusive(), ""
		if len(ids) > named {
			more = ", …"
		}
		r.Conclusion = fmt.Sprintf("inconclusive: nothing failed, but %s could not be tested: %s%s", text.Counted(len(ids), "required scenario"), strings.Join(ids[:min(len(ids), named)], ", "), more)
	default:
		r.Conclusion = "inconclusive: nothing failed, but not every scenario was chosen"
	}
}
