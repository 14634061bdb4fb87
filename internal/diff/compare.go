// Package diff shows in what two reports differ: verdicts, and responses, each
// with the evidence of both. It gives no verdict on a target; it compares those
// that were given.
package diff

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// Comparison is what two reports differ in.
type Comparison struct {
	Old Side `json:"old"`
	New Side `json:"new"`
	// Caveats say why the two cannot be compared fairly; none where they can.
	Caveats []Caveat `json:"caveats"`
	// Scopes are those that only one of two whole reports tests.
	Scopes Scopes `json:"scopes"`
	// Requirements and Checks are those whose verdict changed, that only one
	// report has, or that still fail: worst first, and of those documented first.
	Requirements []RequirementChange `json:"requirements"`
	Checks       []CheckChange       `json:"checks"`
	// Responses are the responses that changed beside the verdicts: the evidence of a
	// changed verdict is not repeated.
	Responses []ResponseChange `json:"answers"`
	// Compared and NotCompared are numbers of exchanges: those with a counterpart
	// in the other report, and those of both without.
	Compared    int `json:"compared_exchanges"`
	NotCompared int `json:"not_compared_exchanges"`
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
	// Checks are the ids of the changed checks of it; they have the evidence.
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

// Evidence is what two reports show of one requirement in one check. Old or New
// is missing where a report does not have the check.
type Evidence struct {
	Requirement string     `json:"requirement"`
	Level       spec.Level `json:"level,omitempty"`
	Statement   string     `json:"statement,omitempty"`
	Old         *Piece     `json:"old,omitempty"`
	New         *Piece     `json:"new,omitempty"`
}

// Piece is what one report shows.
type Piece struct {
	Verdict result.Verdict `json:"verdict"`
	// Want and Got are those of the finding; empty where nothing was found.
	Want string `json:"want,omitempty"`
	Got  string `json:"got,omitempty"`
	// Count is the number of exchanges that show it.
	Count int `json:"count,omitempty"`
	// Reason and Flag say why it was not judged and what would help.
	Reason string `json:"reason,omitempty"`
	Flag   string `json:"flag,omitempty"`
	// Response is the response that shows it: that of the finding, or its
	// counterpart, or the first that the check looked at.
	Response *Response `json:"answer,omitempty"`
}

// Counts are numbers of changes by their kind.
type Counts struct {
	Checks       map[Kind]int `json:"checks"`
	Requirements map[Kind]int `json:"requirements"`
	Responses    int          `json:"answers"`
}

// Kind is what became of a verdict.
type Kind string

// The kinds of change, worst first.
const (
	// NewlyFailing: it fails now, and did not, or was not there.
	NewlyFailing Kind = "newly-failing"
	// NewlyErroring: the engine or the network kept it from being judged now.
	NewlyErroring Kind = "newly-erroring"
	// NewlySkipped: it is no longer judged.
	NewlySkipped Kind = "newly-skipped"
	// Gone: only the old report has it.
	Gone Kind = "gone"
	// StillFailing: it failed, and fails.
	StillFailing Kind = "still-failing"
	// ChangedVerdict: it has another verdict, and none of the other kinds fits.
	ChangedVerdict Kind = "changed-verdict"
	// NewlyPassing: it passes now, and did not.
	NewlyPassing Kind = "newly-passing"
	// Appeared: only the new report has it, and it does not fail there.
	Appeared Kind = "appeared"
)

// Kinds lists every kind, worst first.
func Kinds() []Kind {
	return []Kind{NewlyFailing, NewlyErroring, NewlySkipped, Gone, StillFailing, ChangedVerdict, NewlyPassing, Appeared}
}

// fails reports whether a verdict fails a run.
func fails(verdict result.Verdict) bool {
	return verdict == result.Fail || verdict == result.UnexpectedPass
}

// judged reports whether a verdict says something of the target.
func judged(verdict result.Verdict) bool {
	return verdict != "" && verdict != result.Skip && verdict != result.Error
}

// kindOf says what became of a verdict; an empty one is that of what is not
// there. It reports false for what needs no word: the same verdict, no failure.
func kindOf(old, new result.Verdict) (Kind, bool) {
	switch {
	case new == "":
		return Gone, true
	case fails(new) && old == new:
		return StillFailing, true
	case old == new:
		return "", false
	case fails(new) && !fails(old):
		return NewlyFailing, true
	case new == result.Error:
		return NewlyErroring, true
	case old == "":
		return Appeared, true
	case new == result.Skip && judged(old):
		return NewlySkipped, true
	case new == result.Pass:
		return NewlyPassing, true
	}
	return ChangedVerdict, true
}

// regresses reports whether a change is one for the worse. What is gone with
// another description is no longer required; with the same description it was
// judged and is not.
func regresses(kind Kind, old result.Verdict, documented, sameDescription bool) bool {
	switch kind {
	case NewlyFailing, NewlyErroring:
		return true
	case NewlySkipped:
		return documented
	case Gone:
		return documented && judged(old) && sameDescription
	}
	return false
}

// FailOn says which differences count as a failure.
type FailOn string

// The values of FailOn.
const (
	// OnRegression: something became worse.
	OnRegression FailOn = "regression"
	// OnChanged: anything differs, responses included.
	OnChanged FailOn = "changed"
	// OnNothing: never.
	OnNothing FailOn = "never"
)

// AllFailOn lists the values of FailOn.
func AllFailOn() []FailOn { return []FailOn{OnRegression, OnChanged, OnNothing} }

// Fails reports whether a comparison counts as a failure.
func (c Comparison) Fails(on FailOn) bool {
	return on != OnNothing && (c.Regresses() || on == OnChanged && c.Changes())
}

// Compare shows in what a new report differs from an old one.
func Compare(before, after Source) Comparison {
	old, new := indexed(before.Report), indexed(after.Report)
	pairs := pair(before.Report, after.Report)
	made := Comparison{
		Old: sideOf(before), New: sideOf(after), Caveats: caveats(before.Report, after.Report), Scopes: scopes(before.Report, after.Report),
		Requirements: []RequirementChange{}, Checks: []CheckChange{},
		Compared: len(pairs.toOld), NotCompared: len(pairs.old) + len(pairs.new) - len(pairs.toNew) - len(pairs.toOld),
	}
	sameDescription := before.Report.Description.Digest == after.Report.Description.Digest
	for _, id := range union(old.checkIDs, new.checkIDs) {
		was, is := old.checks[id], new.checks[id]
		if kind, changed := kindOf(was.Verdict, is.Verdict); changed {
			documented := old.documented(was) || new.documented(is)
			made.Checks = append(made.Checks, CheckChange{id, cmp.Or(is.Aspect, was.Aspect), cmp.Or(is.Title, was.Title), kind,
				regresses(kind, was.Verdict, documented, sameDescription), was.Verdict, is.Verdict, evidence(was, is, old, new, pairs)})
		}
	}
	for _, id := range union(old.requirementIDs, new.requirementIDs) {
		was, is := old.requirements[id], new.requirements[id]
		kind, changed := kindOf(was.Verdict, is.Verdict)
		if !changed {
			continue
		}
		checks := []string{}
		for _, change := range made.Checks {
			if slices.Contains(old.checks[change.ID].Requirements, id) || slices.Contains(new.checks[change.ID].Requirements, id) {
				checks = append(checks, change.ID)
			}
		}
		documented := was.Level == spec.Documented || is.Level == spec.Documented
		made.Requirements = append(made.Requirements, RequirementChange{id, cmp.Or(is.Level, was.Level), cmp.Or(is.Statement, was.Statement),
			cmp.Or(is.Source, was.Source), kind, regresses(kind, was.Verdict, documented, sameDescription), was.Verdict, is.Verdict, was.Reason, is.Reason, checks})
	}
	made.Responses = responseChanges(after.Report, made.Checks, pairs)
	slices.SortStableFunc(made.Checks, func(a, b CheckChange) int {
		level := func(change CheckChange) spec.Level {
			if len(change.Evidence) == 0 {
				return ""
			}
			return change.Evidence[0].Level
		}
		return cmp.Or(worse(a.Kind, b.Kind), stronger(level(a), level(b)))
	})
	slices.SortStableFunc(made.Requirements, func(a, b RequirementChange) int { return cmp.Or(worse(a.Kind, b.Kind), stronger(a.Level, b.Level)) })
	return made
}

func worse(a, b Kind) int {
	return cmp.Compare(slices.Index(Kinds(), a), slices.Index(Kinds(), b))
}

// stronger orders levels, the strongest first and unknown ones last.
func stronger(a, b spec.Level) int {
	place := func(level spec.Level) int {
		if at := slices.Index(spec.Levels(), level); at >= 0 {
			return at
		}
		return len(spec.Levels())
	}
	return cmp.Compare(place(a), place(b))
}

// Counts counts the changes.
func (c Comparison) Counts() Counts {
	counts := Counts{map[Kind]int{}, map[Kind]int{}, len(c.Responses)}
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

// Changes reports whether anything differs from before; what still fails does
// not.
func (c Comparison) Changes() bool {
	counts := c.Counts()
	return counts.Responses > 0 || len(c.Checks) > counts.Checks[StillFailing] || len(c.Requirements) > counts.Requirements[StillFailing]
}

// index finds what a report says of a check or a requirement.
type index struct {
	checkIDs, requirementIDs []string
	checks                   map[string]result.Check
	requirements             map[string]result.Requirement
}

func indexed(of result.Report) index {
	all := index{checks: map[string]result.Check{}, requirements: map[string]result.Requirement{}}
	for _, check := range of.Checks {
		if _, twice := all.checks[check.ID]; !twice {
			all.checkIDs, all.checks[check.ID] = append(all.checkIDs, check.ID), check
		}
	}
	for _, requirement := range of.Requirements {
		if _, twice := all.requirements[requirement.ID]; !twice {
			all.requirementIDs, all.requirements[requirement.ID] = append(all.requirementIDs, requirement.ID), requirement
		}
	}
	return all
}

// documented reports whether a check is above all about something documented.
func (i index) documented(check result.Check) bool {
	return len(check.Requirements) > 0 && i.requirements[check.Requirements[0]].Level == spec.Documented
}

// union lists what is in the new list, and then what only the old one has.
func union(old, new []string) []string {
	return append(slices.Clone(new), slices.DeleteFunc(slices.Clone(old), func(id string) bool { return slices.Contains(new, id) })...)
}

// evidence gathers what both reports show of a check, for each requirement that
// something was found of in either; without a finding for its first one.
func evidence(before, after result.Check, old, new index, pairs pairs) []Evidence {
	var ids []string
	for _, finding := range slices.Concat(after.Findings, before.Findings) {
		if !slices.Contains(ids, finding.Requirement) {
			ids = append(ids, finding.Requirement)
		}
	}
	if requirements := slices.Concat(after.Requirements, before.Requirements); len(ids) == 0 && len(requirements) > 0 {
		ids = requirements[:1]
	}
	all := []Evidence{}
	for _, id := range ids {
		known, found := new.requirements[id]
		if !found {
			known = old.requirements[id]
		}
		was, is := shown(before, after, id, pairs)
		all = append(all, Evidence{id, known.Level, known.Statement, piece(before, id, pairs.old, was), piece(after, id, pairs.new, is)})
	}
	return all
}

// shown finds the exchanges, by their numbers in both reports, that show a
// requirement in a check; 0 for none. The new finding comes first, then the old
// one, then the first exchange that does more than read.
func shown(before, after result.Check, requirement string, pairs pairs) (old, new int) {
	old, new = finding(before, requirement).Exchange, finding(after, requirement).Exchange
	if old == 0 && new == 0 {
		new = firstEffect(after, pairs.new)
	}
	old, new = cmp.Or(old, pairs.toOld[new], 0), cmp.Or(new, pairs.toNew[old], 0)
	return cmp.Or(old, firstEffect(before, pairs.old)), cmp.Or(new, firstEffect(after, pairs.new))
}

// firstEffect is the first exchange of a check that does more than read, or its
// first at all.
func firstEffect(check result.Check, responses map[int]Response) int {
	first := 0
	for _, number := range check.Exchanges {
		response, found := responses[number]
		if found && first == 0 {
			first = number
		}
		if found && !strings.HasPrefix(response.Request, http.MethodGet+" ") {
			return number
		}
	}
	return first
}

func finding(check result.Check, requirement string) result.Finding {
	for _, finding := range check.Findings {
		if finding.Requirement == requirement {
			return finding
		}
	}
	return result.Finding{}
}

// piece is what a report shows of a requirement in a check; nil where it does
// not have the check.
func piece(check result.Check, requirement string, responses map[int]Response, number int) *Piece {
	if check.ID == "" {
		return nil
	}
	finding := finding(check, requirement)
	made := &Piece{Verdict: check.Verdict, Reason: check.Reason, Flag: check.Flag}
	switch {
	case finding.Requirement != "":
		made.Verdict, made.Want, made.Got, made.Count = finding.Verdict, finding.Want, finding.Got, finding.Count
	case len(check.Findings) > 0:
		// Of this requirement it may not have seen anything.
		made.Verdict, made.Reason = result.Skip, "the check failed for another requirement"
	}
	if response, found := responses[number]; found {
		made.Response = &response
	}
	return made
}
