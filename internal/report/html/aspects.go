package html

import (
	"github.com/dpconform/dpconform/internal/result"
	"html/template"
)

// aspect is a row of the table of aspects.
type aspect struct {
	Name   string
	Link   template.URL
	Checks int
	// Requirements is their number. Those of an aspect may be judged by checks of
	// another.
	Requirements      int
	Counts            []count
	RequirementCounts []count
}

// aspectAnchor is the id of the requirements of an aspect.
func (m *maker) aspectAnchor(name string) string {
	if m.groupAnchors == nil {
		m.groupAnchors = map[string]string{}
	}
	if m.groupAnchors[name] == "" {
		m.groupAnchors[name] = m.anchors.next("aspect-" + name)
	}
	return m.groupAnchors[name]
}

func (m *maker) aspects() []aspect {
	checks, requirements := map[string]tally{}, map[string]tally{}
	for _, check := range m.Checks {
		add(checks, check.Aspect, check)
	}
	for _, requirement := range m.Requirements {
		if requirements[requirement.Aspect] == nil {
			requirements[requirement.Aspect] = tally{}
		}
		requirements[requirement.Aspect][requirement.Verdict]++
	}
	var all []aspect
	for _, name := range aspectsOf(m.Report) {
		if checks[name] == nil && requirements[name] == nil {
			continue
		}
		one := aspect{Name: aspectName(name), Checks: checks[name].total(), Requirements: requirements[name].total(),
			Counts: checks[name].counts(), RequirementCounts: requirements[name].counts()}
		if requirements[name] != nil {
			one.Link = link(m.aspectAnchor(name))
		}
		all = append(all, one)
	}
	return all
}

func add(tallies map[string]tally, aspect string, check result.Check) {
	if tallies[aspect] == nil {
		tallies[aspect] = tally{}
	}
	tallies[aspect][check.Verdict]++
}

// aspectName is an aspect as a title.
func aspectName(name string) string {
	if name == "" {
		return "No aspect"
	}
	return capital(clean(name))
}
