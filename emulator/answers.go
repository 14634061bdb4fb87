package emulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// answerKind says what an answer is about.
type answerKind int

const (
	// retryStarted: the retry was granted.
	retryStarted answerKind = iota
	// stateShown: the state of a job.
	stateShown
	// refused: the method refuses the request.
	refused
	// frontEndPage: there is no such method.
	frontEndPage
)

// answer is what goes back to the client.
type answer struct {
	kind answerKind
	// reason says why the method refuses.
	reason refusalKind
	status int
	header http.Header
	// content is the JSON body as long as it is not yet written down, and
	// failure the `error` object in it; nil for a page.
	content any
	failure *object
	body    []byte
}

// jsonParameter follows the media type of each JSON answer, as Google's front
// end writes it.
const jsonParameter = "; charset=UTF-8"

// newAnswer makes a JSON answer of the method.
func newAnswer(kind answerKind, status int, mediaType string, content any) *answer {
	return &answer{kind: kind, status: status, content: content, header: http.Header{
		"Content-Type": {mediaType + jsonParameter},
		"Vary":         {"Origin, X-Origin, Referer"},
	}}
}

// startedAnswer names the job that a retry started.
func (s *Server) startedAnswer(c *call) *answer {
	content := &object{{s.contract.IDField, c.started.id}}
	return newAnswer(retryStarted, s.contract.Retry.Success, s.contract.Retry.MediaType, content)
}

// nameField carries the resource name of the state: "archiveJobs/ID/…"
// (schemas.PortabilityArchiveState.name of
// https://dataportability.googleapis.com/$discovery/rest?version=v1).
const nameField = "name"

// stateAnswer shows the state of a job. A start time is "set only if the
// start_time field is specified in the InitiatePortabilityArchiveRequest", which
// no job here has come from.
func (s *Server) stateAnswer(c *call) *answer {
	path := s.contract.ReadState.Path
	content := &object{
		{nameField, strings.TrimPrefix(path.Raw(c.subject.id), path.Base())},
		{s.contract.StateField, c.subject.state},
	}
	return newAnswer(stateShown, s.contract.ReadState.Success, s.contract.ReadState.MediaType, content)
}

// finish turns an answer into what is sent.
func (s *Server) finish(c *call, a *answer) {
	a.header.Set("Date", s.clock().UTC().Format(http.TimeFormat))
	s.behaviour.compose(c, a)
	if a.content != nil {
		a.body = encode(a.content)
	}
	s.behaviour.write(c, a)
}

// encode writes JSON as Google does: two spaces for each level, a newline at
// the end, < and > escaped.
func encode(content any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	// Objects of texts and numbers always have a JSON form.
	_ = encoder.Encode(content)
	return text.Bytes()
}

// sendAnswer sends an answer with its length.
func sendAnswer(w http.ResponseWriter, c *call, a *answer) {
	sendHeader(w, a, len(a.body))
	if c.request.Method != http.MethodHead {
		_, _ = w.Write(a.body)
	}
}

// sendHeader sends everything before the body, and says how long the body is.
func sendHeader(w http.ResponseWriter, a *answer, length int) {
	header := w.Header()
	for name, values := range a.header {
		header[name] = values
	}
	header.Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(a.status)
}
