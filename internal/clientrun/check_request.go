package clientrun

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// The requirements of the path, the query and the body.
const (
	pathMethod     = "client.path.method"
	pathCollection = "client.path.collection"
	pathVerb       = "client.path.verb"
	pathOneSegment = "client.path.one-segment"
	pathID         = "client.path.id"
	pathEscaping   = "client.path.escaping"

	queryParameters = "client.query.parameters"
	queryValues     = "client.query.values"
	queryOnce       = "client.query.once"
	queryNoToken    = "client.query.no-token"

	bodyEmpty          = "client.body.empty"
	bodyNoNull         = "client.body.no-null"
	bodyMediaType      = "client.body.media-type"
	bodyMediaTypeNamed = "client.body.media-type-named"
	bodyLength         = "client.body.length"
)

// checkRequest checks one request by itself.
func (e *evaluation) checkRequest(call *Call, one *request) {
	switch one.purpose {
	case attempt:
		e.checkHTTP(one)
		if !e.checkPath(call, one) {
			e.checkQuery(one)
		}
		e.checkAuthorization(call, one)
		e.checkBody(one)
	case stateRead:
		e.checkQuery(one)
		e.checkAuthorization(call, one)
	case elsewhere:
		e.checkElsewhere(one)
	case followed:
		e.checkFollowed(one)
	case late:
		said := "whose last response said Connection: close"
		if strings.HasPrefix(one.protocol, "HTTP/2") {
			said = "after GOAWAY"
		}
		e.find(httpClosedConnection, one, "no request on a connection "+said, "another request")
	case malformed:
		e.checkMalformed(call, one)
	}
}

// methodOverrides are fields that replace the method that is sent. Google's
// platform takes the first: https://cloud.google.com/apis/docs/system-parameters
var methodOverrides = []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"}

// checkPath takes the path apart as it was sent, before anything is decoded. It reports
// whether the id was cut off, so that its end is the query.
func (e *evaluation) checkPath(call *Call, one *request) (cut bool) {
	method := e.rules.Method.Operation
	template, path := method.Path, one.path()
	e.test(pathMethod, pathCollection, pathOneSegment, pathEscaping)
	if one.method != method.Method {
		e.find(pathMethod, one, method.Method, printable(one.method))
	}
	for _, name := range methodOverrides {
		if other := one.header.Get(name); other != "" && !strings.EqualFold(other, method.Method) {
			e.find(pathMethod, one, method.Method, name+": "+printable(other))
		}
	}
	if octet, found := unescaped(path); found {
		e.find(pathEscaping, one, "percent escapes for characters that are not allowed in a path", fmt.Sprintf("%q in %s", octet, printable(path)))
	}
	if path == strings.TrimSuffix(template.Prefix, "/")+template.Suffix {
		e.test(pathVerb)
		e.find(pathOneSegment, one, "an id of one segment", "no id in "+printable(path))
		return false
	}
	rest, inCollection := strings.CutPrefix(path, template.Prefix)
	if !inCollection {
		e.find(pathCollection, one, "a path that begins with "+template.Prefix, printable(path))
	}
	id, hasVerb := strings.CutSuffix(rest, template.Suffix)
	if end := cutOff(call.job, rest); inCollection && !hasVerb && end != "" {
		e.find(pathID, one, wantedID(call.job), fmt.Sprintf("its beginning, %s: %s", printable(rest), end))
		return true
	}
	if e.test(pathVerb); !hasVerb {
		e.find(pathVerb, one, "a path that ends in "+template.Suffix, printable(path))
	}
	switch {
	case !inCollection || !hasVerb:
	case id == "":
		e.find(pathOneSegment, one, "an id of one segment", "an empty id in "+printable(path))
	case strings.Contains(id, "/"):
		e.find(pathOneSegment, one, "an id of one segment", fmt.Sprintf("%d segments, %s", strings.Count(id, "/")+1, printable(id)))
	case call.job != "":
		e.test(pathID)
		if decoded, err := url.PathUnescape(id); err != nil || decoded != call.job {
			e.find(pathID, one, wantedID(call.job), printable(id))
		}
	}
	return false
}

// wantedID is an id as it has to be sent.
func wantedID(job string) string {
	if escaped := url.PathEscape(job); escaped != job {
		return "the id " + job + ", sent as " + escaped
	}
	return "the id " + job
}

// cutOff says what ended an id in a path that has only its beginning: an unescaped ? or
// # begins what follows the path; empty where it is no beginning of the id.
func cutOff(job, sent string) string {
	end := strings.IndexAny(job, "?#")
	if end < 0 {
		return ""
	}
	begins := func(id string) bool { plain, err := url.PathUnescape(sent); return err == nil && plain == id }
	if unescaped, err := url.PathUnescape(job[:end]); !begins(job[:end]) && (err != nil || !begins(unescaped)) {
		return ""
	}
	what := "? began the query"
	if job[end] == '#' {
		return "# began the fragment"
	}
	if strings.Contains(job[end:], "#") {
		what += ", and # the fragment"
	}
	return what
}

// pathCharacters are what a path may hold as it is (RFC 3986, 3.3: pchar, and the
// slash between segments).
var pathCharacters = text.Pattern(`^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*`)

// unescaped finds the first character of a path that may not be there as it is.
func unescaped(path string) (found string, any bool) {
	rest := path[len(pathCharacters().FindString(path)):]
	character, _ := utf8.DecodeRuneInString(rest)
	return string(character), rest != ""
}

// parameterValues are the values that the platform documents of its parameters:
// https://cloud.google.com/apis/docs/system-parameters. Those that are not here
// take any text. Google's own library asks for enumerations as numbers by the
// form of alt with a semicolon:
// https://github.com/googleapis/python-api-core/blob/main/google/api_core/rest_helpers.py
var parameterValues = map[string][]string{
	"alt":         {"json", "json;enum-encoding=int", "media", "proto", "sse"},
	"prettyPrint": {"true", "false"},
	".xgafv":      {"1", "2"},
}

// checkQuery allows the platform's own parameters, each once, with the values
// that it documents and without a token in them.
func (e *evaluation) checkQuery(one *request) {
	e.test(queryParameters, queryValues, queryOnce, queryNoToken)
	seen := map[string]bool{}
	for part := range strings.SplitSeq(one.query(), "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, value = unescapedQuery(name), unescapedQuery(value)
		// Each may be written with a $ before its name.
		plain := strings.TrimPrefix(name, "$")
		known, limited := parameterValues[plain]
		// Every method of the platform takes these.
		system := platform.IsParameter(e.rules.Method, name)
		described := slices.ContainsFunc(slices.Concat(e.rules.Method.Operation.Query, e.rules.Method.ReadState.Query),
			func(p spec.QueryParameter) bool { return p.Name == name })
		switch {
		case isTokenParameter(plain) && value != "", e.holdsToken(value):
			e.find(queryNoToken, one, "the token only in the Authorization header", "the token in the parameter "+printable(name))
		case !system && !described:
			e.find(queryParameters, one, "no parameter, or one of the platform's such as alt", "the parameter "+printable(name))
		case limited && !slices.Contains(known, value):
			e.find(queryValues, one, printable(name)+" with one of "+strings.Join(known, ", "), printable(name+"="+value))
		}
		if seen[plain] && system {
			e.find(queryOnce, one, "each parameter once", "the parameter "+printable(name)+" again")
		}
		seen[plain] = true
	}
}

func unescapedQuery(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// withContent are the methods that give content a meaning (RFC 9110, 9.3; RFC
// 5789, 2).
var withContent = []string{http.MethodPost, http.MethodPut, http.MethodPatch}

// jsonWhiteSpace may surround a JSON value (RFC 8259, 2).
const jsonWhiteSpace = " \t\r\n"

// checkBody checks the body, its media type and its length.
func (e *evaluation) checkBody(one *request) {
	e.test(bodyEmpty, bodyNoNull, bodyMediaType, bodyMediaTypeNamed, bodyLength)
	if !one.framed && slices.Contains(withContent, one.method) {
		e.find(bodyLength, one, "Content-Length, which is 0 for an empty body, or Transfer-Encoding: chunked", "neither Content-Length nor Transfer-Encoding")
	}
	if len(one.body) == 0 && one.bodyProblem == "" {
		return
	}
	named, want := one.header.Get("Content-Type"), e.rules.Method.Operation.RequestMediaType
	mediaType, _, err := mime.ParseMediaType(named)
	switch {
	case named == "":
		e.find(bodyMediaTypeNamed, one, "Content-Type: "+want, "a body without a Content-Type")
	case err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || mediaType != want:
		e.find(bodyMediaType, one, "Content-Type: "+want, "Content-Type: "+printable(named))
	}
	body, problem := one.decodedBody()
	if problem == "" {
		body = bytes.Trim(body, jsonWhiteSpace)
		problem = messageProblem(body)
	}
	switch {
	case problem != "":
		e.find(bodyEmpty, one, "no body, or {}", printable(problem))
	case string(body) == "null":
		e.find(bodyNoNull, one, "no body, or {}", "null")
	}
}

// decodedBody removes the content coding (RFC 9110, 8.4.1).
func (r *request) decodedBody() (body []byte, problem string) {
	if r.bodyProblem != "" {
		return nil, "a body that could not be read: " + r.bodyProblem
	}
	switch coding := strings.ToLower(strings.TrimSpace(r.header.Get("Content-Encoding"))); coding {
	case "", "identity":
		return r.body, ""
	case "gzip", "x-gzip":
		body, err := gunzip(r.body)
		if err != nil {
			return nil, "a body that is not gzip, as its Content-Encoding says"
		}
		return body, ""
	default:
		return nil, "a body of the Content-Encoding " + coding
	}
}

// messageProblem says what is in a body beside the empty message. Values are not
// shown: they may be anything.
func messageProblem(body []byte) string {
	if len(body) == 0 || string(body) == "null" {
		return ""
	}
	var members map[string]json.RawMessage
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(body, &members); {
	case errors.As(err, &syntax):
		return fmt.Sprintf("%d bytes that are not JSON", len(body))
	case err != nil:
		return "JSON that is not an object"
	case len(members) > 0:
		names := slices.Sorted(maps.Keys(members))
		few := names[:min(len(names), 5)]
		return "a message with the " + text.Plural(len(names), "field") + ` "` + strings.Join(few, `", "`) + `"`
	}
	return ""
}
