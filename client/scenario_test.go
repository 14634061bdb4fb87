package client

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/spec"
)

func TestTheShippedScenarios(t *testing.T) {
	var names []string
	for _, scenario := range shippedScenarios(t) {
		names = append(names, scenario.Name)
		if scenario.About == "" || len(scenario.Must) == 0 {
			t.Errorf("%s does not say what it is about, or what a client must do", scenario.Name)
		}
	}
	for _, name := range []string{"success", "not-failed", "token-expired", "forbidden", "not-found", "rate-limited", "unavailable",
		"reset", "slow", "truncated", "unknown-fields", "missing-id", "redirect", "http2"} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no scenario %s", name)
		}
	}
}

func TestParseScenario(t *testing.T) {
	const head = "name: mine\ntitle: my day\n"
	for _, row := range []struct{ name, text, want string }{
		{"right", head + "steps:\n  - reference: true\n    delay: 3s\n", ""},
		{"empty", "", "mine.yaml:1: the file is empty"},
		{"two", head + "steps: [{reset: true}]\n---\nname: b\n", "mine.yaml:1: a file has one scenario"},
		{"no YAML", "name: [", "mine.yaml:1: did not find expected node content"},
		{"unknown member", head + "stps: []\n", `mine.yaml:3: there is no member "stps"`},
		{"unknown member of a step", head + "steps:\n  - reset: true\n    dely: 3s\n", `mine.yaml:5: there is no member "dely"`},
		{"no duration", head + "steps:\n  - reset: true\n    delay: soon\n", "mine.yaml:5: cannot unmarshal !!str `soon` into time.Duration"},
		{"no name", "title: x\nsteps: [{reset: true}]\n", `mine.yaml: name: "" is none, it must be of lower case letters, digits and hyphens`},
		{"no steps", head, "mine.yaml: the scenario has no steps"},
		{"a step of nothing", head + "steps: [{}]\n", "mine.yaml: step 1: it must have one of reference, error, answer, reset, hang-up and redirect"},
		{"a step of two", head + "steps: [{reset: true, reference: true}]\n", "mine.yaml: step 1: it must have one of reference, error, answer, reset, hang-up and redirect"},
		{"unknown code", head + "steps: [{error: {code: OH_NO, message: m}}]\n", `mine.yaml: step 1: error: "OH_NO" is no google.rpc.Code of the description`},
		{"no status", head + "steps: [{answer: {status: 42}}]\n", "mine.yaml: step 1: answer: 42 is no HTTP status of an answer"},
		{"no redirect", head + "steps: [{redirect: 200}]\n", "mine.yaml: step 1: redirect: 200 is no HTTP status of a redirect"},
		{"header that splits", head + "steps: [{reference: true, header: {A: \"b\\nc: d\"}}]\n", `mine.yaml: step 1: header: "A" is none`},
		{"unknown requirement", head + "must: [client.path.nothing]\nsteps: [{reset: true}]\n", "mine.yaml: the description has no requirement client.path.nothing for clients"},
		{"unknown state", head + "job: BROKEN\nsteps: [{reset: true}]\n", `mine.yaml: job: "BROKEN" is none of the states IN_PROGRESS, COMPLETE, FAILED, CANCELLED`},
		{"unknown consumption", head + "consume: some\nsteps: [{reset: true}]\n", `mine.yaml: consume: "some" is neither all nor or-tell`},
		{"fewer than steps", head + "at-most: 1\nsteps: [{reset: true}, {reset: true}]\n", "mine.yaml: at-most: 1 requests cannot use up 2 steps"},
	} {
		t.Run(row.name, func(t *testing.T) {
			scenario, err := ParseScenario(contract, "mine.yaml", []byte(row.text))
			if row.want == "" {
				if err != nil || scenario.Consume != ConsumeAll || scenario.Steps[0].Delay != 3*time.Second {
					t.Errorf("%+v, %v", scenario, err)
				}
				return
			}
			var mistake *ScenarioError
			if !errors.As(err, &mistake) || err.Error() != row.want {
				t.Errorf("got  %v\nwant %s", err, row.want)
			}
		})
	}
}

func TestReadScenarios(t *testing.T) {
	folder := t.TempDir()
	text := "name: success\ntitle: mine\nsteps: [{reset: true}]\n"
	if err := os.WriteFile(filepath.Join(folder, "a.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{folder, filepath.Join(folder, "a.yaml")} {
		all, err := ReadScenarios(contract, path, shippedScenarios(t))
		if err != nil || len(all) != len(shippedScenarios(t)) || all[0].Title != "mine" {
			t.Errorf("%s: %v, %d scenarios", path, err, len(all))
		}
	}
	for _, path := range []string{filepath.Join(folder, "none"), t.TempDir()} {
		if _, err := ReadScenarios(contract, path, nil); err == nil || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestScenariosNeedTheirRequirements(t *testing.T) {
	poor := *contract
	poor.ClientRequirements = []spec.Requirement{contract.ClientRequirements[0]}
	if _, err := Scenarios(&poor); err == nil || !strings.Contains(err.Error(), "has no requirement") {
		t.Errorf("%v", err)
	}
}

func FuzzParseScenario(f *testing.F) {
	f.Add([]byte("name: a\ntitle: b\nsteps: [{reset: true}]\n"))
	f.Add([]byte("steps: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		scenario, err := ParseScenario(contract, "f.yaml", text)
		if (scenario == nil) != (err != nil) {
			t.Errorf("%v and %v", scenario, err)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q is more than one line", err)
		}
	})
}
