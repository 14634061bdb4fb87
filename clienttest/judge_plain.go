package clienttest

import "strings"

// demands reports whether the call is about a requirement. One that no scenario
// is about is about all that its answers bring up.
func (j *judgement) demands(id string) bool {
	if j.plain {
		return strings.HasPrefix(id, "client.repeat.") || strings.HasPrefix(id, "client.outcome.")
	}
	return j.scenario != nil && j.scenario.demands(id)
}

// Why the outcome of a redirect is not judged where no scenario says what is at
// its other end.
const (
	redirected = "the last answer was a redirect, and what came from where it leads was not seen"
)

// judgePlain judges a call that no scenario is about by the answers that it got.
func judgePlain(j *judgement, call *Call, attempts []*Arrived, last *Arrived, outcome *Outcome, how judging) {
	if len(attempts) == 0 {
		return
	}
	if !how.sharedJob && call.Job != "" {
		judgeRepeats(j, attempts)
	}
	switch {
	case how.wireOnly:
	case last.Answer.Delivery == Whole && isRedirect(last.Answer.Status):
		j.skip(outcomeError, redirected, "")
	default:
		judgeOutcome(j, last, told{outcome: outcome, hint: how.hint})
	}
}
