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
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// jobUnderTest is the job of a request that must start nothing.
type jobUnderTest struct {
	id string
	// state is what the job is in: as the state method says, or as given.
	state string
	// notRetryable says that the job could not be started anyway, because no failed
	// job is available.
	notRetryable bool
}

// credential returns the token of the first documented scope that has one, or
// else one that carries several. Without any the check is skipped.
func (j *judgement) credential() (target.Credential, bool) {
	reason := ""
	for _, scope := range j.Method.Scopes {
		credential, err := j.Target.Credential(tokenLabel(scope.Name), scope.Name)
		if err == nil {
			return credential, true
		}
		if j.unusable(err) {
			return target.Credential{}, false
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

// skipForToken skips a check for which there is no token. Why an expected token is
// unavailable is the better reason.
func (j *judgement) skipForToken(err error, reason, flag string) {
	if j.unusable(err) {
		return
	}
	if why := reasonOf(err); why != "" {
		reason, flag = why, ""
	}
	j.Skip(reason, flag)
}

// unusable reports whether a token was supplied that cannot be sent. That is no
// missing input, and no fault of the server.
func (j *judgement) unusable(err error) bool {
	var none *target.NoTokenError
	if !errors.As(err, &none) || !none.Unusable {
		return false
	}
	j.broken = none.Reason
	return true
}

// reasonOf is why an expected token is unavailable.
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
		Method:     j.Method.Operation.Method,
		Path:       j.Method.Operation.Path.Expand(job),
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
	return slices.ContainsFunc(j.Method.AcceptedStates, func(state string) bool { return slices.Contains(j.Target.Jobs(state), job) })
}

// readState sends a request to the state method.
func (j *judgement) readState(job string, credential target.Credential) *target.Exchange {
	return j.send(target.Request{
		Purpose:    "read the state of " + job,
		Method:     j.Method.ReadState.Method,
		Path:       j.Method.ReadState.Path.Expand(job),
		Credential: credential,
		Job:        job,
	})
}

// stateIn returns the state in a response of the state method; empty where there
// is none.
func (j *judgement) stateIn(exchange *target.Exchange) string {
	if !exchange.Complete() {
		return ""
	}
	return j.responseTo(exchange).stateBy(j.Method)
}

// jobIDIn returns the new job's id in a response; empty where there is none.
func (j *judgement) jobIDIn(exchange *target.Exchange) string {
	return j.responseTo(exchange).textMember(j.Method.IDField)
}

// flagFor is the flag that supplies a job in one of the states.
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
	flag := flagFor(j.Method.AcceptedStates)
	if !j.Target.MayRetry() {
		return nil, &result.Missing{Reason: "the target is not on this machine, and retrying its jobs was not allowed", Flag: "--allow-retry with " + flag}
	}
	var left []string
	given := 0
	for _, state := range j.Method.AcceptedStates {
		left = append(left, j.Target.Unstarted(state)...)
		given += len(j.Target.Jobs(state))
	}
	if len(left) < wanted {
		return nil, &result.Missing{Flag: flag, Reason: fmt.Sprintf("it needs %s that can be retried, beside those that other checks use; %d of %d left",
			text.Counted(wanted, "job"), len(left), given)}
	}
	return left[:wanted], nil
}

// jobForRefusal finds a job for a request that must start nothing: a failed one,
// which shows that a server wrongly starts it, else one that cannot be retried.
func (j *judgement) jobForRefusal(credential target.Credential) (jobUnderTest, bool) {
	if left, missing := j.failedJobs(1); missing == nil {
		// The state method decides, so that a job that the request of an earlier
		// check has started is not taken.
		for _, state := range j.Method.AcceptedStates {
			for _, id := range firstFew(j.Target.Unstarted(state)) {
				if j.stateIn(j.readState(id, credential)) == state {
					return jobUnderTest{id: id, state: state}, true
				}
			}
		}
		return jobUnderTest{id: left[0], state: ""}, true
	}
	if job, found := j.jobNotRetryable(); found {
		job.state = j.stateIn(j.readState(job.id, credential))
		return job, true
	}
	j.Skip("it needs a job that the server knows", flagFor(j.Method.AcceptedStates)+" or "+flagFor(j.Method.RefusedStates()[:1]))
	return jobUnderTest{}, false
}

func firstFew(ids []string) []string { return ids[:min(3, len(ids))] }

// jobNotRetryable finds a given job that cannot be retried: the last one of its
// state, so that the first stays for the checks about the state itself.
func (j *judgement) jobNotRetryable() (jobUnderTest, bool) {
	for _, state := range j.refusedStates() {
		if ids := j.Target.Jobs(state); len(ids) > 0 {
			return jobUnderTest{id: ids[len(ids)-1], state: state, notRetryable: true}, true
		}
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

// keepsState reads the state of a job again and expects that it did not change.
func (j *judgement) keepsState(id string, job jobUnderTest, credential target.Credential) {
	if job.state != "" {
		j.showsState(id, j.readState(job.id, credential), job.state)
	}
}

// firstRetry retries one failed job, once for the whole session, and reads the
// states around it.
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
	j.look(first.exchange)
	return first, true
}

func (j *judgement) retryFirst() *startedRetry {
	credential, found := j.credential()
	if !found {
		return &startedRetry{missing: j.missing, broken: j.broken}
	}
	left, missing := j.failedJobs(1)
	if missing != nil {
		return &startedRetry{missing: missing}
	}
	first := &startedRetry{}
	first.exchange = j.retryOnce(left[0], nil, func(job string) target.Request {
		first.job = job
		first.stateBefore = j.stateIn(j.readState(job, credential))
		return j.retryOf(job, credential)
	})
	if first.exchange == nil {
		return &startedRetry{broken: j.broken}
	}
	if id := j.jobIDIn(first.exchange); first.exchange.Started() && fitsPath(j.Method, id) {
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

// fitsPath reports whether an id can be a segment of the method's paths.
func fitsPath(method *spec.Method, id string) bool {
	return id != "" && !strings.Contains(id, "/") && (method.IDPattern == nil || method.IDPattern.MatchString(id))
}

// startedRetries lists the exchanges of the whole run that started a job.
func (j *judgement) startedRetries() []*target.Exchange {
	var started []*target.Exchange
	for _, exchange := range j.Target.Journal() {
		if exchange.Started() && exchange.Complete() {
			started = append(started, exchange)
		}
	}
	if len(started) == 0 {
		j.Skip("no retry succeeded in this run",
			flagFor(j.Method.AcceptedStates)+", with --allow-retry where the target is not on this machine")
	}
	return started
}

// contentType makes the header of a request with a body.
func contentType(kind string) http.Header { return http.Header{"Content-Type": {kind}} }
