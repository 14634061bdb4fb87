package source

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// The reference page is read by its structure and by what it has in code, so
// that it may be in any language: as HTML, as the text that a browser shows, and
// as Markdown.
var (
	// pageRequest is the line with the HTTP method and the path.
	pageRequest = text.Pattern(`\b(GET|POST|PUT|PATCH|DELETE)\s+(https?://[^\s/{}]+)/([^\s{}]*\{[^\s{}]+\}[^\s{}?&#` + "`" + `]*)`)
	// pageScope is an OAuth scope of the platform.
	pageScope = text.Pattern(scopeForm)
	// scopePiece is a scope with all that is right behind it, and wholeScope a piece
	// that is a scope and nothing more.
	scopePiece = text.Pattern(regexp.QuoteMeta(scopePrefix) + "[^\\s\"'<>|`*,;:!?()\\[\\]{}\u3001\uff0c\uff09]*")
	wholeScope = text.Pattern("^" + scopeForm + "$")
	// pageDay is a day as the page writes it: in French with slashes, in every other
	// language as in 2026-06-01.
	pageDay = text.Pattern(dayForm)
	// afterScopes is what follows the list of scopes in every form of the page: the
	// guide's name or address, or the day of the last change. Without it the page is
	// cut short, maybe in the middle of the list.
	afterScopes = text.Pattern(`OAuth ?2|` + dayForm)
)

const (
	// scopePrefix begins every scope of the platform.
	scopePrefix = "https://www.googleapis.com/auth/"
	scopeForm   = `https://www\.googleapis\.com/auth/[A-Za-z0-9_.\-]*[A-Za-z0-9_\-]`
	dayForm     = `\b[0-9]{4}(?:-[0-9]{2}-[0-9]{2}|/[0-9]{2}/[0-9]{2})\b`
	dayLength   = len("2006-01-02")
)

// rendering is one form of the page's content. A page that a browser shows
// carries its content once more, as Markdown and in English.
type rendering struct {
	text string
	// request is the line with the HTTP method and path, and its parts.
	request []string
	// requestEnd and end are where the request and the list of scopes end.
	requestEnd, end int
	scopes          []string
	// messages are the schemas of the messages in the page.
	messages []map[string]any
}

func parsePage(source spec.Description, method *spec.Method) (*Source, error) {
	content := pageContent{shown: string(source.Text)}
	if bytes.HasPrefix(source.Text, []byte("<")) {
		content = contentOfHTML(source.Text)
	}
	shown := plainCharacters(content.shown)
	if index := strings.Index("\n"+shown, "\n"+attachmentStart); content.list == "" && index >= 0 {
		shown, content.list = shown[:index], shown[index:]
	}
	if !bytes.HasPrefix(source.Text, []byte("<")) {
		shown = unescaped(shown)
	}
	texts := textsIn(content.list)
	for i, text := range texts {
		texts[i] = unescaped(text)
	}
	copied := newCopied(method, append(texts, shown), content.links)
	shown = copied.restore(shown)
	for i := range texts {
		texts[i] = copied.restore(texts[i])
	}
	if copied.odd != "" {
		return nil, notAScope(source.Name, copied.odd)
	}
	attached := readAttachment(texts)
	if strings.TrimSpace(shown) == "" {
		shown = attached.markdown
	}
	page, err := readRendering(source.Name, shown, method)
	if err != nil {
		return nil, err
	}
	read, err := page.source(source.Name, method)
	if err != nil {
		return nil, err
	}
	prose := page
	if attached.markdown != "" {
		// In English, whatever the language of the rest.
		if prose, err = readRendering(source.Name, attached.markdown, method); err != nil {
			return nil, err
		}
		if err := page.compare(source.Name, prose); err != nil {
			return nil, err
		}
	}
	day := page.day(attached)
	read.Provenance = Provenance{Kind: Page, Date: day, Revision: day, CopiedBy: copied.by}
	read.Prose = Prose{Whole: true, Summary: len(attached.summary) > 0}
	read.Prose.add(paragraphs(prose)...)
	read.Prose.add(attached.summary...)
	return read, nil
}

// markdownEscape is a character that Markdown would take for its own.
var markdownEscape = text.Pattern(`\\([_*{}\[\]().:~=#+!&\-])`)

// unescaped returns a text without the escapes of Markdown in addresses.
func unescaped(text string) string {
	return strings.ReplaceAll(markdownEscape().ReplaceAllString(text, "$1"), "&amp;", "&")
}

// readRendering finds what the page has in code, in the order of the page.
func readRendering(name, text string, method *spec.Method) (rendering, error) {
	found := rendering{text: text}
	place := pageRequest().FindStringSubmatchIndex(text)
	if place == nil {
		other := regexp.MustCompile(`\b(?:GET|POST|PUT|PATCH|DELETE)\s+` + regexp.QuoteMeta(method.Endpoint) + `/[^\s{}<>"` + "`" + `]+`).FindString(text)
		if other != "" && method.Endpoint != "" {
			return found, anotherMethod(name, other, method)
		}
		return found, fail(name, "neither a discovery document, nor an OpenAPI document, nor the reference page: "+
			"it has no line such as %s https://…%s; check the file", method.Operation.Method, method.Operation.Path)
	}
	found.request, found.requestEnd = pageRequest().FindStringSubmatch(text[place[0]:]), place[1]
	if strings.ContainsAny(found.request[0], "<>") {
		return found, fail(name, "the source of a page, shown as text: give the page itself as HTML")
	}
	rest := text[found.requestEnd:]
	for _, other := range pageRequest().FindAllString(rest, -1) {
		if other != found.request[0] {
			return found, fail(name, "the page describes two requests, %s and %s: give the page of one method", found.request[0], other)
		}
	}
	if piece := oddScope(rest); piece != "" {
		return found, notAScope(name, piece)
	}
	scopes := pageScope().FindAllStringIndex(rest, -1)
	if len(scopes) == 0 && len(method.Scopes) == 0 {
		found.end, found.messages = len(text), messages(rest)
		return found, nil
	}
	if len(scopes) == 0 {
		return found, fail(name, "looked for the OAuth scopes, https://www.googleapis.com/auth/…, after %s, and did not find one", found.request[0])
	}
	for _, at := range scopes {
		if scope := rest[at[0]:at[1]]; !slices.Contains(found.scopes, scope) {
			found.scopes = append(found.scopes, scope)
		}
	}
	last := scopes[len(scopes)-1][1]
	closing := afterScopes().FindStringIndex(rest[last:])
	if closing == nil {
		return found, fail(name, "the page is cut short: looked for the guide to OAuth 2.0 or the day of the last change after %s, and did not find either",
			found.scopes[len(found.scopes)-1])
	}
	found.end = found.requestEnd + last + closing[1]
	found.messages = messages(rest[:scopes[0][0]])
	return found, nil
}

// oddScope finds a scope with something behind it that no scope has, such as the
// dots of a shortened text: a part of it must not pass for a scope.
func oddScope(text string) string {
	for _, piece := range scopePiece().FindAllString(text, -1) {
		// A full stop may end the sentence; the prefix alone names no scope.
		scope := strings.TrimSuffix(piece, ".")
		if strings.IndexFunc(scope[len(scopePrefix):], unicode.IsLetter) >= 0 && !wholeScope().MatchString(scope) {
			return piece
		}
	}
	return ""
}

func anotherMethod(name, request string, method *spec.Method) error {
	return fail(name, "the page of another method, %s: looked for %s", request, ShortID(method.Operation.ID))
}

func notAScope(name, piece string) error {
	return fail(name, "%q has not the form of a scope; give the page as it is, with its scopes in full", piece)
}

// source puts the page into the form of OpenAPI and reads that. The page shows the
// members of the request, if it has any, before those of the response.
func (r rendering) source(name string, method *spec.Method) (*Source, error) {
	if !r.describes(method) {
		return nil, anotherMethod(name, r.request[0], method)
	}
	request := map[string]any{"type": "object", "properties": map[string]any{}}
	response := request
	var members []string
	if method.Operation.Response != nil {
		members = method.Operation.Response.Members()
	}
	switch {
	case len(r.messages) > 1:
		request, response = r.messages[0], r.messages[1]
	case len(r.messages) == 1 && len(members) > 0:
		response = r.messages[0]
	case len(r.messages) == 1:
		// The page shows no message that is empty, so this is the other one.
		request = r.messages[0]
	case len(members) > 0:
		return nil, fail(name, `it has no response such as { "%s": … } before the OAuth scopes; check the file`, members[0])
	}
	var security []any
	for _, scope := range r.scopes {
		security = append(security, map[string]any{"oauth2": []any{scope}})
	}
	read := &Source{Endpoint: r.request[2], Says: []Topic{EndpointTopic, MethodTopic, IDTopic, RequestTopic, ResponseTopic, ScopesTopic, ProseTopic}}
	return read, read.readMethods(name, operation{path: r.request[3], method: r.request[1], members: map[string]any{"security": security,
		"requestBody": bodyOf(request), "responses": map[string]any{"200": bodyOf(response)}}}, nil, nil)
}

// describes reports whether the page is that of a method: its request ends in the
// method's verb, or in all that follows the id, or the page names the method.
func (r rendering) describes(method *spec.Method) bool {
	path := method.Operation.Path
	if path.Verb() != "" && strings.HasSuffix(r.request[3], ":"+path.Verb()) || strings.Contains(r.text, ShortID(method.Operation.ID)) {
		return true
	}
	onPage, _, err := parseRule(r.request[3], "")
	return path.Verb() == "" && err == nil && onPage.Collection() == path.Collection() && onPage.Suffix == path.Suffix && r.request[1] == method.Operation.Method
}

// compare compares the two forms of the content that a page may carry.
func (r rendering) compare(name string, other rendering) error {
	switch {
	case other.request[0] != r.request[0]:
		return fail(name, "the page contradicts itself: %s, and in its Markdown %s", r.request[0], other.request[0])
	case !slices.Equal(slices.Sorted(slices.Values(other.scopes)), slices.Sorted(slices.Values(r.scopes))):
		return fail(name, "the page contradicts itself: it has %d scopes, and in its Markdown %d others or more or fewer", len(r.scopes), len(other.scopes))
	}
	return nil
}

// day finds the day of the last change: the first after the list of scopes.
func (r rendering) day(attached attachment) string {
	for _, place := range []string{r.text[max(0, r.end-dayLength):], attached.line} {
		for _, found := range pageDay().FindAllString(place, -1) {
			if written := text.Day(strings.ReplaceAll(found, "/", "-")); written != "" {
				return written
			}
		}
	}
	return ""
}

// mostBraces is at how many braces a message is looked for.
const mostBraces = 1000

// notation is what makes a message on a page no JSON: comments, the name of a
// message or a map in braces, and the name of a type in the place of a value.
// Members are matched so that their names are left alone.
var notation = text.Pattern(`"[A-Za-z_@][A-Za-z0-9_@]*"|\s//[^\n]*|\{\s*object\s*\([^(){}\n]*\)\s*\}|\{\s*\w+\s*:\s*\w+[^"{}]*\}|` +
	`\b(?:string|boolean|integer|number|object|enum|value)\b(?:\s*\([^()\n"\\]*\))?`)

// Pages are not strict about commas: there may be one too many, or one too few.
var (
	commaTooMany = text.Pattern(`,(\s*[}\]])`)
	commaTooFew  = text.Pattern(`(["}\]])(\s+"\w+"\s*:)`)
)

// messages finds the messages that a page shows, such as
//
//	{ "jobId": string, "state": enum (State), "urls": [ string ] }
//
// in their order. Braces around anything else are none.
func messages(text string) []map[string]any {
	text = notation().ReplaceAllStringFunc(text, func(part string) string {
		switch {
		case part[0] == '"':
			return part
		case part[0] == '{':
			return `"object"`
		case strings.Contains(part, "//"):
			return ""
		}
		return strconv.Quote(part)
	})
	text = commaTooFew().ReplaceAllString(commaTooMany().ReplaceAllString(text, "$1"), "$1,$2")
	var found []map[string]any
	for range mostBraces {
		start := strings.IndexByte(text, '{')
		if start < 0 {
			break
		}
		text = text[start:]
		decoder := json.NewDecoder(strings.NewReader(text))
		var members map[string]any
		if decoder.Decode(&members) != nil || len(members) == 0 {
			text = text[1:]
			continue
		}
		found = append(found, schemaOnPage(members))
		text = text[decoder.InputOffset():]
	}
	return found
}

// schemaOnPage returns the schema of what a message has in the place of a value:
// "string", "enum (State)", "string (Timestamp format)", a message, a list.
func schemaOnPage(value any) map[string]any {
	switch value := value.(type) {
	case map[string]any:
		properties := map[string]any{}
		for name, member := range value {
			properties[name] = schemaOnPage(member)
		}
		return map[string]any{"type": "object", "properties": properties}
	case []any:
		schema := map[string]any{"type": "array"}
		for _, items := range value {
			schema["items"] = schemaOnPage(items)
		}
		return schema
	}
	name, detail, _ := strings.Cut(scalar(value), " ")
	switch {
	case name == "value":
		return map[string]any{}
	case name == "enum":
		return map[string]any{"type": "string"}
	case strings.HasPrefix(detail, "(Timestamp"):
		return map[string]any{"type": name, "format": "date-time"}
	}
	return map[string]any{"type": name}
}
