package cli

import (
	"context"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// emulatedRun is a run over the emulator.
func emulatedRun(t *testing.T) suiteRun {
	t.Helper()
	contract := spec.MustLoadEmbedded()
	handler, err := emulator.New(contract, emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	asked, err := target.New(target.Config{Endpoint: server.URL, Jobs: emulator.DefaultJobs(contract), Loopback: true,
		Credentials: target.TokenTemplate{Text: emulator.DefaultTokenTemplate, Join: emulator.DefaultTokenJoin}})
	if err != nil {
		t.Fatal(err)
	}
	return suiteRun{contract: contract, target: asked, level: spec.Platform, seed: 1}
}

// TestAnInterruptedRunSaysWhatItTested: what was tested stands, the rest is
// skipped, and the exit code says so.
func TestAnInterruptedRunSaysWhatItTested(t *testing.T) {
	ctx, interrupt := context.WithCancel(context.Background())
	suite, seen := emulatedRun(t), 0
	suite.observe = func(result.Check) {
		if seen++; seen == 40 {
			interrupt()
		}
	}
	run, err := suite.run(ctx)
	var report result.Report
	report.Conclude(run)
	if err != nil || report.Exit != result.ExitInterrupted || len(report.Checks) != len(suites.Checks(suite.contract)) {
		t.Fatalf("exit %d with %d checks, %v", report.Exit, len(report.Checks), err)
	}
	for _, check := range report.Checks {
		if check.Verdict != result.Pass && (check.Verdict != result.Skip || check.Reason != result.Interrupted) {
			t.Errorf("%s: %s %s", check.ID, check.Verdict, check.Reason)
		}
	}
	if report.Counts.Checks[result.Pass] != 40 || seen != 40 {
		t.Errorf("%v, %d seen", report.Counts.Checks, seen)
	}
}

// TestSelection: Ginkgo runs what the command selected, and a check that looks at
// all exchanges has them, whether or not their checks are reported.
func TestSelection(t *testing.T) {
	for name, one := range map[string]struct {
		focus  []string
		labels string
		want   []string
	}{
		"a check":                         {[]string{"body/empty"}, "", []string{"body/empty"}},
		"a requirement and a label":       {[]string{"retry.body.empty", "path"}, "body", []string{"body/empty", "body/empty-with-type"}},
		"labels":                          {nil, "robustness && !retry.robustness.whole", []string{"robustness/in-time", "robustness/answered", "robustness/one-value"}},
		"a check of the exchanges of all": {[]string{"response/status"}, "", []string{"response/status"}},
	} {
		t.Run(name, func(t *testing.T) {
			suite := emulatedRun(t)
			selected, err := selectChecks(suite.contract, one.focus, one.labels)
			if err != nil {
				t.Fatal(err)
			}
			suite.selected = selected
			run, err := suite.run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, check := range run.Checks {
				got = append(got, check.ID)
				if check.Verdict != result.Pass {
					t.Errorf("%s: %s %s", check.ID, check.Verdict, check.Reason)
				}
			}
			if !slices.Equal(got, one.want) {
				t.Errorf("%q, want %q", got, one.want)
			}
		})
	}
}
