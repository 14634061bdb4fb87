package suites

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
)

// acceptedJobs lists jobs that the method accepts and that are not used up, or
// says what is missing for so many of them. Without states a job can be given any
// number of times, where calls may have an effect.
func (j *judgement) acceptedJobs(wanted int) ([]string, *result.Missing) {
	flag := j.consumeFlag()
	if !hasStates(j.Method) {
		given := j.jobsIn("")
		if len(given) == 0 && (j.Target.MayConsume() || !j.Target.MakesJobs()) {
			return nil, &result.Missing{Reason: "no job was given", Flag: flag}
		}
		if !j.Target.MayConsume() {
			return nil, &result.Missing{Reason: "the target is not on this machine, and a call may change a given job or start another", Flag: flag}
		}
		return slices.Repeat(given, (wanted+len(given)-1)/len(given))[:wanted], nil
	}
	if !j.Target.MayConsume() {
		return nil, &result.Missing{Reason: "the target is not on this machine, and using up its jobs was not allowed", Flag: flag}
	}
	var left []string
	given := 0
	unused := func() {
		left, given = nil, 0
		for _, state := range j.Method.AcceptedStates {
			left = append(left, j.Target.Unused(state)...)
			given += len(j.Target.Jobs(state))
		}
	}
	if unused(); len(left) < wanted && j.Target.MakesJobs() {
		state := j.Method.AcceptedStates[0]
		j.makeJobs(state, len(j.Target.Unused(state))+wanted-len(left))
		unused()
	}
	if len(left) < wanted {
		return nil, j.missingJobs(wanted, len(left), given)
	}
	return left[:wanted], nil
}

// missingJobs says how many jobs are missing that the method accepts.
func (j *judgement) missingJobs(wanted, left, given int) *result.Missing {
	reason := "needs " + text.Counted(wanted, "unused "+text.List(j.Method.AcceptedStates, "or")+" job") + ": "
	changed := len(j.session.inOrder)
	if changed >= wanted-left {
		return &result.Missing{Reason: reason + j.changedText(), Flag: j.changedFlag()}
	}
	switch {
	case given == 0:
		reason += "none was given"
	case left == given:
		reason += fmt.Sprintf("only %d given", given)
	case changed > 0:
		reason += j.changedText()
		switch used := given - changed - left; {
		case used == 1:
			reason += "; another one is used up"
		case used > 1:
			reason += fmt.Sprintf("; %d others are used up", used)
		}
	case given == 1:
		reason += "the one given job is used up"
	case left == 0:
		reason += fmt.Sprintf("all %d given jobs are used up", given)
	default:
		reason += fmt.Sprintf("too few of the %d given jobs are left", given)
	}
	failed := j.failsWithJobs() && !j.session.first.exchange.Succeeded()
	if wasted := j.wasted(); wasted >= wanted-left || failed && (given >= wanted || j.Target.MakesJobs()) {
		const refusable = "requests that the server should have refused"
		switch {
		case wasted == 0:
		case left > 0:
			reason += fmt.Sprintf(", and %s used up %d", refusable, wasted)
		case wasted == given:
			reason += " by " + refusable
		default:
			reason += fmt.Sprintf(", %d of them by %s", wasted, refusable)
		}
		return &result.Missing{Reason: reason + result.FixFirst}
	}
	return &result.Missing{Flag: j.consumeFlag(), Reason: reason + j.otherStateText(), Jobs: wanted - left}
}

// jobsIn lists the jobs that were given as being in a state. Where there are none,
// one is made if that can be, and if calls for it may have their effect.
func (j *judgement) jobsIn(state string) []string {
	accepted := !hasStates(j.Method) || slices.Contains(j.Method.AcceptedStates, state)
	if len(j.Target.Jobs(state)) == 0 && hasStates(j.Method) == (state != "") && (j.Target.MayConsume() || !accepted) {
		j.makeJobs(state, 1)
	}
	given := j.Target.Jobs(state)
	if accepted {
		return given
	}
	return slices.DeleteFunc(given, j.wouldBeUsedUp)
}

// wouldBeUsedUp reports whether a call may use up a job that was given as refused: it
// may have moved to a state that the method accepts, or its state was mistyped. The
// state method says so before the first call for the job, and so does a call that
// succeeds. On this machine jobs may be used up, unless a profile spares them. The checks of
// the given states, which call nothing, report that a state differs.
func (j *judgement) wouldBeUsedUp(job string) bool {
	if !hasStates(j.Method) || j.Target.Loopback() && !j.Target.ReadOnly() || j.check.phase <= stating {
		return false
	}
	if _, known := j.session.shown[job]; !known {
		j.session.shown[job] = ""
		if credential, found := j.credentialForLook(); found {
			j.readState(job, credential)
		}
	}
	differs := job + " is " + j.session.shown[job]
	switch {
	case slices.Contains(j.Method.AcceptedStates, j.session.shown[job]):
	case j.session.accepted[job]:
		differs = job + " was accepted"
	default:
		return false
	}
	if !slices.Contains(j.session.stale, differs) {
		j.session.stale = append(j.session.stale, differs)
	}
	return true
}

// stillFree reports whether no call uses up a job, after a look at it or a call for
// it. Otherwise the check is skipped.
func (j *judgement) stillFree(job string) bool {
	if !j.wouldBeUsedUp(job) {
		return true
	}
	j.Skip("needs "+freeJob(j.Method)+j.staleText(), result.JobFlag(j.Method.RefusedStates()))
	return false
}

// makeJobs makes jobs in a state until so many are unused, and looks at each one
// once: a program that makes jobs elsewhere, or in another state, is no fault of
// the server.
func (j *judgement) makeJobs(state string, unused int) {
	j.Target.MakeJobs(j.ctx, state, unused, func(id string) string {
		shown := j.shownOfMade(id, state)
		if shown == "" {
			return ""
		}
		return fmt.Sprintf("the job command made job %s for %s, and the server %s: run it by hand, and read the state of the id that it prints", text.Line(id), state, shown)
	})
}

// shownOfMade says what the server shows of a job that was just made, where that is
// another state than the job was made for, or none. It gives the job a moment to
// reach the state.
func (j *judgement) shownOfMade(id, state string) (otherwise string) {
	if !hasStateMethod(j.Method) || state == "" {
		return ""
	}
	credential, found := j.credentialForLook()
	if !found {
		return ""
	}
	for _, pause := range append(slices.Clone(changePauses), 0) {
		exchange := j.readState(id, credential)
		switch shown := j.stateIn(exchange); {
		case exchange.Complete() && exchange.Status == http.StatusNotFound:
			otherwise = "does not know it"
		case shown == state || !slices.Contains(j.Method.States, shown):
			return ""
		default:
			otherwise = "shows " + shown
		}
		if pause == 0 || j.Target.Wait(j.ctx, pause) != nil {
			break
		}
	}
	return otherwise
}

// jobForRefusal finds a job for a request that must have no effect: one that the
// method accepts, which shows that a server wrongly does, else one that it refuses
// for its state.
func (j *judgement) jobForRefusal(credential target.Credential) (jobUnderTest, bool) {
	if left, missing := j.acceptedJobs(1); missing == nil {
		// The state method decides, so that a job that the request of an earlier
		// check has used up is not taken.
		for _, state := range j.Method.AcceptedStates {
			for _, id := range firstFew(j.Target.Unused(state)) {
				read := j.readState(id, credential)
				if j.stateIn(read) == state {
					return jobUnderTest{id: id, state: state}, true
				}
				if !j.wasCalled(id) {
					j.hasChanged(id, read)
				}
			}
		}
		if shown := j.session.shown[left[0]]; slices.Contains(j.Method.RefusedStates(), shown) {
			return jobUnderTest{id: left[0], state: shown, refusedAnyway: true}, true
		}
		return jobUnderTest{id: left[0], state: ""}, true
	}
	if job, found := j.freeJob(); found {
		if job.refusedAnyway {
			job.plain = j.plainCall(job.id, credential)
		}
		job.state = j.stateIn(j.readState(job.id, credential))
		return job, true
	}
	j.Skip(j.noJobReason()+j.staleText(), j.anyJobFlag())
	return jobUnderTest{}, false
}

// plainCall is the last call for a job as it is documented, with this token: one of the
// run, or else a new one.
func (j *judgement) plainCall(job string, credential target.Credential) *target.Exchange {
	own := j.callOf(job, credential)
	for _, exchange := range slices.Backward(j.Target.Journal()) {
		if exchange.Request.Path == own.Path && exchange.Complete() && exchange.Request.Credential.Label == credential.Label && j.isPlain(exchange) {
			return exchange
		}
	}
	return j.send(own)
}

func firstFew(ids []string) []string { return ids[:min(3, len(ids))] }

// freeJob finds a given job of which a call uses nothing up: one that is
// refused for its state, or any where there are no states and calls may have an
// effect. It is the last one of
// its state, so that the first stays for the checks about the state itself.
func (j *judgement) freeJob() (jobUnderTest, bool) {
	states := j.refusedStates()
	given := slices.DeleteFunc(slices.Clone(states), func(state string) bool { return len(j.Target.Jobs(state)) == 0 })
	if len(given) == 0 {
		given = states[:min(1, len(states))]
	}
	for _, state := range given {
		if ids := j.jobsIn(state); len(ids) > 0 {
			return jobUnderTest{id: ids[len(ids)-1], state: state, refusedAnyway: true}, true
		}
	}
	if ids := j.jobsIn(""); len(ids) > 0 && !hasStates(j.Method) && j.Target.MayConsume() {
		return jobUnderTest{id: ids[len(ids)-1]}, true
	}
	return jobUnderTest{}, false
}

// refusedStates puts the states that a job never leaves first: a job in
// progress may fail while the suite runs.
func (j *judgement) refusedStates() []string {
	states := slices.Clone(j.Method.RefusedStates())
	slices.Reverse(states)
	return states
}
