package clienttest

import (
	"slices"
	"time"

	"github.com/dpconform/dpconform/internal/redact"
)

// Outcomes is all that a run found.
type Outcomes struct {
	Rules    Rules
	Command  []string
	Started  time.Time
	Took     time.Duration
	WireOnly bool
	// Interrupted: the run was ended before its time.
	Interrupted bool
	Results     []Result
	// NotChosen are the names of the scenarios that a command which is run once did
	// not choose, where it was to choose any.
	NotChosen []string

	secrets secrets
}

// Exit is the exit code of the run.
func (o Outcomes) Exit() int {
	has := func(is func(Result) bool) bool { return slices.ContainsFunc(o.Results, is) }
	switch {
	case o.Interrupted:
		return ExitInterrupted
	case has(func(r Result) bool { return r.Verdict == Fail }):
		return ExitFails
	case len(o.Results) == 0, len(o.NotChosen) > 0, has(func(r Result) bool { return r.needed }):
		return ExitInconclusive
	}
	return ExitConforms
}

// Conclusion says the exit code in words.
func (o Outcomes) Conclusion() string {
	switch o.Exit() {
	case ExitInterrupted:
		return "interrupted: what was not judged until then is not said"
	case ExitConforms:
		if o.WireOnly {
			return "conforms, as far as the wire shows"
		}
		return "conforms"
	case ExitInconclusive:
		if len(o.Results) == 0 {
			return "inconclusive: nothing arrived"
		}
		if !slices.ContainsFunc(o.Results, func(r Result) bool { return r.needed }) {
			return "inconclusive: nothing failed, and not every scenario was chosen"
		}
		return "inconclusive: nothing failed, and something that " + o.about() + " is about could not be judged"
	}
	return "does not conform"
}

// about says what was judged.
func (o Outcomes) about() string {
	if slices.ContainsFunc(o.Results, func(r Result) bool { return r.Scenario != nil }) {
		return "a scenario"
	}
	return "a call"
}

// RequirementResult is what a run says of one requirement.
type RequirementResult struct {
	ID      string
	Verdict Verdict
}

// Requirements adds up what all scenarios say of each requirement of the
// description, in its order. One that no scenario met is skipped.
func (o Outcomes) Requirements() []RequirementResult {
	var all []RequirementResult
	for _, requirement := range o.Rules.Contract.ClientRequirements {
		verdict := Skip
		for _, result := range o.Results {
			for _, finding := range result.Findings {
				if finding.ID == requirement.ID && verdict != Fail {
					verdict = finding.Verdict
				}
			}
			if verdict == Skip && slices.Contains(result.Judged, requirement.ID) {
				verdict = Pass
			}
		}
		all = append(all, RequirementResult{requirement.ID, verdict})
	}
	return all
}

// Count gives the number of calls with each verdict. The end of a command that
// was run once is no call.
func (o Outcomes) Count() map[Verdict]int {
	counts := map[Verdict]int{}
	for _, result := range o.Results {
		if result.Scenario != nil || result.Command == nil {
			counts[result.Verdict]++
		}
	}
	return counts
}

// redactor hides the tokens of the run, those that arrived, and whatever else
// looks like a secret.
func (o Outcomes) redactor() *redact.Redactor {
	labels := o.secrets.labels()
	for _, result := range o.Results {
		for _, token := range result.tokens {
			if _, known := labels[token]; !known {
				labels[token] = redact.Unlabelled
			}
		}
		for _, request := range result.Requests {
			for _, token := range append(redact.TokensOf(request.Header), tokenInQuery(request)) {
				if _, known := labels[token]; !known && token != "" {
					labels[token] = redact.Unlabelled
				}
			}
		}
	}
	return redact.NewRedactor(labels)
}

// Name is that of the scenario, or of the job where no scenario was chosen.
func (r Result) Name() string {
	switch {
	case r.Scenario != nil:
		return r.Scenario.Name
	case r.Command != nil:
		return "the command"
	case r.Job != "":
		return "job " + r.Job
	}
	return "other requests"
}
