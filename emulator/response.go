package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// responseKind says what a response is about.
type responseKind int

const (
	// succeeded: the method did what it is there for.
	succeeded responseKind = iota
	// stateShown: the state of a job.
	stateShown
	// refused: the method refuses the request.
	refused
	// frontEndPage: there is no such method.
	frontEndPage
)

// response is what goes back to the client.
type response struct {
	kind responseKind
	// reason says why the method refuses.
	reason refusalKind
	status int
	header http.Header
	// content is the JSON body as long as it is not yet written down, and
	// failure the `error` object in it; nil for a page.
	content any
	failure *object
	body    []byte
}

// object is the JSON object that is sent, or an empty one that nobody sees where
// the body is none.
func (r *response) object() *object {
	if content, isObject := r.content.(*object); isObject {
		return content
	}
	return &object{}
}

// jsonParameter follows the media type of each JSON response, as Google's front
// end writes it.
const jsonParameter = "; charset=UTF-8"

// newResponse makes a JSON response of the method. No media type means no body.
func newResponse(kind responseKind, status int, mediaType string, content any) *response {
	header := http.Header{"Vary": {"Origin, X-Origin, Referer"}}
	if mediaType != "" {
		header.Set("Content-Type", mediaType+jsonParameter)
	}
	return &response{kind: kind, status: status, content: content, header: header}
}

// successResponse is the smallest message that the schema allows, with the id of
// the job that was started.
func (c *call) successResponse() *response {
	operation := c.method.Operation
	if operation.Response == nil {
		return newResponse(succeeded, operation.Success, "", nil)
	}
	content := operation.Response.Smallest()
	members, isObject := content.(map[string]any)
	if !isObject {
		return newResponse(succeeded, operation.Success, operation.MediaType, content)
	}
	if c.method.IDField != "" {
		members[c.method.IDField] = c.started.id
	}
	message := &object{}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		message.add(name, members[name])
	}
	return newResponse(succeeded, operation.Success, operation.MediaType, message)
}

// nameField carries the resource name of what a response shows:
// https://google.aip.dev/122#fields-representing-resource-names
const nameField = "name"

// stateResponse shows the state of a job, and its name, which the description
// need not demand. Members that say when and how a job was made are left out: no
// job here was made by another method.
func (c *call) stateResponse() *response {
	path := c.method.ReadState.Path
	content := &object{
		{nameField, strings.TrimPrefix(path.Raw(c.found.id), path.Base())},
		{c.method.StateField, c.found.state},
	}
	return newResponse(stateShown, c.method.ReadState.Success, c.method.ReadState.MediaType, content)
}

// finish turns a response into what is sent.
func (c *call) finish(r *response) {
	r.header.Set("Date", c.clock().UTC().Format(http.TimeFormat))
	c.behaviour.compose(c, r)
	if r.content != nil {
		r.body = encode(r.content)
	}
	c.behaviour.write(c, r)
}

// indentation is that of one level of Google's JSON.
const indentation = "  "

// encode writes JSON as Google does: two spaces for each level, a newline at
// the end, < and > escaped.
func encode(content any) []byte {
	var text bytes.Buffer
	write(&text, content, "\n")
	text.WriteByte('\n')
	return text.Bytes()
}

// write writes a value; line begins a line at its level.
func write(text *bytes.Buffer, content any, line string) {
	switch content := content.(type) {
	case *object:
		writeAll(text, "{}", line, len(*content), func(i int, line string) {
			member := (*content)[i]
			write(text, member.name, line)
			text.WriteString(": ")
			write(text, member.value, line)
		})
	case []any:
		writeAll(text, "[]", line, len(content), func(i int, line string) { write(text, content[i], line) })
	default:
		plain, _ := json.Marshal(content) // What responses consist of always has a JSON form.
		if plain[0] != '{' && plain[0] != '[' {
			text.Write(plain)
			return
		}
		_ = json.Indent(text, plain, line[1:], indentation)
	}
}

// writeAll writes the members of an object or array between its brackets.
func writeAll(text *bytes.Buffer, brackets, line string, members int, write func(i int, line string)) {
	text.WriteByte(brackets[0])
	for i := range members {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString(line + indentation)
		write(i, line+indentation)
	}
	if members > 0 {
		text.WriteString(line)
	}
	text.WriteByte(brackets[1])
}

// sendResponse sends a response with its length.
func sendResponse(w http.ResponseWriter, c *call, r *response) {
	sendHeader(w, r, len(r.body))
	if c.request.Method != http.MethodHead {
		_, _ = w.Write(r.body)
	}
}

// sendHeader sends everything before the body, and says how long the body is.
func sendHeader(w http.ResponseWriter, r *response, length int) {
	header := w.Header()
	for name, values := range r.header {
		header[name] = values
	}
	header.Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(r.status)
}

// unknownPathPage is the front end's response to a path that no method has. It is
// a page and no error object: the request has not reached a method.
func unknownPathPage(c *call) *response {
	return newPage(http.StatusNotFound, fmt.Sprintf("The requested URL %s was not found on this server.", c.line.path))
}

// otherMethodPage is the front end's response to another HTTP method than those
// that a path has: 405 with the allowed ones (RFC 9110, 15.5.6).
func otherMethodPage(c *call, allowed []string) *response {
	page := newPage(http.StatusMethodNotAllowed,
		fmt.Sprintf("The request method %s is inappropriate for the URL %s.", c.line.method, c.line.path))
	page.header.Set("Allow", strings.Join(allowed, ", "))
	return page
}

func newPage(status int, text string) *response {
	title := fmt.Sprintf("Error %d (%s)", status, http.StatusText(status))
	return &response{
		kind: frontEndPage, status: status,
		header: http.Header{
			"Content-Type":    {"text/html; charset=UTF-8"},
			"Referrer-Policy": {"no-referrer"},
		},
		body: fmt.Appendf(nil, "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<title>%s</title>\n<p>%s\n</html>\n",
			title, html.EscapeString(strings.ToValidUTF8(text, "?"))),
	}
}

// object is a JSON object that keeps the order of its members, and keeps a name
// twice where it is added twice.
type object []member

type member struct {
	name  string
	value any
}

// add puts a member at the end.
func (o *object) add(name string, value any) { *o = append(*o, member{name, value}) }

// set gives a member another value.
func (o *object) set(name string, value any) {
	for i := range *o {
		if (*o)[i].name == name {
			(*o)[i].value = value
		}
	}
}

// remove takes members out.
func (o *object) remove(names ...string) {
	*o = slices.DeleteFunc(*o, func(m member) bool { return slices.Contains(names, m.name) })
}

// text gives the value of a member that is a text; empty where there is none.
func (o *object) text(name string) string {
	for _, member := range *o {
		if text, isText := member.value.(string); isText && member.name == name {
			return text
		}
	}
	return ""
}
