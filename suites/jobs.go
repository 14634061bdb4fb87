package suites

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// jobUnderTest is the job of a request that must have no effect.
type jobUnderTest struct {
	id string
	// state is what the job is in: as the state method says, or as given.
	state string
	// refusedAnyway says that a call is refused for the job's state whatever it
	// looks like, because no other job is available.
	refusedAnyway bool
	// plain is then the response to the call as it is documented; nil where it is not
	// needed.
	plain *target.Exchange
}

// acceptedJob says in words which jobs the method accepts.
func acceptedJob(method *spec.Method) string {
	if !hasStates(method) {
		return "a given job"
	}
	return "a job that is " + text.List(method.AcceptedStates, "or")
}

// freeJob says in words of which jobs a call uses nothing up.
func freeJob(method *spec.Method) string {
	if !hasStates(method) {
		return "a given job"
	}
	return "a job that is refused because of its state"
}

// credential returns the token of the first documented scope that has one, or
// else one that carries several. Without any the check is skipped. A method
// without scopes needs none.
func (j *judgement) credential() (target.Credential, bool) {
	if len(j.Method.Scopes) == 0 {
		return target.NoCredential, true
	}
	reason := ""
	for _, scope := range j.Method.Scopes {
		credential, err := j.Target.Credential(scope.Name)
		if err == nil {
			return credential, true
		}
		if j.unusable(err) {
			return target.Credential{}, false
		}
		reason = cmp.Or(reason, reasonOf(err))
	}
	if credential, found := j.Target.GroupCredential(); found {
		return credential, true
	}
	if reason != "" {
		j.Skip(reason, "")
	} else {
		j.Skip("no token of a documented scope was given", "--token SCOPE=VALUE or --token-template TEXT")
	}
	return target.Credential{}, false
}

// credentialForLook is credential for a look beside the check: what is missing for it is
// not missing for the check.
func (j *judgement) credentialForLook() (target.Credential, bool) {
	missing, broken := j.missing, j.broken
	defer func() { j.missing, j.broken = missing, broken }()
	return j.credential()
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

// callOf is the request of the description for a job: without a body, unless the
// message has fields.
func (j *judgement) callOf(job string, credential target.Credential) target.Request {
	request := target.Request{
		Purpose:    cmp.Or(j.Method.Operation.Path.Verb(), "call") + " " + job,
		Method:     j.Method.Operation.Method,
		Path:       j.Method.Operation.Path.Expand(job),
		Query:      j.Method.Operation.RequiredQuery(),
		Credential: credential,
		Job:        job,
		Call:       true,
		Once:       j.mayConsume(job),
	}
	if requestHasFields(j.Method) {
		request.Header, request.Body = contentType(j.Method.Operation.RequestMediaType), []byte(message(j.Method))
	}
	return request
}

// message is a request message: the description's example where the message has
// fields, or an empty one.
func message(method *spec.Method) string {
	if !requestHasFields(method) {
		return "{}"
	}
	return cmp.Or(string(method.Operation.RequestExample), "{}")
}

// mayConsume reports whether a request is a call that uses its job up, so that it
// must not be sent twice. What must be refused has no effect, on however many
// attempts.
func (j *judgement) mayConsume(job string) bool {
	if j.check.phase == refusing {
		return false
	}
	return slices.ContainsFunc(j.Method.AcceptedStates, func(state string) bool { return slices.Contains(j.Target.Jobs(state), job) })
}

// readState sends a request to the state method, where there is one.
func (j *judgement) readState(job string, credential target.Credential) *target.Exchange {
	if !hasStateMethod(j.Method) {
		return nil
	}
	exchange := j.send(j.stateRequest(job, credential))
	if state := j.stateIn(exchange); state != "" {
		if before := j.session.shown[job]; slices.Contains(j.Method.AcceptedStates, before) && slices.Contains(j.Target.Jobs(before), job) && state != before {
			j.session.left = j.session.left || !j.session.accepted[job]
		}
		j.session.shown[job] = state
	}
	return exchange
}

// stateRequest is a request of the state method.
func (j *judgement) stateRequest(job string, credential target.Credential) target.Request {
	return target.Request{
		Purpose:    "read the state of " + job,
		Method:     j.Method.ReadState.Method,
		Path:       j.Method.ReadState.Path.Expand(job),
		Query:      j.Method.ReadState.RequiredQuery(),
		Credential: credential,
		Job:        job,
	}
}

// stateIn returns the state in a response of the state method; empty where there
// is none.
func (j *judgement) stateIn(exchange *target.Exchange) string {
	if exchange == nil || !exchange.Complete() {
		return ""
	}
	return j.responseTo(exchange).stateBy(j.Method)
}

// jobIDIn returns the new job's id in a response; empty where there is none.
func (j *judgement) jobIDIn(exchange *target.Exchange) string {
	if !hasNewID(j.Method) {
		return ""
	}
	return j.responseTo(exchange).textMember(j.Method.IDField)
}

// noJobReason says why there is no job for a check that any would do for.
func (j *judgement) noJobReason() string {
	given := func(state string) bool { return len(j.Target.Jobs(state)) > 0 }
	switch {
	case !given("") && !slices.ContainsFunc(j.Method.States, given):
		return "needs an existing job, and none was given"
	case !j.Target.MayConsume():
		return "needs a job in any state, and using up the given ones was not allowed"
	case len(j.session.inOrder) > 0:
		return "needs an unused job in the state that it was given as"
	}
	return "needs a job in any state, and all the given jobs are used up"
}

// anyJobFlag is the flag that supplies a job that the server knows.
func (j *judgement) anyJobFlag() string {
	refused := j.Method.RefusedStates()
	if !j.Target.MayConsume() && j.acceptedGiven() {
		return strings.Join(append([]string{result.ConsumeFlag}, result.JobFlags(refused[:min(1, len(refused))])...), " or ")
	}
	return result.JobFlag(slices.Concat(j.Method.AcceptedStates, refused[:min(1, len(refused))]))
}

// consumeFlag is the flag that supplies a job to be used up.
func (j *judgement) consumeFlag() string {
	flag := result.JobFlag(j.Method.AcceptedStates)
	switch {
	case j.Target.MayConsume():
		return flag
	case j.acceptedGiven():
		return result.ConsumeFlag
	}
	return result.ConsumeFlag + " with " + flag
}

// skipWithoutSuccess skips a check that needs a success.
func (j *judgement) skipWithoutSuccess(reason string) {
	if len(j.session.inOrder) > 0 {
		j.Skip(reason+j.staleText(), j.changedFlag())
		return
	}
	if j.failsWithJobs() || j.wasted() > 0 {
		j.Skip(reason+result.FixFirst, "")
		return
	}
	j.Skip(reason, j.consumeFlag())
}

// wasted counts the given jobs that were used up by requests that had to be refused.
func (j *judgement) wasted() int {
	used := map[string]bool{}
	for _, exchange := range j.Target.Journal() {
		sent := exchange.Request
		if !sent.Call || exchange.Complete() && !exchange.Succeeded() && !exchange.Unsettled() || j.session.checks[j.session.places[exchange.Check]].phase >= consuming {
			continue
		}
		for _, state := range j.Method.AcceptedStates {
			if j.session.changed[sent.Job] == "" && slices.Contains(j.Target.Jobs(state), sent.Job) && !slices.Contains(j.Target.Unused(state), sent.Job) {
				used[sent.Job] = true
			}
		}
	}
	return len(used)
}

// failsWithJobs reports whether another job would not help, after the first call. One
// that was refused because of its job, where no other one is left, may have been given
// in the wrong state.
func (j *judgement) failsWithJobs() bool {
	first := j.session.first
	if first == nil || first.exchange == nil {
		return false
	}
	others := func(state string) bool {
		return slices.ContainsFunc(j.Target.Unused(state), func(id string) bool { return id != first.job })
	}
	return j.Target.MakesJobs() || !j.isJobRefusal(first.exchange) || slices.ContainsFunc(j.Method.AcceptedStates, others)
}

// acceptedGiven reports whether a job was given that the method accepts.
func (j *judgement) acceptedGiven() bool {
	if j.Target.MakesJobs() {
		return true
	}
	if !hasStates(j.Method) {
		return len(j.Target.Jobs("")) > 0
	}
	return slices.ContainsFunc(j.Method.AcceptedStates, func(state string) bool { return len(j.Target.Jobs(state)) > 0 })
}

// missingInputs are the flags that supply what a call needs and was not given; empty
// where nothing is missing.
func (j *judgement) missingInputs() string {
	var flags []string
	if _, found := j.credentialForLook(); !found {
		flags = append(flags, "--token-template or --token")
	}
	given := func(state string) bool { return len(j.Target.Jobs(state)) > 0 }
	switch {
	case j.Target.MakesJobs() || given("") || slices.ContainsFunc(j.Method.States, given):
	case hasStates(j.Method):
		flags = append(flags, "--job STATE=ID")
	default:
		flags = append(flags, "--job ID")
	}
	return strings.Join(flags, ", and ")
}

// keepsState reads the state of a job again and expects that it did not change.
func (j *judgement) keepsState(id string, job jobUnderTest, credential target.Credential) {
	if job.state == "" {
		j.unread[id] = "the state of " + job.id + " could not be read"
		return
	}
	j.keptState(id, j.readState(job.id, credential), job.state)
}

// keptState is keepsState for a state that was read.
func (j *judgement) keptState(id string, read *target.Exchange, state string) {
	if !j.otherChanged(read, state) {
		j.showsState(id, read, state)
	}
}

// fitsPath reports whether an id can be a segment of the method's paths.
func fitsPath(method *spec.Method, id string) bool {
	return id != "" && !strings.Contains(id, "/") && (method.IDPattern == nil || method.IDPattern.MatchString(id))
}

// successes lists the calls of the whole run that succeeded. The response to HEAD has no
// body (RFC 9110, 9.3.2).
func (j *judgement) successes() []*target.Exchange {
	var succeeded []*target.Exchange
	for _, exchange := range j.journal() {
		if exchange.Succeeded() && exchange.Complete() && exchange.Request.Method != http.MethodHead && !asksForPart(exchange.Request) {
			succeeded = append(succeeded, exchange)
		}
	}
	if len(succeeded) == 0 {
		j.skipWithoutSuccess("no call succeeded in this run")
	}
	return succeeded
}

// contentType makes the header of a request with a body.
func contentType(kind string) http.Header { return http.Header{"Content-Type": {kind}} }
