// Package emulator is a reference server of the method that an OpenAPI
// description is about: it answers as the description and the platform's
// standards demand, and has a table of single faults with which it does not.
package emulator

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/dpconform/dpconform/spec"
)

// DefaultDelay is how long an answer is held back by a fault that is slow,
// unless Options.Delay says otherwise.
const DefaultDelay = 3 * time.Second

// Options says what a server has and how it behaves. The zero value is a
// server that conforms, with the DefaultJobs.
type Options struct {
	// Jobs lists job ids by the state that they are in; nil means DefaultJobs.
	Jobs map[string][]string
	// TokenTemplate is what a token looks like that names its own scopes:
	// "{scope}" in it stands for full scopes, "{short}" for their parts after
	// "/auth/". Empty means DefaultTokenTemplate.
	TokenTemplate string
	// TokenJoin stands between several scopes of a token; empty means
	// DefaultTokenJoin.
	TokenJoin string
	// Tokens are tokens beside the template, with the full scopes they carry.
	Tokens map[string][]string
	// Introspect tells the full scopes of a token that is neither among Tokens
	// nor of the template, or false for one that nobody issued; nil knows none.
	// It is called by many goroutines.
	Introspect func(token string) (scopes []string, valid bool)
	// Seed makes the ids of new jobs: the same seed, the same ids.
	Seed uint64
	// Clock gives the time for the Date of each answer; nil means time.Now.
	Clock func() time.Time
	// Fault is the name of a fault of the table, or several names with commas
	// between them; empty means that the server conforms. A fault that breaks the
	// connection panics with http.ErrAbortHandler, which net/http recovers from.
	Fault string
	// Delay is how long a slow fault holds an answer back; 0 means DefaultDelay.
	Delay time.Duration
}

// Server is an http.Handler that answers the method of a description. It is
// safe for use by many goroutines.
type Server struct {
	contract  *spec.Contract
	behaviour *behaviour
	jobs      *jobStore
	tokens    *tokenReader
	routes    []route
	service   string
	clock     func() time.Time
}

// New makes a server. It returns an error where the options name a state that
// the description does not have, a job id twice or one that no path can carry,
// a token template without a place for the scopes, or an unknown fault
// (*UnknownFaultError), and where a path of the description is no
// google.api.http template or its table of codes lacks one that is needed.
func New(contract *spec.Contract, options Options) (*Server, error) {
	options = withDefaults(contract, options)
	jobs, err := newJobStore(contract, options.Jobs)
	if err != nil {
		return nil, err
	}
	tokens, err := newTokenReader(contract, options)
	if err != nil {
		return nil, err
	}
	behaviour := conforming(contract, options, jobs)
	if err := behaviour.takeFaults(options.Fault); err != nil {
		return nil, err
	}
	if err := behaviour.refusals.checkCodes(contract); err != nil {
		return nil, err
	}
	server := &Server{contract: contract, behaviour: behaviour, jobs: jobs, tokens: tokens, clock: options.Clock}
	if endpoint, err := url.Parse(contract.Endpoint); err == nil {
		server.service = endpoint.Hostname()
	}
	if err := server.addRoutes(); err != nil {
		return nil, err
	}
	return server, nil
}

func withDefaults(contract *spec.Contract, options Options) Options {
	if options.Jobs == nil {
		options.Jobs = DefaultJobs(contract)
	}
	if options.TokenTemplate == "" {
		options.TokenTemplate = DefaultTokenTemplate
	}
	if options.TokenJoin == "" {
		options.TokenJoin = DefaultTokenJoin
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	if options.Delay == 0 {
		options.Delay = DefaultDelay
	}
	return options
}

func (s *Server) addRoutes() error {
	for _, served := range []struct {
		operation spec.Operation
		stages    []stage
		succeed   func(*Server, *call) *answer
	}{
		{s.contract.Retry, s.behaviour.retryStages, (*Server).startedAnswer},
		{s.contract.ReadState, s.behaviour.stateStages, (*Server).stateAnswer},
	} {
		pattern, err := newPathPattern(served.operation.Path)
		if err != nil {
			return fmt.Errorf("%s: %w", served.operation.ID, err)
		}
		s.routes = append(s.routes, route{served.operation, pattern, served.stages, served.succeed})
	}
	return nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := newCall(r)
	answer := s.answer(call)
	s.finish(call, answer)
	s.behaviour.send(w, call, answer)
}

// answer finds the method of a request and puts it through the method's stages.
func (s *Server) answer(c *call) *answer {
	s.behaviour.readLine(&c.line)
	route, page := s.route(c)
	if page != nil {
		return page
	}
	c.operation = &route.operation
	for _, stage := range route.stages {
		if refusal := stage(s, c); refusal != nil && !s.behaviour.overlooks(c, refusal) {
			return s.refusalAnswer(c, refusal)
		}
	}
	return route.succeed(s, c)
}
