package suites

import (
	"fmt"
	"slices"

	"github.com/dpconform/dpconform/internal/target"
)

// A retry that may have started a job is never sent again where nobody knows
// what became of it: AIP-194, https://google.aip.dev/194#guidance. Another
// failed job is retried in its place.

// unsettledInARow is the number of such retries in a row that are the server's
// doing, and no chance of the network.
const unsettledInARow = 5

// retryOnce retries a failed job, and where nobody knows what came of it
// another one, but none of those that are set apart. It returns nil where no job
// is left, and says so.
func (j *judgement) retryOnce(job string, apart []string, request func(job string) target.Request) *target.Exchange {
	return j.settled(j.send(request(job)), apart, request)
}

// settled returns an exchange whose effect is known: the given one, or that of
// another job. If it has no response, that is the server's doing.
func (j *judgement) settled(exchange *target.Exchange, apart []string, request func(job string) target.Request) *target.Exchange {
	var open []*target.Exchange
	for exchange.Request.Once && exchange.Unsettled() && j.byChance() {
		j.session.unsettled++
		if j.session.unsettled >= unsettledInARow {
			return exchange
		}
		open = append(open, exchange)
		another, found := j.anotherJob(apart)
		if !found {
			j.session.excuse(open)
			j.broken = describe(exchange) + "; it is not known whether a job was started, so the retry is not sent again, and no other failed job is left"
			return nil
		}
		exchange = j.send(request(another))
	}
	j.session.unsettled = 0
	j.session.excuse(open)
	return exchange
}

// byChance reports whether the network may have lost the response to a retry. On
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

// anotherJob finds a failed job from which no retry has started.
func (j *judgement) anotherJob(apart []string) (string, bool) {
	for _, state := range j.Method.AcceptedStates {
		for _, id := range j.Target.Unstarted(state) {
			if !slices.Contains(apart, id) {
				return id, true
			}
		}
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

// manyTogether is the number of retries sent at the same time that cannot be
// made up for one by one: what they were to show, they do not show alone.
const manyTogether = 3

// settledTogether is settled for retries that were sent at the same time. Where
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
		j.broken = fmt.Sprintf("%d of %d retries at the same time got no response, as other requests did by chance; the first: %s",
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
