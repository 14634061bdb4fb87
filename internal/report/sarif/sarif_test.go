package sarif

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// mixed is a run with every verdict, of a description in the repository.
func mixed() report.Report {
	requirement := func(id, statement string, level spec.Level, line int) report.Requirement {
		return report.Requirement{Requirement: spec.Requirement{ID: id, Level: level, Statement: statement, Quote: "so it *is*",
			Source: "https://example.com/page#part 4.2", Line: line}, Aspect: "path"}
	}
	check := func(id string, verdict result.Verdict, findings ...report.Finding) report.Check {
		return report.Check{ID: id, Requirements: []string{"retry.path.a"}, Verdict: verdict, Reason: "the reason", Flag: "--job", Findings: findings}
	}
	finding := func(requirement string, verdict result.Verdict, got string) report.Finding {
		return report.Finding{Requirement: requirement, Verdict: verdict, Want: "404", Got: got, Count: 2, Exchange: 3, Place: result.InStatus, Curl: "curl x"}
	}
	known := finding("retry.path.a", result.ExpectedFail, "200")
	known.KnownFailure = "known.yaml:3"
	return report.Report{
		Tool: report.Tool{Name: "dpconform", Version: "1"}, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Milliseconds: 1500,
		Target: report.Target{Endpoint: "http://127.0.0.1:4711", Source: "network"}, Exit: 1, Conclusion: "does not conform", Stale: "too old",
		Description: report.Description{File: "api/my file.yaml", Digest: "sha256:" + strings.Repeat("a", 64)}, Settings: report.Settings{Level: spec.Platform},
		Counts:       report.Counts{Checks: map[result.Verdict]int{result.Fail: 1, result.Error: 1}, Requirements: map[result.Verdict]int{result.Fail: 1}},
		Requirements: []report.Requirement{requirement("retry.path.a", "It MUST be.", spec.Documented, 12), requirement("retry.path.b-c", "It SHOULD be.", spec.Inferred, 0)},
		Checks: []report.Check{
			check("path/fails", result.Fail, finding("retry.path.a", result.Fail, "200 [click](http://evil.example)"), finding("retry.path.b-c", result.Warn, "200")),
			check("path/known", result.ExpectedFail, known), check("path/error", result.Error), check("path/skip", result.Skip), check("path/pass", result.Pass),
		},
		KnownFailures: []report.KnownFailure{
			{Name: "known.yaml:3", Entry: "check: path/known", File: "known.yaml", Line: 3, Reason: "a proxy", State: result.KnownUsed},
			{Name: "known.yaml:7", Entry: "check: path/pass", File: "known.yaml", Line: 7, Reason: "a proxy", State: result.KnownPassed, Checks: []string{"path/pass"}},
		},
	}
}

func runIn(t *testing.T, found report.Report) run {
	t.Helper()
	var text strings.Builder
	if err := Write(&text, found); err != nil {
		t.Fatal(err)
	}
	var read document
	decoder := json.NewDecoder(strings.NewReader(text.String()))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil {
		t.Fatal(err)
	}
	if read.Version != "2.1.0" || len(read.Runs) != 1 || strings.Contains(text.String(), ": null") {
		t.Fatal(text.String())
	}
	return read.Runs[0]
}

func TestEachFindingIsAResultAtItsLine(t *testing.T) {
	t.Setenv("GITHUB_WORKSPACE", "")
	got := runIn(t, mixed())
	for i, want := range []struct {
		rule, level, uri, justification string
		line                            int
	}{
		{"retry.path.a", "error", "api/my%20file.yaml", "", 12},
		{"retry.path.b-c", "warning", "api/my%20file.yaml", "", 1},
		{"retry.path.a", "error", "api/my%20file.yaml", "a proxy (known.yaml:3)", 12},
		{unexpectedPass, "error", "known.yaml", "", 7},
	} {
		one := got.Results[i]
		place := one.Locations[0].Physical
		justification := ""
		for _, suppression := range one.Suppressions {
			justification = suppression.Justification
		}
		if one.RuleID != want.rule || one.Level != want.level || place.Artifact.URI != want.uri || place.Artifact.Base != repositoryRoot ||
			place.Region.StartLine != want.line || justification != want.justification {
			t.Errorf("result %d: %+v", i, one)
		}
		if got.Tool.Driver.Rules[one.RuleIndex].ID != one.RuleID {
			t.Errorf("result %d has the rule %s", i, got.Tool.Driver.Rules[one.RuleIndex].ID)
		}
	}
	if len(got.Results) != 4 {
		t.Errorf("%d results", len(got.Results))
	}
	if message := got.Results[0].Message.Text; message != `path/fails: want 404, got 200 \[click\](http://evil.example)` {
		t.Error(message)
	}
}

func TestFingerprintsAreOfRequirementAndCheck(t *testing.T) {
	before, moved := mixed(), mixed()
	for i := range moved.Requirements {
		moved.Requirements[i].Line += 100
	}
	moved.Target.Endpoint, moved.Started = "http://127.0.0.1:9999", moved.Started.Add(time.Hour)
	one, other := runIn(t, before), runIn(t, moved)
	seen := map[string]bool{}
	for i, sarifResult := range one.Results {
		print := sarifResult.Fingerprints["primaryLocationLineHash"]
		if print == "" || seen[print] || print != other.Results[i].Fingerprints["primaryLocationLineHash"] {
			t.Errorf("result %d has %v and %v", i, sarifResult.Fingerprints, other.Results[i].Fingerprints)
		}
		seen[print] = true
	}
	if one.AutomationDetails != other.AutomationDetails || one.AutomationDetails.ID != "dpconform/127.0.0.1/" {
		t.Errorf("%v, %v", one.AutomationDetails, other.AutomationDetails)
	}
}

func TestWhatWasNotJudgedIsANotification(t *testing.T) {
	one := runIn(t, mixed()).Invocations[0]
	if one.ExecutionSuccessful || one.ExitCode != 1 || one.StartTime != "2026-01-02T03:04:05.000Z" || one.EndTime != "2026-01-02T03:04:06.500Z" {
		t.Errorf("%+v", one)
	}
	if len(one.Execution) != 2 || one.Execution[0].Level != "error" || one.Execution[1].Level != "note" || one.Execution[1].Message.Text != "path/skip: the reason; give --job" {
		t.Errorf("%+v", one.Execution)
	}
	if len(one.Configuration) != 1 || one.Configuration[0].Message.Text != "too old" || one.Configuration[0].Descriptor.ID != notices[stale].ID {
		t.Errorf("%+v", one.Configuration)
	}
	found := mixed()
	found.Checks = found.Checks[:1]
	found.Counts.Checks = map[result.Verdict]int{result.Fail: 1}
	if one := runIn(t, found).Invocations[0]; !one.ExecutionSuccessful {
		t.Error("a server that fails is a run that succeeds")
	}
	found.Exit = result.ExitInterrupted
	if one := runIn(t, found).Invocations[0]; one.ExecutionSuccessful {
		t.Error("an interrupted run succeeds")
	}
}

func TestEachRequirementIsARule(t *testing.T) {
	rules := runIn(t, mixed()).Tool.Driver.Rules
	first, second := rules[0], rules[1]
	if first.Name != "RetryPathA" || second.Name != "RetryPathBC" || first.Configuration.Level != "error" || second.Configuration.Level != "warning" ||
		first.HelpURI != "https://example.com/page#part" || strings.Join(first.Properties.Tags, " ") != "path documented" || first.Properties.Severity != "error" {
		t.Errorf("%+v\n%+v", first, second)
	}
	for _, part := range []string{"> “so it \\*is\\*”", "<https://example.com/page#part>", "dpconform explain retry.path.a"} {
		if !strings.Contains(first.Help.Markdown, part) {
			t.Errorf("the help lacks %q: %s", part, first.Help.Markdown)
		}
	}
	for source, want := range map[string]string{"": "", "RFC 9110, 15": "", "javascript:alert(1)": "", "https://a.example/x y": "https://a.example/x", "https://a.example/`": ""} {
		if got := webAddress(source); got != want {
			t.Errorf("%q is at %q, want %q", source, got, want)
		}
	}
}

// TestAPlaceOutsideOfTheRepositoryIsRelative: code scanning refuses results that
// have no place, or one on another machine.
func TestAPlaceOutsideOfTheRepositoryIsRelative(t *testing.T) {
	t.Setenv("GITHUB_WORKSPACE", t.TempDir())
	shipped := report.Description{File: spec.EmbeddedName, Digest: spec.Embedded().Digest()}
	for want, description := range map[string]report.Description{
		spec.EmbeddedName: shipped, "mine.yaml": {File: filepath.Join(t.TempDir(), "mine.yaml")},
	} {
		found := mixed()
		found.Description = description
		got := runIn(t, found)
		place := got.Results[0].Locations[0].Physical.Artifact
		if place.URI != want || place.Base != elsewhere || got.Bases[elsewhere].Description == nil {
			t.Errorf("%+v, want %s", place, want)
		}
	}
}
