// Package specreport writes what came of a check into the report of its Ginkgo
// spec, and reads it back from there.
package specreport

import (
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/dpconform/dpconform/internal/result"
)

// The names of the report entries.
const (
	findingEntry  = "finding"
	warningEntry  = "warning"
	evidenceEntry = "evidence"
)

// Evidence is what the report entries of a spec say beside its findings.
type Evidence struct {
	// Exchanges are the numbers of the exchanges that the check looked at.
	Exchanges []int `json:"exchanges"`
	// Reason and Flag say why the check did not test everything, and what would
	// help; Jobs is how many jobs are missing.
	Reason string `json:"reason,omitempty"`
	Flag   string `json:"flag,omitempty"`
	Jobs   int    `json:"missing_jobs,omitempty"`
	// Untested are requirements of which it saw nothing.
	Untested []result.Untested `json:"untested,omitempty"`
	// Partly says what was tried of several things alike.
	Partly string `json:"partly,omitempty"`
}

// String gives the reason, for a log.
func (e Evidence) String() string { return e.Reason }

// Write ends the spec of a check. Every finding is a report entry; then a
// failed check fails the spec with the message, an expected failure and a
// missing input skip it with theirs, and a warning lets it pass. The entries have the
// location of the caller, whose suite it is. What it writes has no secrets, since a
// host's own reports print entries whether visible or not.
func Write(check result.Check, caller types.CodeLocation, message, skipped string) {
	for _, finding := range check.Findings {
		if finding.Verdict == result.Warn {
			ginkgo.AddReportEntry(warningEntry, finding, caller, ginkgo.ReportEntryVisibilityAlways)
		} else {
			ginkgo.AddReportEntry(findingEntry, finding, caller, ginkgo.ReportEntryVisibilityNever)
		}
	}
	ginkgo.AddReportEntry(evidenceEntry, Evidence{check.Exchanges, check.Reason, check.Flag, check.MissingJobs, check.Untested, check.Partly}, caller, ginkgo.ReportEntryVisibilityNever)
	switch check.Verdict {
	case result.Fail:
		Fail(caller, message)
	case result.Error:
		Fail(caller, "not tested: "+check.Reason)
	case result.Skip, result.ExpectedFail:
		ginkgo.Skip(skipped)
	}
}

// Fail ends a spec that a caller registered. Ginkgo takes the location of a failure
// from the stack, which has none of the caller's functions, so the message has it too.
func Fail(caller types.CodeLocation, message string) {
	ginkgo.Fail(message + "\n  registered at " + caller.String())
}

// Read fills in what the report of a spec says of its check: the spec's state
// with the findings is the verdict. The spec has run in this process.
func Read(spec types.SpecReport, check result.Check) result.Check {
	check.Microseconds = spec.RunTime.Microseconds()
	complete := false
	for _, entry := range spec.ReportEntries {
		switch value := entry.GetRawValue().(type) {
		case result.Finding:
			check.Findings = append(check.Findings, value)
		case Evidence:
			complete = true
			check.Exchanges, check.Reason, check.Flag, check.MissingJobs = value.Exchanges, value.Reason, value.Flag, value.Jobs
			check.Untested, check.Partly = value.Untested, value.Partly
		}
	}
	switch worst := check.MostSevere(); {
	case worst == result.Fail:
		check.Verdict = worst
	case spec.State == types.SpecStateInterrupted && complete && check.Reason == "", spec.State == types.SpecStatePassed:
		check.Verdict = worst
	case spec.State == types.SpecStateSkipped && worst == result.ExpectedFail:
		check.Verdict = worst
	case spec.State.Is(types.SpecStateSkipped | types.SpecStateInterrupted):
		check.Verdict = result.Skip
		if !complete {
			check.Reason = result.Interrupted
		}
	default:
		check.Verdict = result.Error
		if !complete {
			check.Reason = spec.Failure.Message
		}
	}
	return check
}
