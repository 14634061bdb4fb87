package recording

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/dnaeon/go-vcr/v2/cassette"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

// longestBody is the size in bytes over which the body of a request is stored as
// its length and digest: a check that sends megabytes is recorded in one line.
const longestBody = 4 << 10

// readBody reads the body of a request and closes it, as a RoundTripper must.
func readBody(request *http.Request) ([]byte, error) {
	if request.Body == nil || request.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(request.Body)
	return body, errors.Join(err, request.Body.Close())
}

// sentRequest is a request as it was sent, secrets included.
func sentRequest(request *http.Request, body []byte) cassette.Request {
	headers := request.Header.Clone()
	if headers == nil {
		headers = http.Header{}
	}
	headers.Del("User-Agent")
	sent := cassette.Request{Method: methodOf(request), URL: request.URL.String(), Headers: headers}
	if len(body) > longestBody {
		sent.Body = fmt.Sprintf("dpconform: %d bytes, %s", len(body), digestOf(body))
	} else {
		sent.Body = string(body)
	}
	return sent
}

func methodOf(request *http.Request) string {
	if request.Method == "" {
		return http.MethodGet
	}
	return request.Method
}

// receivedResponse is a response as it came, without what differs from one
// recording to the next.
func receivedResponse(response *http.Response, body []byte) cassette.Response {
	headers := response.Header.Clone()
	if headers == nil {
		headers = http.Header{}
	}
	headers.Del("Date")
	// The server's own words for a status mean nothing (RFC 9112, 4), and may
	// repeat what it was sent.
	status := strings.TrimSpace(strconv.Itoa(response.StatusCode) + " " + http.StatusText(response.StatusCode))
	return cassette.Response{Code: response.StatusCode, Status: status, Headers: headers, Body: string(body)}
}

// The headers of a recorded response that was not whole. HTTP knows neither.
const (
	faultHeader       = "Dpconform-Fault"
	faultDetailHeader = "Dpconform-Fault-Detail"
)

// faultyResponse is a response that was not whole, as far as it came: nothing of
// it, or its head and a part of the body.
func faultyResponse(broken *cassette.Response, fault *target.Fault) cassette.Response {
	response := cassette.Response{Headers: http.Header{}, Status: "no response"}
	if broken != nil {
		response = *broken
	}
	response.Headers.Set(faultHeader, string(fault.Kind))
	response.Headers.Set(faultDetailHeader, fault.Detail)
	return response
}

// recordedFault gives the fault of a response that was not whole, or nil.
func recordedFault(recorded cassette.Response) *target.Fault {
	kind := recorded.Headers.Get(faultHeader)
	if kind == "" {
		return nil
	}
	return &target.Fault{Kind: target.FaultKind(kind), Detail: recorded.Headers.Get(faultDetailHeader)}
}

// redactedRequest is a request as it stands in a cassette. Of one that a check
// made, every value is dpconform's own but for the tokens.
func redactedRequest(r *redact.Redactor, request cassette.Request, byCheck bool) cassette.Request {
	request.Headers, request.Form = r.Header(request.Headers), nil
	if byCheck {
		request.URL, request.Body = r.Text(request.URL), r.Text(request.Body)
		return request
	}
	origin, rest := redact.SplitOrigin(request.URL)
	request.URL, request.Body = r.Text(origin)+r.RequestTarget(rest), r.Body(request.Body)
	return request
}

// redactedResponse is a response as it stands in a cassette.
func redactedResponse(r *redact.Redactor, response cassette.Response) cassette.Response {
	body := r.Body(response.Body)
	headers := r.Header(response.Headers)
	keepLength(headers, response.Body, body)
	return cassette.Response{Code: response.Code, Status: response.Status, Headers: headers, Body: body}
}

// changedResponse makes a response with another body and other values in its
// header.
func changedResponse(response cassette.Response, changeBody func(string) string, changeValue func(name, value string) string) cassette.Response {
	body := changeBody(response.Body)
	headers := make(http.Header, len(response.Headers))
	for name, values := range response.Headers {
		for _, value := range values {
			headers[name] = append(headers[name], changeValue(name, value))
		}
	}
	keepLength(headers, response.Body, body)
	return cassette.Response{Code: response.Code, Status: response.Status, Headers: headers, Body: body}
}

// keepLength keeps a Content-Length right that was right for the body before.
func keepLength(headers http.Header, before, after string) {
	for i, length := range headers["Content-Length"] {
		if length == strconv.Itoa(len(before)) {
			headers["Content-Length"][i] = strconv.Itoa(len(after))
		}
	}
}

// keyOf is what a request is found again by: its method, URL, Authorization,
// Content-Type and body, as they stand in a cassette. The size of a secret does
// not count.
func keyOf(request cassette.Request) string {
	return strings.Join([]string{
		request.Method, request.URL,
		authorizationOf(request),
		strings.Join(request.Headers["Content-Type"], "\n"),
		redact.WithoutNotes(request.Body),
	}, "\x00")
}

// authorizationOf is the header field of the token, whose name may be written in
// another case.
func authorizationOf(request cassette.Request) string {
	for name, values := range request.Headers {
		if strings.EqualFold(name, "Authorization") {
			return name + ": " + strings.Join(values, "\n")
		}
	}
	return ""
}

// sameInteraction reports whether two interactions say the same.
func sameInteraction(a, b *cassette.Interaction) bool {
	return keyOf(a.Request) == keyOf(b.Request) && sameHeaders(a.Request.Headers, b.Request.Headers) &&
		a.Response.Code == b.Response.Code && a.Response.Status == b.Response.Status && a.Response.Body == b.Response.Body &&
		sameHeaders(a.Response.Headers, b.Response.Headers)
}

func sameHeaders(a, b http.Header) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// recordedResponse gives what was recorded: a response, the fault that came
// instead, or a response whose body ends in a fault.
func recordedResponse(request *http.Request, recorded cassette.Response) (*http.Response, error) {
	fault := recordedFault(recorded)
	if fault != nil && recorded.Code == 0 {
		return nil, fault
	}
	response := &http.Response{
		Status: recorded.Status, StatusCode: recorded.Code,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: recorded.Headers.Clone(), Request: request,
		Body: io.NopCloser(strings.NewReader(recorded.Body)), ContentLength: int64(len(recorded.Body)),
	}
	if response.Header == nil {
		response.Header = http.Header{}
	}
	// Only the response to HEAD announces a length that it does not have (RFC
	// 9110, section 8.6).
	if announced, err := strconv.ParseInt(response.Header.Get("Content-Length"), 10, 64); err == nil && methodOf(request) == http.MethodHead {
		response.ContentLength = announced
	}
	if fault != nil {
		response.Header.Del(faultHeader)
		response.Header.Del(faultDetailHeader)
		response.Body = io.NopCloser(io.MultiReader(response.Body, failing{fault}))
	}
	return response, nil
}

// failing is a reader that only fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// continued is a body of which the beginning was read already.
type continued struct {
	io.Reader
	io.Closer
}
