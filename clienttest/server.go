package clienttest

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dpconform/dpconform/emulator"
)

// ScenarioHeader is the header with which a client may choose a scenario.
const ScenarioHeader = "Dpconform-Scenario"

// Options says what a server answers, and to whom.
type Options struct {
	Rules Rules
	// Scenarios are those that a client may choose.
	Scenarios []*Scenario
	// Known are the names of all scenarios that there are, for what is said of one
	// that is not among Scenarios; nil where nobody knows of more.
	Known []string
	// Only is the scenario of every request, whatever it says; nil lets a client
	// choose.
	Only *Scenario
	// Job is the id that the client was given. Without a scenario it is a job
	// that may be retried.
	Job string
	// Tokens are those that the client was given.
	Tokens []string
	// RefreshToken gets the last of Tokens at TokenPath; empty for no such path.
	RefreshToken string
	// Upstream answers where no scenario does; nil means the reference server.
	Upstream *url.URL
}

// TokenPath is where a fresh token is had for the refresh token (RFC 6749, 6).
const TokenPath = "/token"

// Server is an http.Handler that answers clients and takes down what they send.
// It is safe for use by many goroutines.
type Server struct {
	options Options
	forward http.Handler
	others  *emulator.Server
	// otherHost is the address of the other host, where redirects lead.
	otherHost string
	// at is where the server listens, and listenHost the host that it was asked to
	// listen on; nil and empty where it is not known.
	at         net.Addr
	listenHost string

	inFlight atomic.Int64
	mutex    sync.Mutex
	calls    []*Call
	byKey    map[string]*Call
	// madeBy says which call's reference server made a new job.
	madeBy map[string]*Call
}

// New makes a server. It returns an error where the reference server cannot be
// made of the description.
func New(options Options) (*Server, error) {
	server := &Server{options: options, byKey: map[string]*Call{}, madeBy: map[string]*Call{}}
	var err error
	if server.others, err = server.reference(nil, options.Job); err != nil {
		return nil, err
	}
	if options.Upstream != nil {
		server.forward = forwardTo(options.Upstream)
	}
	return server, nil
}

// ServeHTTP answers a request of a client.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(w, r, false) }

// elsewhere answers what comes to the other host.
func (s *Server) elsewhere(w http.ResponseWriter, r *http.Request) { s.serve(w, r, true) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request, elsewhere bool) {
	s.inFlight.Add(1)
	defer s.inFlight.Add(-1)
	arrived := readArrived(r, time.Now())
	if s.options.RefreshToken != "" && arrived.path() == TokenPath && !elsewhere {
		s.serveToken(w, arrived)
		return
	}
	scenario, misspelled := s.choose(arrived)
	arrived.Kind = s.kindOf(arrived)
	arrived.ForeignHost = !elsewhere && !s.isOwnHost(arrived.Host)
	if misspelled != nil {
		s.answerMisspelled(w, r, arrived, misspelled)
		return
	}
	if elsewhere && arrived.Kind == Attempt {
		arrived.Kind = Elsewhere
	}
	call := s.callOf(scenario, arrived)
	number := call.add(arrived)
	exchange := &exchange{server: s, call: call, arrived: arrived, w: w, r: r}
	switch {
	case arrived.Kind == Elsewhere:
		exchange.send(errorAnswer(s.options.Rules.Contract, StepError{Code: "NOT_FOUND", Message: "Requested entity was not found."}), Step{})
	case arrived.Kind == Attempt && call.Scenario != nil:
		exchange.perform(call.Scenario.step(number))
	default:
		exchange.perform(Step{Reference: true})
	}
}

// refused takes down what net/http refused before any handler saw it.
func (s *Server) refused(wire *Wire, status int) {
	arrived := malformed(wire, status, time.Now())
	scenario, misspelled := s.choose(arrived)
	if misspelled != nil {
		arrived.Misspelled = misspelled
	}
	if s.options.Only == nil && strings.HasPrefix(wire.Line, tlsHandshake) {
		// A browser tries TLS by itself.
		return
	}
	if !isRefused(s.options.Rules, arrived) {
		return
	}
	s.callOf(scenario, arrived).add(arrived)
}

// Settle waits for the answers that are under way, or until the context ends.
func (s *Server) Settle(ctx context.Context) {
	for s.inFlight.Load() > 0 && ctx.Err() == nil {
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// Calls gives the calls that have arrived, in their order.
func (s *Server) Calls() []*Call {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]*Call(nil), s.calls...)
}

// kindOf says what a request is for: anything that looks as if it was meant for
// the method is an attempt at it.
func (s *Server) kindOf(arrived *Arrived) Kind {
	contract := s.options.Rules.Contract
	path := arrived.path()
	state := contract.ReadState.Path
	if arrived.Method == contract.ReadState.Method && strings.HasPrefix(path, state.Prefix) && strings.HasSuffix(path, state.Suffix) {
		return StateRead
	}
	collection := strings.Split(strings.Trim(contract.Retry.Path.Prefix, "/"), "/")
	verb := strings.TrimPrefix(contract.Retry.Path.Suffix, ":")
	job := s.options.Job
	for _, mark := range []string{collection[len(collection)-1], verb, job, url.PathEscape(job), scenarioJobPrefix} {
		if mark != "" && strings.Contains(strings.ToLower(path), strings.ToLower(mark)) {
			return Attempt
		}
	}
	return Other
}

// callOf finds the call that a request belongs to, or begins one.
func (s *Server) callOf(scenario *Scenario, arrived *Arrived) *Call {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	job, known := s.options.Job, true
	if s.options.Only == nil {
		job, known = s.jobIn(arrived)
	}
	if made := s.madeBy[job]; made != nil && arrived.Kind == StateRead {
		return made
	}
	key := job
	if scenario != nil {
		key = scenario.Name + "/" + job
	}
	if arrived.Misspelled != nil {
		key = scenarioPath + arrived.Misspelled.name + "/" + job
	}
	if call := s.byKey[key]; call != nil {
		return call
	}
	call := &Call{Scenario: scenario, Tokens: s.options.Tokens, Upstream: s.options.Upstream != nil, misspelled: arrived.Misspelled}
	if known {
		call.Job = job
	}
	call.reference = s.others
	if scenario != nil {
		if reference, err := s.reference(scenario, job); err == nil {
			call.reference = reference
		}
	}
	call.key = key
	s.byKey[key] = call
	s.calls = append(s.calls, call)
	if len(s.calls) > keptCalls {
		delete(s.byKey, s.calls[0].key)
		s.calls = s.calls[1:]
	}
	return call
}

// keptCalls is the number of calls that a server keeps; the oldest go first.
const keptCalls = 1000

// Begin begins the call of a scenario before its first request arrives, so that
// it can be judged where none does.
func (s *Server) Begin(scenario *Scenario, job string) *Call {
	return s.callOf(scenario, &Arrived{Kind: Attempt, Target: s.options.Rules.Contract.Retry.Path.Expand(job)})
}

// remember notes whose reference server knows a new job.
func (s *Server) remember(call *Call, answer Answer) {
	id := newID(s.options.Rules.Contract, answer)
	if id == "" || call.Scenario == nil {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.madeBy[id] = call
}

// serveToken gives the fresh token for the refresh token, as an authorization
// server does (RFC 6749, 6 and 5.1).
func (s *Server) serveToken(w http.ResponseWriter, arrived *Arrived) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	form, err := url.ParseQuery(string(arrived.Body))
	if err != nil || form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != s.options.RefreshToken {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"invalid_grant"}`+"\n")
		return
	}
	token := s.options.Tokens[len(s.options.Tokens)-1]
	_, _ = io.WriteString(w, `{"access_token":"`+token+`","token_type":"Bearer","expires_in":3600}`+"\n")
}

// again makes the request anew for another handler: without the prefix that
// chose a scenario, and with the body that was read.
func again(r *http.Request, arrived *Arrived) *http.Request {
	copied := r.Clone(r.Context())
	copied.Body = io.NopCloser(bytes.NewReader(arrived.Body))
	copied.RequestURI = arrived.Target
	copied.Header.Del(ScenarioHeader)
	if parsed, err := url.ParseRequestURI(arrived.Target); err == nil {
		copied.URL = parsed
	}
	return copied
}
