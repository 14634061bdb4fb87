package suites

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/onsi/gomega/format"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// response is what matchers look at, whoever received it.
type response struct {
	status int
	header http.Header
	// exchange is the one that it belongs to; nil for a response from outside, whose
	// body is received.
	exchange *target.Exchange
	received []byte
	// read is the error of the body, and kind what it is in words, once somebody has
	// asked for them.
	read *errorBody
	kind string
	// text is what String returns, once it was asked for.
	text string
	// members are those of a short body, once one was asked for.
	members map[string]json.RawMessage
}

// responseTo is the response of an exchange, as far as there is one.
func responseTo(exchange *target.Exchange) *response {
	return &response{status: exchange.Status, header: exchange.Header, exchange: exchange}
}

// body is the whole body. That of a long one is unpacked at each call.
func (r *response) body() []byte {
	if r.exchange != nil {
		return r.exchange.WholeBody()
	}
	return r.received
}

// searched is the length in bytes of the part of a body in which a stack trace is
// looked for: no trace begins later.
const searched = 64 << 10

func (r *response) beginning() []byte {
	body := r.received
	if r.exchange != nil {
		body = r.exchange.Body
	}
	return body[:min(len(body), searched)]
}

// responseOf is the response that a matcher was given.
func responseOf(actual any) (*response, error) {
	switch actual := actual.(type) {
	case *response:
		return actual, nil
	case *httptest.ResponseRecorder:
		if actual == nil {
			return nil, errors.New("there is no response: the *httptest.ResponseRecorder is nil")
		}
		return readResponse(actual.Result())
	case *http.Response:
		if actual == nil {
			return nil, errors.New("there is no response: the *http.Response is nil")
		}
		return readResponse(actual)
	}
	return nil, fmt.Errorf("expected an *http.Response or an *httptest.ResponseRecorder, got\n%s", format.Object(actual, 1))
}

// largestBody is the size in bytes over which a body is not read: no response of
// such a method is nearly as large.
const largestBody = 4 << 20

// readResponse reads the body and puts it back, so that the next matcher, and
// whoever owns the response, can read it again.
func readResponse(actual *http.Response) (*response, error) {
	read := &response{status: actual.StatusCode, header: actual.Header}
	if actual.Body == nil {
		return read, nil
	}
	body, err := io.ReadAll(io.LimitReader(actual.Body, largestBody+1))
	actual.Body = restoredBody{io.MultiReader(bytes.NewReader(body), actual.Body), actual.Body}
	switch {
	case err != nil:
		return nil, fmt.Errorf("the body of the response broke off after %d bytes: %w", len(body), err)
	case len(body) > largestBody:
		return nil, fmt.Errorf("the body of the response has more than %d MiB", largestBody>>20)
	}
	read.received = body
	return read, nil
}

// restoredBody reads what was read before, and closes the connection's body.
type restoredBody struct {
	io.Reader
	io.Closer
}

// succeeded reports whether the response says that the method did what it is for.
func (r *response) succeeded() bool {
	if r.exchange != nil {
		return r.exchange.Succeeded()
	}
	return r.status/100 == 2
}

// String describes the response in a few words: "400 FAILED_PRECONDITION", "404
// with an HTML page and no error.status".
func (r *response) String() string {
	if r.text == "" {
		r.text = r.describe()
	}
	return r.text
}

func (r *response) describe() string {
	switch code := r.error().status; {
	case r.exchange != nil && !r.exchange.Complete():
		return r.exchange.Fault.Detail
	case r.succeeded() && strings.Contains(r.bodyText(), "HTML"):
		return fmt.Sprintf("%d with %s", r.status, r.bodyText())
	case r.succeeded():
		return fmt.Sprintf("%d (success)", r.status)
	case code != "":
		return fmt.Sprintf("%d %s", r.status, printable(code))
	case r.status >= http.StatusBadRequest:
		return fmt.Sprintf("%d with %s and no error.status", r.status, r.bodyText())
	}
	return fmt.Sprintf("%d with %s", r.status, r.bodyText())
}

// describe is String for an exchange.
func describe(exchange *target.Exchange) string { return responseTo(exchange).String() }

func (r *response) bodyText() string {
	if r.kind == "" {
		r.kind = r.describeBody(r.body())
	}
	return r.kind
}

func (r *response) describeBody(body []byte) string {
	kind, _ := r.mediaType()
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return "an empty body"
	case kind == "text/html":
		return "an HTML page"
	case json.Valid(firstValue(body)):
		return "a JSON body"
	}
	return "a body that is not JSON"
}

// like reports whether two responses mean the same to a client: the same status
// and error code.
func (r *response) like(other *response) bool {
	return r.status == other.status && (r.succeeded() || r.error().status == other.error().status)
}

// mediaType returns the media type in lower case, and its charset.
func (r *response) mediaType() (kind, charset string) {
	kind, parameters, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil {
		return "", ""
	}
	return kind, strings.ToLower(parameters["charset"])
}

// headerText names a header field and what it says.
func (r *response) headerText(name string) string {
	if values := r.shownValues(name); len(values) > 0 {
		return name + ": " + strings.Join(values, ", ")
	}
	return "no " + name + " header"
}

// visible hides what is not kept of what a finding shows of a
// response. Whoever has the tokens of the run hides those too.
var visible = redact.NewRedactor(nil)

// shownValues are those of a header field that a finding shows.
func (r *response) shownValues(name string) []string {
	return visible.Header(http.Header{name: r.header.Values(name)})[name]
}

// stateBy is the state that a response of the state method carries; empty where
// it has none.
func (r *response) stateBy(method *spec.Method) string {
	if r.status != method.ReadState.Success {
		return ""
	}
	return r.textMember(method.StateField)
}

// textMember is a member of the JSON body; empty unless it is a text.
func (r *response) textMember(name string) string {
	var text string
	if json.Unmarshal(r.member(name), &text) != nil {
		return ""
	}
	return text
}

// memberText describes a member of the JSON body.
func (r *response) memberText(name string) string {
	if value := r.member(name); value != nil {
		return name + " " + oneLine(value)
	}
	if form, _ := result.MemberForm(firstValue(r.body()), name); form != "" {
		return "no " + name + " at the top of the body, but " + form
	}
	return "no " + name + " in " + r.bodyText()
}

// oneLine is a JSON value without the white space around its parts, as a finding
// shows it.
func oneLine(value json.RawMessage) string {
	var compact bytes.Buffer
	if json.Compact(&compact, value) != nil {
		return visible.Value(string(value))
	}
	return visible.Value(compact.String())
}

func (r *response) member(name string) json.RawMessage {
	if r.members != nil {
		return r.members[name]
	}
	body := r.body()
	object := map[string]json.RawMessage{}
	if json.Unmarshal(firstValue(body), &object) != nil {
		object = map[string]json.RawMessage{}
	}
	// Those of long bodies would take as much memory as these, in hundreds of responses.
	const short = 4 << 10
	if len(body) <= short {
		r.members = object
	}
	return object[name]
}

// errorBody is the error of a response as AIP-193 gives it, as far as it is
// there: https://google.aip.dev/193#http11json-representation
type errorBody struct {
	// present says that the body is JSON with an `error` object.
	present bool
	status  string
	// members are the raw members of the `error` object.
	members map[string]json.RawMessage
	// details are those of `error.details`, as far as they are objects, and typed says
	// that each of them is one with a type.
	details []detail
	typed   bool
}

// error reads the error of the response, once.
func (r *response) error() errorBody {
	if r.read != nil {
		return *r.read
	}
	var read errorBody
	var body struct {
		Error map[string]json.RawMessage `json:"error"`
	}
	received := r.body()
	err := json.Unmarshal(received, &body)
	if err != nil {
		err = json.Unmarshal(firstValue(received), &body)
	}
	if err == nil && body.Error != nil {
		read.present, read.members = true, body.Error
		_ = json.Unmarshal(body.Error["status"], &read.status)
		err = json.Unmarshal(body.Error["details"], &read.details)
		read.typed = err == nil && read.details != nil && !slices.Contains(read.details, detail{})
	}
	if read.isShort() {
		r.read = &read
	}
	return read
}

// isShort reports whether an error may be kept for as long as the run takes.
func (e errorBody) isShort() bool {
	const most = 64 << 10
	size := 0
	for name, member := range e.members {
		size += len(name) + len(member)
	}
	return size < most
}

// firstValue returns the first JSON value of a body without what follows it, so
// that trailing bytes are the finding of one requirement and not of all. A body
// that does not start with a JSON value is returned whole.
func firstValue(body []byte) []byte {
	if json.Valid(body) {
		return bytes.TrimSpace(body)
	}
	var value json.RawMessage
	if json.NewDecoder(bytes.NewReader(body)).Decode(&value) != nil {
		return body
	}
	return value
}

// oneValueProblem describes why a body is not one JSON value in UTF-8; empty
// where it is.
func oneValueProblem(body []byte) string {
	if json.Valid(body) && utf8.Valid(body) {
		return ""
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	var value json.RawMessage
	err := decoder.Decode(&value)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if len(body) == 0 {
		return "an empty body"
	}
	if err != nil {
		return "no JSON: " + err.Error()
	}
	if rest := bytes.TrimSpace(body[decoder.InputOffset():]); len(rest) > 0 {
		return fmt.Sprintf("%d bytes after the JSON value", len(rest))
	}
	if !utf8.Valid(body) {
		return "bytes that are not UTF-8"
	}
	return ""
}

// isFrontEndPage reports whether a response may be a front end's own page instead
// of the method's: an unknown path, another HTTP method, a length or size that
// is refused before the method is reached.
func (r *response) isFrontEndPage() bool {
	if r.exchange != nil && r.exchange.Request.FrontEnd {
		return true
	}
	switch r.status {
	case http.StatusLengthRequired, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong,
		http.StatusRequestHeaderFieldsTooLarge:
		return !r.error().present
	}
	return false
}
