package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/extensions/globals"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/result/specreport"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// behindID follows the id of a check in the text of its spec.
const behindID = ": "

// suiteRun is one run of the suite in this process.
type suiteRun struct {
	method   *spec.Method
	target   *target.Target
	level    spec.Level
	seed     uint64
	known    result.KnownFailures
	selected selection
	// byID are the selected checks.
	byID map[string]suites.Check
	// observe is called after each check; nil means that nobody looks.
	observe func(result.Check)
}

// total is the number of checks that are reported.
func (r suiteRun) total() int {
	return len(r.selected.or(r.method).checks)
}

// runs lets one run at a time use Ginkgo's global tree.
var runs sync.Mutex

// run runs the selected checks as Ginkgo specs, silently, and reads what came of
// them from Ginkgo's report. Where the context ends first, what was tested until
// then stands, and the rest is skipped.
func (r suiteRun) run(ctx context.Context) (result.Run, error) {
	runs.Lock()
	defer runs.Unlock()
	r.selected = r.selected.or(r.method)
	r.byID = map[string]suites.Check{}
	for _, check := range r.selected.checks {
		r.byID[check.ID] = check
	}
	// One process may run the suite again, as a recording does to rehearse.
	globals.Reset()
	output := formatter.ColorableStdOut
	formatter.ColorableStdOut = io.Discard
	defer func() { formatter.ColorableStdOut = output }()
	defer restoreSignals(ctx)

	suites.Register(suites.Config{Method: r.selected.method, Endpoint: r.target.Endpoint(), Level: r.level, Seed: r.seed})
	ginkgo.ReportAfterEach(func(spec ginkgo.SpecReport) {
		if found, ran := r.read(spec); ran && r.observe != nil && found.Reason != result.Interrupted {
			r.observe(found)
		}
	})
	var report types.Report
	ginkgo.ReportAfterSuite("", func(whole ginkgo.Report) { report = whole })

	suite := types.NewDefaultSuiteConfig()
	suite.RandomSeed, suite.Timeout, suite.FailOnEmpty = 1, 0, true
	suite.FocusStrings = r.selected.focus()
	// Ginkgo sees an interruption too, and gives a check up after this time. It is
	// enough for the response to a last request.
	suite.GracePeriod = r.target.Limit() + 2*target.DefaultConnectLimit
	reporter := types.NewDefaultReporterConfig()
	reporter.NoColor, reporter.Succinct = true, true
	ginkgo.RunSpecs(&failedSpecs{}, r.method.Title, suite, reporter, ginkgo.AroundNode(r.around(ctx)))
	return r.result(ctx, report)
}

// around gives the context of a spec the target, and ends it with the command's.
func (r suiteRun) around(ctx context.Context) func(context.Context, func(context.Context)) {
	return func(node context.Context, body func(context.Context)) {
		node, cancel := context.WithCancelCause(node)
		defer cancel(nil)
		if ctx.Err() != nil {
			cancel(context.Cause(ctx))
		}
		defer context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })()
		body(result.NewContext(target.NewContext(node, r.target), r.known))
	}
}

// read finds the check of a spec and what came of it, or false for a spec that
// did not run.
func (r suiteRun) read(spec types.SpecReport) (result.Check, bool) {
	id, _, _ := strings.Cut(spec.LeafNodeText, behindID)
	check, found := r.byID[id]
	if !found {
		return result.Check{}, false
	}
	return specreport.Read(spec, untested(check)), spec.NumAttempts > 0
}

// untested is a check that nothing has come of.
func untested(check suites.Check) result.Check {
	return result.Check{ID: check.ID, Aspect: check.Aspect, Title: check.Title, Sends: check.Sends, Requirements: check.Requirements,
		Verdict: result.Skip, Reason: result.Interrupted, Exchanges: []int{}}
}

// result adds the checks that an interruption kept from running.
func (r suiteRun) result(ctx context.Context, report types.Report) (result.Run, error) {
	interrupted := ctx.Err() != nil
	run := result.Run{Requirements: r.method.Requirements, NotApplicable: r.selected.inFocus(notApplicable(r.method)), NotSelected: r.selected.left, Known: r.known,
		Foreseen: r.selected.profile == config.Consumer}
	found := map[string]result.Check{}
	for _, spec := range report.SpecReports {
		interrupted = interrupted || spec.State == types.SpecStateInterrupted
		if check, ran := r.read(spec); ran {
			found[check.ID] = check
		}
	}
	for _, check := range suites.Checks(r.method) {
		run.Catalogue = append(run.Catalogue, untested(check))
	}
	for _, check := range r.selected.checks {
		came, ran := found[check.ID]
		if !ran {
			came = untested(check)
		}
		run.Checks = append(run.Checks, came)
	}
	run.Interrupted = interrupted
	if overtime := overtimeOf(ctx); overtime != nil {
		run.Ended = overtime.Error()
		for i, check := range run.Checks {
			if check.Reason == result.Interrupted {
				run.Checks[i].Reason = run.Ended
			}
		}
	}
	if missing := len(r.selected.checks) - len(found); missing > 0 && !interrupted {
		return run, fmt.Errorf("%s did not end", text.Counted(missing, "check"))
	}
	return run, nil
}

// overtimeOf is the limit at which a context ended, or nil.
func overtimeOf(ctx context.Context) error {
	if overtime, ok := errors.AsType[*target.OvertimeError](context.Cause(ctx)); ok {
		return overtime
	}
	return nil
}

// failedSpecs is the part of testing.T that Ginkgo asks for. What failed is in
// Ginkgo's report.
type failedSpecs struct{}

// Fail takes no note.
func (*failedSpecs) Fail() {}
