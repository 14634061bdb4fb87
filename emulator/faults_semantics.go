package emulator

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/dpconform/dpconform/spec"
)

func semanticsFaults() []faultGroup {
	return []faultGroup{{always, []Fault{
		{"accepted-state-refused", "semantics.accepted-state", "A job that is {accepted} is refused like any other.",
			notAccepting(func(*behaviour, *job) bool { return true })},
		{"accepted-on-second-try", "semantics.accepted-state", "The server refuses the first call for each job, and accepts the second.",
			func(b *behaviour) {
				tried := map[string]bool{}
				notAccepting(func(_ *behaviour, j *job) bool {
					first := !tried[j.id]
					tried[j.id] = true
					return first
				})(b)
			}},
		{"only-first-job-accepted", "semantics.each-job", "The server accepts only the first of the given jobs.",
			limiting(func(c *call, j *job) bool { return j.id != c.behaviour.firstAccepted })},
		{"three-calls-in-total", "semantics.each-job", "The server accepts only three calls in total.",
			limiting(func(c *call, _ *job) bool { return c.jobs.successes >= 3 })},
		{"concurrent-calls-refused", "semantics.concurrent-jobs", "The server refuses a call while another one is in progress.", refusingOverlap},
		{"given-jobs-shown-as-accepted", "semantics.given-state", "The state method shows each given job as {accepted}.",
			showing(givenJobStates, func(c *call, _ string) string { return first(c.method.AcceptedStates) })},
		{"last-state-shown-as-first", "semantics.given-state", "The state method returns the first state of the description in place of the last.",
			showing(givenJobStates, func(c *call, state string) string {
				if state == last(c.method.States) {
					return first(c.method.States)
				}
				return state
			})},
		{"every-state-accepted", "semantics.refused-state", "The server accepts a job in any state.", alsoAccepting(func(*behaviour, *job) bool { return true })},
		{"first-refused-state-accepted", "semantics.refused-state", "The server accepts a job in the first of the states that it must refuse.",
			alsoAccepting(func(b *behaviour, j *job) bool { return j.state == first(b.method.RefusedStates()) })},
		{"last-refused-state-accepted", "semantics.refused-state", "The server accepts a job in the last of the states that it must refuse.",
			alsoAccepting(func(b *behaviour, j *job) bool { return j.state == last(b.method.RefusedStates()) })},
		{"wrong-state-not-found", "semantics.refusal-status", "A job that is not {accepted} is refused as 404.", refusingWith(stateRefused, codeNotFound)},
		{"wrong-state-conflict", "semantics.refusal-status", "A job that is not {accepted} is refused as 409.", refusingWith(stateRefused, codeAborted)},
		{"wrong-state-invalid-argument", "semantics.refusal-status", "A job that is not {accepted} is refused with a code that fits the status and not the case.",
			refusingWith(stateRefused, codeInvalidArgument)},
		{"wrong-state-precondition-failed", "semantics.refusal-status", "A job that is not {accepted} is refused as 412.",
			refusingAs(stateRefused, http.StatusPreconditionFailed, codeFailedPrecondition)},
		{"wrong-state-forbidden", "semantics.refusal-status", "A job that is not {accepted} is refused as 403.", refusingWith(stateRefused, codePermissionDenied)},
		{"refusal-changes-state", "semantics.refusal-keeps-state", "A refused call changes the job to another state that the method refuses.",
			afterRefusal(func(b *behaviour, j *job) { j.state = following(b.method.RefusedStates(), j.state) })},
		{"refusal-forgets-job", "semantics.refusal-keeps-state", "A refused call removes the job.",
			afterRefusal(func(b *behaviour, j *job) { delete(b.jobs.byID, j.id) })},
		{"unknown-job-invalid", "semantics.unknown-job", "The server refuses an unknown id with 400.", refusingWith(jobUnknown, codeInvalidArgument)},
		{"unknown-job-gone", "semantics.unknown-job", "The server refuses an unknown id with 410.", refusingAs(jobUnknown, http.StatusGone, codeNotFound)},
		{"unknown-job-precondition", "semantics.unknown-job", "The server refuses an unknown id like a job in the wrong state.",
			refusingWith(jobUnknown, codeFailedPrecondition)},
		{"unknown-job-accepted", "semantics.unknown-job-no-effect", "The server accepts an unknown id.", inventingJobs},
		{"concurrent-calls-share-id", "semantics.concurrent-ids", "Concurrent calls return the same id.", sharingIDs},
		{"one-id-for-each-job", "semantics.concurrent-ids", "The new id depends only on the job, so a second call for the job returns it again.",
			numbering(func(c *call, from *job, _ string) string { return newID(c.behaviour.seed, from.id, 1) })},
		{"success-changes-old-job", "semantics.old-job-keeps-state", "A success puts the old job into the state of the new one: {resulting}.",
			afterSuccess(func(c *call, j *job) { j.state = c.behaviour.stateAfter })},
		{"old-job-changes-later", "semantics.old-job-keeps-state", "A later successful call for another job changes the called job.", changingLater},
		{"job-accepted-once", "semantics.second-call", "A job is accepted once only, though its state stays {accepted}.",
			limiting(func(_ *call, j *job) bool { return j.successes > 0 })},
		{"success-forgets-old-job", "semantics.old-job-keeps-state", "A success removes the old job.",
			afterSuccess(func(c *call, j *job) { delete(c.jobs.byID, j.id) })},
		{"state-unchanged", "semantics.changed-state", "A success leaves the job in the state that it was in.",
			afterSuccess(func(c *call, j *job) { j.state = c.found.state })},
		{"success-forgets-job", "semantics.changed-state", "A success removes the job.",
			afterSuccess(func(c *call, j *job) { delete(c.jobs.byID, j.id) })},
		{"changed-to-unknown-state", "semantics.changed-state", "A success puts the job into a state that is not documented.",
			afterSuccess(func(_ *call, j *job) { j.state = unknownState })},
		{"other-job-changed", "semantics.other-jobs-keep-state", "A success changes the last of the given jobs in each accepted state too.",
			afterSuccess(func(c *call, _ *job) {
				for _, id := range c.behaviour.lastAccepted {
					// Another fault may have removed it.
					if other := c.jobs.byID[id]; other != nil {
						other.state = c.behaviour.stateAfter
					}
				}
			})},
	}}, {hasSeveralScopes, []Fault{
		{"state-readable-by-last-scope", "semantics.given-state", "Only a token with the last scope can read the state of a given job.",
			readingByLastScope(func(j job) bool { return j.from == "" })},
	}}, {func(method *spec.Method) bool { return otherState(method) != "" }, []Fault{
		{"changed-to-wrong-state", "semantics.changed-state", "A success puts the job into another state than {resulting}.",
			afterSuccess(func(c *call, j *job) { j.state = otherState(c.method) })},
	}}, {changesJobs, []Fault{
		{"refused-but-changed", "semantics.refusal-keeps-state", "A refused call puts the job into the state {resulting} anyway.",
			afterRefusal(func(b *behaviour, j *job) { j.state = b.stateAfter })},
	}}}
}

// unknownState is a state that no description has.
const unknownState = "UNHEARD_OF"

// otherState is the first state that a success of a method does not lead to, and
// in which it does not accept a job; empty where there is none.
func otherState(method *spec.Method) string {
	for _, state := range method.RefusedStates() {
		if state != stateAfterSuccess(method) && !slices.Contains(method.ResultingStates, state) {
			return state
		}
	}
	return ""
}

// inventingJobs takes an unknown id for a job that is accepted.
func inventingJobs(b *behaviour) {
	before := b.find
	b.find = func(c *call) *job {
		if found := before(c); found != nil || c.operation.ID != b.method.Operation.ID {
			return found
		}
		return &job{id: c.id, state: first(b.method.AcceptedStates)}
	}
}

// limiting refuses jobs that are accepted where a limit is reached.
func limiting(reached func(*call, *job) bool) change {
	return refusingOwn(limitExceeded, func(c *call) bool {
		c.jobs.mutex.Lock()
		defer c.jobs.mutex.Unlock()
		job := c.jobs.byID[c.id]
		return c.isAccepted(job) && reached(c, job)
	})
}

// isAccepted reports whether there is a job and the description accepts it.
func (c *call) isAccepted(j *job) bool { return j != nil && accepts(c.method, j.state) }

// willSucceed reports whether a call that has got so far succeeds.
func (c *call) willSucceed() bool {
	c.jobs.mutex.Lock()
	defer c.jobs.mutex.Unlock()
	return c.isAccepted(c.jobs.byID[c.id])
}

// overlap is how long a call takes for the faults that show only where two are
// under way: longer than it takes to send several.
const overlap = 100 * time.Millisecond

// refusingOverlap refuses calls while another one is under way.
func refusingOverlap(b *behaviour) {
	var underWay sync.Mutex
	refusingOwn(otherUnderWay, func(c *call) bool {
		if !c.willSucceed() {
			return false
		}
		if !underWay.TryLock() {
			return true
		}
		defer underWay.Unlock()
		time.Sleep(overlap)
		return false
	})(b)
}

// sharingIDs gives the calls that overlap the id of the first of them.
func sharingIDs(b *behaviour) {
	var mutex sync.Mutex
	underWay, batch := 0, uint64(0)
	batches := map[*call]uint64{}
	asking(func(c *call) *refusal {
		if !c.willSucceed() {
			return nil
		}
		mutex.Lock()
		if underWay++; underWay == 1 {
			batch++
		}
		batches[c] = batch
		mutex.Unlock()
		time.Sleep(overlap)
		mutex.Lock()
		underWay--
		mutex.Unlock()
		return nil
	})(b)
	b.newID = func(c *call, _ *job) string {
		mutex.Lock()
		defer mutex.Unlock()
		number := batches[c]
		delete(batches, c)
		return newID(b.seed, "", number)
	}
}

// changingLater changes the job of a success with the next success for another job.
func changingLater(b *behaviour) {
	var before *job
	afterSuccess(func(c *call, j *job) {
		if before != nil && before != j {
			before.state = c.behaviour.stateAfter
		}
		before = j
	})(b)
}

// alsoAccepting accepts further jobs.
func alsoAccepting(which func(*behaviour, *job) bool) change {
	return func(b *behaviour) { also(&b.mayAccept, func(j *job) bool { return which(b, j) }) }
}

// notAccepting refuses jobs that are accepted.
func notAccepting(which func(*behaviour, *job) bool) change {
	return func(b *behaviour) { except(&b.mayAccept, func(j *job) bool { return which(b, j) }) }
}

// afterSuccess does something to the job that a call succeeded for.
func afterSuccess(alter func(*call, *job)) change {
	return func(b *behaviour) {
		before := b.afterSuccess
		b.afterSuccess = func(c *call, j *job) { before(c, j); alter(c, j) }
	}
}

// afterRefusal does something to the job that was refused for its state.
func afterRefusal(alter func(*behaviour, *job)) change {
	return func(b *behaviour) {
		before := b.afterRefusal
		b.afterRefusal = func(j *job) { before(j); alter(b, j) }
	}
}

// following gives the name behind another one, the first behind the last.
func following(names []string, name string) string {
	if len(names) == 0 {
		return name
	}
	return names[(slices.Index(names, name)+1)%len(names)]
}
