package html

import (
	"html/template"

	"github.com/dpconform/dpconform/internal/result"
)

// page is all that the templates show, in the words in which they show it.
type page struct {
	head
	summary
	Failures []broken
	Warnings []broken
	Errors   []unjudged
	// Unexpected are the known failures that are none any more.
	Unexpected []known
	Aspects    []aspect
	Scopes     matrix
	States     diagram
	Groups     []group
	// OtherChecks and OtherExchanges belong to no requirement of the report.
	OtherChecks, OtherExchanges template.HTML
	Skipped                     []unjudged
	Known                       []known
	Time                        timeline
	Sections                    []section
}

// section is a part of the page that can be gone to.
type section struct {
	Link template.URL
	Name string
	// Count stands beside the name; empty for none.
	Count string
}

// maker makes a page of a report. It knows where everything of the report
// stands on the page.
type maker struct {
	result.Report
	anchors *anchors
	// requirements, checks and exchanges are ids of the page, by the names that
	// they have in the report.
	requirements, checks map[string]string
	exchanges            map[int]string
	byCheck              map[string]*result.Check
	byNumber             map[int]*result.Exchange
	// shownUnder is the check that shows an exchange, and home the requirement
	// that shows a check.
	shownUnder   map[int]string
	home         map[string]string
	evidence     map[int][]result.Place
	groupAnchors map[string]string
	// done are the exchanges that are on the page.
	done   map[int]bool
	budget budget
	// markup is what the checks of one requirement after the other are written to.
	markup markup
}

func pageOf(from result.Report) *page {
	maker := newMaker(from)
	made := &page{head: headOfPages(), summary: maker.summary()}
	made.Failures, made.Warnings = maker.broken(result.Fail), maker.broken(result.Warn)
	made.Errors, made.Skipped = maker.unjudged(result.Error), maker.unjudged(result.Skip)
	made.Unexpected, made.Known = maker.known()
	made.Aspects, made.Scopes, made.States = maker.aspects(), maker.matrix(), maker.diagram()
	made.Groups, made.OtherChecks, made.OtherExchanges = maker.groups(), maker.otherChecks(), maker.otherExchanges()
	made.Time = maker.timeline()
	made.Sections = made.sections()
	return made
}

func newMaker(from result.Report) *maker {
	made := &maker{
		Report: from, anchors: newAnchors(),
		requirements: map[string]string{}, checks: map[string]string{}, exchanges: map[int]string{},
		byCheck: map[string]*result.Check{}, byNumber: map[int]*result.Exchange{},
		shownUnder: map[int]string{}, home: map[string]string{}, evidence: map[int][]result.Place{}, done: map[int]bool{},
	}
	for _, requirement := range from.Requirements {
		if made.requirements[requirement.ID] == "" {
			made.requirements[requirement.ID] = made.anchors.next(requirement.ID)
		}
	}
	for i := range from.Checks {
		made.place(&from.Checks[i])
	}
	for i := range from.Exchanges {
		made.placeExchange(&from.Exchanges[i])
	}
	made.budget = made.budgetOf()
	return made
}

// place says where a check stands: under the requirement that it found broken,
// or else the first that it judges.
func (m *maker) place(check *result.Check) {
	if m.byCheck[check.ID] != nil {
		return
	}
	m.byCheck[check.ID], m.checks[check.ID] = check, m.anchors.next(check.ID)
	for _, finding := range check.Findings {
		if m.requirements[finding.Requirement] != "" && m.home[check.ID] == "" {
			m.home[check.ID] = finding.Requirement
		}
		m.evidence[finding.Exchange] = append(m.evidence[finding.Exchange], finding.Place)
	}
	for _, requirement := range check.Requirements {
		if m.requirements[requirement] != "" && m.home[check.ID] == "" {
			m.home[check.ID] = requirement
		}
	}
	for _, number := range check.Exchanges {
		if m.shownUnder[number] == "" {
			m.shownUnder[number] = check.ID
		}
	}
}

// placeExchange says where an exchange stands: under the check that sent it,
// where that says so too.
func (m *maker) placeExchange(exchange *result.Exchange) {
	number := exchange.Number
	if m.byNumber[number] != nil {
		return
	}
	m.byNumber[number], m.exchanges[number] = exchange, m.anchors.next("exchange-"+number10(number))
	if m.byCheck[exchange.Check] != nil {
		m.shownUnder[number] = exchange.Check
	}
}

// checkLink leads to a check; empty for one that the report does not have.
func (m *maker) checkLink(id string) template.URL { return linkOrNone(m.checks[id]) }

func (m *maker) exchangeLink(number int) template.URL { return linkOrNone(m.exchanges[number]) }

func linkOrNone(anchor string) template.URL {
	if anchor == "" {
		return ""
	}
	return link(anchor)
}

// sections lists the parts that the page has.
func (p *page) sections() []section {
	var all []section
	add := func(there bool, anchor, name string, count int) {
		if there {
			one := section{Link: link(anchor), Name: name}
			if count > 0 {
				one.Count = number10(count)
			}
			all = append(all, one)
		}
	}
	add(len(p.Failures) > 0, "failures", "Failures", len(p.Failures))
	add(len(p.Unexpected) > 0, "unexpected", "Unexpected passes", len(p.Unexpected))
	add(len(p.Errors) > 0, "errors", "Errors", 0)
	add(len(p.Skipped) > 0, "not-judged", "Not judged", 0)
	add(len(p.Warnings) > 0, "warnings", "Warnings", len(p.Warnings))
	add(len(p.Known) > 0, "known", "Known failures", len(p.Known))
	add(true, "aspects", "Aspects", 0)
	add(true, "scopes", "Scopes", p.Scopes.Total)
	add(true, "states", "Job states", len(p.States.Rows))
	add(true, "requirements", "Requirements", p.Totals[0].Total)
	add(len(p.Time.Rows) > 0, "timeline", "Time line", 0)
	return all
}
