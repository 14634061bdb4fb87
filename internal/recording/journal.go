package recording

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/dnaeon/go-vcr/v2/cassette"
	yaml4 "go.yaml.in/yaml/v4"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
)

// journalName is the file in the folder of a recording that takes each exchange
// at once, so that a recording that ends early can be resumed. It holds no
// secret, but the real ids of jobs: only its owner may read it.
const journalName = ".recording-partial"

// entry is one line of the journal: a document of YAML as go-vcr writes it, in
// the quotes of Go. Of the same id first comes the request, before it is sent,
// and then what came of it.
type entry struct {
	// Provenance is in the first line alone.
	Provenance *Provenance        `yaml:"provenance,omitempty"`
	ID         int                `yaml:"id,omitempty"`
	Place      *target.Place      `yaml:"place,omitempty"`
	Request    *cassette.Request  `yaml:"request,omitempty"`
	Response   *cassette.Response `yaml:"response,omitempty"`
	// Undone says that the request never reached the server.
	Undone bool `yaml:"undone,omitempty"`

	// loose says that requests may come before it that did not the last time.
	loose bool
}

// journalStorage is what a journal is written to; a test makes it fail.
type journalStorage interface {
	io.WriteCloser
	Truncate(size int64) error
	Sync() error
}

// journal writes the file. A nil journal writes nothing. It is safe for use by
// many goroutines.
type journal struct {
	storage journalStorage
	// synced says that a request that may start a job is on the disk before it is
	// sent, so that even a power failure leaves it known.
	synced bool

	mutex sync.Mutex
	end   int64
	last  int
}

// openJournal begins a journal, or goes on behind what was read of one: a last
// line that was torn off is dropped.
func openJournal(folder string, read *journalContent, provenance Provenance) (*journal, error) {
	path := filepath.Join(folder, journalName)
	open := text.OwnFile
	if read == nil {
		if err := removeJournal(folder); err != nil {
			return nil, err
		}
		open = func(path string) (*os.File, error) { return text.NewFile(path, 0o600) }
	}
	file, err := open(path)
	if err != nil {
		return nil, err
	}
	opened := &journal{storage: file, synced: !provenance.Loopback}
	if read != nil {
		opened.end, opened.last = read.end, read.last
	}
	err = file.Truncate(opened.end)
	if err == nil && read == nil {
		err = opened.append(entry{Provenance: &provenance})
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return opened, nil
}

// begin writes down a request before it is sent, and gives its id.
func (j *journal) begin(place target.Place, method string, request cassette.Request) (int, error) {
	if j == nil {
		return 0, nil
	}
	// Who sends requests without a target says by the method alone what may be
	// sent twice: RFC 9110, 9.2.1.
	if place.Number == 0 && method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions {
		place.Once = true
	}
	j.mutex.Lock()
	defer j.mutex.Unlock()
	err := j.append(entry{ID: j.last + 1, Place: &place, Request: &request})
	if err == nil && place.Once && j.synced {
		err = j.storage.Sync()
	}
	if err != nil {
		return 0, err
	}
	j.last++
	return j.last, nil
}

// respond writes down what came of a request.
func (j *journal) respond(id int, response cassette.Response) error {
	return j.locked(entry{ID: id, Response: &response})
}

// undo writes down that a request never reached the server.
func (j *journal) undo(id int) error { return j.locked(entry{ID: id, Undone: true}) }

// move writes down that a request belongs elsewhere in the run than it did.
func (j *journal) move(id int, place target.Place) error {
	return j.locked(entry{ID: id, Place: &place})
}

func (j *journal) locked(one entry) error {
	if j == nil {
		return nil
	}
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.append(one)
}

// append writes one line, whole or not at all.
func (j *journal) append(one entry) error {
	document, err := yaml4.Dump(one, yaml4.WithV3Defaults(), yaml4.WithLineWidth(-1))
	if err != nil {
		return err
	}
	written, err := j.storage.Write([]byte(strconv.Quote(string(document)) + "\n"))
	if err != nil {
		return errors.Join(err, j.storage.Truncate(j.end))
	}
	j.end += int64(written)
	return nil
}

// close ends the writing. Each entry was written when it was due.
func (j *journal) close() {
	if j != nil {
		_ = j.storage.Close()
	}
}

func removeJournal(folder string) error {
	if err := os.Remove(filepath.Join(folder, journalName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the files of an interrupted recording cannot be removed: %w", err)
	}
	return nil
}

// journalContent is what the journal of an interrupted recording says. Nil is
// that of a folder without one.
type journalContent struct {
	provenance *Provenance
	// exchanges are requests with their responses, nil where the recording was
	// interrupted before one came.
	exchanges []*entry
	last      int
	// end is where the last whole line ends.
	end int64
}

func (c *journalContent) responses() int {
	return c.count(func(one *entry) bool { return one.Response != nil })
}

// worth counts what would be lost with the journal: responses, and requests that
// must not be sent again.
func (c *journalContent) worth() int {
	return c.count(func(one *entry) bool { return one.Response != nil || one.Place.Once })
}

func (c *journalContent) count(counts func(*entry) bool) int {
	number := 0
	if c != nil {
		for _, one := range c.exchanges {
			if counts(one) {
				number++
			}
		}
	}
	return number
}

// readJournal reads the journal of a folder; nil where there is none, or one
// that was torn off in its first line.
func readJournal(folder string) (*journalContent, error) {
	path := filepath.Join(folder, journalName)
	var data []byte
	err := text.CheckOwnFile(path)
	if err == nil {
		data, err = text.ReadFile(path, largestFile)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	line := 0
	var content *journalContent
	if err == nil {
		content, line, err = decodeJournal(data)
	}
	if err != nil {
		fault := folderName(filepath.ToSlash(folder)).fault(journalName, line, "is not part of an interrupted recording: %s", err)
		fault.Fix = "start over with --discard"
		return nil, fault
	}
	return content, nil
}

// decodeJournal reads the lines, and says in which one a mistake is. A last line
// that is torn off is none: the process was killed while it wrote it.
func decodeJournal(data []byte) (content *journalContent, line int, err error) {
	content = &journalContent{}
	byID := map[int]*entry{}
	for raw := range bytes.Lines(data) {
		line++
		document, err := strconv.Unquote(string(bytes.TrimSuffix(raw, []byte("\n"))))
		var one entry
		if err == nil {
			err = decodeYAML([]byte(document), &one, true)
		}
		if raw[len(raw)-1] != '\n' {
			break
		}
		if err != nil {
			return nil, line, errors.New("the line is broken")
		}
		if err := content.add(one, byID); err != nil {
			return nil, line, err
		}
		content.end += int64(len(raw))
	}
	if content.provenance == nil {
		return nil, 0, nil
	}
	return content, 0, nil
}

func (c *journalContent) add(one entry, byID map[int]*entry) error {
	begun := byID[one.ID]
	switch {
	case one.Provenance != nil && c.provenance == nil && one.Provenance.Format == formatVersion:
		c.provenance = one.Provenance
	case c.provenance == nil:
		return fmt.Errorf("it does not begin with the settings of a recording of format %d", formatVersion)
	case one.Request != nil && one.Place != nil && one.ID > c.last:
		c.exchanges = append(c.exchanges, &one)
		byID[one.ID], c.last = &one, one.ID
	case one.Place != nil && begun != nil && one.Place.Check == begun.Place.Check:
		begun.Place = one.Place
	case one.Response != nil && begun != nil:
		begun.Response = one.Response
	case one.Undone && begun != nil:
		c.exchanges = slices.DeleteFunc(c.exchanges, func(kept *entry) bool { return kept == begun })
		delete(byID, one.ID)
	default:
		return errors.New("the line says nothing that belongs there")
	}
	return nil
}

// earlier has the responses that an interrupted recording has kept. A nil one
// has none.
type earlier struct {
	mutex sync.Mutex
	left  []*entry
}

// earlier decides what is not sent again, and lists what no longer counts: what is
// sent again, and attempts without a response that another followed. A request
// that may start a job is sent again only where it certainly had no effect; where
// it may have had one, nobody knows what came of it. Of all others the check that
// was interrupted keeps only proper responses.
func (c *journalContent) earlier(loopback bool) (known *earlier, dropped []*entry) {
	exchanges := slices.Clone(c.exchanges)
	slices.SortStableFunc(exchanges, func(a, b *entry) int { return cmp.Compare(a.Place.Number, b.Place.Number) })
	// The last attempt decides for all attempts at the same exchange.
	type exchange struct {
		number int
		key    string
	}
	last := map[exchange]*entry{}
	interrupted := ""
	for _, one := range exchanges {
		if number := one.Place.Number; number > 0 {
			last[exchange{number, keyOf(*one.Request)}], interrupted = one, one.Place.Check
		}
	}
	known = &earlier{}
	// What the interrupted check sends after a request that is sent again may be
	// something else.
	reopened := false
	for _, one := range exchanges {
		deciding := cmp.Or(last[exchange{one.Place.Number, keyOf(*one.Request)}], one)
		again := deciding.mayBeSentAgain()
		switch inside := one.Place.Number > 0 && one.Place.Check == interrupted; {
		case inside:
			one.loose = one.Place.Once
			again = again || reopened && !one.Place.Once
			reopened = again || reopened
		case one.Place.Number > 0:
			// The run went on with what it had.
			again = again && deciding.Response == nil
		}
		if again || one != deciding && one.Response == nil {
			dropped = append(dropped, one)
			continue
		}
		known.left = append(known.left, one)
		if broken := one.Response != nil && recordedFault(*one.Response) != nil && !loopback; one.Response == nil || one.Place.Once && broken {
			lost := faultyResponse(nil, &target.Fault{Kind: target.Lost, Detail: target.UnknownOutcome})
			one.Response = &lost
		}
	}
	return known, dropped
}

func (e *entry) mayBeSentAgain() bool {
	if e.Response == nil {
		return !e.Place.Once
	}
	code := e.Response.Code
	// The server did not let the request in (RFC 6585, 4), or it did not reach
	// the server (RFC 6585, 6).
	refused := code == http.StatusTooManyRequests || code == http.StatusNetworkAuthenticationRequired
	proper := code >= 200 && code < 500 && code/100 != 3 && recordedFault(*e.Response) == nil
	return refused || !e.Place.Once && !proper
}

// take gives what came of a request the last time, or nil. Where it is not
// asked for what was sent before it then, the run is another one, and the error
// says so.
func (e *earlier) take(place target.Place, redacted cassette.Request) (*entry, error) {
	if e == nil {
		return nil, nil
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	at := slices.IndexFunc(e.left, func(kept *entry) bool { return kept.Place.Number == place.Number && kept.is(place, redacted) })
	if at < 0 {
		at = slices.IndexFunc(e.left, func(kept *entry) bool { return kept.loose && kept.is(place, redacted) })
	}
	if at >= 0 {
		taken := e.left[at]
		e.left = slices.Delete(e.left, at, at+1)
		return taken, nil
	}
	for _, kept := range e.left {
		before := place.Number > 0 && kept.Place.Number <= place.Number
		if before && !((kept.Place.Together || kept.loose) && kept.Place.Check == place.Check) {
			return nil, kept.unasked()
		}
	}
	return nil, nil
}

// is reports whether a request of a check is the kept one.
func (e *entry) is(place target.Place, redacted cassette.Request) bool {
	return e.Place.Check == place.Check && keyOf(*e.Request) == keyOf(redacted)
}

// Keeps reports whether the exchange with this number in the run has a response from
// before an interruption, so that it is not sent again.
func (r *Recording) Keeps(number int) bool {
	if r.earlier == nil {
		return false
	}
	r.earlier.mutex.Lock()
	defer r.earlier.mutex.Unlock()
	return slices.ContainsFunc(r.earlier.left, func(kept *entry) bool { return kept.Place.Number == number })
}

// unasked is the error for an exchange that the run does not ask for.
func (e *entry) unasked() error {
	return fmt.Errorf("the interrupted recording has %s %s (%s), which this run does not send", e.Request.Method, e.Request.URL, e.Place.Check)
}

// rest says what was not asked for in the whole run, or nil.
func (e *earlier) rest() error {
	if e == nil {
		return nil
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if len(e.left) > 0 {
		return e.left[0].unasked()
	}
	return nil
}
