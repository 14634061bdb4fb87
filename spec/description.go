package spec

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/pb33f/go-yaml"

	"github.com/dpconform/dpconform/internal/text"
)

// Description is the text of an OpenAPI document, not yet parsed.
type Description struct {
	// Name is the file that the text was read from. For a shipped description, it is
	// the name of the file in dpconform's repository.
	Name string
	Text []byte
	// Overlays lists the files of the overlays that were applied to the text, in
	// order.
	Overlays []string

	// origins are where the nodes of an overlaid text were written, by line and
	// column.
	origins map[[2]int]origin
}

// ReadDescription reads a description from a file: UTF-8, or UTF-16 with a byte
// order mark. An error is an [*Error].
func ReadDescription(file string) (Description, error) {
	content, err := text.ReadBytes(file, text.LargestFile)
	if err != nil {
		return Description{}, unreadable(file, err)
	}
	return Description{Name: file, Text: content}, nil
}

// unreadable says why a file cannot be read, with the line where it is not text.
func unreadable(file string, err error) *Error {
	if mistake, ok := errors.AsType[*text.SyntaxError](err); ok {
		return &Error{file, mistake.Line, mistake.Column, mistake.Message}
	}
	return &Error{File: file, Message: text.Reason(err) + "; give a file that can be read"}
}

// parse reads the one YAML document of a description, and returns its text as
// text.Decode does: whoever made the description may have given any other.
func (d Description) parse() (content []byte, root yaml.Node, err error) {
	if content, root, err = text.ParseNode(d.Text); err != nil {
		return nil, root, unreadable(d.Name, err)
	}
	return content, root, nil
}

// Error is a mistake in a description, with its location.
type Error struct {
	File string
	// Line and Column start at 1. Column is 0 if the mistake is about a whole line,
	// and both are 0 if it is about the whole file.
	Line, Column int
	// Message is one line.
	Message string
}

// Error returns one line, "file:line:column: message; fix", with control characters
// escaped.
func (e *Error) Error() string {
	place := cmp.Or(e.File, "description")
	if e.Line > 0 {
		place = fmt.Sprintf("%s:%d", place, e.Line)
	}
	if e.Column > 0 {
		place = fmt.Sprintf("%s:%d", place, e.Column)
	}
	fix := ""
	if !strings.Contains(e.Message, "; ") && !strings.Contains(e.Message, "want ") {
		fix = "; correct the file, or give another"
	}
	return text.Line(place + ": " + e.Message + fix)
}
