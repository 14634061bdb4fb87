package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
)

// telltale are jobs whose ids are found by chance nowhere.
func telltaleJobs() map[string][]string {
	jobs := map[string][]string{
		"COMPLETE":    {"b7e1f4a0-0d3c-4c5e-9a53-52f7b1c9d001", "b7e1f4a0-0d3c-4c5e-9a53-52f7b1c9d0"},
		"IN_PROGRESS": {"Zq_84-xK", "Zq_84-xK_2"},
		"CANCELLED":   {"QQ.77~t"},
	}
	for number := range 20 {
		jobs["FAILED"] = append(jobs["FAILED"], fmt.Sprintf("f3a9-%d-77c0e5d2", number))
	}
	return jobs
}

// TestNoIDOfAJobIsRecorded records servers that repeat ids wherever they can,
// and looks for each id in everything that is written.
func TestNoIDOfAJobIsRecorded(t *testing.T) {
	for _, fault := range sample([]string{"", "old-id-given", "id-is-resource-name", "id-is-address", "id-empty", "id-of-another-job", "decoded-twice", "id-case-ignored"}) {
		t.Run(fault, func(t *testing.T) {
			folder := t.TempDir()
			options := emulator.Options{Fault: fault, Jobs: telltaleJobs()}
			arguments := emulated(t, options)
			if got := call(t, recordArguments(folder, arguments)...); got.exit != 0 {
				t.Fatalf("exit %d: %s", got.exit, got.complaints)
			}
			files := filesOf(t, folder)
			for name, text := range files {
				for _, ids := range telltaleJobs() {
					for _, id := range ids {
						if strings.Contains(strings.ToLower(text), strings.ToLower(id)) {
							t.Errorf("%s holds %s", name, id)
						}
					}
				}
			}
			if !strings.Contains(files["response.yaml"]+files["path.yaml"], "new-job-1") && fault == "" {
				t.Error("no new job has a pseudonym")
			}
			direct := call(t, append([]string{"run"}, emulated(t, options)...)...)
			replayed := call(t, "run", "--cassettes", folder)
			if direct.exit != replayed.exit || replayed.complaints != "" {
				t.Errorf("exit %d of the server, %d of its recording: %s", direct.exit, replayed.exit, replayed.complaints)
			}
		})
	}
}

// TestIDsThatAreWordsHavePseudonyms: an id may be a letter, a number, or a word
// that stands in answers for other reasons.
func TestIDsThatAreWordsHavePseudonyms(t *testing.T) {
	noRace(t)
	jobs := map[string][]string{"COMPLETE": {"job", "a"}, "IN_PROGRESS": {"archiveJobs", "x"}, "CANCELLED": {"retry", "error", "v1"}}
	for number := range 20 {
		jobs["FAILED"] = append(jobs["FAILED"], fmt.Sprint(number+1))
	}
	folder := t.TempDir()
	if got := call(t, recordArguments(folder, emulated(t, emulator.Options{Jobs: jobs}))...); got.exit != 0 {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	got := call(t, "run", "--cassettes", folder)
	if got.exit != result.ExitConforms {
		t.Errorf("exit %d: %s%s", got.exit, got.output, got.complaints)
	}
	provenance := filesOf(t, folder)["provenance.yaml"]
	for _, want := range []string{"    - complete-1\n", "    - in-progress-2\n", "    - cancelled-3\n", "    - \"1000006\"\n"} {
		if !strings.Contains(provenance, want) {
			t.Errorf("the provenance lacks %q:\n%s", want, provenance)
		}
	}
}

// TestIDsStayWhereTheyAreToStay: with the flag, and of the reference emulator.
func TestIDsStayWhereTheyAreToStay(t *testing.T) {
	noRace(t)
	folder := t.TempDir()
	if got := call(t, recordArguments(folder, emulated(t, emulator.Options{Jobs: telltaleJobs()}), "--keep-job-ids")...); got.exit != 0 {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	if !strings.Contains(filesOf(t, folder)["path.yaml"], "f3a9-0-77c0e5d2") {
		t.Error("the id is gone")
	}
}

func TestFlagsOfRecordThatContradict(t *testing.T) {
	for _, flags := range [][]string{{"--resume", "--discard"}, {"--check", "--force"}, {"--check", "--resume"}} {
		got := call(t, recordArguments(t.TempDir(), flags)...)
		if got.exit != result.ExitUsage {
			t.Errorf("%v: exit %d", flags, got.exit)
		}
		assertOneLine(t, got, flags)
	}
}

func TestTheShippedCassettesAreNotRecordedByChance(t *testing.T) {
	noRace(t)
	shipped := t.TempDir()
	if got := call(t, "record", "--cassettes", shipped); got.exit != 0 {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	source := filepath.Join(shipped, "cassettes.go")
	if err := os.WriteFile(source, []byte("// Package cassettes is one.\npackage cassettes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := filesOf(t, shipped)
	for _, folder := range []string{shipped, "../../cassettes"} {
		got := call(t, "record", "--cassettes", folder)
		if got.exit != result.ExitUsage {
			t.Errorf("exit %d, want %d", got.exit, result.ExitUsage)
		}
		assertOneLine(t, got, []string{folder + " holds the cassettes that come with dpconform", "--force", "another folder"})
	}
	assertSameFiles(t, before, filesOf(t, shipped))
	if got := call(t, "record", "--cassettes", shipped, "--force"); got.exit != 0 {
		t.Errorf("exit %d with --force: %s", got.exit, got.complaints)
	}
}
