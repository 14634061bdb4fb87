package actiontest

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Runner runs the steps of an action one after the other.
type Runner struct {
	// Folder is where the action is: GITHUB_ACTION_PATH.
	Folder string
	// Temporary is RUNNER_TEMP, and Workspace where the steps run. Both exist.
	Temporary, Workspace string
	// Inputs are what the caller gives; the rest has its default.
	Inputs map[string]string
	// Done has the outputs of steps that are not run, by their ids.
	Done map[string]map[string]string
	// Environment is what the steps have beside what a runner sets.
	Environment []string
}

// Outcome is what came of an action.
type Outcome struct {
	// Exit is the exit code of the first step that failed, 0 where none did.
	Exit int
	// Failed is the name of that step.
	Failed string
	// Log is what all steps printed, in order.
	Log string
	// Summary is the summary of the job, and Path what was put before PATH.
	Summary string
	Path    []string
	// Outputs are those of the action.
	Outputs map[string]string
	// Used has what the steps of others were given, by what they use.
	Used map[string]map[string]string
	// Ran lists the names of the steps that ran.
	Ran []string
}

// Run runs an action. The error is that of an action which cannot be run, not
// of a step that fails.
func (r Runner) Run(action Action) (Outcome, error) {
	known := values{"github.action_path": r.Folder}
	for name, input := range action.Inputs {
		known["inputs."+name] = ""
		if input.Default != nil {
			known["inputs."+name] = *input.Default
		}
	}
	for name, value := range r.Inputs {
		if _, declared := action.Inputs[name]; !declared {
			return Outcome{}, fmt.Errorf("the action has no input %q", name)
		}
		known["inputs."+name] = value
	}
	outcome := Outcome{Outputs: map[string]string{}, Used: map[string]map[string]string{}}
	for _, step := range action.Runs.Steps {
		if err := r.step(step, known, &outcome); err != nil {
			return outcome, fmt.Errorf("step %q: %w", step.Name, err)
		}
	}
	for name, output := range action.Outputs {
		value, err := known.text(output.Value)
		if err != nil {
			return outcome, err
		}
		outcome.Outputs[name] = value
	}
	return outcome, nil
}

// step runs one step, or keeps what a step of others would be given.
func (r Runner) step(step Step, known values, outcome *Outcome) error {
	if given, done := r.Done[step.ID]; done && step.ID != "" {
		for name, value := range given {
			known["steps."+step.ID+".outputs."+name] = value
		}
		return nil
	}
	runs, err := known.condition(step.If, outcome.Exit != 0)
	if err != nil || !runs {
		return err
	}
	outcome.Ran = append(outcome.Ran, step.Name)
	if step.Uses != "" {
		outcome.Used[step.Uses] = map[string]string{}
		for name, text := range step.With {
			if outcome.Used[step.Uses][name], err = known.text(text); err != nil {
				return err
			}
		}
		return nil
	}
	return r.script(step, known, outcome)
}

// script runs a step with bash, as the runner does for "shell: bash".
// Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
func (r Runner) script(step Step, known values, outcome *Outcome) error {
	if step.Shell != "bash" {
		return fmt.Errorf("its shell is %q", step.Shell)
	}
	text, err := known.text(step.Run)
	if err != nil {
		return err
	}
	folder, err := r.stepFolder(text)
	if err != nil {
		return err
	}
	file := func(name string) string { return filepath.Join(folder, name) }
	command := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", file("script.sh"))
	command.Dir = r.Workspace
	command.Env = append(r.environment(outcome.Path), "GITHUB_OUTPUT="+file("output"), "GITHUB_STEP_SUMMARY="+file("summary"),
		"GITHUB_ENV="+file("env"), "GITHUB_PATH="+file("path"))
	for _, name := range slices.Sorted(maps.Keys(step.Env)) {
		value, err := known.text(step.Env[name])
		if err != nil {
			return err
		}
		command.Env = append(command.Env, name+"="+value)
	}
	// One pipe for both, so that what is printed stays in order.
	var log bytes.Buffer
	command.Stdout, command.Stderr = &log, &log
	err = command.Run()
	outcome.Log += log.String()
	if err != nil {
		if command.ProcessState == nil {
			return err
		}
		outcome.Exit, outcome.Failed = command.ProcessState.ExitCode(), step.Name
	}
	return r.collect(step, file, known, outcome)
}

// stepFolder makes a folder with the script of a step and the empty files that
// the step may write.
func (r Runner) stepFolder(script string) (string, error) {
	folder, err := os.MkdirTemp(r.Temporary, "step.*")
	if err != nil {
		return "", err
	}
	for name, text := range map[string]string{"output": "", "summary": "", "env": "", "path": "", "script.sh": script} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	return folder, nil
}

// environment is what every step has: that of this process without what belongs
// to a runner or to dpconform, and what a runner sets.
func (r Runner) environment(path []string) []string {
	var all []string
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case strings.HasPrefix(name, "GITHUB_"), strings.HasPrefix(name, "RUNNER_"), strings.HasPrefix(name, "INPUT_"), strings.HasPrefix(name, "DPCONFORM_"):
		case name == "PATH":
			all = append(all, "PATH="+strings.Join(append(slices.Clone(path), value), string(os.PathListSeparator)))
		default:
			all = append(all, pair)
		}
	}
	return append(append(all, r.Environment...), "CI=true", "GITHUB_ACTIONS=true", "GITHUB_ACTION_PATH="+r.Folder, "GITHUB_WORKSPACE="+r.Workspace, "RUNNER_TEMP="+r.Temporary)
}

// collect reads what a step told the runner in files.
func (r Runner) collect(step Step, file func(string) string, known values, outcome *Outcome) error {
	texts := map[string]string{}
	for _, name := range []string{"output", "summary", "env", "path"} {
		text, err := os.ReadFile(file(name))
		if err != nil {
			return err
		}
		texts[name] = string(text)
	}
	outputs, err := readAssignments(texts["output"])
	if err != nil {
		return err
	}
	for name, value := range outputs {
		known["steps."+step.ID+".outputs."+name] = value
	}
	if texts["env"] != "" {
		return fmt.Errorf("it sets variables of later steps: %s", texts["env"])
	}
	outcome.Summary += texts["summary"]
	for _, folder := range strings.Split(strings.TrimSpace(texts["path"]), "\n") {
		if folder != "" {
			outcome.Path = append([]string{folder}, outcome.Path...)
		}
	}
	return os.RemoveAll(filepath.Dir(file("output")))
}

// readAssignments reads a file of outputs: NAME=VALUE in a line, or NAME<<END
// with the lines of the value up to END.
func readAssignments(text string) (map[string]string, error) {
	all := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for len(lines) > 0 {
		line := lines[0]
		lines = lines[1:]
		name, end, several := strings.Cut(line, "<<")
		if line == "" {
			continue
		}
		if short, value, found := strings.Cut(line, "="); found && (!several || len(short) < len(name)) {
			all[short] = value
			continue
		}
		at := slices.Index(lines, end)
		if !several || at < 0 {
			return nil, fmt.Errorf("the output %q is not understood", line)
		}
		all[name] = strings.Join(lines[:at], "\n")
		lines = lines[at+1:]
	}
	return all, nil
}
