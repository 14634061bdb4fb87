package recording

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/dnaeon/go-vcr/v2/cassette"
	yaml4 "go.yaml.in/yaml/v4"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/text"
)

// Replay ends the recording, writes what Save would write to a place beside the
// folder, and opens it. Use it to check that the new recording replays correctly
// before Save replaces the old one.
func (r *Recording) Replay() (*Replay, error) {
	if err := r.write(); err != nil {
		return nil, err
	}
	return Open(os.DirFS(r.session.draft), string(r.session.folder.name()))
}

// Save writes the recording to its folder and closes it. No secret is written to
// disk. The new recording replaces the old one as a whole: if there is an error, or
// the process is killed, the old one and the journal remain.
func (r *Recording) Save() error {
	if r.saved {
		return errEnded
	}
	err := r.write()
	if errors.Is(err, errEnded) {
		return err
	}
	defer r.Close()
	if err != nil {
		return err
	}
	obsolete, err := removable(r.session.folder.path)
	if err != nil {
		return err
	}
	// Windows removes no file that is open.
	r.session.journal.close()
	err = r.session.folder.commit(r.session.draft, r.provenance.files(), obsolete)
	r.saved = err == nil
	return err
}

// write makes all files of the recording in a folder of its own, once.
func (r *Recording) write() error {
	if r.session.draft != "" {
		return nil
	}
	exchanges, err := r.end()
	if err != nil {
		return err
	}
	draft, err := r.session.folder.makeDraft()
	if err == nil {
		r.session.draft = draft
		err = r.writeInto(draft, exchanges)
	}
	if err != nil {
		return r.session.folder.unsaved(err)
	}
	return nil
}

func (r *Recording) writeInto(draft string, exchanges []*exchange) error {
	written := r.provenance
	cassettes := byCassette(exchanges, r.redactor)
	for _, name := range slices.Sorted(maps.Keys(cassettes)) {
		entry, err := writeCassette(draft, name, cassettes[name], r.redactor)
		if err != nil {
			return err
		}
		written.Cassettes = append(written.Cassettes, entry)
	}
	data, err := written.encode()
	if err != nil {
		return err
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.provenance = written
	return text.WriteNew(filepath.Join(draft, ProvenanceFile), sharedFile, data)
}

// files lists the files of the recording, the provenance last: it makes the
// others a recording.
func (p Provenance) files() []string {
	var files []string
	for _, one := range p.Cassettes {
		files = append(files, one.File)
	}
	return append(files, ProvenanceFile)
}

// sharedFile is the mode of the files of a recording, less the umask: they have no
// secrets, and are meant to be shared.
const sharedFile = 0o644

// writeCassette writes one cassette and reads it again: what YAML or a full disk
// lost shows now, not at the next replay. The cassette's own Save would not do:
// with yaml.v3, bodies that begin with a line break are changed or cannot be
// read again.
func writeCassette(draft, name string, exchanges []*exchange, redactor *redact.Redactor) (Cassette, error) {
	made := cassette.New(name)
	for _, kept := range exchanges {
		made.AddInteraction(&cassette.Interaction{
			Request: kept.redacted(redactor), Response: redactedResponse(redactor, kept.response),
		})
	}
	document, err := yaml4.Dump(made, yaml4.WithV3Defaults(), yaml4.WithLineWidth(-1))
	if err != nil {
		return Cassette{}, err
	}
	file := name + cassetteExtension
	path := filepath.Join(draft, file)
	if err := text.WriteNew(path, sharedFile, append([]byte("---\n"), document...)); err != nil {
		return Cassette{}, err
	}
	afterStep()
	data, err := os.ReadFile(path)
	if err != nil {
		return Cassette{}, err
	}
	read, err := decodeCassette(file, data)
	if err != nil {
		return Cassette{}, fmt.Errorf("%s cannot be read again: %w", file, err)
	}
	if !slices.EqualFunc(read.Interactions, made.Interactions, sameInteraction) {
		return Cassette{}, fmt.Errorf("%s does not say what was recorded", file)
	}
	return Cassette{File: file, Interactions: len(exchanges), SHA256: digestOf(data)}, nil
}

// byCassette sorts exchanges into cassettes, in an order that is the same for
// the same server: that of their numbers, whatever the order of the responses.
func byCassette(exchanges []*exchange, redactor *redact.Redactor) map[string][]*exchange {
	sorted := slices.Clone(exchanges)
	slices.SortStableFunc(sorted, func(a, b *exchange) int { return cmp.Compare(a.place.Number, b.place.Number) })
	cassettes := map[string][]*exchange{}
	var group []*exchange
	for i, kept := range sorted {
		cassettes[kept.cassette] = append(cassettes[kept.cassette], kept)
		// Neighbours of one check that were sent at the same time are a group.
		if len(group) > 0 && (!kept.place.Together || kept.place.Check != group[0].place.Check) {
			settle(group, redactor)
			group = nil
		}
		if kept.place.Together {
			group = append(group, sorted[i])
		}
	}
	settle(group, redactor)
	return cassettes
}

// settle sorts the responses to equal requests of a group among them: which of
// them got which response was chance. Attempts at the same request have an order
// of their own.
func settle(group []*exchange, redactor *redact.Redactor) {
	equal := map[string][]*exchange{}
	for _, kept := range group {
		key := keyOf(kept.redacted(redactor))
		equal[key] = append(equal[key], kept)
	}
	for _, members := range equal {
		numbers := map[int]bool{}
		responses := make([]cassette.Response, len(members))
		for i, kept := range members {
			numbers[kept.place.Number] = true
			responses[i] = kept.response
		}
		if len(numbers) < len(members) {
			continue
		}
		slices.SortStableFunc(responses, func(a, b cassette.Response) int {
			// A map is printed in the order of its keys.
			return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Body, b.Body), cmp.Compare(fmt.Sprint(a.Headers), fmt.Sprint(b.Headers)))
		})
		for i, kept := range members {
			kept.response = responses[i]
		}
	}
}
