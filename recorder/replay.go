package recorder

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/dnaeon/go-vcr/v2/cassette"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

// ReplayOptions says how a recording is opened.
type ReplayOptions struct {
	// Folder is how a person calls the folder, for messages. It is not opened.
	Folder string
	// ContractDigest is the digest of the description that the run judges by.
	// A recording for another one is refused. Empty means any.
	ContractDigest string
	// ContractName is how a person calls that description, for messages.
	ContractName string
	// RecordAgain is the command that records cassettes for that description,
	// for messages; empty means one into the same folder.
	RecordAgain string
	// CassetteOf names the cassette for a check, as it did when recording; nil
	// means AspectOf.
	CassetteOf func(check string) string
}

// Replay is an http.RoundTripper that answers from a recording, at once and
// strictly: each interaction once, and nothing that was not recorded. It is
// safe for use by many goroutines.
type Replay struct {
	provenance Provenance
	folder     folderName
	origin     string
	cassetteOf func(check string) string
	redactor   *redact.Redactor
	labels     []string
	tapes      map[string]*tape
	order      []string
}

// tape is a cassette with an index in front. go-vcr scans a cassette from its
// beginning for each request, which makes a replay quadratic.
type tape struct {
	interactions []*cassette.Interaction

	mutex sync.Mutex
	// waiting lists, for each key, the interactions that are not used yet, in
	// their order.
	waiting map[string][]int
	used    []bool
}

// OpenReplay reads a whole recording. The error is a *CassetteError: the
// provenance or a cassette is missing, broken, cut short or edited, a cassette
// does not belong to the recording, the recording is for another description,
// or its form is newer than this program.
func OpenReplay(fsys fs.FS, options ReplayOptions) (*Replay, error) {
	folder := folderName(options.Folder)
	provenance, cassettes, err := load(fsys, folder)
	if err != nil {
		return nil, err
	}
	if options.ContractDigest != "" && options.ContractDigest != provenance.Description.Digest {
		other := folder.fault(ProvenanceFile, 0, "was recorded for another description: %s, not %s", provenance.Description,
			DescribedBy{options.ContractName, options.ContractDigest})
		if options.RecordAgain != "" {
			other.Mend = "record again by this one: " + options.RecordAgain
		}
		return nil, other
	}
	replay := &Replay{
		provenance: provenance, folder: folder, cassetteOf: options.CassetteOf,
		tapes: map[string]*tape{},
	}
	if replay.cassetteOf == nil {
		replay.cassetteOf = AspectOf
	}
	// The provenance was checked, so its endpoint is one.
	if endpoint, err := target.ParseEndpoint(provenance.RecordedFrom.Endpoint); err == nil {
		replay.origin = originOf(endpoint.Scheme, endpoint.Host)
	}
	for _, recorded := range cassettes {
		replay.tapes[recorded.Name] = newTape(recorded.Interactions)
		replay.order = append(replay.order, recorded.Name)
	}
	replay.labels = labelsIn(cassettes)
	replay.redactor = redactorFor(replay.labels)
	return replay, nil
}

func newTape(interactions []*cassette.Interaction) *tape {
	tape := &tape{interactions: interactions, waiting: make(map[string][]int, len(interactions)), used: make([]bool, len(interactions))}
	for i, interaction := range interactions {
		key := keyOf(interaction.Request)
		tape.waiting[key] = append(tape.waiting[key], i)
	}
	return tape
}

// labelsIn lists the harmless names of tokens that stand in cassettes.
func labelsIn(cassettes []*cassette.Cassette) []string {
	labels := map[string]bool{}
	for _, recorded := range cassettes {
		for _, interaction := range recorded.Interactions {
			for _, token := range redact.TokensOf(interaction.Request.Headers) {
				labels[token] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(labels))
}

// redactorFor makes the redactor of a replay. A token that is a name in the
// recording already stays; any other becomes what the recording made of it.
func redactorFor(labels []string) *redact.Redactor {
	same := map[string]string{}
	for _, label := range labels {
		same[label] = label
	}
	return redact.NewRedactor(same)
}

func originOf(scheme, host string) string { return strings.ToLower(scheme + "://" + host) }

// Provenance says where the recording comes from.
func (r *Replay) Provenance() Provenance { return r.provenance }

// Labels lists the harmless names of the tokens that were sent while
// recording, sorted. A run that sends another one finds nothing recorded.
func (r *Replay) Labels() []string { return slices.Clone(r.labels) }

// RoundTrip answers a request as it was answered when it was recorded. The
// error is a *target.Fault: the recorded one where the server gave no whole
// answer, or of the kind target.Unrecorded where the recording has no such
// request, or not one that is unused. Or it is that of a context that is done.
func (r *Replay) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := readBody(request)
	if err != nil {
		return nil, err
	}
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	name := r.cassetteOf(target.PlaceOf(request.Context()).Check)
	wanted := harmlessRequest(r.redactor, sentRequest(request, body))
	if origin := originOf(request.URL.Scheme, request.URL.Host); origin != r.origin {
		return nil, r.unrecorded(wanted, name, fmt.Sprintf("the recording is of %s, not of %s", r.origin, origin))
	}
	tape, found := r.tapes[name]
	if !found {
		return nil, r.unrecorded(wanted, name, "the recording has no such cassette")
	}
	interaction, missing := tape.take(wanted)
	if interaction == nil {
		return nil, r.unrecorded(wanted, name, missing)
	}
	return answerOrFault(request, interaction.Response, originalBody(interaction.Response.Body))
}

// take gives the next unused interaction for a request, or says why there is
// none.
func (t *tape) take(wanted cassette.Request) (*cassette.Interaction, string) {
	key := keyOf(wanted)
	t.mutex.Lock()
	defer t.mutex.Unlock()
	waiting, found := t.waiting[key]
	switch {
	case len(waiting) > 0:
		t.waiting[key] = waiting[1:]
		t.used[waiting[0]] = true
		return t.interactions[waiting[0]], ""
	case found:
		return nil, "it is asked more often than it was recorded"
	}
	for _, interaction := range t.interactions {
		if interaction.Request.Method == wanted.Method && interaction.Request.URL == wanted.URL {
			return nil, "it is recorded with " + difference(interaction.Request, wanted)
		}
	}
	return nil, ""
}

// difference says what tells two requests for the same path apart.
func difference(recorded, wanted cassette.Request) string {
	switch {
	case !slices.Equal(recorded.Headers["Authorization"], wanted.Headers["Authorization"]):
		return "another token"
	case !slices.Equal(recorded.Headers["Content-Type"], wanted.Headers["Content-Type"]):
		return "another Content-Type"
	}
	return "another body"
}

func (r *Replay) unrecorded(wanted cassette.Request, name, why string) *target.Fault {
	detail := fmt.Sprintf("not recorded: %s %s in cassette %s", wanted.Method, wanted.URL, r.folder.file(name+cassetteExtension))
	if why != "" {
		detail += " (" + why + ")"
	}
	return &target.Fault{Kind: target.Unrecorded, Detail: oneLine(detail + "; " + r.folder.recordAgain())}
}

// answerOrFault gives what was recorded: an answer, the fault in its place, or
// an answer whose body ends in a fault.
func answerOrFault(request *http.Request, recorded cassette.Response, body string) (*http.Response, error) {
	fault := recordedFault(recorded)
	if fault != nil && recorded.Code == 0 {
		return nil, fault
	}
	response := answer(request, recorded, body)
	if fault != nil {
		response.Header.Del(faultHeader)
		response.Header.Del(faultDetailHeader)
		response.Body = io.NopCloser(io.MultiReader(response.Body, failing{fault}))
	}
	return response, nil
}

// answer makes an HTTP/1.1 answer of a recorded one.
func answer(request *http.Request, recorded cassette.Response, body string) *http.Response {
	response := &http.Response{
		Status: recorded.Status, StatusCode: recorded.Code,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: recorded.Headers.Clone(), Request: request,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
	if response.Header == nil {
		response.Header = http.Header{}
	}
	// Only the answer to HEAD announces a length that it does not have (RFC
	// 9110, section 8.6).
	if announced, err := strconv.ParseInt(response.Header.Get("Content-Length"), 10, 64); err == nil && methodOf(request) == http.MethodHead {
		response.ContentLength = announced
	}
	return response
}

// Unused lists the interactions that were never asked for, one line each.
func (r *Replay) Unused() []string {
	var lines []string
	for _, name := range r.order {
		lines = append(lines, r.tapes[name].unused(r.folder.file(name+cassetteExtension))...)
	}
	return lines
}

func (t *tape) unused(file string) []string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	var lines []string
	for i, used := range t.used {
		if !used {
			request := t.interactions[i].Request
			lines = append(lines, oneLine(fmt.Sprintf("%s: interaction %d: %s %s", file, i+1, request.Method, request.URL)))
		}
	}
	return lines
}
