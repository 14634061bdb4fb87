package clientrun

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// outcome takes what the client of a call reports, which ends the call, and
// responds with what was found.
func (c *control) outcome(out http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	c.mutex.Lock()
	one, kept := text.Find(c.all, func(one *startedCall) bool { return one.id == id })
	c.mutex.Unlock()
	if !kept {
		refuse(out, http.StatusNotFound, fmt.Sprintf("there is no call %q; the latest %d are kept", printable(id), keptCalls))
		return
	}
	members, status, mistake := read(r)
	if mistake != "" {
		refuse(out, status, mistake)
		return
	}
	if members["job"] == nil {
		members["job"], _ = json.Marshal(one.call.job)
	}
	success := successMember(c.watch.method())
	reported, is := readOutcome(members, success)
	mistake = strictMistake(members, success)
	switch {
	case mistake != "":
		refuse(out, http.StatusBadRequest, mistake)
		return
	case !is && c.watch.options.WireOnly && len(members) == 1:
		is = one.end(c, nil)
	case !is:
		line, _ := json.Marshal(members)
		refuse(out, http.StatusBadRequest, "the outcome "+lineMistake(string(line), success))
		return
	case reported.Job != one.call.job:
		refuse(out, http.StatusBadRequest, fmt.Sprintf("the outcome is of the job %q, and the call is for %q", printable(reported.Job), one.call.job))
		return
	default:
		is = one.end(c, &reported)
	}
	switch {
	case !is && one.crowded.Load():
		refuse(out, http.StatusConflict, fmt.Sprintf("the call %s has ended: %d calls that began later wait for their outcome, and no more may", id, openCalls))
		return
	case !is:
		refuse(out, http.StatusConflict, "the call "+id+" has ended: one outcome ends it")
		return
	}
	respond(out, http.StatusOK, c.found(one))
}

// strictMistake says what is wrong with an outcome that a program reports, and that
// would be read all the same in the output of a command; empty for nothing.
func strictMistake(members map[string]json.RawMessage, success string) string {
	sent, given := members["error"]
	var one any
	switch {
	case !given:
		return ""
	case hasBoth(members, success):
		return "the outcome " + fmt.Sprintf(bothMembers, success)
	case json.Unmarshal(sent, &one) != nil:
		return "" // The body was read as JSON.
	}
	switch one := one.(type) {
	case map[string]any:
		var code int
		if text, err := json.Marshal(one["code"]); one["code"] != nil && (err != nil || json.Unmarshal(text, &code) != nil) {
			return "the outcome has the error.code " + printable(string(text)) + ", which must be an integer"
		}
	case string, nil:
	default:
		return "the outcome has the error " + printable(string(sent)) + ", which must be an object or a text"
	}
	return ""
}

// verdict is what was found of a call.
type verdict struct {
	ID       string         `json:"id"`
	Scenario string         `json:"scenario"`
	Verdict  result.Verdict `json:"verdict"`
	// Reason says why a call was not tested, or tested in part.
	Reason string `json:"reason,omitempty"`
	// Text is all of it for a person.
	Text     string            `json:"text"`
	Requests int               `json:"requests"`
	Findings []found           `json:"findings"`
	Untested []result.Untested `json:"untested"`
}

// found is a finding with its requirement.
type found struct {
	Requirement string         `json:"requirement"`
	Verdict     result.Verdict `json:"verdict"`
	Statement   string         `json:"statement,omitempty"`
	Source      string         `json:"source,omitempty"`
	Want        string         `json:"want"`
	Got         string         `json:"got"`
	Count       int            `json:"count"`
}

func (c *control) found(one *startedCall) verdict {
	report := c.watch.outcomesOf([]Result{*one.found.Load()}).Report(c.watch.options.Version, c.watch.options.Known)
	check := report.Checks[0]
	made := verdict{ID: one.id, Scenario: check.ID, Verdict: check.Verdict, Reason: check.Reason, Requests: len(check.Exchanges),
		Findings: []found{}, Untested: append([]result.Untested{}, check.Call.Untested...)}
	lines := []string{fmt.Sprintf("%s %s: %s", check.Verdict, check.ID, check.Title)}
	for _, one := range check.Findings {
		requirement, _ := report.Named(one.Requirement)
		made.Findings = append(made.Findings, found{one.Requirement, one.Verdict, requirement.Statement, requirement.Source, one.Want, one.Got, one.Count})
		lines = append(lines, string(one.Verdict)+" "+c.run.options.Rules.Explain(one))
	}
	for _, one := range made.Untested {
		lines = append(lines, one.Requirement+" was not tested: "+one.Reason)
	}
	if check.Reason != "" {
		lines = append(lines, check.Reason)
	}
	made.Text = strings.Join(lines, "\n")
	return made
}

// outcomes takes what clients report that chose their scenarios by job id.
func (c *control) outcomes(out http.ResponseWriter, r *http.Request) {
	if mistake := c.watch.outcomes(r); mistake != "" {
		refuse(out, http.StatusBadRequest, mistake)
		return
	}
	out.WriteHeader(http.StatusNoContent)
}
