package suites

import (
	"cmp"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

func hasStates(method *spec.Method) bool { return len(method.States) > 0 }

func hasStateMethod(method *spec.Method) bool { return method.ReadState.ID != "" }

func hasNewID(method *spec.Method) bool { return method.IDField != "" }

func requestHasFields(method *spec.Method) bool {
	return len(method.Operation.Request.Members()) > 0
}

// applies reports whether a check applies to a method, or says why not. It
// leaves the check the requirements that it can test.
func (c *Check) applies(method *spec.Method) (reason string, applies bool) {
	if c.lacks != "" {
		return c.lacks, false
	}
	var testable []string
	for _, id := range c.names {
		if requirement, described := method.Requirement(id); described && !requirement.Draft && method.Unmet(id) == "" {
			testable = append(testable, id)
		}
	}
	if len(testable) > 0 {
		c.Requirements = testable
		return "", true
	}
	return cmp.Or(method.Unmet(c.names[0]), result.NoRequirement), false
}

// Inapplicable are checks that do not apply to a method (Checks), and the
// requirements that no other check tests (Requirements), with what the description
// does not have (Reason).
type Inapplicable = result.NotApplicable

// NotApplicable lists the checks that do not apply to a method, and the requirements
// that are not tested as a result. They are grouped by what the description does not
// have.
func NotApplicable(method *spec.Method) []Inapplicable {
	method = orShipped(method)
	var groups []Inapplicable
	tested, reasons := map[string]bool{}, map[string]string{}
	for _, check := range allChecks(method) {
		reason, applies := check.applies(method)
		if applies {
			for _, id := range check.Requirements {
				tested[id] = true
			}
			continue
		}
		groups = result.LeaveOut(groups, reason, check.ID, "")
		for _, id := range check.names {
			reasons[id] = reason
		}
	}
	for _, requirement := range method.Requirements {
		reason := method.Unmet(requirement.ID)
		if reason == "" {
			reason = reasons[requirement.ID]
		}
		if reason != "" && !requirement.Draft && !tested[requirement.ID] {
			groups = result.LeaveOut(groups, reason, "", requirement.ID)
		}
	}
	return groups
}
