package suites

import (
	"cmp"
	"slices"

	"github.com/dpconform/dpconform/spec"
)

// RequirementResult is what a run says of one requirement.
type RequirementResult struct {
	Requirement spec.Requirement
	Verdict     Verdict
	// Checks lists the ids of the checks that judge it.
	Checks []string
	// Findings lists how it is not kept.
	Findings []Finding
	// Reason says why it was not judged, or was judged only in part, or what is
	// known of its failure.
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
	rolled := RequirementResult{Requirement: requirement, Verdict: Skip, Reason: noCheck}
	for _, result := range results {
		if !slices.Contains(result.Check.Requirements, requirement.ID) {
			continue
		}
		rolled.take(result)
	}
	return rolled
}

// take adds what one of its checks says of the requirement. What is known of a
// failure is said before what was not judged beside it.
func (r *RequirementResult) take(result Result) {
	first := len(r.Checks) == 0
	r.Checks = append(r.Checks, result.Check.ID)
	r.Findings = append(r.Findings, findingsOf(result, r.Requirement.ID)...)
	verdict, reason := result.about(r.Requirement.ID)
	heavier := weight(verdict) > weight(r.Verdict)
	ofKnown := ofKnownFailure(r.Verdict) || ofKnownFailure(verdict)
	unjudged := verdict == Skip || verdict == Error
	if first || (heavier && ofKnown) || (!ofKnown && unjudged) {
		r.Reason = reason
	}
	if first || heavier {
		r.Verdict = verdict
	}
}

// noCheck is the reason of what the suite does not judge.
const noCheck = "no check of this version judges it"

// about says what a check says of one of its requirements.
func (r Result) about(requirement string) (Verdict, string) {
	own := findingsOf(r, requirement)
	switch {
	case len(own) > 0:
		return own[0].Verdict, knownReason(own)
	case r.passedUnexpectedly(requirement):
		return UnexpectedPass, r.Reason
	case r.Verdict == UnexpectedPass && len(r.Findings) == 0:
		return Pass, ""
	case r.Verdict != Error && len(r.Findings) > 0:
		return Skip, stumbled(r)
	}
	return r.Verdict, r.Reason
}

// stumbled says that a check stumbled over another requirement: of this one it
// may not have seen anything.
func stumbled(result Result) string {
	return "check " + result.Check.ID + " failed for another requirement"
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

// weight orders verdicts: what is broken outweighs what is kept, what nobody
// expected outweighs what somebody did, and what is kept somewhere outweighs
// what was not judged elsewhere.
func weight(verdict Verdict) int {
	return slices.Index([]Verdict{Skip, Pass, Error, ExpectedFail, Warn, UnexpectedPass, Fail}, verdict)
}

// ofKnown reports whether the verdict comes of a known failure.
func ofKnownFailure(v Verdict) bool { return v == ExpectedFail || v == UnexpectedPass }

// Outcome is what a whole run says.
type Outcome struct {
	Results      []Result
	Requirements []RequirementResult
	// Known says what came of each known failure that the selected checks are
	// about.
	Known []KnownResult
	// Exit is the exit code: ExitConforms, ExitFails, ExitInconclusive,
	// ExitUnreachable or ExitInterrupted.
	Exit int
}

// Conclude adds up a run over the selected checks. The known failures are those
// of the session that judged: here they are looked at for unexpected passes.
func Conclude(contract *spec.Contract, selected []Check, results []Result, known ...Known) Outcome {
	return conclude(contract, selected, results, results, known)
}

// conclude is Conclude where known failures are held against other results.
func conclude(contract *spec.Contract, selected []Check, results, ofWhole []Result, known []Known) Outcome {
	results = inAspectOrder(results)
	outcome := Outcome{Results: results, Known: ofKnown(contract, selected, ofWhole, known)}
	markPassed(results, outcome.Known)
	outcome.Requirements = ByRequirement(contract, selected, results)
	has := func(verdict Verdict) bool {
		return slices.ContainsFunc(results, func(result Result) bool { return result.Verdict == verdict })
	}
	switch {
	case has(Fail), has(UnexpectedPass):
		outcome.Exit = ExitFails
	case has(Error):
		outcome.Exit = ExitUnreachable
	case outcome.lacksDocumented(contract):
		outcome.Exit = ExitInconclusive
	}
	return outcome
}

// ConcludeInterrupted adds up a run that was ended early: the checks without a
// result were not judged.
func ConcludeInterrupted(contract *spec.Contract, selected []Check, results []Result, known ...Known) Outcome {
	outcome := Conclude(contract, selected, withInterrupted(selected, results), known...)
	outcome.Exit = ExitInterrupted
	return outcome
}

// withInterrupted adds the checks that came to no result.
func withInterrupted(selected []Check, results []Result) []Result {
	for _, check := range selected {
		if !slices.ContainsFunc(results, func(result Result) bool { return result.Check.ID == check.ID }) {
			results = append(results, Result{Check: check, Verdict: Skip, Reason: interrupted})
		}
	}
	return results
}

// lacksDocumented reports whether something documented was not judged: a
// requirement by no check, or a check that is about it in the first place.
func (o Outcome) lacksDocumented(contract *spec.Contract) bool {
	if slices.ContainsFunc(o.Requirements, func(r RequirementResult) bool {
		return r.Verdict == Skip && r.Requirement.Level == spec.Documented && !o.hiddenByKnown(r)
	}) {
		return true
	}
	return slices.ContainsFunc(o.Results, func(result Result) bool {
		first, found := contract.Requirement(result.Check.Requirements[0])
		return result.Verdict == Skip && found && first.Level == spec.Documented
	})
}

// hiddenByKnown reports whether nothing but known failures kept the checks of a
// requirement from seeing it. Who accepts a failure accepts what it hides.
func (o Outcome) hiddenByKnown(requirement RequirementResult) bool {
	otherwise := func(result Result) bool {
		return result.Verdict != ExpectedFail && slices.Contains(requirement.Checks, result.Check.ID)
	}
	return len(requirement.Checks) > 0 && !slices.ContainsFunc(o.Results, otherwise)
}

func inAspectOrder(results []Result) []Result {
	ordered := slices.Clone(results)
	slices.SortStableFunc(ordered, func(a, b Result) int {
		return cmp.Compare(slices.Index(Aspects(), a.Check.Aspect), slices.Index(Aspects(), b.Check.Aspect))
	})
	return ordered
}
