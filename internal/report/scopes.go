package report

import (
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// scopesOf makes the matrix in the order of the description, from results and
// how each of them is shown.
func scopesOf(contract *spec.Contract, results []suites.Result, shown []Check) []Scope {
	rows := make([]Scope, len(contract.Scopes))
	for i, scope := range contract.Scopes {
		rows[i] = Scope{Name: scope.Name, Short: scope.Short(), Family: familyOf(scope.Short()), Description: scope.Description}
		for at, result := range results {
			if result.Check.Scope == scope.Name {
				rows[i].Check, rows[i].Verdict, rows[i].Reason = result.Check.ID, result.Verdict, shown[at].Reason
			}
		}
	}
	return rows
}

// familyOf is the product in the short name of a scope:
// "dataportability.myactivity.maps" is of myactivity.
func familyOf(short string) string {
	parts := strings.Split(short, ".")
	if len(parts) < 2 {
		return short
	}
	return parts[1]
}

// stateOf is the state that a job was given as; empty for another job.
func stateOf(run Run, job string) string {
	for _, state := range run.Contract.States {
		if slices.Contains(run.Target.Jobs(state), job) {
			return state
		}
	}
	return ""
}
