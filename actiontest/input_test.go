package actiontest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recording is a program that keeps what it is called with, and the file of
// tokens, instead of judging.
const recording = `#!/usr/bin/env bash
set -eu
printf '%s\0' "$@" >"$RECORDED/arguments"
env -0 >"$RECORDED/environment"
for argument in "$@"; do
  case $argument in
    --token-file=*)
      cp "${argument#*=}" "$RECORDED/tokens"
      ls -l "${argument#*=}" | cut -c 1-10 >"$RECORDED/mode"
      ls -ld "$(dirname "${argument#*=}")" | cut -c 1-10 >>"$RECORDED/mode"
      ;;
  esac
done
exit "${RECORDED_EXIT:-0}"
`

// recorded runs the action with a program that records; it gives what the
// program was called with and the folder with the rest.
func recorded(t *testing.T, inputs map[string]string) ([]string, string, Outcome, Runner) {
	t.Helper()
	needBash(t)
	folder := t.TempDir()
	program := filepath.Join(folder, "a program")
	if err := os.WriteFile(program, []byte(recording), 0o700); err != nil {
		t.Fatal(err)
	}
	runner := Runner{Folder: repository(t), Temporary: t.TempDir(), Workspace: t.TempDir(), Inputs: inputs,
		Done: map[string]map[string]string{"build": {"program": program}}, Environment: []string{"RECORDED=" + folder}}
	outcome := run(t, runner)
	text, err := os.ReadFile(filepath.Join(folder, "arguments"))
	if err != nil {
		t.Fatalf("%v\n%s", err, outcome.Log)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00"), folder, outcome, runner
}

// hostile are values that a shell would do something with.
var hostile = []string{
	"$(touch pwned)", "`touch pwned`", "'; touch pwned; '", "\"; touch pwned; \"", "a b  c", "*", "~", "$HOME", "${IFS}x", "-rf", "--help", "\\", "\\n", "a'b\"c", "!!", "&& touch pwned",
	"| touch pwned", "%0A::error::x", "{a,b}", "<(touch pwned)", "é\u00a0ü", "#", "a=b", "${{ github.token }}", "line\nbreak", "line\r\nbreak", "\n", "a\n\n'b", "\t",
}

func TestHostileValuesAreArgumentsAndNothingElse(t *testing.T) {
	flags := []struct{ input, flag string }{{"endpoint", "--endpoint"}, {"token-template", "--token-template"}, {"spec", "--spec"},
		{"cassettes", "--cassettes"}, {"level", "--level"}, {"known-failures", "--known-failures"}, {"allow-retry", "--allow-retry"}}
	// Each run gives every input a value; with a step of three every value goes
	// through several inputs.
	for first := 0; first < len(hostile); first += 3 {
		value := func(i int) string { return hostile[(first+i)%len(hostile)] }
		tokens := value(len(flags))
		inputs := map[string]string{"tokens": tokens}
		for i, one := range flags {
			inputs[one.input] = value(i)
		}
		got, folder, outcome, runner := recorded(t, inputs)
		for i, one := range flags {
			if !slices.Contains(got, one.flag+"="+value(i)) {
				t.Errorf("%q as %s: %q", value(i), one.input, got)
			}
		}
		// The verb, the flags, the file of tokens, and four reports.
		if len(got) != 1+len(flags)+1+4 || got[0] != "run" {
			t.Errorf("%q makes %d arguments: %q", inputs, len(got), got)
		}
		if text, err := os.ReadFile(filepath.Join(folder, "tokens")); err != nil || string(text) != tokens+"\n" {
			t.Errorf("%q as tokens: %q, %v", tokens, text, err)
		}
		if entries, err := os.ReadDir(runner.Workspace); err != nil || len(entries) > 0 {
			t.Errorf("%q left %v, %v", inputs, entries, err)
		}
		if outcome.Exit != 0 {
			t.Errorf("%q: exit %d\n%s", inputs, outcome.Exit, outcome.Log)
		}
	}
}

func TestLinesAreArguments(t *testing.T) {
	got, _, _, _ := recorded(t, map[string]string{
		"jobs":      "FAILED=a,b\r\n\n  \nCOMPLETE=c d\n$(touch pwned)",
		"arguments": "--focus\nbody empty\n--label-filter=path && documented\n\n'quoted'\n",
	})
	jobs := []string{"--job=FAILED=a,b", "--job=COMPLETE=c d", "--job=$(touch pwned)"}
	if !slices.Equal(got[1:4], jobs) {
		t.Errorf("%q, want %q", got, jobs)
	}
	if more := []string{"--focus", "body empty", "--label-filter=path && documented", "'quoted'"}; !slices.Equal(got[len(got)-4:], more) {
		t.Errorf("%q, want %q last", got, more)
	}
}

func TestWhatIsNotGivenIsNoArgument(t *testing.T) {
	got, _, _, _ := recorded(t, nil)
	for _, argument := range got[1:] {
		if !strings.HasPrefix(argument, "--report=") {
			t.Errorf("%q of nothing", argument)
		}
	}
}

func TestTokensAreSeenByNobody(t *testing.T) {
	const secret = "s3cr3t-t0ken-value"
	got, folder, outcome, runner := recorded(t, map[string]string{"tokens": "youtube.*: " + secret + "\nmaps.*: other"})
	if strings.Contains(strings.Join(got, " ")+outcome.Log+outcome.Summary, secret) {
		t.Errorf("a token is shown: %q\n%s%s", got, outcome.Log, outcome.Summary)
	}
	if environment, err := os.ReadFile(filepath.Join(folder, "environment")); err != nil || strings.Contains(string(environment), secret) {
		t.Errorf("the program has a token in its environment, %v", err)
	}
	if mode, err := os.ReadFile(filepath.Join(folder, "mode")); err != nil || string(mode) != "-rw-------\ndrwx------\n" {
		t.Errorf("others can read the file of tokens: %q, %v", mode, err)
	}
	if left := leftovers(t, runner); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	for _, path := range outcome.Outputs {
		if strings.Contains(path, secret) {
			t.Errorf("an output shows a token: %s", path)
		}
	}
}

func TestTheExitCodeIsThatOfTheProgram(t *testing.T) {
	for _, code := range []string{"0", "1", "2", "3", "4", "130"} {
		t.Setenv("RECORDED_EXIT", code)
		_, _, outcome, _ := recorded(t, nil)
		if got := outcome.Outputs["exit"]; got != code || (outcome.Exit == 0) != (code == "0") {
			t.Errorf("output %s, exit %d, want %s", got, outcome.Exit, code)
		}
	}
}

func TestAVersionIsInstalled(t *testing.T) {
	needBash(t)
	folder := t.TempDir()
	const fake = "#!/usr/bin/env bash\nif [[ $1 == env ]]; then exit 0; fi\nprintf '%s\\0' \"$GOBIN\" \"$@\" >\"$RECORDED/called\"\n"
	if err := os.WriteFile(filepath.Join(folder, "go"), []byte(fake), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	for _, version := range []string{"v0.1.0", "$(touch pwned)", "latest -x", "a\nb"} {
		action := readAction(t)
		action.Runs.Steps = action.Runs.Steps[1:2]
		action.Outputs = map[string]Output{"program": {Value: "${{ steps.build.outputs.program }}"}}
		runner := Runner{Folder: repository(t), Temporary: t.TempDir(), Workspace: t.TempDir(), Inputs: map[string]string{"version": version},
			Environment: []string{"RECORDED=" + folder}}
		outcome, err := runner.Run(action)
		if err != nil || outcome.Exit != 0 {
			t.Fatalf("%v\n%s", err, outcome.Log)
		}
		text, err := os.ReadFile(filepath.Join(folder, "called"))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
		if want := []string{outcome.Path[0], "install", "github.com/dpconform/dpconform/cmd/dpconform@" + version}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		if outcome.Outputs["program"] != filepath.Join(outcome.Path[0], "dpconform") {
			t.Errorf("program %s", outcome.Outputs["program"])
		}
	}
}
