package emulator

import (
	"net/http"

	"github.com/dpconform/dpconform/spec"
)

// requestLine is what a request asks for, before anything of it is understood.
type requestLine struct {
	method string
	// path is escaped, as it was sent.
	path  string
	query string
}

// call is one request and what the stages learn of it.
type call struct {
	request *http.Request
	line    requestLine
	// operation is the method that the path belongs to.
	operation *spec.Operation
	// id is the job's id in the path, decoded.
	id string
	// token and scopes are the caller's.
	token  string
	scopes []string
	// body is the request's, decompressed.
	body []byte
	// subject is the job that the id belongs to, started the job that was
	// started from it: copies, as they were under the lock.
	subject job
	started job
}

func newCall(r *http.Request) *call {
	return &call{
		request: r,
		line:    requestLine{method: r.Method, path: r.URL.EscapedPath(), query: r.URL.RawQuery},
	}
}

// stage is one question that a request must pass before it is granted. It
// gives nil to go on.
type stage func(*Server, *call) *refusal
