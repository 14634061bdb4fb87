package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// Job is the state of a job that was given.
type Job struct {
	ID string `json:"id"`
	// Given is the state that it was given as, State the one that it is in;
	// empty where that could not be had.
	Given string `json:"given"`
	State string `json:"state,omitempty"`
	// Agrees says that the two are the same.
	Agrees bool `json:"agrees"`
	// Reason says why its state could not be had.
	Reason string `json:"reason,omitempty"`
}

func examineJobs(ctx context.Context, options Options, server *target.Target, findings Findings) []Job {
	jobs := []Job{}
	credential, reason := reader(server, findings)
	for _, state := range options.Contract.States {
		for _, id := range options.Target.Jobs[state] {
			job := Job{ID: id, Given: state, Reason: reason}
			if reason == "" {
				exchange := server.Send(ctx, "doctor", target.Request{
					Purpose: "read the state of " + id, Method: options.Contract.ReadState.Method,
					Path: options.Contract.ReadState.Path.Expand(id), Credential: credential, Job: id,
				})
				job.State, job.Reason = stateIn(options.Contract, exchange)
			}
			job.Agrees = job.State == job.Given
			options.Observe(id, !job.Agrees)
			jobs = append(jobs, job)
		}
	}
	return jobs
}

// reader gives a credential that may read states: of the first scope that has a
// token, or of several scopes. The reason says why there is none.
func reader(server *target.Target, findings Findings) (target.Credential, string) {
	if !findings.Endpoint.Reached {
		return target.Credential{}, "the endpoint was not reached"
	}
	index := slices.IndexFunc(findings.Scopes, func(scope Scope) bool { return scope.State == There && !scope.Unrelated })
	if index >= 0 {
		scope := findings.Scopes[index].Name
		if credential, err := server.Credential("token for "+spec.ShortScope(scope), scope); err == nil {
			return credential, ""
		}
	}
	if credential, found := server.GroupCredential(func([]string) string { return "token for several scopes" }); found {
		return credential, ""
	}
	return target.Credential{}, "there is no token to read it with"
}

// stateIn takes the state out of an answer, or says why there is none.
func stateIn(contract *spec.Contract, exchange *target.Exchange) (state, reason string) {
	if exchange.Fault != nil {
		return "", exchange.Fault.Detail
	}
	if exchange.Status == http.StatusNotFound {
		return "", "no such job (404)"
	}
	if exchange.Status != contract.ReadState.Success {
		return "", fmt.Sprintf("its state was not shown: %d %s", exchange.Status, http.StatusText(exchange.Status))
	}
	var answer map[string]json.RawMessage
	if json.Unmarshal(exchange.Body, &answer) != nil || json.Unmarshal(answer[contract.StateField], &state) != nil || state == "" {
		return "", "the answer shows no state"
	}
	if !slices.Contains(contract.States, state) {
		return "", "it is in a state that the description does not know"
	}
	return state, ""
}
