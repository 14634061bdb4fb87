package emulator

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// requestLine is what a request asks for, before anything of it is understood.
type requestLine struct {
	method string
	// path is escaped, as it was sent.
	path  string
	query string
}

// call is one request and what the stages learn of it.
type call struct {
	// route is the one that the request is for. Where there is none, it has the
	// method whose front end responds, and nothing else.
	*route
	request *http.Request
	line    requestLine
	// id is the job's id in the path, decoded.
	id string
	// token and scopes are the caller's.
	token  string
	scopes []string
	// body is the request's, decompressed.
	body []byte
	// found is the job that the id belongs to, as it was before the call, started
	// the job that was started from it: copies, made under the lock.
	found   job
	started job
}

// stage is one question that a request must pass before it is granted. It
// gives nil to go on.
type stage func(*call) *refusal

// route is one operation of a description as it is served.
type route struct {
	// served is the method whose behaviour it has, and sharers are all methods that
	// the operation belongs to: more than one where they read states with it.
	*served
	sharers   []*served
	operation spec.Operation
	// stages are read when a request comes, since a fault may have changed them.
	stages  *[]stage
	succeed func(*call) *response
}

// matches reports whether a request line is one of the route's.
func (r *route) matches(line requestLine) bool {
	_, matches := matchPath(r.operation.Path, line.path)
	return matches && r.operation.Method == line.method
}

// matchPath gives the id in a path, decoded, where the path is one of a template's, by
// the rules of google.api.http:
// https://github.com/googleapis/googleapis/blob/master/google/api/http.proto
// (Path template syntax). Literals are compared as they are written.
func matchPath(template spec.PathTemplate, path string) (id string, matches bool) {
	rest, starts := strings.CutPrefix(path, template.Prefix)
	segment, ends := strings.CutSuffix(rest, template.Suffix)
	// Where the template ends with the id, a colon starts a verb that it does not have.
	if !starts || !ends || strings.Contains(segment, "/") || template.Suffix == "" && strings.Contains(segment, ":") {
		return "", false
	}
	id = decodeSegment(segment)
	return id, id != ""
}

// cutVerb takes the verb, with its colon, off a path: it starts at the last
// colon if that stands behind the last slash. An encoded colon is no colon.
func cutVerb(path string) (rest, verb string) {
	colon := strings.LastIndexByte(path, ':')
	if colon <= strings.LastIndexByte(path, '/') {
		return path, ""
	}
	return path[:colon], path[colon:]
}

// decodeSegment decodes the escapes of a segment once. %2F stays as it is: "The
// server side does the reverse decoding, except "%2F" and "%2f" are left
// unchanged" (http.proto). What is no escape stays, too.
func decodeSegment(segment string) string {
	var decoded strings.Builder
	for i := 0; i < len(segment); i++ {
		if octet, escaped := escapeAt(segment, i); escaped && octet != '/' {
			decoded.WriteByte(octet)
			i += 2
			continue
		}
		decoded.WriteByte(segment[i])
	}
	return decoded.String()
}

// escapeAt reads the percent escape at a place of a text.
func escapeAt(text string, at int) (octet byte, escaped bool) {
	if text[at] != '%' || at+2 >= len(text) {
		return 0, false
	}
	octets, err := hex.DecodeString(text[at+1 : at+3])
	if err != nil {
		return 0, false
	}
	return octets[0], true
}

// route finds the operation that a request is for, or the front end's page that
// says that there is none. Each method reads the request line in its own way, as
// its faults say; what is another method's own path stays that method's.
func (s *Server) route(c *call) *response {
	asked := requestLine{method: c.request.Method, path: c.request.URL.EscapedPath(), query: c.request.URL.RawQuery}
	var allowed []string
	for _, route := range s.routes {
		line := asked
		route.behaviour.readLine(&line)
		id, matches := matchPath(route.operation.Path, line.path)
		switch {
		case !matches:
		case line.method == route.operation.Method:
			if c.route == nil || !c.matches(asked) && route.matches(asked) {
				c.route, c.line, c.id = route, line, id
			}
		case !slices.Contains(allowed, route.operation.Method):
			allowed = append(allowed, route.operation.Method)
		}
	}
	if c.route != nil {
		return nil
	}
	c.route, c.line = &route{served: s.methods[0]}, asked
	c.behaviour.readLine(&c.line)
	if len(allowed) > 0 {
		return otherMethodPage(c, allowed)
	}
	return unknownPathPage(c)
}

// queryParameter is one name of a query and its value, decoded.
type queryParameter struct{ name, value string }

// queryParameters reads a query in its order. A name or value that cannot be
// decoded is taken as it is written.
func queryParameters(query string) []queryParameter {
	var parameters []queryParameter
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		parameters = append(parameters, queryParameter{decodeQuery(name), decodeQuery(value)})
	}
	return parameters
}

func decodeQuery(text string) string {
	if decoded, err := url.QueryUnescape(text); err == nil {
		return decoded
	}
	return text
}

// checkParameters refuses a query parameter that is neither the platform's nor
// described: the message has no other field that a query could bind, since the path
// and the body bind them (http.proto, HttpRule.body). What is required must be there.
func checkParameters(c *call) *refusal {
	missing := slices.Clone(c.route.operation.Query)
	for _, parameter := range queryParameters(c.line.query) {
		own := func(p spec.QueryParameter) bool { return p.Name == parameter.name }
		if !platform.IsParameter(c.method, parameter.name) && !slices.ContainsFunc(c.route.operation.Query, own) {
			return c.refuse(parameterUnknown, parameter.name)
		}
		missing = slices.DeleteFunc(missing, own)
	}
	if required, is := text.Find(missing, func(p spec.QueryParameter) bool { return p.Required }); is {
		return c.refuse(parameterMissing, required.Name)
	}
	return nil
}
