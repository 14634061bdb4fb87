package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// consoleText gives what a console prints of a report, without colours.
func consoleText(console Console, found Report) string {
	var out strings.Builder
	console.Out, console.Width = &out, 80
	console.Result(found)
	return ansi.Strip(out.String())
}

// lastRows gives the last rows of a text on a terminal of 80 columns.
func lastRows(text string, count int) string {
	var rows []string
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		rows = append(rows, strings.Split(ansi.Hardwrap(line, 80, true), "\n")...)
	}
	return strings.Join(rows[max(0, len(rows)-count):], "\n")
}

// failingAll is a run in which every requirement fails, each in two checks, with
// curl lines as long as they get.
func failingAll(t testing.TB) Run {
	s := newScenario(t)
	sent := s.send("POST", "/v1/archiveJobs/"+strings.Repeat("long-id-", 8)+":retry", strings.Repeat("x", longestArgument))
	for _, requirement := range contract.Requirements {
		for i := range 2 {
			s.results = append(s.results, suites.Result{
				Check:   suites.Check{ID: fmt.Sprintf("%s/check-%d", requirement.Aspect(), i), Aspect: requirement.Aspect(), Requirements: []string{requirement.ID}},
				Verdict: result.Fail,
				Findings: []suites.Finding{{Requirement: requirement, Verdict: result.Fail, Want: "something that takes many words to say, so that it has to be cut",
					Got: "something else\nin two lines", Exchange: sent, Count: 1}},
			})
		}
	}
	return s.run(result.ExitFails)
}

// roomAbovePrompt is the number of rows of a terminal of 24 that are left when
// the prompt is back.
const roomAbovePrompt = 23

func TestTheLastScreenIsEnough(t *testing.T) {
	many := New(failingAll(t))
	first := brokenGroups(many, result.Fail)[0].requirement
	for name, test := range map[string]struct {
		found Report
		parts []string
	}{
		"everything fails": {many, []string{
			fmt.Sprintf("%d requirements failed, the weightiest first", len(contract.Requirements)),
			"  " + first.ID + " (documented)", fmt.Sprintf("and %d more: --verbose, or a report, has all", len(contract.Requirements)-listedFailures+1),
			"explain  dpconform explain " + first.ID, "again    the same command with --focus path --focus body",
			"report   give --report ", "does not conform\n", "156 fail", "exit 1",
		}},
		"one fails": {New(failing(t)), []string{
			"1 requirement failed", "want 404 or 403, got 401, and the to…", "send it  curl -i --path-as-is -X POST",
			"the same command with --focus " + requirementOf("path").ID, "does not conform\n",
		}},
		"inconclusive": {New(skipping(t)), []string{
			"what would let more be judged", "    2 more  --token SCOPE=VALUE", "again    the same command, with what is listed above", "exit 3",
		}},
		"unreachable": {New(unreachable(t)), []string{"ERROR path/example", "connection refused", "look     dpconform doctor", "again    the same command", "exit 4"}},
	} {
		last := lastRows(consoleText(Console{}, test.found), roomAbovePrompt)
		for _, part := range test.parts {
			if !strings.Contains(last, part) {
				t.Errorf("%s: %q is not in the last screen\n%s", name, part, last)
			}
		}
	}
}

// TestALongCommandStandsWithItsFailureAlone: one that takes half of the screen
// hides what else there is to say.
func TestALongCommandStandsWithItsFailureAlone(t *testing.T) {
	text := consoleText(Console{}, New(failingAll(t)))
	if strings.Contains(text, "send it") || !strings.Contains(text, "    curl -i") {
		t.Errorf("%s", lastRows(text, roomAbovePrompt))
	}
}

func TestTheWeightiestComesFirst(t *testing.T) {
	groups := brokenGroups(New(failingAll(t)), result.Fail)
	if len(groups) != len(contract.Requirements) {
		t.Fatalf("%d of %d", len(groups), len(contract.Requirements))
	}
	order := []spec.Level{spec.Documented, spec.Platform, spec.Inferred}
	seen := 0
	for i, group := range groups {
		for order[seen] != group.requirement.Level {
			seen++ // Out of range where a weightier level comes later.
		}
		if i > 0 && groups[i-1].requirement.Level == group.requirement.Level && !groups[i-1].requirement.Must() && group.requirement.Must() {
			t.Errorf("%s comes after a SHOULD", group.requirement.ID)
		}
	}
}

func TestVerbosePrintsEveryFailure(t *testing.T) {
	found := New(failingAll(t))
	for _, verbose := range []bool{false, true} {
		text := consoleText(Console{Verbose: verbose}, found)
		want := shownRequirements
		if verbose {
			want = len(contract.Requirements)
		}
		if blocks := strings.Count(text, "\nFAIL retry."); blocks != want {
			t.Errorf("verbose %v: %d requirements in full, not %d", verbose, blocks, want)
		}
		if rest := fmt.Sprintf("FAIL %d requirements more; --verbose prints them", len(contract.Requirements)-shownRequirements); strings.Contains(text, rest) == verbose {
			t.Errorf("verbose %v: %q", verbose, rest)
		}
	}
}

func TestQuietPrintsLittle(t *testing.T) {
	for name, test := range map[string]struct {
		run   Run
		lines []string
	}{
		"conforming": {conforming(t), []string{"conforms: http"}},
		"failing": {failing(t), []string{"FAIL " + requirementOf("path").ID + " (documented)  want 404 or 403, got 401",
			"ERROR errors/example: the proxy is away", "does not conform: http"}},
		"skipping":    {skipping(t), []string{"SKIP 2 checks for want of --token SCOPE=VALUE", "inconclusive: "}},
		"unreachable": {unreachable(t), []string{"ERROR path/example: connection refused", "not judged: "}},
	} {
		var out strings.Builder
		Console{Out: &out, Width: 80, Quiet: true}.Header(test.run)
		text := out.String() + consoleText(Console{Quiet: true}, New(test.run))
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if len(lines) != len(test.lines) {
			t.Errorf("%s: %q", name, lines)
			continue
		}
		for i, line := range lines {
			if !strings.HasPrefix(line, test.lines[i]) {
				t.Errorf("%s: %q does not begin with %q", name, line, test.lines[i])
			}
		}
	}
}

func TestReportsAreNamed(t *testing.T) {
	written := []File{{"json", "out/report.json"}, {"junit", StandardOutput}}
	for name, run := range everyRun(t) {
		text := consoleText(Console{Written: written}, New(run))
		if !strings.Contains(text, "  report   json → out/report.json\n") || strings.Contains(text, "junit") || strings.Contains(text, "give --report") {
			t.Errorf("%s:\n%s", name, lastRows(text, roomAbovePrompt))
		}
	}
	if text := consoleText(Console{}, New(conforming(t))); strings.Contains(text, "report ") {
		t.Errorf("a run that conforms needs no report:\n%s", text)
	}
}
