// Package clientrun tests clients of the method: a server that responds as the
// reference server or as a scenario says, the requirements that a client's
// requests, repeats and outcome are checked by, and the runs of a client's
// command.
package clientrun

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/internal/wire"
)

// Options says how a server responds, and to whom.
type Options struct {
	Rules Rules
	// Scenarios are those that a client may choose.
	Scenarios []*scenario.Scenario
	// Known are the names of all scenarios, selected or not, for what is said of one
	// that is not among Scenarios.
	Known []string
	// NotApplicable are the scenarios that make no sense for the method, and why.
	NotApplicable []result.NotApplicable
	// Only is the scenario of every request, whatever it says; nil lets a client
	// choose.
	Only *scenario.Scenario
	// Job is the id that the client was given. Without a scenario it is a job in
	// a state in which the method accepts it.
	Job string
	// Tokens are those that the client was given.
	Tokens []string
	// WarmJob is the id of the first call, where Only has one; empty for none.
	WarmJob string
	// RefreshToken gets the last of Tokens at tokenPath; empty for no such path.
	RefreshToken string
	// Upstream responds where no scenario does; nil means the reference server.
	Upstream *url.URL
	// Proxy is on the way to Upstream; nil for none.
	Proxy *url.URL
	// Secrets are what no report shows, beside the tokens.
	Secrets []string
	// Now says when a request arrives and when its response is sent; nil means
	// time.Now.
	Now func() time.Time
}

// tokenPath is where a client exchanges the refresh token for a fresh token (RFC 6749, 6).
const tokenPath = "/token"

// Server is an http.Handler that responds to clients and records what they send.
// It is safe for concurrent use.
type Server struct {
	options Options
	forward http.Handler
	// plain is the reference server of the calls without a scenario.
	plain *emulator.Server
	// otherHost is the address of the other host, where redirects lead.
	otherHost string
	// at is where the server listens, and listenHost the host that it was asked to
	// listen on; nil and empty where it is not known.
	at         net.Addr
	listenHost string

	inFlight atomic.Int64
	bodies   bodies
	mutex    sync.Mutex
	calls    []*Call
	// kept is the size of all calls in bytes.
	kept  atomic.Int64
	byKey map[string]*Call
	// madeBy says which call's reference server made a new job.
	madeBy map[string]*Call
	// contact is what is known of the connections, and lingering those that are read
	// on although their last response was sent.
	contact   contact
	lingering lingering
}

// New makes a server. It returns an error where no reference server can be made
// of the description.
func New(options Options) (*Server, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	server := &Server{options: options, byKey: map[string]*Call{}, madeBy: map[string]*Call{}}
	server.contact.warmJob = options.WarmJob
	var err error
	if server.plain, err = server.reference(nil, cmp.Or(options.WarmJob, options.Job)); err != nil {
		return nil, err
	}
	if options.Upstream != nil {
		server.forward = forwardTo(options.Upstream, options.Proxy)
	}
	return server, nil
}

// ServeHTTP responds to a client.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(w, r, false) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request, atOtherHost bool) {
	s.inFlight.Add(1)
	defer s.inFlight.Add(-1)
	s.contact.served.Store(true)
	arrived := readRequest(r, s.options.Now(), &s.bodies)
	defer s.bodies.giveBack(arrived)
	if s.options.RefreshToken != "" && arrived.path() == tokenPath && !atOtherHost {
		s.serveToken(w, arrived)
		return
	}
	original := arrived.target
	rest, redirected := strings.CutPrefix(original, redirectedPath)
	if redirected {
		arrived.target = rest
	}
	chosen := s.choose(arrived)
	arrived.purpose = s.purposeOf(arrived)
	arrived.foreignHost = !atOtherHost && !s.isOwnHost(arrived.host)
	switch {
	case arrived.unknown != "":
		arrived.purpose = attempt
	case useOf(r).goneAway.Load() && arrived.purpose == attempt:
		arrived.purpose = late
	case atOtherHost && arrived.purpose == attempt:
		arrived.purpose = elsewhere
	case redirected && arrived.purpose == attempt:
		arrived.purpose = followed
	}
	call := s.callOf(chosen, arrived)
	number := call.add(arrived)
	exchange := &exchange{server: s, call: call, request: arrived, original: original, w: w, r: r}
	notFound := func(message string) {
		exchange.send(refusal(s.options.Rules.Method, scenario.Error{Code: "NOT_FOUND", Message: message}), scenario.Step{})
	}
	switch {
	case arrived.unknown != "":
		notFound("dpconform: " + arrived.unknown)
	case arrived.purpose == late:
		exchange.disconnect(true)
	case arrived.purpose == elsewhere:
		notFound("Requested entity was not found.")
	case arrived.purpose == attempt && call.scenario != nil:
		exchange.perform(call.scenario.Step(number))
	case arrived.purpose == attempt && s.isFirst(arrived):
		s.contact.warmed.Store(true)
		exchange.perform(*s.options.Only.First)
	default:
		exchange.perform(scenario.Step{Reference: true})
	}
}

// refused takes down what net/http refused before any handler saw it.
func (s *Server) refused(head *wire.Head, status int) {
	arrived := malformedRequest(head, status, s.options.Now())
	chosen := s.choose(arrived)
	if s.options.Only == nil && strings.HasPrefix(head.Line, tlsHandshake) {
		// A browser tries TLS by itself.
		return
	}
	if isRefused(s.options.Rules, arrived) {
		s.callOf(chosen, arrived).add(arrived)
	}
}

// Calls lists the calls that have arrived, in their order.
func (s *Server) Calls() []*Call {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.calls)
}

// purposeOf says what a request is for: anything that looks as if it was meant
// for the method is an attempt at it.
func (s *Server) purposeOf(arrived *request) purpose {
	method := s.options.Rules.Method
	path, state := arrived.path(), method.ReadState.Path
	if method.ReadState.ID != "" && arrived.method == method.ReadState.Method && strings.HasPrefix(path, state.Prefix) && strings.HasSuffix(path, state.Suffix) {
		return stateRead
	}
	template, job := method.Operation.Path, s.options.Job
	for _, mark := range []string{template.Collection(), template.Verb(), job, url.PathEscape(job), jobPrefix} {
		if mark != "" && strings.Contains(strings.ToLower(path), strings.ToLower(mark)) {
			return attempt
		}
	}
	return other
}

// keptCalls is the number of calls that a server keeps; the oldest go first.
const keptCalls = 1000

// callOf finds the call that a request belongs to, or begins one.
func (s *Server) callOf(chosen *scenario.Scenario, arrived *request) *Call {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	job, known := s.options.Job, true
	if s.options.Only == nil || s.isFirst(arrived) {
		job, known = s.jobIn(arrived)
	}
	if made := s.madeBy[job]; made != nil && arrived.purpose == stateRead {
		return made
	}
	key := job
	if chosen != nil {
		key = chosen.Name + "/" + job
	}
	if arrived.unknown != "" {
		key = arrived.unknown + "/" + job
	}
	if call := s.byKey[key]; call != nil {
		return call
	}
	if call := s.begunLike(chosen, job); call != nil {
		s.byKey[key] = call
		return call
	}
	call := s.newCall(chosen, key, job)
	call.unknown = arrived.unknown
	if !known {
		call.job = ""
	}
	return call
}

// begunLike finds the begun call of a scenario whose job's id starts most like
// another, which a client wrote wrong; nil if none was begun.
func (s *Server) begunLike(chosen *scenario.Scenario, job string) (found *Call) {
	longest := 0
	for _, call := range s.calls {
		same := 0
		for same < min(len(job), len(call.job)) && job[same] == call.job[same] {
			same++
		}
		if chosen != nil && call.scenario == chosen && call.begun && same > longest {
			found, longest = call, same
		}
	}
	return found
}

// newCall begins a call; the mutex is held.
func (s *Server) newCall(chosen *scenario.Scenario, key, job string) *Call {
	call := &Call{method: s.options.Rules.Method, scenario: chosen, job: job, tokens: s.options.Tokens, reference: s.plain, kept: &s.kept, contact: &s.contact}
	if chosen != nil {
		if reference, err := s.reference(chosen, job); err == nil {
			call.reference = reference
		}
	}
	s.byKey[key] = call
	s.calls = append(s.calls, call)
	for len(s.calls) > keptCalls || len(s.calls) > 1 && s.kept.Load() > keptOfCalls {
		s.forgetOldest()
	}
	return call
}

// forgetOldest forgets the oldest call; the mutex is held.
func (s *Server) forgetOldest() {
	oldest := s.calls[0]
	s.calls = slices.Delete(s.calls, 0, 1)
	for _, calls := range []map[string]*Call{s.byKey, s.madeBy} {
		maps.DeleteFunc(calls, func(_ string, call *Call) bool { return call == oldest })
	}
	oldest.forget()
}

// Begin begins the call of a scenario before its first request arrives, so that
// it can be evaluated where none does.
func (s *Server) Begin(chosen *scenario.Scenario, job string) *Call {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	call := s.newCall(chosen, chosen.Name+"/"+job, job)
	call.begun = true
	return call
}

// remember notes which call's reference server knows a new job.
func (s *Server) remember(call *Call, response response) {
	id, _ := response.newID(s.options.Rules.Method)
	if id == "" || call.scenario == nil {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.madeBy[id] = call
}

// serveToken returns the fresh token for the refresh token, as an authorization
// server does (RFC 6749, 6 and 5.1).
func (s *Server) serveToken(w http.ResponseWriter, arrived *request) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	form, err := url.ParseQuery(string(arrived.body))
	if err != nil || form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != s.options.RefreshToken {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"invalid_grant"}`+"\n")
		return
	}
	token := s.options.Tokens[len(s.options.Tokens)-1]
	_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3600}`+"\n", token)
}
