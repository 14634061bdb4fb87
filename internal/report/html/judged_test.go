package html

import (
	"regexp"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
)

// judged is a requirement of checks with these verdicts.
func judged(of result.Verdict, checks ...result.Verdict) report.Report {
	made := sample(len(checks))
	made.Requirements[0].Verdict = of
	for i, verdict := range checks {
		made.Checks[i].Verdict = verdict
	}
	made.Counts = countsOf(made)
	return made
}

func TestOutcomeCountsTheChecks(t *testing.T) {
	stumbled := judged(result.Pass, result.Pass, result.Fail)
	stumbled.Checks[1].Findings = []report.Finding{{Requirement: "another", Verdict: result.Fail}}
	told := judged(result.Pass, result.Pass)
	told.Requirements[0].Reason = "a check is not in this report"
	alone := judged(result.Skip, result.Skip)
	alone.Requirements[0].Checks = nil
	cases := []struct {
		from   report.Report
		want   string
		inPart bool
	}{
		{judged(result.Fail, result.Pass, result.Fail, result.Pass), "1 of 3 checks fails", false},
		{judged(result.Fail, result.Fail, result.Fail, result.Pass, result.Skip), "2 of 4 checks fail, 1 not judged", false},
		{judged(result.Warn, result.Warn), "1 check warns", false},
		{judged(result.Pass, result.Pass, result.Pass), "2 checks pass", false},
		{judged(result.Pass, result.Pass, result.Skip, result.Skip), "pass, in part: 2 of 3 checks not judged", true},
		{judged(result.Skip, result.Skip, result.Skip), "2 checks not judged", false},
		{judged(result.Error, result.Pass, result.Error), "1 of 2 checks ends in an error", false},
		{judged("odd", "odd"), "1 check says odd", false},
		{stumbled, "pass, in part: 1 of 2 checks not judged", true},
		{told, "pass, in part", true},
		{alone, "skip", false},
	}
	for _, test := range cases {
		maker := newMaker(test.from)
		if got := maker.outcome(test.from.Requirements[0]); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
		if got := maker.inPart(test.from.Requirements[0]); got != test.inPart {
			t.Errorf("%s: in part is %t", test.want, got)
		}
	}
}

func TestPageCountsWhatPassedInPart(t *testing.T) {
	from := judged(result.Pass, result.Pass, result.Skip)
	page, document := written(t, from)
	if !strings.Contains(page, "<b>pass, in part: 1 of 2 checks not judged</b>") {
		t.Error("the requirement does not say that it passed in part")
	}
	for _, element := range elements(document) {
		if element.Data == "header" && !strings.Contains(textBelow(element), "1 pass, 1 of them in part") {
			t.Error("the top does not count what passed in part")
		}
	}
}

func TestPasteable(t *testing.T) {
	for _, good := range []string{"--job COMPLETE=ID", "--spec FILE", "--endpoint http://127.0.0.1:PORT", "--allow-retry --job FAILED=ID", "--allow-retry"} {
		if !pasteable(good) {
			t.Errorf("%q is none", good)
		}
	}
	for _, bad := range []string{"", "give --job", "--token SCOPE=VALUE, several joined by +, or --token-template TEXT", "--job FAILED=ID or --job CANCELLED=ID",
		"--allow-retry with --job FAILED=ID", "--spec FILE that has it", "--token-template TEXT, for a server that mints tokens by name"} {
		if pasteable(bad) {
			t.Errorf("%q is one", bad)
		}
	}
}

func TestOnlyFlagsThatCanBePastedAreCopied(t *testing.T) {
	from := judged(result.Skip, result.Skip, result.Skip)
	from.Checks[0].Flag, from.Checks[1].Flag = "--job COMPLETE=ID", "--spec FILE that has it"
	page, _ := written(t, from)
	for _, want := range []string{`<pre class="copy">--job COMPLETE=ID</pre>`, `<pre class="flag">--spec FILE that has it</pre>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestWithCode(t *testing.T) {
	for text, want := range map[string]string{
		"the verb `:retry` MUST":  "the verb <code>:retry</code> MUST",
		"`a` and `<b>` & `c":      "<code>a</code> and <code>&lt;b&gt;</code> &amp; `c",
		"one ` alone":             "one ` alone",
		"empty `` stays":          "empty `` stays",
		"`over\ntwo lines` `one`": "`over\ntwo lines<code> </code>one`",
		"<script>`</script>`":     "&lt;script&gt;<code>&lt;/script&gt;</code>",
		"":                        "",
	} {
		if got := string(withCode(text)); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestEveryVerdictIsShownAtFirst(t *testing.T) {
	page, _ := written(t, reports()["failing"])
	if !strings.Contains(page, `<button type="button" aria-pressed="true" data-verdict="">all</button>`) {
		t.Error("no button shows all verdicts")
	}
	pressed := regexp.MustCompile(`aria-pressed="(\w+)" data-verdict="\w`).FindAllStringSubmatch(page, -1)
	if len(pressed) != 2 || pressed[0][1] != "false" || pressed[1][1] != "false" {
		t.Errorf("the buttons of verdicts are pressed: %v", pressed)
	}
}
