package suites

import (
	"slices"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// firstCall is a call that should succeed, and what was read around it.
type firstCall struct {
	job      string
	exchange *target.Exchange
	// stateBefore is empty, and stateAfter nil, where no method reads states.
	stateBefore string
	stateAfter  *target.Exchange
	// other is another job, and otherAfter its state after the call, where a call
	// changes its own.
	other      jobUnderTest
	otherAfter *target.Exchange
	missing    *result.Missing
	// broken says why nobody knows what came of it.
	broken string
}

// firstCall calls the method for one job that it accepts, once for the whole
// session, and reads the states around it.
func (j *judgement) firstCall() (*firstCall, bool) {
	if j.session.first == nil {
		j.session.first = j.makeFirstCall()
	}
	first := j.session.first
	if first.missing != nil {
		j.skipFor(first.missing)
		// All who look at the call need its one job; the first says so.
		others := *first.missing
		others.Jobs, first.missing = 0, &others
		return nil, false
	}
	if first.broken != "" {
		j.broken = first.broken
		return nil, false
	}
	j.look(first.exchange)
	return first, true
}

func (j *judgement) makeFirstCall() *firstCall {
	credential, found := j.credential()
	if !found {
		return &firstCall{missing: j.missing, broken: j.broken}
	}
	left, missing := j.acceptedJobs(1)
	if missing != nil {
		return &firstCall{missing: missing}
	}
	first := &firstCall{}
	first.exchange = j.callOnce(left[0], nil, func(job string) target.Request {
		first.job = job
		first.stateBefore = j.stateIn(j.readState(job, credential))
		first.other = j.otherJob(job, credential)
		return j.callOf(job, credential)
	})
	if first.exchange == nil {
		return &firstCall{missing: j.missing, broken: j.broken}
	}
	if id := j.jobIDIn(first.exchange); first.exchange.Succeeded() && fitsPath(j.Method, id) && hasStateMethod(j.Method) {
		j.newJobState(id, credential)
	}
	first.stateAfter = j.changedState(first, credential)
	if first.other.id != "" {
		first.otherAfter = j.readState(first.other.id, credential)
	}
	return first
}

// changePauses are how long a job may take to show the state that a success leaves
// it in: two seconds in all.
var changePauses = []time.Duration{100 * time.Millisecond, 300 * time.Millisecond, 600 * time.Millisecond, time.Second}

// changedState reads the state of a job after a call, and again while a success has
// not yet changed it.
func (j *judgement) changedState(first *firstCall, credential target.Credential) *target.Exchange {
	exchange := j.readState(first.job, credential)
	if !first.exchange.Succeeded() || len(j.Method.ResultingStates) == 0 {
		return exchange
	}
	for _, pause := range changePauses {
		if state := j.stateIn(exchange); state == "" || slices.Contains(j.Method.ResultingStates, state) || j.Target.Wait(j.ctx, pause) != nil {
			break
		}
		exchange = j.readState(first.job, credential)
	}
	return exchange
}

// otherJob reads the state of another job than that of a call that changes its
// own: one that the method accepts too, or else any. It is empty where there is
// none.
func (j *judgement) otherJob(than string, credential target.Credential) jobUnderTest {
	if j.Method.Effect != spec.Changes || !hasStates(j.Method) {
		return jobUnderTest{}
	}
	for _, state := range j.Method.AcceptedStates {
		// The last one is needed by no other check.
		for _, id := range slices.Backward(j.Target.Unused(state)) {
			if id != than {
				return jobUnderTest{id: id, state: j.stateIn(j.readState(id, credential))}
			}
		}
	}
	other, found := j.freeJob()
	if found {
		other.state = j.stateIn(j.readState(other.id, credential))
	}
	return other
}

// newJobState reads the state of a new job, once for the whole session.
func (j *judgement) newJobState(id string, credential target.Credential) *target.Exchange {
	if known, found := j.session.states[id]; found {
		j.look(known)
		return known
	}
	exchange := j.readState(id, credential)
	j.session.states[id] = exchange
	return exchange
}
