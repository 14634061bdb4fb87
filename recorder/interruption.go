package recorder

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"github.com/dnaeon/go-vcr/v2/cassette"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

// learn takes note of the secrets of a request and gives it without them. The
// error says why no more is sent.
func (r *Recording) learn(request cassette.Request) (cassette.Request, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	switch {
	case r.closed:
		return cassette.Request{}, errClosed
	case r.stopped != nil:
		return cassette.Request{}, notSent(r.stopped)
	}
	if r.addLabels(r.labels, request) {
		r.redactor = redact.NewRedactor(r.labels)
	}
	return harmlessRequest(r.redactor, request), nil
}

func notSent(reason error) *target.Fault {
	return &target.Fault{Kind: target.Withheld, Detail: "not sent: " + oneLine(reason.Error())}
}

func (r *Recording) currentRedactor() *redact.Redactor {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.redactor
}

// known gives what came of a request before the recording was interrupted.
func (r *Recording) known(place target.Place, cassette string, harmless cassette.Request) (*partialExchange, error) {
	if r.earlier == nil {
		return nil, nil
	}
	kept, err := r.earlier.take(place, cassette, harmless)
	if err != nil {
		return nil, r.stop(r.misfit(err))
	}
	return kept, nil
}

// misfit is the error for a recording that goes on with other requests than it
// began with.
func (r *Recording) misfit(err error) error {
	fault := folderName(filepath.ToSlash(r.options.Folder)).fault(partialName, 0, "%s", err)
	fault.Mend = "give the tokens and flags of the first time, or begin anew with --discard"
	return fault
}

// answerAgain gives the caller what came of a request the last time.
func (r *Recording) answerAgain(kept *exchange, request *http.Request, known *partialExchange, err error) (*http.Response, error) {
	if err != nil {
		return nil, err
	}
	kept.again = true
	if known.response == nil {
		kept.response = faultyResponse(nil, &target.Fault{Kind: target.Lost, Detail: UnknownOutcome})
	} else {
		r.mutex.Lock()
		kept.response = withSecrets(r.labels, *known.response)
		r.mutex.Unlock()
	}
	if err := r.add(kept); err != nil {
		return nil, err
	}
	return answerOrFault(request, kept.response, kept.response.Body)
}

// begin writes a request down before it is sent.
func (r *Recording) begin(kept *exchange, request *http.Request, harmless cassette.Request) error {
	if r.partial == nil {
		return nil
	}
	place := kept.place
	// Who sends requests without a target says by the method alone what may be
	// sent twice: RFC 9110, 9.2.1.
	switch methodOf(request) {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
	default:
		place.Once = place.Once || place.Number == 0
	}
	id, err := r.partial.begin(place, harmless)
	if err != nil {
		return r.stop(err)
	}
	kept.id = id
	return nil
}

// undo takes a request back that never reached the server.
func (r *Recording) undo(kept *exchange) {
	if r.partial == nil {
		return
	}
	if err := r.partial.undo(kept.id); err != nil {
		_ = r.stop(err)
	}
}

func (r *Recording) leave() {
	if r.partial != nil {
		r.partial.leave()
	}
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

// Stopped says why the recording has stopped sending: the disk is full, or it
// goes on with other requests than it began with. Else it is nil.
func (r *Recording) Stopped() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.stopped
}

// Answering reports whether requests are still answered from what an
// interrupted recording has kept, so that nobody needs to wait for a server.
func (r *Recording) Answering() bool { return r.earlier != nil && r.earlier.answering() }

// Forget takes exchanges, by their numbers, out of what is kept for going on:
// nothing came of them that the server is to be judged by, so they are to be
// sent again.
func (r *Recording) Forget(numbers ...int) error {
	if r.partial == nil {
		return nil
	}
	for _, number := range numbers {
		if err := r.partial.forget(number); err != nil {
			return err
		}
	}
	return nil
}

// Suspend ends the recording so that it can go on later, and gives the number of
// exchanges that are kept for that. The folder's recording stays as it was.
func (r *Recording) Suspend() int {
	kept := 0
	if r.partial != nil {
		if content, err := readPartial(r.options.Folder); err == nil && content != nil {
			kept = content.answered()
		}
	}
	r.conclude(false)
	return kept
}

// Discard ends the recording and keeps nothing of it. The folder's recording
// stays as it was.
func (r *Recording) Discard() { r.conclude(true) }

func (r *Recording) conclude(discard bool) {
	r.mutex.Lock()
	ended := r.closed
	r.closed = true
	r.exchanges, r.unanswered = nil, nil
	r.mutex.Unlock()
	if !ended {
		r.letGo(discard)
	}
}

// letGo closes what is open. The file for what is interrupted stays where
// something can go on from it.
func (r *Recording) letGo(discard bool) {
	if r.partial != nil {
		// Each line was written when it was due.
		_ = r.partial.storage.Close()
		content, err := readPartial(r.options.Folder)
		if discard || err == nil && (content == nil || content.worthKeeping() == 0) {
			// What cannot be removed is offered for going on the next time.
			_ = removePartial(r.options.Folder)
		}
	}
	r.folder.close()
}

func removePartial(folder string) error {
	err := os.Remove(filepath.Join(folder, partialName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("what an interrupted recording has left cannot be removed: %w", err)
	}
	return nil
}
