package suites

import (
	"slices"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/spec"
)

// variants are descriptions that do not have all that a shipped one has. Each
// takes something away from a method, or changes it.
var variants = []struct {
	name   string
	effect spec.Effect
	change func(*spec.Method)
}{
	{"no security", spec.Starts, func(m *spec.Method) { m.Scopes = nil }},
	{"one scope", spec.Changes, func(m *spec.Method) { m.Scopes = m.Scopes[:1] }},
	{"no unrelated scope", spec.Changes, func(m *spec.Method) { m.UnrelatedScopes = nil }},
	{"no states", spec.Starts, withoutStates},
	{"no states, no security, no effect", spec.Changes, func(m *spec.Method) {
		withoutStates(m)
		m.Scopes, m.Effect = nil, ""
	}},
	{"no effect", spec.Changes, func(m *spec.Method) { m.Effect, m.ResultingStates = "", nil }},
	{"no resulting states", spec.Changes, func(m *spec.Method) { m.ResultingStates = nil }},
	{"every state accepted", spec.Changes, func(m *spec.Method) { m.AcceptedStates = m.States }},
	{"two states accepted", spec.Changes, func(m *spec.Method) { m.AcceptedStates = []string{m.AcceptedStates[0], m.States[2]} }},
	{"a request with fields", spec.Changes, func(m *spec.Method) { m.Operation.Request = m.ReadState.Response }},
	{"a response with fields and no new id", spec.Changes, func(m *spec.Method) { m.Operation.Response = m.ReadState.Response }},
	{"no 404 response", spec.Changes, func(m *spec.Method) { m.Operation.Statuses = []int{200, 400} }},
	{"no pattern of the id", spec.Starts, func(m *spec.Method) { m.IDPattern = nil }},
	{"no system parameters", spec.Starts, func(m *spec.Method) { m.SystemParameters = nil }},
	{"no version in the path, no field of it", spec.Changes, func(m *spec.Method) {
		m.Operation.BoundField = ""
		m.Operation.Path.Prefix, m.ReadState.Path.Prefix = "/tasks/", "/tasks/"
	}},
	{"no verb", spec.Changes, func(m *spec.Method) { m.Operation.Path.Suffix = "" }},
	{"another HTTP method", spec.Starts, func(m *spec.Method) { m.Operation.Method = "PUT" }},
}

func withoutStates(method *spec.Method) {
	method.ReadState, method.StateField = spec.Operation{}, ""
	method.States, method.AcceptedStates, method.ResultingStates = nil, nil, nil
}

// TestKillMatrixOfVariants: whatever a description does not have, a conforming
// server passes every check that applies to it, and each fault that a server of it
// can have is caught. The variants share the faults: most are seeded in one.
func TestKillMatrixOfVariants(t *testing.T) {
	t.Parallel()
	shipped := shippedMethods(t)
	for i, variant := range variants {
		at := slices.IndexFunc(shipped, func(method *spec.Method) bool { return method.Effect == variant.effect })
		method := *shipped[at]
		variant.change(&method)
		faults := sample(emulator.Faults(&method), i, len(variants))
		if testing.Short() {
			if i%8 > 0 {
				continue
			}
			faults = faults[:1]
		}
		matrix := newMatrix(&method, Checks(&method), faults)
		for _, problem := range matrix.problems() {
			t.Errorf("%s: %s", variant.name, problem)
		}
	}
}
