package target

import (
	"net/http"
	"time"
)

// Request is what a check wants to be sent. The path is sent as it is written,
// percent escapes included.
type Request struct {
	// Purpose says in a few words why it is sent.
	Purpose string
	Method  string
	// Path starts with a slash and may carry a query.
	Path   string
	Header http.Header
	// Body is sent with its length; none is sent as no body, which for POST
	// means Content-Length: 0.
	Body       []byte
	Credential Credential
	// Job is the id of the job that the request is about, where there is one.
	Job string
	// Starts says that a good answer means that a job was started.
	Starts bool
	// Once says that it must not be sent again unless it is certain that it had
	// no effect.
	Once bool
	// FrontEnd says that a server in front of the method may answer in its own
	// words: unknown path, another HTTP method.
	FrontEnd bool
}

// Exchange is one request and what came of it: either an answer (Status,
// Header, Body) or a Fault.
type Exchange struct {
	// Number counts the exchanges of a run from 1.
	Number int
	// Check is the id of the check that sent it.
	Check   string
	Request Request
	// Began is when the request was first made ready.
	Began time.Time
	// URL is the whole address that was asked.
	URL string

	Status int
	Header http.Header
	Body   []byte
	// Fault says what went wrong instead of a whole answer, or is nil. With a
	// truncated body the Status and Header are there too.
	Fault *Fault
	// Took is the time from the connection to the last byte.
	Took time.Duration
	// Earlier are the attempts before this answer, each with what came of it: the
	// server was busy, or the network broke.
	Earlier []*Exchange
}

// Answered reports whether a whole answer came.
func (e *Exchange) Answered() bool { return e.Fault == nil }

// Started reports whether the answer says that a job was started.
func (e *Exchange) Started() bool {
	return e.Request.Starts && e.Status >= http.StatusOK && e.Status < http.StatusMultipleChoices
}
