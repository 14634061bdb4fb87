package actiontest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dpconform/dpconform/spec"
)

// nightly gives steps of the example by their ids, as an action whose judging
// has been done.
func nightly(t *testing.T, ids ...string) Action {
	t.Helper()
	workflow, err := ReadWorkflow(filepath.Join(repository(t), "examples", "github", "nightly.yml"))
	if err != nil {
		t.Fatal(err)
	}
	action := Action{Outputs: map[string]Output{"baseline": {Value: "${{ steps.baseline.outputs.file }}"}, "kept": {Value: "${{ steps.keep.outputs.kept }}"},
		"description": {Value: "${{ steps.description.outputs.file }}"}}}
	for _, step := range workflow.Jobs["live"].Steps {
		if slices.Contains(ids, step.ID) && step.Run != "" {
			step.Shell = "bash"
			action.Runs.Steps = append(action.Runs.Steps, step)
		}
		if step.ID == "judge" {
			action.Runs.Steps = append(action.Runs.Steps, step)
		}
	}
	if len(action.Runs.Steps) != len(ids)+1 {
		t.Fatalf("%d steps for %q", len(action.Runs.Steps), ids)
	}
	return action
}

func TestTheNightlyBaseline(t *testing.T) {
	needBash(t)
	for _, test := range []struct {
		name             string
		files            []string
		exit, regression string
		baseline, kept   string
		after            []string
	}{
		{"the first night", nil, "1", "", "", "true", []string{"90.json"}},
		{"the first night without an answer", nil, "4", "", "", "", nil},
		{"the second", []string{"80.json"}, "0", "false", "baseline/80.json", "true", []string{"80.json", "90.json"}},
		{"numbers are no words", []string{"9.json", "80.json", "x.json"}, "0", "false", "baseline/80.json", "true", []string{"80.json", "9.json", "90.json", "x.json"}},
		{"a second attempt", []string{"80.json", "90.json"}, "0", "false", "baseline/80.json", "true", []string{"80.json", "90.json"}},
		{"an old run again", []string{"80.json", "95.json"}, "0", "false", "baseline/80.json", "true", []string{"80.json", "90.json", "95.json"}},
		{"a second attempt of the first night", []string{"90.json"}, "0", "", "", "true", []string{"90.json"}},
		{"a regression", []string{"80.json"}, "1", "true", "baseline/80.json", "", []string{"80.json"}},
		{"a baseline that cannot be read", []string{"80.json"}, "0", "", "baseline/80.json", "", []string{"80.json"}},
		{"many nights", []string{"50.json", "60.json", "70.json", "80.json"}, "0", "false", "baseline/80.json", "true", []string{"70.json", "80.json", "90.json"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			workspace := t.TempDir()
			folder := filepath.Join(workspace, "baseline")
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			for _, name := range append([]string{"../new.txt"}, test.files...) {
				if err := os.WriteFile(filepath.Join(folder, name), []byte("{}"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			runner := Runner{Folder: repository(t), Temporary: t.TempDir(), Workspace: workspace, Environment: []string{"GITHUB_RUN_ID=90"},
				Done: map[string]map[string]string{"judge": {"report": "new.txt", "exit": test.exit, "regression": test.regression}}}
			outcome, err := runner.Run(nightly(t, "baseline", "keep"))
			if err != nil || outcome.Exit != 0 || outcome.Outputs["baseline"] != test.baseline || outcome.Outputs["kept"] != test.kept {
				t.Fatalf("%v, %+v", err, outcome)
			}
			if len(test.after) > 0 {
				wantFiles(t, folder, test.after...)
			}
		})
	}
}

func TestTheNightlyDescriptionIsThatOfTheRepository(t *testing.T) {
	needBash(t)
	runner := Runner{Folder: repository(t), Temporary: t.TempDir(), Workspace: t.TempDir(), Done: map[string]map[string]string{"judge": {}}}
	for _, want := range []string{"", "spec.yaml"} {
		if want != "" {
			if err := os.WriteFile(filepath.Join(runner.Workspace, want), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		outcome, err := runner.Run(nightly(t, "description"))
		if err != nil || outcome.Outputs["description"] != want {
			t.Errorf("%v, %+v", err, outcome)
		}
	}
}

// TestTheNightlyDriftComparesTheOwnDescription: where there is one, it is read;
// the shipped description stands in the place of the discovery document.
func TestTheNightlyDriftComparesTheOwnDescription(t *testing.T) {
	shipped := spec.Embedded().Text
	for name, test := range map[string]struct {
		own  []byte
		exit int
	}{
		"none":           {nil, 0},
		"the same":       {shipped, 0},
		"not understood": {bytes.Repeat([]byte("x"), 10), 2},
	} {
		t.Run(name, func(t *testing.T) {
			runner := newRunner(t, nil)
			runner.Environment = []string{"PATH=" + filepath.Dir(runner.Done["build"]["program"]) + ":" + os.Getenv("PATH")}
			action := nightly(t, "description", "drift")
			runner.Done["judge"] = map[string]string{}
			for path, text := range map[string][]byte{"shipped.yaml": shipped, "spec.yaml": test.own} {
				if text == nil {
					continue
				}
				if err := os.WriteFile(filepath.Join(runner.Workspace, path), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for i := range action.Runs.Steps {
				if action.Runs.Steps[i].ID == "drift" {
					action.Runs.Steps[i].Env["DISCOVERY"] = "shipped.yaml"
				}
			}
			outcome, err := runner.Run(action)
			if err != nil || outcome.Exit != test.exit {
				t.Errorf("%v, exit %d\n%s", err, outcome.Exit, outcome.Log)
			}
		})
	}
}
