package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// TestVersionsArePinned: package.json names exact versions, the lock the same
// ones, and no registry.
func TestVersionsArePinned(t *testing.T) {
	var wanted struct{ Dependencies map[string]string }
	readJSON(t, "package.json", &wanted)
	var lock struct {
		Packages map[string]struct{ Version, Resolved, Integrity string }
	}
	readJSON(t, "package-lock.json", &lock)
	exact := regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	for _, one := range servers {
		version := wanted.Dependencies[one.npm]
		if locked := lock.Packages["node_modules/"+one.npm].Version; !exact.MatchString(version) || locked != version {
			t.Errorf("%s is wanted as %q and locked as %q", one.npm, version, locked)
		}
	}
	if len(wanted.Dependencies) != len(servers) {
		t.Errorf("%d packages for %d servers", len(wanted.Dependencies), len(servers))
	}
	for name, one := range lock.Packages {
		if one.Resolved != "" || name != "" && one.Integrity == "" {
			t.Errorf("%s is locked with the address %q and the integrity %q", name, one.Resolved, one.Integrity)
		}
	}
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// TestThePageSaysWhatWasFound: the first finding of each requirement that fails,
// whatever characters are in it, and what was not judged.
func TestThePageSaysWhatWasFound(t *testing.T) {
	of := func(id string, verdict result.Verdict, reason string) report.Requirement {
		return report.Requirement{Requirement: spec.Requirement{ID: id, Level: spec.Documented}, Verdict: verdict, Reason: reason}
	}
	found := report.Report{
		Exit: result.ExitFails, Conclusion: "does not conform",
		Counts: report.Counts{
			Checks:       map[result.Verdict]int{result.Pass: 4, result.Fail: 2},
			Requirements: map[result.Verdict]int{result.Pass: 1, result.Fail: 1, result.Skip: 1},
		},
		Requirements: []report.Requirement{of("a.kept", result.Pass, ""), of("a.broken", result.Fail, ""), of("a.skipped", result.Skip, "no job")},
		Checks: []report.Check{
			{ID: "a/other", Findings: []report.Finding{{Requirement: "a.other", Want: "x", Got: "y"}}},
			{ID: "a/first", Findings: []report.Finding{{Requirement: "a.broken", Want: "one", Got: "a|b `<i>`\nc"}}},
			{ID: "a/second", Findings: []report.Finding{{Requirement: "a.broken", Want: "two", Got: "d"}}},
		},
	}
	page := pageOf([]score{{servers[0], "1.2.3", found}})
	for _, want := range []string{
		"| [Prism 1.2.3](#prism) | 1 of 3 | 1 | 0 | 1 | 4 pass, 2 fail, 0 warn, 0 skip, 0 error | 1 |\n",
		"| `a.broken` | documented | a/first, first of 2 | one | a\\|b \\`\\<i\\>\\` c |\n",
		"- `a.skipped`: no job\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "a.kept") {
		t.Error("the page lists a requirement that is kept")
	}
}
