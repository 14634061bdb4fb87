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

// NotApplicable lists the checks that do not apply to a method, each with the Reason.
func NotApplicable(method *spec.Method) []Check {
	method = orShipped(method)
	var checks []Check
	for _, check := range allChecks(method) {
		if reason, applies := check.applies(method); !applies {
			check.Reason, check.Level = reason, check.strongestLevel(method)
			checks = append(checks, check)
		}
	}
	return checks
}
