package diff

import (
	"slices"
	"strings"
)

// group is the changes of one kind that concern one requirement first.
type group struct {
	kind        Kind
	requirement string
	checks      []CheckChange
}

// groups puts the changed checks together for a person, worst first: one fault
// may be seen by many checks.
func (c Comparison) groups() []group {
	var all []group
	for _, change := range c.Checks {
		requirement := ""
		if len(change.Evidence) > 0 {
			requirement = change.Evidence[0].Requirement
		}
		at := slices.IndexFunc(all, func(one group) bool { return one.kind == change.Kind && one.requirement == requirement })
		if at < 0 {
			at = len(all)
			all = append(all, group{kind: change.Kind, requirement: requirement})
		}
		all[at].checks = append(all[at].checks, change)
	}
	return all
}

// regression reports whether any change of a group is one.
func (g group) regression() bool {
	return slices.ContainsFunc(g.checks, func(change CheckChange) bool { return change.Regression })
}

// requirementsAlone lists the changed requirements that no changed check of the
// same kind tells of.
func (c Comparison) requirementsAlone() []RequirementChange {
	var all []RequirementChange
	for _, change := range c.Requirements {
		told := slices.ContainsFunc(c.Checks, func(check CheckChange) bool {
			return check.Kind == change.Kind && slices.Contains(change.Checks, check.ID)
		})
		if !told {
			all = append(all, change)
		}
	}
	return all
}

// answerGroup is the answers that changed in the same way.
type answerGroup struct {
	differences []Difference
	answers     []AnswerChange
}

func (c Comparison) answerGroups() []answerGroup {
	at := map[string]int{}
	var all []answerGroup
	for _, change := range c.Answers {
		texts := make([]string, len(change.Differences))
		for i, difference := range change.Differences {
			texts[i] = difference.String()
		}
		key := strings.Join(texts, "\n")
		if _, known := at[key]; !known {
			at[key] = len(all)
			all = append(all, answerGroup{differences: change.Differences})
		}
		all[at[key]].answers = append(all[at[key]].answers, change)
	}
	return all
}

// checks names the checks of a group of answers, each once.
func (g answerGroup) checks() []string {
	var ids []string
	for _, answer := range g.answers {
		if !slices.Contains(ids, answer.Check) {
			ids = append(ids, answer.Check)
		}
	}
	return ids
}
