package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// shownFinding is a finding with the check that made it.
type shownFinding struct {
	check   Check
	finding Finding
}

// brokenGroup is a requirement that is not kept, with what was found of it.
type brokenGroup struct {
	requirement Requirement
	found       []shownFinding
}

// brokenGroups lists the requirements with findings of a verdict, the weightiest
// first: documented before platform before inferred, a MUST before a SHOULD.
func brokenGroups(r Report, verdict result.Verdict) []brokenGroup {
	var groups []brokenGroup
	for _, requirement := range r.Requirements {
		if found := findingsOf(r, requirement.ID, verdict); len(found) > 0 {
			groups = append(groups, brokenGroup{requirement, found})
		}
	}
	slices.SortStableFunc(groups, func(a, b brokenGroup) int {
		return cmp.Compare(weightOf(a.requirement), weightOf(b.requirement))
	})
	return groups
}

// weightOf is the less the weightier a requirement is.
func weightOf(requirement Requirement) int {
	weight := 2 * slices.Index([]spec.Level{spec.Documented, spec.Platform, spec.Inferred}, requirement.Level)
	if !requirement.Must() {
		weight++
	}
	return weight
}

// broken prints each requirement with a verdict once, with its first findings.
func (c Console) broken(report Report, verdict result.Verdict) {
	groups := brokenGroups(report, verdict)
	printed := len(groups)
	if !c.Verbose {
		printed = min(printed, shownRequirements)
	}
	for _, group := range groups[:printed] {
		c.brokenRequirement(group.requirement, verdict, group.found)
	}
	if rest := len(groups) - printed; rest > 0 {
		c.headline(verdict, fmt.Sprintf("%s more; --verbose prints them", counted(rest, "requirement")))
		c.print("\n")
	}
}

func (c Console) brokenRequirement(requirement Requirement, verdict result.Verdict, found []shownFinding) {
	c.print("%s %s %s\n", coloured(verdict, strings.ToUpper(string(verdict))), bold(requirement.ID), faint("("+string(requirement.Level)+")"))
	c.paragraph("  ", requirement.Statement)
	if requirement.Quote != "" {
		c.paragraph("  ", `"`+requirement.Quote+`"`)
	}
	c.print("  %s\n", faint(requirement.Source))
	printed := min(len(found), shownFindings)
	if c.Verbose {
		printed = len(found)
	}
	for _, one := range found[:printed] {
		c.print("\n  %s\n", one.check.ID)
		c.paragraph("    want  ", one.finding.Want)
		c.paragraph("    got   ", one.finding.Got+times(one.finding.Count))
		if one.finding.Curl != "" {
			c.print("    %s\n", faint(printable(one.finding.Curl)))
		}
	}
	if rest := found[printed:]; len(rest) > 0 {
		names := make([]string, len(rest))
		for i, one := range rest {
			names[i] = one.check.ID
		}
		c.print("\n")
		c.paragraph("  ", fmt.Sprintf("and %d more: %s", len(rest), strings.Join(slices.Compact(names), ", ")))
	}
	c.print("\n")
}
