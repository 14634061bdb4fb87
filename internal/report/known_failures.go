package report

import (
	"fmt"
	"slices"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/suites"
)

// knownFailuresOf puts what came of each known failure to its description.
func knownFailuresOf(results []suites.KnownResult, list []KnownFailure) []KnownFailure {
	var all []KnownFailure
	for _, result := range results {
		one := KnownFailure{Name: result.Known.Name, Reason: result.Known.Reason}
		for _, described := range list {
			if described.Name == one.Name {
				one = described
			}
		}
		one.Checks, one.State, one.NotJudged = orEmpty(result.Checks), result.State, result.Reason
		all = append(all, one)
	}
	return all
}

// expectedFailures prints one line for each requirement and reason why it is
// expected not to be kept, and one for each known failure that was not judged.
func (c Console) expectedFailures(report Report) {
	printed := false
	for _, requirement := range report.Requirements {
		for _, group := range expectedGroups(report, requirement.ID) {
			printed = true
			c.print("%s %s in %s: %s (%s)\n", coloured(result.ExpectedFail, "EXPECTED-FAIL"), bold(requirement.ID),
				checksText(group.checks), group.because, firstAndMore(group.names))
		}
	}
	for _, known := range report.KnownFailures {
		if known.State == result.KnownNotJudged {
			printed = true
			c.print("%s %s at %s: %s\n", coloured(result.Skip, "KNOWN FAILURE NOT JUDGED"), known.Entry, known.Name, known.NotJudged)
		}
	}
	if printed {
		c.print("\n")
	}
}

// expectedGroup is what failed for one requirement and is expected for one
// reason.
type expectedGroup struct {
	because       string
	names, checks []string
}

// expectedGroups puts the checks together that fail a requirement for the same
// reason: a list may have one entry for each of many scopes.
func expectedGroups(report Report, requirement string) []expectedGroup {
	var groups []expectedGroup
	for _, known := range report.KnownFailures {
		checks := expectedChecks(report, requirement, known.Name)
		if len(checks) == 0 {
			continue
		}
		because := because(known)
		at := slices.IndexFunc(groups, func(group expectedGroup) bool { return group.because == because })
		if at < 0 {
			at = len(groups)
			groups = append(groups, expectedGroup{because: because})
		}
		groups[at].names = append(groups[at].names, known.Name)
		groups[at].checks = append(groups[at].checks, checks...)
	}
	return groups
}

// firstAndMore names the first of several entries.
func firstAndMore(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return fmt.Sprintf("%s and %d more", names[0], len(names)-1)
}

// because says the reason and where it is followed up.
func because(k KnownFailure) string {
	text := k.Reason
	if k.Expires != "" {
		text += ", until " + k.Expires
	}
	if k.Issue != "" {
		text += ", " + k.Issue
	}
	return text
}

// expectedChecks lists the checks that found a requirement not kept as a known
// failure expects.
func expectedChecks(report Report, requirement, known string) []string {
	var ids []string
	for _, check := range report.Checks {
		if slices.ContainsFunc(check.Findings, func(finding Finding) bool {
			return finding.Requirement == requirement && finding.KnownFailure == known
		}) {
			ids = append(ids, check.ID)
		}
	}
	return ids
}

// unexpectedPasses prints each known failure of which nothing failed.
func (c Console) unexpectedPasses(report Report) {
	for _, known := range report.KnownFailures {
		if known.State != result.KnownPassed {
			continue
		}
		c.headline(result.UnexpectedPass, known.Entry)
		c.paragraph("  known   ", because(known))
		c.paragraph("  passed  ", checksText(known.Checks))
		c.paragraph("  mend    ", "remove the entry at "+known.Name)
		c.print("\n")
	}
}
