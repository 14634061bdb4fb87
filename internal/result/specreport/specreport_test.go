package specreport

import (
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/dpconform/dpconform/internal/result"
)

// TestTheStateOfASpecIsTheVerdictOfItsCheck: with the findings, which say how
// severe a failure is, and whether it was expected.
func TestTheStateOfASpecIsTheVerdictOfItsCheck(t *testing.T) {
	t.Parallel()
	finding := func(verdict result.Verdict) result.Finding {
		return result.Finding{Requirement: "r", Verdict: verdict, Want: "w", Got: "g", Count: 1}
	}
	none, missing := Evidence{Exchanges: []int{1, 2}}, Evidence{Exchanges: []int{}, Reason: "no job", Flag: "--job"}
	for name, one := range map[string]struct {
		state   types.SpecState
		message string
		entries []any
		verdict result.Verdict
		reason  string
	}{
		"passed":                        {types.SpecStatePassed, "", []any{none}, result.Pass, ""},
		"a warning":                     {types.SpecStatePassed, "", []any{finding(result.Warn), none}, result.Warn, ""},
		"a failure":                     {types.SpecStateFailed, "want", []any{finding(result.Warn), finding(result.Fail), none}, result.Fail, ""},
		"a missing input":               {types.SpecStateSkipped, "", []any{missing}, result.Skip, "no job"},
		"an expected failure":           {types.SpecStateSkipped, "", []any{finding(result.ExpectedFail), none}, result.ExpectedFail, ""},
		"the network":                   {types.SpecStateFailed, "", []any{Evidence{Reason: "lost"}}, result.Error, "lost"},
		"the network after a warning":   {types.SpecStateFailed, "", []any{finding(result.Warn), Evidence{Reason: "lost"}}, result.Error, "lost"},
		"a panic of this program":       {types.SpecStatePanicked, "Test Panicked", nil, result.Error, "Test Panicked"},
		"a failure before a panic":      {types.SpecStatePanicked, "", []any{finding(result.Fail)}, result.Fail, ""},
		"a timeout of Ginkgo's":         {types.SpecStateTimedout, "timed out", nil, result.Error, "timed out"},
		"interrupted and given up":      {types.SpecStateInterrupted, "", nil, result.Skip, result.Interrupted},
		"interrupted, and done in time": {types.SpecStateInterrupted, "", []any{none}, result.Pass, ""},
		"interrupted with a request withheld": {types.SpecStateInterrupted, "", []any{Evidence{Reason: result.Interrupted}}, result.Skip,
			result.Interrupted},
		"a failure, then interrupted": {types.SpecStateInterrupted, "", []any{finding(result.Fail), none}, result.Fail, ""},
		"never begun":                 {types.SpecStateSkipped, "", nil, result.Skip, result.Interrupted},
	} {
		spec := types.SpecReport{State: one.state, RunTime: 2 * time.Millisecond, Failure: types.Failure{Message: one.message}}
		for _, entry := range one.entries {
			spec.ReportEntries = append(spec.ReportEntries, types.ReportEntry{Value: types.WrapEntryValue(entry)})
		}
		got := Read(spec, result.Check{ID: "path/one"})
		if got.ID != "path/one" || got.Verdict != one.verdict || got.Reason != one.reason || got.Microseconds != 2000 {
			t.Errorf("%s: %s for the reason %q, want %s for %q", name, got.Verdict, got.Reason, one.verdict, one.reason)
		}
	}
}
