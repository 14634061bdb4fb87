package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/dpconform/dpconform/spec"
)

// WriteJSON writes the findings as JSON.
func (f Findings) WriteJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(f)
}

// Printer prints findings for a person.
type Printer struct {
	Out io.Writer
	// Width is the number of columns; text is wrapped to it.
	Width int
}

// Widths in columns: of what stands before a text, and of the narrowest text.
const (
	labelWidth = 10
	leastWidth = 30
)

// Print prints the findings.
func (p Printer) Print(findings Findings) {
	p.field("endpoint", findings.Endpoint.URL+", "+findings.Endpoint.text())
	p.clock(findings.Endpoint)
	p.scopes(findings.Scopes)
	p.jobs(findings.Jobs)
	fmt.Fprintf(p.Out, "\n%s\n", findings.conclusion())
}

func (e Endpoint) text() string {
	if !e.Reached {
		return red("not reached") + ": " + strings.TrimPrefix(e.Reason, e.URL+" cannot be reached: ")
	}
	text := "reached by " + e.Protocol
	if e.TLS != "" {
		text += " over " + e.TLS
	} else {
		text += " without TLS"
	}
	if e.Proxy != "" {
		text += " by the proxy " + e.Proxy
	}
	return text
}

func (p Printer) clock(endpoint Endpoint) {
	switch {
	case !endpoint.Reached:
	case endpoint.ClockAhead == nil:
		p.field("clock", "not compared: the answer has no date")
	case endpoint.ClockText != "":
		p.field("clock", red("wrong")+": "+endpoint.ClockText+"; tokens may look expired, or not yet valid")
	default:
		p.field("clock", "agrees with the server's")
	}
}

// group is a number of scopes of which the same can be said.
type group struct {
	state  TokenState
	text   string
	scopes []Scope
}

// scopes prints what there is for the scopes, equal ones once.
func (p Printer) scopes(scopes []Scope) {
	there := 0
	for _, scope := range scopes {
		if scope.State == There {
			there++
		}
	}
	p.field("tokens", fmt.Sprintf("%d of %d scopes have one", there, len(scopes)))
	for _, group := range grouped(scopes) {
		fmt.Fprintln(p.Out)
		label := fmt.Sprintf("%d %s", len(group.scopes), group.state)
		if group.state != There {
			label = red(label)
		}
		p.indented("  ", label+": "+group.text+group.until())
		p.indented("    ", strings.Join(familiesOf(group.scopes, scopes), ", "))
	}
}

// grouped puts scopes together of which the same can be said, those with a
// token first.
func grouped(scopes []Scope) []*group {
	var groups []*group
	for _, scope := range scopes {
		text := scope.sameText()
		index := slices.IndexFunc(groups, func(group *group) bool { return group.state == scope.State && group.text == text })
		if index < 0 {
			groups = append(groups, &group{state: scope.State, text: text})
			index = len(groups) - 1
		}
		groups[index].scopes = append(groups[index].scopes, scope)
	}
	slices.SortStableFunc(groups, func(a, b *group) int { return order(a.state) - order(b.state) })
	return groups
}

func order(state TokenState) int {
	return slices.Index([]TokenState{There, Unusable, Missing}, state)
}

// sameText says what can be said of a scope without its name.
func (s Scope) sameText() string {
	text := s.From
	if s.State != There && strings.Contains(s.Reason, s.From) {
		text = ""
	}
	if s.State == There && s.Verified {
		text += ", verified"
	}
	if s.Reason != "" {
		if text != "" {
			text += ": "
		}
		text += s.Reason
	}
	short := spec.ShortScope(s.Name)
	return strings.ReplaceAll(strings.ReplaceAll(text, s.Name, "SCOPE"), short, "SCOPE")
}

// until says when the first token of a group expires.
func (g *group) until() string {
	var first *time.Time
	for _, scope := range g.scopes {
		if scope.Until != nil && (first == nil || scope.Until.Before(*first)) {
			first = scope.Until
		}
	}
	if first == nil {
		return ""
	}
	return ", until " + first.Format("2006-01-02 15:04 UTC")
}

// shownScopes is how many scopes of a product are named where not all of it is
// meant.
const shownScopes = 3

// noBreak stands for a space at which no line ends.
const noBreak = "\u00a0"

func together(text string) string { return strings.ReplaceAll(text, " ", noBreak) }

// familiesOf names the scopes of a group by their products: "maps 8", "play 2
// of 9", or by their names where they are few of many.
func familiesOf(some, all []Scope) []string {
	var names []string
	for _, family := range families(some) {
		mine, whole := ofFamily(some, family), ofFamily(all, family)
		switch {
		case mine[0].Unrelated:
			names = append(names, together(spec.ShortScope(mine[0].Name)+" (unrelated)"))
		case len(mine) == len(whole):
			names = append(names, together(fmt.Sprintf("%s %d", family, len(mine))))
		case len(mine) > shownScopes:
			names = append(names, together(fmt.Sprintf("%s %d of %d", family, len(mine), len(whole))))
		default:
			for _, scope := range mine {
				names = append(names, spec.ShortScope(scope.Name))
			}
		}
	}
	return names
}

func families(scopes []Scope) []string {
	var names []string
	for _, scope := range scopes {
		if key := scope.familyKey(); !slices.Contains(names, key) {
			names = append(names, key)
		}
	}
	return names
}

// familyKey is the family, with the unrelated scope in one of its own.
func (s Scope) familyKey() string {
	if s.Unrelated {
		return "unrelated"
	}
	return s.family
}

func ofFamily(scopes []Scope, key string) []Scope {
	var found []Scope
	for _, scope := range scopes {
		if scope.familyKey() == key {
			found = append(found, scope)
		}
	}
	return found
}

// shownJobs is how many jobs that are as they should be are named.
const shownJobs = 4

// jobs prints the states of the jobs, and names each that is not as given.
func (p Printer) jobs(jobs []Job) {
	fmt.Fprintln(p.Out)
	if len(jobs) == 0 {
		p.field("jobs", "none given; --job STATE=ID names one")
		return
	}
	p.field("jobs", fmt.Sprintf("%d of %d are in the state that they were given as", agreeing(jobs), len(jobs)))
	agree := map[string][]string{}
	var states []string
	for _, job := range jobs {
		if job.Agrees {
			if agree[job.Given] == nil {
				states = append(states, job.Given)
			}
			agree[job.Given] = append(agree[job.Given], job.ID)
		}
	}
	for _, state := range states {
		ids := agree[state]
		text := fmt.Sprintf("%d %s: %s", len(ids), state, strings.Join(ids[:min(shownJobs, len(ids))], ", "))
		if len(ids) > shownJobs {
			text += fmt.Sprintf(" and %d more", len(ids)-shownJobs)
		}
		p.indented("  ", text)
	}
	for _, job := range jobs {
		switch {
		case job.Agrees:
		case job.State != "":
			p.indented("  ", red("not "+job.Given)+": "+job.ID+" is "+job.State)
		default:
			p.indented("  ", red("not known")+": "+job.ID+", given as "+job.Given+": "+job.Reason)
		}
	}
}

func agreeing(jobs []Job) int {
	count := 0
	for _, job := range jobs {
		if job.Agrees {
			count++
		}
	}
	return count
}

func (f Findings) conclusion() string {
	switch f.Exit {
	case 0:
		return "all is there"
	case 4:
		return "the endpoint cannot be reached"
	}
	return "something is missing or wrong"
}

func (p Printer) field(label, text string) {
	p.wrapped(fmt.Sprintf("%-*s", labelWidth, label), strings.Repeat(" ", labelWidth), text)
}

// indented prints a text whose later lines stand a little further in.
func (p Printer) indented(indent, text string) { p.wrapped(indent, indent+"  ", text) }

func (p Printer) wrapped(first, later, text string) {
	width := max(leastWidth, p.Width-len(later))
	for i, line := range strings.Split(ansi.Wrap(text, width, " "), "\n") {
		line = strings.ReplaceAll(line, noBreak, " ")
		indent := first
		if i > 0 {
			indent = later
		}
		fmt.Fprintln(p.Out, indent+strings.TrimRight(line, " "))
	}
}

func red(text string) string { return lipgloss.NewStyle().Foreground(lipgloss.Red).Render(text) }
