package suites

import (
	"net/http"
	"slices"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// knownCheck and knownRequirement are known failures of all whose id begins so.
func knownCheck(beginning string) result.KnownFailure {
	return result.KnownFailure{Name: beginning, Reason: "the gateway", Entry: "check: " + beginning + "*"}
}

func knownRequirement(beginning string) result.KnownFailure {
	return result.KnownFailure{Name: beginning, Reason: "the gateway", Entry: "requirement: " + beginning + "*"}
}

func TestKnownFailures(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	for _, one := range []struct {
		name     string
		options  emulator.Options
		change   func(*target.Config, http.Handler)
		selected string
		known    []result.KnownFailure
		exit     int
		states   []result.KnownState
		// requirement is one whose verdict is looked at.
		requirement string
		verdict     result.Verdict
	}{
		{"by requirement", emulator.Options{Fault: "last-scope-refused"}, nil, "",
			[]result.KnownFailure{knownRequirement("retry.authorization.scope")}, result.ExitConforms, []result.KnownState{result.KnownUsed},
			"retry.authorization.scope", result.ExpectedFail},
		{"by check", emulator.Options{Fault: "unknown-field-ignored"}, nil, "",
			[]result.KnownFailure{knownCheck("body/unknown-field")}, result.ExitConforms, []result.KnownState{result.KnownUsed},
			"retry.body.unknown-field", result.ExpectedFail},
		{"the failure of another requirement of the same check", emulator.Options{Fault: "unknown-field-ignored"}, nil, "",
			[]result.KnownFailure{knownRequirement("retry.body.unknown-field")}, result.ExitFails, []result.KnownState{result.KnownUsed},
			"retry.body.not-empty", result.Fail},
		{"a warning", emulator.Options{Fault: "trailing-slash-taken"}, nil, "",
			[]result.KnownFailure{knownRequirement("retry.path.trailing-slash")}, result.ExitConforms, []result.KnownState{result.KnownUsed},
			"retry.path.trailing-slash", result.ExpectedFail},
		{"what the failure hides is not missing", emulator.Options{Fault: "wrong-state-conflict"}, nil, "",
			[]result.KnownFailure{knownRequirement("retry.semantics.refusal-status")}, result.ExitConforms, []result.KnownState{result.KnownUsed},
			"retry.semantics.refusal-status", result.ExpectedFail},
		{"an unexpected pass of a requirement", emulator.Options{}, nil, "",
			[]result.KnownFailure{knownRequirement("retry.body.empty-message")}, result.ExitFails, []result.KnownState{result.KnownPassed},
			"retry.body.empty-message", result.UnexpectedPass},
		{"an unexpected pass of one requirement says nothing of another", emulator.Options{}, nil, "",
			[]result.KnownFailure{knownRequirement("retry.body.unknown-field")}, result.ExitFails, []result.KnownState{result.KnownPassed},
			"retry.body.not-empty", result.Pass},
		{"an unexpected pass beside a warning", emulator.Options{Fault: "challenge-without-error"}, nil, "",
			[]result.KnownFailure{knownRequirement("retry.authorization.unknown-token")}, result.ExitFails, []result.KnownState{result.KnownPassed},
			"retry.authorization.challenge-error", result.Warn},
		{"one used and one not", emulator.Options{Fault: "last-scope-refused"}, nil, "",
			[]result.KnownFailure{knownCheck("authorization/scope/"), knownCheck("path/two-segments")}, result.ExitFails,
			[]result.KnownState{result.KnownUsed, result.KnownPassed}, "retry.authorization.scope", result.ExpectedFail},
		{"not tested for want of a job", emulator.Options{}, func(config *target.Config, _ http.Handler) { config.Jobs = nil }, "",
			[]result.KnownFailure{knownRequirement("retry.semantics.only-failed")}, result.ExitInconclusive, []result.KnownState{result.KnownNotJudged},
			"retry.semantics.only-failed", result.Skip},
		{"not tested because the check failed otherwise", emulator.Options{Fault: "wrong-state-conflict"}, nil, "",
			[]result.KnownFailure{knownRequirement("retry.semantics.refusal-keeps-state")}, result.ExitFails, []result.KnownState{result.KnownNotJudged},
			"retry.semantics.refusal-keeps-state", result.Skip},
		{"selected in part", emulator.Options{}, nil, "body/empty",
			[]result.KnownFailure{knownRequirement("retry.body.empty")}, result.ExitConforms, []result.KnownState{result.KnownNotJudged},
			"retry.body.empty", result.Pass},
		{"not selected", emulator.Options{}, nil, "body/empty",
			[]result.KnownFailure{knownRequirement("retry.path.case")}, result.ExitConforms, nil, "retry.body.empty", result.Pass},
	} {
		t.Run(one.name, func(t *testing.T) {
			change := one.change
			if change == nil {
				change = func(config *target.Config, handler http.Handler) { config.Transport = inProcess{handler} }
			}
			server := emulated(t, contract, one.options, change)
			selected := func(check Check) bool { return one.selected == "" || check.ID == one.selected }
			outcome := testedBy(t, contract, server, 1, selected, one.known...)
			var states []result.KnownState
			for _, known := range outcome.KnownFailures {
				states = append(states, known.State)
				if (known.State == result.KnownNotJudged) != (known.NotJudged != "") {
					t.Errorf("%s is %s for the reason %q", known.Name, known.State, known.NotJudged)
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

// TestReasonOfKnownFailureIsShown: who reads a result learns why it is expected.
func TestReasonOfKnownFailureIsShown(t *testing.T) {
	t.Parallel()
	contract := spec.MustLoadEmbedded()
	server := emulated(t, contract, emulator.Options{Fault: "unknown-field-ignored"})
	selected := func(check Check) bool { return check.Aspect == "body" }
	outcome := testedBy(t, contract, server, 1, selected, knownCheck("body/unknown-field"), knownCheck("body/empty-message"))
	want := map[string]string{"body/unknown-field": "known failure: the gateway",
		"body/empty-message": "unexpected pass of body/empty-message: remove the entry body/empty-message (the gateway)"}
	for _, check := range outcome.Checks {
		if check.Reason != want[check.ID] {
			t.Errorf("%s: reason %q, want %q", check.ID, check.Reason, want[check.ID])
		}
	}
}
