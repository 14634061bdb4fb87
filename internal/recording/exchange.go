package recording

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/dnaeon/go-vcr/v2/cassette"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
)

// exchange is one request with its whole response, as they were, secrets and
// all.
type exchange struct {
	place    target.Place
	cassette string
	request  cassette.Request
	response cassette.Response
	// id is the exchange's in the journal, and again says that it came from there.
	id    int
	again bool
}

// redacted is the request as it stands in a cassette.
func (e *exchange) redacted(r *redact.Redactor) cassette.Request {
	return redactedRequest(r, e.request, e.place.Check != "")
}

// keep reads a response to its end and gives it to the caller anew.
func (r *Recording) keep(kept *exchange, request *http.Request, response *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, largestResponse))
	switch {
	case err != nil:
		// The caller meets the same bytes and then the same fault.
		broken := receivedResponse(response, body)
		err = r.keepFault(kept, &broken, err, target.FaultInBody(request.Context(), err, len(body), response.ContentLength))
		response.Body = &continued{Reader: io.MultiReader(bytes.NewReader(body), failing{err}), Closer: response.Body}
		return response, nil
	case len(body) == largestResponse:
		r.miss(kept)
		response.Body = &continued{Reader: io.MultiReader(bytes.NewReader(body), response.Body), Closer: response.Body}
		return response, nil
	}
	// The caller has the whole response, so an error of closing matters to nobody.
	_ = response.Body.Close()
	kept.response = receivedResponse(response, body)
	response.Body = io.NopCloser(bytes.NewReader(body))
	if err := r.add(kept); err != nil {
		return nil, err
	}
	return response, nil
}

// keepFault keeps what a server did instead of a whole response, and gives the
// error for the caller. What says nothing of the server, such as a network that
// is down, has no place in a recording.
func (r *Recording) keepFault(kept *exchange, broken *cassette.Response, err error, fault *target.Fault) error {
	// A rehearsal repeats the faults that were kept before.
	if fault.ServerOwn() || r.rehearsal != nil && fault.Kind != target.Unrecorded {
		kept.response = faultyResponse(broken, fault)
		failed := r.add(kept)
		if failed == nil {
			return err
		}
		err = failed
	} else if fault.Kind == target.Unreachable {
		if failed := r.journal.undo(kept.id); failed != nil {
			err = r.stop(failed)
		}
	}
	r.miss(kept)
	return err
}

// add keeps a whole exchange, on the disk first.
func (r *Recording) add(kept *exchange) error {
	if !r.hasRoomFor(kept.response) {
		return r.stop(errTooLarge)
	}
	if !kept.again {
		if err := r.journal.respond(kept.id, redactedResponse(r.redactor, kept.response)); err != nil {
			return r.stop(err)
		}
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.ended {
		return errEnded
	}
	// An attempt that failed for the network is no loss where another did not.
	r.missed = slices.DeleteFunc(r.missed, func(one missed) bool { return one.number != 0 && one.number == kept.place.Number })
	r.exchanges = append(r.exchanges, kept)
	return nil
}

// hasRoomFor counts a response, and reports whether the recording does not become
// too large by it.
func (r *Recording) hasRoomFor(response cassette.Response) bool {
	size := len(response.Body)
	for name, values := range response.Headers {
		size += len(name) + len(strings.Join(values, name))
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.kept += size
	return r.kept <= largestRecording
}

// miss remembers a request that got no complete response.
func (r *Recording) miss(kept *exchange) {
	line := kept.request.Method + " " + kept.redacted(r.redactor).URL
	if kept.place.Check != "" {
		line += " (" + kept.place.Check + ")"
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.missed = append(r.missed, missed{kept.place.Number, text.Line(line)})
}

// withTokens gives a response back as it was before the names of tokens took
// their places, so that a check finds what it looks for.
func withTokens(names map[string]string, response cassette.Response) cassette.Response {
	tokens := map[string][]string{}
	for token, name := range names {
		tokens[name] = append(tokens[name], token)
	}
	var pairs []string
	for _, name := range slices.SortedFunc(maps.Keys(tokens), func(a, b string) int { return len(b) - len(a) }) {
		// A name of several tokens tells none of them.
		if len(tokens[name]) == 1 && strings.HasPrefix(name, redact.Mark+":") && name != redact.Unlabelled {
			pairs = append(pairs, name, tokens[name][0])
		}
	}
	restore := strings.NewReplacer(pairs...).Replace
	return changedResponse(response, restore, func(_, value string) string { return restore(value) })
}
