package html

import (
	"cmp"
	"html/template"
	"slices"

	"github.com/dpconform/dpconform/internal/result"
)

// broken is a requirement that is not kept, in the list on top: its first
// finding in a line, and the number of the others.
type broken struct {
	verdict
	Link      template.URL
	ID, Level string
	Want, Got string
	Check     string
	CheckLink template.URL
	More      string
}

// broken lists the requirements of which something was found with a verdict.
func (m *maker) broken(of result.Verdict) []broken {
	type first struct {
		broken
		count int
	}
	found := map[string]*first{}
	for _, check := range m.Checks {
		for _, finding := range check.Findings {
			if finding.Verdict != of {
				continue
			}
			if found[finding.Requirement] == nil {
				found[finding.Requirement] = &first{broken: broken{
					verdict: shown(of), Want: glance(finding.Want), Got: glance(finding.Got), Check: clean(check.ID), CheckLink: m.checkLink(check.ID)}}
			}
			found[finding.Requirement].count++
		}
	}
	var all []broken
	for _, requirement := range m.Requirements {
		one := found[requirement.ID]
		if one == nil {
			continue
		}
		delete(found, requirement.ID)
		one.Link, one.ID, one.Level = link(m.requirements[requirement.ID]), clean(requirement.ID), clean(string(requirement.Level))
		if one.count > 1 {
			one.More = counted(one.count-1, "more finding")
		}
		all = append(all, one.broken)
	}
	return all
}

// unjudged is the checks that were not judged for one reason.
type unjudged struct {
	verdict
	Reason, Flag string
	// Pasteable says that the flag is one, and no sentence about flags.
	Pasteable bool
	Checks    []reference
	Count     string
}

// reference leads to something of the report by its name.
type reference struct {
	Link template.URL
	Name string
}

// unjudged puts the checks with a verdict together that have the same reason and
// lack the same flag, the largest group first.
func (m *maker) unjudged(of result.Verdict) []unjudged {
	var groups []unjudged
	for _, check := range m.Checks {
		if check.Verdict != of {
			continue
		}
		reason, flag := clean(check.Reason), clean(check.Flag)
		at := slices.IndexFunc(groups, func(group unjudged) bool { return group.Reason == reason && group.Flag == flag })
		if at < 0 {
			at = len(groups)
			groups = append(groups, unjudged{verdict: shown(of), Reason: reason, Flag: flag, Pasteable: pasteable(flag)})
		}
		groups[at].Checks = append(groups[at].Checks, reference{m.checkLink(check.ID), clean(check.ID)})
		groups[at].Count = counted(len(groups[at].Checks), "check")
	}
	slices.SortStableFunc(groups, func(a, b unjudged) int { return cmp.Compare(len(b.Checks), len(a.Checks)) })
	return groups
}

func (m *maker) references(checks []string) []reference {
	all := make([]reference, len(checks))
	for i, id := range checks {
		all[i] = reference{m.checkLink(id), clean(id)}
	}
	return all
}
