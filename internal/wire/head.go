// Package wire reads the heads of HTTP/1 messages as they were sent: net/http
// removes fields from them, and takes some of what no sender may write. Both sides
// are held to the same rules.
package wire

import (
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// Limit is the largest head of a message in bytes that is kept.
const Limit = 64 << 10

// Head is the head of an HTTP/1 message as it was sent.
type Head struct {
	// Line is the first line, without its end.
	Line   string
	Fields []Field
	// Whole: the head came to its end.
	Whole bool
	// BareFeeds counts the lines that end in a line feed without a carriage return.
	BareFeeds int
}

// Field is one line of a head. Name is empty where the line is no field.
type Field struct{ Name, Value, Line string }

// Read takes a head apart, whatever is wrong with it.
func Read(text []byte, whole bool) *Head {
	lines := strings.Split(string(text), "\n")
	read := &Head{Whole: whole}
	for i, line := range lines {
		line, returned := strings.CutSuffix(line, "\r")
		// Behind the last line feed no line has ended.
		if i+1 < len(lines) && !returned {
			read.BareFeeds++
		}
		switch {
		case i == 0:
			read.Line = line
		case line != "":
			field := Field{Line: line}
			if name, value, found := strings.Cut(line, ":"); found && httpguts.ValidHeaderFieldName(name) {
				field.Name, field.Value = name, strings.Trim(value, " \t")
			}
			read.Fields = append(read.Fields, field)
		}
	}
	return read
}

// Values gives the values of a field, one for each line, in their order.
func (h *Head) Values(name string) []string {
	if h == nil {
		return nil
	}
	var values []string
	for _, field := range h.Fields {
		if strings.EqualFold(field.Name, name) {
			values = append(values, field.Value)
		}
	}
	return values
}

// RequestLine gives the method, the target and the protocol of a request; false
// where its first line has not these three.
func (h *Head) RequestLine() (method, target, protocol string, all bool) {
	words := strings.Split(h.Line, " ")
	if len(words) != 3 || !httpguts.ValidHeaderFieldName(words[0]) || words[1] == "" || !strings.HasPrefix(words[2], "HTTP/") {
		return "", "", "", false
	}
	return words[0], words[1], words[2], true
}

// Malformed gives the first line that is no field (RFC 9110, 5.5: a value has no
// control characters; RFC 9112, 5.2: a sender folds no line).
func (h *Head) Malformed() (Field, bool) {
	index := slices.IndexFunc(h.Fields, func(field Field) bool {
		return field.Name == "" || strings.ContainsFunc(field.Value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
	})
	if index < 0 {
		return Field{}, false
	}
	return h.Fields[index], true
}

// BadFraming says how the values of Content-Length and Transfer-Encoding leave the
// length of a message open; empty where they do not (RFC 9110, 8.6:
// Content-Length = 1*DIGIT; RFC 9112, 6.1 to 6.3).
func BadFraming(lengths, codings []string) string {
	different := slices.Compact(slices.Sorted(slices.Values(lengths)))
	switch {
	case len(different) > 1:
		return "Content-Length: " + strings.Join(lengths, " and ")
	case len(different) == 1 && (different[0] == "" || strings.Trim(different[0], "0123456789") != ""):
		return "Content-Length: " + lengths[0]
	case len(codings) > 1, len(codings) == 1 && !strings.EqualFold(codings[0], "chunked"):
		return "Transfer-Encoding: " + strings.Join(codings, " and ")
	case len(codings) > 0 && len(lengths) > 0:
		return "Transfer-Encoding: " + codings[0] + " and Content-Length: " + lengths[0]
	}
	return ""
}
