package suites

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

// Known is a failure that somebody knows of. What it covers is expected to
// fail: it does not fail a run, and where it passes the run says so.
type Known struct {
	// Name says where it is listed, and no other has it: "known.yaml:3".
	Name string
	// Reason says why the failure is expected.
	Reason string
	// Covers reports whether it expects that a check, by its id, finds a
	// requirement, by its id, not kept.
	Covers func(check, requirement string) bool
}

// KnownResult is what a run says of one known failure.
type KnownResult struct {
	Known Known
	State KnownState
	// Checks lists the ids of the selected checks that it covers.
	Checks []string
	// Reason says what was not judged.
	Reason string
}

// Message says of an unexpected pass what to do.
func (r KnownResult) Message() string {
	return fmt.Sprintf("unexpected pass of %s: remove the entry %s (%s)", firstOf(r.Checks), r.Known.Name, r.Known.Reason)
}

// firstOf names the first few of many checks.
func firstOf(checks []string) string {
	const few = 3
	if len(checks) <= few {
		return strings.Join(checks, ", ")
	}
	return fmt.Sprintf("%s and %d more checks", strings.Join(checks[:few], ", "), len(checks)-few)
}

// knownPrefix begins the reason of a check whose failures are all expected.
const knownPrefix = "known failure: "

// expected finds the known failure that covers what a check finds; nil where
// none does.
func expected(known []Known, check, requirement string) *Known {
	for i := range known {
		if known[i].Covers(check, requirement) {
			return &known[i]
		}
	}
	return nil
}

// knownReason says why the findings of a check are expected, each reason once.
func knownReason(findings []Finding) string {
	var reasons []string
	for _, finding := range findings {
		if finding.Known != nil && !slices.Contains(reasons, finding.Known.Reason) {
			reasons = append(reasons, finding.Known.Reason)
		}
	}
	if len(reasons) == 0 {
		return ""
	}
	return knownPrefix + strings.Join(reasons, "; ")
}

// ofKnown says of each known failure what came of it. One is left out that
// covers checks of which none was selected.
func ofKnown(contract *spec.Contract, selected []Check, results []Result, known []Known) []KnownResult {
	if len(known) == 0 {
		return nil
	}
	byID := map[string]Result{}
	for _, result := range results {
		byID[result.Check.ID] = result
	}
	everything := Checks(contract)
	var all []KnownResult
	for _, one := range known {
		about := KnownResult{Known: one}
		covering := about.gather(contract, everything, selected, byID)
		if covering && len(about.Checks) == 0 {
			continue
		}
		about.settle()
		all = append(all, about)
	}
	return all
}

// gather looks at everything that the known failure covers, and reports whether
// there is any check that it covers.
func (r *KnownResult) gather(contract *spec.Contract, everything, selected []Check, results map[string]Result) bool {
	covering := false
	for _, check := range everything {
		isSelected := slices.ContainsFunc(selected, func(other Check) bool { return other.ID == check.ID })
		for _, id := range check.Requirements {
			if _, described := contract.Requirement(id); !described || !r.Known.Covers(check.ID, id) {
				continue
			}
			covering = true
			if !isSelected {
				r.lack("check " + check.ID + " was not selected")
				continue
			}
			if !slices.Contains(r.Checks, check.ID) {
				r.Checks = append(r.Checks, check.ID)
			}
			r.take(results[check.ID], id)
		}
	}
	return covering
}

// take adds what came of a check for one requirement that is covered. A check
// that failed for another requirement may have seen nothing of this one.
func (r *KnownResult) take(result Result, requirement string) {
	switch {
	case len(findingsOf(result, requirement)) > 0:
		r.State = KnownUsed
	case result.Verdict == Pass || result.Verdict == Warn:
	case result.Verdict == Fail || result.Verdict == ExpectedFail:
		r.lack(stumbled(result))
	default:
		r.lack(cmp.Or(result.Reason, "a check came to no end"))
	}
}

// lack keeps the first reason why not everything was judged.
func (r *KnownResult) lack(reason string) {
	if r.Reason == "" {
		r.Reason = reason
	}
}

// settle decides what the whole says.
func (r *KnownResult) settle() {
	switch {
	case r.State == KnownUsed:
		r.Reason = ""
	case len(r.Checks) == 0:
		r.State, r.Reason = KnownNotJudged, noCheck
	case r.Reason != "":
		r.State = KnownNotJudged
	default:
		r.State = KnownPassed
	}
}

// markPassed turns the verdict of each check that passed unexpectedly.
func markPassed(results []Result, known []KnownResult) {
	for _, one := range known {
		if one.State != KnownPassed {
			continue
		}
		for i := range results {
			if slices.Contains(one.Checks, results[i].Check.ID) {
				results[i].Verdict, results[i].Reason = UnexpectedPass, one.Message()
				results[i].unexpected = append(results[i].unexpected, one.Known)
			}
		}
	}
}

// passedUnexpectedly reports whether a known failure expected the check to find
// the requirement not kept, and nothing of what it covers failed.
func (r Result) passedUnexpectedly(requirement string) bool {
	return expected(r.unexpected, r.Check.ID, requirement) != nil
}
