package recording

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/dnaeon/go-vcr/v2/cassette"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
)

// Replay is an [http.RoundTripper] that returns recorded responses without any
// delay. It uses each interaction once, and refuses a request that was not recorded.
// It is safe for concurrent use.
type Replay struct {
	provenance Provenance
	// host is that of its endpoint; empty where that is none.
	host       string
	folder     folderName
	redactor   *redact.Redactor
	tokenNames []string
	tapes      map[string]*tape
}

// tape is a cassette, split by method and URL: go-vcr looks through a cassette
// from its beginning for each request, which would make a replay quadratic.
type tape struct {
	whole *cassette.Cassette
	byURL map[string]*cassette.Cassette

	mutex sync.Mutex
	used  map[*cassette.Interaction]bool
}

// Open reads a whole recording from fsys; folder is its name in messages. The error
// is an [*Error] if fsys is nil, if a file is missing, broken, truncated, edited, or not part of the
// recording, or if its format is not supported.
func Open(fsys fs.FS, folder string) (*Replay, error) {
	if fsys == nil {
		return nil, &Error{File: folder, Message: "the file system of the recording is nil", Fix: "give os.DirFS of its folder"}
	}
	provenance, cassettes, err := load(fsys, folderName(folder))
	if err != nil {
		return nil, err
	}
	replay := &Replay{provenance: provenance, folder: folderName(folder), redactor: redact.NewRedactor(nil), tapes: map[string]*tape{}}
	if endpoint, err := target.ParseEndpoint(provenance.Endpoint); err == nil {
		replay.host = endpoint.Host
	}
	var requests []cassette.Request
	for _, one := range cassettes {
		for _, interaction := range one.Interactions {
			requests = append(requests, interaction.Request)
		}
	}
	replay.tokenNames = tokenNames(requests)
	// A token that is a name in the recording stays; any other becomes what the
	// recording made of it.
	for _, name := range replay.tokenNames {
		replay.redactor.Learn(name, name)
	}
	for _, one := range cassettes {
		if one.Name == otherCassette {
			// A recording may know more members, or be older than what is redacted now.
			for _, interaction := range one.Interactions {
				interaction.Request = redactedRequest(replay.redactor, interaction.Request, false)
			}
		}
		replay.tapes[one.Name] = newTape(one)
	}
	return replay, nil
}

func newTape(whole *cassette.Cassette) *tape {
	split := &tape{whole: whole, byURL: map[string]*cassette.Cassette{}, used: map[*cassette.Interaction]bool{}}
	for _, interaction := range whole.Interactions {
		key := interaction.Request.Method + " " + interaction.Request.URL
		part, found := split.byURL[key]
		if !found {
			part = cassette.New(whole.Name)
			part.Matcher = matches
			split.byURL[key] = part
		}
		part.AddInteraction(interaction)
	}
	return split
}

// redactedKey finds in a context what a request looks like in a cassette.
type redactedKey struct{}

// matches compares a request with a recorded one of the same method and URL.
func matches(request *http.Request, recorded cassette.Request) bool {
	wanted, _ := request.Context().Value(redactedKey{}).(cassette.Request)
	return keyOf(wanted) == keyOf(recorded)
}

// Provenance returns the provenance of the recording.
func (r *Replay) Provenance() Provenance { return r.provenance }

// TokenNames lists the names of the recorded tokens, sorted. A request with any
// other token matches nothing.
func (r *Replay) TokenNames() []string { return slices.Clone(r.tokenNames) }

// RoundTrip returns the recorded response to a request. It returns an error if the
// context is done, if the recorded exchange failed, or if no unused interaction
// matches the request.
func (r *Replay) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := readBody(request)
	if err != nil {
		return nil, err
	}
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	check := target.PlaceOf(request.Context()).Check
	wanted := redactedRequest(r.redactor, sentRequest(request, body), check != "")
	name, err := cassetteName(check)
	if err != nil {
		return nil, err
	}
	if r.host != "" && !strings.EqualFold(r.host, request.URL.Host) {
		return nil, r.unrecorded(wanted, name, fmt.Sprintf("the recording is of %s, not of %s", r.host, request.URL.Host))
	}
	tape, found := r.tapes[name]
	if !found {
		return nil, r.unrecorded(wanted, name, "the recording has no such cassette")
	}
	interaction, missing := tape.take(request, wanted)
	if interaction == nil {
		return nil, r.unrecorded(wanted, name, missing)
	}
	return recordedResponse(request, interaction.Response)
}

// take gives the next unused interaction for a request, or says why there is
// none.
func (t *tape) take(request *http.Request, wanted cassette.Request) (*cassette.Interaction, string) {
	part, found := t.byURL[wanted.Method+" "+wanted.URL]
	if !found {
		return nil, ""
	}
	interaction, err := part.GetInteraction(request.WithContext(context.WithValue(request.Context(), redactedKey{}, wanted)))
	if err == nil {
		t.mutex.Lock()
		defer t.mutex.Unlock()
		t.used[interaction] = true
		return interaction, ""
	}
	for _, interaction := range part.Interactions {
		if keyOf(interaction.Request) == keyOf(wanted) {
			return nil, "it is sent more often than it was recorded"
		}
	}
	return nil, "it is recorded with " + difference(part.Interactions[0].Request, wanted)
}

// difference says in what two requests for the same URL differ.
func difference(recorded, wanted cassette.Request) string {
	switch {
	case authorizationOf(recorded) != authorizationOf(wanted):
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
	return &target.Fault{Kind: target.Unrecorded, Detail: text.Line(detail + "; " + r.folder.recordAgain())}
}

// Unused lists the interactions that no request has used, one line each.
func (r *Replay) Unused() []string {
	var lines []string
	for _, file := range r.provenance.Cassettes {
		tape := r.tapes[strings.TrimSuffix(file.File, cassetteExtension)]
		tape.mutex.Lock()
		for i, interaction := range tape.whole.Interactions {
			if !tape.used[interaction] {
				lines = append(lines, text.Line(fmt.Sprintf("%s: interaction %d: %s %s", r.folder.file(file.File), i+1, interaction.Request.Method, interaction.Request.URL)))
			}
		}
		tape.mutex.Unlock()
	}
	return lines
}

// load reads the provenance and the cassettes that it names, in its order. A
// recording that is replaced while it is read is read again.
func load(fsys fs.FS, folder folderName) (provenance Provenance, cassettes []*cassette.Cassette, err error) {
	const tries = 3
	for range tries {
		before, committed, failed := readInForce(fsys, ProvenanceFile)
		if _, unfinished := fs.Stat(fsys, journalName); unfinished == nil && errors.Is(failed, fs.ErrNotExist) {
			return Provenance{}, nil, &Error{File: string(folder), Message: "has only a recording that was not finished",
				Fix: "finish it with the command that began it and --resume"}
		}
		if failed != nil {
			return Provenance{}, nil, folder.unreadable(ProvenanceFile, failed, "is missing, so there is no recording here")
		}
		provenance, cassettes, err = loadOnce(fsys, folder, before, committed)
		if err == nil {
			break
		}
		if after, _, failed := readInForce(fsys, ProvenanceFile); failed == nil && string(after) == string(before) {
			break
		}
	}
	return provenance, cassettes, err
}

func loadOnce(fsys fs.FS, folder folderName, data []byte, committed bool) (Provenance, []*cassette.Cassette, error) {
	provenance, err := decodeProvenance(folder, data)
	if err != nil {
		return Provenance{}, nil, err
	}
	// Beside a committed recording there may be cassettes of the one before.
	if !committed {
		if err := refuseOthers(fsys, folder, provenance); err != nil {
			return Provenance{}, nil, err
		}
	}
	cassettes := make([]*cassette.Cassette, len(provenance.Cassettes))
	faults := make([]error, len(provenance.Cassettes))
	var reading sync.WaitGroup
	for i, file := range provenance.Cassettes {
		reading.Go(func() { cassettes[i], faults[i] = loadCassette(fsys, folder, file) })
	}
	reading.Wait()
	for _, err := range faults {
		if err != nil {
			return Provenance{}, nil, err
		}
	}
	return provenance, cassettes, nil
}

// refuseOthers refuses a cassette that the provenance does not name: nobody
// knows where it comes from.
func refuseOthers(fsys fs.FS, folder folderName, provenance Provenance) error {
	found, err := fs.Glob(fsys, "*"+cassetteExtension)
	if err != nil {
		return folder.unreadable("", err, "")
	}
	for _, name := range found {
		named := slices.ContainsFunc(provenance.Cassettes, func(file Cassette) bool { return file.File == name })
		if !named && name != ProvenanceFile {
			fault := folder.fault(name, 0, "does not belong to the recording: %s does not name it", ProvenanceFile)
			fault.Fix = "move it away, and if it was recorded, " + fault.Fix
			return fault
		}
	}
	return nil
}

func loadCassette(fsys fs.FS, folder folderName, file Cassette) (*cassette.Cassette, error) {
	data, _, err := readInForce(fsys, file.File)
	if err != nil {
		return nil, folder.unreadable(file.File, err, "is missing, and "+ProvenanceFile+" names it")
	}
	read, err := decodeCassette(file.File, data)
	switch {
	case err != nil:
		return nil, folder.broken(file.File, err)
	case len(read.Interactions) < file.Interactions:
		return nil, folder.fault(file.File, 0, "is cut short: it holds %d of %s", len(read.Interactions), text.Counted(file.Interactions, "interaction"))
	case digestOf(data) != file.SHA256:
		return nil, folder.fault(file.File, 0, "was changed after it was recorded: its sha256 is not the one in %s", ProvenanceFile)
	case len(read.Interactions) != file.Interactions:
		return nil, folder.fault(ProvenanceFile, 0, "was changed after it was recorded: %s holds %s, not %d", file.File,
			text.Counted(len(read.Interactions), "interaction"), file.Interactions)
	}
	return read, nil
}

// unreadable says why a file could not be read, without the path, which the
// error already starts with.
func (f folderName) unreadable(file string, err error, missing string) error {
	if errors.Is(err, fs.ErrNotExist) && missing != "" {
		return f.fault(file, 0, "%s", missing)
	}
	var inPath *fs.PathError
	if errors.As(err, &inPath) {
		err = inPath.Err
	}
	return f.fault(file, 0, "cannot be read: %s", err)
}

// decodeCassette reads a cassette as go-vcr's Load does, which can only read
// from a disk, and refuses what a player would stumble over.
func decodeCassette(file string, data []byte) (*cassette.Cassette, error) {
	read := cassette.New(strings.TrimSuffix(file, cassetteExtension))
	supported := read.Version
	if err := decodeYAML(data, read, false); err != nil {
		return nil, err
	}
	if read.Version != supported {
		return nil, fmt.Errorf("not a cassette of version %d", supported)
	}
	for i, interaction := range read.Interactions {
		if interaction == nil || interaction.Request.Method == "" || interaction.Response.Code == 0 && recordedFault(interaction.Response) == nil {
			return nil, fmt.Errorf("interaction %d is incomplete", i+1)
		}
	}
	return read, nil
}
