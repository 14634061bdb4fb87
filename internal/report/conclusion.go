package report

import (
	"fmt"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// Conclusion is what a report says of a run as a whole, and what it is made of.
type Conclusion struct {
	Contract *spec.Contract
	Outcome  suites.Outcome
	// KnownFailures describes those of the outcome, by their names.
	KnownFailures []KnownFailure
	// Stale says that the recorded answers are older than they may be, so that
	// the run fails even where they conform; empty where they are not.
	Stale string
	// Show shows a result without secrets.
	Show func(suites.Result) Check
}

// Conclude fills in the exit code, its words, the counts, and what is said of
// each requirement, check, scope and known failure. The settings are to be there.
func Conclude(r *Report, from Conclusion) {
	outcome := from.Outcome
	r.Exit, r.Conclusion = outcome.Exit, conclusionOf(outcome)
	expire(r, from.Stale)
	r.Counts = Counts{map[result.Verdict]int{}, map[result.Verdict]int{}}
	r.Requirements, r.Checks = []Requirement{}, []Check{}
	for _, result := range outcome.Requirements {
		r.Counts.Requirements[result.Verdict]++
		r.Requirements = append(r.Requirements, Requirement{
			result.Requirement, result.Requirement.Aspect(), result.Verdict, orEmpty(result.Checks), result.Reason})
	}
	for _, result := range outcome.Results {
		r.Counts.Checks[result.Verdict]++
		r.Checks = append(r.Checks, from.Show(result))
	}
	r.Scopes = scopesOf(from.Contract, outcome.Results, r.Checks)
	r.KnownFailures = knownFailuresOf(outcome.Known, from.KnownFailures)
}

// expire lets a run of stale answers fail: they show nothing of the server as it
// is.
func expire(r *Report, stale string) {
	r.Stale = stale
	if stale != "" && (r.Exit == result.ExitConforms || r.Exit == result.ExitInconclusive) {
		r.Exit, r.Conclusion = result.ExitFails, "stale: "+stale
	}
}

// conclusionOf says the exit code in words, and that a server conforms only but
// for what is known.
func conclusionOf(outcome suites.Outcome) string {
	known := 0
	for _, requirement := range outcome.Requirements {
		if requirement.Verdict == result.ExpectedFail {
			known++
		}
	}
	switch {
	case known > 0 && outcome.Exit == result.ExitConforms:
		return fmt.Sprintf("conforms but for known failures of %s", counted(known, "requirement"))
	case known > 0 && outcome.Exit == result.ExitInconclusive:
		return "inconclusive: nothing failed but what is known, and something documented could not be judged"
	}
	return conclusions[outcome.Exit]
}

// conclusions say each exit code in words.
var conclusions = map[int]string{
	result.ExitConforms:     "conforms",
	result.ExitFails:        "does not conform",
	result.ExitUsage:        "wrong usage or configuration",
	result.ExitInconclusive: "inconclusive: nothing failed, and something documented could not be judged",
	result.ExitUnreachable:  "not judged: the target could not be reached",
	result.ExitInterrupted:  "interrupted: what was not judged until then is not said",
}
