package suites_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// knownCheck and knownRequirement are known failures of all whose id begins so.
func knownCheck(beginning string) suites.Known {
	return suites.Known{Name: beginning, Reason: "the gateway", Covers: func(check, _ string) bool { return strings.HasPrefix(check, beginning) }}
}

func knownRequirement(beginning string) suites.Known {
	return suites.Known{Name: beginning, Reason: "the gateway", Covers: func(_, requirement string) bool { return strings.HasPrefix(requirement, beginning) }}
}

func TestKnownFailures(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	for _, one := range []struct {
		name      string
		options   emulator.Options
		change    func(*target.Config, http.Handler)
		selection suites.Selection
		known     []suites.Known
		exit      int
		states    []suites.KnownState
		// requirement is one whose verdict is looked at.
		requirement string
		verdict     suites.Verdict
	}{
		{"by requirement", emulator.Options{Fault: "last-scope-refused"}, nil, suites.Selection{},
			[]suites.Known{knownRequirement("retry.authorization.scope")}, suites.ExitConforms, []suites.KnownState{suites.KnownUsed},
			"retry.authorization.scope", suites.ExpectedFail},
		{"by check", emulator.Options{Fault: "unknown-field-ignored"}, nil, suites.Selection{},
			[]suites.Known{knownCheck("body/unknown-field")}, suites.ExitConforms, []suites.KnownState{suites.KnownUsed},
			"retry.body.unknown-field", suites.ExpectedFail},
		{"the failure of another requirement of the same check", emulator.Options{Fault: "unknown-field-ignored"}, nil, suites.Selection{},
			[]suites.Known{knownRequirement("retry.body.unknown-field")}, suites.ExitFails, []suites.KnownState{suites.KnownUsed},
			"retry.body.not-empty", suites.Fail},
		{"a warning", emulator.Options{Fault: "trailing-slash-taken"}, nil, suites.Selection{},
			[]suites.Known{knownRequirement("retry.path.trailing-slash")}, suites.ExitConforms, []suites.KnownState{suites.KnownUsed},
			"retry.path.trailing-slash", suites.ExpectedFail},
		{"what the failure hides is no lack", emulator.Options{Fault: "wrong-state-conflict"}, nil, suites.Selection{},
			[]suites.Known{knownRequirement("retry.semantics.refusal-status")}, suites.ExitConforms, []suites.KnownState{suites.KnownUsed},
			"retry.semantics.refusal-status", suites.ExpectedFail},
		{"an unexpected pass of a requirement", emulator.Options{}, nil, suites.Selection{},
			[]suites.Known{knownRequirement("retry.body.empty-message")}, suites.ExitFails, []suites.KnownState{suites.KnownPassed},
			"retry.body.empty-message", suites.UnexpectedPass},
		{"an unexpected pass of one requirement says nothing of another", emulator.Options{}, nil, suites.Selection{},
			[]suites.Known{knownRequirement("retry.body.unknown-field")}, suites.ExitFails, []suites.KnownState{suites.KnownPassed},
			"retry.body.not-empty", suites.Pass},
		{"an unexpected pass beside a warning", emulator.Options{Fault: "challenge-without-error"}, nil, suites.Selection{},
			[]suites.Known{knownRequirement("retry.authorization.unknown-token")}, suites.ExitFails, []suites.KnownState{suites.KnownPassed},
			"retry.authorization.challenge-error", suites.Warn},
		{"one used and one not", emulator.Options{Fault: "last-scope-refused"}, nil, suites.Selection{},
			[]suites.Known{knownCheck("authorization/scope/"), knownCheck("path/two-segments")}, suites.ExitFails,
			[]suites.KnownState{suites.KnownUsed, suites.KnownPassed}, "retry.authorization.scope", suites.ExpectedFail},
		{"not judged for want of a job", emulator.Options{}, func(config *target.Config, _ http.Handler) { config.Jobs = nil }, suites.Selection{},
			[]suites.Known{knownRequirement("retry.semantics.only-failed")}, suites.ExitInconclusive, []suites.KnownState{suites.KnownNotJudged},
			"retry.semantics.only-failed", suites.Skip},
		{"not judged because the check failed otherwise", emulator.Options{Fault: "wrong-state-conflict"}, nil, suites.Selection{},
			[]suites.Known{knownRequirement("retry.semantics.refusal-keeps-state")}, suites.ExitFails, []suites.KnownState{suites.KnownNotJudged},
			"retry.semantics.refusal-keeps-state", suites.Skip},
		{"selected in part", emulator.Options{}, nil, suites.Selection{Focus: []string{"body/empty"}},
			[]suites.Known{knownRequirement("retry.body.empty")}, suites.ExitConforms, []suites.KnownState{suites.KnownNotJudged},
			"retry.body.empty", suites.Pass},
		{"not selected", emulator.Options{}, nil, suites.Selection{Focus: []string{"body/empty"}},
			[]suites.Known{knownRequirement("retry.path.case")}, suites.ExitConforms, nil, "retry.body.empty", suites.Pass},
	} {
		t.Run(one.name, func(t *testing.T) {
			change := one.change
			if change == nil {
				change = func(config *target.Config, handler http.Handler) { config.Transport = inProcess{handler} }
			}
			server := emulated(t, contract, one.options, change)
			outcome, err := suites.Run(context.Background(), suites.Config{Contract: contract, Target: server, Seed: 1, Known: one.known}, one.selection)
			if err != nil {
				t.Fatal(err)
			}
			var states []suites.KnownState
			for _, known := range outcome.Known {
				states = append(states, known.State)
				if (known.State == suites.KnownNotJudged) != (known.Reason != "") {
					t.Errorf("%s is %s for the reason %q", known.Known.Name, known.State, known.Reason)
				}
			}
			if outcome.Exit != one.exit || !slices.Equal(states, one.states) {
				t.Errorf("exit %d, want %d; states %v, want %v", outcome.Exit, one.exit, states, one.states)
			}
			if got := verdictsByRequirement(outcome)[one.requirement]; got.Verdict != one.verdict {
				t.Errorf("%s: %s, want %s (%s)", one.requirement, got.Verdict, one.verdict, got.Reason)
			}
		})
	}
}

// TestKnownFailureInsideGoTest: what is expected skips its subtest.
func TestKnownFailureInsideGoTest(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	server := emulated(t, contract, emulator.Options{Fault: "unknown-field-ignored"})
	suites.Test(t, suites.Config{Contract: contract, Target: server, Seed: 1, Known: []suites.Known{knownCheck("body/unknown-field")}})
}

// TestReasonOfKnownFailureIsShown: who reads a result learns why it is expected.
func TestReasonOfKnownFailureIsShown(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	known := []suites.Known{knownCheck("body/unknown-field"), knownCheck("body/empty-message")}
	config := suites.Config{Contract: contract, Target: emulated(t, contract, emulator.Options{Fault: "unknown-field-ignored"}), Seed: 1, Known: known}
	outcome, err := suites.Run(context.Background(), config, suites.Selection{Focus: []string{"body"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"body/unknown-field": "known failure: the gateway",
		"body/empty-message": "unexpected pass of body/empty-message: remove the entry body/empty-message (the gateway)"}
	for _, result := range outcome.Results {
		if result.Reason != want[result.Check.ID] {
			t.Errorf("%s: reason %q, want %q", result.Check.ID, result.Reason, want[result.Check.ID])
		}
		if result.Verdict == suites.ExpectedFail && !strings.Contains(result.Message(), "known failure: the gateway (body/unknown-field)") {
			t.Errorf("the message does not say it:\n%s", result.Message())
		}
	}
}
