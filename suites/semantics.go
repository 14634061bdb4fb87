package suites

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// together is the number of retries that are sent at the same time.
const together = 8

// severalJobs is the number of failed jobs that are retried one after the other
// beside the first.
const severalJobs = 3

func semanticsChecks(contract *spec.Contract) []Check {
	checks := []Check{{
		ID: "semantics/failed-is-retried", Aspect: "semantics", Title: "a job that failed is retried",
		Requirements: []string{"retry.semantics.failed-is-retried", "retry.semantics.failed-job-keeps-state"},
		Sends:        "a retry of a job that failed, and the state method before and after",
		phase:        starting, judge: failedIsRetried,
	}}
	for _, state := range contract.RefusedStates() {
		checks = append(checks, Check{
			ID: "semantics/" + stateName(state) + "-is-refused", Aspect: "semantics",
			Title:        "a job that is " + state + " is refused",
			Requirements: []string{"retry.semantics.only-failed", "retry.semantics.refusal-status", "retry.semantics.refusal-keeps-state"},
			Sends:        "a retry of a job that is " + state + ", and the state method before and after",
			phase:        refusing, judge: func(j *judgement) { refusedState(j, state) },
		})
	}
	for _, state := range contract.States {
		checks = append(checks, Check{
			ID: "semantics/given-" + stateName(state), Aspect: "semantics",
			Title:        "a job that was given as " + state + " is shown so",
			Requirements: []string{"retry.semantics.given-state"},
			Sends:        "the state method for the first job given as " + state,
			phase:        refusing, judge: func(j *judgement) { givenState(j, state) },
		})
	}
	return append(checks,
		Check{
			ID: "semantics/unknown-job", Aspect: "semantics", Title: "an id that no job has",
			Requirements: []string{"retry.semantics.unknown-job", "retry.semantics.unknown-job-not-retried"},
			Sends:        "a retry of an id made by the seed, and the same once more",
			phase:        refusing, judge: unknownJob,
		},
		Check{
			ID: "semantics/each-failed-job", Aspect: "semantics", Title: "each of several failed jobs is retried",
			Requirements: []string{"retry.semantics.each-failed-job"},
			Sends:        fmt.Sprintf("retries of up to %d more failed jobs, one after the other", severalJobs),
			phase:        starting, judge: eachFailedJob,
		},
		Check{
			ID: "semantics/concurrent-jobs", Aspect: "semantics", Title: "retries of several jobs at the same time",
			Requirements: []string{"retry.semantics.concurrent-jobs", "retry.semantics.concurrent-ids"},
			Sends:        fmt.Sprintf("retries of %d failed jobs at the same time", together),
			phase:        starting, judge: concurrentJobs,
		},
		Check{
			ID: "semantics/concurrent-one-job", Aspect: "semantics", Title: "retries of one job at the same time",
			Requirements: []string{"retry.semantics.concurrent-ids"},
			Sends:        fmt.Sprintf("%d retries of one failed job at the same time; only on a target on this machine", together),
			phase:        starting, judge: concurrentOneJob,
		})
}

// stateName writes a state as a part of an id: "in-progress".
func stateName(state string) string {
	return strings.ReplaceAll(strings.ToLower(state), "_", "-")
}

func failedIsRetried(j *judgement) {
	first, found := j.firstRetry()
	if !found {
		return
	}
	if !j.expect("retry.semantics.failed-is-retried", first.answer) || !slices.Contains(j.Contract.RetryableStates, first.stateBefore) {
		return
	}
	if after := j.stateIn(first.stateAfter); first.stateAfter.Answered() && after != first.stateBefore {
		if after == "" {
			after = describe(first.stateAfter)
		}
		j.FailAt(j.placeOfState(first.stateAfter), "retry.semantics.failed-job-keeps-state", first.stateAfter, "the retried job still "+first.stateBefore, after)
	}
}

// refusedState retries a job in a state that is not to be retried.
func refusedState(j *judgement, state string) {
	credential, found := j.credential()
	if !found {
		return
	}
	ids := j.Target.Jobs(state)
	if len(ids) == 0 {
		j.Skip("no job was given that is "+state, flagFor([]string{state}))
		return
	}
	about := subject{id: ids[0]}
	about.state = j.stateIn(j.readState(about.id, credential))
	exchange := j.send(j.retryOf(about.id, credential))
	if exchange.Started() {
		j.Fail("retry.semantics.only-failed", exchange, "no job started from "+state, describe(exchange))
	}
	j.expect("retry.semantics.refusal-status", exchange)
	j.keepsState("retry.semantics.refusal-keeps-state", about, credential)
}

// givenState holds the state method against what the jobs were given as.
func givenState(j *judgement, state string) {
	const id = "retry.semantics.given-state"
	credential, found := j.credential()
	if !found {
		return
	}
	ids := j.Target.Jobs(state)
	if len(ids) == 0 {
		j.Skip("no job was given that is "+state, flagFor([]string{state}))
		return
	}
	exchange := j.readState(ids[0], credential)
	if !j.expect(id, exchange) {
		return
	}
	if got := j.stateIn(exchange); got != state {
		j.FailAt(j.placeOfState(exchange), id, exchange, state+", as the job was given", fmt.Sprintf("%q", got))
	}
}

func unknownJob(j *judgement) {
	credential, found := j.credential()
	if !found {
		return
	}
	id := j.session.unknownID()
	for range 2 {
		exchange := j.send(j.retryOf(id, credential))
		if exchange.Started() {
			j.Fail("retry.semantics.unknown-job-not-retried", exchange, "no job started", describe(exchange))
		}
		j.expect("retry.semantics.unknown-job", exchange)
	}
}

func eachFailedJob(j *judgement) {
	credential, found := j.credential()
	if !found {
		return
	}
	if _, found := j.firstRetry(); !found {
		return
	}
	left, missing := j.failedJobs(1)
	if missing != nil {
		j.skipFor(missing)
		return
	}
	if more, missing := j.failedJobs(severalJobs); missing == nil {
		left = more
	}
	for _, id := range left {
		exchange := j.retryOnce(id, left, func(job string) target.Request { return j.retryOf(job, credential) })
		if exchange == nil {
			return
		}
		j.expect("retry.semantics.each-failed-job", exchange)
	}
}

func concurrentJobs(j *judgement) {
	credential, found := j.credential()
	if !found {
		return
	}
	left, missing := j.failedJobs(together)
	if missing != nil {
		j.skipFor(missing)
		return
	}
	requests := make([]target.Request, together)
	for i, id := range left {
		requests[i] = j.retryOf(id, credential)
	}
	exchanges := j.settledTogether(j.sendTogether(requests), func(job string) target.Request { return j.retryOf(job, credential) })
	for _, exchange := range exchanges {
		j.expect("retry.semantics.concurrent-jobs", exchange)
	}
	j.distinctIDs(exchanges)
}

// concurrentOneJob retries one job many times, which a person's job is too good
// for. A server may refuse some of them; the user guide allows three retries
// without a new authorization.
func concurrentOneJob(j *judgement) {
	if !j.Target.Loopback() {
		j.Skip("one job is retried several times, which is done only to a target on this machine", "--endpoint http://127.0.0.1:PORT")
		return
	}
	credential, found := j.credential()
	if !found {
		return
	}
	left, missing := j.failedJobs(1)
	if missing != nil {
		j.skipFor(missing)
		return
	}
	requests := make([]target.Request, together)
	for i := range requests {
		requests[i] = j.retryOf(left[0], credential)
	}
	exchanges := j.sendTogether(requests)
	for _, exchange := range exchanges {
		if exchange.Unsettled() && j.byChance() {
			j.session.excuse([]*target.Exchange{exchange})
			continue
		}
		j.answered("retry.semantics.concurrent-ids", exchange, "an answer")
	}
	j.distinctIDs(exchanges)
}

func (j *judgement) sendTogether(requests []target.Request) []*target.Exchange {
	exchanges := j.Target.SendTogether(j.ctx, j.check.ID, requests)
	for _, exchange := range exchanges {
		j.look(exchange)
	}
	return exchanges
}

func (j *judgement) distinctIDs(exchanges []*target.Exchange) {
	seen := map[string]bool{}
	for _, exchange := range exchanges {
		if !exchange.Started() {
			continue
		}
		id := j.jobIDIn(exchange)
		if id != "" && seen[id] {
			j.FailAt(result.InMember(j.Contract.IDField), "retry.semantics.concurrent-ids", exchange, "another id for each new job", fmt.Sprintf("%q more than once", id))
		}
		seen[id] = true
	}
}
