package emulator

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"

	"pgregory.net/rapid"

	"github.com/dpconform/dpconform/spec"
)

// generated is a request that was drawn, with what its making knows of it.
type generated struct {
	method, path, query string
	// header are whole lines.
	header []string
	body   []byte
	// framing says how the end of the body is told.
	framing framing

	credential credential
	// parametersKnown says that the query has none but those that every method takes.
	parametersKnown bool
	// emptyMessage says that the body, decoded, is an empty message.
	emptyMessage bool
	// mediaTypeTaken says that the body is named as JSON or not at all.
	mediaTypeTaken bool
}

// framing is how a request tells where its body ends.
type framing string

const (
	withLength  framing = "length"
	inChunks    framing = "chunks"
	cutShort    framing = "cut short"
	withoutBody framing = "no body"
)

// credential says what a token is worth.
type credential string

const (
	rightToken credential = "right"
	wrongToken credential = "wrong"
	noToken    credential = "none"
)

// wire is the request as it is sent.
func (g generated) wire() []byte {
	var text bytes.Buffer
	target := g.path
	if g.query != "" {
		target += "?" + g.query
	}
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: emulator.localhost\r\n", g.method, target)
	for _, line := range g.header {
		text.WriteString(line + "\r\n")
	}
	switch g.framing {
	case withLength:
		fmt.Fprintf(&text, "Content-Length: %d\r\n\r\n%s", len(g.body), g.body)
	case cutShort:
		fmt.Fprintf(&text, "Content-Length: %d\r\n\r\n%s", len(g.body)+1, g.body)
	case inChunks:
		text.WriteString("Transfer-Encoding: chunked\r\n\r\n")
		if len(g.body) > 0 {
			fmt.Fprintf(&text, "%x\r\n%s\r\n", len(g.body), g.body)
		}
		text.WriteString("0\r\n\r\n")
	case withoutBody:
		text.WriteString("\r\n")
	}
	return text.Bytes()
}

// String shows the request in a failure, a long body cut.
func (g generated) String() string {
	const shown = 600
	wire := g.wire()
	text := fmt.Sprintf("%q", wire[:min(len(wire), shown)])
	if len(wire) > shown {
		text += fmt.Sprintf("… (%d bytes)", len(wire))
	}
	return fmt.Sprintf("%s\n(token %s, parameters known %v, empty message %v, media type taken %v, %s)",
		text, g.credential, g.parametersKnown, g.emptyMessage, g.mediaTypeTaken, g.framing)
}

// GoString is String: rapid prints what it drew in Go's syntax.
func (g generated) GoString() string { return g.String() }

// answered is the answer to a generated request. It is nil where the request is
// no HTTP: net/http refuses it before a handler sees it.
type answered struct {
	*httptest.ResponseRecorder
	request *http.Request
}

func (g generated) send(server http.Handler) *answered {
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(g.wire())))
	if err != nil {
		return nil
	}
	recorder := httptest.NewRecorder()
	server.ServeHTTP(recorder, request)
	return &answered{recorder, request}
}

// oddJobs has job ids of all kinds of characters in every state.
var oddJobs = sync.OnceValue(func() map[string][]string {
	jobs := map[string][]string{}
	for number, state := range shipped().States {
		for _, id := range []string{"job", "a:b", "a:retry", "ä ö", "100%", "a%2Fb", "..", "😀", `"<?#>"`, "\x00\t", "+&=;"} {
			jobs[state] = append(jobs[state], fmt.Sprintf("%s.%d", id, number))
		}
	}
	return jobs
})

// methodPattern is what the paths of a method look like.
type methodPattern struct {
	operation spec.Operation
	pattern   *regexp.Regexp
}

var methodPatterns = sync.OnceValue(func() []methodPattern {
	var patterns []methodPattern
	for _, operation := range []spec.Operation{shipped().Retry, shipped().ReadState} {
		path := operation.Path
		patterns = append(patterns, methodPattern{operation,
			regexp.MustCompile("^" + regexp.QuoteMeta(path.Prefix) + "([^/]+)" + regexp.QuoteMeta(path.Suffix) + "$")})
	}
	return patterns
})

// reached says independently of the server which method a path leads to, and
// with which id as it is written.
func reached(path string) (operation spec.Operation, segment string, found bool) {
	for _, method := range methodPatterns() {
		if match := method.pattern.FindStringSubmatch(path); match != nil {
			return method.operation, match[1], true
		}
	}
	return spec.Operation{}, "", false
}

// oneIn decides with a chance of one in a power of two. The draws of rapid lean
// to the first of a list, which is good for what is usual and too much for what
// is not.
func oneIn(t *rapid.T, many int, what string) bool {
	for ; many > 1; many /= 2 {
		if !rapid.Bool().Draw(t, what) {
			return false
		}
	}
	return true
}

// ---- ids and paths

// unescaped are the octets that a segment may carry as they are (RFC 3986, 3.3:
// pchar).
const unescaped = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@"

// escaped writes an id as one segment: what must be escaped is, and anything
// else may be, in capital or small letters.
func escaped(t *rapid.T, id string) string {
	escapes := rapid.SampledFrom([]string{"%%%02X", "%%%02x"}).Draw(t, "escapes")
	// One bit for each octet says whether it is escaped without need.
	chosen := rapid.OneOf(rapid.Just(uint64(0)), rapid.Just(^uint64(0)), rapid.Uint64()).Draw(t, "escaped octets")
	var text strings.Builder
	for place, octet := range []byte(id) {
		if chosen>>(place%64)&1 == 1 || !strings.ContainsRune(unescaped, rune(octet)) {
			fmt.Fprintf(&text, escapes, octet)
		} else {
			text.WriteByte(octet)
		}
	}
	return text.String()
}

// anyID draws an id that a path can carry, of all kinds of characters.
func anyID() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-z0-9-]{1,12}`),
		rapid.StringN(1, 8, -1),
		rapid.StringMatching(`[!-~]{1,8}`),
		rapid.StringOfN(rapid.SampledFrom([]rune(":%./ab\x00\x7fä😀 +?#&")), 1, 8, -1),
	).Filter(func(id string) bool { return shipped().IDPattern.MatchString(id) && !strings.Contains(id, "/") })
}

// someID draws the id of a job that may be retried, of any job, or of none.
func someID(t *rapid.T) string {
	states := shipped().RetryableStates
	if rapid.Bool().Draw(t, "of any state") {
		states = shipped().States
	}
	if oneIn(t, 8, "of no job") {
		return anyID().Draw(t, "id")
	}
	return rapid.SampledFrom(oddJobs()[rapid.SampledFrom(states).Draw(t, "state")]).Draw(t, "id")
}

// anyPath draws a path of a method, now and then spoilt in one way or two.
func anyPath(t *rapid.T, template spec.PathTemplate) string {
	path := template.Raw(escaped(t, someID(t)))
	for range 2 {
		if oneIn(t, 8, "path spoilt") {
			path = spoil(t, template, path)
		}
	}
	return path
}

// spoil changes a path in one way.
func spoil(t *rapid.T, template spec.PathTemplate, path string) string {
	switch rapid.IntRange(0, 8).Draw(t, "spoiling") {
	case 0:
		at := rapid.IntRange(0, len(path)).Draw(t, "place of the slash")
		return path[:at] + "/" + path[at:]
	case 1:
		return path + rapid.SampledFrom([]string{"/", ":", "/x", ":retry", ":cancel", "x", "%20", "."}).Draw(t, "end")
	case 2:
		return strings.Replace(path, template.Suffix, rapid.SampledFrom(
			[]string{"", ":", "%3Aretry", "%3aretry", ":Retry", ":RETRY", ":retr", "/retry", ":%72etry"}).Draw(t, "verb"), 1)
	case 3:
		return strings.Replace(path, template.Collection(), rapid.SampledFrom(
			[]string{"", "archivejobs", "ARCHIVEJOBS", "jobs", "archiveJobs/archiveJobs", "archiveJob%73"}).Draw(t, "collection"), 1)
	case 4:
		return strings.Replace(path, template.Base(), rapid.SampledFrom(
			[]string{"/", "//", "/v2/", "/V1/", "/v1/v1/", "/%76%31/", "/./v1/", "/x/../v1/"}).Draw(t, "base"), 1)
	case 5:
		return template.Raw(rapid.SampledFrom([]string{"", ".", "..", "%2F", "%2f", "a%2Fb", "a/b", "%00", "%FF%fe", "%"}).Draw(t, "segment"))
	case 6:
		return "/" + rapid.StringMatching(`([!-~]|%[0-9a-fA-F]{2}){0,20}`).Draw(t, "any path")
	case 7:
		return rapid.SampledFrom([]string{strings.ToUpper(path), strings.ToLower(path)}).Draw(t, "case")
	default:
		return rapid.SampledFrom([]string{"/", "*", "http://emulator.localhost" + path, "//" + path, ""}).Draw(t, "target")
	}
}

// ---- queries and header lines

// bearer draws a token and says what it is worth.
func bearer(t *rapid.T) (token string, worth credential) {
	scopes := rapid.SliceOfN(rapid.SampledFrom(shipped().Scopes), 1, 3).Draw(t, "scopes")
	names := make([]string, len(scopes))
	for i, scope := range scopes {
		names[i] = scope.Short()
	}
	unrelated := spec.ShortScope(shipped().UnrelatedScope)
	right := "scope:" + strings.Join(names, "+")
	if !oneIn(t, 4, "odd token") {
		return right, rightToken
	}
	switch rapid.IntRange(0, 3).Draw(t, "token") {
	case 0:
		return "scope:" + unrelated + "+" + names[0], rightToken
	case 1:
		return "scope:" + unrelated, wrongToken
	case 2:
		return rapid.SampledFrom([]string{"scope:", "scope:+", right + "+", "x" + right, "SCOPE:" + names[0], "scope:x" + names[0],
			"scope:" + strings.ToUpper(names[0]), "scope:" + names[0] + "\u00e4"}).Draw(t, "nearly a token"), wrongToken
	default:
		return "any" + rapid.StringMatching(`[!-~]{1,12}`).Draw(t, "any token"), wrongToken
	}
}

// authorization draws the header line, or an empty one for none.
func authorization(t *rapid.T) (line string, worth credential) {
	switch {
	case oneIn(t, 8, "no authorization"):
		return "", noToken
	case oneIn(t, 16, "no bearer"):
		return "Authorization: " + rapid.SampledFrom([]string{"", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearerscope:x", "Digest a=b",
			"scope:dataportability.maps.reviews", "Negotiate", "\x7f", "Bearer\tscope:dataportability.maps.reviews"}).Draw(t, "no bearer"), noToken
	default:
		token, worth := bearer(t)
		scheme := rapid.SampledFrom([]string{"Bearer ", "bearer ", "BEARER ", "Bearer  "}).Draw(t, "scheme")
		return "Authorization: " + scheme + token, worth
	}
}

// anyQuery draws a query, and says what its token is worth and whether the
// platform knows all its parameters.
func anyQuery(t *rapid.T) (query string, worth credential, known bool) {
	worth, known = noToken, true
	var parts []string
	for range 3 {
		switch {
		case oneIn(t, 4, "system parameter"):
			one := rapid.SampledFrom(shipped().SystemParameters).Draw(t, "system parameter")
			parts = append(parts, one.Name+"="+one.Example)
		case oneIn(t, 8, "token parameter"):
			token, itsWorth := bearer(t)
			if worth == noToken {
				worth = itsWorth
			}
			parts = append(parts, rapid.SampledFrom([]string{"access_token=", "oauth_token="}).Draw(t, "token parameter")+queryEscaped(token))
		case oneIn(t, 16, "other parameter"):
			// With the x in front it is none that anybody knows.
			parts = append(parts, "x"+rapid.StringMatching(`([a-zA-Z0-9=%+;:.~-]|%[0-9a-fA-F]{2}){0,10}`).Draw(t, "other parameter"))
			known = false
		}
	}
	return strings.Join(parts, "&"), worth, known
}

func queryEscaped(text string) string {
	var escaped strings.Builder
	for _, octet := range []byte(text) {
		fmt.Fprintf(&escaped, "%%%02X", octet)
	}
	return escaped.String()
}

// jsonMediaTypes are names of JSON, otherMediaTypes are none.
var (
	jsonMediaTypes  = []string{"application/json", "application/json; charset=UTF-8", "Application/JSON;charset=x", "application/json;"}
	otherMediaTypes = []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
		"application/json-patch+json", "json", "/", ";", "application/json, text/plain", "\x80\xff"}
)

// anyRequest draws a request of which every part may be right or not.
func anyRequest() *rapid.Generator[generated] {
	return rapid.Custom(func(t *rapid.T) generated {
		operation := shipped().Retry
		if oneIn(t, 8, "the state") {
			operation = shipped().ReadState
		}
		g := generated{method: operation.Method, path: anyPath(t, operation.Path)}
		if oneIn(t, 8, "another HTTP method") {
			g.method = rapid.SampledFrom(otherMethods).Draw(t, "method")
		}
		line, headerWorth := authorization(t)
		var queryWorth credential
		g.query, queryWorth, g.parametersKnown = anyQuery(t)
		g.credential = headerWorth
		if headerWorth == noToken {
			g.credential = queryWorth
		}
		g.addHeader(line)
		var coding string
		g.body, coding, g.emptyMessage = encoded(t, message(t))
		g.framing = rapid.SampledFrom([]framing{withLength, inChunks, withoutBody, cutShort}).Draw(t, "framing")
		switch g.framing {
		case cutShort:
			g.emptyMessage = false
		case withoutBody:
			g.body, g.emptyMessage = nil, true
		}
		g.addHeader(coding)
		var kind string
		kind, g.mediaTypeTaken = mediaType(t)
		g.addHeader(kind)
		for _, further := range rapid.SliceOfN(furtherHeader(), 0, 2).Draw(t, "further header") {
			g.addHeader(further)
		}
		return g
	})
}

// rightRequest draws a request for the retry of a job in one of the ways that a
// server must take.
func rightRequest(t *rapid.T, id string) generated {
	g := generated{
		method: shipped().Retry.Method, path: shipped().Retry.Path.Raw(escaped(t, id)),
		credential: rightToken, parametersKnown: true, emptyMessage: true, mediaTypeTaken: true,
	}
	names := rapid.SliceOfN(rapid.SampledFrom(shipped().Scopes), 1, 3).Draw(t, "scopes")
	token := "scope:" + names[0].Short()
	for _, scope := range names[1:] {
		token += "+" + scope.Short()
	}
	var parameters []string
	switch rapid.IntRange(0, 4).Draw(t, "place of the token") {
	case 0:
		parameters = append(parameters, "access_token="+queryEscaped(token))
	default:
		g.addHeader("Authorization: " + rapid.SampledFrom([]string{"Bearer ", "bearer ", "BEARER "}).Draw(t, "scheme") + token)
	}
	for _, one := range rapid.SliceOfN(rapid.SampledFrom(shipped().SystemParameters), 0, 2).Draw(t, "system parameters") {
		parameters = append(parameters, one.Name+"="+one.Example)
	}
	g.query = strings.Join(parameters, "&")
	g.body = []byte(rapid.SampledFrom([]string{"", "{}", " {\n} ", "null"}).Draw(t, "body"))
	if rapid.Bool().Draw(t, "gzip") {
		g.body = gzipped(g.body)
		g.addHeader("Content-Encoding: gzip")
	}
	if rapid.Bool().Draw(t, "named") {
		g.addHeader("Content-Type: " + rapid.SampledFrom(jsonMediaTypes).Draw(t, "media type"))
	}
	g.framing = rapid.SampledFrom([]framing{withLength, inChunks}).Draw(t, "framing")
	g.addHeader(furtherHeader().Draw(t, "further header"))
	return g
}

// addHeader adds a line that is not empty.
func (g *generated) addHeader(line string) {
	if line != "" {
		g.header = append(g.header, line)
	}
}
