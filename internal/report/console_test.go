package report

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/dpconform/dpconform/internal/result"
)

// plain gives what a console prints where nobody sees colours.
func plain(run Run, width int) string {
	var out strings.Builder
	console := Console{Out: colorprofile.NewWriter(&out, []string{"TERM=xterm-256color", "NO_COLOR=1"}), Width: width}
	console.Header(run)
	console.Result(New(run))
	return out.String()
}

func TestTheConsoleIsPlainWhereNobodySeesColours(t *testing.T) {
	for name, run := range everyRun(t) {
		text := plain(run, 80)
		if strings.ContainsRune(text, '\x1b') {
			t.Errorf("%s: escape sequences in\n%q", name, text)
		}
		var coloured strings.Builder
		Console{Out: &coloured, Width: 80}.Header(run)
		Console{Out: &coloured, Width: 80}.Result(New(run))
		if ansi.Strip(coloured.String()) != text {
			t.Errorf("%s: the plain text is another than the coloured one", name)
		}
	}
}

func TestTheConsoleEndsWithTheVerdict(t *testing.T) {
	for name, test := range map[string]struct {
		run  Run
		last string
	}{
		"conforming":  {conforming(t), "conforms\n2 checks of 2 requirements: 2 pass; 1.23 s, exit 0\n"},
		"failing":     {failing(t), "does not conform\n5 checks of 4 requirements: 1 pass, 1 fail, 1 warn, 1 skip, 1 error; 1.23 s,\nexit 1\n"},
		"skipping":    {skipping(t), "could not be judged\n3 checks of 2 requirements: 1 pass, 2 skip; 1.23 s, exit 3\n"},
		"unreachable": {unreachable(t), "could not be reached\n1 check of 1 requirement: 1 error; 1.23 s, exit 4\n"},
	} {
		if text := plain(test.run, 80); !strings.HasSuffix(text, test.last) {
			t.Errorf("%s ends with %q", name, text[max(0, len(text)-200):])
		}
	}
}

func TestTheConsoleShowsWhatAPersonNeeds(t *testing.T) {
	run := failing(t)
	text := strings.Join(strings.Fields(plain(run, 80)), " ")
	broken := requirementOf("path")
	for what, part := range map[string]string{
		"version":     "dpconform 1.2.3-test judges dataportability.archiveJobs.retry",
		"target":      run.Target.Endpoint(),
		"description": contract.File + ", revision " + contract.Revision,
		"digest":      contract.Digest[:20],
		"aspect":      "path 1 pass, 1 fail",
		"requirement": "FAIL " + broken.ID + " (" + string(broken.Level) + ")",
		"statement":   broken.Statement,
		"quote":       `"` + broken.Quote + `"`,
		"source":      broken.Source,
		"want":        "want 404 or 403",
		"got":         "got 401, and the token",
		"count":       "(in 3 exchanges)",
		"curl":        "curl -i --path-as-is -X POST '" + run.Target.Endpoint() + "/v1/a:retry'",
		"warning":     "WARN " + requirementOf("body").ID,
		"skip":        "SKIP semantics/example no job in state CANCELLED was given give --job CANCELLED=ID",
		"error":       "ERROR errors/example the proxy is away",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s: %q is not in\n%s", what, part, plain(run, 80))
		}
	}
}

func TestAnswersFromCassettesSaySo(t *testing.T) {
	run := conforming(t)
	run.Source, run.Provenance = "cassettes", "recorded from the emulator on 2026-01-02"
	head, _, _ := strings.Cut(plain(run, 80), "description")
	if !strings.Contains(head, "cassettes") || !strings.Contains(head, run.Provenance) {
		t.Errorf("the first lines are\n%s", head)
	}
	if report := New(run); report.Target.Source != "cassettes" || report.Target.Provenance != run.Provenance {
		t.Errorf("%+v", report.Target)
	}
}

func TestProseKeepsToTheWidth(t *testing.T) {
	for _, width := range []int{80, 100} {
		for name, run := range everyRun(t) {
			wantNarrow(t, name, plain(run, width), width)
		}
		var out strings.Builder
		console := Console{Out: colorprofile.NewWriter(&out, []string{"NO_COLOR=1"}), Width: width}
		catalogue := NewCatalogue(contract)
		for _, all := range []bool{false, true} {
			out.Reset()
			console.List(catalogue, all)
			wantNarrow(t, "list", out.String(), width)
		}
		for _, entry := range catalogue.Requirements {
			out.Reset()
			if !console.Explain(catalogue, entry.ID) {
				t.Errorf("%s cannot be explained", entry.ID)
			}
			wantNarrow(t, entry.ID, out.String(), width)
		}
	}
}

// countsLine is a line of counts, which stays whole for those who look for it.
var countsLine = regexp.MustCompile(`\b\d+ (checks? of|requirements,) \d+ `)

// wantNarrow checks the width of lines. One word longer than a line, a URL, a
// command and a line of counts stay whole, so that they can be copied; a hyphen
// at the end may stand in the margin.
func wantNarrow(t *testing.T, name, text string, width int) {
	t.Helper()
	for line := range strings.SplitSeq(text, "\n") {
		whole := strings.Contains(line, "curl ") || strings.Contains(line, "://") || len(strings.Fields(line)) < 2 || countsLine.MatchString(line)
		if columns := ansi.StringWidth(strings.TrimSuffix(line, "-")); !whole && columns > width {
			t.Errorf("%s: %d columns: %s", name, columns, line)
		}
	}
}

func TestManyOfOneKindAreCounted(t *testing.T) {
	s := newScenario(t)
	for range shownFindings + 2 {
		s.add("path/example", result.Fail, "", "", finding("path", result.Fail, nil, "this", "that"))
	}
	for range 6 {
		s.add("body/example", result.Skip, "no job", "--job FAILED=ID")
	}
	text := plain(s.run(result.ExitFails), 80)
	if strings.Count(text, "want  this") != shownFindings || !strings.Contains(text, "and 2 more: path/example") {
		t.Errorf("findings in\n%s", text)
	}
	if strings.Count(text, "give  --job FAILED=ID") != 1 || !strings.Contains(text, "and 3 more checks") {
		t.Errorf("skips in\n%s", text)
	}
}

func TestWhatNobodyKnowsCannotBeExplained(t *testing.T) {
	catalogue := NewCatalogue(contract)
	console := Console{Out: io.Discard, Width: 80}
	for id, known := range map[string]bool{"": false, "retry.path.gone": false, "path": false, catalogue.Requirements[0].ID: true, catalogue.Checks[0].ID: true} {
		if console.Explain(catalogue, id) != known {
			t.Errorf("%q: explained %v", id, !known)
		}
	}
}
