package clientrun

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Rules say what a client is tested by.
type Rules struct {
	Method *spec.Method
	// Level is the weakest level that fails: what is weaker warns. With
	// spec.Inferred nothing warns. Empty means spec.Platform, and whatever the
	// scenario demands beside, of any level.
	Level spec.Level
}

// Explain shows a finding in a few lines, with the requirement, its source and the fix.
func (r Rules) Explain(finding result.Finding) string {
	shown := finding.Requirement
	requirement, _ := text.Find(Requirements(r.Method), func(one spec.Requirement) bool { return one.ID == finding.Requirement })
	if level := string(requirement.Level); level != "" {
		if finding.Demanded {
			level += ", demanded by the scenario"
		}
		shown += " (" + level + ")"
	}
	shown += ": " + requirement.Statement
	shown += "\n  want: " + text.Cut(finding.Want, longestShown) + "\n  got:  " + text.Cut(finding.Got, longestShown)
	if requirement.Quote != "" {
		shown += fmt.Sprintf("\n  %q", requirement.Quote)
	}
	if requirement.Source != "" {
		shown += "\n  " + requirement.Source
	}
	return shown + "\n  fix:  " + requirement.Fix
}

// evaluation collects what is found of one call. What the description does not
// demand is not tested.
type evaluation struct {
	rules    Rules
	scenario *scenario.Scenario
	// plain: no scenario is about the call, so that every requirement that its
	// responses bring up is demanded.
	plain    bool
	findings []result.Finding
	tested   []string
	untested []result.Untested
	// warmJob is the id of the first call where that has arrived; empty for none.
	warmJob string
	// tokens are all that are known to be a token of the call.
	tokens []string
	// redirected is the last attempt where that got a redirect; nil for none.
	redirected *request
}

// test notes that requirements were tested.
func (e *evaluation) test(ids ...string) {
	for _, id := range ids {
		if _, demanded := e.rules.Method.ClientRequirement(id); demanded && !slices.Contains(e.tested, id) {
			e.tested = append(e.tested, id)
		}
	}
}

// find adds a finding of a request, nil for none, or counts it where the same was
// found before.
func (e *evaluation) find(id string, request *request, want, got string) {
	requirement, demanded := e.rules.Method.ClientRequirement(id)
	if !demanded {
		return
	}
	e.test(id)
	for i := range e.findings {
		if one := &e.findings[i]; one.Requirement == id && one.Want == want && one.Got == got {
			one.Count++
			return
		}
	}
	found := result.Finding{Requirement: id, Verdict: e.verdict(requirement), Demanded: e.scenario != nil && e.scenario.Demands(id), Want: want, Got: got, Count: 1}
	if request != nil {
		found.Exchange = request.number
	}
	e.findings = append(e.findings, found)
}

// counted is the number of all that was found, the same counted each time.
func (e *evaluation) counted() int {
	total := 0
	for _, one := range e.findings {
		total += one.Count
	}
	return total
}

// fail adds a condition that was not met.
func (e *evaluation) fail(condition, want, got string) {
	e.findings = append(e.findings, result.Finding{Requirement: condition, Verdict: result.Fail, Want: want, Got: got, Count: 1})
}

// skip notes requirements that could not be tested, and what would help.
func (e *evaluation) skip(reason, help string, ids ...string) {
	for _, id := range ids {
		if _, demanded := e.rules.Method.ClientRequirement(id); demanded {
			e.untested = append(e.untested, result.Untested{Requirement: id, Reason: reason, Flag: help})
		}
	}
}

// demands reports whether the call is about a requirement.
func (e *evaluation) demands(id string) bool {
	if e.plain {
		return strings.HasPrefix(id, "client.repeat.") || strings.HasPrefix(id, "client.outcome.")
	}
	return e.scenario != nil && e.scenario.Demands(id)
}

// verdict says what breaking a requirement means: it fails where the level is
// asked for, if it is a MUST or what the call is about.
func (e *evaluation) verdict(requirement spec.Requirement) result.Verdict {
	demanded := e.demands(requirement.ID)
	switch level := e.rules.Level; {
	case level == "" && demanded, level == spec.Inferred:
		return result.Fail
	case level == "" && requirement.Must() && requirement.Level.AtLeast(spec.Platform):
		return result.Fail
	case level != "" && requirement.Level.AtLeast(level) && (requirement.Must() || demanded):
		return result.Fail
	}
	return result.Warn
}

// needed reports whether a run is inconclusive without a requirement: one that is
// documented, or that the scenario is about where breaking it would fail.
func (e *evaluation) needed(id string) bool {
	requirement, known := e.rules.Method.ClientRequirement(id)
	return known && (requirement.Level == spec.Documented || e.demands(id) && e.verdict(requirement) == result.Fail)
}

// inconclusive reports whether something that is needed could not be tested.
func (e *evaluation) inconclusive() bool {
	return slices.ContainsFunc(e.untested, func(one result.Untested) bool { return e.needed(one.Requirement) })
}

// worst is the verdict of the findings alone.
func worst(findings []result.Finding) result.Verdict {
	verdict := result.Pass
	for _, one := range findings {
		if one.Verdict == result.Fail || verdict == result.Pass {
			verdict = one.Verdict
		}
	}
	return verdict
}

// The lengths in characters from which a text is cut: longestKept where it is
// found, longestShown in a report. Secrets are hidden in between: one that the
// first cut goes through is behind the second.
const (
	longestKept  = 4000
	longestShown = 400
)

// printable makes a text of a client's fit for a report: control characters do
// not move a cursor.
func printable(found string) string { return text.Cut(text.Line(found), longestKept) }
