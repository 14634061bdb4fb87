package suites

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// together is the number of calls that are sent at the same time.
const together = 8

// severalJobs is the number of jobs for which the method is called one after the
// other, beside the first.
const severalJobs = 3

func semanticsChecks(method *spec.Method) []Check {
	accepted := acceptedJob(method)
	checks := []Check{{
		ID: "semantics/accepted-state", Title: accepted + " is accepted",
		Requirements: []string{"semantics.accepted-state", "semantics.old-job-keeps-state"},
		Sends:        "a call for " + accepted + andStates(method),
		phase:        consuming, run: acceptState,
	}, {
		ID: "semantics/changed-state", Title: "a success leaves its job " + cmp.Or(text.List(method.ResultingStates, "or"), "in a resulting state"),
		Requirements: []string{"semantics.changed-state"},
		Sends:        "a call for " + accepted + ", and then the state method",
		phase:        consuming, run: changeState,
	}, {
		ID: "semantics/other-job", Title: "a success leaves another job as it is",
		Requirements: []string{"semantics.other-jobs-keep-state"},
		Sends:        "a call for " + accepted + ", and the state method for another job before and after",
		phase:        consuming, run: keepOtherState,
	}}
	for _, state := range method.RefusedStates() {
		checks = append(checks, Check{
			ID:           "semantics/" + stateName(state) + "-is-refused",
			Title:        "a job that is " + state + " is refused",
			Requirements: []string{"semantics.refused-state", "semantics.refusal-status", "semantics.refusal-keeps-state"},
			Sends:        "a call for a job that is " + state + andStates(method),
			phase:        refusing, run: func(j *judgement) { refuseState(j, state) },
		})
	}
	for _, state := range method.States {
		checks = append(checks, Check{
			ID:           "semantics/given-" + stateName(state),
			Title:        "a job that was given as " + state + " is shown so",
			Requirements: []string{"semantics.given-state"},
			Sends:        "the state method for the first job given as " + state,
			phase:        stating, run: func(j *judgement) { showGivenState(j, state) },
		})
	}
	return append(checks,
		Check{
			ID: "semantics/unknown-job", Title: "an id that no job has",
			Requirements: []string{"semantics.unknown-job", "semantics.unknown-job-no-effect"},
			Sends:        "a call for a random id, twice",
			phase:        refusing, run: unknownJob,
		},
		Check{
			ID: "semantics/each-job", Title: "each of several jobs is accepted",
			Requirements: []string{"semantics.each-job"},
			Sends:        fmt.Sprintf("a call for each of up to %d more jobs, one after the other: each %s", severalJobs, accepted),
			phase:        consuming, run: eachJob,
		},
		Check{
			ID: "semantics/concurrent-jobs", Title: "concurrent calls for several jobs",
			Requirements: []string{"semantics.concurrent-jobs", "semantics.concurrent-ids"},
			Sends:        fmt.Sprintf("concurrent calls for %d jobs: each %s", together, accepted),
			phase:        consuming, run: concurrentJobs,
		},
		Check{
			ID: "semantics/concurrent-one-job", Title: "concurrent calls for one job",
			Requirements: []string{"semantics.concurrent-ids"},
			Sends:        fmt.Sprintf("%d concurrent calls for one job; only on a target on this machine: %s", together, accepted),
			phase:        consuming, run: concurrentOneJob,
		},
		Check{
			ID: "semantics/job-later", Title: "a success leaves its job unchanged until the end of the run",
			Requirements: []string{"semantics.old-job-keeps-state"},
			Sends:        "the state method for the first job that was called, after all calls and a moment after its own",
			phase:        closing, run: keepStateLater,
		},
		Check{
			ID: "semantics/second-call", Title: "a second call for the same job",
			Requirements: []string{"semantics.second-call"},
			Sends:        "a call for the first job that was called, if it is still " + text.List(method.AcceptedStates, "or") + "; only on a target on this machine",
			phase:        closing, run: callAgain,
		})
}

// stateName writes a state as a part of an id: "in-progress".
func stateName(state string) string {
	return strings.ReplaceAll(strings.ToLower(state), "_", "-")
}

// andStates says that the states are read too, where a method reads them.
func andStates(method *spec.Method) string {
	if !hasStateMethod(method) {
		return ""
	}
	return ", and the state method before and after"
}

func acceptState(j *judgement) {
	first, found := j.firstCall()
	if !found {
		return
	}
	accepted := j.meets("semantics.accepted-state", first.exchange)
	if accepted && hasNewID(j.Method) && slices.Contains(j.Method.AcceptedStates, first.stateBefore) {
		j.keptState("semantics.old-job-keeps-state", first.stateAfter, first.stateBefore)
	}
}

// changeState expects a state that a success may leave its job in.
func changeState(j *judgement) {
	if first, found := j.succeededFirst(); found {
		j.look(first.stateAfter)
		j.expect("semantics.changed-state", first.stateAfter, HaveState(j.Method, j.Method.ResultingStates...))
	}
}

// jobGivenAs finds the first job that was given in a state, and a token for it.
func (j *judgement) jobGivenAs(state string) (target.Credential, string, bool) {
	credential, found := j.credential()
	if !found {
		return credential, "", false
	}
	ids := j.jobsIn(state)
	if len(ids) == 0 {
		reason, id := "no job was given that is "+state+j.otherStateText(), "ID"
		for _, accepted := range j.Method.AcceptedStates {
			for _, other := range j.Target.Jobs(accepted) {
				if j.session.shown[other] == state && !j.session.accepted[other] && id == "ID" {
					reason, id = fmt.Sprintf("no job was given as %s, but %s, which was given as %s, is %[1]s", state, other, accepted), other
				}
			}
		}
		j.Skip(reason, "--job "+state+"="+id)
		return credential, "", false
	}
	return credential, ids[0], true
}

// keepOtherState expects that a call changes no job but its own.
func keepOtherState(j *judgement) {
	first, found := j.succeededFirst()
	switch {
	case !found:
	case first.other.state == "":
		j.Skip("needs a second job whose state can be read", j.anyJobFlag())
	default:
		j.look(first.otherAfter)
		j.showsState("semantics.other-jobs-keep-state", first.otherAfter, first.other.state)
	}
}

// refuseState calls the method for a job in a state that it does not accept.
func refuseState(j *judgement, state string) {
	credential, id, found := j.jobGivenAs(state)
	if !found {
		return
	}
	job := jobUnderTest{id: id, state: j.stateIn(j.readState(id, credential))}
	if !j.stillFree(id) {
		return
	}
	exchange := j.send(j.callOf(id, credential))
	j.hasNoEffect("semantics.refused-state", exchange)
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
		exchange := j.send(j.callOf(id, credential))
		j.hasNoEffect("semantics.unknown-job-no-effect", exchange)
		j.meets("semantics.unknown-job", exchange)
	}
}

// toCall returns jobs that the method accepts, and a token for them.
func (j *judgement) toCall(count int) (target.Credential, []string, bool) {
	credential, found := j.credential()
	if !found {
		return credential, nil, false
	}
	jobs, missing := j.acceptedJobs(count)
	if missing != nil {
		j.skipFor(missing)
	}
	return credential, jobs, missing == nil
}

func eachJob(j *judgement) {
	if _, found := j.firstCall(); !found {
		return
	}
	credential, jobs, found := j.toCall(1)
	if !found {
		return
	}
	if more, missing := j.acceptedJobs(severalJobs); missing == nil {
		jobs = more
	}
	shares := j.Target.Loopback() && j.Target.ReusesConnections()
	call := func(job string) target.Request { return j.callOf(job, credential) }
	for _, id := range jobs {
		var exchange *target.Exchange
		if shares {
			exchange = j.callAfterRead(id, credential)
			shares = responds(exchange)
		}
		switch another, found := j.anotherJob(jobs); {
		case exchange == nil, !shares && !hasStates(j.Method): // Then a job can be used again.
			exchange = j.callOnce(id, jobs, call)
		case shares:
			exchange = j.settled(exchange, jobs, call)
		case found:
			exchange = j.callOnce(another, jobs, call)
		default:
			j.broken = describe(exchange) + "; it is not known whether the call succeeded, so it is not sent again, and no other job is left"
			return
		}
		if exchange == nil {
			return
		}
		j.meets("semantics.each-job", exchange)
	}
}

// responds reports whether a whole response came that is one to the request.
func responds(exchange *target.Exchange) bool {
	return exchange != nil && exchange.Complete() && exchange.Status != http.StatusRequestTimeout
}

// callAfterRead calls the method over a connection that has just served the state
// method, where there is one, and the calls before. It returns nil where nothing was
// called. A call without a response is excused: the server may have closed the
// connection, and then nobody knows whether the call succeeded.
func (j *judgement) callAfterRead(job string, credential target.Credential) *target.Exchange {
	if hasStateMethod(j.Method) {
		read := j.stateRequest(job, credential)
		read.Connection = target.KeptConnection
		if exchange := j.send(read); !exchange.Complete() {
			j.session.excuse([]*target.Exchange{exchange})
			return nil
		}
	}
	request := j.callOf(job, credential)
	request.Connection = target.KeptConnection
	exchange := j.send(request)
	if !responds(exchange) {
		j.session.excuse([]*target.Exchange{exchange})
	}
	return exchange
}

func concurrentJobs(j *judgement) {
	credential, jobs, found := j.toCall(together)
	if !found {
		return
	}
	call := func(job string) target.Request { return j.callOf(job, credential) }
	exchanges := j.settledTogether(j.sendTogether(jobs, call), call)
	for _, exchange := range exchanges {
		j.meets("semantics.concurrent-jobs", exchange)
	}
	j.distinctIDs(exchanges)
}

// concurrentOneJob calls the method for one job many times, which a person's job
// is too good for. A server may refuse some of the calls.
func concurrentOneJob(j *judgement) {
	if !j.Target.Loopback() {
		j.skipOneJob()
		return
	}
	credential, jobs, found := j.toCall(1)
	if !found {
		return
	}
	exchanges := j.sendTogether(slices.Repeat(jobs, together), func(job string) target.Request { return j.callOf(job, credential) })
	for _, exchange := range exchanges {
		if exchange.Unsettled() && j.byChance() {
			j.session.excuse([]*target.Exchange{exchange})
			continue
		}
		j.responded("semantics.concurrent-ids", exchange, "a response")
	}
	if j.distinctIDs(exchanges); !slices.ContainsFunc(exchanges, (*target.Exchange).Succeeded) {
		j.skipWithoutSuccess("none of the concurrent calls succeeded")
	} else if !j.tested["semantics.concurrent-ids"] {
		j.Skip("no concurrent call returned the id of a new job"+seeFirst("response.id-present"), "")
	}
}

// settling is how long after a call its job is looked at again. A server that works
// on jobs in the background may change it when the response is long gone, and a
// run on one machine can be over sooner.
const settling = 600 * time.Millisecond

// keepStateLater reads the state of the job of the first call again.
func keepStateLater(j *judgement) {
	first, found := j.succeededFirst()
	if !found || !slices.Contains(j.Method.AcceptedStates, first.stateBefore) {
		return
	}
	credential, found := j.credential()
	if !found {
		return
	}
	if rest := settling - time.Since(first.exchange.Began); rest > 0 {
		// Where the run ends meanwhile, nothing can be sent any more.
		_ = j.Target.Wait(j.ctx, rest)
	}
	j.keptState("semantics.old-job-keeps-state", j.readState(first.job, credential), first.stateBefore)
}

// callAgain calls the method for the job of the first call once more.
func callAgain(j *judgement) {
	if !j.Target.Loopback() {
		j.skipOneJob()
		return
	}
	first, found := j.succeededFirst()
	if !found {
		return
	}
	credential, found := j.credential()
	if !found {
		return
	}
	switch state := j.stateIn(j.readState(first.job, credential)); {
	case !hasStateMethod(j.Method), slices.Contains(j.Method.AcceptedStates, state):
	case state == "":
		j.Skip("the state of the job could not be read", "")
		return
	default:
		shown := "in an undocumented state"
		if slices.Contains(j.Method.States, state) {
			shown = state
		}
		j.Skip(fmt.Sprintf("after its first call, %s is%s%s but %s", first.job, result.NoLonger, text.List(j.Method.AcceptedStates, "or"), shown), "")
		return
	}
	again := j.send(j.callOf(first.job, credential))
	if again.Unsettled() && j.byChance() {
		// Another job could not take its place.
		j.session.excuse([]*target.Exchange{again})
		j.broken = describe(again) + "; it is not known whether the call succeeded, so it is not sent again"
		return
	}
	j.meets("semantics.second-call", again)
}

// succeededFirst is the first call, where it succeeded.
func (j *judgement) succeededFirst() (*firstCall, bool) {
	first, found := j.firstCall()
	if found && !first.exchange.Succeeded() {
		j.skipWithoutSuccess("the first call for " + acceptedJob(j.Method) + " did not succeed")
		return nil, false
	}
	return first, found
}

// skipOneJob says that a person's job is too good to be used several times.
func (j *judgement) skipOneJob() {
	j.Skip("one job is used several times, which is done only to a target on this machine", result.HereFlag)
}

func (j *judgement) sendTogether(jobs []string, request func(job string) target.Request) []*target.Exchange {
	requests := make([]target.Request, len(jobs))
	for i, job := range jobs {
		requests[i] = request(job)
	}
	exchanges := j.Target.SendTogether(j.ctx, j.check.ID, requests)
	for _, exchange := range exchanges {
		j.look(exchange)
	}
	return exchanges
}

func (j *judgement) distinctIDs(exchanges []*target.Exchange) {
	seen := map[string]bool{}
	defer func() { j.tested["semantics.concurrent-ids"] = len(seen) > 0 }()
	for _, exchange := range exchanges {
		id := j.jobIDIn(exchange)
		if !exchange.Succeeded() || id == "" {
			continue
		}
		if seen[id] {
			j.FailAt(result.InMember(j.Method.IDField), "semantics.concurrent-ids", exchange,
				"another id for each new job", fmt.Sprintf("%q more than once", id))
		}
		seen[id] = true
	}
}
