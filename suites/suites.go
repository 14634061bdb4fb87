// Package suites tests a server that implements a described method. [Test] runs
// every check as a subtest of go test; [Register] adds every check as a spec to a
// Ginkgo suite.
//
// Each check sends requests and compares the responses with the requirements of the
// description. A check whose input is missing, such as a token or a job, is skipped,
// and says what it needs. A nil *spec.Method means the default shipped one.
//
// The checks use Gomega matchers that are exported for specs of your own. A matcher
// takes an *http.Response, whose body can still be read afterwards, or an
// *httptest.ResponseRecorder. Its failure shows what was wanted and what came
// instead. Combine matchers with Gomega's And and Not; avoid Gomega's Or, which
// prints the whole response when it fails, and with it the token of the request.
package suites

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/result/specreport"
)

// Test runs each check as a subtest of t, so that -run, -count and -v work as usual,
// as in -run 'TestMine/authorization'. It does not use Ginkgo, which allows only one
// suite in a package, and no -count.
func Test(t *testing.T, config Config) {
	t.Helper()
	session, err := newSession(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := session.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	var results []result.Check
	for _, check := range session.checks {
		t.Run(check.ID, func(t *testing.T) {
			found := session.run(t.Context(), check)
			results = append(results, found)
			switch found.Verdict {
			case result.Fail:
				t.Error(session.message(found))
			case result.Error:
				t.Errorf("not tested: %s", found.Reason)
			case result.Warn:
				t.Logf("warning: %s", session.message(found))
			case result.ExpectedFail:
				t.Skipf("%s\n%s", found.Reason, session.message(found))
			case result.Skip:
				t.Skip(skipText(found))
			}
		})
	}
	for _, message := range session.unexpectedPasses(results) {
		t.Error(message)
	}
}

// Register adds one container, with a spec for each check, to the Ginkgo suite that
// is being built. Call it at the top level, or inside a container that is not
// Ordered. It returns true, so that it can be written as var _ = suites.Register(…).
// The specs have the labels of [Check.Labels]. Their location, which the message of a
// failure repeats, is the call of Register.
//
// If the configuration is invalid, or a container around it is Ordered, Register
// adds one spec that fails with a message. It does not panic, because that would end
// the whole suite.
func Register(config Config) bool {
	caller := types.NewCodeLocation(1)
	session, err := newSession(config)
	if err == nil && inOrderedContainer() {
		// There the first failure would skip all other checks.
		err = errors.New("suites.Register is called inside an Ordered container: call it at the top level or in a container that is not Ordered")
	}
	if err != nil {
		ginkgo.Describe("dpconform", caller, func() {
			ginkgo.It("can test the server", caller, func() { specreport.Fail(caller, err.Error()) })
		})
		return true
	}
	session.register(caller)
	return true
}

func inOrderedContainer() (ordered bool) {
	// At the top level there is no such report, and Ginkgo panics.
	defer func() { _ = recover() }()
	return ginkgo.CurrentTreeConstructionNodeReport().IsInOrderedContainer
}

// register builds the container. It is ordered, since later checks look at what
// earlier ones exchanged; a failure does not keep the others from running.
func (s *session) register(caller types.CodeLocation) {
	var results []result.Check
	// current is the check that Ginkgo runs. One that Ginkgo gave up, after an
	// interruption, must not write into the report of another.
	var current atomic.Pointer[string]
	ginkgo.Describe(s.config.Method.Operation.ID, ginkgo.Ordered, ginkgo.ContinueOnFailure, ginkgo.MustPassRepeatedly(1), caller, func() {
		for _, check := range s.checks {
			ginkgo.It(check.ID+": "+check.Title, ginkgo.Label(check.Labels()...), caller, func(ctx ginkgo.SpecContext) {
				current.Store(&check.ID)
				found := s.run(ctx, check)
				if current.Load() != &check.ID {
					return
				}
				results = append(results, found)
				specreport.Write(found, caller, s.message(found), skipText(found))
			})
		}
		if len(s.known) > 0 {
			ginkgo.It("known failures: what is listed still fails", ginkgo.Label("known-failures"), caller, func() {
				if passed := s.unexpectedPasses(results); len(passed) > 0 {
					specreport.Fail(caller, strings.Join(passed, "\n"))
				}
			})
		}
		ginkgo.ReportAfterEach(func(ginkgo.SpecReport) { current.Store(nil) })
	})
}

// unexpectedPasses says which known failures passed in the checks that ran. A
// runner may have filtered out others; then those that look at all exchanges
// saw only some, and their pass says little.
func (s *session) unexpectedPasses(results []result.Check) []string {
	var catalogue, ran []result.Check
	for _, check := range s.checks {
		catalogue = append(catalogue, check.result())
	}
	for _, found := range results {
		if len(results) == len(s.checks) || s.checks[s.places[found.ID]].phase < observing {
			ran = append(ran, found)
		}
	}
	var report result.Report
	report.Conclude(result.Run{Requirements: s.config.Method.Requirements, Catalogue: catalogue, Checks: ran, Known: s.known})
	var messages []string
	for _, known := range report.KnownFailures {
		if known.State == result.KnownPassed {
			messages = append(messages, known.Message())
		}
	}
	return messages
}

// skipText says why a check was skipped and what to add to the Config, where a
// check names a flag of the command.
func skipText(found result.Check) string {
	return strings.ReplaceAll(configWords.Replace(found.SkipText()), "Config.Tokens or Config.Tokens", "Config.Tokens")
}

// configWords are the flags of the command and the fields of Config for them.
var configWords = strings.NewReplacer(
	"--token-template TEXT", "Config.Tokens", "--token-template", "Config.Tokens",
	"--token SCOPE=VALUE", "Config.Tokens", "--token unrelated=VALUE", "Config.Tokens", "--token", "Config.Tokens",
	"--job ", "Config.Jobs ", "--consume-jobs", "Config.ConsumeJobs", "--spec FILE", "Config.Method",
	"--endpoint ", "Config.Endpoint ", "--timeout", "Config.Timeout", "--max-requests", "Config.MaxRequests",
)

// message says all findings of a check, each with its requirement.
func (s *session) message(found result.Check) string {
	texts := make([]string, len(found.Findings))
	for i, finding := range found.Findings {
		requirement, _ := s.config.Method.Requirement(finding.Requirement)
		text := fmt.Sprintf("%s (%s): %s\n  want: %s\n  got:  %s", requirement.ID, requirement.Level, requirement.Statement, finding.Want, finding.Got)
		if finding.Count > 1 {
			text += fmt.Sprintf(" (in %d exchanges)", finding.Count)
		}
		text += fmt.Sprintf("\n  %q\n  %s", requirement.Quote, requirement.Source)
		if finding.KnownFailure != "" {
			text += "\n  " + found.Reason + " (" + finding.KnownFailure + ")"
		}
		texts[i] = text
	}
	return strings.Join(texts, "\n")
}
