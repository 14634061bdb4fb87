package suites

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// oversize is the length in bytes of a body that no server of this method has a
// reason to take: twice a mebibyte.
const oversize = 2 << 20

// refusedBody is a body that must start no job.
type refusedBody struct {
	name        string
	title       string
	requirement string
	kind        string
	body        []byte
}

func refusedBodies(contract *spec.Contract) []refusedBody {
	jsonType := contract.Retry.RequestMediaType
	return []refusedBody{
		{"unknown-field", "a field that the message does not have", "retry.body.unknown-field", jsonType, []byte(`{"dpconformUnknown":1}`)},
		{"malformed", "an object that is not closed", "retry.body.malformed", jsonType, []byte(`{"a":`)},
		{"malformed-text", "text that is no JSON", "retry.body.malformed", jsonType, []byte(`retry`)},
		{"malformed-rest", "an empty message with something behind it", "retry.body.malformed", jsonType, []byte(`{} retry`)},
		{"array", "an empty array", "retry.body.array", jsonType, []byte(`[]`)},
		{"array-of-message", "an array with an empty message", "retry.body.array", jsonType, []byte(`[{}]`)},
		{"string", "a string", "retry.body.scalar", jsonType, []byte(`"retry"`)},
		{"number", "a number", "retry.body.scalar", jsonType, []byte(`1`)},
		{"oversize", "a field of two mebibytes", "retry.body.oversize", jsonType, oversizeBody()},
		{"media-type-text", "an empty message as text/plain", "retry.body.media-type", "text/plain", []byte(`{}`)},
		{"media-type-xml", "an XML element", "retry.body.media-type", "application/xml", []byte(`<retry/>`)},
		{"media-type-form", "a form", "retry.body.media-type", "application/x-www-form-urlencoded", []byte(`a=b`)},
	}
}

// oversizeBody is made once: it is large, and nobody changes it.
var oversizeBody = sync.OnceValue(func() []byte {
	return bytes.Join([][]byte{[]byte(`{"dpconformUnknown":"`), bytes.Repeat([]byte("x"), oversize), []byte(`"}`)}, nil)
})

func bodyChecks(contract *spec.Contract) []Check {
	jsonType := contract.Retry.RequestMediaType
	checks := []Check{{
		ID: "body/empty", Aspect: "body", Title: "no body at all",
		Requirements: []string{"retry.body.empty"},
		Sends:        "a retry of a job that failed, with Content-Length: 0",
		phase:        starting, judge: emptyBody,
	}, {
		ID: "body/empty-with-type", Aspect: "body", Title: "no body, and a media type all the same",
		Requirements: []string{"retry.body.empty"},
		Sends:        "a retry of a job that failed, with Content-Length: 0 and Content-Type: " + jsonType + ", as Google's PHP client sends it",
		phase:        starting, judge: func(j *judgement) { judgeTakenBody(j, "retry.body.empty", jsonType, "") },
	}, {
		ID: "body/empty-message", Aspect: "body", Title: "an empty JSON object",
		Requirements: []string{"retry.body.empty-message"},
		Sends:        "a retry of a job that failed, with the body {} and a newline, as Google's Go client sends it",
		phase:        starting, judge: func(j *judgement) { judgeTakenBody(j, "retry.body.empty-message", jsonType, emptyMessage) },
	}, {
		ID: "body/media-type-parameter", Aspect: "body", Title: "an empty JSON object with a charset",
		Requirements: []string{"retry.body.media-type-parameter"},
		Sends:        "a retry of a job that failed, with the body {} as " + jsonType + "; charset=UTF-8",
		phase:        starting, judge: func(j *judgement) {
			judgeTakenBody(j, "retry.body.media-type-parameter", jsonType+"; charset=UTF-8", emptyMessage)
		},
	}}
	for _, refused := range refusedBodies(contract) {
		checks = append(checks, Check{
			ID: "body/" + refused.name, Aspect: "body", Title: refused.title,
			Requirements: []string{refused.requirement, "retry.body.not-empty"},
			Sends:        fmt.Sprintf("a retry of a job that failed, with %s as %s", shown(refused.body), refused.kind),
			phase:        refusing, judge: func(j *judgement) { judgeRefusedBody(j, refused) },
		})
	}
	return checks
}

// shown gives a body for a reader, the beginning of a long one.
func shown(body []byte) string {
	if len(body) > 40 {
		return fmt.Sprintf("%s… (%d bytes)", body[:24], len(body))
	}
	return string(body)
}

func emptyBody(j *judgement) {
	if first, found := j.firstRetry(); found {
		j.expect("retry.body.empty", first.answer)
	}
}

// emptyMessage is what Google's Go client sends, newline included.
const emptyMessage = "{}\n"

// judgeTakenBody retries a failed job with a body that is an empty message.
func judgeTakenBody(j *judgement, id, kind, body string) {
	credential, found := j.credential()
	if !found {
		return
	}
	left, missing := j.failedJobs(1)
	if missing != nil {
		j.skipFor(missing)
		return
	}
	exchange := j.retryOnce(left[0], nil, func(job string) target.Request {
		request := j.retryOf(job, credential)
		request.Purpose, request.Header, request.Body = "retry with an empty message", contentType(kind), []byte(body)
		return request
	})
	if exchange != nil {
		j.expect(id, exchange)
	}
}

// judgeRefusedBody sends a body that is no empty message, with a job that would
// be started if the body were overlooked.
func judgeRefusedBody(j *judgement, refused refusedBody) {
	credential, about, found := j.refusalSubject()
	if !found {
		return
	}
	request := j.retryOf(about.id, credential)
	request.Purpose, request.Header, request.Body = refused.title, contentType(refused.kind), refused.body
	exchange := j.send(request)
	if about.standIn && j.isJobRefusal(exchange) {
		j.skipStandIn()
		return
	}
	// RFC 9110, 15.5.14: a server may close the connection instead of reading
	// a body that is too large.
	closed := exchange.Fault != nil && exchange.Fault.Kind == target.ClosedWhileSending
	if !closed {
		j.expect(refused.requirement, exchange)
	}
	if exchange.Started() {
		j.Fail("retry.body.not-empty", exchange, "no job started", describe(exchange))
		return
	}
	j.keepsState("retry.body.not-empty", about, credential)
}
