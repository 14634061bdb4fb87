package suites

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// The headers by which the transport of a run says which exchange a request
// belongs to, and whether it is sent at the same time as others.
const (
	numberHeader   = "Matrix-Exchange"
	togetherHeader = "Matrix-Together"
)

// numbering is the transport of a run.
type numbering struct{ transport http.RoundTripper }

func (n numbering) RoundTrip(request *http.Request) (*http.Response, error) {
	place := target.PlaceOf(request.Context())
	request.Header.Set(numberHeader, strconv.Itoa(place.Number))
	if place.Together {
		request.Header.Set(togetherHeader, "yes")
	}
	return n.transport.RoundTrip(request)
}

// shadowed is a faulty emulator with a conforming one in its shadow, which gets
// the same requests in the same order and keeps its own jobs.
type shadowed struct {
	method             *spec.Method
	faulty, conforming http.Handler

	mutex sync.Mutex
	// would is what the conforming emulator sent, by the number of the exchange.
	would map[int]*httptest.ResponseRecorder
	// burst holds requests that are sent at the same time until all have come, so
	// that they overlap on the busiest machine.
	burst map[int]bool
	full  chan struct{}
}

// noon is the time of every response.
func noon() time.Time { return time.Date(2026, time.January, 2, 12, 0, 0, 0, time.UTC) }

func newShadowed(method *spec.Method, faulty http.Handler) (*shadowed, error) {
	conforming, err := emulator.New(method, emulator.Options{Seed: 1, Clock: noon})
	if err != nil {
		return nil, err
	}
	return &shadowed{
		method: method, faulty: faulty, conforming: conforming,
		would: map[int]*httptest.ResponseRecorder{}, burst: map[int]bool{}, full: make(chan struct{}),
	}, nil
}

func (s *shadowed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.Header.Get(numberHeader))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if r.GetBody == nil { // It came over a network.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	if r.Header.Get(togetherHeader) != "" {
		s.gather(r, number)
	}
	s.ask(number, r)
	r.Body, _ = r.GetBody() // What is in memory can be read again.
	s.faulty.ServeHTTP(w, r)
}

// gather waits for the other requests of a burst. One that is sent again does
// not wait.
func (s *shadowed) gather(r *http.Request, number int) {
	s.mutex.Lock()
	full := s.full
	if s.burst[number] {
		s.mutex.Unlock()
		return
	}
	s.burst[number] = true
	if len(s.burst)%together == 0 {
		close(s.full)
		s.full = make(chan struct{})
	}
	s.mutex.Unlock()
	select {
	case <-full:
	case <-r.Context().Done():
	}
}

// ask sends a request to the conforming emulator.
func (s *shadowed) ask(number int, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	asked := r.Clone(r.Context())
	asked.Body, _ = r.GetBody()
	s.would[number] = httptest.NewRecorder()
	s.conforming.ServeHTTP(s.would[number], asked)
}

// explains reports whether a difference between the two emulators explains a
// finding: the exchange that shows it has another status than it would have
// without the fault, or no response at all, or differs in the place of the
// finding. Where it does not, the difference may lie before it: in the response
// that named the job whose state is read, in the same request about another job,
// which the check compares with it, or in an earlier call that changed the job in
// one of the two and not in the other.
func (s *shadowed) explains(journal []*target.Exchange, exchange *target.Exchange, place string) bool {
	if exchange == nil {
		return false
	}
	if s.differs(journal, exchange, place) {
		return true
	}
	return slices.ContainsFunc(journal, func(other *target.Exchange) bool {
		switch {
		case other.Number < exchange.Number && other.Request.Job == exchange.Request.Job && s.parts(other):
			return true
		case exchange.Request.Method == s.method.ReadState.Method:
			return other.Number < exchange.Number && other.Succeeded() && s.differs(journal, other, "body /"+s.method.IDField) &&
				bytes.Contains(other.Body, []byte(strconv.Quote(exchange.Request.Job)))
		case other.Check == exchange.Check && other != exchange:
			return alike(s.method, other.Request, exchange.Request) && s.differs(journal, other, place)
		}
		return false
	})
}

// parts reports whether a call changed its job in one of the two emulators alone,
// as far as the responses say.
func (s *shadowed) parts(call *target.Exchange) bool {
	would := s.would[call.Number]
	return s.method.Effect == spec.Changes && call.Request.Call && would != nil && call.Succeeded() != (would.Code/100 == 2)
}

// alike reports whether two requests differ in the job alone.
func alike(method *spec.Method, a, b target.Request) bool {
	plain := method.Operation.Path.Expand
	return a.Method == b.Method && a.Path == plain(a.Job) && b.Path == plain(b.Job) && a.Credential.Label == b.Credential.Label &&
		bytes.Equal(a.Body, b.Body)
}

// differs reports whether a response is another one than the conforming
// emulator's.
func (s *shadowed) differs(journal []*target.Exchange, exchange *target.Exchange, place string) bool {
	would := s.would[exchange.Number]
	if would == nil || exchange.Fault != nil || exchange.HeadProblem != "" || exchange.Status != would.Code {
		return true
	}
	if name, inHeader := strings.CutPrefix(place, "header "); inHeader {
		return !slices.Equal(exchange.Header.Values(name), would.Header().Values(name))
	}
	pointer := strings.TrimPrefix(strings.TrimPrefix(place, "body"), " ")
	if place == "status" {
		// The code of a refusal is part of its status.
		pointer = "/error/status"
	}
	got, want := memberAt(exchange.Body, pointer), memberAt(would.Body.Bytes(), pointer)
	if !bytes.Equal(newID.ReplaceAll(got, []byte("ID")), newID.ReplaceAll(want, []byte("ID"))) {
		return true
	}
	// Which of several retries is given which new id is chance, but for an id
	// that was given before.
	id := newID.Find(got)
	return id != nil && slices.ContainsFunc(journal, func(earlier *target.Exchange) bool {
		return earlier.Number < exchange.Number && earlier.Succeeded() && bytes.Contains(earlier.Body, id)
	})
}

// newID is what the emulator's ids of new jobs look like.
var newID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// memberAt gives the member of a JSON body at a pointer as it is written, with
// the number of times that its name stands in the body. It gives the whole body
// where there is no such member.
func memberAt(body []byte, pointer string) []byte {
	value, count := json.RawMessage(body), 0
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		var members map[string]json.RawMessage
		if pointer == "" || json.Unmarshal(value, &members) != nil || members[name] == nil {
			return body
		}
		value, count = members[name], bytes.Count(body, []byte(strconv.Quote(name)))
	}
	return fmt.Appendf(nil, "%d %s", count, value)
}
