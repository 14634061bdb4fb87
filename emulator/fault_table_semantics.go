package emulator

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

func semanticsFaults() []Fault {
	return []Fault{
		{"failed-job-refused", "retry.semantics.failed-is-retried", "A job that failed is refused like any other.",
			notRetrying(func(*behaviour, *job) bool { return true })},
		{"failed-job-retried-on-second-try", "retry.semantics.failed-is-retried", "The first retry of each failed job is refused, the second is granted.",
			func(b *behaviour) {
				tried := map[string]bool{}
				notRetrying(func(_ *behaviour, j *job) bool {
					first := !tried[j.id]
					tried[j.id] = true
					return first
				})(b)
			}},
		{"every-state-retried", "retry.semantics.only-failed", "A job is retried whatever its state.",
			retrying(func(*behaviour, *job) bool { return true })},
		{"first-refused-state-retried", "retry.semantics.only-failed", "A job is retried in the first of the states that it must not be retried from.",
			retrying(func(b *behaviour, j *job) bool { return j.state == first(b.contract.RefusedStates()) })},
		{"last-refused-state-retried", "retry.semantics.only-failed", "A job is retried in the last of the states that it must not be retried from.",
			retrying(func(b *behaviour, j *job) bool {
				return j.state == last(b.contract.RefusedStates())
			})},
		{"wrong-state-not-found", "retry.semantics.refusal-status", "A job that did not fail is refused as 404.",
			refusingWith(stateNotRetryable, codeNotFound)},
		{"wrong-state-conflict", "retry.semantics.refusal-status", "A job that did not fail is refused as 409.",
			refusingWith(stateNotRetryable, codeAborted)},
		{"wrong-state-invalid-argument", "retry.semantics.refusal-status", "A job that did not fail is refused with a code that fits the status and not the case.",
			refusingWith(stateNotRetryable, codeInvalidArgument)},
		{"wrong-state-precondition-failed", "retry.semantics.refusal-status", "A job that did not fail is refused as 412.",
			refusingAs(stateNotRetryable, http.StatusPreconditionFailed, codeFailedPrecondition)},
		{"wrong-state-forbidden", "retry.semantics.refusal-status", "A job that did not fail is refused as 403.",
			refusingWith(stateNotRetryable, codePermissionDenied)},
		{"refusal-changes-state", "retry.semantics.refusal-keeps-state", "A refused retry puts the job into the next state that is not retried.",
			afterRefusal(func(b *behaviour, j *job) {
				j.state = following(b.contract.RefusedStates(), j.state)
			})},
		{"refusal-forgets-job", "retry.semantics.refusal-keeps-state", "A refused retry removes the job.",
			afterRefusal(func(b *behaviour, j *job) { delete(b.jobs.byID, j.id) })},
		{"unknown-job-invalid", "retry.semantics.unknown-job", "An unknown id is refused as 400.",
			refusingWith(jobUnknown, codeInvalidArgument)},
		{"unknown-job-gone", "retry.semantics.unknown-job", "An unknown id is refused as 410.",
			refusingAs(jobUnknown, http.StatusGone, codeNotFound)},
		{"unknown-job-precondition", "retry.semantics.unknown-job", "An unknown id is refused like a job that did not fail.",
			refusingWith(jobUnknown, codeFailedPrecondition)},
		{"unknown-job-retried", "retry.semantics.unknown-job-not-retried", "A retry of an unknown id starts a job.",
			inventingJobs},
		{"only-first-job-retried", "retry.semantics.each-failed-job", "Of all failed jobs, only the first may be retried.",
			askingWith(retriesExhausted, func(s *Server, c *call) *refusal {
				return s.exhaustedIf(func(j *job) bool { return j.id != s.behaviour.firstRetryable }, c)
			})},
		{"three-retries-in-all", "retry.semantics.each-failed-job", "The limit of three retries counts over all jobs.",
			askingWith(retriesExhausted, func(s *Server, c *call) *refusal {
				return s.exhaustedIf(func(*job) bool { return s.jobs.started >= 3 }, c)
			})},
		{"retry-restarts-failed-job", "retry.semantics.failed-job-keeps-state", "A retry puts the failed job into progress, beside the new one.",
			afterRetry(func(b *behaviour, j *job) { j.state = b.newState })},
		{"retry-forgets-failed-job", "retry.semantics.failed-job-keeps-state", "A retry removes the failed job.",
			afterRetry(func(b *behaviour, j *job) { delete(b.jobs.byID, j.id) })},
		{"concurrent-retries-refused", "retry.semantics.concurrent-jobs", "While one retry is under way, others are refused.",
			refusingOverlap},
		{"concurrent-retries-share-id", "retry.semantics.concurrent-ids", "Retries that overlap are given the same id.",
			sharingIDs},
		{"one-id-for-each-job", "retry.semantics.concurrent-ids", "The new id hangs on the failed job alone, so that its next retry is given it again.",
			numbering(func(b *behaviour, retried *job, _ string) string { return newID(b.seed, retried.id, 1) })},
		{"given-jobs-shown-failed", "retry.semantics.given-state", "The state method shows each given job as failed.",
			showing(givenJobStates, func(b *behaviour, _ string) string { return first(b.contract.RetryableStates) })},
		{"last-state-shown-as-first", "retry.semantics.given-state", "The state method shows the last state of the description as the first.",
			showing(givenJobStates, func(b *behaviour, state string) string {
				if state == last(b.contract.States) {
					return first(b.contract.States)
				}
				return state
			})},
		{"state-readable-by-last-scope", "retry.semantics.given-state", "The state of a given job can be read with the last scope only.",
			func(b *behaviour) {
				b.stateStages = append(b.stateStages, func(s *Server, c *call) *refusal {
					if c.subject.from != "" || slices.Contains(c.scopes, lastScope(s.contract)) {
						return nil
					}
					return s.refuse(scopeMissing, "")
				})
			}},
	}
}

// inventingJobs takes an unknown id for a job that failed.
func inventingJobs(b *behaviour) {
	before := b.find
	b.find = func(c *call) *job {
		if found := before(c); found != nil || c.operation.ID != b.contract.Retry.ID {
			return found
		}
		return &job{id: c.id, state: first(b.contract.RetryableStates)}
	}
}

// exhaustedIf refuses a job that may be retried where a limit is reached.
func (s *Server) exhaustedIf(limited func(*job) bool, c *call) *refusal {
	s.jobs.mutex.Lock()
	defer s.jobs.mutex.Unlock()
	if job := s.jobs.byID[c.id]; !s.isRetryable(job) || !limited(job) {
		return nil
	}
	return s.refuse(retriesExhausted.kind, "")
}

// isRetryable reports whether there is a job and it failed.
func (s *Server) isRetryable(j *job) bool {
	return j != nil && slices.Contains(s.contract.RetryableStates, j.state)
}

// overlapping asks a question where a retry will be started.
func overlapping(question stage) stage {
	return func(s *Server, c *call) *refusal {
		s.jobs.mutex.Lock()
		willStart := s.isRetryable(s.jobs.byID[c.id])
		s.jobs.mutex.Unlock()
		if !willStart {
			return nil
		}
		return question(s, c)
	}
}

// overlap is how long a retry takes for the faults that show only where two
// retries are under way: longer than it takes to send several.
const overlap = 100 * time.Millisecond

// refusingOverlap refuses retries while another one is under way.
func refusingOverlap(b *behaviour) {
	var underWay sync.Mutex
	askingWith(retryUnderWay, overlapping(func(s *Server, _ *call) *refusal {
		if !underWay.TryLock() {
			return s.refuse(retryUnderWay.kind, "")
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
	asking(overlapping(func(_ *Server, c *call) *refusal {
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
