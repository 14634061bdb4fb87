package cli

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

func TestOfflineRunConforms(t *testing.T) {
	got := call(t, "run")
	if got.exit != result.ExitConforms || got.complaints != "" {
		t.Fatalf("exit %d, complaints %q\n%s", got.exit, got.complaints, got.output)
	}
	for _, want := range []string{"the reference emulator", "not a response of Google's", "sha256:", "conforms"} {
		// Where the text is wrapped does not matter.
		if !strings.Contains(strings.Join(strings.Fields(got.output), " "), want) {
			t.Errorf("the output lacks %q:\n%s", want, got.output)
		}
	}
}

func TestGeneratedPageIsCurrent(t *testing.T) {
	page, err := os.ReadFile("../../docs/requirements.md")
	if err != nil {
		t.Fatal(err)
	}
	if got := call(t, "list", "--markdown"); got.raw != string(page) {
		t.Error("docs/requirements.md is not what `dpconform list --markdown` prints: run make docs")
	}
}

func TestRunExitCodes(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String()
	closed.Close()
	for _, one := range sample([]struct {
		name      string
		arguments []string
		exit      int
		says      string
	}{
		{"a conforming emulator", emulated(t, emulator.Options{}), result.ExitConforms, "conforms"},
		{"a faulty emulator", emulated(t, emulator.Options{Fault: "unknown-field-ignored"}), result.ExitFails, "FAIL retry.body.unknown-field"},
		{"an endpoint alone", emulated(t, emulator.Options{})[:2], result.ExitInconclusive, "--token SCOPE=VALUE or --token-template TEXT"},
		{"no jobs", emulated(t, emulator.Options{})[:4], result.ExitInconclusive, "--job FAILED=ID"},
		{"a warning with the weakest level", append(emulated(t, emulator.Options{Fault: "trailing-slash-taken"}), "--level", "inferred"),
			result.ExitFails, "FAIL retry.path.trailing-slash"},
		{"a warning", emulated(t, emulator.Options{Fault: "trailing-slash-taken"}), result.ExitConforms, "WARN retry.path.trailing-slash"},
		{"nobody there", []string{"--endpoint", nobody}, result.ExitUnreachable, ""},
	}) {
		t.Run(one.name, func(t *testing.T) {
			got := call(t, append([]string{"run"}, one.arguments...)...)
			if got.exit != one.exit || !strings.Contains(got.output, one.says) {
				t.Errorf("exit %d, want %d, with %q\n%s%s", got.exit, one.exit, one.says, got.output, got.complaints)
			}
		})
	}
}

func TestFocusOnObservingCheckFeedsIt(t *testing.T) {
	got := call(t, "run", "--focus", "retry.errors.code")
	if got.exit != result.ExitConforms || !strings.Contains(got.output, "1 check of 1 requirement: 1 pass") {
		t.Errorf("exit %d\n%s%s", got.exit, got.output, got.complaints)
	}
}

// TestEditedDescriptionDrivesTheSpecs: the specs follow the document.
func TestEditedDescriptionDrivesTheSpecs(t *testing.T) {
	noRace(t)
	text := string(spec.Embedded().Text)
	const last = "https://www.googleapis.com/auth/dataportability.youtube.unlisted_videos"
	const added = "https://www.googleapis.com/auth/dataportability.youtube.added"
	for _, one := range []struct {
		name   string
		edited string
		rows   int
		exit   int
		says   string
	}{
		{"a scope added", strings.Replace(text, "        - oauth2: ["+last+"]\n", "        - oauth2: ["+last+"]\n        - oauth2: ["+added+"]\n", 1),
			67, result.ExitFails, "authorization/scope/dataportability.youtube.added"},
		{"a scope removed", strings.Replace(text, "        - oauth2: ["+last+"]\n", "", 1), 65, result.ExitConforms, "conforms"},
		{"the pattern removed", strings.Replace(text, "        pattern: ^[^/]+$\n", "", 1), 66, result.ExitInconclusive, "gives no pattern"},
	} {
		t.Run(one.name, func(t *testing.T) {
			file := writeFile(t, "edited.openapi.yaml", one.edited)
			output := filepath.Join(t.TempDir(), "report.json")
			arguments := append([]string{"run", "--spec", file, "--report", "json=" + output}, emulated(t, emulator.Options{})...)
			got := call(t, arguments...)
			if got.exit != one.exit || !strings.Contains(got.output, one.says) {
				t.Errorf("exit %d, want %d with %q\n%s%s", got.exit, one.exit, one.says, got.output, got.complaints)
			}
			rows := 0
			for _, check := range readReport(t, output).Checks {
				if strings.HasPrefix(check.ID, "authorization/scope/") {
					rows++
				}
			}
			if rows != one.rows {
				t.Errorf("%d scope rows, want %d", rows, one.rows)
			}
		})
	}
}

func readReport(t testing.TB, path string) result.Report {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	read, err := result.ReadJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestReportOnStandardOutput(t *testing.T) {
	got := call(t, "run", "--report", "json=-")
	var read result.Report
	if err := json.Unmarshal([]byte(got.raw), &read); err != nil || read.Exit != result.ExitConforms {
		t.Errorf("standard output is no report: %v\n%.200s", err, got.raw)
	}
	if got.output != "" || !strings.Contains(got.complaints, "conforms") {
		t.Error("the text for a person did not go to standard error")
	}
}

// TestEveryFocusGoesWithTheCassettes: a recording answers a whole run, and a
// focus shows a part of it.
func TestEveryFocusGoesWithTheCassettes(t *testing.T) {
	noRace(t)
	for _, focus := range append(result.Aspects(), "body/empty", "retry.body.empty", "retry.semantics.unknown-job", "retry.authorization.scope") {
		if got := call(t, "run", "--focus", focus); got.exit != result.ExitConforms || got.complaints != "" {
			t.Errorf("%s: exit %d, %s", focus, got.exit, got.complaints)
		}
	}
	whole := call(t, "run", "--label-filter", "inferred && !authorization")
	if whole.exit != result.ExitConforms {
		t.Errorf("a label filter: exit %d, %s", whole.exit, whole.complaints)
	}
}

// TestAnOldReportIsNotTakenForThatOfARunThatFailed: who reads the file after exit
// 4 is told that it is an earlier run's.
func TestAnOldReportIsNotTakenForThatOfARunThatFailed(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "http://" + nobody.Addr().String()
	nobody.Close()
	old, none := writeFile(t, "night.json", "{}"), filepath.Join(t.TempDir(), "none.xml")
	got := call(t, "run", "--endpoint", endpoint, "--report", "json="+old, "--report", "junit="+none)
	if got.exit != result.ExitUnreachable || !strings.HasSuffix(got.complaints, "; still of an earlier run: "+old+"\n") {
		t.Errorf("exit %d: %s", got.exit, got.complaints)
	}
}
