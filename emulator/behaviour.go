package emulator

import (
	"net/http"
	"slices"
	"time"

	"github.com/dpconform/dpconform/spec"
)

// behaviour is everything in which a fault may differ from a server that
// conforms: the stages of each method, and the decisions that they leave open.
// A fault changes it once, before the first request; what it puts in place of a
// function must be safe for use by many goroutines.
type behaviour struct {
	contract *spec.Contract
	jobs     *jobStore
	seed     uint64
	// delay is how long a slow fault holds an answer back.
	delay time.Duration
	// firstRetryable is the first of the given jobs that may be retried; empty
	// where there is none.
	firstRetryable string

	// readLine looks at the request line before the path is matched.
	readLine func(*requestLine)
	// retryStages and stateStages are what a request must pass, in order.
	retryStages []stage
	stateStages []stage
	// overlooks says that a refusal is let pass.
	overlooks func(*call, *refusal) bool
	// countedScopes gives those scopes of a token that are looked at.
	countedScopes func(scopes []string) []string
	// accepts says that a scope is enough.
	accepts func(scope string) bool

	// The following are called with the jobs locked.

	// find gives the job that a request is about, or nil.
	find func(*call) *job
	// mayRetry says that a job is in a state to be retried.
	mayRetry func(*job) bool
	// newID gives the id of the job that a retry starts.
	newID func(*call, *job) string
	// newState is the state of a job that was just started.
	newState string
	// keep takes up a job that was just started.
	keep func(*job)
	// afterRetry and afterRefusal see the job that was asked for, when its
	// retry was granted or refused.
	afterRetry   func(*job)
	afterRefusal func(*job)

	// refusals is how each reason is answered.
	refusals refusalTable
	// compose sees an answer before its content is written down as JSON, write
	// sees it after.
	compose func(*call, *answer)
	write   func(*call, *answer)
	// send brings an answer to the client.
	send func(http.ResponseWriter, *call, *answer)
}

// conforming is the behaviour of a server without a fault.
func conforming(contract *spec.Contract, options Options, jobs *jobStore) *behaviour {
	return &behaviour{
		contract: contract, jobs: jobs, seed: options.Seed, delay: options.Delay,
		firstRetryable: firstRetryable(contract, options.Jobs),

		readLine:      func(*requestLine) {},
		retryStages:   []stage{authorize, checkParameters, readBody, checkMediaType, checkMessage, startRetry},
		stateStages:   []stage{authorize, checkParameters, findJob},
		overlooks:     func(*call, *refusal) bool { return false },
		countedScopes: func(scopes []string) []string { return scopes },
		accepts:       contract.Documents,

		find:         func(c *call) *job { return jobs.byID[c.id] },
		mayRetry:     func(j *job) bool { return slices.Contains(contract.RetryableStates, j.state) },
		newID:        func(_ *call, retried *job) string { return jobs.unusedID(options.Seed, retried) },
		newState:     initialState(contract),
		keep:         func(started *job) { jobs.byID[started.id] = started },
		afterRetry:   func(*job) {},
		afterRefusal: func(*job) {},

		refusals: conformingRefusals(),
		compose:  func(*call, *answer) {},
		write:    func(*call, *answer) {},
		send:     sendAnswer,
	}
}

func firstRetryable(contract *spec.Contract, given map[string][]string) string {
	for _, state := range contract.RetryableStates {
		if ids := given[state]; len(ids) > 0 {
			return ids[0]
		}
	}
	return ""
}
