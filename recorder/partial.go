package recorder

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/dnaeon/go-vcr/v2/cassette"

	"github.com/dpconform/dpconform/internal/target"
)

// partialName is the file in the folder of a recording that takes each exchange
// at once, so that a recording that ends early can go on. It holds no secret,
// but the real ids of jobs: going on needs them, and only its owner may read it.
const partialName = ".recording-partial"

// partialFormat is the version of that file's form.
const partialFormat = 1

// partialStorage is what a partial file is written to; a test makes it fail.
type partialStorage interface {
	io.WriterAt
	Sync() error
	Close() error
}

// spareRoom is how many bytes are kept free at the end of the file for each
// answer that is awaited, so that a disk that becomes full meanwhile does not
// lose it. The room is blank lines, which mean nothing.
const spareRoom = 8 << 10

// partialFile writes the file. It is safe for use by many goroutines.
type partialFile struct {
	storage partialStorage
	// flushed says that a request that may start a job is on the disk before it
	// is sent, so that even a power failure leaves it known.
	flushed bool

	mutex   sync.Mutex
	end     int64
	size    int64
	awaited int
	lastID  int
	// attempts lists what was sent for each number of an exchange.
	attempts map[int][]int
}

// createPartial makes the file with its head.
func createPartial(folder string, provenance Provenance) (*partialFile, error) {
	path := filepath.Join(folder, partialName)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	head := headOf(provenance)
	partial := &partialFile{storage: file, flushed: !provenance.Loopback, attempts: map[int][]int{}}
	if err := partial.append(partialLine{Head: &head}); err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(path))
	}
	return partial, nil
}

// continuePartial opens the file to go on behind what was read of it.
func continuePartial(folder string, read *partialContent, flushed bool) (*partialFile, error) {
	path := filepath.Join(folder, partialName)
	file, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	// A last line that was torn off goes.
	if err := file.Truncate(read.end); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	partial := &partialFile{
		storage: file, flushed: flushed, end: read.end, size: read.end, lastID: read.lastID, attempts: map[int][]int{},
	}
	for _, kept := range read.exchanges {
		partial.attempts[kept.begun.Number] = append(partial.attempts[kept.begun.Number], kept.begun.ID)
	}
	return partial, nil
}

// begin writes down a request before it is sent, and gives the number under
// which its answer is written.
func (p *partialFile) begin(place target.Place, request cassette.Request) (int, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.awaited++
	id := p.lastID + 1
	line := begunLine{ID: id, Check: place.Check, Number: place.Number, Together: place.Together, Once: place.Once, Job: place.Job,
		Request: storeRequest(request)}
	err := p.append(partialLine{Begun: &line})
	if err == nil && place.Once && p.flushed {
		err = p.storage.Sync()
	}
	if err != nil {
		p.awaited--
		return 0, err
	}
	p.lastID = id
	p.attempts[place.Number] = append(p.attempts[place.Number], id)
	return id, nil
}

// answer writes down what came of a request.
func (p *partialFile) answer(id int, response cassette.Response) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.awaited--
	return p.append(partialLine{Answered: &answeredLine{ID: id, Response: storeResponse(response)}})
}

// undo writes down that a request never reached the server.
func (p *partialFile) undo(id int) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.awaited--
	return p.append(partialLine{Undone: &undoneLine{ID: id}})
}

// forget takes back all attempts of an exchange.
func (p *partialFile) forget(number int) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, id := range p.attempts[number] {
		if err := p.append(partialLine{Undone: &undoneLine{ID: id}}); err != nil {
			return err
		}
	}
	delete(p.attempts, number)
	return nil
}

// leave writes nothing: nobody knows what came of a request.
func (p *partialFile) leave() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.awaited--
}

// append writes one line at the end, into the spare room where there is no
// other. The caller holds the lock.
func (p *partialFile) append(line partialLine) error {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(line); err != nil {
		return err
	}
	needed := p.end + int64(buffer.Len())
	if wanted := needed + int64(p.awaited)*spareRoom; p.size < wanted {
		if err := p.grow(wanted); err != nil && (p.size < needed || line.Begun != nil) {
			return err
		}
	}
	if _, err := p.storage.WriteAt(buffer.Bytes(), p.end); err != nil {
		return err
	}
	p.end = needed
	return nil
}

func (p *partialFile) grow(size int64) error {
	written, err := p.storage.WriteAt(bytes.Repeat([]byte("\n"), int(size-p.size)), p.size)
	p.size += int64(written)
	return err
}
