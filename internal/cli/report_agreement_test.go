package cli

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
)

// told is what one kind of report tells of a run. What it has no word for stays
// empty or -1.
type told struct {
	exit                 int
	endpoint             string
	checks, requirements map[result.Verdict]int
	exchanges            int
}

// readers read each kind as others would, apart from what writes it.
var readers = map[string]func(*testing.T, string) told{
	"json": toldByJSON, "junit": toldByJUnit, "markdown": toldByMarkdown, "html": toldByHTML, "har": toldByHAR, "sarif": toldBySARIF,
	"badge": toldByBadge, "github": toldByAnnotations,
}

// TestAllKindsAgree holds every kind of report of several runs against what the
// JSON report lists, and that it is the same when it is made later.
func TestAllKindsAgree(t *testing.T) {
	noRace(t)
	old := t.TempDir()
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	if got := call(t, "record", "--cassettes", old); got.exit != 0 {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	conforming, failing := emulated(t, emulator.Options{}), emulated(t, emulator.Options{Fault: "unknown-field-ignored"})
	known := []string{"--known-failures", "testdata/known-failures.yaml"}
	for _, one := range []struct {
		name  string
		flags []string
		exit  int
		has   result.Verdict
	}{
		{"passing", conforming, result.ExitConforms, result.Pass},
		{"failing", failing, result.ExitFails, result.Fail},
		{"failing for every scope", emulated(t, emulator.Options{Fault: "only-first-scope-accepted"}), result.ExitFails, result.Fail},
		{"partly skipped", append(conforming[:4:4], "--job", "FAILED=failed-1,failed-2", "--job", "COMPLETE=complete-1"), result.ExitInconclusive, result.Skip},
		{"known to fail", append(slices.Clone(failing), known...), result.ExitConforms, result.ExpectedFail},
		{"passing as nobody expects", append(slices.Clone(conforming), known...), result.ExitFails, result.UnexpectedPass},
		{"stale", []string{"--cassettes", old, "--max-age", "30d"}, result.ExitFails, result.Pass},
	} {
		t.Run(one.name, func(t *testing.T) {
			folder := t.TempDir()
			flags, paths := everyKind(folder, "now")
			if got := call(t, slices.Concat([]string{"run"}, flags, one.flags)...); got.exit != one.exit {
				t.Fatalf("exit %d, want %d: %s", got.exit, one.exit, got.complaints)
			}
			want := listed(t, paths["json"])
			if want.exit != one.exit || want.checks[one.has] == 0 || want.exchanges == 0 {
				t.Fatalf("the run is another one: %+v", want)
			}
			for kind, path := range paths {
				agrees(t, kind, readers[kind](t, path), want)
			}
			later, laterPaths := everyKind(folder, "later")
			if got := call(t, append([]string{"report", paths["json"]}, later...)...); got.exit != 0 || got.complaints != "" {
				t.Errorf("report: exit %d: %s", got.exit, got.complaints)
			}
			for kind, path := range laterPaths {
				if writtenText(t, path) != writtenText(t, paths[kind]) {
					t.Errorf("%s is another one when it is made later", kind)
				}
			}
			if got := call(t, "report", paths["json"], "--exit-code", "--quiet"); got.exit != one.exit {
				t.Errorf("report --exit-code: %d", got.exit)
			}
		})
	}
}

// everyKind gives the flags for a report of each kind, and the paths by kind.
func everyKind(folder, name string) ([]string, map[string]string) {
	paths := map[string]string{}
	var flags []string
	for _, kind := range report.Names() {
		paths[kind] = filepath.Join(folder, name+"."+kind)
		if kind == "badge" {
			paths[kind] += ".json"
		}
		flags = append(flags, "--report", kind+"="+paths[kind])
	}
	return flags, paths
}

func writtenText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// listed counts what the JSON report lists, and not what it counts itself.
func listed(t *testing.T, path string) told {
	t.Helper()
	found, err := result.ReadJSON([]byte(writtenText(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	all := told{found.Exit, found.Target.Endpoint, map[result.Verdict]int{}, map[result.Verdict]int{}, 0}
	for _, check := range found.Checks {
		all.checks[check.Verdict]++
	}
	for _, requirement := range found.Requirements {
		all.requirements[requirement.Verdict]++
	}
	for _, exchange := range found.Exchanges {
		all.exchanges += 1 + len(exchange.Earlier)
	}
	return all
}

// agrees holds what a kind tells against what is so.
func agrees(t *testing.T, kind string, got, want told) {
	t.Helper()
	if got.exit >= 0 && got.exit != want.exit || got.endpoint != "" && got.endpoint != want.endpoint || got.exchanges >= 0 && got.exchanges != want.exchanges {
		t.Errorf("%s tells of exit %d, endpoint %s, %d exchanges; want %d, %s, %d", kind, got.exit, got.endpoint, got.exchanges,
			want.exit, want.endpoint, want.exchanges)
	}
	if got.checks != nil && !maps.Equal(got.checks, want.checks) {
		t.Errorf("%s counts the checks as %v, want %v", kind, got.checks, want.checks)
	}
	if got.requirements != nil && !maps.Equal(got.requirements, want.requirements) {
		t.Errorf("%s counts the requirements as %v, want %v", kind, got.requirements, want.requirements)
	}
	if got.checks == nil && got.requirements == nil && got.exit < 0 {
		t.Errorf("%s tells nothing", kind)
	}
}

func unmarshal(t *testing.T, path string, into any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(writtenText(t, path)))
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
