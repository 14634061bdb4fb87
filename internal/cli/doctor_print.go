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
	p.scopes(found.Scopes)
	p.jobs(found)
	p.skipped(found)
	p.Printf("\n%s\n", text.Paragraph("", map[int]string{
		result.ExitConforms: "ready: the run has every input that it needs", result.ExitUnreachable: cmp.Or(found.Unavailable, "the endpoint cannot be reached"), result.ExitInconclusive: "something is missing or wrong",
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
	reached := "reached by " + e.Protocol
	switch {
	case e.TLS != "":
		reached += " over " + e.TLS
	case !strings.HasPrefix(e.URL, "https:"):
		reached += " without TLS"
	}
	if e.Proxy != "" {
		reached += " by the proxy " + e.Proxy
	}
	return reached
}

// scopes prints what there is for the scopes; what is the same for several is
// printed once, those with a token first.
func (p doctorPrinter) scopes(scopes []doctorScope) {
	groups := map[[2]string][]doctorScope{}
	var order [][2]string
	there := 0
	for _, state := range []string{tokenThere, tokenUnusable, tokenMissing} {
		for _, scope := range scopes {
			if scope.State != state {
				continue
			}
			if state == tokenThere {
				there++
			}
			key := [2]string{state, scope.sameText()}
			if groups[key] == nil {
				order = append(order, key)
			}
			groups[key] = append(groups[key], scope)
		}
	}
	if len(scopes) == 0 {
		p.field("tokens", "none needed: no authorization is tested")
		return
	}
	p.field("tokens", fmt.Sprintf("%d of %d scopes have one", there, len(scopes)))
	for _, key := range order {
		label := fmt.Sprintf("%d %s", len(groups[key]), key[0])
		if key[0] != tokenThere {
			label = red(label)
		}
		p.Printf("\n")
		p.item("  ", label+": "+key[1]+firstExpiry(groups[key]))
		p.item("    ", strings.Join(families(groups[key], scopes), ", "))
	}
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
	return strings.NewReplacer(s.Name, "SCOPE", spec.ShortScope(s.Name), "SCOPE").Replace(same + s.Reason)
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
	var names, seen []string
	for _, scope := range some {
		if slices.Contains(seen, scope.family) && !scope.Unrelated {
			continue
		}
		other := func(one doctorScope) bool { return one.Unrelated || one.family != scope.family }
		mine, whole := slices.DeleteFunc(slices.Clone(some), other), slices.DeleteFunc(slices.Clone(all), other)
		switch {
		case scope.Unrelated:
			names = append(names, spec.ShortScope(scope.Name)+" (unrelated)")
			continue
		case len(mine) == len(whole):
			names = append(names, fmt.Sprintf("%s %d", scope.family, len(mine)))
		case len(mine) > few:
			names = append(names, fmt.Sprintf("%s %d of %d", scope.family, len(mine), len(whole)))
		default:
			for _, one := range mine {
				names = append(names, spec.ShortScope(one.Name))
			}
		}
		seen = append(seen, scope.family)
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
		ids := make([]string, len(jobs))
		for i, job := range jobs {
			ids[i] = job.ID
		}
		p.field("jobs", fmt.Sprintf("%d given, without states: %s", len(jobs), shortList(ids, 4)))
		return
	}
	agree := map[string][]string{}
	var states []string
	var wrong []doctorJob
	for _, job := range jobs {
		switch {
		case !job.Agrees:
			wrong = append(wrong, job)
			continue
		case agree[job.Given] == nil:
			states = append(states, job.Given)
		}
		agree[job.Given] = append(agree[job.Given], job.ID)
	}
	p.field("jobs", fmt.Sprintf("%d of %d are in the state that they were given as", len(jobs)-len(wrong), len(jobs)))
	for _, state := range states {
		p.item("  ", fmt.Sprintf("%d %s: %s", len(agree[state]), state, shortList(agree[state], 4)))
	}
	unknown, reasons := map[string][]string{}, []string{}
	for _, job := range wrong {
		if job.State != "" {
			p.item("  ", red("not "+job.Given)+": "+job.ID+" is "+job.State)
			continue
		}
		if unknown[job.Reason] == nil {
			reasons = append(reasons, job.Reason)
		}
		unknown[job.Reason] = append(unknown[job.Reason], job.ID+", given as "+job.Given)
	}
	for _, reason := range reasons {
		ids, label := unknown[reason], red("not known")
		if len(ids) > 1 {
			label = red(text.Counted(len(ids), "job") + " not known")
		}
		if reason == found.Endpoint.Reason {
			reason = "the endpoint was not reached"
		}
		p.item("  ", label+": "+shortList(ids, 4)+": "+reason)
	}
}

// shortList names the first few.
func shortList(names []string, few int) string {
	shown := strings.Join(names[:min(few, len(names))], ", ")
	if len(names) > few {
		shown += fmt.Sprintf(" and %d more", len(names)-few)
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
	p.field("checks", fmt.Sprintf("a run can test %d of %d", found.Checks-len(found.Skipped), found.Checks))
	checks := map[string][]string{}
	var order []string
	for _, skip := range found.Skipped {
		why := skip.Reason
		if skip.Flag != "" {
			why = "give " + skip.Flag
		}
		if scope, isScope := strings.CutPrefix(skip.Check, "authorization/scope/"); isScope {
			why = strings.ReplaceAll(why, scope, "SCOPE")
		}
		if checks[why] == nil {
			order = append(order, why)
		}
		checks[why] = append(checks[why], skip.Check)
	}
	for _, why := range order {
		p.item("  ", red(fmt.Sprintf("%d skipped", len(checks[why])))+": "+why)
		p.item("    ", shortList(checks[why], 2))
	}
	for _, group := range found.NotSelected {
		p.item("  ", fmt.Sprintf("%d not selected: %s", len(group.Checks), group.Reason))
	}
	for _, known := range found.Known {
		p.item("  ", red(known))
	}
}
