package knownfailures_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/knownfailures"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// failing makes a report in which the first of a number of checks fail one
// requirement.
func failing(requirement string, failed, checks int, got string) result.Report {
	contract := spec.MustLoadEmbedded()
	known, _ := contract.Requirement(requirement)
	made := result.Report{Started: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), Target: result.Target{Endpoint: "http://127.0.0.1:1"},
		Requirements: []result.Requirement{{Requirement: known}}}
	for _, check := range suites.Checks(contract) {
		if len(made.Checks) == checks || !strings.Contains(strings.Join(check.Requirements, " ")+" ", requirement+" ") {
			continue
		}
		one := result.Check{ID: check.ID, Requirements: check.Requirements, Verdict: result.Pass}
		if len(made.Checks) < failed {
			one.Verdict = result.Fail
			one.Findings = []result.Finding{{Requirement: requirement, Verdict: result.Fail, Want: "400", Got: got, Count: 1}}
		}
		made.Checks = append(made.Checks, one)
	}
	return made
}

func TestWriteGroupsByRequirement(t *testing.T) {
	for _, one := range []struct {
		name    string
		found   result.Report
		entries []string
		comment string
	}{
		{"the only check", failing("retry.body.empty-message", 1, 1, "200"), []string{"requirement: retry.body.empty-message"}, "# want 400; got 200\n"},
		{"one of two", failing("retry.body.empty", 1, 2, "200"), []string{"requirement: retry.body.empty"}, "# want 400; got 200\n"},
		{"all of many", failing("retry.authorization.scope", 66, 66, "403"), []string{"requirement: retry.authorization.scope"}, "got 403 (and 65 more)\n"},
		{"two of many", failing("retry.authorization.scope", 2, 66, "403"),
			[]string{"check: authorization/scope/dataportability.alerts.subscriptions", "check: authorization/scope/dataportability.businessmessaging.conversations"},
			"# retry.authorization.scope: want 400; got 403\n"},
		{"an answer that is no comment", failing("retry.body.empty-message", 1, 1, "a\nb\u2028c\x1b[2J\xff: #"),
			[]string{"requirement: retry.body.empty-message"}, "got a b c [2J\uFFFD: #\n"},
	} {
		t.Run(one.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "known.yaml")
			count, err := knownfailures.Write("--flag", file, one.found)
			if err != nil || count != len(one.entries) {
				t.Fatalf("%d entries, want %d; %v", count, len(one.entries), err)
			}
			text := readText(t, file)
			if !strings.Contains(text, one.comment) {
				t.Errorf("the file lacks %q:\n%s", one.comment, text)
			}
			_, err = knownfailures.Read(file, spec.MustLoadEmbedded(), checks, began)
			assertUsageError(t, err, file+":7: ", `"TODO"`)
			list, err := knownfailures.Parse(file, []byte(strings.ReplaceAll(text, "TODO", "a proxy")), spec.MustLoadEmbedded(), checks, began)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			for i, entry := range list.Entries {
				if entry.String() != one.entries[i] {
					t.Errorf("entry %d is %s, want %s", i, entry, one.entries[i])
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
	assertUsageError(t, knownfailures.CheckNew("--flag", file), "--flag: ", "is there already")
	_, err := knownfailures.Write("--flag", file, failing("retry.body.empty", 2, 2, "200"))
	assertUsageError(t, err, "--flag: ", "is there already")
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
	count, err := knownfailures.Write("--flag", filepath.Join(folder, "known.yaml"), failing("retry.body.empty", 0, 2, ""))
	if err != nil || count != 0 {
		t.Errorf("%d entries, %v", count, err)
	}
	assertOnlyFile(t, folder, "")
}

func TestCheckNewWantsAFolder(t *testing.T) {
	assertUsageError(t, knownfailures.CheckNew("--flag", filepath.Join(t.TempDir(), "none", "known.yaml")), "--flag: ", "there is no folder")
	if err := knownfailures.CheckNew("--flag", filepath.Join(t.TempDir(), "known.yaml")); err != nil {
		t.Error(err)
	}
}
