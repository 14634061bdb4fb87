package actiontest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/spec"
)

// repository is where the action is.
func repository(t testing.TB) string {
	t.Helper()
	folder, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

func readAction(t testing.TB) Action {
	t.Helper()
	action, err := ReadAction(filepath.Join(repository(t), "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	return action
}

// needBash skips a test by the name of what is missing.
func needBash(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("skipped the shell steps of the action: there is no bash")
	}
}

// built builds the program once for all tests, by the step of the action that
// builds it.
var built = sync.OnceValues(func() (Outcome, error) {
	action, err := ReadAction("../action.yml")
	if err != nil {
		return Outcome{}, err
	}
	folder, err := filepath.Abs("..")
	if err != nil {
		return Outcome{}, err
	}
	temporary, err := os.MkdirTemp("", "dpconform-action.*")
	if err != nil {
		return Outcome{}, err
	}
	builds = temporary
	var steps []Step
	for _, step := range action.Runs.Steps {
		if step.ID == "build" {
			steps = append(steps, step)
		}
	}
	action.Runs.Steps, action.Outputs = steps, map[string]Output{"program": {Value: "${{ steps.build.outputs.program }}"}}
	return Runner{Folder: folder, Temporary: temporary, Workspace: temporary}.Run(action)
})

// builds is the folder that TestMain removes.
var builds string

func TestMain(m *testing.M) {
	code := m.Run()
	if builds != "" {
		_ = os.RemoveAll(builds)
	}
	os.Exit(code)
}

// newRunner makes a runner in fresh folders that has built the program already.
func newRunner(t testing.TB, inputs map[string]string) Runner {
	t.Helper()
	needBash(t)
	outcome, err := built()
	if err != nil || outcome.Exit != 0 {
		t.Fatalf("the program was not built: %v\n%s", err, outcome.Log)
	}
	return Runner{Folder: repository(t), Temporary: t.TempDir(), Workspace: t.TempDir(), Inputs: inputs,
		Done: map[string]map[string]string{"build": {"program": outcome.Outputs["program"]}}}
}

func run(t testing.TB, runner Runner) Outcome {
	t.Helper()
	outcome, err := runner.Run(readAction(t))
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

// judging gives the inputs that judge a server with the jobs of the emulator.
func judging(endpoint string) map[string]string {
	contract := spec.MustLoadEmbedded()
	jobs := emulator.DefaultJobs(contract)
	var lines []string
	for _, state := range contract.States {
		if len(jobs[state]) > 0 {
			lines = append(lines, state+"="+strings.Join(jobs[state], ","))
		}
	}
	return map[string]string{"endpoint": endpoint, "token-template": emulator.DefaultTokenTemplate, "jobs": strings.Join(lines, "\n") + "\n"}
}

// with gives the inputs with some more.
func with(inputs map[string]string, more ...string) map[string]string {
	for i := 0; i < len(more); i += 2 {
		inputs[more[i]] = more[i+1]
	}
	return inputs
}

// emulated serves the reference emulator, with a fault or none.
func emulated(t testing.TB, fault string) string {
	t.Helper()
	server, err := emulator.New(spec.MustLoadEmbedded(), emulator.Options{Fault: fault})
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, server)
}

func serve(t testing.TB, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func readReport(t testing.TB, path string) report.Report {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found, err := report.ReadJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func wantText(t testing.TB, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the %s lacks %q:\n%s", what, part, text)
		}
	}
}

// leftovers lists what a run left behind beside its reports.
func leftovers(t testing.TB, runner Runner) []string {
	t.Helper()
	entries, err := os.ReadDir(runner.Temporary)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), "dpconform-report.") {
			names = append(names, entry.Name())
		}
	}
	return names
}
