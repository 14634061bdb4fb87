package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
)

// runner is a runner of GitHub Actions, with the files that it gives a step.
type runner struct{ summary, output string }

func newRunner(t *testing.T) runner {
	t.Helper()
	folder := t.TempDir()
	r := runner{filepath.Join(folder, "summary"), filepath.Join(folder, "output")}
	t.Setenv("GITHUB_STEP_SUMMARY", r.summary)
	t.Setenv("GITHUB_OUTPUT", r.output)
	t.Setenv("GITHUB_WORKSPACE", folder)
	return r
}

var outputValue = regexp.MustCompile(`(?m)^([a-z]+)<<([A-Z2-7]+)\n((?s:.*?))\n([A-Z2-7]+)\n`)

// outputs reads the outputs as the runner does.
func (r runner) outputs(t *testing.T) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, found := range outputValue.FindAllStringSubmatch(readFile(t, r.output), -1) {
		if found[2] != found[4] {
			t.Errorf("an output is %q", found[0])
		}
		values[found[1]] = found[3]
	}
	return values
}

// obeyed gives what a runner takes for commands in a log.
func obeyed(t *testing.T, log string) []string {
	t.Helper()
	var commands []string
	stopped := ""
	for line := range strings.Lines(log) {
		line = strings.TrimSpace(line)
		word, stops := strings.CutPrefix(line, "::stop-commands::")
		switch {
		case stopped != "" && line == "::"+stopped+"::":
			stopped = ""
		case stopped != "":
		case stops:
			stopped = word
		case strings.HasPrefix(line, "::"):
			commands = append(commands, line)
		}
	}
	if stopped != "" {
		t.Errorf("commands stay stopped: %s", log)
	}
	return commands
}

func TestGitHubGetsAnnotationsSummaryAndOutputs(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report.json")
	failing := emulated(t, emulator.Options{Fault: "last-scope-refused"})
	for _, one := range []struct {
		name      string
		arguments []string
		exit      int
		outputs   map[string]string
		commands  []string
		summary   string
	}{
		{"failing", append([]string{"run", "--focus", "authorization.scope", "--report", "github", "--report", "json=" + report}, failing...), result.ExitFails,
			map[string]string{"exit": "1", "conclusion": "does not conform", "failed": "1", "report": report}, []string{"::error title="}, "## archiveJobs.retry: does not conform\n"},
		{"recorded", []string{"run", "--focus", "body.empty", "--report=github=-"}, result.ExitConforms,
			map[string]string{"exit": "0", "conclusion": "conforms", "failed": "0", "report": ""}, nil, "## archiveJobs.retry: conforms\n"},
		{"from a file", []string{"report", report, "--report", "github"}, result.ExitConforms,
			map[string]string{"exit": "1", "conclusion": "does not conform", "failed": "1", "report": ""}, []string{"::error title="}, "## archiveJobs.retry: does not conform\n"},
		{"wrong usage", []string{"run", "--report", "github", "--level", "no\n::error::x"}, result.ExitUsage,
			map[string]string{"exit": "2", "failed": "0", "report": ""}, []string{"::error title=dpconform::--level: "}, "## dpconform: no result\n\n```\n--level: "},
		{"an unknown flag", []string{"run", "--report=github", "--nothing"}, result.ExitUsage,
			map[string]string{"exit": "2"}, []string{"::error title=dpconform::unknown flag --nothing"}, "no result"},
		{"the same", []string{"diff", report, "", "--report", "github"}, result.ExitConforms,
			map[string]string{"exit": "0", "regression": "false"}, nil, "## archiveJobs.retry: "},
	} {
		t.Run(one.name, func(t *testing.T) {
			runner := newRunner(t)
			if one.name == "the same" {
				one.arguments[2] = writeFile(t, "same.json", readFile(t, report))
			}
			got := call(t, one.arguments...)
			got.want(t, one.exit)
			outputs := runner.outputs(t)
			for name, want := range one.outputs {
				if outputs[name] != want {
					t.Errorf("%s is %q, want %q", name, outputs[name], want)
				}
			}
			commands := obeyed(t, got.raw)
			if len(commands) != len(one.commands) {
				t.Fatalf("commands %q", commands)
			}
			for i, want := range one.commands {
				if !strings.HasPrefix(commands[i], want) {
					t.Errorf("%q, want %q", commands[i], want)
				}
			}
			if summary := readFile(t, runner.summary); !strings.Contains(summary, one.summary) {
				t.Errorf("the summary is\n%s", summary)
			}
		})
	}
}

// TestOutputsOfAnEditedReport: a later step may print an output.
func TestOutputsOfAnEditedReport(t *testing.T) {
	output := filepath.Join(t.TempDir(), "output")
	t.Setenv("GITHUB_STEP_SUMMARY", "")
	t.Setenv("GITHUB_OUTPUT", output)
	file := filepath.Join(t.TempDir(), "report.json")
	call(t, "run", "--focus", "body.empty", "--report", "json="+file).want(t, 0)
	var edited map[string]any
	if err := json.Unmarshal([]byte(readFile(t, file)), &edited); err != nil {
		t.Fatal(err)
	}
	edited["conclusion"] = "a\n::error::b\n##vso[task.c]\x1b\u202ec"
	content, err := json.Marshal(edited)
	if err == nil {
		err = os.WriteFile(file, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	call(t, "report", file, "--report", "github")
	if got := readFile(t, output); strings.Contains(got, "\n::") || strings.Contains(got, "##vso") || strings.ContainsAny(got, "\x1b\u202e") || !strings.Contains(got, "conclusion<<") {
		t.Errorf("%q", got)
	}
}

func TestWithoutARunnerThereAreAnnotationsOnly(t *testing.T) {
	t.Setenv("GITHUB_STEP_SUMMARY", "")
	t.Setenv("GITHUB_OUTPUT", "")
	call(t, "run", "--focus", "body.empty", "--report", "github").want(t, 0)
	t.Setenv("GITHUB_OUTPUT", filepath.Join(t.TempDir(), "gone", "output"))
	if got := call(t, "run", "--focus", "body.empty", "--report", "github"); got.exit != result.ExitUsage || !strings.Contains(got.complaints, "the outputs for GitHub Actions were not written") {
		t.Errorf("exit %d: %s", got.exit, got.complaints)
	}
}
