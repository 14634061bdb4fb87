package report

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// printed gives what a console prints without colours.
func printed(console Console, from result.Report, width int) string {
	var out strings.Builder
	console.Out, console.Width = colorprofile.NewWriter(&out, []string{"TERM=xterm-256color", "NO_COLOR=1"}), width
	console.Header(from, len(from.Requirements), false)
	console.Result(from)
	return out.String()
}

// countsLine stays whole for those who look for it.
var countsLine = regexp.MustCompile(`\b\d+ (checks? of|requirements,) \d+ `)

func TestTheConsoleIsPlainAndNarrow(t *testing.T) {
	t.Parallel()
	for name, from := range reports() {
		for _, console := range []Console{{}, {Quiet: true}, {Verbose: true}} {
			for _, width := range []int{80, 100} {
				plain := printed(console, from, width)
				if strings.ContainsAny(plain, "\x1b\x00\r\u202e") {
					t.Errorf("%s: control characters in\n%q", name, plain)
				}
				var coloured strings.Builder
				console.Out, console.Width = &coloured, width
				console.Header(from, len(from.Requirements), false)
				console.Result(from)
				if ansi.Strip(coloured.String()) != plain {
					t.Errorf("%s: the plain text differs from the coloured one", name)
				}
				for line := range strings.SplitSeq(plain, "\n") {
					whole := strings.Contains(line, "curl ") || strings.Contains(line, "://") || len(strings.Fields(line)) < 2 || countsLine.MatchString(line)
					if columns := ansi.StringWidth(line); !whole && columns > width && !console.Quiet && name != "hostile" && name != "known" {
						t.Errorf("%s: %d columns: %s", name, columns, line)
					}
				}
			}
		}
	}
}

func TestTheConsoleShowsWhatAPersonNeeds(t *testing.T) {
	t.Parallel()
	recorded, lacking, interrupted := conforming(), skipping(), failing()
	lacking.Target.Source = "cassettes"
	recorded.Target.Source, recorded.Target.Provenance = "cassettes", "recorded from the emulator on 2026-01-02"
	interrupted.Exit, interrupted.Conclusion, interrupted.Checks[1].Findings = result.ExitInterrupted, "interrupted", nil
	for name, one := range map[string]struct {
		console Console
		from    result.Report
		parts   []string
	}{
		"failing": {Console{}, failing(), []string{"dpconform 1.2.3-test tests some.things.retry", "target http://127.0.0.1:8080", "description api/mine.yaml, revision 2026-01-01, 3 scopes",
			"sha256:aaaa", "path 1 pass, 1 fail", "FAIL x.path.one (documented)", "A path MUST be one.", `"so *it* is"`, "https://example.com/page#part", "want 404 or 403",
			"got a token (in 3 exchanges)", "curl -i --path-as-is -X POST", "WARN x.body.one", "SKIP semantics/example no job in state CANCELLED was given give --job CANCELLED=ID",
			"ERROR errors/example the proxy is away", "1 request retried after 503", "1 requirement failed x.path.one (documented)", "explain dpconform explain x.path.one", "resend curl",
			"rerun the same command with --focus x.path.one", "report to see every exchange, add --report html=report.html", "does not conform 5 checks of 4 requirements: 1 pass, 1 fail, 1 warn, 1 skip, 1 error; 1.23 s, exit 1"}},
		"recorded":     {Console{}, recorded, []string{"target cassettes of http://127.0.0.1:8080 recorded from the emulator", "conforms 2 checks of 2 requirements: 2 pass; 1.23 s, exit 0"}},
		"client":       {Console{}, ofClient(), []string{"tests a client of some.things.retry", "target client: node client.js"}},
		"inconclusive": {Console{}, skipping(), []string{"to test more, add", "2 checks --token SCOPE=VALUE", "rerun the same command, with what is listed above", "exit 3"}},
		"inconclusive recording": {Console{}, lacking, []string{"to test more, record again with (most useful first)", "2 checks --token SCOPE=VALUE",
			"rerun the same command, once dpconform record has made the cassettes again with what is listed above"}},
		"unreachable": {Console{}, unreachable(), []string{"ERROR path/example connection refused", "check dpconform doctor", "rerun the same command", "exit 4"}},
		"interrupted": {Console{}, interrupted, []string{"tested 3 of 5 checks until then", "rerun the same command", "exit 130"}},
		"known": {Console{}, withKnown(conforming()), []string{"KNOWN FAILURE NOT TESTED check: path/not-judged at known.yaml:5: no job",
			"UNEXPECTED-PASS check: path/unexpected-pass known a proxy, until 2027-01-31, https://issues.example/1 passed path/example fix remove the entry at known.yaml:4"}},
		"written":       {Console{Written: []File{{"html", "a.html"}, {"json", "-"}}}, failing(), []string{"report html → a.html 1 request"}},
		"quiet failing": {Console{Quiet: true}, withKnown(failing()), []string{"FAIL x.path.one (documented) want 404 or 403, got 401, and more", "UNEXPECTED-PASS check: path/unexpected-pass: remove the entry at known.yaml:4", "ERROR errors/example: the proxy is away", "does not conform: http://127.0.0.1:8080: 1 pass"}},
		"quiet skip":    {Console{Quiet: true}, skipping(), []string{"SKIP 2 checks: give --token SCOPE=VALUE"}},
	} {
		got := strings.Join(strings.Fields(printed(one.console, one.from, 80)), " ")
		for _, part := range one.parts {
			if !strings.Contains(got, part) {
				t.Errorf("%s: %q is not in\n%s", name, part, printed(one.console, one.from, 80))
			}
		}
	}
	if lines := strings.Count(printed(Console{Quiet: true}, conforming(), 80), "\n"); lines != 1 {
		t.Errorf("a target that conforms is %d quiet lines", lines)
	}
	expected := failing()
	expected.Checks[1].Findings[0].Verdict, expected.Checks[1].Findings[0].KnownFailure = result.ExpectedFail, "known.yaml:3"
	if got := printed(Console{}, withKnown(expected), 200); !strings.Contains(got, "EXPECTED-FAIL x.path.one in path/example: a proxy, until 2027-01-31, https://issues.example/1 (known.yaml:3)\n") {
		t.Error(got)
	}
}

// TestWhatFailedComesFirst: before warnings, what was skipped and what was not tested.
func TestWhatFailedComesFirst(t *testing.T) {
	t.Parallel()
	rest := printed(Console{}, failing(), 80)
	for _, word := range []string{"\nFAIL ", "\nERROR ", "\nWARN ", "\nSKIP ", "\n1 requirement failed"} {
		before, after, found := strings.Cut(rest, word)
		if !found {
			t.Errorf("%q is not behind\n%s", word, before)
		}
		rest = "\n" + after
	}
}

// TestAFixIsShownWithItsFailure in every format for a person.
func TestAFixIsShownWithItsFailure(t *testing.T) {
	t.Parallel()
	made := report(result.ExitFails, "does not conform", check("path/example", result.Fail, "", "", finding("x.path.one", result.Fail, 1, "this", "that")))
	made.Requirements[0].Fix = "Use the option DiscardUnknown."
	if got := printed(Console{}, made, 80); strings.Count(got, made.Requirements[0].Fix) != 2 {
		t.Error(got)
	}
	for _, format := range []string{"markdown", "html", "json", "sarif"} {
		var page bytes.Buffer
		if err := (File{format, StandardOutput}).Write(made, &page); err != nil || !strings.Contains(page.String(), "Use the option DiscardUnknown.") {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// TestFindingsThatSayTheSameAreShownOnce with their checks, those of scopes by the
// scopes.
func TestFindingsThatSayTheSameAreShownOnce(t *testing.T) {
	t.Parallel()
	made := report(result.ExitFails, "does not conform")
	made.Scopes = nil
	for i := range 66 {
		id := fmt.Sprintf("path/scope-%d", i)
		made.Checks = append(made.Checks, check(id, result.Fail, "", "", finding("x.path.one", result.Fail, 1, "this", "that")))
		made.Scopes = append(made.Scopes, result.Scope{Short: fmt.Sprintf("scope%d", i), Check: id})
	}
	made.Checks = append(made.Checks, check("path/other", result.Fail, "", "", finding("x.path.one", result.Fail, 1, "this", "that")))
	made.Requirements = []result.Requirement{requirement("x.path.one", spec.Documented, "It MUST be.")}
	const names = "the scopes scope0, scope1 and 64 more; path/other"
	if got := printed(Console{}, made, 80); strings.Count(got, "want  this") != 1 || !strings.Contains(got, names) {
		t.Error(got)
	}
	var page bytes.Buffer
	if err := WriteMarkdown(&page, made); err != nil || strings.Count(page.String(), "| want |") != 1 ||
		!strings.Contains(page.String(), "In `path/scope-0`, `path/scope-1`, `path/scope-2` and 64 more checks:\n") {
		t.Error(err, page.String())
	}
	if got := printed(Console{Verbose: true}, made, 80); !strings.Contains(got, "path/scope-65") {
		t.Error(got)
	}
}

// TestRequirementsThatNothingWasSeenOfAreShown beside the checks that were skipped.
func TestRequirementsThatNothingWasSeenOfAreShown(t *testing.T) {
	t.Parallel()
	made := report(result.ExitFails, "does not conform")
	made.Checks = []result.Check{check("path/one", result.Fail, "", "", finding("x.path.one", result.Fail, 1, "this", "that"))}
	hidden := requirement("x.path.two", spec.Documented, "It MUST be.")
	hidden.Verdict, hidden.Reason, hidden.Checks = result.Skip, "no response shows it", []string{"path/one"}
	made.Requirements = []result.Requirement{requirement("x.path.one", spec.Documented, "It MUST be."), hidden}
	if got := printed(Console{}, made, 80); !strings.Contains(got, "SKIP the requirement x.path.two\n  no response shows it\n") {
		t.Error(got)
	}
}

// failingAll is a report in which many requirements fail, each in two checks,
// with commands as long as they get.
func failingAll() result.Report {
	made := report(result.ExitFails, "does not conform")
	for i := range 40 {
		one := requirement(fmt.Sprintf("x.aspect%d.one", i%5), []spec.Level{spec.Inferred, spec.Platform, spec.Documented}[i%3], "It MUST be.")
		one.ID = fmt.Sprintf("%s-%d", one.ID, i)
		made.Requirements = append(made.Requirements, one)
		for k := range 2 {
			found := finding(one.ID, result.Fail, 1, "something that takes many words to say, so that it has to be cut", "something else\nin two lines")
			found.Curl = "curl " + strings.Repeat("long ", 60)
			made.Checks = append(made.Checks, check(fmt.Sprintf("%s/check-%d-%d", one.Aspect, i, k), result.Fail, "", "", found))
		}
	}
	made.Counts.Checks[result.Fail] = 80
	return made
}

// lastRows gives the last rows of a text on a terminal of 80 columns.
func lastRows(words string, count int) string {
	var rows []string
	for line := range strings.SplitSeq(strings.TrimSuffix(words, "\n"), "\n") {
		rows = append(rows, strings.Split(ansi.Hardwrap(line, 80, true), "\n")...)
	}
	return strings.Join(rows[max(0, len(rows)-count):], "\n")
}

func TestTheLastScreenIsEnough(t *testing.T) {
	t.Parallel()
	const abovePrompt = 23
	screen := lastRows(printed(Console{}, failingAll(), 80), abovePrompt)
	for _, part := range []string{"40 requirements failed, most severe first\n  x.aspect2.one-2 (documented)", "and 36 more (--verbose or a report lists them all)", "explain  dpconform explain x.aspect2.one-2",
		"rerun    the same command\n", "report   to see every", "does not conform\n", "80 fail", "exit 1"} {
		if !strings.Contains(screen, part) {
			t.Errorf("the last screen has no %q:\n%s", part, screen)
		}
	}
	if normal, verbose := printed(Console{}, failingAll(), 80), printed(Console{Verbose: true}, failingAll(), 80); strings.Contains(normal, "x.aspect0.one-0 (") ||
		!strings.Contains(normal, "FAIL 30 of 40 failures not shown (--verbose prints them)") || !strings.Contains(verbose, "x.aspect0.one-0 (") {
		t.Error("--verbose prints no more")
	}
	long := result.Cause{ID: "one", Summary: strings.Repeat("it reads no path ", 20), Fix: strings.Repeat("Read it. ", 80), Exchange: 1, Count: 10}
	for explained := range 11 {
		for causes := range 5 {
			if explained > 0 != (causes > 0) {
				continue
			}
			made := failingOften(explained, slices.Repeat([]result.Cause{long}, causes)...)
			whole := printed(Console{Program: "./bin/tool"}, made, 80)
			_, screen, _ := strings.Cut(whole, "\ntarget ")
			if screen = lastRows("target "+screen, 99); strings.Count(screen, "\n") >= abovePrompt {
				t.Errorf("%d of 10 explained by %d causes: more than a screen:\n%s", explained, causes, screen)
			}
			for part, there := range map[string]bool{"target http://127.0.0.1:8080\n": true, "\n  explain  ./bin/tool explain path.": true, "\n  rerun    ": true, "\nCAUSE it reads": explained > 0, "\n  fix ": explained > 0,
				" (fix: above)\n": causes > 1, "and 1 more cause: see above": causes == 4, "; the cause explains all\n": causes == 1 && explained == 10, "; the 3 causes explain ": causes == 3, " (platform)  want ": explained < 10} {
				if strings.Contains(screen, part) != there {
					t.Errorf("%d of 10 explained by %d causes: %q is there: %v\n%s", explained, causes, part, !there, screen)
				}
			}
		}
	}
	made := failingOften(7, result.Cause{ID: "one", Summary: "it reads no path", Fix: "Read it.", Exchange: 1, Count: 10})
	again := made.Checks[8]
	again.ID, again.Findings = "path/again", slices.Clone(again.Findings)
	again.Findings[0].Cause = "one"
	made.Checks = append(made.Checks, again)
	for _, part := range []string{"10 requirements failed; the cause explains 7 in full; the other 3 (1 explained in part), most severe first\n", "path.rule-8 (platform)  1 of its 2 checks: want 404, got 200\n"} {
		if got := printed(Console{}, made, 120); !strings.Contains(got, part) {
			t.Errorf("it does not say %q:\n%s", part, got)
		}
	}
	// A cause that explains neither the most severe failure nor most of them follows.
	made = failingOften(3, result.Cause{ID: "one", Summary: "it reads no path", Fix: "Read it.", Exchange: 1, Count: 10})
	made.Requirements[9].Level = spec.Documented
	got, page := printed(Console{}, made, 120), written(t, made, WriteMarkdown)
	for _, first := range []int{strings.Index(got, "FAIL x.path.rule-9") - strings.Index(got, "CAUSE it reads"), strings.LastIndex(got, "path.rule-9 (documented)  want") - strings.LastIndex(got, "CAUSE it reads"),
		strings.Index(page, "#### `x.path.rule-9`") - strings.Index(page, "**Cause:** it reads")} {
		if first > 0 || !strings.Contains(page, "\n\n**Cause:** it reads") {
			t.Errorf("the cause is first, or in a paragraph of another:\n%s\n%s", got, page)
		}
	}
	many := report(result.ExitFails, "does not conform")
	for i := range 6 {
		many.Checks = append(many.Checks, check(fmt.Sprintf("path/example-%d", i), result.Fail, "", "", finding("x.path.one", result.Fail, 1, "this", fmt.Sprint("that ", i))),
			check(fmt.Sprintf("body/example-%d", i), result.Skip, "no job", "--job FAILED=ID"))
	}
	many.Checks = append(many.Checks, check("path/example-6", result.Fail, "", "", finding("x.path.one", result.Fail, 1, "this", "that 5")))
	many.Requirements = []result.Requirement{requirement("x.path.one", spec.Documented, "It MUST be.")}
	got = printed(Console{}, many, 80)
	if want := "\n  skipped  6 checks: add --job FAILED=ID\n  rerun"; !strings.Contains(got, want) {
		t.Errorf("there is no %q in\n%s", want, got)
	}
	many.Checks[1].MissingJobs, many.Checks[3].MissingJobs, many.Checks[5].Flag, many.Checks[5].Reason = 8, 1, "", "needs a job"+result.FixFirst
	if got, want := printed(Console{}, many, 80), "\n  skipped  6 checks: fix what failed first (1 check), add at least 9 more --job\n           FAILED=ID (5 checks)\n  rerun"; !strings.Contains(got, want) {
		t.Errorf("there is no %q in\n%s", want, got)
	}
	if strings.Count(got, "want  this") != shownFindings || !strings.Contains(got, "and 4 more: path/example-3") || strings.Count(got, "give  --job FAILED=ID") != 1 || !strings.Contains(got, "and 3 more checks") {
		t.Error(got)
	}
}

// TestWhatWasFoundIsShownWhole where two rows are enough, and values that differ are
// one finding.
func TestWhatWasFoundIsShownWhole(t *testing.T) {
	t.Parallel()
	made := report(result.ExitFails, "does not conform", check("path/example", result.Fail, "", "",
		finding("x.path.one", result.Fail, 1, "a response without a second request, as before", `the id "archives/1", and the connection is closed`),
		finding("x.path.one", result.Fail, 1, "a response without a second request, as before", `the id "archives/2", and the connection is closed`)))
	got := printed(Console{}, made, 80)
	for _, part := range []string{"\n    got   the id \"archives/1\", and the connection is closed (in 2 exchanges,\n          with different values)\n",
		"\n  x.path.one (documented)  want a response without a second request, as\n    before, got the id \"archives/1\", and the connection is closed\n"} {
		if !strings.Contains(got, part) || strings.Contains(got, "archives/2") {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
}

// TestALineIsCutAtAWord, and a word that is too long where it has to be.
func TestALineIsCutAtAWord(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		line    string
		columns int
		more    bool
		want    string
	}{
		{"it fits", 7, false, "it fits"},
		{"it fits", 20, true, "it fits …"},
		{"the first may have, taken effect", 21, false, "the first may have …"},
		{"the-first-may-have-taken-effect", 12, false, "the-first- …"},
	} {
		if got := cutAtWord(test.line, test.columns, test.more); got != test.want {
			t.Errorf("%q at %d: %q, want %q", test.line, test.columns, got, test.want)
		}
	}
}
