package suites

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/extensions/globals"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"

	"github.com/dpconform/dpconform/internal/target"
)

// SuiteConfig is a Config for a Ginkgo suite of one's own.
type SuiteConfig struct {
	Config
	// Selection says which checks become specs; all unless set.
	Selection Selection
	// Connect makes the target when the first spec runs, for a server that is
	// not yet up while the tree is built. It is used where Config.Target is nil.
	Connect func(ctx context.Context) (*target.Target, error)
}

// Register adds one container with a spec for each check to the Ginkgo suite
// that is being built. Call it at the top level or inside a container; like
// Ginkgo's own nodes it gives true, so that it can stand behind var _ =. A
// selection that nothing answers to panics, as Ginkgo does for a tree that
// cannot be built.
func Register(config SuiteConfig) bool {
	session := NewSession(config.Config)
	plan, err := NewPlan(session.Contract(), config.Selection)
	if err != nil {
		panic("dpconform: " + err.Error())
	}
	register(session, plan, config.Connect, func(spec ginkgo.SpecContext) context.Context { return spec }, func(Result) {})
	return true
}

// register builds the container. It is ordered, since later checks judge what
// earlier ones exchanged; a failure does not keep the others from running.
func register(session *Session, plan Plan, connect func(context.Context) (*target.Target, error),
	contextOf func(ginkgo.SpecContext) context.Context, keep func(Result)) {
	var results []Result
	ginkgo.Describe(session.Contract().Retry.ID, ginkgo.Ordered, ginkgo.ContinueOnFailure, func() {
		if session.config.Target == nil && connect != nil {
			ginkgo.BeforeAll(func(ctx ginkgo.SpecContext) {
				connected, err := connect(ctx)
				gomega.Expect(err).NotTo(gomega.HaveOccurred())
				session.config.Target = connected
			})
		}
		for _, check := range plan.all {
			feeder := plan.feeders[check.ID]
			ginkgo.It(check.ID+": "+check.Title, ginkgo.Label(check.labels(session.Contract())...), func(spec ginkgo.SpecContext) {
				result := session.judge(contextOf(spec), check, !feeder)
				if !feeder {
					keep(result)
					results = append(results, result)
					express(result)
				}
			})
		}
		if len(session.config.Known) > 0 {
			registerKnown(session, plan, &results)
		}
	})
}

// registerKnown adds a last spec that fails where a known failure passed.
func registerKnown(session *Session, plan Plan, results *[]Result) {
	ginkgo.It("known failures: what is listed is still seen", ginkgo.Label("known-failures"), func() {
		if passed := unexpectedPasses(session, plan.Selected, *results); len(passed) > 0 {
			ginkgo.Fail(strings.Join(passed, "\n"))
		}
	})
}

// unexpectedPasses says which known failures passed in the checks that came to
// an end. A runner may have filtered out others; then those that look at all
// exchanges saw only some, and their pass says little.
func unexpectedPasses(session *Session, checks []Check, results []Result) []string {
	came := func(check Check) bool {
		return slices.ContainsFunc(results, func(result Result) bool { return result.Check.ID == check.ID })
	}
	whole := !slices.ContainsFunc(checks, func(check Check) bool { return !came(check) })
	ran := slices.DeleteFunc(slices.Clone(checks), func(check Check) bool {
		return !came(check) || (!whole && check.phase == observing)
	})
	var messages []string
	for _, known := range Conclude(session.Contract(), ran, results, session.config.Known...).Known {
		if known.State == KnownPassed {
			messages = append(messages, known.Message())
		}
	}
	return messages
}

// express says a verdict in Ginkgo's words.
func express(result Result) {
	for _, finding := range result.Findings {
		if finding.Verdict == Warn {
			ginkgo.AddReportEntry("warning", finding.Text(), ginkgo.ReportEntryVisibilityAlways)
		}
	}
	switch result.Verdict {
	case ExpectedFail:
		ginkgo.AddReportEntry("known failure", result.Message(), ginkgo.ReportEntryVisibilityFailureOrVerbose)
		ginkgo.Skip(result.Reason)
	case Skip:
		ginkgo.Skip(result.SkipText())
	case Error:
		ginkgo.Fail("not judged: " + result.Reason)
	case Fail:
		for _, finding := range result.Findings {
			if finding.Verdict == Fail {
				ginkgo.AddReportEntry("finding", finding.Text(), ginkgo.ReportEntryVisibilityFailureOrVerbose)
			}
		}
		ginkgo.Fail(result.Message())
	}
}

// Test runs the suite inside go test, each check as a subtest, so that -run,
// -count and -v work as for any other: -run 'TestMine/authorization'. It does
// without Ginkgo, which allows one suite for a package and no -count; a suite
// of Ginkgo's uses Register.
func Test(t *testing.T, config Config) {
	t.Helper()
	session := NewSession(config)
	checks := Checks(session.Contract())
	var results []Result
	for _, check := range checks {
		t.Run(check.ID, func(t *testing.T) {
			result := session.Judge(t.Context(), check)
			results = append(results, result)
			switch result.Verdict {
			case Fail:
				t.Error(result.Message())
			case Error:
				t.Errorf("not judged: %s", result.Reason)
			case Warn:
				t.Logf("warning: %s", result.Message())
			case ExpectedFail:
				t.Skipf("%s\n%s", result.Reason, result.Message())
			case Skip:
				t.Skip(result.SkipText())
			}
		})
	}
	for _, message := range unexpectedPasses(session, checks, results) {
		t.Error(message)
	}
}

// gracePeriod is enough for the answer to a last request.
func gracePeriod(judged *target.Target) time.Duration {
	return judged.Limit() + 2*target.DefaultConnectLimit
}

// Run runs the selected checks as Ginkgo specs, in this process and silently,
// and adds up what came of them. Where the context ends first, what was judged
// until then stands, and the rest is skipped. It returns an error where the
// selection is wrong. Several runs in one process go one after the other.
func Run(ctx context.Context, config Config, selection Selection) (Outcome, error) {
	session := NewSession(config)
	plan, err := NewPlan(session.Contract(), selection)
	if err != nil {
		return Outcome{}, err
	}
	runs.Lock()
	defer runs.Unlock()
	globals.Reset()
	output := formatter.ColorableStdOut
	formatter.ColorableStdOut = io.Discard
	defer func() { formatter.ColorableStdOut = output }()

	var results []Result
	var failed failedSpecs
	gomega.RegisterFailHandler(ginkgo.Fail)

	register(session, plan, nil, func(ginkgo.SpecContext) context.Context { return ctx }, func(result Result) { results = append(results, result) })
	suite := types.NewDefaultSuiteConfig()
	suite.RandomSeed = 1
	// Ginkgo sees an interruption too, and lets go of a check after this time.
	suite.GracePeriod = gracePeriod(config.Target)
	reporter := types.NewDefaultReporterConfig()
	reporter.NoColor, reporter.Succinct = true, true
	ginkgo.RunSpecs(&failed, session.Contract().Title, suite, reporter)
	if ctx.Err() != nil {
		return ConcludeInterrupted(session.Contract(), plan.Selected, results, config.Known...), nil
	}
	if len(results) != len(plan.Selected) {
		return Outcome{}, fmt.Errorf("%d of %d checks came to no end", len(plan.Selected)-len(results), len(plan.Selected))
	}
	return Conclude(session.Contract(), plan.Selected, results, config.Known...), nil
}
