package emulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/dpconform/dpconform/spec"
)

const (
	// defaultRetryable is the number of default jobs in each state that a job
	// may be retried from: more than a whole run of the suite uses up.
	defaultRetryable = 24
	// defaultOthers is the number of default jobs in every other state.
	defaultOthers = 2
)

// DefaultJobs gives the jobs of a server that was given none: "failed-1" and
// so on for a state FAILED.
func DefaultJobs(contract *spec.Contract) map[string][]string {
	jobs := map[string][]string{}
	for _, state := range contract.States {
		count := defaultOthers
		if slices.Contains(contract.RetryableStates, state) {
			count = defaultRetryable
		}
		name := strings.ReplaceAll(strings.ToLower(state), "_", "-")
		for number := range count {
			jobs[state] = append(jobs[state], fmt.Sprintf("%s-%d", name, number+1))
		}
	}
	return jobs
}

// job is one archive job.
type job struct {
	id    string
	state string
	// from is the id of the job that this one was started from; empty for a job
	// that the server was given.
	from string
	// retries counts the jobs that were started from this one.
	retries int
}

// jobStore keeps all jobs behind one mutex.
type jobStore struct {
	mutex sync.Mutex
	byID  map[string]*job
	// started counts the retries that were started, of whatever job.
	started int
}

// newJobStore keeps the given jobs. It returns an error for a state that no job
// can be in, an id that no path can carry, and an id that is given twice.
func newJobStore(contract *spec.Contract, given map[string][]string) (*jobStore, error) {
	store := &jobStore{byID: map[string]*job{}}
	for _, state := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(contract.States, state) {
			return nil, fmt.Errorf("unknown state %q of jobs: it must be one of %s", state, strings.Join(contract.States, ", "))
		}
		for _, id := range given[state] {
			if err := store.add(contract, id, state); err != nil {
				return nil, err
			}
		}
	}
	return store, nil
}

func (s *jobStore) add(contract *spec.Contract, id, state string) error {
	if id == "" || strings.Contains(id, "/") || contract.IDPattern != nil && !contract.IDPattern.MatchString(id) {
		return fmt.Errorf("job id %q of %s cannot stand in the path %s", id, state, contract.Retry.Path)
	}
	if other, taken := s.byID[id]; taken {
		return fmt.Errorf("job id %q is given twice, as %s and as %s", id, other.state, state)
	}
	s.byID[id] = &job{id: id, state: state}
	return nil
}

// initialState is the state of a job that was just started: the first state of
// the description that a job is not retried from.
func initialState(contract *spec.Contract) string {
	if refused := contract.RefusedStates(); len(refused) > 0 {
		return refused[0]
	}
	return contract.States[0]
}

// startRetry starts a new job from the one in the path, all under one lock, so
// that of two retries at the same time one sees what the other did. Only a job
// in a retryable state is retried, and it keeps that state: the new job has one
// of its own.
func startRetry(s *Server, c *call) *refusal {
	s.jobs.mutex.Lock()
	defer s.jobs.mutex.Unlock()
	behaviour := s.behaviour
	retried := behaviour.find(c)
	if retried == nil {
		return s.refuse(jobUnknown, "")
	}
	c.subject = *retried
	if !behaviour.mayRetry(retried) {
		behaviour.afterRefusal(retried)
		return s.refuse(stateNotRetryable, retried.state)
	}
	retried.retries++
	s.jobs.started++
	started := &job{id: behaviour.newID(c, retried), state: behaviour.newState, from: retried.id}
	behaviour.keep(started)
	behaviour.afterRetry(retried)
	c.started = *started
	return nil
}

// findJob looks up the job that the state method is asked for.
func findJob(s *Server, c *call) *refusal {
	s.jobs.mutex.Lock()
	defer s.jobs.mutex.Unlock()
	found := s.behaviour.find(c)
	if found == nil {
		return s.refuse(jobUnknown, "")
	}
	c.subject = *found
	return nil
}
