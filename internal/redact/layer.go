package redact

import (
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// layer is a text, or what it says behind one or more escapes. A secret may be
// escaped for JSON, URLs and HTML, each more than once; the rules look at each
// layer and need to know no escapes.
type layer struct {
	text string
	// lower is the text in small letters, byte for byte at the same place.
	lower string
	// at gives for each byte, and for the end, the place in the original text;
	// nil where they are the same.
	at []int
}

// mostLayers bounds the work for a text that is escaped again and again.
const mostLayers = 6

func layersOf(text string) []layer {
	first := newLayer(text, nil)
	layers := append([]layer{first}, first.below(false)...)
	// In a form or a query a plus is a space, and elsewhere it is not.
	if strings.Contains(text, "%") && (strings.Contains(text, "+") || strings.Contains(first.lower, "%2b") || strings.Contains(text, "%25")) {
		layers = append(layers, first.below(true)...)
	}
	return layers
}

func newLayer(text string, at []int) layer {
	return layer{text: text, lower: lowered(text), at: at}
}

// below lists the layers behind the escapes of one.
func (l layer) below(form bool) []layer {
	var layers []layer
	for len(layers) < mostLayers {
		if form {
			l.text = strings.ReplaceAll(l.text, "+", " ")
		}
		next, escaped := l.unescaped()
		if !escaped {
			break
		}
		layers = append(layers, next)
		l = next
	}
	return layers
}

func (l layer) span(start, end int, with string) span {
	if l.at == nil {
		return span{start, end, with}
	}
	return span{l.at[start], l.at[end], with}
}

// unescaped takes one layer of escapes away, or reports that there is none.
func (l layer) unescaped() (layer, bool) {
	if strings.IndexByte(l.text, '\\') < 0 && strings.IndexByte(l.text, '%') < 0 && strings.IndexByte(l.text, '&') < 0 {
		return layer{}, false
	}
	var plain strings.Builder
	plain.Grow(len(l.text))
	places := make([]int, 0, len(l.text)+1)
	changed := false
	for read := 0; read < len(l.text); {
		text, length := l.text[read:read+1], 1
		if strings.IndexByte(`\%&`, text[0]) >= 0 {
			if meaning, size := escapeAt(l.text[read:]); size > 0 {
				text, length, changed = meaning, size, true
			}
		}
		for range len(text) {
			places = append(places, l.span(read, read, "").start)
		}
		plain.WriteString(text)
		read += length
	}
	places = append(places, l.span(len(l.text), len(l.text), "").start)
	if !changed {
		return layer{}, false
	}
	return newLayer(plain.String(), places), true
}

// squeezed gives the letters and digits of a layer, in small letters.
func (l layer) squeezed() string {
	var kept strings.Builder
	kept.Grow(len(l.lower))
	for i := range len(l.lower) {
		if isLetterOrDigit(rune(l.lower[i])) {
			kept.WriteByte(l.lower[i])
		}
	}
	return kept.String()
}

// lettersAt says where in its text each of them stands.
func (l layer) lettersAt() []int {
	at := make([]int, 0, len(l.lower))
	for i := range len(l.lower) {
		if isLetterOrDigit(rune(l.lower[i])) {
			at = append(at, i)
		}
	}
	return at
}

// simpleEscapes are those of JSON and of programs that are always written alike.
var simpleEscapes = []struct{ text, meaning string }{
	{`\n`, "\n"}, {`\r`, "\r"}, {`\t`, "\t"}, {`\"`, `"`}, {`\'`, "'"}, {`\/`, "/"}, {`\\`, `\`},
}

var (
	numberEntity = lazy(`^&#(?:[0-9]+|[xX][0-9A-Fa-f]+);?`)
	octalEscape  = lazy(`^\\[0-3][0-7]{2}`)
)

// escapeAt reads the escape at the beginning of a text; its size is 0 where
// there is none.
func escapeAt(text string) (meaning string, size int) {
	number := func(from, to int) (uint64, bool) {
		if from >= to || len(text) < to {
			return 0, false
		}
		value, err := strconv.ParseUint(text[from:to], 16, 21)
		return value, err == nil
	}
	const longest = 12
	switch text[0] {
	case '%':
		if value, is := number(1, 3); is {
			return string([]byte{byte(value)}), 3
		}
		if value, is := number(2, 6); is && (text[1] == 'u' || text[1] == 'U') {
			return string(rune(value)), 6
		}
	case '&':
		end := strings.IndexByte(text[:min(len(text), longest)], ';') + 1
		// A number ends without a semicolon too, and may begin with any zeros.
		if number := numberEntity().FindString(text); number != "" {
			end = len(number)
		}
		if meaning := html.UnescapeString(text[:end]); meaning != text[:end] {
			return meaning, end
		}
	default:
		for _, escape := range simpleEscapes {
			if strings.HasPrefix(text, escape.text) {
				return escape.meaning, len(escape.text)
			}
		}
		if value, is := number(2, 6); is && text[1] == 'u' {
			return string(rune(value)), 6
		}
		if value, is := number(2, 10); is && text[1] == 'U' {
			return string(rune(value)), 10
		}
		if value, is := number(2, 4); is && text[1] == 'x' {
			return string(rune(value)), 4
		}
		if end := strings.IndexByte(text[:min(len(text), longest)], '}'); strings.HasPrefix(text, `\u{`) {
			if value, is := number(len(`\u{`), end); is {
				return string(rune(value)), end + 1
			}
		}
		if octal := octalEscape().FindString(text[:min(len(text), len(`\000`))]); octal != "" {
			value, _ := strconv.ParseUint(octal[1:], 8, 8)
			return string([]byte{byte(value)}), len(octal)
		}
	}
	return "", 0
}

// beforeName is how many bytes in front of a word a name may begin.
const beforeName = 64

// matches gives each match of a pattern near one of some words, both in small
// letters, as FindAllStringSubmatchIndex does. Most texts hold none of the
// words, and a pattern costs a hundred times as much as a word. The match goes
// on no further behind the word than a number of bytes, spaces aside; what a
// pattern ends with may be cut short, so the end of a value is looked for in the
// whole text.
func (l layer) matches(pattern func() *regexp.Regexp, behind int, near []string) [][]int {
	var hits []int
	for _, word := range near {
		for from := 0; ; {
			at := strings.Index(l.lower[from:], word)
			if at < 0 {
				break
			}
			hits = append(hits, from+at)
			from += at + len(word)
		}
	}
	slices.Sort(hits)
	var pieces [][2]int
	for _, hit := range hits {
		from, to := max(0, hit-beforeName), l.overSpace(min(len(l.text), hit+behind))
		if last := len(pieces) - 1; last >= 0 && from <= pieces[last][1] {
			pieces[last][1] = max(to, pieces[last][1])
			continue
		}
		pieces = append(pieces, [2]int{from, to})
	}
	var found [][]int
	for _, piece := range pieces {
		for _, match := range pattern().FindAllStringSubmatchIndex(l.lower[piece[0]:piece[1]], -1) {
			for i := range match {
				if match[i] >= 0 {
					match[i] += piece[0]
				}
			}
			found = append(found, match)
		}
	}
	return found
}

// overSpace moves the end of a piece over white space, so that however much of
// it stands in front of a value, the value begins within the piece.
func (l layer) overSpace(at int) int {
	end := at
	for end < len(l.text) && strings.IndexByte(" \t\r\n", l.text[end]) >= 0 {
		end++
	}
	if end > at {
		return min(len(l.text), end+beforeName)
	}
	return at
}

// endOf is where a value ends of which a pattern, anchored at its start, says
// how it goes on.
func (l layer) endOf(pattern func() *regexp.Regexp, start int) int {
	if match := pattern().FindStringIndex(l.text[start:]); match != nil {
		return start + match[1]
	}
	return start
}

// closing finds where the text inside quotes ends. Without an end it is that of
// the line: the text broke off.
func (l layer) closing(from int, quote byte) int {
	for at := from; at < len(l.text); at++ {
		switch l.text[at] {
		case '\\':
			at++
		case quote, '\n', '\r':
			return at
		}
	}
	return len(l.text)
}

var nextInList = lazy(`^["']\s*,\s*(["'])`)

// quoted gives each text in quotes, from the one that begins at a place on: of a
// list all, else only that one.
func (l layer) quoted(from int, isList bool, yield func(start, end int)) {
	for {
		end := l.closing(from, l.text[from-1])
		yield(from, end)
		next := nextInList().FindStringIndex(l.text[end:min(len(l.text), end+200)])
		if !isList || next == nil {
			return
		}
		from = end + next[1]
	}
}
