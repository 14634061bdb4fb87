package html

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Headline is the verdict, and Detail what the conclusion says beyond it.
func (p *page) Headline() string {
	headline, _, _ := strings.Cut(p.Conclusion, ": ")
	return capital(cmp.Or(headline, "Exit code "+strconv.Itoa(p.Exit)))
}

// Detail is the conclusion without the headline, and how much failed.
func (p *page) Detail() string {
	_, detail, _ := strings.Cut(p.Conclusion, ": ")
	var parts []string
	if failed := p.Counts.Requirements[result.Fail]; failed > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s failed", failed, text.Counted(len(p.Requirements), "requirement")))
	}
	if unmet := result.UnmetText(p.Broken(result.Fail)); unmet != "" {
		parts = append(parts, unmet)
	}
	if len(parts) == 0 {
		return capital(detail)
	}
	return capital(fmt.Sprintf("%s; %d of %s failed.", strings.Join(parts, "; "), p.Failed(), text.Counted(len(p.Checks), p.noun())))
}

// noun is what a check is called: that of a client is a scenario.
func (p *page) noun() string {
	if p.Client != nil {
		return "scenario"
	}
	return "check"
}

// skipped are the checks that a missing input kept from being tested, and those
// that something else did.
type skipped struct{ Missing, Others []result.Unjudged }

// Skipped lists the skipped checks.
func (p *page) Skipped() skipped {
	var all skipped
	for _, one := range p.Unjudged(result.Skip) {
		if one.Flag == "" {
			all.Others = append(all.Others, one)
		} else {
			all.Missing = append(all.Missing, one)
		}
	}
	return all
}

// Overall is the verdict that the exit code is like.
func (p *page) Overall() result.Verdict { return VerdictOf(p.Exit) }

// VerdictOf is the verdict whose colour an exit code has.
func VerdictOf(exit int) result.Verdict {
	switch exit {
	case result.ExitConforms:
		return result.Pass
	case result.ExitFails:
		return result.Fail
	case result.ExitInconclusive:
		return result.Skip
	}
	return result.Error
}

// Quiet reports whether nothing failed, so that a reader has time for the rest:
// on a page of failures it is folded.
func (p *page) Quiet() bool { return p.Exit != result.ExitFails }

// list is requirements that were not kept: those that are shown, and those that
// are folded under a label, behind the causes that do not lead the page.
type list struct {
	Shown, Folded []result.Broken
	Causes        []result.Cause
	Label         string
}

// LeadingCauses are the causes that a page begins with.
func (p *page) LeadingCauses() []result.Cause {
	leading, _ := p.Report.LeadingCauses()
	return leading
}

// listed folds what the causes explain, and all but the first few of many.
func (p *page) listed(broken []result.Broken) list {
	most := 4
	if len(p.Causes) > 0 {
		most = 2 // The causes take their place.
	}
	var all list
	if len(broken) > 0 && broken[0].Found[0].Verdict == result.Fail {
		_, all.Causes = p.Report.LeadingCauses()
		if broken[0].Explained() {
			// The most severe is shown in any case.
			all.Shown, broken = broken[:1:1], broken[1:]
		}
	}
	for _, one := range broken {
		if one.Explained() || len(all.Shown) == most {
			all.Folded = append(all.Folded, one)
		} else {
			all.Shown = append(all.Shown, one)
		}
	}
	if len(all.Folded) == 1 && !all.Folded[0].Explained() {
		return list{Shown: append(all.Shown, all.Folded...), Causes: all.Causes}
	}
	explained := 0
	for _, one := range all.Folded {
		if one.Explained() {
			explained++
		}
	}
	all.Label = "and " + text.Counted(len(all.Folded), "more requirement")
	if len(all.Shown) == 0 {
		all.Label = text.Counted(len(all.Folded), "requirement")
	}
	switch {
	case explained == len(all.Folded):
		all.Label += ", explained by the cause"
	case explained > 0:
		all.Label += fmt.Sprintf(", %d of them explained by the cause", explained)
	}
	if explained > 0 && len(p.Causes) > 1 {
		all.Label += "s"
	}
	return all
}

// more counts the checks of all findings but the first.
func (p *page) more(found []result.Alike) string {
	checks := map[string]bool{}
	for _, one := range found[1:] {
		for _, id := range one.Checks {
			checks[id] = true
		}
	}
	switch {
	case len(checks) == 0:
		return ""
	case p.Client != nil:
		return text.Counted(len(checks), "more scenario")
	}
	return text.Counted(len(found)-1, "other finding")
}

// again is the flags that test a requirement alone.
func (p *page) again(broken result.Broken) string {
	if p.Client == nil {
		return "--focus " + broken.Requirement.ID
	}
	const most = 12 // Beyond it, the whole run is shorter.
	checks := slices.Compact(slices.Sorted(slices.Values(broken.Checks())))
	switch many := p.Most(len(checks)) || len(checks) > most; {
	case many && len(p.Causes) > 0:
		return "--scenario " + broken.Checks()[0]
	case many:
		return ""
	}
	return "--scenario " + strings.Join(checks, " --scenario ")
}

// checksIn is the number of checks of groups.
func checksIn(groups []result.Unjudged) int {
	total := 0
	for _, group := range groups {
		total += len(group.Checks)
	}
	return total
}

// failingRows reports whether a state failed.
func failingRows(rows []state) bool {
	return slices.ContainsFunc(rows, func(one state) bool { return one.Verdict == result.Fail })
}

// Where names the server or the client under test.
func (p *page) Where() string {
	if p.Client == nil {
		return p.Target.Endpoint
	}
	return cmp.Or(strings.Join(p.Client.Command, " "), "a client that was started by hand")
}

// Notes are what a reader must know before the counts.
func (p *page) Notes() []string {
	var notes []string
	add := func(there bool, note string) {
		if there {
			notes = append(notes, note)
		}
	}
	add(p.Stale != "" && !strings.Contains(p.Conclusion, p.Stale), "The recorded responses are stale: "+p.Stale)
	add(p.Exit == result.ExitInterrupted, "The run was interrupted. What was not tested until then is skipped.")
	add(p.Ended != "", capital(p.Ended)+". What was not tested until then has no verdict.")
	add(len(p.Settings.Focus) > 0 || p.Settings.LabelFilter != "", "Only some checks were selected; the verdict is about those.")
	add(len(p.NotSelected) > 0, "Not selected: "+p.NotSelectedText()+".")
	add(p.Client != nil && p.Client.WireOnly, "Only what the client sent was tested, not what it reported.")
	repeats := 0
	for _, exchange := range p.Exchanges {
		repeats += len(exchange.Earlier)
	}
	add(repeats > 0, text.Counted(repeats, "request")+" had to be sent again; see Timing.")
	return notes
}

// Facts name what was tested, by what and how.
func (p *page) Facts() [][2]string {
	facts := [][2]string{{"Target", p.Where()}}
	if p.Client == nil {
		consumed := "only on this machine"
		switch {
		case p.Settings.ConsumeJobs:
			consumed = "yes (--consume-jobs)"
		case p.Settings.Profile == "consumer":
			consumed = "no"
		}
		var jobs []string
		for _, state := range slices.Sorted(maps.Keys(p.Target.Jobs)) {
			jobs = append(jobs, strings.TrimSpace(fmt.Sprintf("%d %s", p.Target.Jobs[state], state)))
		}
		if p.Target.Source != "network" {
			facts = append(facts, [2]string{"Responses from", p.Target.Source})
		}
		if p.Target.Proxy != "" {
			facts = append(facts, [2]string{"Proxy", p.Target.Proxy})
		}
		facts = append(facts, [2]string{"Jobs given", cmp.Or(strings.Join(jobs, ", "), "none")}, [2]string{"May use up jobs", consumed}, [2]string{"Time limit of a response", strconv.FormatFloat(p.Settings.LimitSeconds, 'g', 4, 64) + " s"})
	} else if len(p.Client.NotChosen) > 0 {
		facts = append(facts, [2]string{"Scenarios not chosen", strings.Join(p.Client.NotChosen, ", ")})
	}
	facts = append(facts,
		[2]string{"Description", p.Description.File}, [2]string{"Revision", p.Description.RevisionText()}, [2]string{"Digest", p.Description.Digest},
		[2]string{"Started", p.Started.UTC().Format("2006-01-02 15:04:05 UTC")}, [2]string{"Duration", p.tookText()}, [2]string{"Exit code", strconv.Itoa(p.Exit)},
		[2]string{"Exchanges", strconv.Itoa(len(p.Exchanges))})
	if p.Client == nil {
		facts = append(facts, [2]string{"Seed", strconv.FormatUint(p.Settings.Seed, 10)})
	}
	for _, optional := range [][2]string{{"Selected", p.Settings.Text()}, {"Not applicable", p.NotApplicableText()}, {"Not selected", p.NotSelectedText()}, {"Not tested", p.UntestedText()},
		{"Failing levels", p.failingLevels()}, {"Focus", strings.Join(p.Settings.Focus, ", ")}, {"Label filter", p.Settings.LabelFilter}} {
		if optional[1] != "" {
			facts = append(facts, optional)
		}
	}
	return append(facts, [2]string{"Generated by", p.Tool.Name + " " + p.Tool.Version})
}

// failingLevels lists the levels whose findings fail a run.
func (p *page) failingLevels() string {
	var levels []string
	for _, level := range spec.Levels() {
		if level.AtLeast(p.Settings.Level) {
			levels = append(levels, string(level))
		}
	}
	words := strings.Join(levels, ", ")
	if p.Client != nil && p.Settings.Level == spec.Platform {
		words += "; without --level, also everything that a scenario demands"
	}
	return words
}

// tookText is how long the run took, and how long of that it waited.
func (p *page) tookText() string {
	if p.WaitedMilliseconds == 0 {
		return took(p.Milliseconds * 1000)
	}
	return took(p.Milliseconds*1000) + ", with pauses of " + took(p.WaitedMilliseconds*1000) + " between requests"
}

// family is the scopes of one product.
type family struct {
	Name   string
	Scopes []result.Scope
	// Count says how many of them passed: "15/15".
	Count string
}

// Many says that the cells need a wider column.
func (f family) Many() bool { return len(f.Scopes) > 4 }

// Families is the scope grid.
func (p *page) Families() []family {
	var families []family
	for _, scopes := range text.Grouped(p.Scopes, func(scope result.Scope) string { return scope.Family }) {
		passed := 0
		for _, scope := range scopes {
			if scope.Verdict == result.Pass {
				passed++
			}
		}
		families = append(families, family{scopes[0].Family, scopes, fmt.Sprintf("%d/%d", passed, len(scopes))})
	}
	return families
}

// ScopeCounts counts the scopes by their verdicts.
func (p *page) ScopeCounts() map[result.Verdict]int {
	counts := map[result.Verdict]int{}
	for _, scope := range p.Scopes {
		counts[scope.Verdict]++
	}
	return counts
}

// ScopeFails reports whether a scope failed.
func (p *page) ScopeFails() bool { return p.ScopeCounts()[result.Fail] > 0 }

// state is a documented state of a job, and what came of calls for jobs in it.
type state struct {
	result.State
	Verdict          result.Verdict
	Granted, Refused string
	Checks           []string
}

// Rows lists the job states. It is about calls of the checks of the aspect
// "semantics": others send a wrong path, body or token on purpose.
func (p *page) Rows() []state {
	var rows []state
	for _, from := range p.States {
		row := state{State: from}
		granted, refused, counted := map[string]int{}, map[string]int{}, map[int]bool{}
		for _, check := range p.Checks {
			tried := false
			for _, number := range check.Exchanges {
				exchange := p.byNumber[number]
				if check.Aspect != "semantics" || exchange == nil || !exchange.Retry || exchange.JobState != from.Name {
					continue
				}
				tried = true
				if counted[number] {
					continue
				}
				counted[number] = true
				if kindOf(exchange.Last()) == "granted" {
					granted[exchange.Last().Outcome()]++
				} else {
					refused[exchange.Last().Outcome()]++
				}
			}
			if tried {
				row.Checks = append(row.Checks, check.ID)
				row.Verdict = moreSevere(row.Verdict, check.Verdict)
			}
		}
		row.Granted, row.Refused = outcomes(granted), outcomes(refused)
		rows = append(rows, row)
	}
	return rows
}

// moreSevere is the one of two verdicts that a reader has to look at first; one
// that says nothing of the server, last.
func moreSevere(a, b result.Verdict) result.Verdict {
	rank := func(verdict result.Verdict) int {
		switch verdict {
		case result.Skip, result.Error:
			return len(severity)
		case "":
			return len(severity) + 1
		}
		return slices.Index(severity, verdict)
	}
	if rank(b) < rank(a) {
		return b
	}
	return a
}

// outcomes counts outcomes: "3 calls (200), 1 call (reset)".
func outcomes(counts map[string]int) string {
	var parts []string
	for _, outcome := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s (%s)", text.Counted(counts[outcome], "call"), outcome))
	}
	return strings.Join(parts, ", ")
}

// timing is how long the exchanges of one aspect took.
type timing struct {
	Name            string
	Exchanges       int
	Median, Longest int64
	// Slowest is the number of the slowest exchange.
	Slowest, Again int
}

// Timing lists how long exchanges took by the aspects of their checks.
func (p *page) Timing() []timing {
	byAspect := map[string][]result.Exchange{}
	for _, exchange := range p.Exchanges {
		aspect := "other"
		if check := p.byID[exchange.Check]; check != nil {
			aspect = check.Aspect
		}
		byAspect[aspect] = append(byAspect[aspect], exchange)
	}
	var all []timing
	for _, aspect := range append(p.Aspects(), "other") {
		exchanges := byAspect[aspect]
		if len(exchanges) == 0 {
			continue
		}
		delete(byAspect, aspect)
		slices.SortStableFunc(exchanges, func(a, b result.Exchange) int { return cmp.Compare(a.Microseconds, b.Microseconds) })
		slowest := exchanges[len(exchanges)-1]
		one := timing{Name: capital(aspect), Exchanges: len(exchanges), Median: exchanges[len(exchanges)/2].Microseconds,
			Longest: slowest.Microseconds, Slowest: slowest.Number}
		for _, exchange := range exchanges {
			one.Again += len(exchange.Earlier)
		}
		all = append(all, one)
	}
	return all
}
