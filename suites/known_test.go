package suites

import (
	"net/http"
	"slices"
	"strings"
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
	method := spec.MustLoadEmbedded()
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
			[]result.KnownFailure{knownRequirement("authorization.scope")}, result.ExitConforms, []result.KnownState{result.KnownUsed},
			"authorization.scope", result.ExpectedFail},
		{"by check", emulator.Options{Fault: "array-unwrapped"}, nil, "",
			[]result.KnownFailure{knownCheck("body/array-of-message")}, result.ExitConforms, []result.KnownState{result.KnownUsed},
			"body.array", result.ExpectedFail},
		{"the failure of another requirement of the same check", emulator.Options{Fault: "unknown-field-ignored"}, nil, "",
			[]result.KnownFailure{knownRequirement("body.unknown-field")}, result.ExitFails, []result.KnownState{result.KnownUsed},
			"body.not-empty", result.Fail},
		{"a warning", emulator.Options{Fault: "trailing-slash-accepted"}, nil, "",
			[]result.KnownFailure{knownRequirement("path.trailing-slash")}, result.ExitConforms, []result.KnownState{result.KnownUsed},
			"path.trailing-slash", result.ExpectedFail},
		{"what the failure hides is not missing", emulator.Options{Fault: "wrong-state-conflict"}, nil, "",
			[]result.KnownFailure{knownRequirement("semantics.refusal-status")}, result.ExitConforms, []result.KnownState{result.KnownUsed},
			"semantics.refusal-status", result.ExpectedFail},
		{"what the failure leaves open is not missing", emulator.Options{Fault: "any-scope-accepted", Jobs: map[string][]string{"COMPLETE": {"complete-1"}}}, nil, "authorization/un*",
			[]result.KnownFailure{knownRequirement("authorization.unrelated-scope")}, result.ExitConforms, []result.KnownState{result.KnownUsed},
			"authorization.required", result.Skip},
		{"an unexpected pass of a requirement", emulator.Options{}, nil, "",
			[]result.KnownFailure{knownRequirement("body.empty-message")}, result.ExitFails, []result.KnownState{result.KnownPassed},
			"body.empty-message", result.UnexpectedPass},
		{"an unexpected pass of one requirement says nothing of another", emulator.Options{}, nil, "",
			[]result.KnownFailure{knownRequirement("body.unknown-field")}, result.ExitFails, []result.KnownState{result.KnownPassed},
			"body.not-empty", result.Pass},
		{"an unexpected pass beside a warning", emulator.Options{Fault: "challenge-without-error"}, nil, "",
			[]result.KnownFailure{knownRequirement("authorization.unknown-token")}, result.ExitFails, []result.KnownState{result.KnownPassed},
			"authorization.challenge-error", result.Warn},
		{"one used and one not", emulator.Options{Fault: "last-scope-refused"}, nil, "",
			[]result.KnownFailure{knownCheck("authorization/scope/"), knownCheck("path/two-segments")}, result.ExitFails,
			[]result.KnownState{result.KnownUsed, result.KnownPassed}, "authorization.scope", result.ExpectedFail},
		{"not tested for want of a job", emulator.Options{}, func(config *target.Config, _ http.Handler) { config.Jobs = nil }, "",
			[]result.KnownFailure{knownRequirement("semantics.refused-state")}, result.ExitInconclusive, []result.KnownState{result.KnownNotJudged},
			"semantics.refused-state", result.Skip},
		{"an unexpected pass although the check failed otherwise", emulator.Options{Fault: "wrong-state-conflict"}, nil, "",
			[]result.KnownFailure{knownRequirement("semantics.refusal-keeps-state")}, result.ExitFails, []result.KnownState{result.KnownPassed},
			"semantics.refusal-keeps-state", result.UnexpectedPass},
		{"not tested because the response was another", emulator.Options{Fault: "no-challenge"}, nil, "",
			[]result.KnownFailure{knownRequirement("authorization.bearer-challenge")}, result.ExitFails, []result.KnownState{result.KnownNotJudged},
			"authorization.bearer-challenge", result.Skip},
		{"selected in part", emulator.Options{}, nil, "body/empty",
			[]result.KnownFailure{knownRequirement("body.empty")}, result.ExitConforms, []result.KnownState{result.KnownNotJudged},
			"body.empty", result.Pass},
		{"not selected", emulator.Options{}, nil, "body/empty",
			[]result.KnownFailure{knownRequirement("path.case")}, result.ExitConforms, nil, "body.empty", result.Pass},
	} {
		t.Run(one.name, func(t *testing.T) {
			change := one.change
			if change == nil {
				change = func(config *target.Config, handler http.Handler) { config.Transport = inProcess{handler} }
			}
			server := emulated(t, method, one.options, change)
			beginning, several := strings.CutSuffix(one.selected, "*")
			selected := func(check Check) bool {
				return one.selected == "" || check.ID == one.selected || several && strings.HasPrefix(check.ID, beginning)
			}
			outcome := testedBy(t, method, server, 1, selected, one.known...)
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
	method := spec.MustLoadEmbedded()
	server := emulated(t, method, emulator.Options{Fault: "unknown-field-ignored"})
	selected := func(check Check) bool { return check.Aspect == "body" }
	outcome := testedBy(t, method, server, 1, selected, knownCheck("body/unknown-field"), knownCheck("body/empty-message"))
	want := map[string]string{"body/unknown-field": "known failure: the gateway",
		"body/empty-message": "unexpected pass of body/empty-message: remove the entry body/empty-message (the gateway)"}
	for _, check := range outcome.Checks {
		if check.Reason != want[check.ID] {
			t.Errorf("%s: reason %q, want %q", check.ID, check.Reason, want[check.ID])
		}
	}
}
