package actiontest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTheActionIsWellFormed(t *testing.T) {
	action := readAction(t)
	if action.Name == "" || action.Description == "" || action.Runs.Using != "composite" {
		t.Errorf("%+v", action)
	}
	for name, input := range action.Inputs {
		if input.Description == "" || input.Default == nil || input.Required {
			t.Errorf("input %s: %+v", name, input)
		}
	}
	for name, output := range action.Outputs {
		if output.Description == "" || output.Value == "" {
			t.Errorf("output %s: %+v", name, output)
		}
	}
	var ids []string
	used := ""
	for _, step := range action.Runs.Steps {
		wantSafeStep(t, "action.yml", step)
		if step.ID != "" && slices.Contains(ids, step.ID) {
			t.Errorf("two steps are %s", step.ID)
		}
		ids = append(ids, step.ID)
		for _, text := range []map[string]string{step.With, step.Env, {"if": step.If}} {
			for _, value := range text {
				used += value + "\n"
			}
		}
	}
	for name := range action.Inputs {
		if !regexp.MustCompile(`inputs\.` + regexp.QuoteMeta(name) + `\b[^-]`).MatchString(used) {
			t.Errorf("input %s is not used", name)
		}
	}
}

// wantSafeStep: what is used is pinned, and nothing is inserted into the text of
// a script.
func wantSafeStep(t *testing.T, file string, step Step) {
	t.Helper()
	switch {
	case step.Name == "":
		t.Errorf("%s: a step without a name: %+v", file, step)
	case step.Uses != "" && !step.Pinned():
		t.Errorf("%s: %s: %s is not pinned", file, step.Name, step.Uses)
	case step.Uses == "" && step.Run == "":
		t.Errorf("%s: %s does nothing", file, step.Name)
	case strings.Contains(step.Run, "${{"):
		t.Errorf("%s: %s puts values into a script", file, step.Name)
	}
}

func TestTheScriptsAreWellFormed(t *testing.T) {
	needBash(t)
	scripts, err := filepath.Glob(filepath.Join(repository(t), ".github", "action", "*.sh"))
	if err != nil || len(scripts) < 5 {
		t.Fatalf("%q, %v", scripts, err)
	}
	for _, script := range scripts {
		wantShell(t, script)
	}
	for _, step := range readAction(t).Runs.Steps {
		if step.Run != "" {
			wantShellText(t, step.Name, step.Run)
		}
	}
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Log("the scripts are not held against shellcheck, which is not there")
		return
	}
	if text, err := exec.Command(shellcheck, append([]string{"-x"}, scripts...)...).CombinedOutput(); err != nil {
		t.Errorf("%s", text)
	}
}

func wantShell(t *testing.T, script string) {
	t.Helper()
	if text, err := exec.Command("bash", "-n", script).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", script, err, text)
	}
}

func wantShellText(t *testing.T, name, text string) {
	t.Helper()
	script := filepath.Join(t.TempDir(), "script.sh")
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run(name, func(t *testing.T) { wantShell(t, script) })
}

// TestTheExamplesFitTheAction: the workflows give inputs and read outputs that
// the action has, and are as safe as it is.
func TestTheExamplesFitTheAction(t *testing.T) {
	needBash(t)
	action := readAction(t)
	files, err := filepath.Glob(filepath.Join(repository(t), "examples", "github", "*.yml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, file := range files {
		workflow, err := ReadWorkflow(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		if workflow.Permissions["contents"] != "read" || len(workflow.Permissions) != 1 || workflow.On.IsZero() || len(workflow.Jobs) == 0 {
			t.Errorf("%s: %+v", name, workflow)
		}
		uses := 0
		for _, job := range workflow.Jobs {
			for _, step := range job.Steps {
				wantSafeStep(t, name, step)
				if step.Run != "" {
					wantShellText(t, name+" "+step.Name, step.Run)
				}
				if !strings.HasPrefix(step.Uses, "dpconform/dpconform@") {
					continue
				}
				uses++
				for input := range step.With {
					if _, has := action.Inputs[input]; !has {
						t.Errorf("%s: %s gives %s, which is no input", name, step.Name, input)
					}
				}
				wantOutputsOf(t, name, step.ID, job, action)
			}
		}
		if uses == 0 {
			t.Errorf("%s does not use the action", name)
		}
	}
}

// wantOutputsOf: of a step that uses the action, only outputs are read that it
// has.
func wantOutputsOf(t *testing.T, file, id string, job Job, action Action) {
	t.Helper()
	reads := regexp.MustCompile(`steps\.` + regexp.QuoteMeta(id) + `\.outputs\.([\w-]+)`)
	for _, step := range job.Steps {
		texts := []string{step.If}
		for _, value := range step.With {
			texts = append(texts, value)
		}
		for _, value := range step.Env {
			texts = append(texts, value)
		}
		for _, found := range reads.FindAllStringSubmatch(strings.Join(texts, "\n"), -1) {
			if _, has := action.Outputs[found[1]]; !has && id != "" {
				t.Errorf("%s: %s reads %s, which is no output", file, step.Name, found[1])
			}
		}
	}
}
