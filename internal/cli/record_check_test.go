package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// TestCheckShowsWhatHasChangedInShape: other ids, seeds of the server and days
// are no change; another type or status is one.
func TestCheckShowsWhatHasChangedInShape(t *testing.T) {
	folder := t.TempDir()
	if got := call(t, recordArguments(folder, emulated(t, emulator.Options{Seed: 1, Jobs: telltaleJobs()}), "--seed", "5")...); got.exit != 0 {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	before := filesOf(t, folder)
	for _, one := range sample([]struct {
		name, fault string
		exit        int
		says        []string
	}{
		{"nothing", "", result.ExitConforms, []string{"nothing has changed in shape since it was recorded "}},
		{"a type", "id-is-number", result.ExitFails, []string{"archiveJobId: string → number", "exit 1"}},
		{"a status", "last-scope-refused", result.ExitFails, []string{"authorization/scope/dataportability.youtube.unlisted_videos", "403"}},
	}) {
		t.Run(one.name, func(t *testing.T) {
			arguments := emulated(t, emulator.Options{Seed: 2, Fault: one.fault})
			got := call(t, recordArguments(folder, arguments, "--check")...)
			if got.exit != one.exit || got.complaints != "" {
				t.Errorf("exit %d, want %d: %s", got.exit, one.exit, got.complaints)
			}
			for _, want := range one.says {
				if !strings.Contains(got.output, want) {
					t.Errorf("the output has no %q:\n%s", want, got.output)
				}
			}
			assertSameFiles(t, before, filesOf(t, folder))
		})
	}
	got := call(t, "record", "--cassettes", folder, "--check")
	if got.exit != result.ExitUsage {
		t.Errorf("exit %d without an endpoint", got.exit)
	}
	assertOneLine(t, got, []string{"--check: the cassettes are recorded from http://127.0.0.1:", "give it as --endpoint"})
}

func TestCheckOfTheReferenceEmulator(t *testing.T) {
	got := call(t, "record", "--cassettes", "../../cassettes", "--check")
	if got.exit != result.ExitConforms || !strings.Contains(got.output, "nothing has changed in shape") {
		t.Errorf("exit %d: %s%s", got.exit, got.output, got.complaints)
	}
}

func TestCassettesThatAreTooOldFailTheRun(t *testing.T) {
	noRace(t)
	folder := t.TempDir()
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	if got := call(t, "record", "--cassettes", folder); got.exit != 0 {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	all := fmt.Sprintf(": %d pass", len(suites.Checks(spec.MustLoadEmbedded())))
	days := int(time.Since(time.Unix(1767225600, 0)) / (24 * time.Hour))
	for _, one := range []struct {
		age  string
		exit int
	}{{"30d", result.ExitFails}, {"36h", result.ExitFails}, {"90000d", result.ExitConforms}} {
		got := call(t, "run", "--cassettes", folder, "--max-age", one.age)
		text := strings.Join(strings.Fields(got.output), " ")
		if got.exit != one.exit || got.complaints != "" || !strings.Contains(text, all) {
			t.Errorf("%s: exit %d, want %d\n%s%s", one.age, got.exit, one.exit, got.output, got.complaints)
		}
		if said := strings.Contains(text, "stale: the cassettes are "+countOf(days, "day", "days")+" old, and --max-age is "); said != (one.exit != 0) {
			t.Errorf("%s: it says %q", one.age, got.output)
		}
		if !strings.Contains(got.output, "recorded 2026-01-01, "+countOf(days, "day", "days")+" ago,") {
			t.Errorf("the header does not say the age:\n%s", got.output)
		}
	}
	for _, arguments := range [][]string{{"run", "--max-age", "30"}, {"run", "--max-age", "30d", "--endpoint", "http://127.0.0.1:1"}} {
		got := call(t, arguments...)
		if got.exit != result.ExitUsage {
			t.Errorf("%v: exit %d", arguments, got.exit)
		}
		assertOneLine(t, got, []string{"max-age"})
	}
}
