package suites

import (
	"fmt"
	"strings"
	"sync"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// oversize is the length in bytes of a body that no server of this method has a
// reason to take: twice a mebibyte.
const oversize = 2 << 20

// oversizeBody is made once: it is large, and nobody changes it.
var oversizeBody = sync.OnceValue(func() string { return `{"dpconformUnknown":"` + strings.Repeat("x", oversize) + `"}` })

// takenBody is a body that means an empty message, so that the job is retried.
type takenBody struct {
	name, title, requirement string
	// sends describes the body.
	sends           string
	mediaType, body string
}

func takenBodies(method *spec.Method) []takenBody {
	json := method.Operation.RequestMediaType
	// Google's Go client sends the newline.
	const message = "{}\n"
	return []takenBody{
		{"empty-with-type", "no body, and a media type all the same", "body.empty",
			"Content-Length: 0 and Content-Type: " + json + ", as Google's PHP client sends it", json, ""},
		{"empty-message", "an empty JSON object", "body.empty-message",
			"the body {} and a newline, as Google's Go client sends it", json, message},
		{"media-type-parameter", "an empty JSON object with a charset", "body.media-type-parameter",
			"the body {} as " + json + "; charset=UTF-8", json + "; charset=UTF-8", message},
	}
}

// refusedBody is a body that must start no job.
type refusedBody struct{ name, title, requirement, mediaType, body string }

func refusedBodies(method *spec.Method) []refusedBody {
	json := method.Operation.RequestMediaType
	return []refusedBody{
		{"unknown-field", "a field that the message does not have", "body.unknown-field", json, `{"dpconformUnknown":1}`},
		{"malformed", "an object that is not closed", "body.malformed", json, `{"a":`},
		{"malformed-text", "text that is no JSON", "body.malformed", json, `retry`},
		{"malformed-rest", "an empty message with something behind it", "body.malformed", json, `{} retry`},
		{"array", "an empty array", "body.array", json, `[]`},
		{"array-of-message", "an array with an empty message", "body.array", json, `[{}]`},
		{"string", "a string", "body.scalar", json, `"retry"`},
		{"number", "a number", "body.scalar", json, `1`},
		{"oversize", "a field of two mebibytes", "body.oversize", json, oversizeBody()},
		{"media-type-text", "an empty message as text/plain", "body.media-type", "text/plain", `{}`},
		{"media-type-xml", "an XML element", "body.media-type", "application/xml", `<retry/>`},
		{"media-type-form", "a form", "body.media-type", "application/x-www-form-urlencoded", `a=b`},
	}
}

func bodyChecks(method *spec.Method) []Check {
	checks := []Check{{
		ID: "body/empty", Title: "no body at all",
		Requirements: []string{"body.empty"},
		Sends:        "a retry of a job that failed, with Content-Length: 0",
		phase:        starting, run: func(j *judgement) {
			if first, found := j.firstRetry(); found {
				j.meets("body.empty", first.exchange)
			}
		},
	}}
	for _, taken := range takenBodies(method) {
		checks = append(checks, Check{
			ID: "body/" + taken.name, Title: taken.title, Requirements: []string{taken.requirement},
			Sends: "a retry of a job that failed, with " + taken.sends,
			phase: starting, run: func(j *judgement) { takeBody(j, taken) },
		})
	}
	for _, refused := range refusedBodies(method) {
		checks = append(checks, Check{
			ID: "body/" + refused.name, Title: refused.title,
			Requirements: []string{refused.requirement, "body.not-empty"},
			Sends:        fmt.Sprintf("a retry of a job that failed, with %s as %s", shown(refused.body), refused.mediaType),
			phase:        refusing, run: func(j *judgement) { refuseBody(j, refused) },
		})
	}
	return checks
}

// shown is a body for a reader, or the beginning of a long one.
func shown(body string) string {
	if len(body) > 40 {
		return fmt.Sprintf("%s… (%d bytes)", body[:24], len(body))
	}
	return body
}

func takeBody(j *judgement, taken takenBody) {
	credential, jobs, found := j.toRetry(1)
	if !found {
		return
	}
	exchange := j.retryOnce(jobs[0], nil, func(job string) target.Request {
		request := j.retryOf(job, credential)
		request.Purpose, request.Header, request.Body = "retry with an empty message", contentType(taken.mediaType), []byte(taken.body)
		return request
	})
	if exchange != nil {
		j.meets(taken.requirement, exchange)
	}
}

// refuseBody sends a body that is not an empty message, for a job that would be
// started if the body were overlooked.
func refuseBody(j *judgement, refused refusedBody) {
	credential, job, found := j.toRefuse()
	if !found {
		return
	}
	request := j.retryOf(job.id, credential)
	request.Purpose, request.Header, request.Body = refused.title, contentType(refused.mediaType), []byte(refused.body)
	exchange := j.send(request)
	if job.notRetryable && j.isJobRefusal(exchange) {
		j.skipNotRetryable()
		return
	}
	// RFC 9110, 15.5.14: a server may close the connection instead of reading
	// a body that is too large.
	closed := exchange.Fault != nil && exchange.Fault.Kind == target.ClosedWhileSending
	if !closed {
		j.meets(refused.requirement, exchange)
	}
	if j.startsNoJob("body.not-empty", exchange) {
		j.keepsState("body.not-empty", job, credential)
	}
}
