package suites

import (
	"fmt"
	"strings"

	"github.com/onsi/gomega/matchers"
	"github.com/onsi/gomega/types"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
)

// expect reports whether the response of an exchange matches. Where it does not,
// or the server sent no whole response, the requirement fails.
func (j *judgement) expect(id string, exchange *target.Exchange, expected types.GomegaMatcher) bool {
	received := j.responseTo(exchange)
	if exchange = received.exchange; exchange.Complete() {
		return j.compare(id, received, expected)
	}
	_, seen := explain(expected, received)
	return j.meetsApart(id, received, expected, &seen) || j.responded(id, exchange, seen.want)
}

// responseTo is the response of an exchange that has ended.
func (j *judgement) responseTo(exchange *target.Exchange) *response {
	known, seen := j.session.responses[exchange]
	if !seen {
		known = responseTo(exchange)
		j.session.responses[exchange] = known
	}
	return known
}

// meets expects what the description allows for the requirement.
func (j *judgement) meets(id string, exchange *target.Exchange) bool {
	requirement, _ := j.Method.Requirement(id)
	return j.expect(id, exchange, meet(requirement))
}

// hasNoEffect looks at the status alone: it shows a success even where the body
// broke off, and no response at all is another requirement's.
func (j *judgement) hasNoEffect(id string, exchange *target.Exchange) bool {
	return j.compare(id, j.responseTo(exchange), HaveNoEffect())
}

// showsState expects one of the states in a response of the state method, if
// there is one.
func (j *judgement) showsState(id string, exchange *target.Exchange, states ...string) {
	if exchange != nil && exchange.Complete() {
		j.compare(id, j.responseTo(exchange), HaveState(j.Method, states...))
	}
}

// compare is expect for what was received so far.
func (j *judgement) compare(id string, received *response, expected types.GomegaMatcher) bool {
	j.tested[id] = j.tested[id] || received.status > 0
	ok, seen := explain(expected, received)
	if ok || j.meetsApart(id, received, expected, &seen) {
		return true
	}
	if !received.exchange.Complete() {
		seen.place = result.InFault
	}
	j.FailAt(seen.place, id, received.exchange, seen.want, seen.got)
	return false
}

// comparison is what a matcher wants, and what it found where.
type comparison struct {
	want, got string
	place     result.Place
}

// explain holds a response against a matcher. It walks Gomega's And, Or and Not,
// whose own texts have no separate want and got, and whose FailureMessage must
// not be asked for unless it was they that failed.
func explain(expected types.GomegaMatcher, received *response) (ok bool, seen comparison) {
	switch expected := expected.(type) {
	case *matcher:
		got, place, ok := expected.examine(received)
		return ok, comparison{expected.want, got, place}
	case *matchers.AndMatcher:
		var wants []string
		for _, each := range expected.Matchers {
			if ok, seen = explain(each, received); !ok {
				return false, seen
			}
			wants = append(wants, seen.want)
		}
		seen.want = strings.Join(wants, " and ")
		return true, seen
	case *matchers.OrMatcher:
		var wants []string
		for i, each := range expected.Matchers {
			ok, one := explain(each, received)
			if ok {
				return true, one
			}
			if i == 0 {
				seen = one
			}
			wants = append(wants, one.want)
		}
		seen.want = strings.Join(wants, " or ")
		return false, seen
	case *matchers.NotMatcher:
		ok, seen = explain(expected.Matcher, received)
		seen.want = negated(seen.want)
		return !ok, seen
	}
	panic(fmt.Sprintf("no want and got are known of a %T", expected))
}
