package target

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// Request is what a check wants to be sent. The path is sent as it is written,
// percent escapes included.
type Request struct {
	// Purpose says in a few words why it is sent.
	Purpose string
	Method  string
	// Path starts with a slash and may carry a query. Query is what stands in the
	// query beside that, escaped.
	Path   string
	Query  string
	Header http.Header
	// Body is sent with its length; none is sent as no body, which for POST
	// means Content-Length: 0.
	Body []byte
	// Chunked sends the body in chunks, without its length.
	Chunked    bool
	Credential Credential
	// Job is the id of the job that the request is about, where there is one.
	Job string
	// Call says that it is a call of the method under test, so that a success has
	// its effect.
	Call bool
	// Once says that it must not be sent again unless it is certain that it had
	// no effect.
	Once bool
	// Connection says over which connection it is sent.
	Connection Connection
	// FrontEnd says that a server in front of the method may respond in its own
	// words: unknown path, another HTTP method.
	FrontEnd bool
}

// Connection says over which connection a request is sent.
type Connection int

const (
	// AnyConnection is one that earlier requests have used, where that is safe, or
	// else a new one.
	AnyConnection Connection = iota
	// OwnConnection is new and carries no other request.
	OwnConnection
	// KeptConnection is the one of the request before, or else a new one. What
	// goes wrong with it is shown, and not made up for over another.
	KeptConnection
)

// Target is the path with the whole query.
func (r Request) Target() string {
	separator := "?"
	switch {
	case r.Query == "":
		return r.Path
	case strings.Contains(r.Path, "?"):
		separator = "&"
	}
	return r.Path + separator + r.Query
}

// Exchange is one request and what came of it: either a response (Status,
// Header, Body) or a Fault.
type Exchange struct {
	// Number counts the exchanges of a run from 1.
	Number int
	// Check is the id of the check that sent it.
	Check   string
	Request Request
	// Began is when the request was first made ready.
	Began time.Time
	// URL is the whole address that was asked.
	URL string
	// Added are the fields that the caller adds to the request, as a shell line takes
	// them: see NetworkOptions.AddedFields.
	Added []string

	Status int
	Header http.Header
	// Body is the beginning of a body of BodyBytes, mostly all of it: WholeBody is.
	Body      []byte
	BodyBytes int
	packed    []byte
	// HeaderCut says how much of the header is not kept; empty for nothing.
	HeaderCut string
	// HeadProblem says what in the head of the response is malformed but was read
	// all the same; empty for nothing.
	HeadProblem string
	// Fault says what went wrong instead of a whole response, or is nil. With a
	// truncated body the Status and Header are there too.
	Fault *Fault
	// Connected says that a connection of HTTP/1 carried the request that another
	// request might follow on: recordings have none, nor has a caller's transport.
	// Reused says that it had carried an earlier one, and Closing that the server
	// announced that it would carry no other.
	Connected, Reused, Closing bool
	// Shared says that other requests might use the connection, and After is the
	// number of the exchange that it carried before: its own where that was an earlier
	// attempt, 0 where the connection is new. Recorded responses are taken to have come
	// over one connection for all that is shared.
	Shared bool
	After  int
	// Together says that it was sent at the same time as its neighbours, so that the
	// order of what they did is chance.
	Together bool
	// Took is the time from the connection to the last byte.
	Took time.Duration
	// Earlier are the attempts before this response, each with what came of it:
	// the server was busy, or the network broke.
	Earlier []*Exchange

	// remote says that the target is not on this machine, and control that it was
	// sent to see whether the target responds at all. othersWork says that such a
	// request had a response between two attempts of this one.
	remote, control, othersWork bool
}

// Complete reports whether a whole response came.
func (e *Exchange) Complete() bool { return e.Fault == nil }

// Succeeded reports whether the response says that a call of the method
// succeeded.
func (e *Exchange) Succeeded() bool {
	return e.Request.Call && e.Status >= http.StatusOK && e.Status < http.StatusMultipleChoices
}

// Place says where in the run a request belongs, for a transport that keeps
// exchanges.
type Place struct {
	// Check is the id of the check that sends it.
	Check string
	// Number is the exchange's number in the journal.
	Number int
	// Together says that it is sent at the same time as its neighbours, so that
	// which of equal requests gets which response is chance.
	Together bool
	// Once says that it may use up its job, so that it must not be sent twice.
	Once bool
	// Job is the id of the job that it is about, where there is one. A server may have
	// made a secret of the caller's its id, so it is not written down.
	Job string `yaml:"-"`
	// Connection says over which connection it is sent.
	Connection Connection `yaml:"-"`
}

// UnknownOutcome is the detail of the fault of a request that was under way when
// a recording was interrupted, and must not be sent again.
const UnknownOutcome = "the recording was interrupted, and whether the call succeeded is not known"

type placeKey struct{}

// PlaceOf gives the place of a request that a Target sends.
func PlaceOf(ctx context.Context) Place {
	place, _ := ctx.Value(placeKey{}).(Place)
	return place
}

// WithPlace puts a place into the context of a request, as a Target does, for
// those who send requests to such a transport themselves.
func WithPlace(ctx context.Context, place Place) context.Context {
	return context.WithValue(ctx, placeKey{}, place)
}

// Watcher sees exchanges while they go on, for those who show a run to a
// person. Its methods are called by many goroutines at the same time, and the
// exchange must not be kept: it is still being filled.
type Watcher interface {
	// Sending is called before each attempt.
	Sending(exchange *Exchange)
	// Waiting is called before a pause between two attempts, which the server
	// asked for (Retry-After) or not. The last of Exchange.Earlier is the attempt
	// that led to it.
	Waiting(exchange *Exchange, wait time.Duration, asked bool)
	// Done is called once for each exchange, when no further attempt follows.
	Done(exchange *Exchange)
}

// Watch lets somebody watch all exchanges from here on. It must be called before
// the first request.
func (t *Target) Watch(watcher Watcher) { t.watcher = watcher }

// nobody watches nothing.
type nobody struct{}

func (nobody) Sending(*Exchange)                      {}
func (nobody) Waiting(*Exchange, time.Duration, bool) {}
func (nobody) Done(*Exchange)                         {}
