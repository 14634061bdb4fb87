// Package recording records HTTP exchanges with a server as go-vcr cassettes, without
// secrets, and replays them. Package recorder has what of it others may use; this one
// knows in addition what a recording of the suite needs: a provenance, resuming, and
// aliases for the ids of jobs.
package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/dnaeon/go-vcr/v2/cassette"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
)

// largestResponse is the size in bytes over which a response is not stored. It
// is more than a target reads of one before it calls it endless.
const largestResponse = 4<<20 + 1

// largestRecording is the size in bytes of all responses of a recording; those of
// a whole run have some 200 KiB.
const largestRecording = 16 << 20

// Options configures a recording.
type Options struct {
	// Transport sends the requests; nil means the network, with dpconform's limits.
	Transport http.RoundTripper
	// Provenance is what the caller knows about the run. Only its Endpoint is
	// required.
	Provenance Provenance
	// TokenName returns the name that replaces a token in the cassettes, or "" if the
	// token has none. Nil means that no token has a name.
	TokenName func(token string) string
	// Members lists members of bodies and query parameters whose values are not
	// secret, in addition to those of errors. All other values are recorded as their
	// type and size only.
	Members []string
	// Secrets lists further texts that must not be in a cassette.
	Secrets []string
	// Resume continues an interrupted recording in the same folder: requests that
	// already have a response are not sent again. Discard deletes it and starts over.
	// If the folder has an interrupted recording, Record requires one of the two.
	Resume, Discard bool
}

// redactor knows the secrets that are given beforehand.
func (o Options) redactor() *redact.Redactor {
	names := make(map[string]string, len(o.Secrets))
	for _, secret := range o.Secrets {
		names[secret] = redact.Mark
	}
	return redact.NewRedactor(names, o.Members...)
}

// Recording is an [http.RoundTripper] that records every exchange. It is safe for
// concurrent use. Call Close when you are done with it.
type Recording struct {
	options    Options
	provenance Provenance
	session    *session
	redactor   *redact.Redactor
	// journal and earlier are nil where nothing is kept for resuming.
	journal *journal
	earlier *earlier
	// rehearsal is the transport of a recording with other names for its jobs.
	rehearsal *rehearsal

	mutex     sync.Mutex
	exchanges []*exchange
	missed    []missed
	// kept is the size of all responses in bytes.
	kept    int
	ended   bool
	saved   bool
	stopped error
}

// session is what a recording has open in its folder.
type session struct {
	folder  *workFolder
	journal *journal
	draft   string
	once    sync.Once
}

// missed is a request that got no complete response.
type missed struct {
	number int
	line   string
}

// errEnded is for requests that come too late to be recorded.
var errEnded = errors.New("the recording has ended")

// errTooLarge stops a recording that no resumption can save.
var errTooLarge = fmt.Errorf("the responses have more than %d MiB together, which is too much for a recording; "+
	"once they have less, start over with --discard", largestRecording>>20)

// Record starts a recording in a folder, which it creates if necessary. Requests of
// a check go to the cassette of its aspect, all others to the cassette "other".
// Unless the server is the reference emulator, each exchange is also written to a
// journal in the folder at once, so that an interrupted recording does not use a job
// twice.
//
// The error says why the folder or the provenance cannot be used, before any request
// is sent.
func Record(folder string, options Options) (*Recording, error) {
	provenance := options.Provenance.completed()
	if err := provenance.check(); err != nil {
		return nil, fmt.Errorf("provenance of the recording: %w", err)
	}
	if options.Transport == nil {
		endpoint, err := target.ParseEndpoint(provenance.Endpoint)
		if err != nil {
			return nil, err
		}
		options.Transport = target.NewNetwork(endpoint, target.NetworkOptions{})
	}
	opened, err := openFolder(folder)
	if err != nil {
		return nil, err
	}
	recording := &Recording{options: options, provenance: provenance, session: &session{folder: opened}, redactor: options.redactor()}
	if err := recording.prepare(); err != nil {
		opened.close()
		return nil, err
	}
	return recording, nil
}

// prepare looks at what the folder holds and begins the journal.
func (r *Recording) prepare() error {
	folder := r.session.folder
	if _, err := removable(folder.path); err != nil {
		return err
	}
	content, err := folder.interrupted(r.options, r.provenance)
	switch {
	case err != nil:
		return err
	case content != nil:
		var dropped []*entry
		r.earlier, dropped = content.earlier(r.provenance.Loopback)
		r.journal, err = openJournal(folder.path, content, r.provenance)
		// Else the next time it would count beside what is sent now.
		for i := 0; err == nil && i < len(dropped); i++ {
			err = r.journal.undo(dropped[i].ID)
		}
	case !r.provenance.Emulator:
		r.journal, err = openJournal(folder.path, nil, r.provenance)
	default:
		err = removeJournal(folder.path)
	}
	r.session.journal = r.journal
	return err
}

// otherCassette has the requests that no check made.
const otherCassette = "other"

// cassetteName is the aspect of a check: what stands in its id before the first
// slash.
func cassetteName(check string) (string, error) {
	name, _, _ := strings.Cut(check, "/")
	if name == "" {
		name = otherCassette
	}
	if file := name + cassetteExtension; !cassetteFile().MatchString(file) || strings.EqualFold(file, ProvenanceFile) {
		return "", fmt.Errorf("%q cannot be the name of a cassette", name)
	}
	return name, nil
}

// RoundTrip sends a request through the transport, records the exchange, and returns
// the transport's response. The error is the transport's, or says that the recording
// has ended or that the exchange could not be written.
func (r *Recording) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := readBody(request)
	if err != nil {
		return nil, err
	}
	place := target.PlaceOf(request.Context())
	name, err := cassetteName(place.Check)
	if err != nil {
		return nil, err
	}
	kept := &exchange{place: place, cassette: name, request: sentRequest(request, body)}
	redacted, err := r.learn(kept)
	if err != nil {
		return nil, err
	}
	if known, err := r.earlier.take(place, redacted); err != nil {
		return nil, r.stop(r.misfit(err))
	} else if known != nil {
		if known.Place.Number != place.Number {
			if err := r.journal.move(known.ID, place); err != nil {
				return nil, r.stop(err)
			}
		}
		kept.again, kept.response = true, withTokens(r.redactor.Names(), *known.Response)
		if err := r.add(kept); err != nil {
			return nil, err
		}
		return recordedResponse(request, kept.response)
	}
	if kept.id, err = r.journal.begin(kept.place, methodOf(request), redacted); err != nil {
		return nil, r.stop(err)
	}
	// A RoundTripper may not change the request that it is given.
	sent := request.Clone(request.Context())
	if len(body) > 0 {
		sent.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		sent.Body, _ = sent.GetBody()
	}
	response, err := r.options.Transport.RoundTrip(sent)
	if err != nil {
		return nil, r.keepFault(kept, nil, err, target.FaultBeforeResponse(request.Context(), err, len(body)))
	}
	return r.keep(kept, request, response)
}

// learn takes note of the secrets of a request and gives it without them. The
// error says why no more is sent.
func (r *Recording) learn(kept *exchange) (cassette.Request, error) {
	request := kept.request
	r.mutex.Lock()
	ended, stopped := r.ended, r.stopped
	r.mutex.Unlock()
	switch {
	case ended:
		return cassette.Request{}, errEnded
	case stopped != nil:
		return cassette.Request{}, notSent(stopped)
	}
	for _, secret := range redact.OtherSecrets(request.URL, request.Body, request.Headers) {
		r.redactor.Learn(secret, redact.Mark)
	}
	for _, token := range redact.TokensOf(request.Headers) {
		name := ""
		if r.options.TokenName != nil {
			name = r.options.TokenName(token)
		}
		r.redactor.Learn(token, name)
	}
	return kept.redacted(r.redactor), nil
}

func notSent(reason error) *target.Fault {
	return &target.Fault{Kind: target.Withheld, Detail: "not sent: " + text.Line(reason.Error())}
}

// stop ends the sending for a reason that is this program's own, and gives the
// fault for the caller.
func (r *Recording) stop(reason error) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.stopped == nil {
		r.stopped = reason
	}
	return notSent(r.stopped)
}

// misfit is the error for a resumed recording that sends other requests than it
// began with.
func (r *Recording) misfit(err error) error {
	fault := r.session.folder.name().fault(journalName, 0, "%s", err)
	fault.Fix = "give the tokens and flags of the first time, or start over with --discard"
	return fault
}

// Provenance returns the provenance of the recording. It lists cassettes only after
// Save.
func (r *Recording) Provenance() Provenance {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.provenance
}

// TokenNames lists the names of the tokens that were sent, sorted.
func (r *Recording) TokenNames() []string {
	if r.rehearsal != nil {
		return r.rehearsal.tokenNames
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var requests []cassette.Request
	for _, kept := range r.exchanges {
		requests = append(requests, kept.redacted(r.redactor))
	}
	return tokenNames(requests)
}

// tokenNames lists what stands for tokens in requests, sorted.
func tokenNames(requests []cassette.Request) []string {
	var names []string
	for _, request := range requests {
		names = append(names, redact.TokensOf(request.Headers)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// end ends the sending and says whether what was recorded is whole.
func (r *Recording) end() ([]*exchange, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.ended {
		return nil, errEnded
	}
	r.ended = true
	if r.stopped != nil {
		return nil, fmt.Errorf("not saved: %w", r.stopped)
	}
	if err := r.earlier.rest(); err != nil {
		return nil, r.misfit(err)
	}
	if r.rehearsal != nil {
		if err := r.rehearsal.misfit(); err != nil {
			return nil, err
		}
	}
	switch {
	case len(r.missed) > 0:
		return nil, fmt.Errorf("not saved: %s got no complete response, the first %s", text.Counted(len(r.missed), "request"), r.missed[0].line)
	case len(r.exchanges) == 0:
		return nil, fmt.Errorf("not saved: nothing was exchanged, so there is nothing to put into %s", r.session.folder.path)
	}
	return r.exchanges, nil
}

// Stopped returns the reason why the recording sends no more requests: the disk is
// full, the recording is too large, or the requests differ from those of the recording that it resumes. It
// returns nil if the recording has not stopped.
func (r *Recording) Stopped() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.stopped
}

// Close ends the recording and returns the number of exchanges that are kept so that
// it can be resumed. The number is 0 after Save, and if the responses are too large.
func (r *Recording) Close() int {
	r.mutex.Lock()
	r.ended = true
	tooLarge := errors.Is(r.stopped, errTooLarge)
	r.mutex.Unlock()
	kept := 0
	r.session.once.Do(func() { kept = r.session.close() })
	if tooLarge {
		return 0
	}
	return kept
}

// close keeps the journal where something can go on from it, and lets other
// recordings in.
func (s *session) close() int {
	defer s.folder.close()
	if s.journal == nil {
		return 0
	}
	s.journal.close()
	content, err := readJournal(s.folder.path)
	if err == nil && content.worth() == 0 {
		// What cannot be removed is offered for resuming the next time.
		_ = removeJournal(s.folder.path)
		return 0
	}
	return content.responses()
}

// interrupted gives the content of the journal where the recording goes on from
// it, and refuses to overlook one.
func (f *workFolder) interrupted(options Options, provenance Provenance) (*journalContent, error) {
	if options.Discard {
		return nil, nil
	}
	content, err := readJournal(f.path)
	if err != nil {
		return nil, err
	}
	switch {
	case !options.Resume && content.worth() > 0:
		fault := f.name().fault("", 0, "a recording was interrupted here after %s", text.Counted(content.responses(), "exchange"))
		fault.Fix = "continue with --resume, or start over with --discard"
		return nil, fault
	case !options.Resume:
		return nil, nil
	case content == nil:
		fault := f.name().fault("", 0, "there is no interrupted recording to resume here")
		fault.Fix = "remove --resume"
		return nil, fault
	}
	was, now := content.provenance.settings(), provenance.settings()
	for _, setting := range slices.Sorted(maps.Keys(was)) {
		if was[setting] != now[setting] {
			fault := f.name().fault(journalName, 0, "was begun with %s %s, not %s", setting, was[setting], now[setting])
			fault.Fix = "give the same to continue, or start over with --discard"
			return nil, fault
		}
	}
	return content, nil
}

func (f *workFolder) name() folderName { return folderName(filepath.ToSlash(f.path)) }
