package recorder

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dnaeon/go-vcr/v2/cassette"
	vcr "github.com/dnaeon/go-vcr/v2/recorder"

	"github.com/dpconform/dpconform/redaction"
)

// IncompleteError says that a recording was not saved because requests had no
// whole answer.
type IncompleteError struct {
	// Unanswered lists them, one line each.
	Unanswered []string
}

// Error gives one line with the first of them.
func (e *IncompleteError) Error() string {
	return fmt.Sprintf("not saved: %s had no whole answer, the first %s", count(len(e.Unanswered), "request"), e.Unanswered[0])
}

// Save writes the recording into its folder and ends it. Nothing secret
// touches the disk, and the folder changes only once everything is written: on
// any error it stays as it was. The error is an *IncompleteError where a
// request had no whole answer, a *CassetteError where the folder holds files
// that are not a recording's, and else says what could not be written.
func (r *Recording) Save() error {
	exchanges, err := r.finish()
	if err != nil {
		return err
	}
	redactor := redaction.NewRedactor(r.labels(exchanges))
	var written Provenance
	err = inFolder(r.options.Folder, func(folder, draft string) error {
		obsolete, err := removable(folder)
		if err != nil {
			return err
		}
		provenance, err := r.write(draft, exchanges, redactor)
		if err != nil {
			return err
		}
		written = provenance
		return newSwap(draft, folder).install(provenance.files(), obsolete)
	})
	if err != nil {
		return fmt.Errorf("the recording was not saved, %s is as it was: %w", r.options.Folder, err)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.provenance = written
	return nil
}

// finish ends the recording and says whether it can be saved.
func (r *Recording) finish() ([]*exchange, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed {
		return nil, errClosed
	}
	r.closed = true
	switch {
	case len(r.unanswered) > 0 && !r.options.KeepIncomplete:
		return nil, &IncompleteError{Unanswered: r.unanswered}
	case len(r.exchanges) == 0:
		return nil, fmt.Errorf("not saved: nothing was exchanged, so there is nothing to put into %s", r.options.Folder)
	}
	return r.exchanges, nil
}

// labels asks for the name of each token that was sent.
func (r *Recording) labels(exchanges []*exchange) map[string]string {
	labels := map[string]string{}
	for _, kept := range exchanges {
		for _, secret := range redaction.OtherSecrets(kept.request.URL, kept.request.Body, kept.request.Headers) {
			labels[secret] = redaction.Mark
		}
	}
	for _, kept := range exchanges {
		for _, token := range redaction.TokensOf(kept.request.Headers) {
			label := ""
			if r.options.Label != nil {
				if name, found := r.options.Label(token); found {
					label = name
				}
			}
			labels[token] = label
		}
	}
	return labels
}

// Provenance says what the recording is. Its cassettes are there once it is
// saved.
func (r *Recording) Provenance() Provenance {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.provenance
}

// write makes all files of the recording in a folder of its own.
func (r *Recording) write(draft string, exchanges []*exchange, redactor *redaction.Redactor) (Provenance, error) {
	provenance := r.Provenance()
	cassettes := byCassette(exchanges, redactor)
	for _, name := range slices.Sorted(maps.Keys(cassettes)) {
		entry, err := writeCassette(draft, name, cassettes[name], redactor)
		if err != nil {
			return Provenance{}, err
		}
		provenance.Cassettes = append(provenance.Cassettes, entry)
	}
	data, err := provenance.encode()
	if err != nil {
		return Provenance{}, err
	}
	return provenance, os.WriteFile(filepath.Join(draft, ProvenanceFile), data, 0o644)
}

// writeCassette lets go-vcr write one cassette, and reads it again: what YAML
// or a full disk lost shows now, not at the next replay.
func writeCassette(draft, name string, exchanges []*exchange, redactor *redaction.Redactor) (CassetteFile, error) {
	feed := &feed{}
	tape, err := vcr.NewAsMode(filepath.Join(draft, name), vcr.ModeRecording, feed)
	if err != nil {
		return CassetteFile{}, err
	}
	tape.SkipRequestLatency = true
	tape.AddFilter(feed.fill)
	tape.AddSaveFilter(harmless(redactor))
	for _, kept := range exchanges {
		if err := feed.record(tape, kept); err != nil {
			return CassetteFile{}, err
		}
	}
	if err := tape.Stop(); err != nil {
		return CassetteFile{}, err
	}
	data, err := os.ReadFile(filepath.Join(draft, name+cassetteExtension))
	if err != nil {
		return CassetteFile{}, err
	}
	if err := feed.compare(name+cassetteExtension, data); err != nil {
		return CassetteFile{}, err
	}
	return CassetteFile{File: name + cassetteExtension, Interactions: len(exchanges), SHA256: digestOf(data)}, nil
}

// harmless is the filter that go-vcr runs before it writes.
func harmless(r *redaction.Redactor) cassette.Filter {
	return func(interaction *cassette.Interaction) error {
		interaction.Request = harmlessRequest(r, interaction.Request)
		interaction.Response = harmlessResponse(r, interaction.Response)
		return nil
	}
}

// feed is the server that go-vcr records: it gives the answers that the real
// one gave, in the right order. What go-vcr is asked is always the same plain
// request, and a filter puts in what was really sent, because go-vcr reads the
// query and body of a request as a form and refuses those that are none, which
// checks send on purpose.
type feed struct {
	current      *exchange
	interactions []*cassette.Interaction
}

func (f *feed) record(tape http.RoundTripper, kept *exchange) error {
	f.current = kept
	request, err := http.NewRequest(http.MethodGet, "http://recorded.invalid/", http.NoBody)
	if err != nil {
		return err
	}
	response, err := tape.RoundTrip(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// RoundTrip gives the answer of the current exchange.
func (f *feed) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{
		Status: f.current.response.Status, StatusCode: f.current.response.Code,
		Header: f.current.response.Headers, Request: request,
		Body: io.NopCloser(strings.NewReader(f.current.response.Body)),
	}, nil
}

// fill is the filter that puts the current exchange in.
func (f *feed) fill(interaction *cassette.Interaction) error {
	interaction.Request, interaction.Response = f.current.request, f.current.response
	f.interactions = append(f.interactions, interaction)
	return nil
}

// compare reports whether a cassette says what was recorded.
func (f *feed) compare(file string, data []byte) error {
	tape, err := decodeCassette(file, data)
	if err != nil {
		return fmt.Errorf("%s cannot be read again: %w", file, err)
	}
	if !slices.EqualFunc(tape.Interactions, f.interactions, sameInteraction) {
		return fmt.Errorf("%s does not say what was recorded", file)
	}
	return nil
}
