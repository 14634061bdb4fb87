package broken

import (
	"net/http"
	"time"

	"github.com/dpconform/dpconform/clienttest"
)

// The jobs of the reference server that a call without a scenario retries.
const (
	failedJob   = "failed-1"
	completeJob = "complete-1"
)

// plainFaults are of calls that no scenario is about, as in front of a server
// upstream.
func plainFaults() []Fault {
	with := func(job string, change func() program) func() program {
		return func() program {
			made := change()
			made.job = job
			return made
		}
	}
	refused := func(got reply) bool { return got.err == nil && got.status != http.StatusOK }
	return []Fault{
		{"misspelled-scenario", "The client chooses a scenario that there is not.", clienttest.ConditionKnown, NoScenario, nil,
			with("scenario-sucess-1", right)},
		{"plain-invented-id", "The caller is given an id that the server never gave.", "client.outcome.new-id", NoScenario, nil,
			with(failedJob, telling(func(t task, _ reply) clienttest.Outcome { return clienttest.Succeeded(t.job, "invented") }))},
		{"plain-error-swallowed", "A refusal is told as a success.", "client.outcome.error", NoScenario, nil,
			with(completeJob, telling(func(t task, _ reply) clienttest.Outcome { return clienttest.Succeeded(t.job, "invented") }))},
		{"plain-code-changed", "Every error is told as 500.", "client.outcome.code", NoScenario, nil,
			with(completeJob, tellingError(func(e *clienttest.ToldError) { e.Code = http.StatusInternalServerError }))},
		{"plain-again-after-refusal", "A job that is not FAILED is retried until it is.", "client.repeat.failed-precondition", NoScenario, nil,
			with(completeJob, asking(3, time.Second/10, refused))},
		{"plain-again-after-success", "A call that succeeded is made again.", "client.repeat.after-success", NoScenario, nil,
			with(failedJob, asking(1, 0, afterStatus(http.StatusOK)))},
	}
}
