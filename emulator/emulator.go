// Package emulator is a reference server of the methods that OpenAPI descriptions
// are about: it responds as the description and the platform's standards demand,
// and has a table of faults, each of which breaks one requirement.
package emulator

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/dpconform/dpconform/spec"
)

// defaultDelay is how long a slow fault holds a response back, unless
// Options.Delay says otherwise.
const defaultDelay = 3 * time.Second

// Options says what a server has and how it behaves. The zero value is a
// server that conforms, with the DefaultJobs.
type Options struct {
	// Methods are served beside the first, over the same jobs. Each has the scopes
	// of its own description; a method that reads states is served once, to the
	// scopes of all that share it.
	Methods []*spec.Method
	// Jobs lists job ids by the state that they are in, those of a method without
	// states by the empty string; nil means DefaultJobs.
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
	// between them; empty means that the server conforms. Every method breaks that
	// can. A fault that breaks the connection panics with http.ErrAbortHandler,
	// which net/http recovers from.
	Fault string
	// Delay is how long a slow fault holds a response back; 0 means 3 seconds.
	Delay time.Duration
}

// Server is an http.Handler that serves the methods of descriptions. It is safe
// for use by many goroutines.
type Server struct {
	methods []*served
	routes  []*route
	jobs    *jobStore
	tokens  *tokenReader
	clock   func() time.Time
}

// served is one method of a server.
type served struct {
	*Server
	method    *spec.Method
	behaviour *behaviour
	service   string
}

// New makes a server. It returns an error where the options name a state that
// the descriptions do not have, a job id twice or one that no path can carry, a
// token template without a place for the scopes, or a fault that is unknown or
// that no method can have, and where a path of a description is no
// google.api.http template, two methods have the same one, or a table of codes
// misses one that is needed.
//
// What a success does is the effect of the description. A method that starts a
// job responds with the id of a new one; one that changes its job puts it into the
// first of the resulting states, or, where there are none, into the first state
// that is not accepted; any other leaves all jobs as they are. The response is the
// smallest that the schema allows: {} for a message without required members. A
// method without states takes every job that is given, one without security
// every caller.
func New(method *spec.Method, options Options) (*Server, error) {
	methods := append([]*spec.Method{method}, options.Methods...)
	for _, method := range methods {
		if method == nil || method.Operation.Method == "" {
			return nil, errors.New("a method is nil or empty: load each with spec.Load")
		}
	}
	options = options.completed(methods)
	jobs, err := newJobStore(methods, options.Jobs)
	if err != nil {
		return nil, err
	}
	tokens, err := newTokenReader(methods, options)
	if err != nil {
		return nil, err
	}
	server := &Server{jobs: jobs, tokens: tokens, clock: options.Clock}
	for _, method := range methods {
		behaviour := conforming(method, options, jobs)
		if err := server.serve(&served{Server: server, method: method, behaviour: behaviour}); err != nil {
			return nil, err
		}
	}
	if err := server.takeFaults(options.Fault); err != nil {
		return nil, err
	}
	for _, served := range server.methods {
		if err := served.behaviour.refusals.checkCodes(served.method); err != nil {
			return nil, err
		}
	}
	return server, nil
}

// serve adds the routes of a method.
func (s *Server) serve(added *served) error {
	if endpoint, err := url.Parse(added.method.Endpoint); err == nil {
		added.service = endpoint.Hostname()
	}
	s.methods = append(s.methods, added)
	if other := s.routeOf(added.method.Operation); other != nil {
		return fmt.Errorf("two methods have the path %s %s: %s and %s", other.operation.Method, other.operation.Path,
			other.operation.ID, added.method.Operation.ID)
	}
	err := s.add(&route{served: added, operation: added.method.Operation, stages: &added.behaviour.stages,
		succeed: (*call).successResponse})
	if err != nil || added.method.ReadState.ID == "" {
		return err
	}
	if shared := s.routeOf(added.method.ReadState); shared != nil {
		shared.sharers = append(shared.sharers, added)
		return nil
	}
	return s.add(&route{served: added, operation: added.method.ReadState, stages: &added.behaviour.stateStages,
		succeed: (*call).stateResponse})
}

func (s *Server) add(added *route) (err error) {
	if added.pattern, err = newPathPattern(added.operation.Path); err != nil {
		return fmt.Errorf("%s: %w", added.operation.ID, err)
	}
	added.sharers = []*served{added.served}
	s.routes = append(s.routes, added)
	return nil
}

// routeOf finds the route that an operation would have.
func (s *Server) routeOf(operation spec.Operation) *route {
	index := slices.IndexFunc(s.routes, func(r *route) bool {
		other := r.operation
		return other.Method == operation.Method && other.Path.Raw("") == operation.Path.Raw("")
	})
	if index < 0 {
		return nil
	}
	return s.routes[index]
}

// Operations lists what the server serves: each method, and behind it the one that
// reads the state of its jobs.
func (s *Server) Operations() []spec.Operation {
	operations := make([]spec.Operation, len(s.routes))
	for i, route := range s.routes {
		operations[i] = route.operation
	}
	return operations
}

func (o Options) completed(methods []*spec.Method) Options {
	if o.Jobs == nil {
		o.Jobs = DefaultJobs(methods[0], methods[1:]...)
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
	c := &call{request: r}
	response := c.respond(s.route(c))
	c.finish(response)
	c.behaviour.send(w, c, response)
}

// respond puts a request through the stages of its method, unless a front end has
// responded to it.
func (c *call) respond(page *response) *response {
	if page != nil {
		return page
	}
	for _, stage := range *c.stages {
		if refusal := stage(c); refusal != nil && !c.behaviour.overlooks(c, refusal) {
			return c.refusalResponse(refusal)
		}
	}
	return c.succeed(c)
}
