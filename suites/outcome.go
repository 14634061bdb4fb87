package suites

import (
	"cmp"
	"slices"

	"github.com/dpconform/dpconform/spec"
)

// The exit codes of a run.
const (
	// ExitConforms: nothing failed, and everything documented was judged.
	ExitConforms = 0
	// ExitFails: a requirement is not kept.
	ExitFails = 1
	// ExitUsage: wrong usage or configuration; nothing is said of the target.
	ExitUsage = 2
	// ExitInconclusive: nothing failed, and something documented could not be
	// judged.
	ExitInconclusive = 3
	// ExitUnreachable: the target could not be reached.
	ExitUnreachable = 4
)

// RequirementResult is what a run says of one requirement.
type RequirementResult struct {
	Requirement spec.Requirement
	Verdict     Verdict
	// Checks lists the ids of the checks that judge it.
	Checks []string
	// Findings lists how it is not kept.
	Findings []Finding
	// Reason says why it was not judged, or was judged only in part.
	Reason string
}

// ByRequirement turns the results of checks into one for each requirement of
// the description that the selected checks judge, or that no check judges.
func ByRequirement(contract *spec.Contract, selected []Check, results []Result) []RequirementResult {
	var all []RequirementResult
	everything := Checks(contract)
	for _, requirement := range contract.Requirements {
		names := func(check Check) bool { return slices.Contains(check.Requirements, requirement.ID) }
		judgedAtAll := slices.ContainsFunc(everything, names)
		if judgedAtAll && !slices.ContainsFunc(selected, names) {
			continue
		}
		all = append(all, ofRequirement(requirement, results))
	}
	return all
}

func ofRequirement(requirement spec.Requirement, results []Result) RequirementResult {
	rolled := RequirementResult{Requirement: requirement, Verdict: Skip, Reason: "no check of this version judges it"}
	for _, result := range results {
		if !slices.Contains(result.Check.Requirements, requirement.ID) {
			continue
		}
		rolled.Checks = append(rolled.Checks, result.Check.ID)
		own := findingsOf(result, requirement.ID)
		rolled.Findings = append(rolled.Findings, own...)
		verdict, reason := result.Verdict, result.Reason
		switch {
		case len(own) > 0:
			verdict = own[0].Verdict
		case verdict == Fail || verdict == Warn:
			// The check stumbled over another requirement: of this one it may
			// not have seen anything.
			verdict, reason = Skip, "check "+result.Check.ID+" failed for another requirement"
		}
		if len(rolled.Checks) == 1 || weight(verdict) > weight(rolled.Verdict) {
			rolled.Verdict = verdict
		}
		if len(rolled.Checks) == 1 || verdict == Skip || verdict == Error {
			rolled.Reason = reason
		}
	}
	return rolled
}

func findingsOf(result Result, id string) []Finding {
	var own []Finding
	for _, finding := range result.Findings {
		if finding.Requirement.ID == id {
			own = append(own, finding)
		}
	}
	return own
}

// weight orders verdicts: what is known to be broken outweighs what is kept,
// and what is kept somewhere outweighs what was not judged elsewhere.
func weight(verdict Verdict) int {
	return slices.Index([]Verdict{Skip, Pass, Error, Warn, Fail}, verdict)
}

// Outcome is what a whole run says.
type Outcome struct {
	Results      []Result
	Requirements []RequirementResult
	// Exit is the exit code: ExitConforms, ExitFails, ExitInconclusive or
	// ExitUnreachable.
	Exit int
}

// Conclude adds up a run over the selected checks.
func Conclude(contract *spec.Contract, selected []Check, results []Result) Outcome {
	results = inAspectOrder(results)
	outcome := Outcome{Results: results, Requirements: ByRequirement(contract, selected, results)}
	has := func(verdict Verdict) bool {
		return slices.ContainsFunc(results, func(result Result) bool { return result.Verdict == verdict })
	}
	switch {
	case has(Fail):
		outcome.Exit = ExitFails
	case has(Error):
		outcome.Exit = ExitUnreachable
	case outcome.lacksDocumented(contract):
		outcome.Exit = ExitInconclusive
	}
	return outcome
}

// lacksDocumented reports whether something documented was not judged: a
// requirement by no check, or a check that is about it in the first place.
func (o Outcome) lacksDocumented(contract *spec.Contract) bool {
	if slices.ContainsFunc(o.Requirements, func(r RequirementResult) bool {
		return r.Verdict == Skip && r.Requirement.Level == spec.Documented
	}) {
		return true
	}
	return slices.ContainsFunc(o.Results, func(result Result) bool {
		first, found := contract.Requirement(result.Check.Requirements[0])
		return result.Verdict == Skip && found && first.Level == spec.Documented
	})
}

func inAspectOrder(results []Result) []Result {
	ordered := slices.Clone(results)
	slices.SortStableFunc(ordered, func(a, b Result) int {
		return cmp.Compare(slices.Index(Aspects(), a.Check.Aspect), slices.Index(Aspects(), b.Check.Aspect))
	})
	return ordered
}
