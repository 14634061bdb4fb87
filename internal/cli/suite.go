package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
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

// selection is which checks a run reports, in the words of Ginkgo.
type selection struct {
	checks      []suites.Check
	focus       []string
	labelFilter string
}

// selectChecks finds the checks that a focus names, by the id of a check, the
// beginning of one up to a slash, or the id of a requirement, and that a label
// filter lets through. Nothing given selects all.
func selectChecks(sources *config.Sources, method *spec.Method, focus []string, labelFilter string) (selection, error) {
	labels, err := types.ParseLabelFilter(labelFilter)
	if err != nil {
		return selection{}, text.Mistake(sources.Origin("label-filter"),
			fmt.Sprintf("the label filter %q cannot be read: use aspects, levels and requirement ids with &&, ||, ! and ()", labelFilter), "")
	}
	checks := suites.Checks(method)
	if len(checks) == 0 {
		return selection{}, text.Mistake(method.File, "no check tests a requirement of "+method.Operation.ID, "name requirement sets")
	}
	selected := selection{labelFilter: labelFilter}
	named := map[string]bool{}
	for _, name := range focus {
		found := false
		for _, check := range checks {
			if check.ID == name || strings.HasPrefix(check.ID, name+"/") || slices.Contains(check.Requirements, name) {
				found, named[check.ID] = true, true
			}
		}
		if reason := whyNotApplicable(method, name); !found && reason != "" {
			return selection{}, text.Mistake(sources.Origin("focus"), fmt.Sprintf("%s does not apply to %s: %s", name, method.Operation.ID, reason),
				"dpconform list --all shows what does")
		}
		if !found {
			return selection{}, text.Mistake(sources.Origin("focus"), fmt.Sprintf("unknown check, aspect or requirement %q", name),
				text.DidYouMeanOr(name, knownNames(method), "dpconform list --all prints all"))
		}
	}
	for _, check := range checks {
		if len(focus) > 0 && !named[check.ID] {
			continue
		}
		if len(focus) > 0 {
			selected.focus = append(selected.focus, `(^| )`+regexp.QuoteMeta(check.ID+behindID))
		}
		if labels(check.Labels()) {
			selected.checks = append(selected.checks, check)
		}
	}
	if len(selected.checks) == 0 {
		return selection{}, text.Mistake(sources.Origin("label-filter"),
			fmt.Sprintf("the label filter %q and the focus select no check", labelFilter), "")
	}
	return selected, nil
}

// whyNotApplicable says why a requirement, a check or those whose ids begin so do
// not apply to a method; empty where they do, or are unknown.
func whyNotApplicable(method *spec.Method, id string) string {
	for _, group := range suites.NotApplicable(method) {
		named := func(check string) bool { return check == id || strings.HasPrefix(check, id+"/") }
		if slices.ContainsFunc(group.Checks, named) || slices.Contains(group.Requirements, id) {
			return group.Reason
		}
	}
	if requirement, found := method.Requirement(id); found && requirement.Draft {
		return "it is a draft"
	}
	return suites.WhyNotTested(method, id)
}

// behindID follows the id of a check in the text of its spec.
const behindID = ": "

// knownNames lists all that --focus can name.
func knownNames(method *spec.Method) []string {
	names := append(result.Aspects(), checkIDs(method)...)
	for _, requirement := range method.Requirements {
		names = append(names, requirement.ID)
	}
	return names
}

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
	if r.selected.checks == nil {
		return len(suites.Checks(r.method))
	}
	return len(r.selected.checks)
}

// runs lets one run at a time use Ginkgo's global tree.
var runs sync.Mutex

// run runs the selected checks as Ginkgo specs, silently, and reads what came of
// them from Ginkgo's report. Where the context ends first, what was tested until
// then stands, and the rest is skipped.
func (r suiteRun) run(ctx context.Context) (result.Run, error) {
	runs.Lock()
	defer runs.Unlock()
	if r.selected.checks == nil {
		r.selected.checks = suites.Checks(r.method)
	}
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

	suites.Register(suites.Config{Method: r.method, Endpoint: r.target.Endpoint(), Level: r.level, Seed: r.seed})
	ginkgo.ReportAfterEach(func(spec ginkgo.SpecReport) {
		if found, ran := r.read(spec); ran && r.observe != nil && found.Reason != result.Interrupted {
			r.observe(found)
		}
	})
	var report types.Report
	ginkgo.ReportAfterSuite("", func(whole ginkgo.Report) { report = whole })

	suite := types.NewDefaultSuiteConfig()
	suite.RandomSeed, suite.Timeout, suite.FailOnEmpty = 1, 0, true
	suite.FocusStrings, suite.LabelFilter = r.selected.focus, r.selected.labelFilter
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
	run := result.Run{Requirements: r.method.Requirements, NotApplicable: suites.NotApplicable(r.method), Known: r.known}
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
		return run, fmt.Errorf("%s came to no end", text.Counted(missing, "check"))
	}
	return run, nil
}

// overtimeOf is the limit at which a context ended, or nil.
func overtimeOf(ctx context.Context) error {
	var overtime *target.OvertimeError
	if errors.As(context.Cause(ctx), &overtime) {
		return overtime
	}
	return nil
}

// failedSpecs is the part of testing.T that Ginkgo asks for. What failed is in
// Ginkgo's report.
type failedSpecs struct{}

// Fail takes no note.
func (*failedSpecs) Fail() {}
