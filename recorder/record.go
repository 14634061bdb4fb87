// Package recorder keeps what a run exchanges with a server in cassettes of
// go-vcr, without any secret, and answers a later run from them.
//
// A recording is a folder: one cassette for each aspect of the suite, and a
// provenance that says where it comes from.
package recorder

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/dnaeon/go-vcr/v2/cassette"

	"github.com/dpconform/dpconform/redaction"
	"github.com/dpconform/dpconform/target"
)

// largestAnswer is the size in bytes over which an answer is not kept. It is
// more than a target reads of an answer before it calls it endless.
const largestAnswer = 4<<20 + 1

// RecordingOptions says what is recorded and where it goes.
type RecordingOptions struct {
	// Folder is where the recording goes. It may not exist yet.
	Folder string
	// Transport carries the requests; nil means target.NewNetwork.
	Transport http.RoundTripper
	// CassetteOf names the cassette for a check; nil means AspectOf.
	CassetteOf func(check string) string
	// Label gives the harmless name of a token that was sent, as the
	// provenance's TokenNames make it, or false where it has none. Nil means
	// that no token has one.
	Label func(token string) (string, bool)
	// Provenance is what the caller knows of the run. Format, IsGoogle and
	// Cassettes are filled in, and so are Date (now) and Tokens where empty.
	Provenance Provenance
	// KeepIncomplete saves a recording even where a request had no whole
	// answer. A replay cannot answer that request.
	KeepIncomplete bool
}

// AspectOf is the part of a check's id before its first slash, which names its
// aspect. Outside any check it is "other".
func AspectOf(check string) string {
	aspect, _, _ := strings.Cut(check, "/")
	if aspect == "" {
		return "other"
	}
	return aspect
}

// Recording is an http.RoundTripper that keeps what it carries, in memory until
// it is saved. It is safe for use by many goroutines.
type Recording struct {
	options    RecordingOptions
	transport  http.RoundTripper
	provenance Provenance

	mutex      sync.Mutex
	exchanges  []*exchange
	unanswered []string
	closed     bool
}

// exchange is one request with its whole answer, as they were, secrets and all.
type exchange struct {
	place    target.Place
	cassette string
	request  cassette.Request
	response cassette.Response
}

// errClosed is for requests that come too late to be recorded.
var errClosed = errors.New("the recording is closed")

// NewRecording begins a recording. It returns an error where the provenance
// lacks something, the folder cannot be written, or it holds YAML files that a
// recording did not put there (a *CassetteError): better before the first
// request than after the last.
func NewRecording(options RecordingOptions) (*Recording, error) {
	provenance := options.Provenance.completed()
	if err := provenance.check(); err != nil {
		return nil, fmt.Errorf("provenance of the recording: %w", err)
	}
	if options.CassetteOf == nil {
		options.CassetteOf = AspectOf
	}
	transport := options.Transport
	if transport == nil {
		endpoint, err := target.ParseEndpoint(provenance.RecordedFrom.Endpoint)
		if err != nil {
			return nil, err
		}
		transport = target.NewNetwork(endpoint)
	}
	if err := tryFolder(options.Folder); err != nil {
		return nil, err
	}
	if _, err := removable(options.Folder); err != nil {
		return nil, err
	}
	return &Recording{options: options, transport: transport, provenance: provenance}, nil
}

// RoundTrip sends a request by the real transport and keeps the exchange. The
// caller gets what the transport gave. The error is the transport's, or says
// that the recording is closed or that the check has no fit cassette.
func (r *Recording) RoundTrip(request *http.Request) (*http.Response, error) {
	sent, err := readBody(request)
	if err != nil {
		return nil, err
	}
	place := target.PlaceOf(request.Context())
	name := r.options.CassetteOf(place.Check)
	if err := checkCassetteName(name); err != nil {
		return nil, err
	}
	if r.isClosed() {
		return nil, errClosed
	}
	kept := &exchange{place: place, cassette: name, request: sentRequest(request, sent)}
	response, err := r.transport.RoundTrip(withBody(request, sent))
	if err != nil {
		r.keepFault(kept, request, nil, target.FaultBeforeAnswer(request.Context(), err, len(sent)))
		return nil, err
	}
	return r.keep(kept, request, response)
}

// keep reads an answer to its end and gives it to the caller anew.
func (r *Recording) keep(kept *exchange, request *http.Request, response *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer))
	switch {
	case err != nil:
		// The caller meets the same bytes and then the same fault.
		broken := receivedResponse(response, body)
		r.keepFault(kept, request, &broken, target.FaultInBody(request.Context(), err, len(body)))
		response.Body = &continued{Reader: io.MultiReader(bytes.NewReader(body), failing{err}), Closer: response.Body}
		return response, nil
	case len(body) == largestAnswer:
		r.miss(request)
		response.Body = &continued{Reader: io.MultiReader(bytes.NewReader(body), response.Body), Closer: response.Body}
		return response, nil
	}
	// The caller has the whole answer, so a fault of closing is nobody's.
	_ = response.Body.Close()
	kept.response = receivedResponse(response, body)
	response.Body = io.NopCloser(bytes.NewReader(body))
	if err := r.add(kept); err != nil {
		return nil, err
	}
	return response, nil
}

// keepFault keeps what a server did instead of a whole answer. What says nothing
// of the server, such as a network that is down, has no place in a recording.
func (r *Recording) keepFault(kept *exchange, request *http.Request, broken *cassette.Response, fault *target.Fault) {
	if !fault.ServerOwn() {
		r.miss(request)
		return
	}
	kept.response = faultyResponse(broken, fault)
	if r.add(kept) != nil {
		r.miss(request)
	}
}

func (r *Recording) add(kept *exchange) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed {
		return errClosed
	}
	r.exchanges = append(r.exchanges, kept)
	return nil
}

// miss remembers a request that had no whole answer.
func (r *Recording) miss(request *http.Request) {
	line := oneLine(methodOf(request) + " " + redaction.NewRedactor(nil).RequestTarget(request.URL.RequestURI()))
	if check := target.PlaceOf(request.Context()).Check; check != "" {
		line += " (" + check + ")"
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.unanswered = append(r.unanswered, line)
}

func (r *Recording) isClosed() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.closed
}

// Unanswered lists the requests that had no whole answer, one line each. They
// are not in the recording.
func (r *Recording) Unanswered() []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return append([]string(nil), r.unanswered...)
}

// Discard ends the recording and keeps nothing of it. The folder stays as it
// was.
func (r *Recording) Discard() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.closed = true
	r.exchanges, r.unanswered = nil, nil
}

// readBody reads the body of a request and closes it, as a RoundTripper must.
func readBody(request *http.Request) ([]byte, error) {
	if request.Body == nil || request.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(request.Body)
	return body, errors.Join(err, request.Body.Close())
}

// withBody is a copy of a request that can still be sent: a RoundTripper may
// not change the request that it is given.
func withBody(request *http.Request, body []byte) *http.Request {
	copied := request.Clone(request.Context())
	if request.Body == nil || request.Body == http.NoBody {
		return copied
	}
	copied.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	copied.Body, _ = copied.GetBody()
	return copied
}

// continued is a body of which the beginning was read already.
type continued struct {
	io.Reader
	io.Closer
}

// failing is a reader that only fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
