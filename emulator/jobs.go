package emulator

import (
	"crypto/sha256"
	"encoding/binary"
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
func DefaultJobs(method *spec.Method) map[string][]string {
	jobs := map[string][]string{}
	for _, state := range method.States {
		count := defaultOthers
		if slices.Contains(method.AcceptedStates, state) {
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
func newJobStore(method *spec.Method, given map[string][]string) (*jobStore, error) {
	store := &jobStore{byID: map[string]*job{}}
	for _, state := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(method.States, state) {
			return nil, fmt.Errorf("unknown state %q of jobs: it must be one of %s", state, strings.Join(method.States, ", "))
		}
		for _, id := range given[state] {
			if err := store.add(method, id, state); err != nil {
				return nil, err
			}
		}
	}
	return store, nil
}

func (s *jobStore) add(method *spec.Method, id, state string) error {
	if id == "" || strings.Contains(id, "/") || method.IDPattern != nil && !method.IDPattern.MatchString(id) {
		return fmt.Errorf("job id %q of %s cannot stand in the path %s", id, state, method.Operation.Path)
	}
	if other, taken := s.byID[id]; taken {
		return fmt.Errorf("job id %q is given twice, as %s and as %s", id, other.state, state)
	}
	s.byID[id] = &job{id: id, state: state}
	return nil
}

// initialState is the state of a job that was just started: the first state of
// the description that a job is not retried from.
func initialState(method *spec.Method) string {
	if refused := method.RefusedStates(); len(refused) > 0 {
		return refused[0]
	}
	return method.States[0]
}

// startRetry starts a new job from the one in the path, all under one lock, so
// that of two retries at the same time one sees what the other did. Only a job
// in a retryable state is retried, and it keeps that state: the new job has one
// of its own.
func startRetry(c *call) *refusal {
	c.jobs.mutex.Lock()
	defer c.jobs.mutex.Unlock()
	behaviour := c.behaviour
	retried := behaviour.find(c)
	if retried == nil {
		return c.refuse(jobUnknown, "")
	}
	c.found = *retried
	if !behaviour.mayRetry(retried) {
		behaviour.afterRefusal(retried)
		return c.refuse(stateNotRetryable, retried.state)
	}
	retried.retries++
	c.jobs.started++
	started := &job{id: behaviour.newID(c, retried), state: behaviour.newState, from: retried.id}
	behaviour.keep(started)
	behaviour.afterRetry(retried)
	c.started = *started
	return nil
}

// findJob looks up the job that the state method is asked for.
func findJob(c *call) *refusal {
	c.jobs.mutex.Lock()
	defer c.jobs.mutex.Unlock()
	found := c.behaviour.find(c)
	if found == nil {
		return c.refuse(jobUnknown, "")
	}
	c.found = *found
	return nil
}

// unusedID gives the id of a job that is started from another. It hangs on the
// seed, the other job and the count of its retries alone, so that the same
// requests give the same ids in whatever order the jobs are retried. The caller
// holds the lock.
func (s *jobStore) unusedID(seed uint64, retried *job) string {
	for count := uint64(retried.retries); ; count += 1 << 32 {
		id := newID(seed, retried.id, count)
		if _, taken := s.byID[id]; !taken {
			return id
		}
	}
}

// newID makes an id in the form of a UUID of version 8, the one for contents of
// one's own: https://www.rfc-editor.org/rfc/rfc9562.html#section-5.8
func newID(seed uint64, retried string, count uint64) string {
	text := binary.BigEndian.AppendUint64(nil, seed)
	text = binary.BigEndian.AppendUint64(text, count)
	sum := sha256.Sum256(append(text, retried...))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
