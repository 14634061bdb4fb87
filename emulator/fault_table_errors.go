package emulator

import (
	"net/http"
	"strconv"
	"strings"
)

func errorFaults() []Fault {
	return []Fault{
		{"refusals-in-latin", "retry.errors.json", "A refusal names the charset ISO-8859-1.",
			answeringHeader(refusalAnswers, "Content-Type", "application/json; charset=ISO-8859-1")},
		{"refusals-in-plain-text", "retry.errors.json", "Refusals are plain text.",
			composing(refusalAnswers, func(_ *call, a *answer) {
				a.body, a.content = []byte(a.failure.text(messageField)+"\n"), nil
				a.header.Set("Content-Type", "text/plain; charset=UTF-8")
			})},
		{"refusals-in-html", "retry.errors.json", "A malformed body is refused with a page.",
			composing(refusalsFor(bodyMalformed), func(_ *call, a *answer) {
				page := newPage(a.status, a.failure.text(messageField))
				a.body, a.content, a.header = page.body, nil, page.header
			})},
		{"refusals-without-body", "retry.errors.json", "An unknown id is refused without a body.",
			composing(refusalsFor(jobUnknown), func(_ *call, a *answer) { a.content = nil })},
		{"refusals-without-envelope", "retry.errors.json", "The members of the error object stand in the answer itself.",
			answeringContent(refusalAnswers, func(_ *call, a *answer) any { return a.failure })},
		{"error-is-text", "retry.errors.json", "The error is a text, as OAuth has it.",
			answeringContent(refusalsFor(scopeMissing), func(*call, *answer) any { return &object{{errorField, "insufficient_scope"}} })},
		{"refusals-named-html", "retry.errors.json", "Refusals are JSON, and named text/html.",
			answeringHeader(refusalAnswers, "Content-Type", "text/html; charset=UTF-8")},
		{"code-of-rpc", "retry.errors.code", "error.code is the number of the google.rpc.Code.",
			failing(refusalAnswers, func(failure *object) { failure.set(codeField, rpcNumbers[failure.text(statusField)]) })},
		{"code-is-text", "retry.errors.code", "error.code is a text.",
			composing(refusalsFor(stateNotRetryable), func(_ *call, a *answer) { a.failure.set(codeField, strconv.Itoa(a.status)) })},
		{"code-missing", "retry.errors.code", "error.code is missing.",
			failing(refusalAnswers, func(failure *object) { failure.remove(codeField) })},
		{"code-of-another-status", "retry.errors.code", "error.code is 500 whatever the HTTP status.",
			failing(refusalsFor(fieldUnknown), func(failure *object) { failure.set(codeField, http.StatusInternalServerError) })},
		{"status-missing", "retry.errors.status", "error.status is missing.",
			failing(refusalAnswers, func(failure *object) { failure.remove(statusField) })},
		{"status-in-lower-case", "retry.errors.status", "error.status is written in lower case.",
			failing(refusalAnswers, func(failure *object) { failure.set(statusField, strings.ToLower(failure.text(statusField))) })},
		{"status-of-another-code", "retry.errors.status", "error.status is a code that maps to another HTTP status.",
			failing(refusalsFor(bodyMalformed), func(failure *object) { failure.set(statusField, codeNotFound) })},
		{"status-made-up", "retry.errors.status", "error.status is no google.rpc.Code.",
			failing(refusalsFor(bodyNoMessage), func(failure *object) { failure.set(statusField, "BAD_REQUEST") })},
		{"bare-not-found", "retry.errors.message", "An unknown id is refused with the code alone.",
			failing(refusalsFor(jobUnknown), func(failure *object) { failure.remove(messageField, statusField, detailsField) })},
		{"message-empty", "retry.errors.message", "error.message is empty.",
			failing(refusalAnswers, func(failure *object) { failure.set(messageField, "") })},
		{"message-is-object", "retry.errors.message", "error.message is an object.",
			failing(refusalsFor(stateNotRetryable), func(failure *object) {
				failure.set(messageField, &object{{"en", failure.text(messageField)}})
			})},
		{"details-is-object", "retry.errors.details", "error.details is an object instead of a list.",
			failing(refusalsFor(stateNotRetryable), func(failure *object) { failure.set(detailsField, &object{{"reason", "STATE"}}) })},
		{"details-of-text", "retry.errors.details", "error.details is a list of texts.",
			failing(refusalsFor(jobUnknown), func(failure *object) { failure.set(detailsField, []any{"no such job"}) })},
		{"details-without-type", "retry.errors.details", "The details have no type.",
			failing(refusalAnswers, func(failure *object) { failure.set(detailsField, []any{&object{{"reason", "REFUSED"}}}) })},
		{"no-error-info", "retry.errors.error-info", "error.details is missing.",
			failing(refusalAnswers, func(failure *object) { failure.remove(detailsField) })},
		{"error-info-twice", "retry.errors.error-info", "The details have two ErrorInfo.",
			failing(refusalsFor(stateNotRetryable), func(failure *object) {
				info := &object{{typeField, errorInfoType}, {"reason", "STATE"}, {"domain", platformDomain}}
				failure.set(detailsField, []any{info, info})
			})},
		{"stack-trace-in-message", "retry.errors.no-internals", "The message about a malformed body shows a stack trace.",
			saying(refusalsFor(bodyMalformed), func(*call) string {
				return "\ngoroutine 7 [running]:\nmain.retry(0xc000012345)\n\t/srv/archive/retry.go:42 +0x1d"
			})},
		{"python-trace-in-details", "retry.errors.no-internals", "The message about an unknown id shows a Python traceback.",
			saying(refusalsFor(jobUnknown), func(*call) string {
				return "\nTraceback (most recent call last):\n  File \"jobs.py\", line 12, in retry\nKeyError"
			})},
		{"token-in-message", "retry.errors.no-token-echo", "The message about a missing scope repeats the token.",
			saying(refusalsFor(scopeMissing), func(c *call) string { return " The token was " + c.token + "." })},
		{"unknown-token-in-message", "retry.errors.no-token-echo", "The message about an unknown token repeats it.",
			saying(refusalsFor(credentialUnknown), func(c *call) string { return " The token was " + c.token + "." })},
		{"malformed-body-crashes", "retry.errors.no-server-error", "A body that is no JSON makes the server fail.",
			refusingWith(bodyMalformed, codeInternal)},
		{"array-crashes", "retry.errors.no-server-error", "A body that is no object makes the server fail.",
			refusingWith(bodyNoMessage, codeInternal)},
		{"oversize-body-crashes", "retry.errors.no-server-error", "A body over the limit makes the server fail.",
			refusingAs(bodyTooLarge, http.StatusServiceUnavailable, codeInvalidArgument)},
		{"unknown-job-crashes", "retry.errors.no-server-error", "An unknown id makes the server fail.",
			refusingWith(jobUnknown, codeInternal)},
		{"wrong-state-crashes", "retry.errors.no-server-error", "A job that did not fail makes the server fail.",
			refusingWith(stateNotRetryable, codeInternal)},
		{"other-method-crashes", "retry.errors.no-server-error", "Another HTTP method makes the server fail.",
			answeringStatus(otherMethodPages, http.StatusInternalServerError)},
		{"unknown-token-crashes", "retry.errors.no-server-error", "A token that nobody issued makes the server fail.",
			refusingWith(credentialUnknown, codeInternal)},
	}
}

// rpcNumbers are the numbers of the codes that the method refuses with:
// https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
var rpcNumbers = map[string]int{
	codeInvalidArgument: 3, codeNotFound: 5, codePermissionDenied: 7, codeFailedPrecondition: 9, codeUnauthenticated: 16,
}
