package suites

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/onsi/gomega"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

const (
	// nesting is so deep that no message of a method comes near, and that a parser
	// that calls itself for each level runs out of stack.
	nesting = 100_000
	// oversize is the length in bytes of a body that no method has a reason to take.
	oversize = 2 << 20
	// taken is the length in bytes up to which every server reads a body: the
	// lowest of the usual limits. RFC 9110, 15.5.14, lets a server close the
	// connection instead of reading more than it takes.
	taken = 100 << 10
)

// These are made once: they are large, and nobody changes them.
var (
	nestedArrays  = sync.OnceValue(func() string { return strings.Repeat("[", nesting) })
	nestedObjects = sync.OnceValue(func() string { return strings.Repeat(`{"a":`, nesting) + "1" + strings.Repeat("}", nesting) })
)

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
		{"empty-with-type", "no body, but a Content-Type", "body.empty",
			"Content-Length: 0 and Content-Type: " + json + ", as Google's PHP client sends it", json, ""},
		{"empty-message", "an empty JSON object", "body.empty-message",
			"the body {} and a newline, as Google's Go client sends it", json, emptyMessage},
		{"media-type-parameter", "a message with a charset", "body.media-type-parameter",
			"the body " + shown(message(method)) + " as " + json + "; charset=UTF-8", json + "; charset=UTF-8", message(method) + "\n"},
	}
}

// refusedBody is a body that must be refused.
type refusedBody struct {
	name, title, requirement string
	// mediaType is empty for none.
	mediaType, body string
}

const (
	notEmpty      = "body.not-empty"
	mediaTypeText = "body.media-type-text"
	// The transcoders of gRPC methods take it, and let the path override it.
	pathFieldInBody = "body.path-field"
)

func refusedBodies(method *spec.Method) []refusedBody {
	json := method.Operation.RequestMediaType
	return []refusedBody{
		{"unknown-field", "a field that the message does not have", "body.unknown-field", json, withUnknownField(method)},
		{"null-field", "a field that the message does not have, with null", "body.unknown-field", json, withMember(method, `"dpconformUnknown":null`)},
		{"empty-field", "a field that the message does not have, with an empty string", "body.unknown-field", json, withMember(method, `"dpconformUnknown":""`)},
		{"nameless-field", "a field without a name", "body.unknown-field", json, withMember(method, `"":1`)},
		{"type-field", "the field @type, which only an Any has", "body.unknown-field", json, withMember(method, `"@type":"type.googleapis.com/google.protobuf.Empty"`)},
		{"path-field", "the field whose value comes from the path", pathFieldInBody, json, withMember(method, pathMember(method))},
		{"malformed", "an object without its closing brace", "body.malformed", json, `{"a":`},
		{"malformed-text", "text that is not JSON", "body.malformed", json, `dpconform`},
		{"malformed-rest", "a message followed by other text", "body.malformed", json, `{} dpconform`},
		{"malformed-semicolon", "a message followed by a semicolon", "body.malformed", json, `{};`},
		{"malformed-second", "two messages", "body.malformed", json, `{}{}`},
		{"malformed-null-octet", "a message followed by a NUL byte", "body.malformed", json, "{}\x00"},
		{"malformed-comment", "a comment in a message", "body.malformed", json, `{/* dpconform */}`},
		{"array", "an empty array", "body.array", json, `[]`},
		{"array-of-message", "an array with an empty message", "body.array", json, `[{}]`},
		{"string", "a string", "body.scalar", json, `"dpconform"`},
		{"number", "a number", "body.scalar", json, `1`},
		{"false", "the value false", "body.scalar", json, `false`},
		{"surrogate", "a field name with a lone surrogate", "body.surrogate", json, `{"\ud800":1}`},
		{"nested-arrays", "nested arrays, not closed", "body.nesting", json, nestedArrays()},
		{"nested-objects", "nested objects", "body.nesting", json, nestedObjects()},
		{"untyped", "a field without a media type", notEmpty, "", withUnknownField(method)},
		{"untyped-text", "text that is not JSON, without a media type", notEmpty, "", `dpconform`},
		{"text", "a field as text/plain", notEmpty, "text/plain", withUnknownField(method)},
		{"binary", "a field as application/octet-stream", notEmpty, "application/octet-stream", withUnknownField(method)},
		{"media-type-text", "a message as text/plain", mediaTypeText, "text/plain", message(method)},
		{"media-type-xml", "an XML element", "body.media-type", "application/xml", `<dpconform/>`},
		{"media-type-form", "a form", "body.media-type", "application/x-www-form-urlencoded", `a=b`},
		{"media-type-multipart", "a multipart form", "body.media-type", "multipart/form-data; boundary=x",
			"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n"},
	}
}

// requirements are those that the body's acceptance breaks. A message is empty
// whatever its media type.
func (b refusedBody) requirements() []string {
	if slices.Contains([]string{notEmpty, mediaTypeText, pathFieldInBody}, b.requirement) {
		return []string{b.requirement}
	}
	return []string{b.requirement, notEmpty}
}

// sends describes the body.
func (b refusedBody) sends() string {
	if b.mediaType == "" {
		return shown(b.body) + " and no Content-Type"
	}
	return shown(b.body) + " as " + b.mediaType
}

// oddBody is a message in a form that a server may refuse, and must get along with.
type oddBody struct {
	name, title, requirement string
	// sends describes the body.
	sends string
	write func(*target.Request)
}

func oddBodies(method *spec.Method) []oddBody {
	json := method.Operation.RequestMediaType
	// It is large, and nobody changes it.
	oversized := sync.OnceValue(func() []byte {
		begin := strings.TrimSuffix(message(method), "}")
		body := bytes.Repeat([]byte(" "), len(begin)+oversize+len("}"))
		copy(body, begin)
		body[len(body)-1] = '}'
		return body
	})
	return []oddBody{
		{"oversize", "a message of 2 MiB", "body.oversize", "2 MiB of white space in the body " + shown(message(method)), func(r *target.Request) {
			r.Header, r.Body = contentType(json), oversized()
		}},
		{"gzip", "a message compressed with gzip", "body.gzip", "the body " + shown(message(method)) + " in gzip", func(r *target.Request) {
			r.Header = http.Header{"Content-Type": {json}, "Content-Encoding": {"gzip"}}
			r.Body = compressed(message(method))
		}},
		{"charset-utf-16", "a message with the charset UTF-16", "body.charset", "the body " + shown(message(method)) + " as " + json + "; charset=utf-16", func(r *target.Request) {
			r.Header, r.Body = contentType(json+"; charset=utf-16"), []byte(message(method))
		}},
		{"white-space", "only white space", "body.white-space", "a space and a line feed as " + json, func(r *target.Request) {
			r.Header, r.Body = contentType(json), []byte(" \n")
		}},
		{"empty-chunked", "an empty chunked body", emptyChunked, "Transfer-Encoding: chunked and the last, empty chunk alone", func(r *target.Request) {
			r.Chunked = true
		}},
	}
}

const emptyChunked = "body.empty-chunked"

// compressed is a text in gzip.
func compressed(text string) []byte {
	var buffer bytes.Buffer
	writer := gzip.NewWriter(&buffer)
	_, _ = writer.Write([]byte(text)) // A buffer takes everything.
	_ = writer.Close()
	return buffer.Bytes()
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
			Sends: "a call for a given job, with " + taken.sends,
			phase: consuming, run: func(j *judgement) { takeBody(j, taken) },
		})
	}
	for _, refused := range refusedBodies(method) {
		checks = append(checks, Check{
			ID: "body/" + refused.name, Title: refused.title,
			Requirements: refused.requirements(),
			Sends:        "a call for a given job, with " + refused.sends(),
			phase:        refusing, run: func(j *judgement) { refuseBody(j, refused) },
			lacks: refused.lacks(method),
		})
	}
	for _, odd := range oddBodies(method) {
		checks = append(checks, Check{
			ID: "body/" + odd.name, Title: odd.title, Requirements: []string{odd.requirement},
			Sends: "a call for " + freeJob(method) + ", with " + odd.sends,
			phase: refusing, run: func(j *judgement) { sendOddBody(j, odd) },
		})
	}
	return checks
}

// withUnknownField is a message with a member that the method does not have.
func withUnknownField(method *spec.Method) string { return withMember(method, `"dpconformUnknown":1`) }

// withMember is a message with one more member.
func withMember(method *spec.Method, member string) string {
	members := strings.TrimSuffix(strings.TrimSpace(message(method)), "}")
	if strings.TrimSpace(members) != "{" {
		members += ","
	}
	return members + member + "}"
}

// jobPlace is where the id of the job stands in a body.
const jobPlace = "{ID}"

// pathMember is the field whose value comes from the path, as a member that names the job.
func pathMember(method *spec.Method) string {
	name, pattern, _ := strings.Cut(pathField(method), "=")
	return fmt.Sprintf("%q:%q", name, strings.Replace(pattern, "*", jobPlace, 1))
}

// pathField is the field that Google's own form of the path binds, or the path's
// parameter, as in "name=jobs/*".
func pathField(method *spec.Method) string {
	return cmp.Or(method.Operation.BoundField, method.Operation.Path.Parameter+"=*")
}

// lacks says why a body is not sent.
func (b refusedBody) lacks(method *spec.Method) string {
	name, _, _ := strings.Cut(pathField(method), "=")
	if b.requirement == pathFieldInBody && slices.Contains(method.Operation.Request.Members(), name) {
		return "a message without the field whose value comes from the path"
	}
	return ""
}

// shown is a body for a reader, or the beginning of a long one.
func shown(body string) string {
	const longest, beginning = 40, 24
	readable := inOneLine.Replace(body[:min(len(body), longest)])
	if len(body) > longest {
		return fmt.Sprintf("%s… (%d bytes)", readable[:min(beginning, len(readable))], len(body))
	}
	return readable
}

var inOneLine = strings.NewReplacer("\x00", `\0`, "\r\n", " ")

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
	if strings.Contains(refused.body, jobPlace) {
		quoted, _ := json.Marshal(job.id) // A string is always written.
		request.Body = bytes.Replace(request.Body, []byte(jobPlace), bytes.Trim(quoted, `"`), 1)
	}
	if refused.mediaType == "" {
		request.Header = nil
	}
	exchange, shows := j.sendFor(job, request)
	if !shows {
		return
	}
	if !j.closedOver(refused.requirement, exchange) {
		j.meets(refused.requirement, exchange)
	}
	unaffected := !exchange.Succeeded()
	if len(refused.requirements()) > 1 {
		unaffected = j.hasNoEffect(notEmpty, exchange)
	}
	if unaffected && slices.Contains(refused.requirements(), notEmpty) {
		j.keepsState(notEmpty, job, credential)
	}
}

// closedOver reports whether the connection was closed over a body that is larger
// than every server takes, or perhaps by the network.
func (j *judgement) closedOver(id string, exchange *target.Exchange) bool {
	closed := exchange.Fault != nil && exchange.Fault.Kind == target.ClosedWhileSending &&
		(len(exchange.Request.Body) > taken || j.byChance())
	j.tested[id] = j.tested[id] || closed
	return closed
}

// sendOddBody sends a message in an unusual form for a job of which a call uses
// nothing up, since a server may take it.
func sendOddBody(j *judgement, odd oddBody) {
	credential, found := j.credential()
	if !found {
		return
	}
	job, known := j.freeJob()
	if !known {
		job.id = j.session.unknownID()
	}
	request := j.callOf(job.id, credential)
	var plain *target.Exchange
	if odd.requirement == emptyChunked {
		if plain = j.alone(request); known && !j.stillFree(job.id) {
			return
		}
		request.Connection = target.OwnConnection
	}
	odd.write(&request)
	request.Purpose = odd.title
	switch exchange := j.send(request); {
	case plain != nil:
		// Without a length it means the same as with one.
		lengthRequired := inStatus("411", func(r *response) bool { return r.status == http.StatusLengthRequired })
		if j.comparable(odd.requirement, plain, exchange) {
			j.expect(odd.requirement, exchange, gomega.Or(beLike(plain, "as with Content-Length: 0"), lengthRequired))
		}
	case !j.closedOver(odd.requirement, exchange):
		j.meets(odd.requirement, exchange)
	}
}
