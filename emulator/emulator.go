// Package emulator is a reference server of the method that an OpenAPI
// description is about: it responds as the description and the platform's
// standards demand, and has a table of faults, each of which breaks one
// requirement.
package emulator

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/dpconform/dpconform/spec"
)

// defaultDelay is how long a slow fault holds a response back, unless
// Options.Delay says otherwise.
const defaultDelay = 3 * time.Second

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
	// Introspect gives the full scopes of a token that is neither among Tokens
	// nor of the template, or false for one that nobody issued; nil knows none.
	// It is called by many goroutines.
	Introspect func(token string) (scopes []string, valid bool)
	// Seed makes the ids of new jobs: the same seed, the same ids.
	Seed uint64
	// Clock gives the time for the Date of each response; nil means time.Now.
	Clock func() time.Time
	// Fault is the name of a fault of the table, or several names with commas
	// between them; empty means that the server conforms. A fault that breaks the
	// connection panics with http.ErrAbortHandler, which net/http recovers from.
	Fault string
	// Delay is how long a slow fault holds a response back; 0 means 3 seconds.
	Delay time.Duration
}

// Server is an http.Handler that serves the method of a description. It is safe
// for use by many goroutines.
type Server struct {
	method    *spec.Method
	behaviour *behaviour
	jobs      *jobStore
	tokens    *tokenReader
	routes    []route
	service   string
	clock     func() time.Time
}

// New makes a server. It returns an error where the options name a state that
// the description does not have, a job id twice or one that no path can carry,
// a token template without a place for the scopes, or an unknown fault, and
// where a path of the description is no google.api.http template or its table of
// codes misses one that is needed.
func New(method *spec.Method, options Options) (*Server, error) {
	options = options.completed(method)
	jobs, err := newJobStore(method, options.Jobs)
	if err != nil {
		return nil, err
	}
	tokens, err := newTokenReader(method, options)
	if err != nil {
		return nil, err
	}
	behaviour := conforming(method, options, jobs)
	if err := behaviour.takeFaults(options.Fault); err != nil {
		return nil, err
	}
	if err := behaviour.refusals.checkCodes(method); err != nil {
		return nil, err
	}
	server := &Server{method: method, behaviour: behaviour, jobs: jobs, tokens: tokens, clock: options.Clock}
	if endpoint, err := url.Parse(method.Endpoint); err == nil {
		server.service = endpoint.Hostname()
	}
	for _, served := range []route{
		{operation: method.Operation, stages: behaviour.retryStages, succeed: (*call).retryResponse},
		{operation: method.ReadState, stages: behaviour.stateStages, succeed: (*call).stateResponse},
	} {
		if served.pattern, err = newPathPattern(served.operation.Path); err != nil {
			return nil, fmt.Errorf("%s: %w", served.operation.ID, err)
		}
		server.routes = append(server.routes, served)
	}
	return server, nil
}

func (o Options) completed(method *spec.Method) Options {
	if o.Jobs == nil {
		o.Jobs = DefaultJobs(method)
	}
	if o.TokenTemplate == "" {
		o.TokenTemplate = DefaultTokenTemplate
	}
	if o.TokenJoin == "" {
		o.TokenJoin = DefaultTokenJoin
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Delay == 0 {
		o.Delay = defaultDelay
	}
	return o
}

// ServeHTTP responds to one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{
		Server: s, request: r,
		line: requestLine{method: r.Method, path: r.URL.EscapedPath(), query: r.URL.RawQuery},
	}
	response := c.respond()
	c.finish(response)
	s.behaviour.send(w, c, response)
}

// respond finds the method of a request and puts it through the method's stages.
func (c *call) respond() *response {
	c.behaviour.readLine(&c.line)
	route, page := c.route()
	if page != nil {
		return page
	}
	c.operation = &route.operation
	for _, stage := range route.stages {
		if refusal := stage(c); refusal != nil && !c.behaviour.overlooks(c, refusal) {
			return c.refusalResponse(refusal)
		}
	}
	return route.succeed(c)
}
