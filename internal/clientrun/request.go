package clientrun

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/wire"
	"github.com/dpconform/dpconform/spec"
)

// bodyLimit is the largest body in bytes that is kept: more than any message that
// a client under test sends.
const bodyLimit = 1 << 20

// Many requests may come at the same time. A body up to smallBody bytes is always
// read; of larger ones only so many at once that each may have bodyLimit, up to
// bodiesLimit bytes in all.
const (
	smallBody   = 16 << 10
	bodiesLimit = 32 << 20
)

// bodies counts the bytes that large bodies of requests may take which are being
// served.
type bodies struct{ taken atomic.Int64 }

// take lets one more large body be read, which its request gives back, or reports
// that there are too many.
func (b *bodies) take() bool {
	if b.taken.Add(bodyLimit) <= bodiesLimit {
		return true
	}
	b.taken.Add(-bodyLimit)
	return false
}

// giveBack is called when a request has been served. What is kept of it then has
// the bound of its call.
func (b *bodies) giveBack(arrived *request) {
	if arrived.large {
		b.taken.Add(-bodyLimit)
	}
}

// purpose says what a request was for.
type purpose string

const (
	// attempt: a call of the method, right or wrong.
	attempt purpose = "call"
	// stateRead: a call of the method that reads a job's state.
	stateRead purpose = "state"
	// elsewhere: a request at the other host, where redirects lead.
	elsewhere purpose = "elsewhere"
	// other: a request that has nothing to do with the method.
	other purpose = "other"
	// followed: a request at the same host to where a redirect led.
	followed purpose = "redirected"
	// late: a request on a connection that a response had said to be closed.
	late purpose = "late"
	// malformed: malformed HTTP, which no handler saw.
	malformed purpose = "malformed"
)

// request is one request as it arrived, with the response that it got.
type request struct {
	// number counts the requests of a call, from 1.
	number  int
	at      time.Time
	purpose purpose
	method  string
	// target is the path and query as they were sent, without the prefix that
	// chooses a scenario.
	target string
	// authority is what the target has between a scheme and the path; empty for a
	// target as it should be.
	authority string
	// host is the field Host, or :authority. foreignHost: it is not the endpoint's.
	host        string
	foreignHost bool
	protocol    string
	header      http.Header
	// body is as sent, up to bodyLimit. bodyProblem says why it is not whole.
	body        []byte
	bodyProblem string
	// large: the body counts among the large ones.
	large bool
	// framed: the request has a Content-Length or a Transfer-Encoding, or a
	// protocol that needs neither.
	framed bool
	// before is the number of requests that its connection had brought earlier.
	// secure: it came by TLS.
	before int64
	secure bool
	// head is the head as it was sent; nil where it was not kept, as with HTTP/2
	// and TLS.
	head *wire.Head
	// unknown says what is wrong with the name of a scenario that the request chose.
	unknown  string
	response response
	// refused: the reference server refused it for a mistake in it, whatever the scenario.
	refused bool
}

// values gives the values of a field as they were sent, one for each line.
func (r *request) values(name string) []string {
	if r.head != nil {
		return r.head.Values(name)
	}
	return r.header.Values(name)
}

func (r *request) path() string {
	path, _, _ := strings.Cut(r.target, "?")
	return path
}

func (r *request) query() string {
	_, query, _ := strings.Cut(r.target, "?")
	return query
}

// delivery says how much of a response was sent.
type delivery string

const (
	pending delivery = "pending"
	whole   delivery = "whole"
	// truncated: only the beginning was sent.
	truncated delivery = "truncated"
	// reset and hungUp: the connection ended in place of a response.
	reset  delivery = "reset"
	hungUp delivery = "hang-up"
	// notAwaited: the client had gone before.
	notAwaited delivery = "not awaited"
)

// reasons says what a delivery that is not whole means.
var reasons = map[delivery]string{
	pending: "there was no response", truncated: "the response was cut short", reset: "the connection was reset before the response",
	hungUp: "the connection was closed before the response", notAwaited: "the client gave up waiting for the response (a timeout of its own)",
}

// reason says why the response is not whole.
func (r *request) reason() string {
	if r.response.delivery == reset && strings.HasPrefix(r.protocol, "HTTP/2") {
		return "the stream was reset before the response"
	}
	return reasons[r.response.delivery]
}

// response is what a request got.
type response struct {
	// noUpstream says why the server upstream has no part in it; empty where it has.
	noUpstream string
	delivery   delivery
	// at is when it was sent.
	at     time.Time
	status int
	header http.Header
	// body is the whole of it, whatever was delivered.
	body []byte
	// ofReference: the reference server made it, by the request alone.
	ofReference bool
	// tests is the requirement that breaks who makes an error of the success; empty
	// for that of any success.
	tests string
}

func (r response) success() bool  { return r.status >= 200 && r.status < 300 }
func (r response) redirect() bool { return r.status >= 300 && r.status < 400 }

// content is the body without its content coding (RFC 9110, 8.4): a server
// upstream may compress.
func (r response) content() []byte {
	if coding := r.header.Get("Content-Encoding"); !strings.EqualFold(coding, "gzip") {
		return r.body
	}
	content, err := gunzip(r.body)
	if err != nil {
		return r.body
	}
	return content
}

func gunzip(body []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(reader, bodyLimit))
}

// retryAfter reads Retry-After: seconds, or a date (RFC 9110, 10.2.3).
func (r response) retryAfter() (wait time.Duration, given bool) {
	text := r.header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		// A client may round what is left to a whole second.
		return max(0, at.Sub(r.at)-time.Second), true
	}
	return 0, false
}

// errorObject reads the error of a response; false where there is none:
// https://google.aip.dev/193#http11json-representation
func (r response) errorObject() (result.ClientError, bool) {
	var body struct {
		Error *result.ClientError `json:"error"`
	}
	if err := json.Unmarshal(r.content(), &body); err != nil || body.Error == nil {
		return result.ClientError{}, false
	}
	return *body.Error, true
}

// code is the google.rpc.Code of a refusal. Without an error object it is that of
// the HTTP status, where only one code has it.
func (r response) code(method *spec.Method) string {
	if object, found := r.errorObject(); found && object.Status != "" {
		return object.Status
	}
	code := ""
	for name, status := range method.CodeStatus {
		if status == r.status && code != "" {
			return ""
		}
		if status == r.status {
			code = name
		}
	}
	return code
}

// newID is the id of the new job; empty for none. alone: the response has no
// member beside it.
func (r response) newID(method *spec.Method) (id string, alone bool) {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(r.content(), &body); err != nil || method.IDField == "" {
		return "", true
	}
	if err := json.Unmarshal(body[method.IDField], &id); err != nil {
		id = ""
	}
	delete(body, method.IDField)
	return id, len(body) == 0
}

// readRequest takes down a request and reads its body, of the large ones as many as
// may be read.
func readRequest(r *http.Request, at time.Time, large *bodies) *request {
	target, authority := originForm(r.RequestURI)
	arrived := &request{
		at: at, method: r.Method, target: target, authority: authority, host: r.Host, protocol: r.Proto, header: r.Header.Clone(),
		framed: r.ProtoMajor > 1 || len(r.TransferEncoding) > 0 || r.Header.Get("Content-Length") != "",
		before: useOf(r).requests.Add(1) - 1, secure: r.TLS != nil,
		head: headOf(r), response: response{delivery: pending},
	}
	if hosts := arrived.head.Values("Host"); len(hosts) > 0 {
		// net/http puts the host of the target in its place.
		arrived.host = hosts[0]
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, smallBody+1))
	if len(body) > smallBody && err == nil {
		if arrived.large = large.take(); arrived.large {
			var rest []byte
			rest, err = io.ReadAll(io.LimitReader(r.Body, int64(bodyLimit+1-len(body))))
			body = append(body, rest...)
		}
	}
	switch {
	case len(body) > smallBody && !arrived.large && err == nil:
		body, arrived.bodyProblem = body[:smallBody], "it is longer than 16 KiB, and too many such bodies came at the same time"
	case len(body) > bodyLimit:
		body, arrived.bodyProblem = body[:bodyLimit], "it is longer than 1 MiB"
	case err != nil:
		arrived.bodyProblem = "it broke off"
		if r.ContentLength > int64(len(body)) {
			arrived.bodyProblem = fmt.Sprintf("%d of the %d bytes of Content-Length arrived", len(body), r.ContentLength)
		}
	}
	arrived.body = body
	return arrived
}

// malformedRequest takes down what net/http refused with a status; 0 where it
// closed the connection without a response.
func malformedRequest(head *wire.Head, status int, at time.Time) *request {
	arrived := &request{at: at, purpose: malformed, header: http.Header{}, head: head, response: response{delivery: whole, at: at, status: status}}
	if status == 0 {
		arrived.response.delivery = hungUp
	}
	// A line that is no request line takes the target's place.
	arrived.target = head.Line
	if method, target, protocol, all := head.RequestLine(); all {
		arrived.method, arrived.protocol = method, protocol
		arrived.target, arrived.authority = originForm(target)
	}
	for _, field := range head.Fields {
		if field.Name != "" {
			arrived.header.Add(field.Name, field.Value)
		}
	}
	return arrived
}

// originForm takes scheme and host off a target, where a client puts them that
// believes to speak to a proxy (RFC 9112, 3.2.2).
func originForm(target string) (origin, authority string) {
	_, rest, found := strings.Cut(target, "://")
	if strings.HasPrefix(target, "/") || !found {
		return target, ""
	}
	slash := strings.IndexAny(rest, "/?")
	switch {
	case slash < 0:
		return "/", rest
	case rest[slash] == '?':
		return "/" + rest[slash:], rest[:slash]
	}
	return rest[slash:], rest[:slash]
}
