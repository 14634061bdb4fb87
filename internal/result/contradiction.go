package result

import (
	"cmp"
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
	if contradiction := contradictionOfReferences(r); contradiction != "" {
		return contradiction
	}
	for i, exchange := range r.Exchanges {
		if exchange.Number != i+1 {
			return fmt.Sprintf("its exchange %d has the number %d", i+1, exchange.Number)
		}
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

// contradictionOfReferences says what refers to an exchange that the report does not
// have. A finding or a cause may refer to none.
func contradictionOfReferences(r Report) string {
	refer := func(what, id string, least int, numbers ...int) string {
		at := slices.IndexFunc(numbers, func(number int) bool { return number < least || number > len(r.Exchanges) })
		if at < 0 {
			return ""
		}
		return fmt.Sprintf("its %s %s refers to the exchange %d of %d", what, id, numbers[at], len(r.Exchanges))
	}
	for _, cause := range r.Causes {
		if contradiction := refer("cause", cause.ID, 0, cause.Exchange); contradiction != "" {
			return contradiction
		}
	}
	for _, check := range r.Checks {
		contradiction := refer("check", check.ID, 1, check.Exchanges...)
		for _, finding := range check.Findings {
			contradiction = cmp.Or(contradiction, refer("check", check.ID, 0, finding.Exchange))
		}
		if contradiction != "" {
			return contradiction
		}
	}
	return ""
}

func withoutZeros(counts map[Verdict]int) map[Verdict]int {
	kept := maps.Clone(counts)
	maps.DeleteFunc(kept, func(_ Verdict, count int) bool { return count == 0 })
	return kept
}
