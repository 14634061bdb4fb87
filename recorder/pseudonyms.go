package recorder

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/dnaeon/go-vcr/v2/cassette"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

// Pseudonyms says how the ids of jobs become names that belong to nobody, the
// same id always the same name: "failed-1" and so on for the jobs of a state,
// "new-job-1" and so on for those that the run started. Ids without letters
// become numbers, because checks tell the two apart.
type Pseudonyms struct {
	// NewJobs lists the ids of the jobs that the run started, in the order of the
	// exchanges. It is called once the run is over.
	NewJobs func() []string
	// Rehearse runs the suite once more, over the answers and the jobs of the
	// rehearsal. What it sends is what a replay will send, so that is what is
	// recorded: no pattern could find an id in each form in which a check sends
	// it. Its error is returned by Save.
	Rehearse func(*Rehearsal) error
}

// PseudonymError says that a run does not come out the same with pseudonyms for
// the ids of its jobs.
type PseudonymError struct {
	// Reason says where it differs.
	Reason string
}

// Error gives one line with the flag that helps.
func (e *PseudonymError) Error() string {
	return oneLine("not saved: with pseudonyms for the ids of jobs the run is another one: " + e.Reason + "; record with --keep-job-ids")
}

// rename gives the provenance and the exchanges with pseudonyms.
func (p *Pseudonyms) rename(provenance Provenance, exchanges []*exchange, redactor *redact.Redactor) (Provenance, []*exchange, error) {
	names := namesFor(provenance.Jobs, p.NewJobs())
	provenance.Jobs = names.jobs(provenance.Jobs)
	rehearsal := newRehearsal(provenance, exchanges, names, redactor)
	if err := p.Rehearse(rehearsal); err != nil {
		return provenance, nil, err
	}
	renamed, err := rehearsal.result()
	return provenance, renamed, err
}

// Rehearsal is an http.RoundTripper that answers the suite as the server did,
// with pseudonyms for the ids of jobs. It is safe for use by many goroutines.
type Rehearsal struct {
	provenance Provenance
	labels     []string
	names      *jobNames

	mutex   sync.Mutex
	waiting map[rehearsed][]*exchange
	left    int
	played  []*exchange
	misfit  string
}

// rehearsed finds the requests of a check that are about one job.
type rehearsed struct{ check, method, job string }

func newRehearsal(provenance Provenance, exchanges []*exchange, names *jobNames, redactor *redact.Redactor) *Rehearsal {
	rehearsal := &Rehearsal{provenance: provenance, names: names, waiting: map[rehearsed][]*exchange{}, left: len(exchanges)}
	sorted := slices.Clone(exchanges)
	slices.SortStableFunc(sorted, func(a, b *exchange) int { return cmp.Compare(a.place.Number, b.place.Number) })
	names.learnWords(sorted)
	labels := map[string]bool{}
	for _, kept := range sorted {
		harmless := harmlessRequest(redactor, kept.request)
		for _, label := range redact.TokensOf(harmless.Headers) {
			labels[label] = true
		}
		renamed := *kept
		renamed.response = names.response(redactedResponse(redactor, kept.response), kept.place.Job)
		key := rehearsed{kept.place.Check, kept.request.Method, names.of(kept.place.Job)}
		rehearsal.waiting[key] = append(rehearsal.waiting[key], &renamed)
	}
	rehearsal.labels = slices.Sorted(maps.Keys(labels))
	return rehearsal
}

// Provenance says what the recording will be, the pseudonyms of the jobs among
// it.
func (r *Rehearsal) Provenance() Provenance { return r.provenance }

// Labels lists the harmless names of the tokens that were sent, sorted.
func (r *Rehearsal) Labels() []string { return slices.Clone(r.labels) }

// RoundTrip answers a request as its counterpart in the run was answered: the
// next of the same check about the same job. The error is a *target.Fault, the
// server's or of the kind target.Unrecorded where there is no counterpart.
func (r *Rehearsal) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := readBody(request)
	if err != nil {
		return nil, err
	}
	place := target.PlaceOf(request.Context())
	played := &exchange{place: place, request: sentRequest(request, body)}
	counterpart := r.take(place, played.request)
	if counterpart == nil {
		return nil, &target.Fault{Kind: target.Unrecorded, Detail: "not sent before: " + played.request.Method + " " + played.request.URL}
	}
	played.cassette, played.response = counterpart.cassette, counterpart.response
	r.mutex.Lock()
	r.played = append(r.played, played)
	r.mutex.Unlock()
	return answerOrFault(request, played.response, played.response.Body)
}

func (r *Rehearsal) take(place target.Place, request cassette.Request) *exchange {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	key := rehearsed{place.Check, request.Method, place.Job}
	waiting := r.waiting[key]
	if len(waiting) == 0 {
		r.misfit = cmp.Or(r.misfit, fmt.Sprintf("%s sends %s %s, which it did not send before", place.Check, request.Method, request.URL))
		return nil
	}
	r.waiting[key] = waiting[1:]
	r.left--
	return waiting[0]
}

// result gives what was played, or says why it is not what was recorded.
func (r *Rehearsal) result() ([]*exchange, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.misfit != "" {
		return nil, &PseudonymError{Reason: r.misfit}
	}
	if r.left > 0 {
		return nil, &PseudonymError{Reason: fmt.Sprintf("%s not sent again", count(r.left, "request"))}
	}
	return r.played, nil
}
