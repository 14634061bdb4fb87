package suites

import (
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/dpconform/dpconform/spec"
)

// Selection says which checks a run reports.
type Selection struct {
	// Focus lists check ids, the beginnings of check ids up to a slash (an
	// aspect, "authorization/scope"), or requirement ids. Empty: all.
	Focus []string
	// LabelFilter is a Ginkgo label query over aspects, levels and requirement
	// ids: "path && documented". Empty: all.
	LabelFilter string
	// Replayed says that the answers are recorded ones: the other checks run too,
	// without being reported, since a recording answers a whole run in its order.
	Replayed bool
}

// UnknownNameError says that a name is none of the known ones.
type UnknownNameError struct {
	// Kind is what the name should have been: "check, aspect or requirement".
	Kind  string
	Name  string
	Known []string
}

// Error names the kind and the name; which known name is nearest is for those
// who speak to a person to say.
func (e *UnknownNameError) Error() string { return fmt.Sprintf("unknown %s %q", e.Kind, e.Name) }

// Plan is the list of checks that a run goes through.
type Plan struct {
	// Selected are the checks that are reported.
	Selected []Check
	// feeders run so that observing checks have something to observe.
	feeders map[string]bool
	all     []Check
}

// NewPlan selects checks. It returns an *UnknownNameError for a focus that
// nothing answers to, and an error for a label query that cannot be read or
// that selects nothing.
func NewPlan(contract *spec.Contract, selection Selection) (Plan, error) {
	checks := Checks(contract)
	for _, focus := range selection.Focus {
		if !slices.ContainsFunc(checks, func(check Check) bool { return check.answersTo(focus) }) {
			return Plan{}, &UnknownNameError{"check, aspect or requirement", focus, KnownNames(contract)}
		}
	}
	labels, err := types.ParseLabelFilter(selection.LabelFilter)
	if err != nil {
		return Plan{}, fmt.Errorf("the label filter %q cannot be read: use aspects, levels and requirement ids with &&, ||, ! and ()",
			selection.LabelFilter)
	}
	plan := Plan{feeders: map[string]bool{}}
	for _, check := range checks {
		focused := len(selection.Focus) == 0 || slices.ContainsFunc(selection.Focus, check.answersTo)
		if focused && labels(check.labels(contract)) {
			plan.Selected = append(plan.Selected, check)
		}
	}
	if len(plan.Selected) == 0 {
		return Plan{}, fmt.Errorf("the label filter %q and the focus select no check", selection.LabelFilter)
	}
	plan.addFeeders(checks, selection.Replayed)
	return plan, nil
}

// addFeeders lets all sending checks run where an observing one is selected:
// alone it would have nothing to look at. Of a replay all checks run.
func (p *Plan) addFeeders(checks []Check, replayed bool) {
	observes := slices.ContainsFunc(p.Selected, func(check Check) bool { return check.phase == observing })
	for _, check := range checks {
		selected := slices.ContainsFunc(p.Selected, func(other Check) bool { return other.ID == check.ID })
		if !selected && !replayed && (!observes || check.phase == observing) {
			continue
		}
		p.all = append(p.all, check)
		p.feeders[check.ID] = !selected
	}
}

func (c Check) answersTo(focus string) bool {
	return c.ID == focus || strings.HasPrefix(c.ID, focus+"/") || slices.Contains(c.Requirements, focus)
}

// labels are the Ginkgo labels of a check.
func (c Check) labels(contract *spec.Contract) []string {
	return append([]string{c.Aspect, string(c.StrongestLevel(contract))}, c.Requirements...)
}

// KnownNames lists all that a focus can name.
func KnownNames(contract *spec.Contract) []string {
	names := Aspects()
	for _, check := range Checks(contract) {
		names = append(names, check.ID)
	}
	for _, requirement := range contract.Requirements {
		names = append(names, requirement.ID)
	}
	return names
}
