package spec

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The reference page is read by its structure and by what it has in code, so
// that it may be in any language: as HTML, as the text that a browser shows, and
// as Markdown.
var (
	// pageRequest is the line with the HTTP method and the path.
	pageRequest = regexp.MustCompile(`\b(GET|POST|PUT|PATCH|DELETE)\s+(https?://[^\s/{}]+)/([^\s{}]*\{[^\s{}]+\}[^\s{}` + "`" + `]*)`)
	// pageScope is an OAuth scope of the platform.
	pageScope = regexp.MustCompile(`https://www\.googleapis\.com/auth/[A-Za-z0-9_.\-]*[A-Za-z0-9_\-]`)
	// pageDay is a day as the page writes it: in French with slashes, in every
	// other language as in 2026-06-01.
	pageDay = regexp.MustCompile(`\b[0-9]{4}(?:-[0-9]{2}-[0-9]{2}|/[0-9]{2}/[0-9]{2})\b`)
	// afterScopes is what stands after the list of scopes in every form of the
	// page: the guide's name or address, or the day of the last change. Without
	// it the page is cut short, maybe in the middle of the list.
	afterScopes = regexp.MustCompile(`OAuth ?2|` + pageDay.String())
)

// pageReader reads one page.
type pageReader struct{ name string }

func (r *pageReader) fail(format string, arguments ...any) error {
	return &SourceError{Name: r.name, Message: fmt.Sprintf(format, arguments...)}
}

// rendering is one form of the page's content. A page that a browser shows
// carries its content once more, as Markdown and in English.
type rendering struct {
	request         []string
	requestEnd, end int
	scopes          []string
	blocks          []map[string]any
	text            string
}

func readPage(source Description) (*Surface, error) {
	reader := &pageReader{source.Name}
	text, attachment := string(source.Text), ""
	if bytes.HasPrefix(source.Text, []byte("<")) {
		text, attachment = textOfHTML(source.Text)
	}
	text = plainCharacters(text)
	if attachment == "" {
		text, attachment = splitAttachment(text)
	}
	attached := readAttachment(attachment)
	if strings.TrimSpace(text) == "" {
		text = attached.markdown
	}
	main, err := reader.rendering(text)
	if err != nil {
		return nil, err
	}
	surface, err := reader.surface(main)
	if err != nil {
		return nil, err
	}
	if err := reader.holdAgainst(main, attached); err != nil {
		return nil, err
	}
	surface.Provenance = Provenance{Kind: PageSource, Date: reader.day(main, attached)}
	surface.Provenance.Revision = surface.Provenance.Date
	surface.Prose = pageProse(main, attached)
	return surface, nil
}

// rendering finds what the page has in code, in the order in which it has it.
func (r *pageReader) rendering(text string) (rendering, error) {
	found := rendering{text: text}
	place := pageRequest.FindStringSubmatchIndex(text)
	if place == nil {
		return found, r.fail("no discovery document, no OpenAPI document, and no reference page: " +
			"looked for a line such as POST https://…/v1/{name=archiveJobs/*}:retry, and did not find it")
	}
	found.request, found.requestEnd = pageRequest.FindStringSubmatch(text[place[0]:]), place[1]
	for _, other := range pageRequest.FindAllString(text[place[1]:], -1) {
		if other != found.request[0] {
			return found, r.fail("the page describes two requests, %s and %s: give the page of one method", found.request[0], other)
		}
	}
	if piece := oddScope(text[place[1]:]); piece != "" {
		return found, r.fail("%q has not the form of a scope; give the page as it is, with its scopes in full", piece)
	}
	scopes := pageScope.FindAllStringIndex(text[place[1]:], -1)
	if len(scopes) == 0 {
		return found, r.fail("looked for the OAuth scopes, https://www.googleapis.com/auth/…, after %s, and did not find one", found.request[0])
	}
	for _, at := range scopes {
		scope := text[place[1]+at[0] : place[1]+at[1]]
		if !slices.Contains(found.scopes, scope) {
			found.scopes = append(found.scopes, scope)
		}
	}
	first, last := place[1]+scopes[0][0], place[1]+scopes[len(scopes)-1][1]
	closing := afterScopes.FindStringIndex(text[last:])
	if closing == nil {
		return found, r.fail("the page is cut short: looked for the guide to OAuth 2.0 or the day of the last change after %s, and did not find either",
			found.scopes[len(found.scopes)-1])
	}
	found.end = last + closing[1]
	found.blocks = pageBlocks(text[place[1]:first])
	return found, nil
}

// surface makes a surface of what was found.
func (r *pageReader) surface(found rendering) (*Surface, error) {
	path, id, err := parseRule(found.request[3], "")
	if err != nil {
		return nil, r.fail("%s", err)
	}
	if path.Verb() != "retry" && !strings.Contains(found.text, retryMethod) {
		return nil, r.fail("the page of another method, %s: looked for %s", found.request[0], retryMethod)
	}
	surface := &Surface{
		Says:     []Topic{EndpointTopic, MethodTopic, IDTopic, RequestTopic, AnswerTopic, ScopesTopic, ProseTopic},
		Endpoint: found.request[2],
		Retry:    Call{Method: found.request[1], Path: path, IDPattern: id, Request: emptyMessage()},
	}
	// The page shows the members of the body, if it has any, before those of the
	// answer.
	switch len(found.blocks) {
	case 0:
		return nil, r.fail("looked for the answer, as in { \"archiveJobId\": string }, before the OAuth scopes, and did not find it")
	case 1:
	default:
		surface.Retry.Request = found.blocks[0]
	}
	surface.Retry.Answers = map[string]map[string]any{"200": found.blocks[min(1, len(found.blocks)-1)]}
	for _, scope := range found.scopes {
		surface.Scopes = append(surface.Scopes, Scope{Name: scope})
	}
	return surface, nil
}

func emptyMessage() map[string]any {
	return map[string]any{"type": "object", "properties": map[string]any{}}
}

// holdAgainst compares the two forms of the content that a page may carry.
func (r *pageReader) holdAgainst(main rendering, attached attachment) error {
	if attached.markdown == "" {
		return nil
	}
	other, err := r.rendering(attached.markdown)
	switch {
	case err != nil:
		return err
	case other.request[0] != main.request[0]:
		return r.fail("the page contradicts itself: %s, and in its Markdown %s", main.request[0], other.request[0])
	case !slices.Equal(slices.Sorted(slices.Values(other.scopes)), slices.Sorted(slices.Values(main.scopes))):
		return r.fail("the page contradicts itself: it has %d scopes, and in its Markdown %d others or more or fewer", len(main.scopes), len(other.scopes))
	}
	return nil
}

// day finds the day of the last change: the first after the list of scopes.
func (r *pageReader) day(main rendering, attached attachment) string {
	for _, text := range []string{main.text[max(0, main.end-len(dayForm)):], attached.line} {
		for _, day := range pageDay.FindAllString(text, -1) {
			if day = strings.ReplaceAll(day, "/", "-"); isDay(day) {
				return day
			}
		}
	}
	return ""
}

const dayForm = "2006-01-02"
