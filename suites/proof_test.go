package suites_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// TestConformingEmulatorPasses: no false alarm, and nothing left unjudged.
func TestConformingEmulatorPasses(t *testing.T) {
	t.Parallel()
	contract := spec.MustLoadEmbedded()
	outcome := judged(suites.Config{Contract: contract, Target: emulated(t, contract, emulator.Options{}), Seed: 1})
	for _, result := range outcome.Results {
		if result.Verdict != suites.Pass {
			t.Errorf("%s: %s %s\n%s", result.Check.ID, result.Verdict, result.Reason, result.Message())
		}
	}
	if outcome.Exit != suites.ExitConforms {
		t.Errorf("exit %d, want %d", outcome.Exit, suites.ExitConforms)
	}
}

// TestEveryFaultIsCaught: each fault of the emulator breaks the requirement that
// its table names, and no other than those it names as consequences.
func TestEveryFaultIsCaught(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	caught := newTally()
	faults := emulator.Faults()
	if testing.Short() {
		// The race detector looks on: it finds in some runs side by side what it
		// finds in all. Without it `make test` runs all.
		faults = everyTenth(faults)
	}
	t.Run("faults", func(t *testing.T) {
		for _, fault := range faults {
			t.Run(fault.Name, func(t *testing.T) {
				t.Parallel()
				outcome := judgeFault(t, contract, fault)
				caught.add(outcome)
				assertCaught(t, fault, outcome)
				assertPlaced(t, outcome)
			})
		}
	})
	if testing.Short() {
		return
	}
	for _, check := range suites.Checks(contract) {
		if strings.HasPrefix(check.ID, "authorization/scope/") {
			continue
		}
		if !caught.has(check.ID) {
			t.Errorf("check %s catches no fault", check.ID)
		}
	}
	for _, requirement := range contract.Requirements {
		if !caught.has(requirement.ID) {
			t.Errorf("requirement %s is broken by no fault", requirement.ID)
		}
	}
}

// everyTenth is the first of a list, and each tenth after it.
func everyTenth[T any](list []T) []T {
	var some []T
	for i := 0; i < len(list); i += 10 {
		some = append(some, list[i])
	}
	return some
}

func judgeFault(t *testing.T, contract *spec.Contract, fault emulator.Fault) suites.Outcome {
	change := func(config *target.Config, handler http.Handler) { config.Transport = inProcess{handler} }
	if strings.HasPrefix(fault.Breaks, "retry.robustness.") {
		change = func(config *target.Config, _ http.Handler) {}
	}
	if fault.Breaks == "retry.robustness.in-time" {
		// A slow fault holds its answer until the caller gives up.
		change = func(config *target.Config, _ http.Handler) { config.Limit = time.Second }
	}
	server := emulated(t, contract, emulator.Options{Fault: fault.Name, Delay: time.Hour}, change)
	return judged(suites.Config{Contract: contract, Target: server, Seed: 1})
}

func assertCaught(t *testing.T, fault emulator.Fault, outcome suites.Outcome) {
	verdicts := verdictsByRequirement(outcome)
	want := suites.Fail
	requirement := verdicts[fault.Breaks].Requirement
	if requirement.Level == spec.Inferred || !requirement.Must() {
		want = suites.Warn
	}
	if got := verdicts[fault.Breaks]; got.Verdict != want {
		t.Errorf("%s breaks %s: verdict %s, want %s (%s)", fault.Name, fault.Breaks, got.Verdict, want, got.Reason)
	}
	for id, result := range verdicts {
		broken := result.Verdict == suites.Fail || result.Verdict == suites.Warn
		if broken && id != fault.Breaks && !slices.Contains(fault.Consequences, id) {
			t.Errorf("%s also breaks %s: want %s, got %s", fault.Name, id, result.Findings[0].Want, result.Findings[0].Got)
		}
	}
	if want == suites.Fail && outcome.Exit != suites.ExitFails {
		t.Errorf("%s: exit %d, want %d", fault.Name, outcome.Exit, suites.ExitFails)
	}
}

// TestEachScopeRowCatchesItsScope: a server that refuses one scope is caught by
// the row of that scope, and by no other.
func TestEachScopeRowCatchesItsScope(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	scopes := contract.Scopes
	if testing.Short() {
		scopes = everyTenth(scopes)
	}
	for _, refused := range scopes {
		t.Run(refused.Short(), func(t *testing.T) {
			t.Parallel()
			others := withoutScope(contract, refused.Name)
			server := emulated(t, others, emulator.Options{}, func(config *target.Config, handler http.Handler) { config.Transport = inProcess{handler} })
			session := suites.NewSession(suites.Config{Contract: contract, Target: server, Seed: 1})
			for _, check := range suites.Checks(contract) {
				scope, isRow := strings.CutPrefix(check.ID, "authorization/scope/")
				if !isRow {
					continue
				}
				want := suites.Pass
				if scope == refused.Short() {
					want = suites.Fail
				}
				if result := session.Judge(t.Context(), check); result.Verdict != want {
					t.Errorf("%s: %s, want %s\n%s", check.ID, result.Verdict, want, result.Message())
				}
			}
		})
	}
}

// withoutScope copies a contract and takes one scope away.
func withoutScope(contract *spec.Contract, name string) *spec.Contract {
	fewer := *contract
	fewer.Scopes = slices.DeleteFunc(slices.Clone(contract.Scopes), func(scope spec.Scope) bool { return scope.Name == name })
	return &fewer
}

// assertPlaced: whoever shows a finding can point at it.
func assertPlaced(t *testing.T, outcome suites.Outcome) {
	t.Helper()
	for _, result := range outcome.Results {
		for _, finding := range result.Findings {
			shown := finding.Exchange != nil
			inFault := shown && !finding.Exchange.Answered()
			if shown != (finding.Place != "") || inFault != (finding.Place == suites.InFault) {
				t.Errorf("%s: place %q of %s", result.Check.ID, finding.Place, finding.Text())
			}
		}
	}
}
