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

// takenBody is a body that means a message without anything in it, or the example
// of the description, so that the method accepts it.
type takenBody struct {
	name, title, requirement string
	// sends describes the body.
	sends           string
	mediaType, body string
}

func takenBodies(method *spec.Method) []takenBody {
	json := method.Operation.RequestMediaType
	// Google's Go client sends the newline.
	const emptyMessage = "{}\n"
	return []takenBody{
		{"empty-with-type", "no body, and a media type all the same", "body.empty",
			"Content-Length: 0 and Content-Type: " + json + ", as Google's PHP client sends it", json, ""},
		{"empty-message", "an empty JSON object", "body.empty-message",
			"the body {} and a newline, as Google's Go client sends it", json, emptyMessage},
		{"media-type-parameter", "a message with a charset", "body.media-type-parameter",
			"the body " + shown(message(method)) + " as " + json + "; charset=UTF-8", json + "; charset=UTF-8", message(method) + "\n"},
	}
}

// refusedBody is a body that must be refused.
type refusedBody struct{ name, title, requirement, mediaType, body string }

func refusedBodies(method *spec.Method) []refusedBody {
	json := method.Operation.RequestMediaType
	return []refusedBody{
		{"unknown-field", "a field that the message does not have", "body.unknown-field", json, withUnknownField(method)},
		{"malformed", "an object that is not closed", "body.malformed", json, `{"a":`},
		{"malformed-text", "text that is no JSON", "body.malformed", json, `dpconform`},
		{"malformed-rest", "a message with something behind it", "body.malformed", json, `{} dpconform`},
		{"array", "an empty array", "body.array", json, `[]`},
		{"array-of-message", "an array with an empty message", "body.array", json, `[{}]`},
		{"string", "a string", "body.scalar", json, `"dpconform"`},
		{"number", "a number", "body.scalar", json, `1`},
		{"oversize", "a field of two mebibytes", "body.oversize", json, oversizeBody()},
		{"media-type-text", "a message as text/plain", "body.media-type", "text/plain", message(method)},
		{"media-type-xml", "an XML element", "body.media-type", "application/xml", `<dpconform/>`},
		{"media-type-form", "a form", "body.media-type", "application/x-www-form-urlencoded", `a=b`},
	}
}

func bodyChecks(method *spec.Method) []Check {
	checks := []Check{{
		ID: "body/empty", Title: "no body at all",
		Requirements: []string{"body.empty"},
		Sends:        "a call for " + acceptedJob(method) + ", with Content-Length: 0",
		phase:        consuming, run: func(j *judgement) {
			if first, found := j.firstCall(); found {
				j.meets("body.empty", first.exchange)
			}
		},
	}}
	for _, taken := range takenBodies(method) {
		checks = append(checks, Check{
			ID: "body/" + taken.name, Title: taken.title, Requirements: []string{taken.requirement},
			Sends: "a call for " + acceptedJob(method) + ", with " + taken.sends,
			phase: consuming, run: func(j *judgement) { takeBody(j, taken) },
		})
	}
	for _, refused := range refusedBodies(method) {
		checks = append(checks, Check{
			ID: "body/" + refused.name, Title: refused.title,
			Requirements: []string{refused.requirement, "body.not-empty"},
			Sends:        fmt.Sprintf("a call for %s, with %s as %s", acceptedJob(method), shown(refused.body), refused.mediaType),
			phase:        refusing, run: func(j *judgement) { refuseBody(j, refused) },
		})
	}
	return checks
}

// withUnknownField is a message with a member that the method does not have.
func withUnknownField(method *spec.Method) string {
	members := strings.TrimSuffix(strings.TrimSpace(message(method)), "}")
	if strings.TrimSpace(members) != "{" {
		members += ","
	}
	return members + `"dpconformUnknown":1}`
}

// shown is a body for a reader, or the beginning of a long one.
func shown(body string) string {
	if len(body) > 40 {
		return fmt.Sprintf("%s… (%d bytes)", body[:24], len(body))
	}
	return body
}

func takeBody(j *judgement, taken takenBody) {
	credential, jobs, found := j.toCall(1)
	if !found {
		return
	}
	exchange := j.callOnce(jobs[0], nil, func(job string) target.Request {
		request := j.callOf(job, credential)
		request.Purpose, request.Header, request.Body = taken.title, contentType(taken.mediaType), []byte(taken.body)
		return request
	})
	if exchange != nil {
		j.meets(taken.requirement, exchange)
	}
}

// refuseBody sends a body that is no message of the method, for a job that would
// be used up if the body were overlooked.
func refuseBody(j *judgement, refused refusedBody) {
	credential, job, found := j.toRefuse()
	if !found {
		return
	}
	request := j.callOf(job.id, credential)
	request.Purpose, request.Header, request.Body = refused.title, contentType(refused.mediaType), []byte(refused.body)
	exchange := j.send(request)
	if job.refusedAnyway && j.isJobRefusal(exchange) {
		j.skipRefusedAnyway()
		return
	}
	// RFC 9110, 15.5.14: a server may close the connection instead of reading
	// a body that is too large.
	closed := exchange.Fault != nil && exchange.Fault.Kind == target.ClosedWhileSending
	if closed {
		j.tested[refused.requirement] = true
	} else {
		j.meets(refused.requirement, exchange)
	}
	if j.hasNoEffect("body.not-empty", exchange) {
		j.keepsState("body.not-empty", job, credential)
	}
}
