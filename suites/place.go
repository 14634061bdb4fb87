package suites

import (
	"github.com/dpconform/dpconform/internal/target"
)

// placeOf is the place of a finding that does not say one.
func placeOf(exchange *target.Exchange) Place {
	switch {
	case exchange == nil:
		return ""
	case !exchange.Answered():
		return InFault
	}
	return InStatus
}

// placeOfState is where a state shows that is read from an answer: in its
// member, or in the status where there is none.
func (j *judgement) placeOfState(exchange *target.Exchange) Place {
	if j.stateIn(exchange) == "" {
		return placeOf(exchange)
	}
	return InMember(j.Contract.StateField)
}
