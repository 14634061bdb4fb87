// Package client judges the other direction: what a client of the method sends,
// and what it does with what comes back, by the client's side of the catalogue
// in the description. Its server answers as the reference server does, or as a
// scenario says.
package clienttest

import (
	"fmt"
	"slices"

	"github.com/dpconform/dpconform/spec"
)

// Verdict is what came of a requirement, a scenario or a run.
type Verdict string

// The verdicts.
const (
	// Pass: judged, and kept.
	Pass Verdict = "pass"
	// Fail: judged, and not kept.
	Fail Verdict = "fail"
	// Warn: not kept, at a level that does not fail the run.
	Warn Verdict = "warn"
	// Skip: not judged.
	Skip Verdict = "skip"
)

// The exit codes of a run.
const (
	ExitConforms     = 0
	ExitFails        = 1
	ExitUsage        = 2
	ExitInconclusive = 3
	ExitInterrupted  = 130
)

// The conditions of a scenario that no standard demands: without them nothing
// was learned of the client.
const (
	// ConditionCalled: a request arrived at all.
	ConditionCalled = "scenario.called"
	// ConditionSteps: the client called as often as the scenario needs.
	ConditionSteps = "scenario.steps"
	// ConditionExit: the command did not crash.
	ConditionExit = "scenario.exit"
	// ConditionTime: the command ended by itself in time.
	ConditionTime = "scenario.time"
	// ConditionOneOutcome: the outcomes that were told of a job agree.
	ConditionOneOutcome = "scenario.one-outcome"
)

// Finding is one way in which a client does not keep a requirement, or in which
// a scenario did not come to its end.
type Finding struct {
	// ID is that of the requirement, or a condition.
	ID string
	// Requirement is the zero value for a condition.
	Requirement spec.Requirement
	// Verdict is Fail or Warn.
	Verdict Verdict
	// Demanded: the scenario is about the requirement.
	Demanded bool
	Want     string
	Got      string
	// Request is the number of the first request of the call that shows it; 0
	// where none does.
	Request int
	// Count is the number of requests that show it.
	Count int
}

// Text says a finding in a few lines.
func (f Finding) Text() string {
	text := fmt.Sprintf("%s\n  want: %s\n  got:  %s", f.ID, f.Want, f.Got)
	if f.Requirement.ID == "" {
		return text
	}
	level := string(f.Requirement.Level)
	if f.Demanded {
		level += ", demanded by the scenario"
	}
	text = fmt.Sprintf("%s (%s): %s\n  want: %s\n  got:  %s", f.ID, level, f.Requirement.Statement, f.Want, f.Got)
	if f.Requirement.Quote != "" {
		text += fmt.Sprintf("\n  %q", f.Requirement.Quote)
	}
	return text + "\n  " + f.Requirement.Source
}

// Unjudged is a requirement that could not be judged, why, and what would help.
type Unjudged struct {
	ID     string
	Reason string
	// Help is a flag or variable; empty where nothing helps.
	Help string
}

// Rules say by what a client is judged.
type Rules struct {
	Contract *spec.Contract
	// Level is the weakest level that fails: what is weaker warns. With
	// spec.Inferred nothing warns. Empty means spec.Platform, and whatever the
	// scenario demands beside, of any level.
	Level spec.Level
}

// judgement collects what is found of one call. What the description does not
// demand is not judged.
type judgement struct {
	rules    Rules
	scenario *Scenario
	// plain: no scenario is about the call, so that it is held to what any of them
	// demands after such an answer.
	plain    bool
	findings []Finding
	judged   []string
	unjudged []Unjudged
	// tokens are known as such beside those that the client was given.
	tokens []string
}

// judge notes that a requirement was looked at.
func (j *judgement) judge(id string) {
	if _, demanded := j.rules.Contract.ClientRequirement(id); demanded && !slices.Contains(j.judged, id) {
		j.judged = append(j.judged, id)
	}
}

// find adds a finding, or counts it where the same was found before.
func (j *judgement) find(id string, request int, want, got string) {
	requirement, demanded := j.rules.Contract.ClientRequirement(id)
	if !demanded {
		return
	}
	j.judge(id)
	for i := range j.findings {
		if one := &j.findings[i]; one.ID == id && one.Want == want && one.Got == got {
			one.Count++
			return
		}
	}
	j.findings = append(j.findings, Finding{ID: id, Requirement: requirement, Verdict: j.verdictOf(requirement), Demanded: j.scenario != nil && j.scenario.demands(id),
		Want: want, Got: got, Request: request, Count: 1})
}

// fail adds a condition that was not met.
func (j *judgement) fail(condition, want, got string) {
	j.findings = append(j.findings, Finding{ID: condition, Verdict: Fail, Want: want, Got: got, Count: 1})
}

// warn adds a condition that was not met, and that does not fail the run.
func (j *judgement) warn(condition, want, got string) {
	j.findings = append(j.findings, Finding{ID: condition, Verdict: Warn, Want: want, Got: got, Count: 1})
}

// skip notes a requirement that could not be judged.
func (j *judgement) skip(id, reason, help string) {
	if _, demanded := j.rules.Contract.ClientRequirement(id); demanded {
		j.unjudged = append(j.unjudged, Unjudged{id, reason, help})
	}
}

// verdictOf says what breaking a requirement means: it fails where the level is
// asked for, if it is a MUST or what the call is about.
func (j *judgement) verdictOf(requirement spec.Requirement) Verdict {
	demanded := j.demands(requirement.ID)
	switch level := j.rules.Level; {
	case level == "" && demanded, level == spec.Inferred:
		return Fail
	case level == "" && requirement.Must() && requirement.Level.AtLeast(spec.Platform):
		return Fail
	case level != "" && requirement.Level.AtLeast(level) && (requirement.Must() || demanded):
		return Fail
	}
	return Warn
}

// needed reports whether a run is inconclusive without a requirement: one that is
// documented, or that the scenario is about where breaking it would fail.
func (j *judgement) needed(id string) bool {
	requirement, known := j.rules.Contract.ClientRequirement(id)
	return known && (requirement.Level == spec.Documented || j.demands(id) && j.verdictOf(requirement) == Fail)
}
