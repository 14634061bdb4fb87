package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/diff"
	"github.com/dpconform/dpconform/internal/result"
)

// reportOf judges an emulator with a fault, or none, and gives the file of the
// report.
func reportOf(t *testing.T, fault string, more ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	arguments := append([]string{"run", "--report", "json=" + path}, emulated(t, emulator.Options{Fault: fault})...)
	if got := call(t, append(arguments, more...)...); got.complaints != "" {
		t.Fatal(got.complaints)
	}
	return path
}

func TestTwoReportsThatDifferInOneScope(t *testing.T) {
	noRace(t)
	const scope = "authorization/scope/dataportability.youtube.unlisted_videos"
	good, bad := reportOf(t, ""), reportOf(t, "last-scope-refused", "--seed", "9")
	for _, one := range []struct {
		name      string
		arguments []string
		exit      int
		says      []string
	}{
		{"worse", []string{good, bad}, result.ExitFails, []string{"regression: 1 check newly failing", "NEWLY FAILING retry.authorization.scope (documented)", scope,
			"was pass", "400; Content-Type: application/json", "now fail: want a response about the job, past the authorization, got 403 PERMISSION_DENIED", "body {error: {code: number,", "curl -i", "other target: http://127.0.0.1:", "regression: 1 check newly failing; exit 1"}},
		{"better", []string{bad, good}, result.ExitConforms, []string{"changed, no regression: 1 check newly passing", "NEWLY PASSING retry.authorization.scope", "exit 0"}},
		{"worse, and nobody minds", []string{good, bad, "--fail-on", "never"}, result.ExitConforms, []string{"regression: 1 check newly failing; exit 0"}},
		{"better is a change", []string{bad, good, "--fail-on", "changed"}, result.ExitFails, []string{"exit 1"}},
		{"still failing", []string{bad, reportOf(t, "last-scope-refused")}, result.ExitConforms, []string{"no change: 1 check still failing"}},
		{"the same server again", []string{good, reportOf(t, "", "--seed", "77"), "--fail-on", "changed"}, result.ExitConforms, []string{"no change; exit 0"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			got := call(t, append([]string{"diff"}, one.arguments...)...)
			text := strings.Join(strings.Fields(got.output), " ")
			if got.exit != one.exit || got.complaints != "" {
				t.Errorf("exit %d, want %d; %s", got.exit, one.exit, got.complaints)
			}
			for _, want := range one.says {
				if !strings.Contains(text, want) {
					t.Errorf("it lacks %q:\n%s", want, got.output)
				}
			}
		})
	}
}

func TestTheFormsOfADiff(t *testing.T) {
	noRace(t)
	good, bad := reportOf(t, ""), reportOf(t, "last-scope-refused")
	folder := t.TempDir()
	text, page := filepath.Join(folder, "diff.txt"), filepath.Join(folder, "diff.md")
	got := call(t, "diff", good, bad, "--report", "json=-", "--report", "text="+text, "--report", "markdown="+page)
	var document diff.Document
	if err := json.Unmarshal([]byte(got.raw), &document); err != nil || !document.Regression || !document.Fails || len(document.Checks) != 1 || document.Tool.Version != version {
		t.Errorf("standard output is no comparison: %v\n%.300s", err, got.raw)
	}
	if got.exit != result.ExitFails || got.output != "" || !strings.Contains(got.complaints, "regression") {
		t.Error("the text for a person did not go to standard error")
	}
	for path, want := range map[string]string{text: "regression: 1 check newly failing\n", page: "## archiveJobs.retry: regression: 1 check newly failing\n"} {
		if written, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(written), want) {
			t.Errorf("%s: %v\n%.200s", path, err, written)
		}
	}
}

func TestBadReportsAreOneClearLine(t *testing.T) {
	noRace(t)
	good := reportOf(t, "")
	for _, one := range []struct {
		name      string
		arguments []string
		says      []string
	}{
		{"one report", []string{good}, []string{"two reports, not 1", "--report json=FILE"}},
		{"three reports", []string{good, good, good}, []string{"two reports, not 3"}},
		{"twice the same", []string{good, good}, []string{"the old report too"}},
		{"none there", []string{good, "no-such.json"}, []string{"no-such.json: there is no such file"}},
		{"a folder", []string{good, t.TempDir()}, []string{"this is a folder"}},
		{"no JSON", []string{writeFile(t, "x.json", "<html>\n"), good}, []string{"x.json:1: no JSON", "--report json=FILE"}},
		{"no report", []string{good, writeFile(t, "x.json", `{"format_version": 1}`)}, []string{"x.json: no report of a run"}},
		{"a newer format", []string{good, writeFile(t, "x.json", `{"format_version": 7}`)}, []string{"format 7; this version reads format 1"}},
		{"what to fail on", []string{good, "x.json", "--fail-on", "regresion"}, []string{"--fail-on", "did you mean regression?"}},
		{"kind of report", []string{good, "x.json", "--report", "junit=x"}, []string{"--report", `unknown report format "junit"`}},
		{"over a report", []string{good, reportOf(t, ""), "--report", "json=" + good}, []string{"--report", "one of the reports that are compared"}},
		{"flag", []string{good, "x.json", "--fail-om", "never"}, []string{"--fail-om", "did you mean --fail-on?"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			got := call(t, append([]string{"diff"}, one.arguments...)...)
			if got.exit != result.ExitUsage {
				t.Errorf("exit %d, want %d", got.exit, result.ExitUsage)
			}
			assertOneLine(t, got, one.says)
		})
	}
}
