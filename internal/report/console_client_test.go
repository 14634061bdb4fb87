package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// calling is the report of a client of which each call has a verdict; a fail is
// that no request arrived.
func calling(exit int, verdicts ...result.Verdict) result.Report {
	var checks []result.Check
	for i, verdict := range verdicts {
		one := check([]string{"success", "reset", "slow"}[i], verdict, "", "")
		one.Aspect, one.Requirements, one.Call = "call", []string{"client.http.syntax"}, &result.Call{Steps: 1, Command: &result.Command{}}
		if verdict == result.Fail {
			one.Findings = []result.Finding{finding(result.ConditionCalled, result.Fail, 0, "a request", "none")}
		}
		checks = append(checks, one)
	}
	made := report(exit, "does not conform", checks...)
	made.Client = &result.Client{Command: []string{"./client"}}
	syntax := requirement("client.http.syntax", spec.Documented, "HTTP MUST be well-formed.")
	syntax.Verdict, syntax.Checks = result.Pass, []string{"success"}
	made.Requirements, made.Counts.Requirements = append(made.Requirements, syntax), map[result.Verdict]int{result.Pass: 1}
	return made
}

func TestTheConsoleShowsACondition(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		report result.Report
		want   []string
	}{
		"some": {calling(result.ExitFails, result.Fail, result.UnexpectedPass, result.Pass), []string{
			"  fail             success ", "  unexpected-pass  reset ", "  pass             slow ",
			"no request arrived in success\n  scenario.called (test condition)  want a request, got none\n",
			"rerun    the same command with --scenario success\n", "3 scenarios: 1 pass, 1 fail, 1 unexpected-pass; 1 requirement: 1 pass; "}},
		"all": {calling(result.ExitFails, result.Fail, result.Fail), []string{"rerun    the same command\n", "2 scenarios: 2 fail; 1 requirement: 1 pass; "}},
	} {
		shown := printed(Console{}, row.report, 100)
		for _, want := range row.want {
			if !strings.Contains(shown, want) {
				t.Errorf("%s: no %q in\n%s", name, want, shown)
			}
		}
		if strings.Contains(shown, "(documented)") {
			t.Errorf("%s: a condition is taken for a requirement:\n%s", name, shown)
		}
	}
}

func TestPagesCountTheRequirementsOfAClient(t *testing.T) {
	t.Parallel()
	from := calling(result.ExitFails, result.Fail, result.Pass, result.Skip)
	from.Checks[2].Reason = "the client chose HTTP/1.1"
	outcome := requirement("client.outcome.new-id", spec.Platform, "It MUST be reported.")
	outcome.Verdict, outcome.Reason = result.Skip, "it was not reported"
	outcome.Checks = []string{"success"}
	from.Checks[0].Call.Untested = []result.Untested{{Requirement: outcome.ID, Reason: outcome.Reason, Flag: "a line of JSON"}}
	from.Checks[0].Requirements = nil
	withOutcome := from
	withOutcome.Requirements = append(slices.Clone(from.Requirements), outcome)
	words, _ := pageOf(t, withOutcome)
	for _, want := range []string{`id="untested"`, outcome.Reason, "Give a line of JSON", "Scenarios in which no requirement could be tested", "No request arrived", "test condition", "HTTP", `id="skipped"`, "3 scenarios", "1 of 3 scenarios failed."} {
		if !strings.Contains(words, want) {
			t.Errorf("no %q in\n%s", want, words)
		}
	}
	for _, wrong := range []string{"0 checks", "Http", "missing input", "Seed"} {
		if strings.Contains(words, wrong) {
			t.Errorf("%q in\n%s", wrong, words)
		}
	}
	if page := written(t, from, WriteMarkdown); !strings.Contains(page, "| HTTP | 1 | 0 | 0 |\n| all requirements | 1 | 0 | 0 |\n| all scenarios | 1 | 1 | 1 |\n") {
		t.Error(page)
	}
}

// TestAWarningAfterAFailureSaysWhyItIsOne, and does not repeat the requirement.
func TestAWarningAfterAFailureSaysWhyItIsOne(t *testing.T) {
	t.Parallel()
	made := report(result.ExitFails, "does not conform",
		check("reset", result.Fail, "", "", finding("client.http.syntax", result.Fail, 0, "one request", "two")),
		check("success", result.Warn, "", "", finding("client.http.syntax", result.Warn, 0, "one request", "two")))
	made.Client, made.Requirements = &result.Client{}, []result.Requirement{requirement("client.http.syntax", spec.Inferred, "It SHOULD be so.")}
	shown := printed(Console{}, made, 80)
	if strings.Count(shown, "It SHOULD be so.") != 1 || !strings.Contains(shown, "WARN client.http.syntax (inferred)\n  See above. Here it is only a warning: these scenarios test something else.\n\n  success\n") {
		t.Error(shown)
	}
}
