package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/diff"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
)

// TestEveryFormatIsTheSameLater: report makes of a JSON report the bytes that run
// wrote, in every format, and has the same exit code if it is wanted.
func TestEveryFormatIsTheSameLater(t *testing.T) {
	t.Parallel()
	conforming, failing := emulated(t, emulator.Options{}), emulated(t, emulator.Options{Fault: "unknown-field-ignored"})
	known := []string{"--known-failures", "testdata/known-failures.yaml"}
	for _, one := range []struct {
		flags []string
		exit  int
		has   result.Verdict
	}{
		{append(conforming[:4:4], "--job", "FAILED=failed-1,failed-2", "--job", "COMPLETE=complete-1"), result.ExitInconclusive, result.Skip},
		{append(slices.Clone(failing), known...), result.ExitConforms, result.ExpectedFail},
		{append(slices.Clone(conforming), known...), result.ExitFails, result.UnexpectedPass},
	} {
		folder := t.TempDir()
		flags, paths := everyFormat(folder, "now")
		call(t, slices.Concat([]string{"run", "--focus", "semantics", "--focus", "body.unknown-field", "--focus", "path.template", "--focus", "authorization/no-token"}, flags, one.flags)...).want(t, one.exit)
		if counts := readReport(t, paths["json"]).Counts.Checks; counts[one.has] == 0 {
			t.Errorf("the run is another one: %v", counts)
		}
		flags, later := everyFormat(folder, "later")
		call(t, append([]string{"report", paths["json"]}, flags...)...).want(t, 0)
		for format, path := range later {
			if text := readFile(t, path); len(text) < 50 || text != readFile(t, paths[format]) {
				t.Errorf("%s is another one when it is made later", format)
			}
		}
		call(t, "report", paths["json"], "--exit-code", "--quiet").want(t, one.exit)
	}
}

func TestReportPrintsWhatRunPrinted(t *testing.T) {
	t.Parallel()
	saved := reportOf(t, "last-scope-refused", "--focus", "authorization/scope")
	call(t, "report", saved).want(t, result.ExitConforms, "dpconform "+version+" tested dataportability.archiveJobs.retry on 20", "http://127.0.0.1:",
		"FAIL authorization.scope", "does not conform\n", ", exit 1\n")
	if got := call(t, "report", saved, "--report", "markdown=-"); got.exit != 0 || !strings.HasPrefix(got.raw, "## archiveJobs.retry: does not conform\n") || got.output != "" {
		t.Errorf("exit %d, %q, %.80s", got.exit, got.output, got.raw)
	}
}

// Reports of versions that had no scopes, states, offsets and places are read.
func TestReportReadsWhatOlderVersionsWrote(t *testing.T) {
	t.Parallel()
	var document map[string]any
	unmarshal(t, readFile(t, reportOf(t, "unknown-field-ignored", "--focus", "body.unknown-field", "--focus", "path.template")), &document)
	delete(document, "scopes")
	delete(document, "states")
	document["member_of_a_later_version"] = true
	for _, exchange := range document["exchanges"].([]any) {
		delete(exchange.(map[string]any), "offset_microseconds")
	}
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	flags, paths := everyFormat(t.TempDir(), "old")
	call(t, append([]string{"report", writeFile(t, "old.json", string(text))}, flags...)...).want(t, 0)
	for format, path := range paths {
		if len(readFile(t, path)) < 100 {
			t.Errorf("%s is %q", format, readFile(t, path))
		}
	}
}

// TestBadReportsAreOneClearLine, of report and of diff.
func TestBadReportsAreOneClearLine(t *testing.T) {
	t.Parallel()
	good, other, folder := reportOf(t, "", "--focus", "body.empty"), reportOf(t, "", "--focus", "body.empty"), t.TempDir()
	text := readFile(t, good)
	file := func(text string) string { return writeFile(t, "x.json", text) }
	edited := func(old, new string) string { return file(strings.Replace(text, old, new, 1)) }
	for _, row := range [][]string{
		{"report", "report takes one report, not 0; give FROM.json"},
		{"report none.json", "none.json: no such file or directory; give a file that dpconform run --report json=FILE wrote"},
		{"report " + folder, folder + ": this is a folder"},
		{"report " + file(text[:len(text)/2]), "x.json:", "not JSON"},
		{"report " + edited(`"format_version": 1`, `"format_version": 2`), "x.json: a report of format 2; this version reads format 1"},
		{"report " + file(`{"endpoint": {}, "scopes": [], "jobs": []}`), "this is a report of dpconform doctor"},
		{"report " + edited(`"pass": `, `"pass": 1`), "x.json: this report was changed after it was written: its counts are not those of its checks"},
		{"report " + edited(`"exit": 0`, `"exit": 77`), "its exit code 77 and its conclusion are not those of its checks"},
		{"report " + good + " --report json=" + good, "--report: " + good + " is the report that others are made from; give another file"},
		{"report " + good + " --report jsn=x", `--report: unknown report format "jsn"; did you mean json?`},
		{"report " + good + " --report out.txt", `--report: unknown report format for "out.txt"; write FORMAT=out.txt with FORMAT json, junit, `},
		{"report " + good + " --report no/such/x.html", "there is no folder no/such"},
		{"diff " + good, "two reports, not 1", "--report json=FILE"},
		{"diff " + good + " " + good, "are the same file"},
		{"diff " + good + " no-such.json", "no-such.json: no such file or directory"},
		{"diff " + file("<html>\n") + " " + good, "x.json:1: not JSON", "--report json=FILE"},
		{"diff " + good + " x.json --fail-on regresion", "--fail-on", "did you mean regression?"},
		{"diff " + good + " x.json --report junit=x", "--report", `unknown report format "junit"`},
		{"diff " + good + " " + other + " --report json=" + good, "--report", "one of the reports that are compared"},
	} {
		refused(t, row[0], row[1:]...)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 0 || readFile(t, good) != text {
		t.Errorf("something was written: %v", entries)
	}
}

// The help of --report is in a package that must not know the formats.
func TestTheHelpNamesEveryFormat(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"run", "report"} {
		help, completed := call(t, command, "--help").raw, call(t, "__complete", command, "x.json", "--report", "").raw
		for _, format := range report.Names() {
			if !strings.Contains(help, format) || !strings.Contains(completed, format+"=\n") {
				t.Errorf("%s does not name or complete %s", command, format)
			}
		}
		for line := range strings.Lines(help) {
			if len(strings.TrimRight(line, "\n")) > helpColumns {
				t.Errorf("the help is wider than a terminal: %q", line)
			}
		}
	}
}

func TestDiffOfClients(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server, client, again := reportOf(t, "", "--focus", "body.empty"), filepath.Join(folder, "client.json"), filepath.Join(folder, "again.json")
	for _, file := range []string{client, again} {
		call(t, "client", "--scenario", "success", "--report", "json="+file, "--", os.Args[0], "-test.run", "^$")
	}
	call(t, "diff", client, again).want(t, result.ExitConforms, "STILL FAILING scenario.called The client has to call the method.")
	refused(t, "diff "+server+" "+client, "dpconform: "+client+": this is the report of a run against a client, and "+server+
		" that of a server; give two reports of servers, or two of clients\n")
}

func TestDiff(t *testing.T) {
	t.Parallel()
	const scope = "authorization/scope/dataportability.youtube.unlisted_videos"
	good, bad := reportOf(t, "", "--focus", "authorization"), reportOf(t, "last-scope-refused", "--seed", "9", "--focus", "authorization")
	for _, one := range []struct {
		arguments []string
		exit      int
		says      []string
	}{
		{[]string{good, bad}, result.ExitFails, []string{"regression: 1 requirement newly failing", "NEWLY FAILING authorization.scope (documented)", scope,
			"was pass", "400; Content-Type: application/json", "now fail: want a response that accepts the token, got 403 PERMISSION_DENIED",
			"body {error: {code: number,", "curl -i", "target changed: http://127.0.0.1:", "regression: 1 requirement newly failing; exit 1"}},
		{[]string{bad, good}, result.ExitConforms, []string{"changed, no regression: 1 requirement newly passing", "NEWLY PASSING authorization.scope", "exit 0"}},
		{[]string{good, bad, "--fail-on", "never"}, result.ExitConforms, []string{"regression: 1 requirement newly failing; exit 0"}},
		{[]string{bad, good, "--fail-on", "changed"}, result.ExitFails, []string{"exit 1"}},
		{[]string{good, reportOf(t, "", "--seed", "77", "--focus", "authorization"), "--fail-on", "changed"}, result.ExitConforms, []string{"no change; exit 0"}},
	} {
		call(t, append([]string{"diff"}, one.arguments...)...).want(t, one.exit, one.says...)
	}
	folder := t.TempDir()
	text, page := filepath.Join(folder, "diff.txt"), filepath.Join(folder, "diff.md")
	got := call(t, "diff", good, bad, "--report", "json=-", "--report", "text="+text, "--report", "markdown="+page)
	var document struct {
		Tool  result.Tool `json:"tool"`
		Fails bool        `json:"fails"`
		diff.Comparison
	}
	unmarshal(t, got.raw, &document)
	if !document.Regression || !document.Fails || len(document.Checks) != 1 || document.Tool.Version != version {
		t.Errorf("%.300s", got.raw)
	}
	if got.exit != result.ExitFails || got.output != "" || !strings.Contains(got.complaints, "regression") {
		t.Error("the text for a person did not go to standard error")
	}
	for path, want := range map[string]string{text: "regression: 1 requirement newly failing\n", page: "## archiveJobs.retry: regression: 1 requirement newly failing\n"} {
		if written := readFile(t, path); !strings.HasPrefix(written, want) {
			t.Errorf("%s: %.200s", path, written)
		}
	}
}
