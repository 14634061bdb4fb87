package report

import (
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// Scope is a row of the scope matrix: a documented scope and what a token with
// it alone was worth.
type Scope struct {
	Name string `json:"name"`
	// Short is the name without the part that all scopes share, and Family its
	// product: "youtube".
	Short  string `json:"short"`
	Family string `json:"family"`
	// Description is what a person who grants it reads.
	Description string `json:"description,omitempty"`
	// Check is the id of the check that judges it.
	Check string `json:"check,omitempty"`
	// Verdict is that of the check; empty where the run did not select it.
	Verdict suites.Verdict `json:"verdict,omitempty"`
	Reason  string         `json:"reason,omitempty"`
}

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

// State is a documented state of a job, for the diagram of states.
type State struct {
	Name string `json:"name"`
	// Retryable says that a job in it may be retried.
	Retryable bool `json:"retryable"`
	// Jobs is the number of jobs that were given as being in it.
	Jobs int `json:"jobs"`
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
