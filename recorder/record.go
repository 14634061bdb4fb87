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
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/dnaeon/go-vcr/v2/cassette"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
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
	// Unfinished says what becomes of a recording that was interrupted in the
	// same folder.
	Unfinished Unfinished
	// Pseudonyms replaces the ids of jobs; nil means that they stay.
	Pseudonyms *Pseudonyms
	// Verify looks at the recording before it takes the place of the old one.
	// Its error keeps the old one, and Save returns it. Nil means that nobody
	// looks.
	Verify func(fs.FS) error
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
// it is saved. Of any server but the reference emulator, whose jobs nobody
// misses, it also writes each exchange into a file in its folder at once, so
// that it can go on after an interruption. It is safe for use by many
// goroutines, and ends with Save, Suspend or Discard.
type Recording struct {
	options    RecordingOptions
	transport  http.RoundTripper
	provenance Provenance
	folder     *workFolder
	partial    *partialFile
	earlier    *earlier

	mutex      sync.Mutex
	exchanges  []*exchange
	unanswered []missed
	closed     bool
	stopped    error
	labels     map[string]string
	redactor   *redact.Redactor
}

// missed is a request that had no whole answer.
type missed struct {
	number int
	line   string
}

// exchange is one request with its whole answer, as they were, secrets and all.
type exchange struct {
	place    target.Place
	cassette string
	request  cassette.Request
	response cassette.Response
	// id is the exchange's in the file for what is interrupted, and again says
	// that it came from there.
	id    int
	again bool
}

// errClosed is for requests that come too late to be recorded.
var errClosed = errors.New("the recording is closed")

// NewRecording begins a recording. It returns an error where the provenance
// lacks something, the folder cannot be written, it holds YAML files that a
// recording did not put there, another recording is under way in it (both a
// *CassetteError), or one was interrupted there (an *UnfinishedError): better
// before the first request than after the last.
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
		transport = target.NewNetwork(endpoint, target.NetworkOptions{})
	}
	folder, err := openFolder(options.Folder)
	if err != nil {
		return nil, err
	}
	recording := &Recording{
		options: options, transport: transport, provenance: provenance, folder: folder,
		labels: map[string]string{}, redactor: redact.NewRedactor(nil),
	}
	if err := recording.prepare(); err != nil {
		folder.close()
		return nil, err
	}
	return recording, nil
}

// prepare looks at what the folder holds and makes the file for each exchange.
func (r *Recording) prepare() error {
	if _, err := removable(r.options.Folder); err != nil {
		return err
	}
	content, err := settleUnfinished(r.options.Folder, r.options.Unfinished, r.provenance)
	switch {
	case err != nil:
		return err
	case content != nil:
		r.earlier = earlierOf(content, r.options.CassetteOf)
		r.partial, err = continuePartial(r.options.Folder, content, !r.provenance.Loopback)
	case r.provenance.RecordedFrom.Kind == FromServer:
		r.partial, err = createPartial(r.options.Folder, r.provenance)
	default:
		err = removePartial(r.options.Folder)
	}
	return err
}

// RoundTrip sends a request by the real transport and keeps the exchange. The
// caller gets what the transport gave. The error is the transport's, or says
// that the recording is closed, that the check has no fit cassette, or that the
// exchange could not be written down.
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
	kept := &exchange{place: place, cassette: name, request: sentRequest(request, sent)}
	harmless, err := r.learn(kept.request)
	if err != nil {
		return nil, err
	}
	if known, err := r.known(place, name, harmless); known != nil || err != nil {
		return r.answerAgain(kept, request, known, err)
	}
	if err := r.begin(kept, request, harmless); err != nil {
		return nil, err
	}
	response, err := r.transport.RoundTrip(withBody(request, sent))
	if err != nil {
		return nil, r.keepFault(kept, request, nil, err, target.FaultBeforeAnswer(request.Context(), err, len(sent)))
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
		err = r.keepFault(kept, request, &broken, err, target.FaultInBody(request.Context(), err, len(body)))
		response.Body = &continued{Reader: io.MultiReader(bytes.NewReader(body), failing{err}), Closer: response.Body}
		return response, nil
	case len(body) == largestAnswer:
		r.miss(request)
		r.leave()
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

// keepFault keeps what a server did instead of a whole answer, and gives the
// error for the caller. What says nothing of the server, such as a network that
// is down, has no place in a recording.
func (r *Recording) keepFault(kept *exchange, request *http.Request, broken *cassette.Response, err error, fault *target.Fault) error {
	switch {
	case fault.ServerOwn():
		kept.response = faultyResponse(broken, fault)
		if failed := r.add(kept); failed != nil {
			r.miss(request)
			return failed
		}
		return err
	case fault.Kind == target.Unreachable:
		r.undo(kept)
	default:
		r.leave()
	}
	r.miss(request)
	return err
}

// add keeps a whole exchange, on the disk first.
func (r *Recording) add(kept *exchange) error {
	if r.partial != nil && !kept.again {
		response := redactedResponse(r.currentRedactor(), kept.response)
		if err := r.partial.answer(kept.id, response); err != nil {
			return r.stop(err)
		}
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed {
		return errClosed
	}
	// An attempt that failed for the network is no loss where another did not.
	r.unanswered = slices.DeleteFunc(r.unanswered, func(line missed) bool { return line.number != 0 && line.number == kept.place.Number })
	r.exchanges = append(r.exchanges, kept)
	return nil
}

// miss remembers a request that had no whole answer.
func (r *Recording) miss(request *http.Request) {
	line := oneLine(methodOf(request) + " " + redact.NewRedactor(nil).RequestTarget(request.URL.RequestURI()))
	place := target.PlaceOf(request.Context())
	if place.Check != "" {
		line += " (" + place.Check + ")"
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.unanswered = append(r.unanswered, missed{place.Number, line})
}

// Unanswered lists the requests that had no whole answer, one line each. They
// are not in the recording.
func (r *Recording) Unanswered() []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var lines []string
	for _, one := range r.unanswered {
		lines = append(lines, one.line)
	}
	return lines
}
