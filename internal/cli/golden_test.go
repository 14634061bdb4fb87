package cli

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/result"
)

// updateGolden rewrites the golden reports instead of comparing with them, as
// does the variable UPDATE_GOLDEN=1.
var updateGolden = flag.Bool("update", os.Getenv("UPDATE_GOLDEN") == "1", "rewrite the golden reports")

// TestGoldenReports holds console, JSON, JUnit and Markdown of four runs over the
// emulator against files, with what changes from run to run taken out. After a
// change that is meant, go test ./internal/cli -run Golden -update writes them
// anew.
func TestGoldenReports(t *testing.T) {
	t.Parallel()
	const token = "dataportability.maps.reviews"
	for _, one := range []struct {
		name string
		// fault is the emulator's; flags gives those of the run from all that
		// test the emulator.
		fault string
		flags func(all []string) []string
		exit  int
	}{
		{"conforming", "", func(all []string) []string { return all }, result.ExitConforms},
		{"failing", "unknown-field-ignored", func(all []string) []string { return all }, result.ExitFails},
		{"partly-skipped", "", func(all []string) []string {
			return append(slices.Clone(all[:2]), "--token", token+"="+strings.Replace(platform.TokenTemplate, "{short}", token, 1),
				"--job", "FAILED=failed-1,failed-2", "--job", "COMPLETE=complete-1")
		}, result.ExitInconclusive},
		{"known-failing", "unknown-field-ignored", func(all []string) []string {
			return append(slices.Clone(all), "--known-failures", "testdata/known-failures.yaml")
		}, result.ExitConforms},
	} {
		t.Run(one.name, func(t *testing.T) {
			day := time.Date(2026, time.January, 2, 12, 0, 0, 0, time.UTC)
			all := emulated(t, emulator.Options{Fault: one.fault, Clock: func() time.Time { return day }})
			folder := t.TempDir()
			json, junit, page := filepath.Join(folder, "report.json"), filepath.Join(folder, "report.xml"), filepath.Join(folder, "report.md")
			arguments := append([]string{"run", "--report", "json=" + json, "--report", "junit=" + junit, "--report", "markdown=" + page}, one.flags(all)...)
			for _, check := range goldenChecks {
				arguments = append(arguments, "--focus", check)
			}
			got := call(t, arguments...)
			got.want(t, one.exit)
			for ending, text := range map[string]string{
				".txt": strings.ReplaceAll(got.output, folder, "FOLDER"), ".json": shortJSON(t, json), ".xml": readFile(t, junit), ".md": readFile(t, page),
			} {
				compareGolden(t, one.name+ending, normalised(text, all[1]))
			}
		})
	}
}

// goldenChecks are the checks whose results the golden reports show. They send
// what they look at, and are named one by one, so that a new requirement or
// check changes no golden report.
var goldenChecks = []string{
	"path/template", "path/verb-case", "path/trailing-slash", "path/unknown-parameter", "path/system-parameters",
	"body/empty", "body/unknown-field", "body/empty-message",
	"semantics/accepted-state", "semantics/complete-is-refused", "semantics/cancelled-is-refused", "semantics/unknown-job", "semantics/concurrent-jobs",
	"authorization/no-token", "authorization/unrelated-scope", "authorization/scope/dataportability.maps.reviews",
	"authorization/scope/dataportability.alerts.subscriptions", "authorization/scope/dataportability.chrome.autofill",
}

// compareGolden holds a text against a golden file, or writes the file.
func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *updateGolden {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if difference := firstDifference(withoutCR(readFile(t, path)), got); difference != "" {
		t.Errorf("%s differs, at line %s\nif that is meant: go test ./internal/cli -run Golden -update", path, difference)
	}
}

// withoutCR is a file of the repository with the line ends that it has there, whatever
// git made of them.
func withoutCR(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// firstDifference shows the first lines in which two texts differ; it is empty
// for texts that are the same.
func firstDifference(want, got string) string {
	if want == got {
		return ""
	}
	wanted, came := strings.Split(want, "\n"), strings.Split(got, "\n")
	at := 0
	for at < len(wanted) && at < len(came) && wanted[at] == came[at] {
		at++
	}
	shown := func(lines []string) string {
		return strings.Join(lines[min(at, len(lines)):min(at+4, len(lines))], "\n")
	}
	return fmt.Sprintf("%d:\n%s\ninstead of\n%s", at+1, shown(came), shown(wanted))
}

// unsteady is what changes from run to run, from one build to the next or with
// every edit of the description, and what stands in its place.
var unsteady = []struct {
	pattern *regexp.Regexp
	steady  string
}{
	{regexp.MustCompile(`sha256:[0-9a-f]+`), "sha256:DIGEST"},
	{regexp.MustCompile(`\d+ scopes, \d+ requirements`), "ALL scopes, ALL requirements"},
	{regexp.MustCompile(`\bgo1\.\d+(\.\d+)?`), "GO-VERSION"},
	{regexp.MustCompile(`\d+\.\d\d s, exit`), "TIME s, exit"},
	{regexp.MustCompile(` time="[0-9.]+"`), ` time="TIME"`},
	{regexp.MustCompile(` timestamp="[^"]+"`), ` timestamp="DAY"`},
	{regexp.MustCompile(`\| run \| [^,]+,`), `| run | DAY,`},
	{regexp.MustCompile(`dpconform(/| |", "version": ")` + regexp.QuoteMeta(version)), "dpconform${1}VERSION"},
}

// normalised takes out of a report what is unsteady.
func normalised(text, endpoint string) string {
	text = strings.NewReplacer(endpoint, "http://ENDPOINT", programName(), "dpconform").Replace(text)
	for _, one := range unsteady {
		text = one.pattern.ReplaceAllString(text, one.steady)
	}
	return text
}

// shortJSON reads a report, sees that it is written as it was read, takes out
// the times, and shortens its lists: of requirements and checks the first of
// each verdict stay, of exchanges the first and those of the findings.
func shortJSON(t *testing.T, path string) string {
	t.Helper()
	found, written := readReport(t, path), func(found result.Report) string {
		var text bytes.Buffer
		if err := result.WriteJSON(&text, found); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	if difference := firstDifference(readFile(t, path), written(found)); difference != "" {
		t.Errorf("the report is not written as it was read, at line %s", difference)
	}
	found.Tool.Version, found.Started, found.Milliseconds = "VERSION", time.Time{}, 0
	kept := map[string]int{}
	enough := func(of string, verdict result.Verdict) bool {
		kept[of+string(verdict)]++
		return kept[of+string(verdict)] > 3
	}
	found.Requirements = slices.DeleteFunc(found.Requirements, func(one result.Requirement) bool { return enough("requirement ", one.Verdict) })
	for i := range found.Requirements {
		found.Requirements[i].Line = 0
	}
	found.Checks = slices.DeleteFunc(found.Checks, func(one result.Check) bool { return enough("check ", one.Verdict) })
	shown := map[int]bool{1: true}
	for i := range found.Checks {
		found.Checks[i].Microseconds = 0
		for _, finding := range found.Checks[i].Findings {
			shown[finding.Exchange] = true
		}
	}
	found.Exchanges = slices.DeleteFunc(found.Exchanges, func(one result.Exchange) bool { return !shown[one.Number] })
	for i := range found.Exchanges {
		found.Exchanges[i].Microseconds, found.Exchanges[i].OffsetMicroseconds = 0, 0
	}
	// The rows of the matrix say what their checks do.
	found.Scopes = found.Scopes[:min(len(found.Scopes), 2)]
	return written(found)
}
