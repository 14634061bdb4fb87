package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/dpconform/dpconform/clienttest"
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
	known, err := clienttest.Scenarios(contract)
	if err != nil {
		t.Fatal(err)
	}
	var scenarios []*clienttest.Scenario
	for _, name := range []string{"success", "special-characters", "not-failed", "reset", "truncated", "missing-id"} {
		scenario, found := clienttest.FindScenario(known, name)
		if !found {
			t.Fatalf("there is no scenario %s", name)
		}
		scenarios = append(scenarios, scenario)
	}
	outcomes, err := clienttest.Run(context.Background(), clienttest.RunOptions{Rules: clienttest.Rules{Contract: contract}, Scenarios: scenarios,
		Command: []string{filepath.Join("curl", "retry")}, Limit: 2 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range outcomes.Results {
		if result.Verdict != clienttest.Pass || result.Told == nil {
			t.Errorf("%s: %s, told %+v, %+v", result.Name(), result.Verdict, result.Told, result.Findings)
		}
	}
	if len(outcomes.Results) != len(scenarios) {
		t.Errorf("%d results of %d scenarios", len(outcomes.Results), len(scenarios))
	}
}
