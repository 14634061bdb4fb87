package recorder

import (
	"cmp"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/dnaeon/go-vcr/v2/cassette"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

// Unfinished says what becomes of the recording that was interrupted in the
// same folder.
type Unfinished string

// What may become of it.
const (
	// Refuse begins no new recording where one can go on: an *UnfinishedError.
	Refuse Unfinished = ""
	// Resume goes on: what was answered is not sent again.
	Resume Unfinished = "resume"
	// Discard begins anew.
	Discard Unfinished = "discard"
)

// UnfinishedError says that a folder holds a recording that was interrupted.
type UnfinishedError struct {
	// Folder is where it is.
	Folder string
	// Exchanges is how many exchanges it holds.
	Exchanges int
}

// Error gives one line with the flags that help.
func (e *UnfinishedError) Error() string {
	return oneLine(fmt.Sprintf("%s: a recording was interrupted here after %s; go on with --resume, or begin anew with --discard", e.Folder, count(e.Exchanges, "exchange")))
}

// UnknownOutcome is the detail of the fault, of the kind target.Lost, that a
// request gets which was under way when the recording was interrupted, and must
// not be sent again.
const UnknownOutcome = "the recording was interrupted, and whether a job was started is not known"

// earlier answers from what an interrupted recording has kept.
type earlier struct {
	mutex   sync.Mutex
	waiting map[string][]*partialExchange
	left    []*partialExchange
}

// earlierOf makes the answers of what was kept. Requests without an answer that
// may be sent again are not among them.
func earlierOf(content *partialContent, cassetteOf func(string) string) *earlier {
	known := &earlier{waiting: map[string][]*partialExchange{}}
	for _, kept := range content.exchanges {
		if kept.response == nil && !kept.begun.Once {
			continue
		}
		key := earlierKey(cassetteOf(kept.begun.Check), kept.begun.Request.original())
		known.waiting[key] = append(known.waiting[key], kept)
		known.left = append(known.left, kept)
	}
	for _, same := range known.waiting {
		slices.SortStableFunc(same, func(a, b *partialExchange) int { return cmp.Compare(a.begun.Number, b.begun.Number) })
	}
	return known
}

// earlierKey finds a request by its cassette and what it says, secrets aside.
func earlierKey(cassette string, harmless cassette.Request) string {
	return cassette + "\x00" + keyOf(harmless)
}

// take gives what came of a request the last time, or nil. Where it is not
// asked for what was sent before it then, the run is another one, and the error
// says so.
func (e *earlier) take(place target.Place, cassette string, harmless cassette.Request) (*partialExchange, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	key := earlierKey(cassette, harmless)
	if same := e.waiting[key]; len(same) > 0 {
		e.waiting[key] = same[1:]
		e.left = slices.DeleteFunc(e.left, func(kept *partialExchange) bool { return kept == same[0] })
		return same[0], nil
	}
	for _, kept := range e.left {
		before := place.Number > 0 && kept.begun.Number <= place.Number
		if before && !(kept.begun.Together && kept.begun.Check == place.Check) {
			return nil, kept.unasked()
		}
	}
	return nil, nil
}

// unasked is the error for an exchange that the run does not ask for.
func (p *partialExchange) unasked() error {
	return fmt.Errorf("the interrupted recording has %s %s (%s), which this run does not send", p.begun.Request.Method, p.begun.Request.URL, p.begun.Check)
}

// rest says what was not asked for in the whole run, or nil.
func (e *earlier) rest() error {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if len(e.left) > 0 {
		return e.left[0].unasked()
	}
	return nil
}

func (e *earlier) answering() bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return len(e.left) > 0
}

// settleUnfinished decides what becomes of an interrupted recording. It gives
// its content where the new one goes on from it.
func settleUnfinished(folder string, wanted Unfinished, provenance Provenance) (*partialContent, error) {
	if wanted == Discard {
		return nil, nil
	}
	content, err := readPartial(folder)
	name := folderName(filepath.ToSlash(folder))
	switch {
	case err != nil:
		return nil, err
	case wanted == Refuse && content != nil && content.worthKeeping() > 0:
		return nil, &UnfinishedError{Folder: string(name), Exchanges: content.answered()}
	case wanted == Refuse:
		return nil, nil
	case content == nil:
		fault := name.fault("", 0, "no recording was interrupted here, so none can be resumed")
		fault.Mend = "leave --resume away"
		return nil, fault
	}
	if difference := content.head.difference(headOf(provenance)); difference != "" {
		fault := name.fault(partialName, 0, "was begun %s", difference)
		fault.Mend = "give the same to go on, or begin anew with --discard"
		return nil, fault
	}
	return content, nil
}

// withSecrets gives an answer back as it was before the names of tokens took
// their places, so that a check finds what it looks for.
func withSecrets(labels map[string]string, response cassette.Response) cassette.Response {
	tokens := map[string][]string{}
	for token, label := range labels {
		tokens[label] = append(tokens[label], token)
	}
	var pairs []string
	names := make([]string, 0, len(tokens))
	for label, same := range tokens {
		// A name of several tokens tells none of them.
		if len(same) == 1 && strings.HasPrefix(label, redact.Mark+":") && label != redact.Unlabelled {
			names = append(names, label)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	for _, label := range names {
		pairs = append(pairs, label, tokens[label][0])
	}
	restore := strings.NewReplacer(pairs...).Replace
	return changedResponse(response, restore, func(_, value string) string { return restore(value) })
}

// changedResponse makes an answer with another body and other values in its
// header. A Content-Length that was right stays right.
func changedResponse(response cassette.Response, changeBody func(string) string, changeValue func(name, value string) string) cassette.Response {
	body := changeBody(response.Body)
	headers := make(http.Header, len(response.Headers))
	for name, values := range response.Headers {
		for _, value := range values {
			headers[name] = append(headers[name], changeValue(name, value))
		}
	}
	keepLength(headers, response.Body, body)
	return cassette.Response{Code: response.Code, Status: response.Status, Headers: headers, Body: body}
}
