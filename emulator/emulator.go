// Package emulator provides a reference server for the methods of OpenAPI
// descriptions, as an [http.Handler]. It responds as the description and the
// standards of the platform require.
//
// For mutation testing, it has a table of faults, each of which breaks one
// requirement: set [Options].Fault.
package emulator

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// defaultDelay is how long a slow fault holds a response back, unless
// Options.Delay says otherwise.
const defaultDelay = 3 * time.Second

// Options configures a server. With the zero value, the server conforms and has the
// DefaultJobs.
type Options struct {
	// Methods are served in addition to the method of [New], with the same jobs. Each
	// has the scopes of its own description. An operation that reads states and that
	// several methods share accepts the scopes of all of them.
	Methods []*spec.Method
	// Jobs lists job ids by their state, or by "" if the method has no states; nil
	// means DefaultJobs.
	Jobs map[string][]string
	// TokenTemplate is the form of tokens that contain their scopes: {scope} stands
	// for a full scope, {short} for its part after "/auth/". Empty means
	// "scope:{short}".
	TokenTemplate string
	// TokenJoin separates several scopes in a token; empty means "+".
	TokenJoin string
	// Tokens maps further valid tokens to their full scopes.
	Tokens map[string][]string
	// Introspect returns the full scopes of a token that is not in Tokens and does not
	// match the template, and false if the token is not valid; nil refuses all such
	// tokens. It must be safe for concurrent use.
	Introspect func(token string) (scopes []string, valid bool)
	// Seed determines the ids of new jobs: the same seed gives the same ids.
	Seed uint64
	// Clock returns the time for the Date header of each response; nil means time.Now.
	Clock func() time.Time
	// Fault is the name of one of the [Faults], or several names separated by commas;
	// empty means that the server conforms. Every method that can have the fault has
	// it. A fault that breaks the connection panics with http.ErrAbortHandler, which
	// net/http recovers from.
	Fault string
	// Delay is how long a fault that is about slowness delays a response; 0 means 3
	// seconds.
	Delay time.Duration
}

// Server is an [http.Handler] that serves the methods of descriptions. It is safe
// for concurrent use.
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

// New returns a server for the method. The error is about the options, such as an
// unknown state, a job id that is given twice, a token template without a
// placeholder, or an unknown fault; or about the descriptions, such as a path that
// is not a google.api.http template, two methods with the same path, or a status
// code that is missing.
//
// A successful call has the effect that the description gives. A method that starts
// a job responds with the id of a new job. A method that changes its job moves it to
// the first of the resulting states, or, if there are none, to the first state that
// is not accepted. Any other method leaves all jobs as they are. The response is the
// smallest that the schema allows, such as {} for a message without required
// members. A method without states accepts every given job; one without security
// accepts every caller.
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

func (s *Server) add(added *route) error {
	path := added.operation.Path
	if rest, _ := cutVerb(path.Suffix); rest != "" && !strings.HasPrefix(rest, "/") {
		return fmt.Errorf("%s: path %s is no template of google.api.http: %q stands in the segment of {%s}", added.operation.ID, path, rest, path.Parameter)
	}
	added.sharers = []*served{added.served}
	s.routes = append(s.routes, added)
	return nil
}

// routeOf finds the route that an operation would have.
func (s *Server) routeOf(operation spec.Operation) *route {
	found, _ := text.Find(s.routes, func(r *route) bool {
		return r.operation.Method == operation.Method && r.operation.Path.Raw("") == operation.Path.Raw("")
	})
	return found
}

func (o Options) completed(methods []*spec.Method) Options {
	if o.Jobs == nil {
		o.Jobs = DefaultJobs(methods[0], methods[1:]...)
	}
	if o.TokenTemplate == "" {
		o.TokenTemplate = platform.TokenTemplate
	}
	if o.TokenJoin == "" {
		o.TokenJoin = platform.TokenJoin
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
	if len(s.methods) == 0 {
		http.Error(w, "emulator: an empty Server: make one with New", http.StatusInternalServerError)
		return
	}
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
