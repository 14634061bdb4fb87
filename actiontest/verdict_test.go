package actiontest

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

func TestTheStepBuildsTheProgram(t *testing.T) {
	needBash(t)
	outcome, err := built()
	if err != nil || outcome.Exit != 0 {
		t.Fatalf("%v\n%s", err, outcome.Log)
	}
	program := outcome.Outputs["program"]
	if information, err := os.Stat(program); err != nil || information.Mode()&0o100 == 0 {
		t.Errorf("%s: %v", program, err)
	}
	if !slices.Equal(outcome.Path, []string{filepath.Dir(program)}) {
		t.Errorf("put before PATH: %q", outcome.Path)
	}
}

func TestAServerThatConforms(t *testing.T) {
	runner := newRunner(t, judging(emulated(t, "")))
	outcome := run(t, runner)
	if outcome.Exit != suites.ExitConforms {
		t.Fatalf("exit %d\n%s", outcome.Exit, outcome.Log)
	}
	wantText(t, "summary", outcome.Summary, "## archiveJobs.retry: conforms\n", "| all | 169 |")
	wantOutputs(t, outcome, map[string]string{"exit": "0", "conclusion": "conforms", "failed": "0", "regression": ""})
	if commands := Commands(outcome.Log); len(commands) != 0 {
		t.Errorf("annotations: %+v", commands)
	}
	if found := readReport(t, outcome.Outputs["report"]); found.Exit != 0 || len(found.Checks) == 0 {
		t.Errorf("report with exit %d and %d checks", found.Exit, len(found.Checks))
	}
	folder := outcome.Outputs["folder"]
	wantFiles(t, folder, "report.json", "report.md", "report.xml")
	uploaded := outcome.Used[uses(t, "actions/upload-artifact")]
	if uploaded["path"] != folder || uploaded["name"] != "dpconform-report" {
		t.Errorf("uploaded: %+v", uploaded)
	}
	if left := leftovers(t, runner); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestAServerThatDoesNotConform(t *testing.T) {
	outcome := run(t, newRunner(t, judging(emulated(t, "last-scope-refused"))))
	if outcome.Exit != suites.ExitFails || outcome.Failed != "End as dpconform did" {
		t.Fatalf("exit %d of %q\n%s", outcome.Exit, outcome.Failed, outcome.Log)
	}
	wantText(t, "summary", outcome.Summary, "## archiveJobs.retry: does not conform\n", "`retry.authorization.scope`", "403 PERMISSION_DENIED", "curl -i")
	wantOutputs(t, outcome, map[string]string{"exit": "1", "conclusion": "does not conform", "failed": "1"})
	commands := Commands(outcome.Log)
	requirement, _ := spec.MustLoadEmbedded().Requirement("retry.authorization.scope")
	// The built-in description is no file of the caller's repository.
	if len(commands) != 1 || commands[0].Name != "error" || commands[0].Properties["line"] != "" || commands[0].Properties["file"] != "" {
		t.Fatalf("annotations: %+v", commands)
	}
	wantText(t, "annotation", commands[0].Message, "got 403 PERMISSION_DENIED",
		"retry.authorization.scope is at line "+strconv.Itoa(requirement.Line)+" of the built-in description ")
	if outcome.Used[uses(t, "actions/upload-artifact")]["path"] == "" {
		t.Error("the reports of a failure are not uploaded")
	}
}

func TestAnnotationsPointIntoAGivenDescription(t *testing.T) {
	runner := newRunner(t, judging(emulated(t, "last-scope-refused")))
	if err := os.WriteFile(filepath.Join(runner.Workspace, "my api.yaml"), append([]byte("# mine\n"), spec.Embedded().Text...), 0o600); err != nil {
		t.Fatal(err)
	}
	runner.Inputs["spec"] = "./my api.yaml"
	requirement, _ := spec.MustLoadEmbedded().Requirement("retry.authorization.scope")
	commands := Commands(run(t, runner).Log)
	if len(commands) != 1 || commands[0].Properties["file"] != "my api.yaml" || commands[0].Properties["line"] != strconv.Itoa(requirement.Line+1) {
		t.Errorf("annotations: %+v", commands)
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String()
	closed.Close()
	outcome := run(t, newRunner(t, judging(nobody)))
	if outcome.Exit != suites.ExitUnreachable {
		t.Fatalf("exit %d\n%s", outcome.Exit, outcome.Log)
	}
	wantText(t, "summary", outcome.Summary, "## archiveJobs.retry: not judged")
	wantOutputs(t, outcome, map[string]string{"exit": "4", "failed": "0"})
	if commands := Commands(outcome.Log); len(commands) == 0 || commands[0].Name != "error" {
		t.Errorf("annotations: %+v", commands)
	}
}

func TestWhatIsMissingIsInconclusive(t *testing.T) {
	inputs := judging(emulated(t, ""))
	delete(inputs, "jobs")
	outcome := run(t, newRunner(t, inputs))
	if outcome.Exit != suites.ExitInconclusive {
		t.Fatalf("exit %d\n%s", outcome.Exit, outcome.Log)
	}
	wantText(t, "summary", outcome.Summary, "### Skipped", "--job FAILED=ID")
	commands := Commands(outcome.Log)
	if len(commands) != 1 || commands[0].Name != "notice" {
		t.Errorf("annotations: %+v", commands)
	}
}

func TestWithoutAnEndpointItRunsOffline(t *testing.T) {
	outcome := run(t, newRunner(t, map[string]string{"artifact": ""}))
	if outcome.Exit != suites.ExitConforms {
		t.Fatalf("exit %d\n%s", outcome.Exit, outcome.Log)
	}
	wantText(t, "summary", outcome.Summary, "cassettes of `http://emulator.localhost`")
	if _, uploaded := outcome.Used[uses(t, "actions/upload-artifact")]; uploaded {
		t.Error("uploaded without a name")
	}
}

func TestWrongUsageIsSaidEverywhere(t *testing.T) {
	outcome := run(t, newRunner(t, with(judging(emulated(t, "")), "level", "platfrm")))
	if outcome.Exit != suites.ExitUsage {
		t.Fatalf("exit %d\n%s", outcome.Exit, outcome.Log)
	}
	wantOutputs(t, outcome, map[string]string{"exit": "2", "report": "", "failed": "0", "conclusion": "not judged"})
	wantText(t, "summary", outcome.Summary, "    dpconform: --level: ", "did you mean platform?")
	commands := Commands(outcome.Log)
	if len(commands) != 1 || commands[0].Name != "error" || !strings.Contains(commands[0].Message, "did you mean platform?") {
		t.Errorf("annotations: %+v", commands)
	}
}

func TestTheBaselineIsComparedWith(t *testing.T) {
	conforming := run(t, newRunner(t, judging(emulated(t, ""))))
	failing := run(t, newRunner(t, judging(emulated(t, "last-scope-refused"))))
	for _, test := range []struct {
		name, fault, baseline string
		more                  []string
		exit                  int
		regression, summary   string
	}{
		{"a regression", "last-scope-refused", conforming.Outputs["report"], nil, suites.ExitFails, "true", "regression: 1 check newly failing"},
		{"a regression that warns alone", "no-error-info", conforming.Outputs["report"], []string{"fail-on", "changed"}, suites.ExitFails, "false", "changed, no regression: 1 check with another verdict"},
		{"the same without failing", "no-error-info", conforming.Outputs["report"], nil, suites.ExitConforms, "false", "changed, no regression"},
		{"for the better", "", failing.Outputs["report"], nil, suites.ExitConforms, "false", "changed, no regression: 1 check newly passing"},
		{"no baseline yet", "", "not/there.json", nil, suites.ExitConforms, "", ""},
		{"no baseline", "", repository(t) + "/go.mod", nil, suites.ExitUsage, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			inputs := with(judging(emulated(t, test.fault)), append([]string{"baseline", test.baseline}, test.more...)...)
			outcome := run(t, newRunner(t, inputs))
			if outcome.Exit != test.exit || outcome.Outputs["regression"] != test.regression {
				t.Fatalf("exit %d, regression %q\n%s", outcome.Exit, outcome.Outputs["regression"], outcome.Log)
			}
			wantText(t, "log", outcome.Log, test.summary)
			if test.exit == suites.ExitUsage {
				wantText(t, "summary", outcome.Summary, "## archiveJobs.retry: conforms", "## archiveJobs.retry: not compared with the baseline\n\n    dpconform: "+test.baseline)
			}
			if test.regression != "" {
				wantText(t, "summary", outcome.Summary, "## archiveJobs.retry: "+test.summary)
				wantFiles(t, outcome.Outputs["folder"], "diff.json", "diff.md", "report.json", "report.md", "report.xml")
			}
		})
	}
}

// TestNothingThatAServerSaysIsObeyed: a server that answers with workflow
// commands and Markdown does not get them past the log and the summary.
func TestNothingThatAServerSaysIsObeyed(t *testing.T) {
	const evil = "::error file=evil::pwned\n##[warning]pwned\n::add-mask::pwned\n::stop-commands::x\n</code><script>alert(1)</script> ``` | x"
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", evil[:10])
		w.Header().Set("Www-Authenticate", "::error::pwned")
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte(`{"error":{"code":"` + strings.ReplaceAll(evil, "\n", `\n`) + `","message":"` + strings.ReplaceAll(evil, "\n", `\n`) + `","status":"::error::pwned"}}`))
	}))
	outcome := run(t, newRunner(t, judging(server)))
	if outcome.Exit != suites.ExitFails {
		t.Fatalf("exit %d\n%s", outcome.Exit, outcome.Log)
	}
	wantText(t, "log", outcome.Log, "pwned")
	for _, command := range Commands(outcome.Log) {
		file := command.Properties["file"]
		if !slices.Contains([]string{"error", "warning", "notice"}, command.Name) || file != "" {
			t.Errorf("obeyed: %+v", command)
		}
		if strings.HasPrefix(command.Message, "pwned") {
			t.Errorf("a message of the server alone: %+v", command)
		}
	}
}

// TestARunThatEndsOtherwiseThanItsReportSays: the reason is the last line on
// standard error.
func TestARunThatEndsOtherwiseThanItsReportSays(t *testing.T) {
	for name, test := range map[string]struct{ prints, want string }{
		"a reason":  {`printf 'progress\ndpconform: too old :: 100%%\n\n' >&2`, "dpconform: too old :: 100%"},
		"no reason": {"", "dpconform run ended with exit code 1"},
	} {
		t.Run(name, func(t *testing.T) {
			runner := newRunner(t, map[string]string{"baseline": "none.json"})
			program := filepath.Join(t.TempDir(), "dpconform")
			script := "#!/usr/bin/env bash\n" + `"` + runner.Done["build"]["program"] + `" "$@" || exit 9` + "\n" + test.prints + "\nexit 1\n"
			if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			runner.Done["build"] = map[string]string{"program": program}
			outcome := run(t, runner)
			if outcome.Exit != suites.ExitFails {
				t.Fatalf("exit %d\n%s", outcome.Exit, outcome.Log)
			}
			wantOutputs(t, outcome, map[string]string{"exit": "1", "conclusion": test.want})
			wantText(t, "summary", outcome.Summary, "## archiveJobs.retry: exit 1, though the report says: conforms\n\n    "+test.want+"\n", "| all | 169 |")
			commands := Commands(outcome.Log)
			if len(commands) == 0 || commands[0].Name != "error" || commands[0].Message != test.want {
				t.Errorf("annotations: %+v", commands)
			}
		})
	}
}

func wantOutputs(t *testing.T, outcome Outcome, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if outcome.Outputs[name] != value {
			t.Errorf("output %s is %q, want %q", name, outcome.Outputs[name], value)
		}
	}
}

func wantFiles(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	if !slices.Equal(found, names) {
		t.Errorf("%s holds %q, want %q", folder, found, names)
	}
}

// uses gives the whole reference of an action that is used.
func uses(t testing.TB, name string) string {
	t.Helper()
	for _, step := range readAction(t).Runs.Steps {
		if strings.HasPrefix(step.Uses, name+"@") {
			return step.Uses
		}
	}
	t.Fatalf("%s is not used", name)
	return ""
}
