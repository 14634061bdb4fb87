package suites

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// subject is a job that a check sends something about which must start nothing.
type subject struct {
	id string
	// state is what the job is in: as the state method says, or as given.
	state string
	// standIn says that the job could not be started anyhow, because no failed
	// job was at hand.
	standIn bool
}

// credential gives the token of the first documented scope that has one, or
// else one that carries several. A check that lacks it is skipped.
func (j *judgement) credential() (target.Credential, bool) {
	reason := ""
	for _, scope := range j.Contract.Scopes {
		credential, err := j.Target.Credential(tokenLabel(scope.Name), scope.Name)
		if err == nil {
			return credential, true
		}
		reason = cmp.Or(reason, reasonOf(err))
	}
	if credential, found := j.Target.GroupCredential(func(scopes []string) string { return tokenLabel(scopes...) }); found {
		return credential, true
	}
	if reason != "" {
		j.Skip(reason, "")
	} else {
		j.Skip("no token of a documented scope was given", "--token SCOPE=VALUE or --token-template TEXT")
	}
	return target.Credential{}, false
}

// lackToken skips a check for which there is no token: why, where one should be
// there and cannot be had.
func (j *judgement) lackToken(err error, reason, flag string) {
	if why := reasonOf(err); why != "" {
		reason, flag = why, ""
	}
	j.Skip(reason, flag)
}

// reasonOf says why a token that should be there cannot be had.
func reasonOf(err error) string {
	var none *target.NoTokenError
	if errors.As(err, &none) {
		return none.Reason
	}
	return ""
}

func tokenLabel(scopes ...string) string {
	short := make([]string, len(scopes))
	for i, scope := range scopes {
		short[i] = spec.ShortScope(scope)
	}
	return "token for " + strings.Join(short, " and ")
}

// retryOf is the request of the description for a job, without a body.
func (j *judgement) retryOf(job string, credential target.Credential) target.Request {
	return target.Request{
		Purpose:    "retry " + job,
		Method:     j.Contract.Retry.Method,
		Path:       j.Contract.Retry.Path.Expand(job),
		Credential: credential,
		Job:        job,
		Starts:     true,
		Once:       j.mayStart(job),
	}
}

// mayStart reports whether a request is the retry of a job that starts one, so
// that it must not be sent twice. What must be refused starts nothing, on
// however many attempts.
func (j *judgement) mayStart(job string) bool {
	if j.check.phase == refusing {
		return false
	}
	return slices.ContainsFunc(j.Contract.RetryableStates, func(state string) bool { return slices.Contains(j.Target.Jobs(state), job) })
}

// readState asks the state method for a job.
func (j *judgement) readState(job string, credential target.Credential) *target.Exchange {
	return j.send(target.Request{
		Purpose:    "read the state of " + job,
		Method:     j.Contract.ReadState.Method,
		Path:       j.Contract.ReadState.Path.Expand(job),
		Credential: credential,
		Job:        job,
	})
}

// stateIn takes the state out of an answer of the state method; empty where
// there is none.
func (j *judgement) stateIn(exchange *target.Exchange) string {
	if !exchange.Answered() {
		return ""
	}
	return responseTo(exchange).stateBy(j.Contract)
}

// jobIDIn takes the new job's id out of an answer; empty where there is none.
func (j *judgement) jobIDIn(exchange *target.Exchange) string {
	return responseTo(exchange).textMember(j.Contract.IDField)
}

// flagFor names the flag that gives a job in one of the states.
func flagFor(states []string) string {
	flags := make([]string, len(states))
	for i, state := range states {
		flags[i] = "--job " + state + "=ID"
	}
	return strings.Join(flags, " or ")
}

// failedJobs lists the failed jobs that may still be retried, or says what is
// missing for so many of them.
func (j *judgement) failedJobs(wanted int) ([]string, *result.Missing) {
	flag := flagFor(j.Contract.RetryableStates)
	if !j.Target.MayRetry() {
		return nil, &result.Missing{Reason: "the target is not on this machine, and retrying its jobs was not allowed", Flag: "--allow-retry with " + flag}
	}
	var left []string
	given := 0
	for _, state := range j.Contract.RetryableStates {
		left = append(left, j.Target.Unstarted(state)...)
		given += len(j.Target.Jobs(state))
	}
	if len(left) < wanted {
		return nil, &result.Missing{Flag: flag, Reason: fmt.Sprintf("it needs %s that can be retried, beside those that other checks use; %d of %d left",
			plural(wanted, "job"), len(left), given)}
	}
	return left[:wanted], nil
}

func plural(count int, thing string) string {
	if count == 1 {
		return "one " + thing
	}
	return fmt.Sprintf("%d %ss", count, thing)
}

// untouched finds a job for a request that must start nothing: a failed one,
// on which a server that wrongly starts it gives itself away, else one that
// cannot be retried.
func (j *judgement) untouched(credential target.Credential) (subject, bool) {
	if left, missing := j.failedJobs(1); missing == nil {
		// The state method has the last word, so that a job that an earlier
		// check's request has spoiled is not taken.
		for _, state := range j.Contract.RetryableStates {
			for _, id := range firstFew(j.Target.Unstarted(state)) {
				if j.stateIn(j.readState(id, credential)) == state {
					return subject{id: id, state: state}, true
				}
			}
		}
		return subject{id: left[0], state: ""}, true
	}
	if stand, found := j.standIn(); found {
		stand.state = j.stateIn(j.readState(stand.id, credential))
		return stand, true
	}
	j.Skip("it needs a job that the server knows", flagFor(j.Contract.RetryableStates)+" or "+flagFor(j.Contract.RefusedStates()[:1]))
	return subject{}, false
}

func firstFew(ids []string) []string { return ids[:min(3, len(ids))] }

// standIn finds a given job that cannot be retried: the last one of its state,
// so that the first stays for the checks about the state itself.
func (j *judgement) standIn() (subject, bool) {
	for _, state := range j.refusedStates() {
		if ids := j.Target.Jobs(state); len(ids) > 0 {
			return subject{id: ids[len(ids)-1], state: state, standIn: true}, true
		}
	}
	return subject{}, false
}

// refusedStates puts the states that a job never leaves first: a job in
// progress may fail while the suite runs.
func (j *judgement) refusedStates() []string {
	states := slices.Clone(j.Contract.RefusedStates())
	slices.Reverse(states)
	return states
}

// keepsState reads the state of a subject again and reports whether it changed,
// as a break of a requirement.
func (j *judgement) keepsState(id string, about subject, credential target.Credential) {
	if about.state == "" {
		return
	}
	j.showsState(id, j.readState(about.id, credential), about.state)
}

// firstRetry retries one failed job in earnest, once for the whole session, and
// reads the states around it.
func (j *judgement) firstRetry() (*startedRetry, bool) {
	if j.session.first == nil {
		j.session.first = j.retryFirst()
	}
	first := j.session.first
	if first.missing != nil {
		j.skipFor(first.missing)
		return nil, false
	}
	if first.broken != "" {
		j.broken = first.broken
		return nil, false
	}
	j.look(first.answer)
	return first, true
}

func (j *judgement) retryFirst() *startedRetry {
	credential, found := j.credential()
	if !found {
		return &startedRetry{missing: j.missing}
	}
	left, missing := j.failedJobs(1)
	if missing != nil {
		return &startedRetry{missing: missing}
	}
	first := &startedRetry{}
	first.answer = j.retryOnce(left[0], nil, func(job string) target.Request {
		first.job = job
		first.stateBefore = j.stateIn(j.readState(job, credential))
		return j.retryOf(job, credential)
	})
	if first.answer == nil {
		return &startedRetry{broken: j.broken}
	}
	if id := j.jobIDIn(first.answer); first.answer.Started() && j.bare(id) {
		j.newJobState(id, credential)
	}
	first.stateAfter = j.readState(first.job, credential)
	return first
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

// bare reports whether an id can stand in the path of the state method.
func (j *judgement) bare(id string) bool {
	if id == "" || strings.Contains(id, "/") {
		return false
	}
	return j.Contract.IDPattern == nil || j.Contract.IDPattern.MatchString(id)
}

// startedRetries lists the exchanges of the whole run that started a job.
func (j *judgement) startedRetries() []*target.Exchange {
	var started []*target.Exchange
	for _, exchange := range j.Target.Journal() {
		if exchange.Started() && exchange.Answered() {
			started = append(started, exchange)
		}
	}
	if len(started) == 0 {
		j.Skip("no retry was answered with success in this run",
			flagFor(j.Contract.RetryableStates)+", with --allow-retry where the target is not on this machine")
	}
	return started
}

// contentType makes the header of a request with a body.
func contentType(kind string) http.Header { return http.Header{"Content-Type": {kind}} }
