package result

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/text"
)

// failing makes a report in which the first of a number of checks fail one
// requirement.
func failing(requirement string, failed int, checks ...string) Report {
	known, _ := method.Requirement(requirement)
	made := Report{Started: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), Target: Target{Endpoint: "http://127.0.0.1:1"},
		Requirements: []Requirement{{Requirement: known}}}
	for i, id := range checks {
		one := Check{ID: id, Requirements: []string{requirement}, Verdict: Pass}
		if i < failed {
			one.Verdict = Fail
			one.Findings = []Finding{{Requirement: requirement, Verdict: Fail, Want: "400", Got: "200", Count: 1}}
		}
		made.Checks = append(made.Checks, one)
	}
	return made
}

// withGot is the report with another value that was got.
func withGot(report Report, got string) Report {
	report.Checks[0].Findings[0].Got = got
	return report
}

// scopeChecks are the checks of single scopes.
var scopeChecks = checks[len(checks)-len(method.Scopes):]

func TestWriteGroupsByRequirement(t *testing.T) {
	for _, one := range []struct {
		name    string
		found   Report
		entries []string
		comment string
	}{
		{"the only check", failing("body.empty-message", 1, "body/empty-message"), []string{"requirement: body.empty-message"}, "# want 400; got 200\n"},
		{"one of two", failing("body.empty", 1, "body/empty", "body/unknown-field"), []string{"requirement: body.empty"}, "# want 400; got 200\n"},
		{"all of many", failing("authorization.scope", 66, scopeChecks...), []string{"requirement: authorization.scope"}, "got 200 (and 65 more)\n"},
		{"two of many", failing("authorization.scope", 2, scopeChecks...),
			[]string{"check: authorization/scope/dataportability.alerts.subscriptions", "check: authorization/scope/dataportability.businessmessaging.conversations"},
			"# authorization.scope: want 400; got 200\n"},
		{"an answer that is no comment", withGot(failing("body.empty-message", 1, "body/empty-message"), "a\nb\u2028c\x1b[2J\xff: #"),
			[]string{"requirement: body.empty-message"}, "got a b c\\x1b[2J\\xff: #\n"},
	} {
		t.Run(one.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "known.yaml")
			count, err := WriteKnownFailures("--flag", file, one.found)
			if err != nil || count != len(one.entries) {
				t.Fatalf("%d entries, want %d; %v", count, len(one.entries), err)
			}
			text := readText(t, file)
			if !strings.Contains(text, one.comment) {
				t.Errorf("the file lacks %q:\n%s", one.comment, text)
			}
			_, err = ReadKnownFailures(file, method.Requirements, checks, began)
			assertUsageError(t, err, file+":7:13: ", `"insert reason here"`)
			list, err := parseKnown(file, strings.ReplaceAll(text, "insert reason here", "a proxy"), began)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			for i, entry := range list {
				if entry.Entry != one.entries[i] {
					t.Errorf("entry %d is %s, want %s", i, entry.Entry, one.entries[i])
				}
			}
		})
	}
}

func readText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWriteLeavesWhatIsThere(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "known.yaml")
	if err := os.WriteFile(file, []byte("mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	assertUsageError(t, text.CheckNewFile("--flag", file), "--flag: ", "already exists")
	_, err := WriteKnownFailures("--flag", file, failing("body.empty", 1, "body/empty"))
	assertUsageError(t, err, "--flag: ", "already exists")
	if text := readText(t, file); text != "mine\n" {
		t.Errorf("the file now holds %q", text)
	}
	assertOnlyFile(t, folder, "known.yaml")
}

// assertOnlyFile: no draft is left behind.
func assertOnlyFile(t *testing.T, folder, name string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() != name {
			t.Errorf("%s is left", entry.Name())
		}
	}
}

func TestWriteNothingWhereNothingFailed(t *testing.T) {
	folder := t.TempDir()
	count, err := WriteKnownFailures("--flag", filepath.Join(folder, "known.yaml"), failing("body.empty", 0, "body/empty"))
	if err != nil || count != 0 {
		t.Errorf("%d entries, %v", count, err)
	}
	assertOnlyFile(t, folder, "")
}

func TestCheckNewWantsAFolder(t *testing.T) {
	assertUsageError(t, text.CheckNewFile("--flag", filepath.Join(t.TempDir(), "none", "known.yaml")), "--flag: ", "there is no folder")
	if err := text.CheckNewFile("--flag", filepath.Join(t.TempDir(), "known.yaml")); err != nil {
		t.Error(err)
	}
}
