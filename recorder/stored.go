package recorder

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/dnaeon/go-vcr/v2/cassette"
	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

// longestBody is the size in bytes over which the body of a request is kept as
// its length and digest: a check that sends megabytes is recorded in one line.
const longestBody = 4 << 10

// inBase64 begins a body that YAML would not give back byte for byte.
const inBase64 = "dpconform: base64 "

// sentRequest keeps a request as it was sent, secrets included. Only the path
// and query of the address stay: the provenance holds the host.
func sentRequest(request *http.Request, body []byte) cassette.Request {
	headers := request.Header.Clone()
	if headers == nil {
		headers = http.Header{}
	}
	headers.Del("User-Agent")
	return cassette.Request{
		Method:  methodOf(request),
		URL:     request.URL.RequestURI(),
		Headers: headers,
		Body:    shortenedBody(body),
	}
}

func methodOf(request *http.Request) string {
	if request.Method == "" {
		return http.MethodGet
	}
	return request.Method
}

// shortenedBody is a body, or what stands for a long one.
func shortenedBody(body []byte) string {
	if len(body) > longestBody {
		return fmt.Sprintf("dpconform: %d bytes, sha256:%x", len(body), sha256.Sum256(body))
	}
	return string(body)
}

// receivedResponse keeps an answer as it came, without what differs from one
// recording to the next.
func receivedResponse(response *http.Response, body []byte) cassette.Response {
	headers := response.Header.Clone()
	if headers == nil {
		headers = http.Header{}
	}
	headers.Del("Date")
	return cassette.Response{Code: response.StatusCode, Status: statusLine(response.StatusCode), Headers: headers, Body: string(body)}
}

// statusLine is a status with HTTP's own words for it. Those of the server mean
// nothing (RFC 9112, 4), and may repeat what it was sent.
func statusLine(code int) string {
	return strings.TrimSpace(strconv.Itoa(code) + " " + http.StatusText(code))
}

// The headers of a recorded answer that was not whole. HTTP knows neither.
const (
	faultHeader       = "Dpconform-Fault"
	faultDetailHeader = "Dpconform-Fault-Detail"
)

// faultyResponse is an answer that was not whole, as far as it came: nothing of
// it, or its head and a part of the body.
func faultyResponse(broken *cassette.Response, fault *target.Fault) cassette.Response {
	response := cassette.Response{Headers: http.Header{}, Status: "no answer"}
	if broken != nil {
		response = *broken
	}
	response.Headers.Set(faultHeader, string(fault.Kind))
	response.Headers.Set(faultDetailHeader, fault.Detail)
	return response
}

// recordedFault gives the fault of an answer that was not whole, or nil.
func recordedFault(recorded cassette.Response) *target.Fault {
	kind := recorded.Headers.Get(faultHeader)
	if kind == "" {
		return nil
	}
	return &target.Fault{Kind: target.FaultKind(kind), Detail: recorded.Headers.Get(faultDetailHeader)}
}

// harmlessRequest is a request as it stands in a cassette.
func harmlessRequest(r *redact.Redactor, request cassette.Request) cassette.Request {
	request.URL = r.RequestTarget(request.URL)
	request.Headers = r.Header(request.Headers)
	request.Body = storedBody(r.Body(request.Body))
	request.Form = nil
	return request
}

// harmlessResponse is an answer as it stands in a cassette.
func harmlessResponse(r *redact.Redactor, response cassette.Response) cassette.Response {
	plain := redactedResponse(r, response)
	plain.Body = storedBody(plain.Body)
	return plain
}

// redactedResponse is an answer without its secrets.
func redactedResponse(r *redact.Redactor, response cassette.Response) cassette.Response {
	body := r.Body(response.Body)
	headers := r.Header(response.Headers)
	keepLength(headers, response.Body, body)
	return cassette.Response{Code: response.Code, Status: response.Status, Headers: headers, Body: body}
}

// keepLength keeps a Content-Length right that was right for the body before.
func keepLength(headers http.Header, before, after string) {
	if headers.Get("Content-Length") == strconv.Itoa(len(before)) {
		headers.Set("Content-Length", strconv.Itoa(len(after)))
	}
}

// keyOf is what a request is found again by: its method, path and query,
// Authorization, Content-Type and body, as they stand in a cassette.
func keyOf(request cassette.Request) string {
	return strings.Join([]string{
		request.Method, request.URL,
		strings.Join(request.Headers["Authorization"], "\n"),
		strings.Join(request.Headers["Content-Type"], "\n"),
		request.Body,
	}, "\x00")
}

// storedBody is a body in a form that survives the YAML of go-vcr.
func storedBody(body string) string {
	if survivesYAML(body) && !strings.HasPrefix(body, inBase64) {
		return body
	}
	return inBase64 + base64.StdEncoding.EncodeToString([]byte(body))
}

// originalBody gives back what storedBody was given.
func originalBody(stored string) string {
	encoded, found := strings.CutPrefix(stored, inBase64)
	if !found {
		return stored
	}
	body, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return stored
	}
	return string(body)
}

// survivesYAML reports whether yaml.v3 gives a text back as it was. Of several
// lines it loses some: "\n  a" comes back as "\na".
func survivesYAML(text string) bool {
	if !strings.ContainsAny(text, "\n\r\u0085\u2028\u2029") {
		return true
	}
	written, err := yaml.Marshal([]*cassette.Interaction{{Request: cassette.Request{Body: text}, Response: cassette.Response{Body: text}}})
	if err != nil {
		return false
	}
	var read []*cassette.Interaction
	if err := yaml.Unmarshal(written, &read); err != nil || len(read) != 1 || read[0] == nil {
		return false
	}
	return read[0].Request.Body == text && read[0].Response.Body == text
}

// sameInteraction reports whether two interactions say the same.
func sameInteraction(a, b *cassette.Interaction) bool {
	return a.Request.Method == b.Request.Method && a.Request.URL == b.Request.URL && a.Request.Body == b.Request.Body &&
		sameHeaders(a.Request.Headers, b.Request.Headers) &&
		a.Response.Code == b.Response.Code && a.Response.Status == b.Response.Status && a.Response.Body == b.Response.Body &&
		sameHeaders(a.Response.Headers, b.Response.Headers)
}

func sameHeaders(a, b http.Header) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}
