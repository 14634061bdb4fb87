package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// group is what is shown together: what became of one requirement in all checks, of
// several requirements with one cause, or the checks that only one report has.
type group struct {
	change
	requirements []requirementChange
	cause        result.Cause
	// rows are checks with only the evidence for these requirements, and what became of
	// them in that check.
	rows []checkChange
}

// grouped lists what changed, worst first. A requirement is in one group, whatever
// became of it in one check or another.
func (c Comparison) grouped() []group {
	known, rows := map[string]requirementChange{}, map[string][]checkChange{}
	var ids []string
	for _, requirement := range c.Requirements {
		ids, known[requirement.ID] = append(ids, requirement.ID), requirement
	}
	var groups []group
	for _, check := range c.Checks {
		if check.Kind == gone || check.Kind == appeared {
			at := slices.IndexFunc(groups, func(one group) bool { return one.title() == check.title() })
			if at < 0 {
				at, groups = len(groups), append(groups, group{change: check.change})
			}
			groups[at].rows = append(groups[at].rows, check)
			continue
		}
		for _, row := range check.byRequirement() {
			id := row.about().Requirement
			rows[id] = append(rows[id], row)
			if _, has := known[id]; !has {
				// A condition of a client's test, which is no requirement.
				condition := requirementChange{change: row.change, Level: row.about().Level, Statement: row.about().Statement}
				condition.ID = id
				ids, known[id] = append(ids, id), condition
			}
		}
	}
	// A requirement that only one report has is shown by its checks, if they are as bad.
	ids = slices.DeleteFunc(ids, func(id string) bool {
		one := known[id]
		return (one.Kind == gone || one.Kind == appeared) && slices.ContainsFunc(c.Checks, func(check checkChange) bool {
			return check.Kind == one.Kind && (check.Regression || !one.Regression)
		})
	})
	for _, some := range text.Grouped(ids, func(id string) string {
		if cause := causeOf(known[id], rows[id]); cause.ID != "" {
			return cause.ID + "\x00" + cause.Summary + "\x00" + known[id].title()
		}
		return id
	}) {
		made := group{change: known[some[0]].change, cause: causeOf(known[some[0]], rows[some[0]])}
		for _, id := range some {
			made.requirements = append(made.requirements, known[id])
			for _, row := range rows[id] {
				at := slices.IndexFunc(made.rows, func(other checkChange) bool { return other.ID == row.ID && other.Kind == row.Kind })
				if at < 0 {
					made.rows = append(made.rows, row)
				} else {
					made.rows[at].Evidence = append(made.rows[at].Evidence, row.Evidence...)
				}
			}
		}
		groups = append(groups, made)
	}
	slices.SortStableFunc(groups, func(a, b group) int { return worse(a.Kind, b.Kind) })
	return groups
}

// byRequirement gives a changed check once for each requirement whose verdict changed
// in it or that still fails, with the evidence for that one.
func (c checkChange) byRequirement() []checkChange {
	var rows []checkChange
	for _, one := range c.Evidence {
		row := c
		row.Evidence, row.Kind = []evidence{one}, c.kindFor(one.Requirement)
		row.Regression = c.Regression && row.Kind == c.Kind
		if row.Kind != "" {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return []checkChange{c}
	}
	return rows
}

// kindFor says what became of a requirement in a changed check.
func (c checkChange) kindFor(requirement string) kind {
	for _, one := range c.Evidence {
		if one.Requirement == requirement && one.Old != nil && one.New != nil {
			return kindOf(one.Old.Verdict, one.New.Verdict)
		}
	}
	return ""
}

// overall says what became of a requirement: what became of its verdict, or where that
// is the same, or some checks newly fail, of that in its checks. It reports whether
// one of those checks is a regression.
func overall(requirement string, verdict kind, checks []checkChange) (kind, bool) {
	became, regression := verdict, false
	for _, check := range checks {
		in := check.kindFor(requirement)
		failsNow := in == check.Kind && (in == newlyFailing || in == newlyErroring)
		if in == "" || check.Kind == gone || check.Kind == appeared || verdict != "" && !failsNow {
			continue
		}
		regression = regression || check.Regression && in == check.Kind
		if became == "" || worse(in, became) < 0 {
			became = in
		}
	}
	return became, regression
}

// causeOf is what explains a requirement in the checks that are shown for it, or none.
func causeOf(requirement requirementChange, rows []checkChange) result.Cause {
	for _, row := range rows {
		explains := len(row.cause.Requirements) == 0 || slices.Contains(row.cause.Requirements, row.about().Requirement)
		if row.Kind == requirement.Kind && explains {
			return row.cause
		}
	}
	return result.Cause{}
}

// lines begin with the cause or the requirement; of the checks of the group's kind
// some are shown with their evidence, and all others are named.
func (g group) lines(again func(check string) []line) []line {
	all := g.heads()
	rows := text.Grouped(g.rows, func(row checkChange) kind { return row.Kind })
	slices.SortStableFunc(rows, func(a, b []checkChange) int { return worse(a[0].Kind, b[0].Kind) })
	at := slices.IndexFunc(rows, func(some []checkChange) bool { return some[0].Kind == g.Kind })
	if at < 0 {
		for _, one := range g.requirements {
			all = append(all, line{label: was, words: verdictText(string(one.Old), one.OldReason)}, line{label: now, words: verdictText(string(one.New), one.NewReason)})
		}
	} else {
		shown := shownChecks
		if g.Kind == gone || g.Kind == appeared || g.Kind == stillFailing || g.New == result.UnexpectedPass {
			shown = 1
		}
		shown = min(shown, len(rows[at]))
		for _, row := range rows[at][:shown] {
			all = append(append(all, row.lines()...), again(row.ID)...)
		}
		all = append(all, more(fmt.Sprintf("and %d more", len(rows[at])-shown), idsOf(rows[at][shown:]))...)
		rows = slices.Delete(rows, at, at+1)
	}
	for _, some := range rows {
		became := kindWords[some[0].Kind].words
		if g.Kind == newlyPassing && some[0].Kind == newlySkipped {
			became = "failed before, skipped now"
		}
		all = append(all, more(fmt.Sprintf("%s in %d", became, len(some)), idsOf(some))...)
	}
	return all
}

func idsOf(rows []checkChange) []string {
	var ids []string
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids
}

// heads begin a group.
func (g group) heads() []line {
	head := line{label: heading, words: g.title(), kind: g.Kind}
	var ids []string
	for _, one := range g.requirements {
		ids = append(ids, one.ID)
	}
	head.about = text.List(ids, "and")
	switch {
	case len(ids) == 0 || ids[0] == "":
		return append([]line{head}, g.why()...)
	case g.cause.ID == "":
		if level := g.requirements[0].Level; level != "" {
			// A condition of a client's test has no level.
			head.about += fmt.Sprintf(" (%s)", level)
		}
		return append([]line{head, {label: plain, words: g.requirements[0].Statement}}, g.why()...)
	case g.Kind == newlyPassing:
		return []line{head, {label: "old cause", words: g.cause.Summary}}
	}
	return []line{head, {label: "cause", words: g.cause.Summary}, {label: "fix", words: g.cause.Fix}}
}

// parts count the requirements of each kind that are a regression, or all others, and
// the checks that only one report has or that no requirement is shown for.
func (c Comparison) parts(regression bool) []string {
	var words []string
	counts, covered := map[string]int{}, map[string]bool{}
	add := func(number int, noun, became string) {
		key := noun + " " + became
		if counts[key] == 0 {
			words = append(words, key)
		}
		counts[key] += number
	}
	for _, group := range c.grouped() {
		if group.Regression != regression {
			continue
		}
		for _, row := range group.rows {
			covered[row.ID] = true
		}
		if number := len(group.requirements); number > 0 {
			add(number, "requirement", group.words())
		} else {
			add(len(group.rows), "check", group.words())
		}
	}
	for _, check := range c.Checks {
		if regression && check.Regression && !covered[check.ID] {
			add(1, "check", check.words())
		}
	}
	var parts []string
	for _, key := range words {
		noun, became, _ := strings.Cut(key, " ")
		parts = append(parts, text.Counted(counts[key], noun)+" "+became)
	}
	return parts
}
