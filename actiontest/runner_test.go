package actiontest

import (
	"maps"
	"strings"
	"testing"
)

func TestExpressions(t *testing.T) {
	known := values{"inputs.a": "x", "inputs.b-c": "", "github.action_path": "/p"}
	for text, want := range map[string]string{
		"${{ inputs.a }}":                 "x",
		"<${{inputs.b-c}}>":               "<>",
		"${{ github.action_path }}/go":    "/p/go",
		"${{ steps.none.outputs.x }}":     "",
		"${{ 'it''s' }}":                  "it's",
		"${{ inputs.a == 'X' }}":          "true",
		"${{ inputs.a != '' && 'y' }}":    "y",
		"${{ inputs.b-c || inputs.a }}":   "x",
		"${{ !(inputs.a == 'x') }}":       "false",
		"no expression ${ inputs.a } $((": "no expression ${ inputs.a } $((",
	} {
		if got, err := known.text(text); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"${{ inputs.none }}", "${{ toJSON(inputs) }}", "${{ inputs.a inputs.a }}", "${{ (inputs.a }}", "${{ }}", "${{ 3 + 4 }}", "${{ inputs.a == }}"} {
		if got, err := known.text(text); err == nil {
			t.Errorf("%s is %q", text, got)
		}
	}
	for text, want := range map[string][2]bool{
		"":                             {true, false},
		"always()":                     {true, true},
		"failure()":                    {false, true},
		"inputs.a == 'x'":              {true, false},
		"always() && inputs.a != ''":   {true, true},
		"always() && inputs.b-c != ''": {false, false},
		"!cancelled()":                 {true, true},
	} {
		for i, failed := range []bool{false, true} {
			if got, err := known.condition(text, failed); err != nil || got != want[i] {
				t.Errorf("%q after a failure %v: %v, %v", text, failed, got, err)
			}
		}
	}
}

func TestAssignments(t *testing.T) {
	got, err := readAssignments("a=1\nb<<END\nx=y\n\nz<<Q\nEND\nc=\nd<<E\n\nE\ne=a<<b\n")
	if want := map[string]string{"a": "1", "b": "x=y\n\nz<<Q", "c": "", "d": "", "e": "a<<b"}; err != nil || !maps.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{"a", "a<<END\nx\n"} {
		if got, err := readAssignments(text); err == nil {
			t.Errorf("%q is %q", text, got)
		}
	}
}

func TestCommandsOfALog(t *testing.T) {
	log := "text ::error::no\n  ::error file=a%2Cb,line=3::x%0Ay\n::stop-commands::T\n::error::no\n##[error]no\n::T::\nx ##[warning]late\n::notice::%2525"
	got := Commands(log)
	if len(got) != 3 || got[0].Properties["file"] != "a,b" || got[0].Properties["line"] != "3" || got[0].Message != "x\ny" ||
		got[1].Name != "warning" || got[2].Message != "%25" {
		t.Errorf("%+v", got)
	}
	if got := Commands("::stop-commands::T\n::error::x"); len(got) != 1 || !strings.Contains(got[0].Name, "never") {
		t.Errorf("%+v", got)
	}
}

// TestTheRunnerItself: it stops at a failure, and obeys conditions.
func TestTheRunnerItself(t *testing.T) {
	needBash(t)
	action := Action{Inputs: map[string]Input{"a": {}}, Outputs: map[string]Output{"x": {Value: "${{ steps.one.outputs.x }}"}}}
	action.Runs.Steps = []Step{
		{Name: "one", ID: "one", Shell: "bash", Env: map[string]string{"A": "${{ inputs.a }}"}, Run: "echo \"x=$A\" >>\"$GITHUB_OUTPUT\"; echo \"$PWD\"; false | true; exit 7"},
		{Name: "two", Shell: "bash", Run: "echo two"},
		{Name: "three", If: "always()", Uses: "a/b@v1", With: map[string]string{"w": "${{ steps.one.outputs.x }}"}},
	}
	runner := Runner{Folder: t.TempDir(), Temporary: t.TempDir(), Workspace: t.TempDir(), Inputs: map[string]string{"a": "it's"}}
	outcome, err := runner.Run(action)
	if err != nil || outcome.Failed != "one" || outcome.Outputs["x"] != "it's" || outcome.Used["a/b@v1"]["w"] != "it's" || strings.Join(outcome.Ran, " ") != "one three" {
		t.Errorf("%v, %+v", err, outcome)
	}
	// With pipefail, "false | true" ends the step before "exit 7".
	if outcome.Exit != 1 {
		t.Errorf("exit %d", outcome.Exit)
	}
	runner.Inputs = map[string]string{"b": ""}
	if _, err := runner.Run(action); err == nil {
		t.Error("an input that is not declared is taken")
	}
}
