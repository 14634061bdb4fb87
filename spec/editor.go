package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/pb33f/go-yaml"
)

// Editor changes the text of a description in place: order, comments and
// whatever it does not touch stay as they are. What it cannot change in that way
// is an error, and nothing is changed.
type Editor struct {
	name  string
	lines []string
	// ending ends each line: "\n" or "\r\n".
	ending string
}

// NewEditor begins to edit a description.
func NewEditor(description Description) *Editor {
	ending := "\n"
	if bytes.Contains(description.Text, []byte("\r\n")) {
		ending = "\r\n"
	}
	return &Editor{name: description.Name, lines: strings.Split(string(description.Text), ending), ending: ending}
}

// Description is the text as it is now.
func (e *Editor) Description() Description {
	return Description{Name: e.name, Text: []byte(strings.Join(e.lines, e.ending))}
}

func (e *Editor) fail(node *yaml.Node, format string, arguments ...any) error {
	line := 0
	if node != nil {
		line = node.Line
	}
	return &DescriptionError{e.name, line, fmt.Sprintf(format, arguments...)}
}

// open reads the text as it is now.
func (e *Editor) open() (*editedDocument, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(e.Description().Text, &root); err != nil {
		line, message := splitYAMLError(err)
		return nil, &DescriptionError{e.name, line, "not readable as YAML: " + message}
	}
	return newEditedDocument(e, &root)
}

// Check says why the description cannot be edited in place at all, as where it
// is written in JSON.
func (e *Editor) Check() error {
	_, err := e.open()
	return err
}

// span is a run of lines, 0-based, the last one included.
type span struct{ first, last int }

// spanOf gives the lines that a node and all in it stand on.
func spanOf(nodes ...*yaml.Node) span {
	result := span{nodes[0].Line - 1, nodes[0].Line - 1}
	var walk func(*yaml.Node, int)
	walk = func(node *yaml.Node, depth int) {
		if depth > deepest {
			return
		}
		result.last = max(result.last, node.Line-1)
		for _, inner := range node.Content {
			walk(inner, depth+1)
		}
	}
	for _, node := range nodes {
		walk(node, 0)
	}
	return result
}

// block gives the lines of nodes in block style, with the lines that go on below
// them because they are indented deeper.
func (e *Editor) block(nodes ...*yaml.Node) span {
	lines := spanOf(nodes...)
	depth := len(indentation(e.lines[lines.first]))
	for next := lines.last + 1; next < len(e.lines); next++ {
		if strings.TrimSpace(e.lines[next]) == "" || len(indentation(e.lines[next])) <= depth {
			break
		}
		lines.last = next
	}
	return lines
}

// insert puts lines after a line.
func (e *Editor) insert(after int, lines ...string) {
	e.lines = slices.Insert(e.lines, after+1, lines...)
}

// remove takes lines out.
func (e *Editor) remove(gone span) {
	e.lines = slices.Delete(e.lines, gone.first, gone.last+1)
}

// replaceScalar puts another value into the place of a scalar that stands on one
// line, and keeps its quotes.
func (e *Editor) replaceScalar(node *yaml.Node, value string) error {
	if node == nil || node.Kind != yaml.ScalarNode || strings.ContainsAny(value, "\r\n") {
		return e.fail(node, "it is no value on one line")
	}
	before, raw, after, ok := e.cut(node)
	if !ok {
		return e.fail(node, "the value is not written on one line as it is meant")
	}
	written := quotedAs(raw, value)
	e.lines[node.Line-1] = before + written + after
	return nil
}

// cut takes the line of a scalar apart: what stands before it, the scalar as it
// is written, and what stands after it.
func (e *Editor) cut(node *yaml.Node) (before, raw, after string, ok bool) {
	if node.Line < 1 || node.Line > len(e.lines) {
		return "", "", "", false
	}
	line := []rune(e.lines[node.Line-1])
	if node.Column < 1 || node.Column > len(line) {
		return "", "", "", false
	}
	before, rest := string(line[:node.Column-1]), string(line[node.Column-1:])
	for _, written := range []string{node.Value, `"` + node.Value + `"`, "'" + node.Value + "'"} {
		if written != "" && strings.HasPrefix(rest, written) {
			return before, written, rest[len(written):], true
		}
	}
	return "", "", "", false
}

// plainScalar are the values that YAML takes as they are, in a list in brackets,
// too.
var plainScalar = regexp.MustCompile(`^[A-Za-z/^](?:[A-Za-z0-9 _./()+^$;=?~'-]|[^\x00-\x7f]|:[A-Za-z0-9/_])*$`)

// Forms of what is written as it is: names of scopes, of states, and paths.
var (
	scopeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9:/._~-]*[A-Za-z0-9]$`)
	stateForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	pathForm  = regexp.MustCompile(`^/[A-Za-z0-9/_.:{}~*-]*[A-Za-z0-9}]$`)
)

// notText are plain values that YAML takes for something else than a text.
var notText = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

// quotedAs writes a value with the quotes of the one that it replaces.
func quotedAs(raw, value string) string {
	switch {
	case strings.HasPrefix(raw, `"`):
		return quoted(value)
	case strings.HasPrefix(raw, "'") && !strings.ContainsAny(value, "'\\"):
		return "'" + value + "'"
	}
	return scalar(value)
}

// scalar writes a value plain where YAML takes it as a text, else quoted.
func scalar(value string) string {
	if plainScalar.MatchString(value) && allPrintable(value) && strings.TrimSpace(value) == value && !slices.Contains(notText, strings.ToLower(value)) {
		return value
	}
	return quoted(value)
}

func allPrintable(value string) bool {
	return strings.IndexFunc(value, func(character rune) bool {
		return !unicode.IsPrint(character) || character == unicode.ReplacementChar
	}) < 0
}

// quoted writes a value in the double quotes of JSON, which are YAML's, too. What
// cannot be seen is escaped.
func quoted(value string) string {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	// A text always has a JSON form.
	_ = encoder.Encode(value)
	var written strings.Builder
	for _, character := range strings.TrimSpace(buffer.String()) {
		if unicode.IsPrint(character) {
			written.WriteRune(character)
		} else {
			fmt.Fprintf(&written, `\U%08x`, character)
		}
	}
	return written.String()
}

// indentation gives the spaces that a line begins with.
func indentation(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " "))]
}
