package clientrun

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/internal/text"
)

// ControlDescription is the OpenAPI description of the interface by which a
// program, such as a test runner, controls a Watch.
//
//go:embed control.openapi.yaml
var ControlDescription []byte

// controlPath begins the paths of the interface, beside those of the reports.
const controlPath = "/control/"

// controls reports whether a request is for the interface and not for the method.
func controls(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, controlPath) ||
		slices.Contains([]string{outcomesPath, "/report.json", "/report.html"}, r.URL.Path)
}

// openCalls is the number of started calls that may wait for their outcome at one
// time: each has a server of its own. The oldest ends when there are more.
const openCalls = 100

// control starts calls of scenarios, each against a server of its own as Run does,
// and takes their outcomes. Calls do not depend on each other. It is safe for
// concurrent use.
type control struct {
	watch *Watch
	run   *run
	mux   *http.ServeMux

	mutex sync.Mutex
	// started counts the calls; all are those that are kept, the oldest first.
	started int
	all     []*startedCall
	closed  bool
}

// startedCall is a call that a program started, and what was found of it.
type startedCall struct {
	id   string
	site *Site
	call *Call

	// crowded: it ended since too many others were open.
	crowded atomic.Bool
	// ending is held while the call ends, so that it ends once.
	ending sync.Mutex
	// found is nil until the call has ended.
	found atomic.Pointer[Result]
}

func newControl(watch *Watch, address string) *control {
	host, _, _ := net.SplitHostPort(address)
	options := watch.options.Options
	options.Upstream = nil
	control := &control{watch: watch, run: &run{options: RunOptions{Options: options}, secrets: NewSecrets(), host: host}, mux: http.NewServeMux()}
	for path, methods := range map[string]map[string]http.HandlerFunc{
		controlPath + "openapi.yaml":       {http.MethodGet: control.describe},
		controlPath + "scenarios":          {http.MethodGet: control.list},
		controlPath + "calls":              {http.MethodPost: control.start},
		controlPath + "calls/{id}/outcome": {http.MethodPost: control.outcome},
		outcomesPath:                       {http.MethodPost: control.outcomes},
		"/report.json":                     {http.MethodGet: control.report("application/json", watch.options.JSON)},
		"/report.html":                     {http.MethodGet: control.report("text/html; charset=utf-8", watch.options.HTML)},
		"/":                                {},
	} {
		control.mux.HandleFunc(path, byMethod(methods))
	}
	return control
}

// byMethod serves the methods of a path, and refuses all others.
func byMethod(methods map[string]http.HandlerFunc) http.HandlerFunc {
	var allowed []string
	for method := range methods {
		allowed = append(allowed, method)
	}
	return func(out http.ResponseWriter, r *http.Request) {
		handler := methods[r.Method]
		if r.Method == http.MethodHead {
			handler = methods[http.MethodGet]
		}
		switch {
		case handler != nil:
			handler(out, r)
		case len(methods) == 0:
			refuse(out, http.StatusNotFound, "there is no "+printable(r.URL.Path)+" here; see "+controlPath+"openapi.yaml")
		default:
			out.Header().Set("Allow", strings.Join(allowed, ", "))
			refuse(out, http.StatusMethodNotAllowed, r.URL.Path+" takes "+strings.Join(allowed, ", "))
		}
	}
}

// ServeHTTP responds to a program.
func (c *control) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	out.Header().Set("Cache-Control", "no-store")
	out.Header().Set("X-Content-Type-Options", "nosniff")
	if path.Clean(r.URL.Path) != r.URL.Path {
		// The mux would redirect it.
		byMethod(nil)(out, r)
		return
	}
	c.mux.ServeHTTP(out, r)
}

// respond writes a value as JSON.
func respond(out http.ResponseWriter, status int, value any) {
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(status)
	_ = text.WriteJSON(out, value)
}

// refuse writes an error, in one line.
func refuse(out http.ResponseWriter, status int, message string) {
	respond(out, status, map[string]any{"error": map[string]any{"code": status, "message": message}})
}

func (c *control) describe(out http.ResponseWriter, _ *http.Request) {
	out.Header().Set("Content-Type", "application/yaml")
	_, _ = out.Write(ControlDescription)
}

// listed is a scenario as the interface lists it.
type listed struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	About   string   `json:"about,omitempty"`
	Secure  bool     `json:"secure"`
	Must    []string `json:"must"`
	MustNot []string `json:"must_not"`
}

func (c *control) list(out http.ResponseWriter, _ *http.Request) {
	method := c.watch.method()
	scenarios := []listed{}
	for _, one := range c.run.options.Scenarios {
		scenarios = append(scenarios, listed{one.Name, one.Title, strings.TrimSpace(one.About), one.Secure,
			append([]string{}, one.Must...), append([]string{}, one.MustNot...)})
	}
	respond(out, http.StatusOK, map[string]any{"method": method.Operation.ID, "success_member": successMember(method), "scenarios": scenarios})
}

// read reads a JSON object of a request, and says what is wrong with it.
func read(r *http.Request) (members map[string]json.RawMessage, status int, mistake string) {
	content, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, bodyLimit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", large.Limit)
	case err != nil:
		return nil, http.StatusBadRequest, "the body is incomplete: " + printable(err.Error())
	}
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(content, &members); {
	case errors.As(err, &syntax):
		return nil, http.StatusBadRequest, "the body is not JSON: " + printable(err.Error())
	case err != nil || members == nil:
		return nil, http.StatusBadRequest, "the body is not a JSON object"
	}
	if name := givenTwice(content); name != "" {
		return nil, http.StatusBadRequest, fmt.Sprintf("the body has the member %q twice", printable(name))
	}
	return members, 0, ""
}

// givenTwice returns the name of a member that a JSON object, or one in it, has
// twice; empty for none.
func givenTwice(content []byte) string {
	seen := map[string]bool{}
	for name, value := range text.Members(content) {
		if seen[name] {
			return name
		}
		seen[name] = true
		if inner := givenTwice(value); inner != "" {
			return name + "." + inner
		}
	}
	return ""
}

// start begins a call of a scenario.
func (c *control) start(out http.ResponseWriter, r *http.Request) {
	members, status, mistake := read(r)
	var name string
	switch {
	case mistake != "":
	case members["scenario"] == nil || json.Unmarshal(members["scenario"], &name) != nil || len(members) > 1:
		status, mistake = http.StatusBadRequest, `the body is {"scenario": "NAME"}, with no other member`
	}
	if mistake != "" {
		refuse(out, status, mistake)
		return
	}
	chosen, known := scenario.Find(c.run.options.Scenarios, name)
	if !known {
		refuse(out, http.StatusNotFound, c.watch.server.unknownText(name))
		return
	}
	c.mutex.Lock()
	c.started++
	id := strconv.Itoa(c.started)
	c.mutex.Unlock()
	job := cmp.Or(c.run.options.Job, JobOf(chosen, id))
	if method := c.watch.method(); !Fits(method, job) {
		refuse(out, http.StatusConflict, fmt.Sprintf("the id %q does not match the pattern of ids, %s; start dpconform with --client-job", job, method.IDPattern))
		return
	}
	site, err := c.run.open(chosen, job)
	if err != nil {
		refuse(out, http.StatusServiceUnavailable, "no server can be opened: "+printable(err.Error()))
		return
	}
	one := &startedCall{id: id, site: site, call: site.Server.Begin(chosen, job)}
	if !c.keep(one) {
		one.end(c, nil)
		refuse(out, http.StatusServiceUnavailable, "dpconform is about to end")
		return
	}
	out.Header().Set("Location", controlPath+"calls/"+id)
	respond(out, http.StatusCreated, c.given(one, r.Host))
}

// given is what a client is given to make its call with. Its server is at the
// host by which this one was reached.
func (c *control) given(one *startedCall, host string) map[string]string {
	given := map[string]string{"id": one.id, "title": one.call.scenario.Title}
	if one.site.Authority != nil {
		given["authority"] = string(one.site.Authority)
	}
	endpoint := one.site.Endpoint
	if name, _, err := net.SplitHostPort(host); err == nil {
		scheme, _, _ := strings.Cut(endpoint, "://")
		endpoint = scheme + "://" + net.JoinHostPort(name, endpoint[strings.LastIndexByte(endpoint, ':')+1:])
	}
	for key, value := range c.run.values(one.site, one.call.scenario.Name, one.call.job) {
		if path, own := strings.CutPrefix(value, one.site.Endpoint); own {
			value = endpoint + path
		}
		given[strings.ReplaceAll(key, "-", "_")] = value
	}
	return given
}

// keep keeps a call, unless no more may begin. The oldest ends where too many are
// open, and is forgotten where too many, or too large ones, are kept.
func (c *control) keep(one *startedCall) bool {
	c.mutex.Lock()
	if c.closed {
		c.mutex.Unlock()
		return false
	}
	c.all = append(c.all, one)
	var ended []*startedCall
	open := 0
	for _, other := range slices.Backward(c.all) {
		if other.found.Load() == nil {
			if open++; open > openCalls {
				other.crowded.Store(true)
				ended = append(ended, other)
			}
		}
	}
	size := int64(0)
	for i, other := range slices.Backward(c.all) {
		size += other.site.Server.kept.Load()
		if len(c.all)-i > keptCalls || size > keptOfCalls && i < len(c.all)-1 {
			ended = append(ended, c.all[:i+1]...)
			c.all = slices.Clone(c.all[i+1:])
			break
		}
	}
	c.mutex.Unlock()
	for _, other := range ended {
		other.end(c, nil)
	}
	return true
}

// end ends a call with what its client reported, nil for nothing, and says
// whether it had not ended before.
func (s *startedCall) end(c *control, reported *outcome) bool {
	s.ending.Lock()
	defer s.ending.Unlock()
	if s.found.Load() != nil {
		return false
	}
	s.site.Close()
	if reported != nil {
		s.call.report(*reported)
	}
	found := s.evaluate(c)
	s.found.Store(&found)
	return true
}

func (s *startedCall) evaluate(c *control) Result {
	return c.run.options.Rules.evaluate(s.call, evidence{wireOnly: c.watch.options.WireOnly, posted: controlPath + "calls/" + s.id + "/outcome"})
}

// results are those of all calls that have ended, and of those that a request has
// arrived of.
func (c *control) results() []Result {
	c.mutex.Lock()
	calls := slices.Clone(c.all)
	c.mutex.Unlock()
	var results []Result
	for _, one := range calls {
		if found := one.found.Load(); found != nil {
			results = append(results, *found)
		} else if requests, _ := one.call.snapshot(); len(requests) > 0 {
			results = append(results, one.evaluate(c))
		}
	}
	return results
}

// close ends all calls; none begins any more.
func (c *control) close() {
	c.mutex.Lock()
	c.closed = true
	calls := slices.Clone(c.all)
	c.mutex.Unlock()
	for _, one := range calls {
		one.end(c, nil)
	}
}

// report writes the whole report.
func (c *control) report(mediaType string, write func(io.Writer, result.Report) error) http.HandlerFunc {
	return func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", mediaType)
		_ = write(out, c.watch.Outcomes().Report(c.watch.options.Version, c.watch.options.Known))
	}
}
