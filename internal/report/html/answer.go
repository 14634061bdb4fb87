package html

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	cut "github.com/dpconform/dpconform/internal/text"
)

// segment is a part of an answer, marked where a finding shows in it.
type segment struct {
	Text   string
	Marked bool
}

// answer is what came of a request, as text, with the places of findings marked.
// Bodies are cut at a length in bytes.
func answer(from *result.Exchange, places []result.Place, longest int) []segment {
	var all []segment
	if from.Response != nil {
		all = append(all, segment{statusLine(from.Response), slices.Contains(places, result.InStatus)})
		all = append(all, fields(from.Response, places)...)
		all = append(all, body(from.Response, places, longest)...)
	}
	switch {
	case from.Fault != nil:
		if len(all) > 0 {
			all = append(all, segment{Text: "\n\n"})
		}
		all = append(all, segment{clean(from.Fault.Kind + ": " + from.Fault.Detail), slices.Contains(places, result.InFault)})
	case from.Response == nil:
		all = append(all, segment{"no answer", len(places) > 0})
	}
	return all
}

// fields are the header, and the fields that a finding misses in it.
func fields(response *result.Message, places []result.Place) []segment {
	var all []segment
	missed := named(places)
	for _, line := range headerLines(response.Header) {
		at := slices.Index(missed, line.name)
		all = append(all, segment{Text: "\n"}, segment{line.text, at >= 0})
	}
	for _, name := range missed {
		if !slices.ContainsFunc(headerLines(response.Header), func(line headerLine) bool { return line.name == name }) {
			all = append(all, segment{Text: "\n"}, segment{oneLine(name) + ": (not in the answer)", true})
		}
	}
	return all
}

// named are the fields of a header that places name.
func named(places []result.Place) []string {
	var names []string
	for _, place := range places {
		if name, found := strings.CutPrefix(string(place), "header "); found && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// body is a body with the places of findings marked.
func body(response *result.Message, places []result.Place, longest int) []segment {
	text, end := response.Body, ""
	if len(text) > longest {
		text, end = strings.TrimSuffix(cut.Cut(text, longest), ellipsis), ellipsis
	}
	spans := spansOf(text, places)
	if text == "" {
		if len(spans) > 0 {
			return []segment{{Text: "\n\n"}, {"(no body)", true}}
		}
		return nil
	}
	all, at := []segment{{Text: "\n\n"}}, 0
	for _, one := range spans {
		if one.to <= at {
			continue
		}
		all = append(all, segment{Text: printable(text[at:max(at, one.from)])}, segment{printable(text[max(at, one.from):one.to]), true})
		at = one.to
	}
	return append(all, segment{Text: printable(strings.TrimRight(text[at:], "\n"))}, segment{Text: end})
}

// span is a part of a text, from a byte to before another.
type span struct{ from, to int }

// spansOf are the parts of a body that places name, in order.
func spansOf(text string, places []result.Place) []span {
	var spans []span
	for _, place := range places {
		pointer, inside := strings.CutPrefix(string(place), string(result.InBody)+" ")
		switch {
		case place == result.InBody:
			spans = append(spans, span{0, len(text)})
		case inside:
			spans = append(spans, memberOf(text, pointer))
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	return spans
}

// placeText says a place in words.
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
		return "the header field " + clean(name)
	case inside:
		return "the member " + clean(pointer)
	}
	return clean(string(place))
}
