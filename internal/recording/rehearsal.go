package recording

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/dnaeon/go-vcr/v2/cassette"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
)

// WithPseudonyms ends the recording and returns a new one, in which each job id is
// replaced by an alias: "failed-1" and so on for the given jobs of a state, and
// "new-job-1" and so on for newJobs, the ids that the server created, in order. The
// alias of an id without letters is a number too, because some checks treat such ids
// differently.
//
// The caller then sends every request once more through the new recording, with the
// jobs and tokens of its provenance. It gets the same responses with aliases, and
// sends nothing to the server. The new recording contains these requests, so that a
// replay finds exactly what a run with the aliases sends.
func (r *Recording) WithPseudonyms(newJobs []string) (*Recording, error) {
	exchanges, err := r.end()
	if err != nil {
		return nil, err
	}
	names := namesFor(r.provenance.Jobs, newJobs)
	renamed := &Recording{options: r.options, provenance: r.provenance, session: r.session, redactor: r.options.redactor()}
	renamed.provenance.Jobs = names.jobs(r.provenance.Jobs)
	renamed.rehearsal = newRehearsal(exchanges, names, r.redactor)
	renamed.rehearsal.folder = r.session.folder.name()
	renamed.options.Transport, renamed.options.TokenName = renamed.rehearsal, nil
	return renamed, nil
}

// rehearsal is an http.RoundTripper that responds as the server did, with
// pseudonyms for the ids of jobs.
type rehearsal struct {
	folder     folderName
	tokenNames []string

	mutex   sync.Mutex
	waiting map[rehearsed][]*exchange
	left    int
	unasked string
}

// rehearsed finds the requests of a check that are about one job.
type rehearsed struct{ check, method, job string }

func newRehearsal(exchanges []*exchange, names *jobNames, redactor *redact.Redactor) *rehearsal {
	made := &rehearsal{waiting: map[rehearsed][]*exchange{}, left: len(exchanges)}
	sorted := slices.Clone(exchanges)
	slices.SortStableFunc(sorted, func(a, b *exchange) int { return cmp.Compare(a.place.Number, b.place.Number) })
	var requests []cassette.Request
	for _, kept := range sorted {
		requests = append(requests, kept.redacted(redactor))
		renamed := *kept
		renamed.response = names.response(redactedResponse(redactor, kept.response))
		key := rehearsed{kept.place.Check, kept.request.Method, names.of(kept.place.Job)}
		made.waiting[key] = append(made.waiting[key], &renamed)
	}
	made.tokenNames = tokenNames(requests)
	return made
}

// RoundTrip responds to a request as its counterpart was responded to: the next
// of the same check about the same job.
func (r *rehearsal) RoundTrip(request *http.Request) (*http.Response, error) {
	if _, err := readBody(request); err != nil {
		return nil, err
	}
	place := target.PlaceOf(request.Context())
	r.mutex.Lock()
	defer r.mutex.Unlock()
	key := rehearsed{place.Check, methodOf(request), place.Job}
	waiting := r.waiting[key]
	if len(waiting) == 0 {
		line := methodOf(request) + " " + request.URL.String()
		r.unasked = cmp.Or(r.unasked, fmt.Sprintf("%s sends %s, which the run did not send", place.Check, line))
		return nil, &target.Fault{Kind: target.Unrecorded, Detail: "not sent before: " + text.Line(line)}
	}
	r.waiting[key] = waiting[1:]
	r.left--
	return recordedResponse(request, waiting[0].response)
}

// misfit says why what was sent is not what was recorded, or is nil.
func (r *rehearsal) misfit() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	reason := r.unasked
	if reason == "" && r.left > 0 {
		reason = text.Counted(r.left, "request") + " not sent again"
	}
	if reason == "" {
		return nil
	}
	return NotRepeated(string(r.folder), reason)
}

// NotRepeated is the error for a recording that with aliases in place of the job ids is
// not the run that was recorded, which its journal still has.
func NotRepeated(folder, reason string) error {
	return &Error{File: folder, Message: "the recording was not saved: with aliases in place of the job ids, it does not repeat the run: " + reason,
		Fix: "give the same command with --resume --keep-job-ids: it saves what was recorded, with the ids as they are"}
}
