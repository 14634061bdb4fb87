package merging_test

import (
	"net/http"
	"testing"

	"github.com/dpconform/dpconform/knownfailures"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/suites"
)

// expecting makes known failures of entries as a list of them has.
func expecting(t *testing.T, entries ...string) []suites.Known {
	t.Helper()
	var known []suites.Known
	for _, entry := range entries {
		made, err := knownfailures.FromReport(report.KnownFailure{Entry: entry, Name: "known.yaml: " + entry, Reason: entry})
		if err != nil {
			t.Fatal(err)
		}
		known = append(known, made)
	}
	return known
}

// TestKnownFailuresAreAddedUpAsInOneRun: whether what observes all exchanges
// passes, no shard can say alone.
func TestKnownFailuresAreAddedUpAsInOneRun(t *testing.T) {
	for i, test := range []struct {
		fault   string
		entries []string
		exit    int
	}{
		{"unknown-field-ignored", []string{"requirement: retry.body.unknown-field", "requirement: retry.body.not-empty"}, suites.ExitConforms},
		{"unknown-field-ignored", []string{"check: body/unknown-field"}, suites.ExitConforms},
		{"", []string{"requirement: retry.errors.json"}, suites.ExitFails},
		{"", []string{"check: authorization/scope/*"}, suites.ExitFails},
		{"", []string{"check: response/*", "check: path/two-segments"}, suites.ExitFails},
		{"refusals-in-html", []string{"check: errors/*"}, suites.ExitConforms},
	} {
		if testing.Short() && i > 0 {
			continue // The race detector has seen it.
		}
		t.Run(test.fault, func(t *testing.T) {
			known := expecting(t, test.entries...)
			whole := judge(t, emulated(t, test.fault), suites.Selection{}, known...)
			if whole.Exit != test.exit {
				t.Fatalf("%v: exit %d, want %d", test.entries, whole.Exit, test.exit)
			}
			parts := shards(t, 4, func() http.Handler { return emulated(t, test.fault) }, suites.Selection{}, known...)
			equal(t, whole, merge(t, parts))
		})
	}
}

// TestAShardOfAServerThatConformsConforms: what only another shard can look at
// makes no shard inconclusive, nor an unexpected pass.
func TestAShardOfAServerThatConformsConforms(t *testing.T) {
	known := expecting(t, "requirement: retry.errors.json")
	for _, part := range shards(t, 8, func() http.Handler { return emulated(t, "") }, suites.Selection{}, known...) {
		if part.Report.Exit != suites.ExitConforms {
			t.Errorf("%s: exit %d, %s", part, part.Report.Exit, part.Report.Conclusion)
		}
	}
}
