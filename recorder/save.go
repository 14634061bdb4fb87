package recorder

import (
	"errors"
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

	"github.com/dpconform/dpconform/internal/redact"
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

// Save writes the recording into its folder and ends it. Nothing secret touches
// the disk, and the new recording takes the place of the old one at once and
// whole: on any error before that, and when the process is killed, the old one
// stays. What was exchanged stays then, too, for a recording that goes on. The
// error is an *IncompleteError where a request had no whole answer, a
// *CassetteError where the folder holds files that are not a recording's, a
// *PseudonymError where the suite does not run the same with other names for
// the jobs, that of RecordingOptions.Verify, and else says what could not be
// written.
func (r *Recording) Save() error {
	exchanges, err := r.finish()
	if errors.Is(err, errClosed) {
		return err
	}
	defer r.letGo(false)
	if err != nil {
		return err
	}
	provenance, redactor := r.Provenance(), r.redactorOf(exchanges)
	if r.options.Pseudonyms != nil {
		if provenance, exchanges, err = r.options.Pseudonyms.rename(provenance, exchanges, redactor); err != nil {
			return err
		}
	}
	var written Provenance
	err = withDraft(r.options.Folder, func(draft string) error {
		obsolete, err := removable(r.options.Folder)
		if err != nil {
			return err
		}
		if written, err = write(draft, provenance, exchanges, redactor); err != nil {
			return err
		}
		if err := r.verify(draft); err != nil {
			return err
		}
		return commit(r.options.Folder, draft, written.files(), obsolete)
	})
	if err != nil {
		return r.unsaved(err)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.provenance = written
	return nil
}

// unverified carries the error of somebody who looked at the recording.
type unverified struct{ error }

func (r *Recording) verify(draft string) error {
	if r.options.Verify == nil {
		return nil
	}
	if err := r.options.Verify(os.DirFS(draft)); err != nil {
		return unverified{err}
	}
	return nil
}

// unsaved says what an error means for the folder.
func (r *Recording) unsaved(err error) error {
	var looked unverified
	var unmoved *unmovedError
	switch {
	case errors.As(err, &looked):
		return looked.error
	case errors.As(err, &unmoved):
		return unmoved
	}
	return fmt.Errorf("the recording was not saved, %s is as it was: %w", r.options.Folder, err)
}

// finish ends the recording and says whether it can be saved.
func (r *Recording) finish() ([]*exchange, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed {
		return nil, errClosed
	}
	r.closed = true
	if r.stopped != nil {
		return nil, fmt.Errorf("not saved: %w", r.stopped)
	}
	if r.earlier != nil {
		if err := r.earlier.rest(); err != nil {
			return nil, r.misfit(err)
		}
	}
	switch {
	case len(r.unanswered) > 0 && !r.options.KeepIncomplete:
		lines := make([]string, len(r.unanswered))
		for i, one := range r.unanswered {
			lines[i] = one.line
		}
		return nil, &IncompleteError{Unanswered: lines}
	case len(r.exchanges) == 0:
		return nil, fmt.Errorf("not saved: nothing was exchanged, so there is nothing to put into %s", r.options.Folder)
	}
	return r.exchanges, nil
}

// redactorOf knows each secret that was sent.
func (r *Recording) redactorOf(exchanges []*exchange) *redact.Redactor {
	labels := map[string]string{}
	for _, kept := range exchanges {
		r.addLabels(labels, kept.request)
	}
	return redact.NewRedactor(labels)
}

// addLabels adds the name of each secret of a request, and reports whether one
// is new.
func (r *Recording) addLabels(labels map[string]string, request cassette.Request) bool {
	added := false
	for _, secret := range redact.OtherSecrets(request.URL, request.Body, request.Headers) {
		if _, known := labels[secret]; !known {
			labels[secret], added = redact.Mark, true
		}
	}
	for _, token := range redact.TokensOf(request.Headers) {
		label := ""
		if r.options.Label != nil {
			if name, found := r.options.Label(token); found {
				label = name
			}
		}
		if known, found := labels[token]; !found || known != label {
			labels[token], added = label, true
		}
	}
	return added
}

// Provenance says what the recording is. Its cassettes are there once it is
// saved.
func (r *Recording) Provenance() Provenance {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.provenance
}

// write makes all files of the recording in a folder of its own.
func write(draft string, provenance Provenance, exchanges []*exchange, redactor *redact.Redactor) (Provenance, error) {
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
func writeCassette(draft, name string, exchanges []*exchange, redactor *redact.Redactor) (CassetteFile, error) {
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
func harmless(r *redact.Redactor) cassette.Filter {
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
