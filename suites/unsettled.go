package suites

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/target"
)

// A call that may have used up its job is never sent again where nobody knows what
// became of it: AIP-194, https://google.aip.dev/194#guidance. Another job takes
// its place.

// unsettledInARow is the number of such calls in a row that are the server's
// doing, and no chance of the network.
const unsettledInARow = 5

// callOnce calls the method for a job, and where nobody knows what came of it for
// another one, but none of those that are set apart. It returns nil where no job
// is left, and says so.
func (j *judgement) callOnce(job string, apart []string, request func(job string) target.Request) *target.Exchange {
	return j.settled(j.send(request(job)), apart, request)
}

// settled returns an exchange whose effect is known, of a job that the method
// accepts: the given one, or that of another job. If it has no response, that is
// the server's doing.
func (j *judgement) settled(exchange *target.Exchange, apart []string, request func(job string) target.Request) *target.Exchange {
	for {
		exchange = j.known(exchange, apart, request)
		if exchange == nil || !j.isStale(exchange) {
			return exchange
		}
		another, found := j.anotherJob(apart)
		if !found {
			j.Skip("no other given job is left"+j.staleText(), j.consumeFlag())
			return nil
		}
		exchange = j.send(request(another))
	}
}

// isStale reports whether a call was refused because its job is no longer in the
// state that it was given as: it may have ended by itself. The job is set aside, as is
// one whose id is mistyped. A refusal that changes the job to a resulting state is no
// such thing.
func (j *judgement) isStale(exchange *target.Exchange) bool {
	missed := exchange.Complete() && exchange.Status == http.StatusNotFound
	if !exchange.Complete() || !missed && !j.isJobRefusal(exchange) {
		return false
	}
	job := exchange.Request.Job
	before := j.session.shown[job]
	if missed {
		return before == "" && j.isUnknown(job, exchange.Request.Credential)
	}
	state := j.stateIn(j.readState(job, exchange.Request.Credential))
	if !slices.Contains(j.Method.RefusedStates(), state) ||
		slices.Contains(j.Method.AcceptedStates, before) && slices.Contains(j.Method.ResultingStates, state) {
		return false
	}
	j.Target.SetAside(job)
	j.session.stale = append(j.session.stale, job+" is "+state)
	return true
}

// isUnknown reports whether the state method does not know a job, but others, and sets
// it aside.
func (j *judgement) isUnknown(job string, credential target.Credential) bool {
	others := slices.ContainsFunc(slices.Collect(maps.Values(j.session.shown)), func(state string) bool { return state != "" })
	read := j.readState(job, credential)
	if !others || read == nil || !read.Complete() || read.Status != http.StatusNotFound {
		return false
	}
	j.Target.SetAside(job)
	j.session.stale = append(j.session.stale, job+" is unknown to the server")
	return true
}

// staleText says which given jobs are not in the state that they were given as;
// empty where none is known.
func (j *judgement) staleText() string {
	if len(j.session.stale) == 0 {
		return ""
	}
	return "; not in the given state: " + strings.Join(j.session.stale, ", ")
}

// known returns an exchange whose effect is known: the given one, or that of
// another job.
func (j *judgement) known(exchange *target.Exchange, apart []string, request func(job string) target.Request) *target.Exchange {
	var open []*target.Exchange
	for exchange.Request.Once && exchange.Unsettled() && j.byChance() {
		j.session.unsettled++
		if j.session.unsettled >= unsettledInARow {
			return exchange
		}
		open = append(open, exchange)
		another, found := j.anotherJob(apart)
		down := exchange.Fault != nil && exchange.Fault.Kind == target.Unavailable
		if !found || down {
			j.session.excuse(open)
			j.broken = describe(exchange) + "; it is not known whether the call succeeded, so it is not sent again"
			if !down {
				j.broken += ", and no other job is left"
			}
			return nil
		}
		exchange = j.send(request(another))
	}
	j.session.unsettled = 0
	j.session.excuse(open)
	return exchange
}

// byChance reports whether the network may have lost the response to a call. On
// this machine it may not, unless other requests without a response got one when
// they were sent again.
func (j *judgement) byChance() bool {
	if !j.Target.Loopback() {
		return true
	}
	return slices.ContainsFunc(j.Target.Journal(), func(exchange *target.Exchange) bool {
		return !exchange.Unsettled() && slices.ContainsFunc(exchange.Earlier, (*target.Exchange).Unsettled)
	})
}

// anotherJob finds a job that the method accepts and that is not used up.
func (j *judgement) anotherJob(apart []string) (string, bool) {
	for _, state := range j.Method.AcceptedStates {
		for _, id := range j.Target.Unused(state) {
			if !slices.Contains(apart, id) {
				return id, true
			}
		}
	}
	if !hasStates(j.Method) {
		return "", false
	}
	state := j.Method.AcceptedStates[0]
	before := len(j.Target.Unused(state))
	j.makeJobs(state, before+1)
	if made := j.Target.Unused(state); len(made) > before {
		return made[before], true
	}
	return "", false
}

// excuse keeps exchanges that say nothing of the server from the checks that
// look at all.
func (s *session) excuse(exchanges []*target.Exchange) {
	for _, exchange := range exchanges {
		s.excused[exchange] = true
	}
}

// manyTogether is the number of calls sent at the same time that cannot be
// made up for one by one: what they were to show, they do not show alone.
const manyTogether = 3

// settledTogether is settled for calls that were sent at the same time. Where
// the network may have lost many of the responses, those are not tested.
func (j *judgement) settledTogether(exchanges []*target.Exchange, request func(job string) target.Request) []*target.Exchange {
	var settled, open []*target.Exchange
	for _, exchange := range exchanges {
		if exchange.Unsettled() {
			open = append(open, exchange)
		} else {
			settled = append(settled, exchange)
		}
	}
	if len(open) >= manyTogether && j.byChance() {
		j.session.excuse(open)
		j.broken = fmt.Sprintf("%d of %d concurrent calls got no response, like other requests that failed at random; first: %s",
			len(open), len(exchanges), describe(open[0]))
		return settled
	}
	settled = settled[:0:0]
	for _, exchange := range exchanges {
		if known := j.settled(exchange, nil, request); known != nil {
			settled = append(settled, known)
		}
	}
	return settled
}
