package emulator

import (
	"bytes"
	"fmt"
)

func robustnessFaults() []Fault {
	return []Fault{
		{"slow-retry", "retry.robustness.in-time", "The answer to a granted retry comes late.",
			sending(retryAnswers, sendLate)},
		{"slow-refusal", "retry.robustness.in-time", "The refusal of an unknown query parameter comes late.",
			sending(refusalsFor(parameterUnknown), sendLate)},
		{"slow-body", "retry.robustness.in-time", "The second half of the body comes late when a field is unknown.",
			sending(refusalsFor(fieldUnknown), sendSlowly)},
		{"hang-up-on-retry", "retry.robustness.answered", "A granted retry is not answered; the connection is closed.",
			sending(retryAnswers, hangUp)},
		{"hang-up-on-refusal", "retry.robustness.answered", "The connection is closed where a body is no object.",
			sending(refusalsFor(bodyNoMessage), hangUp)},
		{"reset-on-retry", "retry.robustness.answered", "The connection of a granted retry is reset.",
			sending(retryAnswers, reset)},
		{"reset-on-refusal", "retry.robustness.answered", "The connection is reset where a job did not fail.",
			sending(refusalsFor(stateNotRetryable), reset)},
		{"answer-is-no-http", "retry.robustness.answered", "The answer to an unknown field is no HTTP.",
			sending(refusalsFor(fieldUnknown), sendingText("{\"error\":{}}\n"))},
		{"answer-ends-in-head", "retry.robustness.answered", "The answer to an unknown id ends within its head.",
			sending(refusalsFor(jobUnknown), sendingText("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n"))},
		{"half-body", "retry.robustness.whole", "The answer to a granted retry breaks off in the middle.",
			sending(retryAnswers, sendHalf)},
		{"half-state", "retry.robustness.whole", "The answer about the state of a new job breaks off in the middle.",
			sending(newJobAnswers, sendHalf)},
		{"half-refusal", "retry.robustness.whole", "The refusal of an unknown field breaks off in the middle.",
			sending(refusalsFor(fieldUnknown), sendHalf)},
		{"length-too-large", "retry.robustness.whole", "The length that is announced is larger than the body.",
			sending(refusalsFor(bodyMalformed), sendingRaw(
				func(body []byte) string { return lengthLine(len(body) + 10) },
				func(body []byte) []byte { return body }))},
		{"chunk-size-broken", "retry.robustness.whole", "The size of a chunk is no number.",
			sending(retryAnswers, sendingRaw(
				func([]byte) string { return chunkedLine },
				func(body []byte) []byte { return fmt.Appendf(nil, "zz\r\n%s\r\n0\r\n\r\n", body) }))},
		{"last-chunk-missing", "retry.robustness.whole", "The chunks end without the last, empty one.",
			sending(refusalsFor(stateNotRetryable), sendingRaw(
				func([]byte) string { return chunkedLine },
				func(body []byte) []byte { return fmt.Appendf(nil, "%x\r\n%s\r\n", len(body), body) }))},
		{"endless-body", "retry.robustness.whole", "The refusal of an unknown field is followed by megabytes of blanks.",
			writing(refusalsFor(fieldUnknown), func(body []byte) []byte {
				return append(body, bytes.Repeat([]byte(" "), 5<<20)...)
			})},
		{"length-too-small", "retry.robustness.one-value", "The length that is announced is smaller than the body.",
			sending(refusalsFor(bodyMalformed), sendingRaw(
				func(body []byte) string { return lengthLine(len(body) / 2) },
				func(body []byte) []byte { return body }))},
		{"trailing-bytes", "retry.robustness.one-value", "Something stands behind the JSON of a granted retry.",
			writing(retryAnswers, func(body []byte) []byte { return append(body, "OK\n"...) })},
		{"second-value", "retry.robustness.one-value", "A second JSON value stands behind each answer.",
			writing(methodAnswers, func(body []byte) []byte { return append(body, "{}\n"...) })},
		{"byte-order-mark", "retry.robustness.one-value", "The answer about a state begins with a byte order mark.",
			writing(stateAnswers, func(body []byte) []byte { return append([]byte("\ufeff"), body...) })},
		{"guard-before-json", "retry.robustness.one-value", "A guard against scripts stands before the JSON of a granted retry.",
			writing(retryAnswers, func(body []byte) []byte { return append([]byte(")]}'\n"), body...) })},
		{"latin-letter", "retry.robustness.one-value", "A message has a letter in ISO-8859-1.",
			writing(refusalsFor(stateNotRetryable), func(body []byte) []byte {
				return bytes.Replace(body, []byte("failed"), []byte("fail\xe9"), 1)
			})},
	}
}
