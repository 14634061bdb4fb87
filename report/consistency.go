package report

import (
	"fmt"
	"maps"
	"slices"

	"github.com/dpconform/dpconform/suites"
)

// Contradiction says in what a report that was read contradicts itself, or
// nothing where it does not. Every kind is made of the same counts and lists, so
// that one which was edited by hand would tell different things.
func (r Report) Contradiction() string {
	checks, requirements := map[suites.Verdict]int{}, map[suites.Verdict]int{}
	for _, check := range r.Checks {
		checks[check.Verdict]++
	}
	for _, requirement := range r.Requirements {
		requirements[requirement.Verdict]++
	}
	switch {
	case !maps.Equal(withoutZeros(r.Counts.Checks), checks):
		return "its counts are not those of its checks"
	case !maps.Equal(withoutZeros(r.Counts.Requirements), requirements):
		return "its counts are not those of its requirements"
	}
	for _, exchange := range r.Exchanges {
		for _, attempt := range slices.Concat(exchange.Earlier, []Attempt{{exchange.Response, exchange.Fault, 0}}) {
			if attempt.Response == nil && attempt.Fault == nil {
				return fmt.Sprintf("nothing came of its exchange %d, and no fault", exchange.Number)
			}
		}
	}
	return ""
}

func withoutZeros(counts map[suites.Verdict]int) map[suites.Verdict]int {
	kept := maps.Clone(counts)
	maps.DeleteFunc(kept, func(_ suites.Verdict, count int) bool { return count == 0 })
	return kept
}
