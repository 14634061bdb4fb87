package merging_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/report/merging"
	"github.com/dpconform/dpconform/suites"
)

// A shard that somebody made green makes no green whole.
func TestAnEditedShardIsRefused(t *testing.T) {
	server := emulated(t, "one-scope-refused")
	parts := shards(t, 2, func() http.Handler { return server }, suites.Selection{})
	failing := slices.IndexFunc(parts, func(part merging.Part) bool { return part.Report.Exit == suites.ExitFails })
	if failing < 0 {
		t.Fatal("no shard fails")
	}
	for name, edit := range map[string]func(*report.Report){
		"verdict and counts": func(r *report.Report) {
			i := slices.IndexFunc(r.Checks, func(check report.Check) bool { return check.Verdict == suites.Fail })
			r.Checks[i].Verdict = suites.Pass
			r.Counts.Checks = map[suites.Verdict]int{suites.Pass: r.Counts.Checks[suites.Pass] + 1}
		},
		"exit code": func(r *report.Report) { r.Exit = suites.ExitConforms },
		"requirement": func(r *report.Report) {
			i := slices.IndexFunc(r.Requirements, func(one report.Requirement) bool { return one.Verdict == suites.Fail })
			r.Requirements[i].Verdict = suites.Pass
			r.Counts.Requirements = map[suites.Verdict]int{suites.Pass: r.Counts.Requirements[suites.Pass] + 1}
		},
	} {
		edited := slices.Clone(parts)
		edited[failing].Report.Checks = slices.Clone(edited[failing].Report.Checks)
		edited[failing].Report.Requirements = slices.Clone(edited[failing].Report.Requirements)
		edit(&edited[failing].Report)
		_, _, err := merging.Merge(contract, version, edited)
		t.Run(name, func(t *testing.T) {
			wantUsage(t, err, parts[failing].Name+": this report was changed after it was written: ")
		})
	}
}
