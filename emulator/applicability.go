package emulator

import (
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/dpconform/dpconform/spec"
)

// canBreak reports whether a server of a method can break a requirement: one of
// its description, for which the method has all that is needed.
func canBreak(method *spec.Method, id string) bool {
	requirement, found := method.Requirement(id)
	return found && !requirement.Draft && method.Unmet(id) == ""
}

// What a fault may need of a method.

func always(*spec.Method) bool                  { return true }
func hasScopes(method *spec.Method) bool        { return len(method.Scopes) > 0 }
func hasSeveralScopes(method *spec.Method) bool { return len(method.Scopes) > 1 }
func hasUnrelatedScope(method *spec.Method) bool {
	return hasScopes(method) && len(method.UnrelatedScopes) > 0
}
func hasNamedScope(method *spec.Method) bool {
	return hasScopes(method) && slices.ContainsFunc(method.UnrelatedScopes, func(scope string) bool { return !strings.Contains(scope, ":") })
}
func hasCompoundCollection(method *spec.Method) bool {
	return strings.ContainsFunc(method.Operation.Path.Collection(), unicode.IsUpper)
}
func hasBoundField(method *spec.Method) bool {
	return method.Operation.BoundField != ""
}
func hasVerb(method *spec.Method) bool      { return method.Operation.Path.Verb() != "" }
func hasNewJobs(method *spec.Method) bool   { return method.IDField != "" }
func hasNoNewJobs(method *spec.Method) bool { return !hasNewJobs(method) }
func hasStates(method *spec.Method) bool    { return len(method.States) > 0 && method.ReadState.ID != "" }
func hasRefusedStates(method *spec.Method) bool {
	return hasStates(method) && len(method.RefusedStates()) > 0
}
func hasNewStates(method *spec.Method) bool { return hasNewJobs(method) && hasStates(method) }
func changesJobs(method *spec.Method) bool  { return method.Effect == spec.Changes && hasStates(method) }

// hasUnknownIDs reports whether the description says what becomes of an id that no
// job has. Otherwise any id may be a job's.
func hasUnknownIDs(method *spec.Method) bool {
	return slices.Contains(method.Operation.Statuses, http.StatusNotFound)
}

func hasOtherMethodThan(http string) func(*spec.Method) bool {
	return func(method *spec.Method) bool { return method.Operation.Method != http }
}
