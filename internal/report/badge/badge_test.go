package badge

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
)

// of makes a report with so many requirements of each verdict.
func of(exit int, counts map[result.Verdict]int) report.Report {
	found := report.Report{Exit: exit, Conclusion: "conforms", Counts: report.Counts{Requirements: counts, Checks: counts}}
	for _, count := range counts {
		found.Requirements = append(found.Requirements, make([]report.Requirement, count)...)
	}
	return found
}

func TestMessages(t *testing.T) {
	type counts = map[result.Verdict]int
	for want, found := range map[string]report.Report{
		"78 of 78 requirements brightgreen false": of(result.ExitConforms, counts{result.Pass: 78}),
		"1 of 1 requirement brightgreen false":    of(result.ExitConforms, counts{result.Pass: 1}),
		"5 of 9 requirements, 2 warn, 1 known to fail, 1 not judged yellowgreen false": of(result.ExitConforms,
			counts{result.Pass: 5, result.Warn: 2, result.ExpectedFail: 1, result.Skip: 1}),
		"5 of 78 requirements fail red true":             of(result.ExitFails, counts{result.Pass: 73, result.Fail: 5}),
		"1 of 78 requirements fails red true":            of(result.ExitFails, counts{result.Pass: 77, result.Fail: 1}),
		"unexpected pass of 2 requirements red true":     of(result.ExitFails, counts{result.Pass: 1, result.UnexpectedPass: 2}),
		"stale red true":                                 of(result.ExitFails, counts{result.Pass: 1}),
		"inconclusive: 1 of 3 requirements yellow false": of(result.ExitInconclusive, counts{result.Pass: 1, result.Skip: 2}),
		"not judged lightgrey true":                      of(result.ExitUnreachable, counts{result.Error: 2}),
		"interrupted lightgrey true":                     of(result.ExitInterrupted, counts{result.Error: 2}),
	} {
		var text strings.Builder
		if err := WriteJSON(&text, found); err != nil {
			t.Fatal(err)
		}
		var read map[string]any
		if err := json.Unmarshal([]byte(text.String()), &read); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(read["message"], " ", read["color"], " ", read["isError"]); got != want || read["schemaVersion"] != 1.0 || read["label"] != "archiveJobs.retry" || len(read) != 5 {
			t.Errorf("%s, want %s", text.String(), want)
		}
	}
}
