package suites

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
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
		for found && j.hasChanged(another, j.readState(another, exchange.Request.Credential)) {
			another, found = j.anotherJob(apart)
		}
		if !found {
			if _, missing := j.acceptedJobs(1); missing != nil {
				j.skipFor(missing)
			} else {
				j.Skip("no other given job is left"+j.staleText(), j.changedFlag())
			}
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
	read := j.readState(job, exchange.Request.Credential)
	if slices.Contains(j.Method.AcceptedStates, before) && slices.Contains(j.Method.ResultingStates, j.stateIn(read)) {
		return false
	}
	return j.hasChanged(job, read)
}

// hasChanged reports whether a job that was given in a state that the method accepts is
// shown in one that it refuses, and sets it aside. Once, it looks at the others too.
func (j *judgement) hasChanged(job string, read *target.Exchange) bool {
	first := len(j.session.inOrder) == 0
	state := j.stateIn(read)
	if !slices.Contains(j.Method.RefusedStates(), state) {
		return false
	}
	if _, known := j.session.changed[job]; !known {
		j.session.inOrder = append(j.session.inOrder, job)
	}
	j.session.changed[job] = state
	j.Target.SetAside(job)
	for _, accepted := range j.Method.AcceptedStates {
		for _, other := range j.Target.Unused(accepted) {
			if first && !j.wasCalled(other) {
				j.hasChanged(other, j.readState(other, read.Request.Credential))
			}
		}
	}
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

// wasCalled reports whether a call was sent for a job.
func (j *judgement) wasCalled(job string) bool {
	return slices.ContainsFunc(j.Target.Journal(), func(one *target.Exchange) bool { return one.Request.Call && one.Request.Job == job })
}

// changedText says which given jobs left the state in which the method accepts them;
// empty where none did.
func (j *judgement) changedText() string {
	const few = 3
	all := j.session.inOrder
	if len(all) == 0 {
		return ""
	}
	given := 0
	for _, state := range j.Method.AcceptedStates {
		given += len(j.Target.Jobs(state))
	}
	accepted := text.List(j.Method.AcceptedStates, "or")
	no := " not "
	if j.session.left {
		no = result.NoLonger
	}
	var words string
	switch {
	case given == 1:
		words = "the given job is" + no + accepted
	case len(all) == 1:
		words = fmt.Sprintf("1 of the %d given jobs is%s%s", given, no, accepted)
	case len(all) == given:
		words = fmt.Sprintf("the %d given jobs are%s%s", given, no, accepted)
	default:
		words = fmt.Sprintf("%d of the %d given jobs are%s%s", len(all), given, no, accepted)
	}
	var groups []string
	for _, same := range text.Grouped(all, func(job string) string { return j.session.changed[job] }) {
		are, names := "is", same
		if len(same) > 1 {
			are = "are"
		}
		if rest := len(same) - few; rest > 1 {
			names = append(slices.Clone(same[:few]), fmt.Sprintf("%d more", rest))
		}
		groups = append(groups, fmt.Sprintf("%s %s %s", text.List(names, "and"), are, j.session.changed[same[0]]))
	}
	return words + ": " + strings.Join(groups, "; ")
}

// changedFlag is the flag that supplies a job to be used up; where several were in the
// given state and left it by themselves, one that is made when it is needed.
func (j *judgement) changedFlag() string {
	switch {
	case len(j.session.inOrder) < 2 || !j.session.left:
		return j.consumeFlag()
	case j.Target.MakesJobs():
		return ""
	}
	return "--job-command COMMAND"
}

// otherChanged reports whether a job that no call was sent for left a given state too,
// so that no request is to blame for what another job shows. Then the check is skipped.
func (j *judgement) otherChanged(read *target.Exchange, state string) bool {
	shown := j.stateIn(read)
	if shown == "" || shown == state || !slices.Contains(j.Method.AcceptedStates, state) {
		return false
	}
	for _, other := range slices.Backward(j.Target.Unused(state)) {
		if !j.wasCalled(other) {
			if !j.hasChanged(other, j.readState(other, read.Request.Credential)) {
				return false
			}
			j.hasChanged(read.Request.Job, read)
			j.Skip("jobs change by themselves"+j.staleText(), j.changedFlag())
			return true
		}
	}
	return false
}

// staleText says which given jobs are not in the state that they were given as;
// empty where none is known.
func (j *judgement) staleText() string {
	words := ""
	if changed := j.changedText(); changed != "" {
		words = "; " + changed
	}
	return words + j.otherStateText()
}

// otherStateText is staleText for the jobs that were given as refused, and for ids that
// are unknown.
func (j *judgement) otherStateText() string {
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
