package emulator

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

func semanticsFaults() []Fault {
	return []Fault{
		{"failed-job-refused", "semantics.accepted-state", "A job that failed is refused like any other.",
			notRetrying(func(*behaviour, *job) bool { return true })},
		{"failed-job-retried-on-second-try", "semantics.accepted-state", "The first retry of each failed job is refused, the second is granted.",
			func(b *behaviour) {
				tried := map[string]bool{}
				notRetrying(func(_ *behaviour, j *job) bool {
					first := !tried[j.id]
					tried[j.id] = true
					return first
				})(b)
			}},
		{"every-state-retried", "semantics.refused-state", "A job is retried whatever its state.", retrying(func(*behaviour, *job) bool { return true })},
		{"first-refused-state-retried", "semantics.refused-state", "A job is retried in the first of the states that it must not be retried from.",
			retrying(func(b *behaviour, j *job) bool { return j.state == first(b.method.RefusedStates()) })},
		{"last-refused-state-retried", "semantics.refused-state", "A job is retried in the last of the states that it must not be retried from.",
			retrying(func(b *behaviour, j *job) bool { return j.state == last(b.method.RefusedStates()) })},
		{"wrong-state-not-found", "semantics.refusal-status", "A job that did not fail is refused as 404.", refusingWith(stateNotRetryable, codeNotFound)},
		{"wrong-state-conflict", "semantics.refusal-status", "A job that did not fail is refused as 409.", refusingWith(stateNotRetryable, codeAborted)},
		{"wrong-state-invalid-argument", "semantics.refusal-status", "A job that did not fail is refused with a code that fits the status and not the case.",
			refusingWith(stateNotRetryable, codeInvalidArgument)},
		{"wrong-state-precondition-failed", "semantics.refusal-status", "A job that did not fail is refused as 412.",
			refusingAs(stateNotRetryable, http.StatusPreconditionFailed, codeFailedPrecondition)},
		{"wrong-state-forbidden", "semantics.refusal-status", "A job that did not fail is refused as 403.", refusingWith(stateNotRetryable, codePermissionDenied)},
		{"refusal-changes-state", "semantics.refusal-keeps-state", "A refused retry puts the job into the next state that is not retried.",
			afterRefusal(func(b *behaviour, j *job) { j.state = following(b.method.RefusedStates(), j.state) })},
		{"refusal-forgets-job", "semantics.refusal-keeps-state", "A refused retry removes the job.",
			afterRefusal(func(b *behaviour, j *job) { delete(b.jobs.byID, j.id) })},
		{"unknown-job-invalid", "semantics.unknown-job", "An unknown id is refused as 400.", refusingWith(jobUnknown, codeInvalidArgument)},
		{"unknown-job-gone", "semantics.unknown-job", "An unknown id is refused as 410.", refusingAs(jobUnknown, http.StatusGone, codeNotFound)},
		{"unknown-job-precondition", "semantics.unknown-job", "An unknown id is refused like a job that did not fail.",
			refusingWith(jobUnknown, codeFailedPrecondition)},
		{"unknown-job-retried", "semantics.unknown-job-no-effect", "A retry of an unknown id starts a job.", inventingJobs},
		{"only-first-job-retried", "semantics.each-job", "Of all failed jobs, only the first may be retried.",
			limiting(func(c *call, j *job) bool { return j.id != c.behaviour.firstRetryable })},
		{"three-retries-in-all", "semantics.each-job", "The limit of three retries counts over all jobs.",
			limiting(func(c *call, _ *job) bool { return c.jobs.started >= 3 })},
		{"retry-restarts-failed-job", "semantics.old-job-keeps-state", "A retry puts the failed job into progress, beside the new one.",
			afterRetry(func(b *behaviour, j *job) { j.state = b.newState })},
		{"retry-forgets-failed-job", "semantics.old-job-keeps-state", "A retry removes the failed job.",
			afterRetry(func(b *behaviour, j *job) { delete(b.jobs.byID, j.id) })},
		{"concurrent-retries-refused", "semantics.concurrent-jobs", "While one retry is under way, others are refused.", refusingOverlap},
		{"concurrent-retries-share-id", "semantics.concurrent-ids", "Retries that overlap are given the same id.", sharingIDs},
		{"one-id-for-each-job", "semantics.concurrent-ids", "The new id hangs on the failed job alone, so that its next retry is given it again.",
			numbering(func(c *call, retried *job, _ string) string { return newID(c.behaviour.seed, retried.id, 1) })},
		{"given-jobs-shown-failed", "semantics.given-state", "The state method shows each given job as failed.",
			showing(givenJobStates, func(c *call, _ string) string { return first(c.method.AcceptedStates) })},
		{"last-state-shown-as-first", "semantics.given-state", "The state method shows the last state of the description as the first.",
			showing(givenJobStates, func(c *call, state string) string {
				if state == last(c.method.States) {
					return first(c.method.States)
				}
				return state
			})},
		{"state-readable-by-last-scope", "semantics.given-state", "The state of a given job can be read with the last scope only.",
			readingByLastScope(func(j job) bool { return j.from == "" })},
	}
}

// inventingJobs takes an unknown id for a job that failed.
func inventingJobs(b *behaviour) {
	before := b.find
	b.find = func(c *call) *job {
		if found := before(c); found != nil || c.operation.ID != b.method.Operation.ID {
			return found
		}
		return &job{id: c.id, state: first(b.method.AcceptedStates)}
	}
}

// limiting refuses jobs that may be retried where a limit is reached.
func limiting(reached func(*call, *job) bool) change {
	return askingWith(retriesExhausted, func(c *call) *refusal {
		c.jobs.mutex.Lock()
		defer c.jobs.mutex.Unlock()
		if job := c.jobs.byID[c.id]; !c.isRetryable(job) || !reached(c, job) {
			return nil
		}
		return c.refuse(retriesExhausted.kind, "")
	})
}

// isRetryable reports whether there is a job and it failed.
func (c *call) isRetryable(j *job) bool {
	return j != nil && slices.Contains(c.method.AcceptedStates, j.state)
}

// overlapping asks a question where a retry will be started.
func overlapping(question stage) stage {
	return func(c *call) *refusal {
		c.jobs.mutex.Lock()
		willStart := c.isRetryable(c.jobs.byID[c.id])
		c.jobs.mutex.Unlock()
		if !willStart {
			return nil
		}
		return question(c)
	}
}

// overlap is how long a retry takes for the faults that show only where two
// retries are under way: longer than it takes to send several.
const overlap = 100 * time.Millisecond

// refusingOverlap refuses retries while another one is under way.
func refusingOverlap(b *behaviour) {
	var underWay sync.Mutex
	askingWith(retryUnderWay, overlapping(func(c *call) *refusal {
		if !underWay.TryLock() {
			return c.refuse(retryUnderWay.kind, "")
		}
		defer underWay.Unlock()
		time.Sleep(overlap)
		return nil
	}))(b)
}

// sharingIDs gives the retries that overlap the id of the first of them.
func sharingIDs(b *behaviour) {
	var mutex sync.Mutex
	underWay, batch := 0, uint64(0)
	batches := map[*call]uint64{}
	asking(overlapping(func(c *call) *refusal {
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
	}))(b)
	b.newID = func(c *call, _ *job) string {
		mutex.Lock()
		defer mutex.Unlock()
		number := batches[c]
		delete(batches, c)
		return newID(b.seed, "", number)
	}
}

// retrying retries further jobs.
func retrying(which func(*behaviour, *job) bool) change {
	return func(b *behaviour) { also(&b.mayRetry, func(j *job) bool { return which(b, j) }) }
}

// notRetrying refuses jobs that may be retried.
func notRetrying(which func(*behaviour, *job) bool) change {
	return func(b *behaviour) { except(&b.mayRetry, func(j *job) bool { return which(b, j) }) }
}

// afterRetry does something to the job that was retried.
func afterRetry(alter func(*behaviour, *job)) change {
	return func(b *behaviour) {
		before := b.afterRetry
		b.afterRetry = func(j *job) { before(j); alter(b, j) }
	}
}

// afterRefusal does something to the job whose retry was refused for its state.
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
