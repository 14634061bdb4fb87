package result

import (
	"fmt"
	"maps"
	"slices"
)

// Contradiction says in what a report that was read contradicts itself, or
// nothing where it does not. Every kind is made of the same counts and lists, so
// that one which was edited by hand would tell different things.
func Contradiction(r Report) string {
	switch counts := r.CountsOf(""); {
	case !maps.Equal(withoutZeros(r.Counts.Checks), counts.Checks):
		return "its counts are not those of its checks"
	case !maps.Equal(withoutZeros(r.Counts.Requirements), counts.Requirements):
		return "its counts are not those of its requirements"
	}
	if contradiction := contradictionOfVerdicts(r); contradiction != "" {
		return contradiction
	}
	seen := map[int]bool{}
	for _, exchange := range r.Exchanges {
		if exchange.Number < 1 || seen[exchange.Number] {
			return fmt.Sprintf("the number of its exchange %d is not its own", exchange.Number)
		}
		seen[exchange.Number] = true
		for _, attempt := range slices.Concat(exchange.Earlier, []Attempt{{exchange.Response, exchange.Fault, 0}}) {
			if attempt.Response == nil && attempt.Fault == nil {
				return fmt.Sprintf("nothing came of its exchange %d, and no fault", exchange.Number)
			}
		}
	}
	return ""
}

// contradictionOfVerdicts holds verdicts against findings, and the exit code
// against the verdicts.
func contradictionOfVerdicts(r Report) string {
	broken := map[string]bool{}
	failing := 0
	for _, check := range r.Checks {
		found := false
		for _, finding := range check.Findings {
			found = found || finding.Verdict == Fail
			broken[finding.Requirement] = broken[finding.Requirement] || finding.Verdict == Fail
		}
		if found != (check.Verdict == Fail) {
			return fmt.Sprintf("the verdict of its check %s is not that of the findings", check.ID)
		}
		if check.Verdict == Fail || check.Verdict == UnexpectedPass {
			failing++
		}
	}
	for _, requirement := range r.Requirements {
		if broken[requirement.ID] != (requirement.Verdict == Fail) {
			return fmt.Sprintf("the verdict of its requirement %s is not that of the findings", requirement.ID)
		}
	}
	_, known := conclusions[r.Exit]
	fails := r.Exit == ExitFails || r.Exit == ExitInterrupted || r.Exit == ExitUnreachable && r.Ended != ""
	if !known || r.Conclusion == "" || failing > 0 && !fails || failing == 0 && r.Stale == "" && r.Exit == ExitFails {
		return fmt.Sprintf("its exit code %d and its conclusion are not those of its checks", r.Exit)
	}
	return ""
}

func withoutZeros(counts map[Verdict]int) map[Verdict]int {
	kept := maps.Clone(counts)
	maps.DeleteFunc(kept, func(_ Verdict, count int) bool { return count == 0 })
	return kept
}
