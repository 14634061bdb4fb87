package broken

import (
	"net/http"
	"time"

	"github.com/dpconform/dpconform/clienttest"
)

func repeatFaults() []Fault {
	broke := func(got reply) bool { return got.err != nil }
	return []Fault{
		{"again-after-success", "A call that succeeded is made again.", "client.repeat.after-success", "success",
			[]string{"client.repeat.bounded", "client.outcome.new-id"}, asking(1, 0, afterStatus(http.StatusOK))},
		{"again-after-reset", "A call whose connection was reset is made again.", "client.repeat.unknown-effect", "reset",
			[]string{"client.repeat.bounded"}, asking(2, 0, broke)},
		{"again-after-hang-up", "A call whose connection was closed is made again.", "client.repeat.unknown-effect", "hang-up",
			[]string{"client.repeat.bounded"}, asking(1, 0, broke)},
		{"again-after-truncation", "A call whose answer was cut short is made again.", "client.repeat.unknown-effect", "truncated",
			[]string{"client.repeat.bounded"}, asking(1, 0, broke)},
		{"again-after-timeout", "A call whose answer was not awaited is made again.", "client.repeat.unknown-effect", "slow",
			[]string{"client.repeat.bounded"}, changed(func(p *program) {
				p.patience = time.Second
				p.again = func(attempt int, got reply) (time.Duration, bool) { return 0, attempt < 1 && got.err != nil }
			})},
		{"again-after-failed-precondition", "A job that is not FAILED is retried until it is.", "client.repeat.failed-precondition", "not-failed",
			[]string{"client.repeat.bounded"}, asking(3, 0, afterStatus(http.StatusBadRequest))},
		{"again-after-not-found", "A job that is not there is retried until it is.", "client.repeat.not-found", "not-found",
			[]string{"client.repeat.bounded"}, asking(3, 0, afterStatus(http.StatusNotFound))},
		{"again-after-forbidden", "A token without a scope is tried until it has one.", "client.repeat.permission-denied", "forbidden",
			[]string{"client.repeat.bounded"}, asking(1, 0, afterStatus(http.StatusForbidden))},
		{"same-token-again", "A refused token is tried again.", "client.repeat.unauthenticated", "token-expired", nil,
			asking(1, 0, afterStatus(http.StatusUnauthorized))},
		{"retry-after-ignored", "Retry-After is not looked at.", "client.repeat.retry-after", "rate-limited", nil,
			asking(1, 0, afterStatus(http.StatusTooManyRequests))},
		{"retry-storm", "A busy server is asked again at once.", "client.repeat.backoff", "overloaded",
			[]string{"client.repeat.bounded"},
			asking(20, 0, afterStatus(http.StatusServiceUnavailable))},
		{"short-waits", "A busy server is asked again every 10 ms.", "client.repeat.backoff", "overloaded",
			[]string{"client.repeat.bounded"},
			asking(20, 10*time.Millisecond, afterStatus(http.StatusServiceUnavailable))},
		{"endless", "A busy server is asked without an end.", "client.repeat.bounded", "overloaded", nil,
			asking(8, firstWait, afterStatus(http.StatusServiceUnavailable))},
		{"gives-up-in-silence", "A busy server is not asked again, and nobody is told.", clienttest.ConditionSteps, "unavailable", nil,
			changed(func(p *program) { p.silent = true })},
		{"never-calls", "Nothing is sent.", clienttest.ConditionCalled, "success", nil, changed(func(p *program) { p.idle = true })},
	}
}

func outcomeFaults() []Fault {
	return []Fault{
		{"old-id-for-new", "The caller is given the id of the old job.", "client.outcome.new-id", "success", nil,
			telling(func(t task, got reply) clienttest.Outcome {
				if got.err == nil && got.status == http.StatusOK {
					return clienttest.Succeeded(t.job, t.job)
				}
				return tellAll(t, got)
			})},
		{"id-lost", "The caller is given no id.", "client.outcome.new-id", "success", nil,
			telling(func(t task, _ reply) clienttest.Outcome { return clienttest.Succeeded(t.job, "") })},
		{"strict-reader", "A member that the client does not know is an error.", "client.outcome.unknown-fields", "unknown-fields", nil,
			telling(func(t task, got reply) clienttest.Outcome {
				id, err := readID(got.body, true)
				if err != nil {
					return clienttest.Failed(t.job, clienttest.ToldError{Message: err.Error()})
				}
				return clienttest.Succeeded(t.job, id)
			})},
		{"id-invented", "The caller is given the old id where the answer has none.", "client.outcome.no-invented-id", "missing-id", nil,
			telling(func(t task, _ reply) clienttest.Outcome { return clienttest.Succeeded(t.job, t.job) })},
		{"error-swallowed", "A refusal is told as a success.", "client.outcome.error", "not-failed", nil,
			telling(func(t task, _ reply) clienttest.Outcome { return clienttest.Succeeded(t.job, "") })},
		{"truncation-swallowed", "An answer that was cut short is told as a success.", "client.outcome.incomplete", "truncated", nil,
			telling(func(t task, _ reply) clienttest.Outcome { return clienttest.Succeeded(t.job, "job") })},
		{"reset-swallowed", "A connection that was reset is told as a success.", "client.outcome.incomplete", "reset", nil,
			telling(func(t task, _ reply) clienttest.Outcome { return clienttest.Succeeded(t.job, "") })},
		{"code-hidden", "The error does not tell the HTTP status.", "client.outcome.code", "forbidden", nil,
			tellingError(func(e *clienttest.ToldError) { e.Code = 0 })},
		{"code-changed", "Every error is told as 500.", "client.outcome.code", "rate-limited", nil,
			tellingError(func(e *clienttest.ToldError) { e.Code = http.StatusInternalServerError })},
		{"status-hidden", "The error does not tell the google.rpc.Code.", "client.outcome.status", "not-found", nil,
			tellingError(func(e *clienttest.ToldError) { e.Status = "" })},
		{"message-hidden", "The error has a message of the client's own.", "client.outcome.message", "not-failed", nil,
			tellingError(func(e *clienttest.ToldError) { e.Message = "something went wrong" })},
	}
}
