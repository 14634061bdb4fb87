package merging_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/report/merging"
	"github.com/dpconform/dpconform/suites"
)

// wantUsage fails for any other error than this line.
func wantUsage(t *testing.T, err error, want string) {
	t.Helper()
	var usage *configuration.UsageError
	if !errors.As(err, &usage) {
		t.Fatalf("got %v", err)
	}
	if text := usage.Error(); !strings.HasPrefix(text, want) || strings.Contains(text, "\n") {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

// altered copies parts and changes the one at a place.
func altered(parts []merging.Part, at int, change func(*merging.Part)) []merging.Part {
	copied := slices.Clone(parts)
	// The lists inside are copied where a test changes them.
	copied[at].Report.Checks = slices.Clone(copied[at].Report.Checks)
	change(&copied[at])
	return copied
}

func TestPartsThatDoNotFitAreRefusedInOneLine(t *testing.T) {
	server := emulated(t, "unknown-field-ignored")
	// In this order: 3.json, 2.json, 1.json.
	parts := shards(t, 3, func() http.Handler { return server }, suites.Selection{})
	change := func(at int, change func(*merging.Part)) []merging.Part { return altered(parts, at, change) }
	settings := func(with func(*report.Settings)) []merging.Part {
		return change(0, func(part *merging.Part) { with(&part.Report.Settings) })
	}
	for _, test := range []struct {
		name  string
		parts []merging.Part
		want  string
	}{
		{"none", nil, "no report is given"},
		{"one missing", parts[:2], "shard 1/3 is missing: 2 of 3 reports are given"},
		{"two missing", parts[:1], "shard 1/3 and 2/3 are missing: only 3.json is given"},
		{"one twice", append(slices.Clone(parts), merging.Part{Name: "again.json", Report: parts[0].Report}), "again.json: it is shard 3/3, and so is 3.json"},
		{"another total", settings(func(s *report.Settings) { s.Shard = &suites.Shard{Number: 3, Total: 4} }),
			"3.json: another number of shards: 4, and 3 in 1.json"},
		{"another target", change(0, func(p *merging.Part) { p.Report.Target.Endpoint = "http://127.0.0.1:9" }),
			"3.json: another target: http://127.0.0.1:9, and http://127.0.0.1:8080 in 1.json"},
		{"another source", change(0, func(p *merging.Part) { p.Report.Target.Source = "cassettes" }), "3.json: another source of the answers: cassettes, and network in 1.json"},
		{"another description", change(0, func(p *merging.Part) { p.Report.Description.Digest = "sha256:0" }), "3.json: another description: sha256:0, and sha256:"},
		{"another level", settings(func(s *report.Settings) { s.Level = "inferred" }), "3.json: another --level: inferred, and platform in 1.json"},
		{"another seed", settings(func(s *report.Settings) { s.Seed = 2 }), "3.json: another --seed: 2, and 1 in 1.json"},
		{"another limit", settings(func(s *report.Settings) { s.LimitSeconds = 1 }), "3.json: another --timeout: 1s, and 60s in 1.json"},
		{"another permission", settings(func(s *report.Settings) { s.AllowRetry = true }), "3.json: another --allow-retry"},
		{"another focus", settings(func(s *report.Settings) { s.Focus = []string{"body"} }), "3.json: another --focus: body, and none in 1.json"},
		{"another filter", settings(func(s *report.Settings) { s.LabelFilter = "path" }), "3.json: another --label-filter"},
		{"other jobs", change(0, func(p *merging.Part) {
			p.Report.States = slices.Clone(p.Report.States)
			p.Report.States[0].Jobs = 7
		}), "3.json: other jobs that cannot be retried: "},
		{"a check less", change(0, func(p *merging.Part) { p.Report.Checks = p.Report.Checks[1:] }), "3.json: it lacks the check " + parts[0].Report.Checks[0].ID},
		{"a check twice", change(0, func(p *merging.Part) { p.Report.Checks = append(p.Report.Checks, p.Report.Checks[0]) }), "3.json: it has a check "},
		{"an exchange that is not there", change(0, func(p *merging.Part) { p.Report.Checks[0].Exchanges = []int{9999} }), "3.json: it names the exchange 9999, and has none"},
		{"another list of known failures", change(0, func(p *merging.Part) {
			p.Report.KnownFailures = []report.KnownFailure{{Name: "known.yaml:1", Entry: "requirement: retry.body.unknown-field", Reason: "x"}}
		}), ""},
		{"a known failure of nothing", change(0, func(p *merging.Part) {
			p.Report.KnownFailures = []report.KnownFailure{{Name: "known.yaml:1", Entry: "x"}}
		}), "1.json: the known failure known.yaml:1 has no entry"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := merging.Merge(contract, version, test.parts)
			wantUsage(t, err, test.want)
		})
	}
}

func TestReportsOfAnotherDescriptionNeedIt(t *testing.T) {
	server := emulated(t, "")
	parts := shards(t, 2, func() http.Handler { return server }, suites.Selection{})
	for i := range parts {
		parts[i].Report.Description.Digest = "sha256:0123456789abcdef"
	}
	_, _, err := merging.Merge(contract, version, parts)
	wantUsage(t, err, "1.json: it was judged by another description: "+contract.File+" (sha256:0123456789ab), not ")
}

func TestAnotherVersionIsWarnedOf(t *testing.T) {
	server := emulated(t, "")
	parts := shards(t, 2, func() http.Handler { return server }, suites.Selection{})
	parts[0].Report.Tool.Version = "1.0.0"
	_, warned, err := merging.Merge(contract, version, parts)
	if err != nil || !slices.Equal(warned, []string{"shard 2/2 (2.json) was judged by dpconform 1.0.0; this is 1.2.3"}) {
		t.Errorf("%q, %v", warned, err)
	}
}

// TestAReportLeftBehindIsWarnedOf: parts that are far apart in time.
func TestAReportLeftBehindIsWarnedOf(t *testing.T) {
	server := emulated(t, "")
	parts := shards(t, 3, func() http.Handler { return server }, suites.Selection{})
	parts[1].Report.Started = parts[1].Report.Started.Add(-26 * time.Hour)
	parts[1].Report.Milliseconds = (2 * time.Hour).Milliseconds()
	_, warned, err := merging.Merge(contract, version, parts)
	if err != nil || len(warned) != 1 || !strings.HasSuffix(warned[0], ") began 24h0m0s after the others before it had ended: are all of one run?") {
		t.Errorf("%q, %v", warned, err)
	}
}

// TestAnInterruptedShardInterruptsTheWhole: what it did not judge is skipped.
func TestAnInterruptedShardInterruptsTheWhole(t *testing.T) {
	server := emulated(t, "")
	parts := shards(t, 3, func() http.Handler { return server }, suites.Selection{})
	ended, end := context.WithCancel(t.Context())
	end()
	parts[1].Report = judgeWithin(t, ended, server, suites.Selection{Shard: suites.Shard{Number: 2, Total: 3}})
	whole := merge(t, parts)
	if whole.Exit != suites.ExitInterrupted {
		t.Errorf("exit %d", whole.Exit)
	}
	for _, check := range whole.Checks {
		ended := slices.Contains(whole.Shards[1].Checks, check.ID)
		if (check.Verdict == suites.Skip) != ended {
			t.Errorf("%s: %s, of an interrupted shard: %v", check.ID, check.Verdict, ended)
		}
	}
}

func TestFilesThatAreNoReportOfAShardAreNamed(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, content any) string {
		text, isText := content.(string)
		if !isText {
			encoded, err := json.Marshal(content)
			if err != nil {
				t.Fatal(err)
			}
			text = string(encoded)
		}
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	server := emulated(t, "")
	one := judge(t, server, suites.Selection{Focus: []string{"path/two-segments"}, Shard: suites.Shard{Number: 1, Total: 1}})
	part := write("shards/a/1.json", one)
	write("shards/readme.txt", "not looked at")
	empty := filepath.Join(folder, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	read := func(names ...string) ([]merging.Part, error) {
		files, err := merging.Files(names)
		if err != nil {
			return nil, err
		}
		return merging.Read(files)
	}
	if parts, err := read(filepath.Join(folder, "shards")); err != nil || len(parts) != 1 || parts[0].Name != part {
		t.Errorf("%v, %v", parts, err)
	}
	whole := judge(t, server, suites.Selection{Focus: []string{"path/two-segments"}})
	merged := merge(t, []merging.Part{{Name: "1.json", Report: one}})
	odd := one
	odd.Settings.Shard = &suites.Shard{Number: 0, Total: 3}
	for name, test := range map[string]struct{ path, want string }{
		"not there":         {filepath.Join(folder, "gone.json"), filepath.Join(folder, "gone.json") + ": there is no such file"},
		"an empty folder":   {empty, empty + ": no file named *.json is in this folder"},
		"no JSON":           {write("text.json", "{"), filepath.Join(folder, "text.json") + ":1: no JSON"},
		"another document":  {write("other.json", `{"a": 1}`), filepath.Join(folder, "other.json") + ": no report of a run"},
		"a whole run":       {write("whole.json", whole), filepath.Join(folder, "whole.json") + ": this is the report of a whole run"},
		"a merged one":      {write("merged.json", merged), filepath.Join(folder, "merged.json") + ": this report was merged already"},
		"an odd shard":      {write("odd.json", odd), filepath.Join(folder, "odd.json") + ": there is no shard 0/3"},
		"standard input":    {"-", "-: standard input is no file of a shard"},
		"a file once again": {filepath.Dir(part) + "/../a/1.json", part + ": it is given twice"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(test.path, part)
			wantUsage(t, err, test.want)
		})
	}
}
