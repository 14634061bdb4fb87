package html

import (
	"cmp"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// exchange is a request and what came of it.
type exchange struct {
	*result.Exchange
	Anchor              template.URL
	Path, Outcome, Kind string
	Sent, Got           []segment
	Curl                string
	Earlier             []attempt
	Open                bool
}

// attempt is what came of sending the request before.
type attempt struct {
	result.Attempt
	Got []segment
}

// segment is a part of a message, marked where a finding shows in it, and clamped
// to one line where it is long.
type segment struct {
	Text         string
	Marked, Long bool
}

// longField is the number of bytes of a header field from which it is clamped.
const longField = 160

// budget bounds the bytes of bodies on a page. Those that are evidence of a
// finding may be longer.
type budget struct{ evidence, other int }

func (p *page) newBudget() budget {
	var evidence, other []int
	for _, exchange := range p.Exchanges {
		lengths := &other
		if len(p.evidence[exchange.Number]) > 0 {
			lengths = &evidence
		}
		*lengths = append(*lengths, len(exchange.Request.Body))
		if exchange.Response != nil {
			*lengths = append(*lengths, len(exchange.Response.Body))
		}
	}
	return budget{longestOf(evidence, 1<<20), longestOf(other, 3<<17)}
}

// longestOf is the length to which texts must be cut for all to fit into a
// number of bytes.
func longestOf(lengths []int, bytes int) int {
	for longest := 16 << 10; longest > 64; longest -= longest / 4 {
		total := 0
		for _, length := range lengths {
			total += min(length, longest)
		}
		if total <= bytes {
			return longest
		}
	}
	return 64
}

func (p *page) exchange(from *result.Exchange) exchange {
	places := p.evidence[from.Number]
	longest := p.budget.other
	if len(places) > 0 {
		longest = p.budget.evidence
	}
	path := from.Request.URL
	if _, behind, found := strings.Cut(path, "://"); found {
		path = behind[max(0, strings.Index(behind, "/")):]
	}
	made := exchange{
		Exchange: from, Anchor: p.exchanges[from.Number], Path: path, Outcome: from.Last().Outcome(), Kind: kindOf(from.Last()),
		Sent: sentSegments(from.Request, longest), Got: segmentsOf(from.Last(), places, longest), Open: len(places) > 0,
	}
	if p.Client == nil { // What a client sent has no address of a server.
		made.Curl = from.Request.Curl()
	}
	for _, earlier := range from.Earlier {
		made.Earlier = append(made.Earlier, attempt{earlier, segmentsOf(earlier, nil, min(longest, 512))})
	}
	return made
}

// kindOf tells responses that grant, that refuse, and none apart, for page.css.
func kindOf(attempt result.Attempt) string {
	switch {
	case attempt.Fault != nil || attempt.Response == nil:
		return "none"
	case attempt.Response.Status/100 == 2:
		return "granted"
	case attempt.Response.Status/100 == 5:
		return "broken"
	}
	return "refused"
}

// sentSegments are the request as it was sent, with the name of the token instead
// of the token.
func sentSegments(request result.Message, longest int) []segment {
	all := []segment{{Text: text.Cut(request.Method+" "+request.URL, 4<<10)}}
	for _, field := range fieldsOf(request.Header) {
		all = append(all, segment{Text: "\n"}, segment{Text: field.line, Long: len(field.line) > longField})
	}
	if request.Body != "" {
		all = append(all, segment{Text: "\n\n" + text.Cut(request.Body, longest)})
	}
	return all
}

// field is one field of a header.
type field struct{ name, line string }

// fieldsOf lists a header by its names, up to a number of fields.
func fieldsOf(header map[string][]string) []field {
	const most = 60
	var fields []field
	for name, values := range header {
		for _, value := range values {
			fields = append(fields, field{http.CanonicalHeaderKey(name), text.Line(text.Cut(name+": "+value, 4<<10))})
		}
	}
	slices.SortStableFunc(fields, func(a, b field) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.line, b.line)) })
	if len(fields) > most {
		fields = append(fields[:most], field{"", "… and more"})
	}
	return fields
}

// segmentsOf is what came of a request, with the places of findings marked.
func segmentsOf(attempt result.Attempt, places []result.Place, longest int) []segment {
	var all []segment
	if response := attempt.Response; response != nil {
		status := strings.TrimSpace(strconv.Itoa(response.Status) + " " + http.StatusText(response.Status))
		all = append(all, segment{Text: status, Marked: slices.Contains(places, result.InStatus)})
		var missed []string
		for _, place := range places {
			if name, header := strings.CutPrefix(string(place), "header "); header && !slices.Contains(missed, name) {
				missed = append(missed, name)
			}
		}
		for _, field := range fieldsOf(response.Header) {
			marked := slices.Contains(missed, field.name)
			all = append(all, segment{Text: "\n"}, segment{field.line, marked, len(field.line) > longField})
		}
		if response.HeaderCut != "" {
			all = append(all, segment{Text: "\n… " + response.HeaderCut})
		}
		for _, name := range missed {
			if http.Header(response.Header).Values(name) == nil {
				all = append(all, segment{Text: "\n"}, segment{text.Line(text.Cut(name, 160)) + ": (not in the response)", true, false})
			}
		}
		all = append(all, bodySegments(response.Body, places, longest)...)
	}
	switch {
	case attempt.Fault != nil:
		if len(all) > 0 {
			all = append(all, segment{Text: "\n\n"})
		}
		all = append(all, segment{text.Cut(attempt.Fault.Kind+": "+attempt.Fault.Detail, 4<<10), slices.Contains(places, result.InFault), false})
	case attempt.Response == nil:
		all = append(all, segment{Text: "no response", Marked: len(places) > 0})
	}
	return all
}

func bodySegments(body string, places []result.Place, longest int) []segment {
	body = text.Cut(body, longest)
	var spans []span
	for _, place := range places {
		pointer, inside := strings.CutPrefix(string(place), string(result.InBody)+" ")
		switch {
		case place == result.InBody:
			spans = append(spans, span{0, len(body)})
		case inside:
			spans = append(spans, memberOf(body, pointer))
		}
	}
	if body == "" {
		if len(spans) > 0 {
			return []segment{{Text: "\n\n"}, {Text: "(no body)", Marked: true}}
		}
		return nil
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	all, at := []segment{{Text: "\n\n"}}, 0
	for _, one := range spans {
		if one.to > at {
			from := max(at, one.from)
			all = append(all, segment{Text: body[at:from]}, segment{Text: body[from:one.to], Marked: true})
			at = one.to
		}
	}
	return append(all, segment{Text: strings.TrimRight(body[at:], "\n")})
}

// span is a part of a text, from a byte to before another.
type span struct{ from, to int }

// memberOf is where the member that a JSON pointer names stands in a body, with
// its name. Without such a member it is what should have it; in a body that is no
// JSON, the whole. A body that is cut is read as far as it goes.
// Source of the pointer: https://www.rfc-editor.org/rfc/rfc6901#section-4
func memberOf(body, pointer string) span {
	whole := span{0, len(body)}
	if pointer == "" {
		return whole
	}
	names := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, name := range names {
		names[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	reader := memberReader{body, json.NewDecoder(strings.NewReader(body))}
	if found := reader.find(names, 0); found.to > found.from {
		return found
	}
	return whole
}

// memberReader reads a body token by token.
type memberReader struct {
	body   string
	tokens *json.Decoder
}

// find looks in the value that comes next, which begins (with its name, if it
// has one) at a byte. It reads no further than to what it found.
func (r memberReader) find(names []string, from int) span {
	if len(names) == 0 {
		if !r.skip() {
			return span{from, len(r.body)}
		}
		return span{from, r.end()}
	}
	token, err := r.tokens.Token()
	delimiter, _ := token.(json.Delim)
	if err != nil || delimiter != '{' && delimiter != '[' {
		return span{from, r.end()}
	}
	for index := 0; r.tokens.More(); index++ {
		at := r.end()
		begins := at + len(r.body[at:]) - len(strings.TrimLeft(r.body[at:], " \t\r\n,:"))
		name := strconv.Itoa(index)
		if delimiter == '{' {
			key, err := r.tokens.Token()
			if err != nil {
				return span{from, len(r.body)}
			}
			name, _ = key.(string)
		}
		if name == names[0] {
			return r.find(names[1:], begins)
		}
		if !r.skip() {
			return span{from, len(r.body)}
		}
	}
	_, _ = r.tokens.Token()
	return span{from, r.end()}
}

// skip reads one value and reports whether it was whole.
func (r memberReader) skip() bool {
	for depth := 0; ; {
		token, err := r.tokens.Token()
		if err != nil {
			return false
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return true
		}
	}
}

// end is the byte behind the last token.
func (r memberReader) end() int { return min(len(r.body), int(r.tokens.InputOffset())) }

// placeText names a place in words.
func placeText(place result.Place) string {
	pointer, inside := strings.CutPrefix(string(place), string(result.InBody)+" ")
	name, header := strings.CutPrefix(string(place), "header ")
	switch {
	case place == result.InStatus:
		return "the status"
	case place == result.InFault:
		return "the end of the connection"
	case place == result.InBody:
		return "the body"
	case header:
		return "the header field " + name
	case inside:
		return "the member " + pointer
	}
	return string(place)
}
