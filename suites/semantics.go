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

func semanticsChecks(method *spec.Method) []Check {
	checks := []Check{{
		ID: "semantics/accepted-state", Title: "a job that failed is retried",
		Requirements: []string{"semantics.accepted-state", "semantics.old-job-keeps-state"},
		Sends:        "a retry of a job that failed, and the state method before and after",
		phase:        starting, run: failedIsRetried,
	}}
	for _, state := range method.RefusedStates() {
		checks = append(checks, Check{
			ID:           "semantics/" + stateName(state) + "-is-refused",
			Title:        "a job that is " + state + " is refused",
			Requirements: []string{"semantics.refused-state", "semantics.refusal-status", "semantics.refusal-keeps-state"},
			Sends:        "a retry of a job that is " + state + ", and the state method before and after",
			phase:        refusing, run: func(j *judgement) { refuseState(j, state) },
		})
	}
	for _, state := range method.States {
		checks = append(checks, Check{
			ID:           "semantics/given-" + stateName(state),
			Title:        "a job that was given as " + state + " is shown so",
			Requirements: []string{"semantics.given-state"},
			Sends:        "the state method for the first job given as " + state,
			phase:        refusing, run: func(j *judgement) { showGivenState(j, state) },
		})
	}
	return append(checks,
		Check{
			ID: "semantics/unknown-job", Title: "an id that no job has",
			Requirements: []string{"semantics.unknown-job", "semantics.unknown-job-no-effect"},
			Sends:        "a retry of an id made by the seed, and the same once more",
			phase:        refusing, run: unknownJob,
		},
		Check{
			ID: "semantics/each-job", Title: "each of several failed jobs is retried",
			Requirements: []string{"semantics.each-job"},
			Sends:        fmt.Sprintf("retries of up to %d more failed jobs, one after the other", severalJobs),
			phase:        starting, run: eachFailedJob,
		},
		Check{
			ID: "semantics/concurrent-jobs", Title: "retries of several jobs at the same time",
			Requirements: []string{"semantics.concurrent-jobs", "semantics.concurrent-ids"},
			Sends:        fmt.Sprintf("retries of %d failed jobs at the same time", together),
			phase:        starting, run: concurrentJobs,
		},
		Check{
			ID: "semantics/concurrent-one-job", Title: "retries of one job at the same time",
			Requirements: []string{"semantics.concurrent-ids"},
			Sends:        fmt.Sprintf("%d retries of one failed job at the same time; only on a target on this machine", together),
			phase:        starting, run: concurrentOneJob,
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
	retried := j.meets("semantics.accepted-state", first.exchange)
	if retried && slices.Contains(j.Method.AcceptedStates, first.stateBefore) {
		j.showsState("semantics.old-job-keeps-state", first.stateAfter, first.stateBefore)
	}
}

// jobGivenAs finds the first job that was given in a state, and a token for it.
func (j *judgement) jobGivenAs(state string) (target.Credential, string, bool) {
	credential, found := j.credential()
	if !found {
		return credential, "", false
	}
	ids := j.Target.Jobs(state)
	if len(ids) == 0 {
		j.Skip("no job was given that is "+state, flagFor([]string{state}))
		return credential, "", false
	}
	return credential, ids[0], true
}

// refuseState retries a job in a state that is not to be retried.
func refuseState(j *judgement, state string) {
	credential, id, found := j.jobGivenAs(state)
	if !found {
		return
	}
	job := jobUnderTest{id: id, state: j.stateIn(j.readState(id, credential))}
	exchange := j.send(j.retryOf(id, credential))
	j.startsNoJob("semantics.refused-state", exchange)
	j.meets("semantics.refusal-status", exchange)
	j.keepsState("semantics.refusal-keeps-state", job, credential)
}

// showGivenState compares the state method with what a job was given as.
func showGivenState(j *judgement, state string) {
	credential, id, found := j.jobGivenAs(state)
	if !found {
		return
	}
	exchange := j.readState(id, credential)
	if j.meets("semantics.given-state", exchange) {
		j.expect("semantics.given-state", exchange, HaveState(j.Method, state))
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
		j.startsNoJob("semantics.unknown-job-no-effect", exchange)
		j.meets("semantics.unknown-job", exchange)
	}
}

// toRetry returns failed jobs that may be retried, and a token for them.
func (j *judgement) toRetry(count int) (target.Credential, []string, bool) {
	credential, found := j.credential()
	if !found {
		return credential, nil, false
	}
	jobs, missing := j.failedJobs(count)
	if missing != nil {
		j.skipFor(missing)
	}
	return credential, jobs, missing == nil
}

func eachFailedJob(j *judgement) {
	if _, found := j.firstRetry(); !found {
		return
	}
	credential, jobs, found := j.toRetry(1)
	if !found {
		return
	}
	if more, missing := j.failedJobs(severalJobs); missing == nil {
		jobs = more
	}
	for _, id := range jobs {
		exchange := j.retryOnce(id, jobs, func(job string) target.Request { return j.retryOf(job, credential) })
		if exchange == nil {
			return
		}
		j.meets("semantics.each-job", exchange)
	}
}

func concurrentJobs(j *judgement) {
	credential, jobs, found := j.toRetry(together)
	if !found {
		return
	}
	retry := func(job string) target.Request { return j.retryOf(job, credential) }
	exchanges := j.settledTogether(j.sendTogether(jobs, retry), retry)
	for _, exchange := range exchanges {
		j.meets("semantics.concurrent-jobs", exchange)
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
	credential, jobs, found := j.toRetry(1)
	if !found {
		return
	}
	exchanges := j.sendTogether(slices.Repeat(jobs, together), func(job string) target.Request { return j.retryOf(job, credential) })
	for _, exchange := range exchanges {
		if exchange.Unsettled() && j.byChance() {
			j.session.excuse([]*target.Exchange{exchange})
			continue
		}
		j.responded("semantics.concurrent-ids", exchange, "a response")
	}
	j.distinctIDs(exchanges)
}

func (j *judgement) sendTogether(jobs []string, retry func(job string) target.Request) []*target.Exchange {
	requests := make([]target.Request, len(jobs))
	for i, job := range jobs {
		requests[i] = retry(job)
	}
	exchanges := j.Target.SendTogether(j.ctx, j.check.ID, requests)
	for _, exchange := range exchanges {
		j.look(exchange)
	}
	return exchanges
}

func (j *judgement) distinctIDs(exchanges []*target.Exchange) {
	seen := map[string]bool{}
	for _, exchange := range exchanges {
		id := j.jobIDIn(exchange)
		if !exchange.Started() || id == "" {
			continue
		}
		if seen[id] {
			j.FailAt(result.InMember(j.Method.IDField), "semantics.concurrent-ids", exchange,
				"another id for each new job", fmt.Sprintf("%q more than once", id))
		}
		seen[id] = true
	}
}
