package report

import (
	"cmp"
	"slices"

	"github.com/dpconform/dpconform/internal/result"
)

// findingsOf lists what was found of a requirement with a verdict, each with its
// check.
func findingsOf(r Report, requirement string, verdict result.Verdict) []shownFinding {
	var found []shownFinding
	for _, check := range r.Checks {
		for _, finding := range check.Findings {
			if finding.Requirement == requirement && finding.Verdict == verdict {
				found = append(found, shownFinding{check, finding})
			}
		}
	}
	return found
}

// unjudgedGroup is the checks that were not judged for one reason.
type unjudgedGroup struct {
	reason, flag string
	checks       []string
}

// unjudgedGroups puts the checks with a verdict together that have the same
// reason, the largest group first.
func unjudgedGroups(r Report, verdict result.Verdict) []unjudgedGroup {
	var groups []unjudgedGroup
	for _, check := range r.Checks {
		if check.Verdict != verdict {
			continue
		}
		at := slices.IndexFunc(groups, func(group unjudgedGroup) bool { return group.reason == check.Reason && group.flag == check.Flag })
		if at < 0 {
			at = len(groups)
			groups = append(groups, unjudgedGroup{reason: check.Reason, flag: check.Flag})
		}
		groups[at].checks = append(groups[at].checks, check.ID)
	}
	slices.SortStableFunc(groups, func(a, b unjudgedGroup) int { return cmp.Compare(len(b.checks), len(a.checks)) })
	return groups
}

// idsOf names the checks of findings, each once.
func idsOf(found []shownFinding) []string {
	var ids []string
	for _, one := range found {
		if !slices.Contains(ids, one.check.ID) {
			ids = append(ids, one.check.ID)
		}
	}
	return ids
}
