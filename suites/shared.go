package suites

import (
	"net/http"
	"slices"

	"github.com/onsi/gomega/types"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
)

// repeatsEach is the number of responses to a requirement's requests that are found to
// be spoiled by sending them once more. The others are not used.
const repeatsEach = 5

// spoiled is a response that a shared connection spoiled.
type spoiled struct {
	exchange *target.Exchange
	seen     comparison
	// apart is what the request gets over a connection of its own.
	apart string
}

// meetsApart reports whether a request gets what is expected over a connection of its
// own, where it did not over a shared one. Then the connection is to blame: what is
// expected is tested by the second response, and nothing shares a connection any
// more. What fails both times is the finding of its requirement, which is not
// repeated: one response that came alone is enough.
//
// A second success would have a second effect. On this machine that is the price of
// the right diagnosis; elsewhere the finding says how the response came.
func (j *judgement) meetsApart(id string, received *response, expected types.GomegaMatcher, seen *comparison) bool {
	shared := received.exchange
	if !shared.Shared || j.session.certain[id] {
		return false
	}
	if !shared.Complete() && !shared.Fault.ServerOwn() {
		return false
	}
	if (shared.Succeeded() || shared.Request.Once) && !j.Target.Loopback() {
		if shared.After > 0 {
			seen.got += ", over a connection that another request had used"
		}
		return false
	}
	if shared.After > 0 && j.session.repeated[id] >= repeatsEach {
		j.session.excuse([]*target.Exchange{shared})
		return true
	}
	apart := j.apart(shared)
	if apart == nil || !apart.Complete() && !apart.Fault.ServerOwn() {
		return false
	}
	meets, alone := explain(expected, j.responseTo(apart))
	meets = meets && apart.Complete()
	if meets && j.usedUp(shared) {
		j.session.apart[shared] = nil
		return false
	}
	if !meets || shared.After == 0 {
		j.session.certain[id] = !meets
		return false
	}
	j.session.repeated[id]++
	j.session.byConnection = append(j.session.byConnection, spoiled{shared, *seen, alone.got})
	j.session.responses[shared] = j.responseTo(apart)
	j.session.excuse([]*target.Exchange{shared})
	j.Target.ReuseConnections(false)
	return true
}

// apart sends a request once more, over a connection of its own, and what may have
// used up its job for another one. It returns nil where none is left, or where the job
// is in another state than before: a refusal for that says nothing of the connection.
func (j *judgement) apart(shared *target.Exchange) *target.Exchange {
	known, sent := j.session.apart[shared]
	if !sent {
		request := shared.Request
		if request.Once {
			another, found := j.anotherJob(nil)
			if !found {
				return nil
			}
			call := j.callOf(another, request.Credential)
			request.Path, request.Job = call.Path, call.Job
		}
		if request.Once || !j.hasMoved(request.Job) {
			known = j.alone(request)
		}
		j.session.apart[shared] = known
	}
	j.look(known)
	return known
}

// hasMoved reports whether a job is in another state than it was in, or was given as,
// or is gone.
func (j *judgement) hasMoved(job string) bool {
	shown := j.session.shown[job]
	given := slices.IndexFunc(j.Method.States, func(state string) bool { return slices.Contains(j.Target.Jobs(state), job) })
	if shown == "" && given < 0 || !hasStateMethod(j.Method) {
		return false
	}
	credential, found := j.credentialForLook()
	if !found {
		return false
	}
	exchange := j.alone(j.stateRequest(job, credential))
	now := j.stateIn(exchange)
	if shown != "" {
		return exchange.Complete() && now != shown
	}
	return now != "" && now != j.Method.States[given]
}

// usedUp reports whether a call may have used up its job, where the state cannot be read:
// the call as it is documented is refused too. Then a refusal of the same request says
// nothing of the connection. Only on this machine: the plain call may use up the job.
func (j *judgement) usedUp(shared *target.Exchange) bool {
	request := shared.Request
	credential, found := j.credentialForLook()
	if !found || !j.Target.Loopback() || !request.Call || request.Once || shared.Status/100 == 4 || !j.Target.Given(request.Job) {
		return false
	}
	if hasStateMethod(j.Method) && j.stateIn(j.alone(j.stateRequest(request.Job, credential))) != "" {
		return false // apart has compared it.
	}
	return !j.alone(j.callOf(request.Job, credential)).Succeeded()
}

// reportSpoiled reports what shared connections spoiled. A server that fails now and
// then does so over any connection.
func reportSpoiled(j *judgement) {
	failing := slices.ContainsFunc(j.journal(), func(exchange *target.Exchange) bool {
		return !exchange.Shared && exchange.Complete() && exchange.Status >= http.StatusInternalServerError && !exchange.Request.FrontEnd
	})
	for _, one := range j.session.byConnection {
		if failing && one.exchange.Status >= http.StatusInternalServerError {
			continue
		}
		place := one.seen.place
		if !one.exchange.Complete() {
			place = result.InFault
		}
		j.FailAt(place, result.PersistentConnection, one.exchange, one.seen.want,
			one.seen.got+", over a connection that other requests had used; alone, "+one.apart)
	}
}
