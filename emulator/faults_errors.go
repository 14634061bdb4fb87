package emulator

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

func errorFaults() []faultGroup {
	return []faultGroup{{always, []Fault{
		{"refusals-in-latin", "errors.json", "A refusal names the charset ISO-8859-1.",
			withHeader(refusals, "Content-Type", "application/json; charset=ISO-8859-1")},
		{"refusals-in-plain-text", "errors.json", "Refusals are plain text.",
			changing(refusals, func(_ *call, r *response) {
				r.body, r.content = []byte(r.failure.text(messageField)+"\n"), nil
				r.header.Set("Content-Type", "text/plain; charset=UTF-8")
			})},
		{"refusals-in-html", "errors.json", "The server refuses a malformed body with an HTML page.",
			changing(refusalsFor(bodyMalformed), func(_ *call, r *response) {
				page := newPage(r.status, r.failure.text(messageField))
				r.body, r.content, r.header = page.body, nil, page.header
			})},
		{"refusals-without-envelope", "errors.json", "The members of the error object are at the top level of the response.",
			withContent(refusals, func(_ *call, r *response) any { return r.failure })},
		{"refusals-named-html", "errors.json", "Refusals are JSON with the media type text/html.", withHeader(refusals, "Content-Type", "text/html; charset=UTF-8")},
		{"code-is-rpc-number", "errors.code", "error.code is the number of the google.rpc.Code.",
			failing(refusals, func(failure *object) { failure.set(codeField, rpcNumbers[failure.text(statusField)]) })},
		{"code-missing", "errors.code", "error.code is missing.", failing(refusals, func(failure *object) { failure.remove(codeField) })},
		{"code-of-another-status", "errors.code", "error.code is 500 whatever the HTTP status.",
			failing(refusalsFor(fieldUnknown), func(failure *object) { failure.set(codeField, http.StatusInternalServerError) })},
		{"status-missing", "errors.status", "error.status is missing.", failing(refusals, func(failure *object) { failure.remove(statusField) })},
		{"status-in-lower-case", "errors.status", "error.status is in lower case.",
			failing(refusals, func(failure *object) { failure.set(statusField, strings.ToLower(failure.text(statusField))) })},
		{"status-of-another-code", "errors.status", "error.status is a code that maps to another HTTP status.",
			failing(refusalsFor(bodyMalformed), func(failure *object) { failure.set(statusField, codeNotFound) })},
		{"status-invented", "errors.status", "error.status is not a google.rpc.Code.",
			failing(refusalsFor(bodyNoMessage), func(failure *object) { failure.set(statusField, "BAD_REQUEST") })},
		{"message-empty", "errors.message", "error.message is empty.", failing(refusals, func(failure *object) { failure.set(messageField, "") })},
		{"details-without-type", "errors.details", "The objects of error.details have no type.",
			failing(refusals, func(failure *object) { failure.set(detailsField, []any{&object{{"reason", "REFUSED"}}}) })},
		{"no-error-info", "errors.error-info", "error.details is missing.", failing(refusals, func(failure *object) { failure.remove(detailsField) })},
		{"stack-trace-in-message", "errors.no-internals", "The message about a malformed body shows a stack trace.",
			saying(refusalsFor(bodyMalformed), func(*call) string {
				return "\ngoroutine 7 [running]:\nmain.handle(0xc000012345)\n\t/srv/jobs/handle.go:42 +0x1d"
			})},
		{"malformed-body-crashes", "errors.no-server-error", "A body that is not JSON makes the server fail.", refusingWith(bodyMalformed, codeInternal)},
		{"array-crashes", "errors.no-server-error", "A body that is not an object makes the server fail.", refusingWith(bodyNoMessage, codeInternal)},
		{"oversize-body-crashes", "errors.no-server-error", "A body over the limit makes the server fail.",
			refusingAs(bodyTooLarge, http.StatusServiceUnavailable, codeInvalidArgument)},
		{"token-in-message", "errors.no-token-echo", "The message about a missing scope repeats the token.",
			saying(refusalsFor(scopeMissing), func(c *call) string { return " The token was " + c.token + "." })},
		{"token-in-field", "errors.no-token-echo", "The refusal for a missing scope has a field with the percent-encoded token.",
			changing(refusalsFor(scopeMissing), func(c *call, r *response) { r.header.Set("X-Caller", url.QueryEscape(c.token)) })},
		{"unknown-token-in-message", "errors.no-token-echo", "The message about an unknown token repeats it.",
			saying(refusalsFor(credentialUnknown), func(c *call) string { return " The token was " + c.token + "." })},
	}}, {hasVerb, []Fault{
		{"other-method-crashes", "errors.no-server-error", "Another HTTP method makes the server fail.",
			withStatus(otherMethodPages, http.StatusInternalServerError)},
	}}, {hasUnknownIDs, []Fault{
		{"refusals-without-body", "errors.json", "The refusal of an unknown id has no body.",
			changing(refusalsFor(jobUnknown), func(_ *call, r *response) { r.content = nil })},
		{"bare-not-found", "errors.message", "The refusal of an unknown id has only the code.",
			failing(refusalsFor(jobUnknown), func(failure *object) { failure.remove(messageField, statusField, detailsField) })},
		{"details-of-text", "errors.details", "error.details is a list of strings.",
			failing(refusalsFor(jobUnknown), func(failure *object) { failure.set(detailsField, []any{"no such job"}) })},
		{"python-trace-in-details", "errors.no-internals", "The message about an unknown id shows a Python traceback.",
			saying(refusalsFor(jobUnknown), func(*call) string {
				return "\nTraceback (most recent call last):\n  File \"jobs.py\", line 12, in handle\nKeyError"
			})},
		{"unknown-job-crashes", "errors.no-server-error", "An unknown id makes the server fail.", refusingWith(jobUnknown, codeInternal)},
	}}, {hasScopes, []Fault{
		{"error-is-text", "errors.json", "The error is a string, as in OAuth.",
			withContent(refusalsFor(scopeMissing), func(*call, *response) any { return &object{{errorField, "insufficient_scope"}} })},
		{"unknown-token-crashes", "errors.no-server-error", "An unknown token makes the server fail.", refusingWith(credentialUnknown, codeInternal)},
	}}, {hasRefusedStates, []Fault{
		{"code-is-text", "errors.code", "error.code is a string.",
			changing(refusalsFor(stateRefused), func(_ *call, r *response) { r.failure.set(codeField, strconv.Itoa(r.status)) })},
		{"message-is-object", "errors.message", "error.message is an object.",
			failing(refusalsFor(stateRefused), func(failure *object) {
				failure.set(messageField, &object{{"en", failure.text(messageField)}})
			})},
		{"details-is-object", "errors.details", "error.details is an object instead of a list.",
			failing(refusalsFor(stateRefused), func(failure *object) { failure.set(detailsField, &object{{"reason", "STATE"}}) })},
		{"error-info-twice", "errors.error-info", "error.details has two ErrorInfo objects.",
			failing(refusalsFor(stateRefused), func(failure *object) {
				info := &object{{typeField, errorInfoType}, {"reason", "STATE"}, {"domain", platformDomain}}
				failure.set(detailsField, []any{info, info})
			})},
		{"wrong-state-crashes", "errors.no-server-error", "A job in a refused state makes the server fail.", refusingWith(stateRefused, codeInternal)},
	}}}
}

// rpcNumbers are the numbers of the codes that the method refuses with:
// https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
var rpcNumbers = map[string]int{
	codeInvalidArgument: 3, codeNotFound: 5, codePermissionDenied: 7, codeFailedPrecondition: 9, codeUnauthenticated: 16,
}

// failing changes the `error` object of refusals.
func failing(which selector, alter func(failure *object)) change {
	return changing(which, func(_ *call, r *response) {
		if r.failure != nil {
			alter(r.failure)
		}
	})
}

// saying puts a text behind the message of refusals.
func saying(which selector, text func(*call) string) change {
	return changing(which, func(c *call, r *response) {
		if r.failure != nil {
			r.failure.set(messageField, r.failure.text(messageField)+text(c))
		}
	})
}
