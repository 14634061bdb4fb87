package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/clientrun"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/spec"
)

// TestCurl: the program with curl escapes an id, takes an answer apart and tells
// an error, without any other tool.
func TestCurl(t *testing.T) {
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("skipped clients/curl: there is no %s", tool)
		}
	}
	contract := spec.MustLoadEmbedded()
	known, err := scenario.Shipped(contract)
	if err != nil {
		t.Fatal(err)
	}
	var scenarios []*scenario.Scenario
	for _, name := range []string{"success", "special-characters", "not-failed", "reset", "truncated", "missing-id"} {
		one, found := scenario.Find(known, name)
		if !found {
			t.Fatalf("there is no scenario %s", name)
		}
		scenarios = append(scenarios, one)
	}
	outcomes, err := clientrun.Run(context.Background(), clientrun.RunOptions{Rules: clientrun.Rules{Contract: contract}, Scenarios: scenarios,
		Command: []string{filepath.Join("curl", "retry")}, Limit: 2 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	checks := outcomes.Report("test", nil).Checks
	for _, check := range checks {
		if check.Verdict != result.Pass || check.Call.Reported == nil {
			t.Errorf("%s: %s, told %+v, %+v", check.ID, check.Verdict, check.Call.Reported, check.Findings)
		}
	}
	if len(checks) != len(scenarios) {
		t.Errorf("%d results of %d scenarios", len(checks), len(scenarios))
	}
}
