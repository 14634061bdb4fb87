package result

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Run is what a report is concluded from.
type Run struct {
	// Requirements are those of the description, in its order.
	Requirements []spec.Requirement
	// Catalogue lists every check there is, selected or not.
	Catalogue []Check
	// Checks are the selected ones with what came of them. Their order among
	// those of one aspect stays.
	Checks []Check
	// NotApplicable are the checks that the description has no place for.
	NotApplicable []NotApplicable
	// NotSelected are the checks that were left out, and the requirements that no
	// check sees anything of for that.
	NotSelected []NotApplicable
	// Foreseen says that what would be skipped was left out before, so that a skip is
	// something that went wrong on the way.
	Foreseen bool
	// Known are the failures that somebody accepted.
	Known KnownFailures
	// Interrupted says that the run ended early. Ended says why where that was a
	// limit of its own or the caller's setup; it is empty where somebody ended it.
	Interrupted bool
	Ended       string
	// Stale says why recorded responses no longer count; empty where they do.
	Stale string
}

// Aspects lists the aspects of servers in the order in which they are shown.
func Aspects() []string {
	return []string{"path", "body", "response", "semantics", "authorization", "errors", "robustness"}
}

// Conclude fills in what follows from the checks of a run: the verdict of each
// requirement, what came of each known failure, the counts and the exit code.
func (r *Report) Conclude(run Run) {
	r.Checks = slices.Clone(run.Checks)
	slices.SortStableFunc(r.Checks, func(a, b Check) int {
		return cmp.Compare(slices.Index(Aspects(), a.Aspect), slices.Index(Aspects(), b.Aspect))
	})
	r.skipRefusedCallers()
	r.askForJobs()
	r.KnownFailures = run.knownFailures()
	markUnexpectedPasses(r.Checks, r.KnownFailures)
	gaps := acceptGaps(r.Checks, r.KnownFailures)
	r.Requirements = []Requirement{}
	if run.NotApplicable != nil {
		r.NotApplicable = run.NotApplicable
	}
	r.NotSelected = run.NotSelected
	for _, requirement := range run.Requirements {
		covers := func(check Check) bool { return slices.Contains(check.Requirements, requirement.ID) }
		selectable := slices.ContainsFunc(run.Catalogue, covers)
		switch {
		case requirement.Draft:
			r.Drafts = append(r.Drafts, requirement.ID)
			continue
		case selectable && !slices.ContainsFunc(r.Checks, covers), names(run.NotApplicable, requirement.ID):
			continue // Not selected, which is not a skip.
		case !selectable && r.Client == nil:
			r.Untested = append(r.Untested, requirement.ID)
		}
		if rolled := r.rollUp(requirement); rolled.Verdict != Skip || !names(run.NotSelected, requirement.ID) {
			r.Requirements = append(r.Requirements, rolled)
		}
	}
	r.Counts = r.CountsOf("")
	r.exit(run)
	if gaps > 0 && r.Exit == ExitConforms {
		r.Conclusion += "; " + text.Counted(gaps, "skip") + " accepted"
	}
}

// AcceptedStates are the states in which the method accepts a job.
func (r *Report) AcceptedStates() (accepted []string) {
	for _, state := range r.States {
		if state.Retryable {
			accepted = append(accepted, state.Name)
		}
	}
	return accepted
}

// askForJobs: where jobs were used up by what only warns, nothing has to be fixed first.
func (r *Report) askForJobs() {
	accepted := r.AcceptedStates()
	has := func(verdict Verdict) bool {
		return slices.ContainsFunc(r.Checks, func(check Check) bool { return check.Verdict == verdict })
	}
	if len(accepted) == 0 || has(Fail) || has(ExpectedFail) || !has(Warn) {
		return
	}
	for i := range r.Checks {
		check := &r.Checks[i]
		if reason, usedUp := strings.CutSuffix(check.Reason, FixFirst); usedUp && check.Verdict == Skip && strings.Contains(reason, "used up") {
			check.Reason, check.Flag = reason+" (see the warnings)", JobFlag(accepted)
		}
	}
}

// names reports whether a requirement is among those that no check tests.
func names(groups []NotApplicable, requirement string) bool {
	return slices.ContainsFunc(groups, func(group NotApplicable) bool { return slices.Contains(group.Requirements, requirement) })
}

// WhyNotSelected is the reason why a check was left out; empty where it was not.
func (r Run) WhyNotSelected(check string) string {
	for _, group := range r.NotSelected {
		if slices.Contains(group.Checks, check) {
			return "not selected: " + group.Reason
		}
	}
	return ""
}

// exit sets the exit code and its words.
func (r *Report) exit(run Run) {
	checks := r.Counts.Checks
	switch {
	case run.Ended != "":
		r.Exit, r.Ended = ExitUnreachable, run.Ended
	case run.Interrupted:
		r.Exit = ExitInterrupted
	case checks[Fail] > 0:
		r.Exit = ExitFails
	case checks[Error] > 0:
		r.Exit = ExitUnreachable
	case r.misses(run.Requirements) && run.Foreseen:
		r.Exit = ExitUnreachable
	case r.misses(run.Requirements):
		r.Exit = ExitInconclusive
	default:
		r.Exit = ExitConforms
	}
	untested := "something documented could not be tested"
	switch {
	case r.testedNothing():
		untested = "nothing could be tested"
	case strongestLevel(run.Requirements) != spec.Documented:
		untested = "something that the platform requires could not be tested"
	}
	r.Conclusion = conclusion(r.Exit, untested, checks[ExpectedFail]+r.Counts.Requirements[ExpectedFail] > 0, r.Counts.Requirements[ExpectedFail])
	switch {
	case r.Ended != "":
		r.Conclusion = "not tested to the end: " + r.Ended
	case r.Exit == ExitUnreachable && checks[Error] < len(r.Checks):
		untested := checks[Error]
		if run.Foreseen {
			untested += checks[Skip]
		}
		r.Conclusion = "not tested to the end: " + text.Counted(untested, "check") + " could not be tested: " + r.commonError()
	case r.Exit == ExitUnreachable && r.commonError() != "":
		r.Conclusion = "not tested: " + r.commonError()
	}
	if r.Client != nil {
		r.concludeClient()
	}
	r.Stale = run.Stale
	if run.Stale != "" && (r.Exit == ExitConforms || r.Exit == ExitInconclusive) {
		// Stale responses show nothing of the server as it is now.
		r.Exit, r.Conclusion = ExitFails, "stale: "+run.Stale
	}
	if checks[UnexpectedPass] > 0 && checks[Fail] == 0 && !run.Interrupted && r.Ended == "" {
		r.Exit, r.Conclusion = ExitFails, r.Conclusion+"; "+r.outOfDate()
	}
}

// outOfDate says which entries of the known failures to remove.
func (r *Report) outOfDate() string {
	const few = 3
	var names []string
	for _, known := range r.Known(KnownPassed) {
		names = append(names, known.Name)
	}
	if more := len(names) - few; more > 0 {
		names = append(names[:few], text.Counted(more, "more entry"))
	}
	return "the list of known failures is out of date: remove " + text.List(names, "and")
}

// commonError is the reason that most of the checks with an error have.
func (r *Report) commonError() string {
	for _, verdict := range []Verdict{Error, Skip} {
		if groups := r.Unjudged(verdict); len(groups) > 0 {
			return groups[0].Reason
		}
	}
	return ""
}

// strongestLevel is the level without whose requirements nothing is concluded:
// documented or, where a description has none, platform.
func strongestLevel(requirements []spec.Requirement) spec.Level {
	if slices.ContainsFunc(requirements, func(one spec.Requirement) bool { return one.Level == spec.Documented && !one.Draft }) {
		return spec.Documented
	}
	return spec.Platform
}

// testedNothing reports whether every check was skipped.
func (r *Report) testedNothing() bool { return r.Counts.Checks[Skip] == len(r.Checks) }

// misses reports whether something was not tested without which nothing is
// concluded: a requirement of the strongest level by none of its checks, a check
// that is about something documented in the first place, or all.
func (r *Report) misses(requirements []spec.Requirement) bool {
	if r.Client != nil {
		return r.missesCalls()
	}
	level := map[string]spec.Level{}
	for _, requirement := range requirements {
		level[requirement.ID] = requirement.Level
	}
	strongest := strongestLevel(requirements)
	return r.testedNothing() || slices.ContainsFunc(r.Requirements, func(one Requirement) bool {
		return one.Verdict == Skip && one.Level == strongest && (one.Must() || strongest == spec.Documented) &&
			!r.hiddenByKnown(one) && !r.acceptsGap(one) && !slices.Contains(r.Untested, one.ID)
	}) || slices.ContainsFunc(r.Checks, func(check Check) bool {
		return check.Verdict == Skip && level[check.Requirements[0]] == spec.Documented && !r.KnownFailures.accept(check.ID, check.Requirements[0])
	})
}

// acceptsGap reports whether entries accept that no check of a requirement tests it.
func (r *Report) acceptsGap(requirement Requirement) bool {
	return len(requirement.Checks) > 0 && !slices.ContainsFunc(requirement.Checks, func(check string) bool {
		return !r.KnownFailures.accept(check, requirement.ID)
	})
}

// hiddenByKnown reports whether nothing but known failures kept the checks of a
// requirement from seeing it. Who accepts a failure accepts what it hides.
func (r *Report) hiddenByKnown(requirement Requirement) bool {
	own := set(requirement.Checks)
	return len(own) > 0 && !slices.ContainsFunc(r.Checks, func(check Check) bool {
		verdict, _ := check.About(requirement.ID)
		return check.Verdict != ExpectedFail && own[check.ID] && verdict != Pass
	})
}

// set makes ids quick to look up.
func set(ids []string) map[string]bool {
	known := map[string]bool{}
	for _, id := range ids {
		known[id] = true
	}
	return known
}

// noCheck is the reason of what nothing tests.
const noCheck = "no check of this version tests it"

// rollUp makes the verdict of a requirement from its checks: the most severe.
// The reason is that of a known failure, else why some check did not test it.
func (r *Report) rollUp(requirement spec.Requirement) Requirement {
	rolled := Requirement{Requirement: requirement, Aspect: requirement.Aspect(), Verdict: Skip, Checks: []string{}, Reason: noCheck}
	ofKnown := func(verdict Verdict) bool { return verdict == ExpectedFail || verdict == UnexpectedPass }
	doubt := ""
	for _, check := range r.Checks {
		if !slices.Contains(check.Requirements, requirement.ID) {
			continue
		}
		first := len(rolled.Checks) == 0
		rolled.Checks = append(rolled.Checks, check.ID)
		verdict, reason := r.about(check, requirement.ID)
		worse := severity(verdict) > severity(rolled.Verdict)
		known := ofKnown(rolled.Verdict) || ofKnown(verdict)
		untested := verdict == Skip || verdict == Error
		if first || worse && known || untested && !known {
			rolled.Reason = reason
		}
		if first || worse {
			rolled.Verdict = verdict
		}
		if one, untested := check.untested(requirement.ID); untested && one.Doubted {
			doubt = cmp.Or(doubt, one.Reason)
		}
	}
	if doubt != "" && rolled.Verdict == Pass {
		rolled.Verdict, rolled.Reason = Skip, doubt
	}
	return rolled
}

// about is what a check says of one of its requirements.
func (r *Report) about(check Check, requirement string) (Verdict, string) {
	own := check.FindingsOf(requirement)
	switch {
	case len(own) > 0:
		return own[0].Verdict, r.KnownFailures.reason(own)
	case r.KnownFailures.passedUnexpectedly(check.ID, requirement):
		return UnexpectedPass, check.Reason
	}
	return check.About(requirement)
}

// About is what a check says of one of its requirements: its first finding, that
// nothing of it was seen, or that it is kept, whatever the check found of others.
func (c Check) About(requirement string) (Verdict, string) {
	own := c.FindingsOf(requirement)
	one, untested := c.untested(requirement)
	switch {
	case len(own) > 0:
		return own[0].Verdict, ""
	case untested:
		return Skip, one.Reason
	case c.Call == nil && (c.Verdict == Skip || c.Verdict == Error):
		return c.Verdict, c.Reason
	}
	return Pass, ""
}

// untested finds what could not be tested of a requirement.
func (c Check) untested(requirement string) (Untested, bool) {
	all := c.Untested
	if c.Call != nil {
		all = c.Call.Untested
	}
	return text.Find(all, func(one Untested) bool { return one.Requirement == requirement })
}

// FindingsOf lists the findings about a requirement.
func (c Check) FindingsOf(requirement string) []Finding {
	var own []Finding
	for _, finding := range c.Findings {
		if finding.Requirement == requirement {
			own = append(own, finding)
		}
	}
	return own
}

// severity orders verdicts: what is broken outweighs what is kept, what nobody
// expected outweighs what somebody did, and what is kept somewhere outweighs
// what was not tested elsewhere.
func severity(verdict Verdict) int {
	return slices.Index([]Verdict{Skip, Pass, Error, ExpectedFail, Warn, UnexpectedPass, Fail}, verdict)
}

// VerdictOf says what breaking a requirement means for a run: it fails the run
// where the requirement is a MUST and as strong as the run asks for. With the
// weakest level, everything fails the run.
func VerdictOf(requirement spec.Requirement, strictness spec.Level) Verdict {
	if strictness == spec.Inferred || requirement.Must() && requirement.Level.AtLeast(strictness) {
		return Fail
	}
	return Warn
}

// Missing is an input that a check needed and was not given.
type Missing struct {
	// Reason says what is missing, and Flag what would supply it.
	Reason string
	Flag   string
	// Jobs is how many jobs are missing at least; 0 where the flag supplies something
	// else.
	Jobs int
}

// FixFirst follows the reason of a skip that no input would prevent.
const FixFirst = ": fix what failed first"

// Settle gives a check its verdict: that of its most severe finding, or why it
// did not test everything. A failure stands, whatever else went wrong.
func (c *Check) Settle(broken string, missing *Missing, known KnownFailures) {
	c.Verdict, c.Reason, c.Flag, c.MissingJobs = c.MostSevere(), "", "", 0
	switch {
	case c.Verdict == Fail:
	case broken != "":
		c.Verdict, c.Reason = Error, broken
	case missing != nil && c.Verdict == Pass:
		c.Verdict, c.Reason, c.Flag, c.MissingJobs = Skip, missing.Reason, missing.Flag, missing.Jobs
	case c.Verdict == ExpectedFail:
		c.Reason = known.reason(c.Findings)
	}
}

// MostSevere is the verdict of the most severe finding, or Pass.
func (c Check) MostSevere() Verdict {
	worst := Pass
	for _, finding := range c.Findings {
		if severity(finding.Verdict) > severity(worst) {
			worst = finding.Verdict
		}
	}
	return worst
}

// Interrupted is the reason of what a run that ended early did not test.
const Interrupted = "the run was interrupted"

// SkipText says why a check was skipped and, where something would help, what.
func (c Check) SkipText() string {
	if c.Flag == "" {
		return c.Reason
	}
	return c.Reason + "; give " + Give(c.Flag, c.MissingJobs)
}

// Give is a flag with how many of its jobs are missing.
func Give(flag string, jobs int) string {
	if jobs > 1 {
		return fmt.Sprintf("at least %d more %s", jobs, flag)
	}
	return flag
}

// String gives want and got, for a log.
func (f Finding) String() string {
	text := fmt.Sprintf("%s: want %s, got %s", f.Requirement, f.Want, f.Got)
	if f.Count > 1 {
		text += fmt.Sprintf(" (in %d exchanges)", f.Count)
	}
	return text
}

// conclusion says an exit code in words, and that a target conforms but for
// known failures, with the number of their requirements: conditions of a test are
// none. Untested says what an inconclusive run could not test.
func conclusion(exit int, untested string, known bool, requirements int) string {
	switch {
	case known && exit == ExitConforms && requirements == 0:
		return "conforms but for known failures"
	case known && exit == ExitConforms:
		return "conforms but for known failures of " + text.Counted(requirements, "requirement")
	case known && exit == ExitInconclusive:
		return "inconclusive: only known failures failed, and " + untested
	case exit == ExitInconclusive:
		return "inconclusive: nothing failed, but " + untested
	}
	return conclusions[exit]
}

// conclusions say each exit code in words.
var conclusions = map[int]string{
	ExitConforms:     "conforms",
	ExitFails:        "does not conform",
	ExitUsage:        "wrong usage or configuration",
	ExitInconclusive: "inconclusive",
	ExitUnreachable:  "not tested: the target could not be reached",
	ExitInterrupted:  "interrupted: what was not tested until then is not reported",
}

// The flags that supply a job to be used up, and to be used several times.
const (
	ConsumeFlag = "--consume-jobs"
	HereFlag    = "an --endpoint on this machine"
)

// JobFlag is the flag that supplies a job in one of the states, or a job where
// there are no states.
func JobFlag(states []string) string {
	if len(states) == 0 {
		return "--job ID"
	}
	return strings.Join(JobFlags(states), " or ")
}

// JobFlags are the flags that supply a job in each of the states.
func JobFlags(states []string) []string {
	flags := make([]string, len(states))
	for i, state := range states {
		flags[i] = "--job " + state + "=ID"
	}
	return flags
}

// UsesUpJobs reports whether a flag, one that a skipped check names, supplies jobs
// that are used up; accepted are the states in which the method accepts a job.
func UsesUpJobs(accepted []string, flag string) bool {
	job := JobFlag(accepted)
	return slices.Contains([]string{ConsumeFlag, ConsumeFlag + " with " + job, job, HereFlag}, flag)
}
