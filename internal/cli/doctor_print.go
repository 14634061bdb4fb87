package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// doctorPrinter prints findings for a person.
type doctorPrinter struct{ text.Printer }

func (p doctorPrinter) print(found doctorFindings) {
	p.field("endpoint", found.Endpoint.URL+", "+found.Endpoint.text())
	if len(found.Endpoint.Added) > 0 {
		p.field("sends", strings.Join(found.Endpoint.Added, ", ")+" with every request")
	}
	switch endpoint := found.Endpoint; {
	case endpoint.Reason != "":
	case endpoint.ClockAhead == nil:
		p.field("clock", "not compared: the response has no date")
	case endpoint.ClockText != "":
		p.field("clock", red("wrong")+": "+endpoint.ClockText+"; tokens may look expired, or not yet valid")
	default:
		p.field("clock", "agrees with the server's")
	}
	p.scopes(found)
	p.jobs(found)
	if found.Cause != nil {
		p.Printf("\n")
		p.field("cause", red(found.Cause.Summary))
		p.field("  fix", found.Cause.Fix)
	}
	p.skipped(found)
	if found.Pace != "" {
		p.field("time", found.Pace)
	}
	ready := "ready: the run has every input that it needs"
	if skipped := len(found.Skipped); skipped > 0 {
		ready = "ready: the run would be conclusive; " + text.Counted(skipped, "check") + " would be skipped"
	}
	notReady := "not ready: see above"
	if found.stateless() {
		notReady = "not known to be ready: the states of the jobs cannot be read"
	}
	p.Printf("\n%s\n", text.Paragraph("", map[int]string{
		result.ExitConforms: ready, result.ExitUnreachable: cmp.Or(found.Unavailable, "the endpoint cannot be reached"), result.ExitInconclusive: notReady,
	}[found.Exit], p.Width))
}

func (p doctorPrinter) field(name, value string) {
	p.Printf("%s\n", text.Paragraph(fmt.Sprintf("%-10s", name), value, p.Width))
}

// item prints a text below a field; its later lines are indented further.
func (p doctorPrinter) item(indent, value string) {
	p.Printf("%s%s\n", indent, strings.Join(text.Wrap(value, max(1, p.Width-len(indent)-2)), "\n"+indent+"  "))
}

func red(shown string) string { return lipgloss.NewStyle().Foreground(lipgloss.Red).Render(shown) }

func (e doctorEndpoint) text() string {
	if !e.Reached {
		return red("not reached") + ": " + strings.TrimPrefix(e.Reason, e.URL+" cannot be reached: ")
	}
	if e.Reason != "" {
		return "reached, but " + red("its response is broken") + ": " + e.Reason
	}
	reached := "reached over " + e.Protocol
	switch {
	case e.TLS != "":
		reached += " with " + e.TLS
	case !strings.HasPrefix(e.URL, "https:"):
		reached += " without TLS"
	}
	if e.Proxy != "" {
		reached += " through the proxy " + e.Proxy
	}
	return reached
}

// scopes prints what there is for the scopes; what is the same for several is
// printed once, those with a token first.
func (p doctorPrinter) scopes(found doctorFindings) {
	scopes := found.Scopes
	if len(scopes) == 0 {
		p.field("tokens", "none needed: no authorization is tested")
		return
	}
	var sorted []doctorScope
	documented, withToken, unrelated := 0, 0, 0
	for _, scope := range scopes {
		switch {
		case !scope.Unrelated:
			documented++
			if scope.State == tokenThere {
				withToken++
			}
		case scope.State == tokenThere:
			unrelated++
		}
	}
	for _, state := range []string{tokenThere, tokenUnusable, tokenMissing} {
		for _, scope := range scopes {
			if scope.State == state {
				sorted = append(sorted, scope)
			}
		}
	}
	counts := fmt.Sprintf("for %d of %s", withToken, text.Counted(documented, "scope"))
	if found.unrelated > 0 {
		counts += fmt.Sprintf(", and %d of %s", unrelated, text.Counted(found.unrelated, "unrelated scope"))
	}
	p.field("tokens", counts)
	for _, group := range text.Grouped(sorted, func(one doctorScope) [2]string { return [2]string{one.State, one.sameText()} }) {
		label := fmt.Sprintf("%d %s: ", len(group), group[0].State)
		switch group[0].State {
		case tokenThere:
			label = fmt.Sprintf("%d from ", len(group))
		case tokenMissing:
			label = red(scopesText(group)) + ": "
		default:
			label = red(label)
		}
		p.Printf("\n")
		p.item("  ", label+group[0].sameText()+firstExpiry(group))
		p.item("    ", strings.Join(families(group, scopes), ", "))
	}
}

// scopesText counts scopes, and unrelated ones apart.
func scopesText(scopes []doctorScope) string {
	unrelated := 0
	for _, scope := range scopes {
		if scope.Unrelated {
			unrelated++
		}
	}
	var parts []string
	if documented := len(scopes) - unrelated; documented > 0 {
		parts = append(parts, text.Counted(documented, "scope"))
	}
	if unrelated > 0 {
		parts = append(parts, text.Counted(unrelated, "unrelated scope"))
	}
	return text.List(parts, "and")
}

// sameText is what can be said of a scope without its name.
func (s doctorScope) sameText() string {
	same := s.From
	switch {
	case s.State != tokenThere && strings.Contains(s.Reason, s.From):
		same = ""
	case s.State == tokenThere && s.Verified:
		same += ", verified"
	}
	if s.Reason != "" && same != "" {
		same += ": "
	}
	return strings.NewReplacer(s.Name, "SCOPE", spec.Scope{Name: s.Name}.Short(), "SCOPE").Replace(same + s.Reason)
}

// firstExpiry says when the first token of a group expires.
func firstExpiry(scopes []doctorScope) string {
	var first *time.Time
	for _, scope := range scopes {
		if scope.Until != nil && (first == nil || scope.Until.Before(*first)) {
			first = scope.Until
		}
	}
	if first == nil {
		return ""
	}
	return ", until " + first.Format(minuteFormat)
}

// families names the scopes of a group by their products: "maps 8", "play 4 of
// 9", or by their names where they are few of many.
func families(some, all []doctorScope) []string {
	const few = 3
	key := func(scope doctorScope) string {
		if scope.Unrelated {
			return scope.Name
		}
		return scope.family
	}
	whole := map[string]int{}
	for _, scope := range all {
		whole[key(scope)]++
	}
	var names []string
	for _, mine := range text.Grouped(some, key) {
		switch first, of := mine[0], whole[key(mine[0])]; {
		case first.Unrelated:
			names = append(names, spec.Scope{Name: first.Name}.Short()+" (unrelated)")
		case len(mine) == of:
			names = append(names, fmt.Sprintf("%s %d", first.family, of))
		case len(mine) > few:
			names = append(names, fmt.Sprintf("%s %d of %d", first.family, len(mine), of))
		default:
			for _, one := range mine {
				names = append(names, spec.Scope{Name: one.Name}.Short())
			}
		}
	}
	return names
}

// jobs prints how many jobs are as given, and names each that is not.
func (p doctorPrinter) jobs(found doctorFindings) {
	jobs := found.Jobs
	p.Printf("\n")
	if found.Made != "" {
		defer func() { p.item("  ", found.Made+" during a run") }()
	}
	if len(jobs) == 0 {
		p.field("jobs", "none given; "+found.jobFlag+" names one")
		return
	}
	if jobs[0].Given == "" {
		p.field("jobs", fmt.Sprintf("%d given, without states: %s", len(jobs), shortList(jobs, doctorJob.id, 4)))
		return
	}
	var agreeing, unknown, other []doctorJob
	for _, job := range jobs {
		switch {
		case job.Agrees:
			agreeing = append(agreeing, job)
		case job.State == "":
			unknown = append(unknown, job)
		default:
			other = append(other, job)
		}
	}
	p.field("jobs", fmt.Sprintf("%d of %d in the given state", len(agreeing), len(jobs)))
	for _, group := range text.Grouped(agreeing, func(job doctorJob) string { return job.Given }) {
		p.item("  ", fmt.Sprintf("%d %s: %s", len(group), group[0].Given, shortList(group, doctorJob.id, 4)))
	}
	advised := found.Made != ""
	for _, group := range text.Grouped(other, func(job doctorJob) [2]string { return [2]string{job.Given, job.State} }) {
		label, verb := "not "+group[0].Given, " is "
		if len(group) > 1 {
			label, verb = fmt.Sprintf("%d %s", len(group), label), " are "
		}
		p.item("  ", red(label)+": "+shortList(group, doctorJob.id, 4)+verb+group[0].State)
		if !advised && slices.Contains(found.accepted, group[0].Given) {
			advised = true
			p.item("    ", result.GiveJobs(found.accepted))
		}
	}
	for _, group := range text.Grouped(unknown, func(job doctorJob) string { return job.Reason }) {
		label, jobs := group[0].Reason, "state unknown"
		if len(group) > 1 {
			jobs = "state unknown of " + text.Counted(len(group), "job")
		}
		switch {
		case group[0].unknown && len(group) > 1:
			label = text.Counted(len(group), "job") + " " + label
		case group[0].unknown:
		case label == found.Endpoint.Reason:
			label = jobs + ", the endpoint was not reached"
		default:
			label = jobs + ", " + label
		}
		p.item("  ", red(label)+": "+shortList(group, func(job doctorJob) string { return job.ID + " (" + job.Given + ")" }, 4))
	}
}

func (j doctorJob) id() string { return j.ID }

// shortList names the first few.
func shortList[T any](all []T, name func(T) string, few int) string {
	var names []string
	for _, one := range all[:min(few, len(all))] {
		names = append(names, name(one))
	}
	shown := strings.Join(names, ", ")
	if len(all) > few {
		shown += fmt.Sprintf(" and %d more", len(all)-few)
	}
	return shown
}

// skipped prints which checks a run would skip, by what would supply the input,
// or by the reason where nothing would.
func (p doctorPrinter) skipped(found doctorFindings) {
	if !found.Endpoint.Reached || found.Unavailable != "" {
		return
	}
	p.Printf("\n")
	if found.Cause != nil && !found.stateless() {
		p.field("checks", "not foreseen: fix the cause above first")
		return
	}
	if len(found.Jobs) > 0 && !slices.ContainsFunc(found.Jobs, func(job doctorJob) bool { return !job.unread }) {
		p.field("checks", "not foreseen: no job shows a documented state")
		return
	}
	canTest := fmt.Sprintf("a run can test %d of %d", found.Checks-len(found.Skipped), found.Checks)
	if found.stateless() {
		canTest += " if the endpoint and the jobs are right"
	}
	p.field("checks", canTest)
	same := func(skip doctorSkip) string { skip.Jobs = 0; return skip.why() }
	for _, group := range text.Grouped(found.Skipped, same) {
		first := group[0]
		for _, skip := range group[1:] {
			first.Jobs += skip.Jobs
		}
		p.item("  ", red(fmt.Sprintf("%d skipped", len(group)))+": "+first.why())
		p.item("    ", shortList(group, func(skip doctorSkip) string { return skip.Check }, 2))
	}
	for _, group := range found.NotSelected {
		counted := fmt.Sprint(len(group.Checks))
		if len(group.Checks) == 0 {
			counted = text.Counted(len(group.Requirements), "requirement")
		}
		p.item("  ", counted+" not selected: "+group.Reason)
	}
	for _, known := range found.Known {
		p.item("  ", red(known))
	}
}

// why is what would let the check be tested, or the reason where nothing would.
func (s doctorSkip) why() string {
	why := s.Reason
	if strings.HasSuffix(why, result.FixFirst) {
		why = "too few of the given jobs can be used: see above"
	}
	if s.Flag != "" {
		why = "give " + result.Give(s.Flag, s.Jobs)
	}
	if scope, isScope := strings.CutPrefix(s.Check, "authorization/scope/"); isScope {
		why = strings.ReplaceAll(why, scope, "SCOPE")
	}
	return why
}
