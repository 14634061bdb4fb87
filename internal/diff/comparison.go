// Package comparison says in what two reports of runs differ: verdicts, and
// answers, each with the evidence of both. It judges no server; it compares
// what was judged.
package diff

import (
	"cmp"
	"slices"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// Comparison is what two reports differ in.
type Comparison struct {
	Old Side `json:"old"`
	New Side `json:"new"`
	// Caveats say why the two cannot be compared fairly; none where they can.
	Caveats []Caveat `json:"caveats"`
	// Scopes are those that only one of two whole reports judges.
	Scopes Scopes `json:"scopes"`
	// Requirements and Checks are those whose verdict changed, that only one
	// report has, or that still fail: worst first, and of those documented first.
	Requirements []RequirementChange `json:"requirements"`
	Checks       []CheckChange       `json:"checks"`
	// Answers are those that changed beside the verdicts: the evidence of a
	// changed verdict is not repeated.
	Answers []AnswerChange `json:"answers"`
	// Compared and NotCompared are numbers of exchanges: those with a
	// counterpart in the other report, and those of both without.
	Compared    int `json:"compared_exchanges"`
	NotCompared int `json:"not_compared_exchanges"`
}

// Scopes are the scopes that one of two reports has.
type Scopes struct {
	Appeared []string `json:"appeared"`
	Gone     []string `json:"gone"`
}

// RequirementChange is what became of one requirement.
type RequirementChange struct {
	ID        string     `json:"id"`
	Level     spec.Level `json:"level"`
	Statement string     `json:"statement"`
	Source    string     `json:"source"`
	Kind      Kind       `json:"kind"`
	// Regression reports whether the change is one for the worse.
	Regression bool `json:"regression"`
	// Old and New are the verdicts, empty where a report does not have it, and
	// the reasons beside them.
	Old       result.Verdict `json:"old,omitempty"`
	New       result.Verdict `json:"new,omitempty"`
	OldReason string         `json:"old_reason,omitempty"`
	NewReason string         `json:"new_reason,omitempty"`
	// Checks are the ids of the changed checks that judge it; they have the
	// evidence.
	Checks []string `json:"checks"`
}

// CheckChange is what became of one check.
type CheckChange struct {
	ID         string `json:"id"`
	Aspect     string `json:"aspect"`
	Title      string `json:"title"`
	Kind       Kind   `json:"kind"`
	Regression bool   `json:"regression"`
	// Old and New are the verdicts, empty where a report does not have it.
	Old result.Verdict `json:"old,omitempty"`
	New result.Verdict `json:"new,omitempty"`
	// Evidence is what both reports show, for each requirement concerned.
	Evidence []Evidence `json:"evidence"`
}

// Counts are numbers of changes by their kind.
type Counts struct {
	Checks       map[Kind]int `json:"checks"`
	Requirements map[Kind]int `json:"requirements"`
	Answers      int          `json:"answers"`
}

// Compare says in what a new report differs from an old one.
func Compare(before, after Source) Comparison {
	old, new := indexed(before.Report), indexed(after.Report)
	pairs := pair(before.Report, after.Report)
	result := Comparison{
		Old: sideOf(before), New: sideOf(after), Caveats: caveats(before.Report, after.Report), Scopes: scopes(before.Report, after.Report),
		Requirements: []RequirementChange{}, Checks: []CheckChange{}, Answers: []AnswerChange{},
		Compared: len(pairs.toOld), NotCompared: pairs.alone(),
	}
	sameDescription := before.Report.Description.Digest == after.Report.Description.Digest
	for _, id := range union(old.checkIDs, new.checkIDs) {
		if change, changed := checkChange(id, old, new, pairs, sameDescription); changed {
			result.Checks = append(result.Checks, change)
		}
	}
	for _, id := range union(old.requirementIDs, new.requirementIDs) {
		if change, changed := requirementChange(id, old, new, sameDescription); changed {
			change.Checks = result.checksOf(id, old, new)
			result.Requirements = append(result.Requirements, change)
		}
	}
	result.Answers = append(result.Answers, answerChanges(result.Checks, pairs)...)
	slices.SortStableFunc(result.Checks, func(a, b CheckChange) int {
		return cmp.Or(cmp.Compare(a.Kind.rank(), b.Kind.rank()), cmp.Compare(a.level(), b.level()))
	})
	slices.SortStableFunc(result.Requirements, func(a, b RequirementChange) int {
		return cmp.Or(cmp.Compare(a.Kind.rank(), b.Kind.rank()), cmp.Compare(strength(a.Level), strength(b.Level)))
	})
	return result
}

// level is the place of the level of what a check is about in the first place.
func (c CheckChange) level() int {
	if len(c.Evidence) == 0 {
		return len(spec.Levels())
	}
	return strength(c.Evidence[0].Level)
}

// strength is the place of a level, 0 for the strongest; an unknown one is last.
func strength(level spec.Level) int {
	if at := slices.Index(spec.Levels(), level); at >= 0 {
		return at
	}
	return len(spec.Levels())
}

// checksOf lists the changed checks that judge a requirement.
func (c Comparison) checksOf(requirement string, old, new index) []string {
	ids := []string{}
	for _, change := range c.Checks {
		if slices.Contains(old.checks[change.ID].Requirements, requirement) || slices.Contains(new.checks[change.ID].Requirements, requirement) {
			ids = append(ids, change.ID)
		}
	}
	return ids
}

// Counts counts the changes.
func (c Comparison) Counts() Counts {
	counts := Counts{map[Kind]int{}, map[Kind]int{}, len(c.Answers)}
	for _, change := range c.Checks {
		counts.Checks[change.Kind]++
	}
	for _, change := range c.Requirements {
		counts.Requirements[change.Kind]++
	}
	return counts
}

// Regresses reports whether anything became worse.
func (c Comparison) Regresses() bool {
	return slices.ContainsFunc(c.Checks, func(change CheckChange) bool { return change.Regression }) ||
		slices.ContainsFunc(c.Requirements, func(change RequirementChange) bool { return change.Regression })
}

// Changes reports whether anything is other than it was; what still fails is
// not.
func (c Comparison) Changes() bool {
	counts := c.Counts()
	return counts.Answers > 0 || len(c.Checks) > counts.Checks[StillFailing] || len(c.Requirements) > counts.Requirements[StillFailing]
}

// index finds what a report says of a check or a requirement.
type index struct {
	report                   result.Report
	checkIDs, requirementIDs []string
	checks                   map[string]result.Check
	requirements             map[string]result.Requirement
}

func indexed(of result.Report) index {
	all := index{report: of, checks: map[string]result.Check{}, requirements: map[string]result.Requirement{}}
	for _, check := range of.Checks {
		if _, twice := all.checks[check.ID]; !twice {
			all.checkIDs = append(all.checkIDs, check.ID)
			all.checks[check.ID] = check
		}
	}
	for _, requirement := range of.Requirements {
		if _, twice := all.requirements[requirement.ID]; !twice {
			all.requirementIDs = append(all.requirementIDs, requirement.ID)
			all.requirements[requirement.ID] = requirement
		}
	}
	return all
}

// union lists what is in the new list, and then what only the old one has.
func union(old, new []string) []string {
	known := map[string]bool{}
	for _, id := range new {
		known[id] = true
	}
	all := slices.Clone(new)
	for _, id := range old {
		if !known[id] {
			all = append(all, id)
		}
	}
	return all
}
