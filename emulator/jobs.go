package emulator

import (
	"cmp"
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
	// defaultAccepted is the number of default jobs in each state in which a
	// method accepts them: more than a whole run of the suite uses up.
	defaultAccepted = 24
	// defaultOthers is the number of default jobs in every other state.
	defaultOthers = 2
)

// DefaultJobs returns the jobs of a server whose Options have none: "in-progress-1"
// and so on for a state IN_PROGRESS, or "job-1" if there are no states.
func DefaultJobs(method *spec.Method, further ...*spec.Method) map[string][]string {
	jobs := map[string][]string{}
	for _, method := range append([]*spec.Method{method}, further...) {
		if method == nil {
			continue
		}
		for _, state := range statesOf(method) {
			count := defaultOthers
			if accepts(method, state) {
				count = defaultAccepted
			}
			name := cmp.Or(strings.ReplaceAll(strings.ToLower(state), "_", "-"), "job")
			for number := len(jobs[state]); number < count; number++ {
				jobs[state] = append(jobs[state], fmt.Sprintf("%s-%d", name, number+1))
			}
		}
	}
	return jobs
}

// statesOf lists the states that a job of a method can be in. Where the
// description has none, it is the empty string.
func statesOf(method *spec.Method) []string {
	if len(method.States) == 0 {
		return []string{""}
	}
	return method.States
}

// accepts reports whether a method accepts a job in a state: in any, where the
// description names none.
func accepts(method *spec.Method, state string) bool {
	return len(method.AcceptedStates) == 0 || slices.Contains(method.AcceptedStates, state)
}

// job is what the path of a method names.
type job struct {
	id    string
	state string
	// from is the id of the job that this one was started from; empty for a job
	// that the server was given.
	from string
	// successes counts the calls for this job that succeeded.
	successes int
}

// jobStore keeps all jobs behind one mutex.
type jobStore struct {
	mutex sync.Mutex
	byID  map[string]*job
	// successes counts the calls that succeeded, for whatever job.
	successes int
}

// newJobStore keeps the given jobs. It returns an error for a state that no job
// can be in, an id that no path can carry, and an id that is given twice.
func newJobStore(methods []*spec.Method, given map[string][]string) (*jobStore, error) {
	var states []string
	for _, method := range methods {
		states = append(states, statesOf(method)...)
	}
	store := &jobStore{byID: map[string]*job{}}
	for _, state := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(states, state) {
			return nil, fmt.Errorf("unknown state %q of jobs: %s", state, expected(states))
		}
		for _, id := range given[state] {
			if err := store.add(methods, id, state); err != nil {
				return nil, err
			}
		}
	}
	return store, nil
}

// expected says which states there are.
func expected(states []string) string {
	slices.Sort(states)
	states = slices.DeleteFunc(slices.Compact(states), func(state string) bool { return state == "" })
	if len(states) == 0 {
		return "the description has no states"
	}
	return "want " + strings.Join(states, ", ")
}

func (s *jobStore) add(methods []*spec.Method, id, state string) error {
	for _, method := range methods {
		if id == "" || strings.Contains(id, "/") || method.IDPattern != nil && !method.IDPattern.MatchString(id) {
			return fmt.Errorf("job id %q of %s cannot stand in the path %s", id, state, method.Operation.Path)
		}
	}
	if other, taken := s.byID[id]; taken {
		return fmt.Errorf("job id %q is given twice, as %s and as %s", id, other.state, state)
	}
	s.byID[id] = &job{id: id, state: state}
	return nil
}

// stateAfterSuccess is the state of the job that a success starts or changes:
// the first of the resulting states, or else the first in which the method does
// not accept a job. It is empty where the description has no states.
func stateAfterSuccess(method *spec.Method) string {
	return slices.Concat(method.ResultingStates, method.RefusedStates(), statesOf(method))[0]
}

// succeed does what a success of the method does to the job in the path, all
// under one lock, so that of two calls at the same time one sees what the other
// did.
func succeed(c *call) *refusal {
	c.jobs.mutex.Lock()
	defer c.jobs.mutex.Unlock()
	behaviour := c.behaviour
	found := behaviour.find(c)
	if found == nil {
		return c.refuse(jobUnknown, "")
	}
	c.found = *found
	if !behaviour.mayAccept(found) {
		behaviour.afterRefusal(found)
		return c.refuse(stateRefused, found.state)
	}
	found.successes++
	c.jobs.successes++
	switch {
	case c.method.IDField != "":
		started := &job{id: behaviour.newID(c, found), state: behaviour.stateAfter, from: found.id}
		behaviour.keep(started)
		c.started = *started
	case c.method.Effect == spec.Changes:
		found.state = behaviour.stateAfter
	}
	behaviour.afterSuccess(c, found)
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
// seed, the other job and the count of the calls for it alone, so that the same
// requests give the same ids in whatever order the jobs are called for. The
// caller holds the lock.
func (s *jobStore) unusedID(seed uint64, from *job) string {
	for count := uint64(from.successes); ; count += 1 << 32 {
		id := newID(seed, from.id, count)
		if _, taken := s.byID[id]; !taken {
			return id
		}
	}
}

// newID makes an id in the form of a UUID of version 8, the one for contents of
// one's own: https://www.rfc-editor.org/rfc/rfc9562.html#section-5.8
func newID(seed uint64, from string, count uint64) string {
	text := binary.BigEndian.AppendUint64(nil, seed)
	text = binary.BigEndian.AppendUint64(text, count)
	sum := sha256.Sum256(append(text, from...))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
