// Package diff compares two reports: which verdicts changed, and which responses,
// each with the evidence of both. It gives no verdict of its own.
package diff

import (
	"cmp"
	"io"
	"net/http"
	"slices"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// FormatVersion is the version of the JSON form. It grows when a member changes
// its meaning or goes away; members may be added without.
const FormatVersion = 1

// Comparison is how two reports differ, and without the exit code its JSON form,
// which comparison.schema.json describes.
type Comparison struct {
	// Regression reports whether anything became worse, Changed whether anything
	// differs; what still fails does not.
	Regression bool `json:"regression"`
	Changed    bool `json:"changed"`
	// Summary is the comparison in one line: "regression: 1 requirement newly failing".
	Summary string `json:"summary"`
	Counts  counts `json:"counts"`
	Old     side   `json:"old"`
	New     side   `json:"new"`
	// Caveats are the differences between the runs that may explain changed
	// verdicts.
	Caveats []caveat `json:"caveats"`
	// Scopes are those that only one of two whole reports tests.
	Scopes scopes `json:"scopes"`
	// Requirements and Checks are those whose verdict changed, that only one
	// report has, or that still fail: worst first, and of those documented first.
	// A requirement also changed where it did in a single check.
	Requirements []requirementChange `json:"requirements"`
	Checks       []checkChange       `json:"checks"`
	// Responses changed without being evidence of a changed verdict.
	Responses []responseChange `json:"answers"`
	// Compared is the number of exchanges with a counterpart in the other report,
	// NotCompared the number of those of both reports without.
	Compared    int `json:"compared_exchanges"`
	NotCompared int `json:"not_compared_exchanges"`
}

// change is what became of a verdict. Old or New is empty where a report does not
// have the check or the requirement.
type change struct {
	ID         string         `json:"id"`
	Kind       kind           `json:"kind"`
	Regression bool           `json:"regression"`
	Old        result.Verdict `json:"old,omitempty"`
	New        result.Verdict `json:"new,omitempty"`
}

type requirementChange struct {
	change
	Level     spec.Level `json:"level"`
	Statement string     `json:"statement"`
	Source    string     `json:"source"`
	OldReason string     `json:"old_reason,omitempty"`
	NewReason string     `json:"new_reason,omitempty"`
	// Checks are the ids of its changed checks, which have the evidence.
	Checks []string `json:"checks"`
}

type checkChange struct {
	change
	Aspect   string     `json:"aspect"`
	Title    string     `json:"title"`
	Evidence []evidence `json:"evidence"`
	// Cause is the id of what explains it in the report in which it fails; empty
	// where nothing does.
	Cause string `json:"cause,omitempty"`

	cause result.Cause
	// absent says why one of the reports does not have it, if that one does.
	absent string
}

// evidence is what two reports show of one requirement in one check. Old or New
// is missing where a report does not have the check.
type evidence struct {
	Requirement string     `json:"requirement"`
	Level       spec.Level `json:"level,omitempty"`
	Statement   string     `json:"statement,omitempty"`
	Old         *observed  `json:"old,omitempty"`
	New         *observed  `json:"new,omitempty"`
}

// observed is what one report shows.
type observed struct {
	Verdict result.Verdict `json:"verdict"`
	// Want and Got are those of the finding; Count is the number of exchanges that
	// show it.
	Want  string `json:"want,omitempty"`
	Got   string `json:"got,omitempty"`
	Count int    `json:"count,omitempty"`
	// Reason and Flag say why it was not tested and what would help.
	Reason string `json:"reason,omitempty"`
	Flag   string `json:"flag,omitempty"`
	// Response is that of the finding, or its counterpart, or the first that the
	// check looked at.
	Response *response `json:"response,omitempty"`
}

// counts are numbers of changes.
type counts struct {
	Checks       map[kind]int `json:"checks"`
	Requirements map[kind]int `json:"requirements"`
	Responses    int          `json:"answers"`
}

// kind is what became of a verdict.
type kind string

const (
	newlyFailing   kind = "newly-failing"   // It did not fail, or was not there.
	newlyErroring  kind = "newly-erroring"  // The engine or the network kept it from being tested.
	newlySkipped   kind = "newly-skipped"   // It was tested.
	gone           kind = "gone"            // Only the old report has it.
	stillFailing   kind = "still-failing"   //
	changedVerdict kind = "changed-verdict" // None of the others fits.
	newlyPassing   kind = "newly-passing"   //
	appeared       kind = "appeared"        // Only the new report has it, and it does not fail.
)

// kinds lists every kind, worst first.
var kinds = []kind{newlyFailing, newlyErroring, newlySkipped, gone, stillFailing, changedVerdict, newlyPassing, appeared}

// tested reports whether a verdict says something of the target.
func tested(verdict result.Verdict) bool {
	return verdict != "" && verdict != result.Skip && verdict != result.Error
}

// kindOf says what became of a verdict. It is empty for the same verdict that is
// no failure. An unexpected pass is none: only the list of known failures is wrong.
func kindOf(old, new result.Verdict) kind {
	switch {
	case new == result.Fail && old == new:
		return stillFailing
	case old == new:
		return ""
	case new == "":
		return gone
	case new == result.Fail:
		return newlyFailing
	case new == result.Error:
		return newlyErroring
	case old == "":
		return appeared
	case new == result.Skip && tested(old):
		return newlySkipped
	case new == result.Pass && old != result.UnexpectedPass:
		return newlyPassing
	}
	return changedVerdict
}

// regresses reports whether something became worse. What is gone with another
// description is no longer required; with the same one it was tested and is not.
func regresses(kind kind, old result.Verdict, documented, sameDescription bool) bool {
	switch kind {
	case newlyFailing, newlyErroring:
		return true
	case newlySkipped:
		return documented
	case gone:
		return documented && tested(old) && sameDescription
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
	return on != OnNothing && (c.Regression || on == OnChanged && c.Changed)
}

// WriteJSON writes a comparison in its JSON form, indented.
func WriteJSON(out io.Writer, comparison Comparison, version string, failOn FailOn) error {
	return text.WriteJSON(out, struct {
		Format int         `json:"format_version"`
		Tool   result.Tool `json:"tool"`
		FailOn FailOn      `json:"fail_on"`
		Fails  bool        `json:"fails"`
		Comparison
	}{FormatVersion, result.Tool{Name: "dpconform", Version: version}, failOn, comparison.Fails(failOn), comparison})
}

// Compare shows in what a new report differs from an old one.
func Compare(before, after Source) Comparison {
	old, new := indexed(before.Report), indexed(after.Report)
	compared := pair(old, new)
	made := Comparison{
		Counts: counts{map[kind]int{}, map[kind]int{}, 0}, Old: before.side(), New: after.side(), Caveats: caveats(before, after),
		Scopes: scopesOf(before.Report, after.Report), Requirements: []requirementChange{}, Checks: []checkChange{},
		Compared: compared, NotCompared: len(old.responses) + len(new.responses) - 2*compared,
	}
	sameDescription := before.Report.Description.Digest == after.Report.Description.Digest
	note := func(counts map[kind]int, id string, was, is result.Verdict, became kind, documented bool) change {
		one := change{ID: id, Kind: became, Old: was, New: is}
		one.Regression = regresses(one.Kind, was, documented, sameDescription)
		made.Regression = made.Regression || one.Regression
		made.Changed = made.Changed || one.Kind != "" && one.Kind != stillFailing
		if one.Kind != "" {
			counts[one.Kind]++
		}
		return one
	}
	// fixed reports whether a requirement that failed passes now, also in a check in which
	// it failed. That others of those are skipped makes nothing worse.
	fixed := func(id string) bool {
		return new.requirements[id].Verdict == result.Pass && old.failedWhere(id, func(check string) bool { return tested(new.checks[check].Verdict) })
	}
	for _, id := range union(new.checkIDs, old.checkIDs) {
		was, is := old.checks[id], new.checks[id]
		became, documented := kindOf(was.Verdict, is.Verdict), old.documented(was) || new.documented(is)
		if became == newlySkipped && was.Verdict == result.Fail && !slices.ContainsFunc(was.Findings, func(one result.Finding) bool { return !fixed(one.Requirement) }) {
			documented = false
		}
		if one := note(made.Counts.Checks, id, was.Verdict, is.Verdict, became, documented); one.Kind != "" {
			absent := absence(after.Report, id)
			if was.ID == "" {
				absent = absence(before.Report, id)
			}
			made.Checks = append(made.Checks, checkChange{one, cmp.Or(is.Aspect, was.Aspect), cmp.Or(is.Title, was.Title), evidenceOf(was, is, old, new), "", result.Cause{}, absent})
			made.Checks[len(made.Checks)-1].explain(after.Report.Causes, before.Report.Causes)
		}
	}
	for _, id := range union(new.requirementIDs, old.requirementIDs) {
		was, is := old.requirements[id], new.requirements[id]
		became := kindOf(was.Verdict, is.Verdict)
		if became == newlyPassing && was.Verdict == result.Fail && !fixed(id) {
			became = newlySkipped // What failed was not tested again.
		}
		worst, regression := overall(id, became, made.Checks)
		one := note(made.Counts.Requirements, id, was.Verdict, is.Verdict, worst, worst == became && (was.Level == spec.Documented || is.Level == spec.Documented))
		if one.Regression = one.Regression || regression; one.Kind == "" {
			continue
		}
		checks := []string{}
		for _, check := range made.Checks {
			if slices.Contains(old.checks[check.ID].Requirements, id) || slices.Contains(new.checks[check.ID].Requirements, id) {
				checks = append(checks, check.ID)
			}
		}
		made.Requirements = append(made.Requirements, requirementChange{one, cmp.Or(is.Level, was.Level), cmp.Or(is.Statement, was.Statement),
			cmp.Or(is.Source, was.Source), was.Reason, is.Reason, checks})
	}
	made.Responses = responseChanges(new, made.Checks)
	made.Counts.Responses, made.Changed = len(made.Responses), made.Changed || len(made.Responses) > 0
	slices.SortStableFunc(made.Checks, func(a, b checkChange) int {
		return cmp.Or(worse(a.Kind, b.Kind), stronger(a.about().Level, b.about().Level))
	})
	slices.SortStableFunc(made.Requirements, func(a, b requirementChange) int { return cmp.Or(worse(a.Kind, b.Kind), stronger(a.Level, b.Level)) })
	made.Summary = summary(made)
	return made
}

// absence is why a report does not have a check; empty if it does not say.
func absence(of result.Report, check string) string {
	group, _ := text.Find(slices.Concat(of.NotSelected, of.NotApplicable), func(one result.NotApplicable) bool { return slices.Contains(one.Checks, check) })
	return group.Reason
}

// explain finds the cause of a changed check: in the new report, or, for what no
// longer fails there, in the old one.
func (c *checkChange) explain(new, old []result.Cause) {
	causes := new
	if c.New == result.Pass {
		causes = old
	}
	at := slices.IndexFunc(causes, func(cause result.Cause) bool { return slices.Contains(cause.Checks, c.ID) })
	if at >= 0 && c.Kind != gone && c.Kind != appeared {
		c.cause, c.Cause = causes[at], causes[at].ID
	}
}

// about is the evidence for the first requirement of a changed check.
func (c checkChange) about() evidence {
	if len(c.Evidence) == 0 {
		return evidence{}
	}
	return c.Evidence[0]
}

func worse(a, b kind) int { return cmp.Compare(slices.Index(kinds, a), slices.Index(kinds, b)) }

// stronger orders levels, the strongest first. Unknown ones are at -1, which is
// the largest number without a sign, so they come last.
func stronger(a, b spec.Level) int {
	return cmp.Compare(uint(slices.Index(spec.Levels(), a)), uint(slices.Index(spec.Levels(), b)))
}

// index finds what a report says of a check, a requirement or an exchange: the
// first of each id.
type index struct {
	checkIDs, requirementIDs []string
	checks                   map[string]result.Check
	requirements             map[string]result.Requirement
	responses                map[int]*response
	exchanges                []*response // In the order of the report.
}

func indexed(of result.Report) *index {
	all := &index{checks: map[string]result.Check{}, requirements: map[string]result.Requirement{}, responses: map[int]*response{}}
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
	for _, condition := range of.Unmet() {
		// It is no requirement of its own, and findings are about it.
		if _, twice := all.requirements[condition.ID]; !twice {
			all.requirements[condition.ID] = condition
		}
	}
	commands := map[int]string{}
	for _, check := range of.Checks {
		for _, finding := range check.Findings {
			commands[finding.Exchange] = cmp.Or(commands[finding.Exchange], finding.Curl)
		}
	}
	for _, exchange := range of.Exchanges {
		if _, twice := all.responses[exchange.Number]; !twice {
			one := responseOf(exchange, of.Target.Endpoint)
			if one.Curl = cmp.Or(commands[exchange.Number], exchange.Request.Curl()); of.Client != nil {
				one.Curl = "" // The server is gone, and what is under test is the client.
				one.steadyPorts()
			}
			all.exchanges, all.responses[exchange.Number] = append(all.exchanges, one), one
		}
	}
	return all
}

// failedWhere reports whether a requirement failed in a check for which something holds.
func (i *index) failedWhere(requirement string, holds func(check string) bool) bool {
	return slices.ContainsFunc(i.checkIDs, func(id string) bool {
		return finding(i.checks[id], requirement).Verdict == result.Fail && holds(id)
	})
}

// documented reports whether a check is above all about something documented.
func (i *index) documented(check result.Check) bool {
	return len(check.Requirements) > 0 && i.requirements[check.Requirements[0]].Level == spec.Documented
}

// union lists the words of a list, and then those that only another one has, each
// once.
func union(words, others []string) []string {
	return append(without(words, nil), without(others, words)...)
}

// without lists the words of a list that another one does not have, each once.
func without(words, others []string) []string {
	all, seen := []string{}, map[string]bool{}
	for _, word := range others {
		seen[word] = true
	}
	for _, word := range words {
		if !seen[word] {
			seen[word], all = true, append(all, word)
		}
	}
	return all
}

// evidenceOf gathers what both reports show of a check, for each requirement that
// either has a finding for, and for its first one without any or if that changed too.
func evidenceOf(was, is result.Check, old, new *index) []evidence {
	var ids []string
	for _, finding := range slices.Concat(is.Findings, was.Findings) {
		ids = append(ids, finding.Requirement)
	}
	if requirements := union(is.Requirements, was.Requirements); len(requirements) > 0 {
		first := requirements[0]
		before, after := observe(was, first, nil), observe(is, first, nil)
		if len(ids) == 0 || before != nil && after != nil && before.Verdict != after.Verdict {
			ids = append(ids, first)
		}
	}
	all := []evidence{}
	for _, id := range union(ids, nil) {
		known, found := new.requirements[id]
		if !found {
			known = old.requirements[id]
		}
		// The response of a finding comes first, then its counterpart, then the first
		// exchange with an effect.
		before, after := old.responses[finding(was, id).Exchange], new.responses[finding(is, id).Exchange]
		if before == nil && after == nil {
			after = new.firstEffect(is)
		}
		before = cmp.Or(before, after.counterpart(), old.firstEffect(was))
		after = cmp.Or(after, before.counterpart(), new.firstEffect(is))
		all = append(all, evidence{id, known.Level, known.Statement, observe(was, id, before), observe(is, id, after)})
	}
	return all
}

// firstEffect is the first exchange of a check that does more than read, or its
// first at all.
func (i *index) firstEffect(check result.Check) *response {
	var first *response
	for _, number := range check.Exchanges {
		one := i.responses[number]
		if one != nil && one.method != http.MethodGet {
			return one
		}
		first = cmp.Or(first, one)
	}
	return first
}

func finding(check result.Check, requirement string) result.Finding {
	at := slices.IndexFunc(check.Findings, func(one result.Finding) bool { return one.Requirement == requirement })
	if at < 0 {
		return result.Finding{}
	}
	return check.Findings[at]
}

// observe is what a report shows of a requirement in a check; nil where it does
// not have the check.
func observe(check result.Check, requirement string, response *response) *observed {
	if check.ID == "" {
		return nil
	}
	made := &observed{Verdict: check.Verdict, Reason: check.Reason, Flag: check.Flag, Response: response}
	if one := finding(check, requirement); one.Requirement != "" {
		made.Verdict, made.Want, made.Got, made.Count = one.Verdict, one.Want, one.Got, one.Count
	} else if len(check.Findings) > 0 {
		made.Verdict, made.Reason = check.About(requirement)
	}
	return made
}
