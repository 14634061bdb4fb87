package cli

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// selection is which checks a run reports, and what it leaves out.
type selection struct {
	// method has the scopes that are tested.
	method  *spec.Method
	profile config.Profile
	// profileFrom is where the profile was given.
	profileFrom string
	checks      []suites.Check
	// aspects are those that the focus names; empty for all.
	aspects []string
	// partial says that some checks are not among these.
	partial bool
	// left are the checks that the profile, or the flags about scopes and
	// authorization, leave out.
	left []result.NotApplicable
	// inState are the given jobs by the states that they are in, where a rehearsal must
	// not take them to be in those that they were given as; nil otherwise.
	inState map[string][]string
}

// or is the selection, or that of all checks of a method where nothing was selected.
func (s selection) or(method *spec.Method) selection {
	if s.checks == nil {
		s.method, s.checks = method, suites.Checks(method)
	}
	return s
}

// focus selects the checks in the words of Ginkgo. It is one pattern: Ginkgo tries
// each of several at every letter of a spec's text.
func (s selection) focus() []string {
	if !s.partial {
		return nil
	}
	ids := make([]string, len(s.checks))
	for i, check := range s.checks {
		ids[i] = regexp.QuoteMeta(check.ID)
	}
	return []string{`(?:^| )(?:` + strings.Join(ids, "|") + `)` + behindID}
}

// selectChecks finds the checks that a focus names, by the id of a check, the
// beginning of one up to a slash, or the id of a requirement, that a label filter
// lets through, and that are about the selected scopes. Nothing given selects all.
func selectChecks(sources *config.Sources, settings *config.Settings, method *spec.Method) (selection, error) {
	labels, err := types.ParseLabelFilter(settings.LabelFilter)
	if err != nil {
		return selection{}, text.Mistake(sources.Origin("label-filter"),
			fmt.Sprintf("invalid label filter %q", settings.LabelFilter), "use aspects, levels and requirement ids with &&, ||, ! and ()")
	}
	checks := suites.Checks(method)
	if len(checks) == 0 {
		return selection{}, text.Mistake(method.File, "no check tests a requirement of "+method.Operation.ID, "name requirement sets")
	}
	named, err := namedChecks(sources, method, checks, settings.Focus)
	if err != nil {
		return selection{}, err
	}
	var selected selection
	if selected.profile, err = settings.SelectedProfile(sources); err != nil {
		return selection{}, err
	}
	selected.profileFrom = sources.Origin("profile")
	if selected.method, err = settings.SelectedMethod(sources, method); err != nil {
		return selection{}, err
	}
	selected.checks = slices.DeleteFunc(slices.Clone(checks), func(check suites.Check) bool {
		return len(settings.Focus) > 0 && !named[check.ID] || !labels(check.Labels())
	})
	for _, focus := range settings.Focus {
		selected.aspects = append(selected.aspects, aspectOf(focus))
	}
	selected.partial = len(selected.checks) < len(checks)
	if len(selected.checks) == 0 {
		return selection{}, text.Mistake(sources.Origin("label-filter"),
			fmt.Sprintf("the label filter %q and the focus select no check", settings.LabelFilter), "select others: dpconform list prints the ids")
	}
	if selected.method == method {
		return selected, nil
	}
	flag := config.ScopesFlag
	if settings.NoAuth {
		flag = config.NoAuthFlag
	}
	applicable := map[string]suites.Check{}
	for _, check := range suites.Checks(selected.method) {
		applicable[check.ID] = check
	}
	selected = selected.without(func(check suites.Check) (suites.Check, string) { return applicable[check.ID], "--" + flag })
	if len(selected.checks) == 0 {
		return selection{}, text.Mistake(sources.Origin(flag), "it excludes every check that the other flags select", "remove it, or select other checks")
	}
	return selected, nil
}

// namedChecks finds the ids of the checks that a focus names.
func namedChecks(sources *config.Sources, method *spec.Method, checks []suites.Check, focus []string) (map[string]bool, error) {
	named := map[string]bool{}
	for _, name := range focus {
		found := false
		for _, check := range checks {
			if check.ID == name || strings.HasPrefix(check.ID, name+"/") || slices.Contains(check.Requirements, name) {
				found, named[check.ID] = true, true
			}
		}
		if reason := whyNotApplicable(method, name); !found && reason != "" {
			return nil, text.Mistake(sources.Origin("focus"), fmt.Sprintf("%s does not apply to %s: %s", name, method.Operation.ID, reason),
				"dpconform list --all shows what does")
		}
		if !found {
			return nil, text.Mistake(sources.Origin("focus"), fmt.Sprintf("unknown check, aspect or requirement %q", name),
				text.DidYouMeanOr(name, knownNames(method), "dpconform list --all prints all"))
		}
	}
	return named, nil
}

// without keeps of each check what is left of it: nothing of one without an id. It
// notes the reason, and the requirements that no other check tests.
func (s selection) without(leave func(suites.Check) (rest suites.Check, reason string)) selection {
	all := s.checks
	s.checks, s.left = nil, slices.Clone(s.left)
	tested, reasons := map[string]bool{}, map[string]string{}
	for _, check := range all {
		rest, reason := leave(check)
		if rest.ID == "" {
			s.left = result.LeaveOut(s.left, reason, check.ID, "")
		} else {
			s.checks = append(s.checks, rest)
		}
		for _, id := range rest.Requirements {
			tested[id] = true
		}
		for _, id := range check.Requirements {
			reasons[id] = reason
		}
	}
	for _, requirement := range s.method.Requirements {
		if reason, found := reasons[requirement.ID]; found && !tested[requirement.ID] {
			s.left = result.LeaveOut(s.left, reason, "", requirement.ID)
		}
	}
	s.partial = s.partial || len(s.checks) < len(all)
	return s
}

// inFocus leaves out the checks of aspects that the focus does not name.
func (s selection) inFocus(groups []result.NotApplicable) []result.NotApplicable {
	if len(s.aspects) == 0 {
		return groups
	}
	var kept []result.NotApplicable
	others := func(id string) bool { return !slices.Contains(s.aspects, aspectOf(id)) }
	for _, group := range groups {
		group.Checks, group.Requirements = slices.DeleteFunc(slices.Clone(group.Checks), others), slices.DeleteFunc(slices.Clone(group.Requirements), others)
		if len(group.Checks) > 0 {
			kept = append(kept, group)
		}
	}
	return kept
}

// aspectOf is the aspect of the id of a check or a requirement, or that id.
func aspectOf(id string) string {
	aspect, _, _ := strings.Cut(strings.ReplaceAll(id, ".", "/"), "/")
	return aspect
}

// requirements counts the requirements of a method that can be tested, and those that
// the selected checks test.
func (s selection) requirements(method *spec.Method) (all, selected int) {
	tested := map[string]bool{}
	for _, check := range s.or(method).checks {
		for _, id := range check.Requirements {
			tested[id] = true
		}
	}
	for _, requirement := range method.Requirements {
		if !requirement.Draft && method.Unmet(requirement.ID) == "" {
			all++
		}
	}
	return all, len(tested)
}

// whyNotApplicable says why a requirement, a check or those whose ids begin so do
// not apply to a method; empty where they do, or are unknown.
func whyNotApplicable(method *spec.Method, id string) string {
	for _, group := range notApplicable(method) {
		named := func(check string) bool { return check == id || strings.HasPrefix(check, id+"/") }
		if slices.ContainsFunc(group.Checks, named) || slices.Contains(group.Requirements, id) {
			return group.Reason
		}
	}
	if requirement, found := method.Requirement(id); found && requirement.Draft {
		return "it is a draft"
	}
	return whyNotDescribed(method, id)
}

// whyNotDescribed says why a method does not have a requirement that other shipped
// methods have; empty where it has it, or none has.
func whyNotDescribed(method *spec.Method, id string) string {
	has := func(m *spec.Method) bool { _, found := m.Requirement(id); return found }
	if shipped, _ := shippedMethods(); has(method) || !slices.ContainsFunc(shipped, has) {
		return ""
	}
	return cmp.Or(method.Unmet(id), result.NoRequirement)
}

// knownNames lists all that --focus can name.
func knownNames(method *spec.Method) []string {
	names := append(result.Aspects(), checkIDs(method)...)
	for _, requirement := range method.Requirements {
		names = append(names, requirement.ID)
	}
	return names
}
