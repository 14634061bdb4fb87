package html

import (
	"html/template"
	"slices"

	"github.com/dpconform/dpconform/internal/result"
)

// group is the requirements of one aspect.
type group struct {
	Name         string
	Anchor       string
	Counts       []count
	Requirements []requirement
}

// requirement is a requirement with all that the run says of it.
type requirement struct {
	verdict
	Anchor           string
	Link             template.URL
	ID, Level, Quote string
	// Statement and Note show what stands between backticks as code.
	Statement, Note template.HTML
	// Source is where the quote is from, and SourceLink the same where it is an
	// address of the web.
	Source, SourceLink string
	Reason             string
	Open               bool
	// Outcome says how many of its checks say so, and InPart that others did not
	// judge it.
	Outcome string
	InPart  bool
	// Inside are its checks: those that stand under it in full, and a line for each
	// of the others.
	Inside template.HTML
}

// check is a check with its findings and exchanges.
type check struct {
	checkLine
	Anchor       string
	Sends        string
	Reason, Flag string
	Findings     []finding
	Exchanges    []exchange
	// Others are exchanges that stand under another check.
	Others []reference
	Took   string
	Open   bool
}

// checkLine is a check in a line.
type checkLine struct {
	verdict
	Link      template.URL
	ID, Title string
	Findings  []finding
}

// finding is want beside got.
type finding struct {
	verdict
	Requirement reference
	Want, Got   string
	Place       string
	Exchange    reference
	Times       string
	Curl        string
	Known       string
}

// openAtFirst is the number of broken requirements, and of the checks of each,
// that are shown unfolded.
const openAtFirst, openChecks = 6, 2

func (m *maker) groups() []group {
	opened := 0
	byAspect, order := map[string]*group{}, []*group{}
	for _, aspect := range aspectsOf(m.Report) {
		byAspect[aspect] = &group{Name: aspectName(aspect), Anchor: m.aspectAnchor(aspect)}
		order = append(order, byAspect[aspect])
	}
	counts := map[string]tally{}
	listed := map[string]bool{}
	homes := m.homes()
	for _, one := range m.Requirements {
		made := m.requirement(one, homes, listed[one.ID])
		listed[one.ID] = true
		if made.Class == "fail" && opened < openAtFirst {
			made.Open = true
			opened++
		}
		to := byAspect[one.Aspect]
		to.Requirements = append(to.Requirements, made)
		if counts[one.Aspect] == nil {
			counts[one.Aspect] = tally{}
		}
		counts[one.Aspect][one.Verdict]++
	}
	var all []group
	for _, one := range order {
		if len(one.Requirements) > 0 {
			all = append(all, *one)
		}
	}
	for aspect, of := range counts {
		for i := range all {
			if all[i].Anchor == m.aspectAnchor(aspect) {
				all[i].Counts = of.counts()
			}
		}
	}
	return all
}

// homes lists the checks that stand under each requirement.
func (m *maker) homes() map[string][]*result.Check {
	homes := map[string][]*result.Check{}
	for i := range m.Report.Checks {
		check := &m.Report.Checks[i]
		if m.byCheck[check.ID] == check {
			homes[m.home[check.ID]] = append(homes[m.home[check.ID]], check)
		}
	}
	return homes
}

// requirement shows one. A second one with the same id, which only a report of
// somebody else can have, is shown without checks.
func (m *maker) requirement(from result.Requirement, homes map[string][]*result.Check, again bool) requirement {
	made := requirement{
		verdict: shown(from.Verdict), ID: clean(from.ID), Level: clean(string(from.Level)), Statement: withCode(clean(from.Statement)),
		Quote: clean(from.Quote), Note: withCode(clean(from.Note)), Source: clean(from.Source), SourceLink: webAddress(from.Source),
		Reason: clean(from.Reason), Outcome: m.outcome(from), InPart: m.inPart(from),
	}
	if again {
		made.Anchor = m.anchors.next(from.ID)
		made.Link = link(made.Anchor)
		return made
	}
	made.Anchor, made.Link = m.requirements[from.ID], link(m.requirements[from.ID])
	inside := &m.markup
	inside.Reset()
	opened := 0
	for _, check := range homes[from.ID] {
		one := m.check(check)
		if len(one.Findings) > 0 && opened < openChecks {
			one.Open = true
			opened++
		}
		inside.check(one)
	}
	for _, id := range from.Checks {
		if check := m.byCheck[id]; check != nil && m.home[id] != from.ID {
			inside.checkLine(m.checkLine(check, from.ID))
		}
	}
	made.Inside = inside.html()
	return made
}

// checkLine shows a check in a line, with what it found of one requirement.
func (m *maker) checkLine(from *result.Check, requirement string) checkLine {
	line := checkLine{verdict: shown(from.Verdict), Link: m.checkLink(from.ID), ID: clean(from.ID), Title: clean(from.Title)}
	for _, found := range from.Findings {
		if found.Requirement == requirement {
			line.Findings = append(line.Findings, m.finding(found))
		}
	}
	return line
}

func (m *maker) check(from *result.Check) check {
	made := check{checkLine: m.checkLine(from, ""), Anchor: m.checks[from.ID], Sends: clean(from.Sends)}
	if from.Verdict != result.Pass {
		made.Reason, made.Flag = clean(from.Reason), clean(from.Flag)
	}
	if from.Microseconds > 0 {
		made.Took = duration(from.Microseconds)
	}
	for _, found := range from.Findings {
		made.Findings = append(made.Findings, m.finding(found))
	}
	listed := from.Exchanges
	for _, found := range from.Findings {
		if found.Exchange != 0 && !slices.Contains(listed, found.Exchange) {
			listed = append(slices.Clone(listed), found.Exchange)
		}
	}
	for _, number := range listed {
		switch exchange := m.byNumber[number]; {
		case exchange == nil || m.done[number]:
			if exchange != nil {
				made.Others = append(made.Others, reference{m.exchangeLink(number), number10(number)})
			}
		case m.shownUnder[number] != from.ID:
			made.Others = append(made.Others, reference{m.exchangeLink(number), number10(number)})
		default:
			m.done[number] = true
			made.Exchanges = append(made.Exchanges, m.exchange(exchange))
		}
	}
	return made
}

func (m *maker) finding(from result.Finding) finding {
	made := finding{
		verdict: shown(from.Verdict), Want: clean(from.Want), Got: clean(from.Got), Place: placeText(from.Place), Curl: clean(from.Curl),
		Requirement: reference{linkOrNone(m.requirements[from.Requirement]), clean(from.Requirement)},
		Known:       clean(from.KnownFailure),
	}
	if m.byNumber[from.Exchange] != nil {
		made.Exchange = reference{m.exchangeLink(from.Exchange), number10(from.Exchange)}
	}
	if from.Count > 1 {
		made.Times = "in " + counted(from.Count, "exchange")
	}
	return made
}

// otherChecks are those that stand under no requirement of the report.
func (m *maker) otherChecks() template.HTML {
	var all markup
	for i := range m.Report.Checks {
		one := &m.Report.Checks[i]
		if m.byCheck[one.ID] == one && m.home[one.ID] == "" {
			all.check(m.check(one))
		}
	}
	return all.html()
}

// otherExchanges are those that no check has shown.
func (m *maker) otherExchanges() template.HTML {
	var all markup
	for i := range m.Report.Exchanges {
		one := &m.Report.Exchanges[i]
		if m.byNumber[one.Number] == one && !m.done[one.Number] {
			m.done[one.Number] = true
			all.exchange(m.exchange(one))
		}
	}
	return all.html()
}
