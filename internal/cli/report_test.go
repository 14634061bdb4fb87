package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
)

func TestReportPrintsWhatRunPrinted(t *testing.T) {
	noRace(t)
	saved := reportOf(t, "last-scope-refused")
	got := call(t, "report", saved)
	if got.exit != result.ExitConforms || got.complaints != "" || got.raw != "" {
		t.Fatalf("exit %d: %s%s", got.exit, got.complaints, got.raw)
	}
	for _, want := range []string{"dpconform " + version + " tested dataportability.archiveJobs.retry on 20", "http://127.0.0.1:", "FAIL retry.authorization.scope", "does not conform\n", ", exit 1\n"} {
		if !strings.Contains(got.output, want) {
			t.Errorf("it does not say %q:\n%s", want, got.output)
		}
	}
	for line := range strings.Lines(call(t, "report", "--help").raw) {
		if len(strings.TrimRight(line, "\n")) > helpColumns {
			t.Errorf("the help is wider than a terminal: %q", line)
		}
	}
	if got := call(t, "report", saved, "--exit-code"); got.exit != result.ExitFails {
		t.Errorf("--exit-code: exit %d", got.exit)
	}
	if got := call(t, "report", saved, "--report", "markdown=-"); got.exit != 0 || !strings.HasPrefix(got.raw, "## archiveJobs.retry: does not conform\n") || got.output != "" {
		t.Errorf("exit %d, %q, %.80s", got.exit, got.output, got.raw)
	}
}

// Reports of versions that had no scopes, states, offsets and places are read.
func TestReportReadsWhatOlderVersionsWrote(t *testing.T) {
	noRace(t)
	var document map[string]any
	unmarshal(t, reportOf(t, "last-scope-refused"), &document)
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
	flags, paths := everyKind(t.TempDir(), "old")
	if got := call(t, append([]string{"report", writeFile(t, "old.json", string(text))}, flags...)...); got.exit != 0 || got.complaints != "" {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	for kind, path := range paths {
		if len(writtenText(t, path)) < 100 {
			t.Errorf("%s is %q", kind, writtenText(t, path))
		}
	}
}

func TestWhatIsNoReportOfARunIsOneClearLine(t *testing.T) {
	noRace(t)
	good := reportOf(t, "")
	text := writtenText(t, good)
	folder := t.TempDir()
	out := filepath.Join(folder, "out.xml")
	file := func(text string) string { return writeFile(t, "x.json", text) }
	edited := func(old, new string) string { return file(strings.Replace(text, old, new, 1)) }
	for _, one := range []struct {
		name      string
		arguments []string
		says      []string
	}{
		{"none", nil, []string{"report takes one report, not 0; give FROM.json"}},
		{"two", []string{good, good}, []string{"one report, not 2"}},
		{"missing", []string{"none.json"}, []string{"none.json: there is no such file; give a file that dpconform run --report json=FILE wrote"}},
		{"a folder", []string{folder}, []string{folder + ": this is a folder"}},
		{"empty", []string{file("")}, []string{"x.json: it is empty"}},
		{"truncated", []string{file(text[:len(text)/2])}, []string{"x.json:", "no JSON"}},
		{"newer", []string{edited(`"format_version": 1`, `"format_version": 2`)}, []string{"x.json: a report of format 2; this version reads format 1"}},
		{"a client's", []string{file(`{"format_version": 2, "wire_only": false, "results": []}`)}, []string{"x.json: this is a client report of version 0.1, not the report of a run"}},
		{"a doctor's", []string{file(`{"endpoint": {}, "scopes": [], "jobs": []}`)}, []string{"this is a report of dpconform doctor"}},
		{"a diff's", []string{file(`{"format_version": 1, "fails": true, "regression": true}`)}, []string{"this is a report of dpconform diff"}},
		{"a drift's", []string{file(`{"format_version": 1, "drifts": true, "changes": []}`)}, []string{"this is a report of dpconform drift"}},
		{"another kind", []string{file(`{"runs": [], "version": "2.1.0"}`)}, []string{"this is a SARIF log"}},
		{"edited", []string{edited(`"pass": `, `"pass": 1`)}, []string{"x.json: this report was changed after it was written: its counts are not those of its checks"}},
		{"another exit code", []string{edited(`"exit": 0`, `"exit": 1`)}, []string{"its exit code 1 and its conclusion are not those of its checks"}},
		{"no exit code of ours", []string{edited(`"exit": 0`, `"exit": 77`)}, []string{"its exit code 77 and its conclusion are not those of its checks"}},
		{"an exchange twice", []string{edited(`"number": 2,`, `"number": 1,`)}, []string{"the number of its exchange 1 is not its own"}},
		{"over itself", []string{good, "--report", "json=" + good}, []string{"--report: " + good + " is the report that others are made from; give another file"}},
		{"unknown kind", []string{good, "--report", "jsn=x"}, []string{`--report: unknown report format "jsn"; did you mean json?`}},
		{"no kind", []string{good, "--report", "out.txt"}, []string{`--report: the ending of "out.txt" gives no report format; write FORMAT=out.txt with FORMAT json, junit, `}},
		{"no ending of a badge", []string{good, "--report", "badge=badge.png"}, []string{"--report: a badge is a .json file for shields.io, and badge.png is not"}},
		{"twice", []string{good, "--report", "junit=" + out, "--report", folder + "/./out.xml"}, []string{"two reports go to", "give each a path of its own"}},
		{"no folder", []string{good, "--report", "no/such/x.html"}, []string{"there is no folder no/such"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			got := call(t, append([]string{"report"}, one.arguments...)...)
			if got.exit != result.ExitUsage {
				t.Errorf("exit %d, want %d", got.exit, result.ExitUsage)
			}
			assertOneLine(t, got, one.says)
			if entries, err := os.ReadDir(folder); err != nil || len(entries) != 0 {
				t.Errorf("something was written: %v", entries)
			}
		})
	}
}

// The help of --report is in a package that must not know the kinds.
func TestTheHelpNamesEveryKind(t *testing.T) {
	for _, command := range []string{"run", "report"} {
		help := call(t, command, "--help").raw
		for _, kind := range report.Names() {
			if !strings.Contains(help, kind) {
				t.Errorf("%s --help does not name %s", command, kind)
			}
		}
		completed := call(t, "__complete", command, "x.json", "--report", "").raw
		for _, start := range reportStarts() {
			if !strings.Contains(completed, start+"\n") {
				t.Errorf("%s does not complete %s: %s", command, start, completed)
			}
		}
	}
}
