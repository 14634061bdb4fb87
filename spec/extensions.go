package spec

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/pb33f/go-yaml"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"github.com/dpconform/dpconform/internal/extension"
	"github.com/dpconform/dpconform/internal/text"
)

// misspelt returns an error where an extension of an operation is one of ours but
// for a letter or two. Others belong to other tools.
func (l *loader) misspelt(operation *v3.Operation) error {
	const slip = 2
	for name, node := range operation.Extensions.FromOldest() {
		if slices.Contains(extension.OfOperation, name) {
			continue
		}
		for _, known := range extension.OfOperation {
			if levenshtein.ComputeDistance(name, known) <= slip {
				return l.fail(node, "unknown extension %s: did you mean %s?", name, known)
			}
		}
	}
	return nil
}

// setsFolder is where the sets of requirements are that the product ships, beside
// its descriptions.
const setsFolder = "sets"

// extension reads an extension of the operation, where it has it, and returns its
// node.
func (l *loader) extension(name string, into any) (*yaml.Node, error) {
	node, found := l.operation.Extensions.Get(name)
	if !found {
		return nil, nil
	}
	return node, l.read(node, name, into)
}

// systemParameter is a query parameter of the platform as a description has it.
type systemParameter struct {
	Name    string `yaml:"name"`
	Example string `yaml:"example"`
}

// strictTypes are the structs that extensions are read into.
var strictTypes = []any{Requirement{}, Responses{}, systemParameter{}, ReferencePage{}, setFile{}}

// unknownKey is how the YAML reader says that a struct has no such field.
var unknownKey = text.Pattern(`^field (.*) not found in type (\S+)$`)

// read reads a node strictly: a key that is unknown or there twice, or a value of
// another type, is an error with its location.
func (l *loader) read(node *yaml.Node, name string, into any) error {
	err := node.Load(into, yaml.WithKnownFields())
	if err == nil {
		return nil
	}
	mistake := text.LocateYAML(err)
	line, column, message := mistake.Line, mistake.Column, mistake.Message
	if parts := unknownKey().FindStringSubmatch(message); parts != nil {
		for _, known := range strictTypes {
			if fmt.Sprintf("%T", known) == parts[2] {
				message = fmt.Sprintf("unknown key %q: want one of %s", parts[1], strings.Join(keys(known), ", "))
			}
		}
	}
	if line < node.Line {
		line, column = node.Line, node.Column
	}
	return &Error{l.file, line, column, name + ": " + message}
}

// keys lists the keys of YAML that a struct has.
func keys(known any) []string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeOf(known)) {
		if tag := field.Tag.Get("yaml"); tag != "-" {
			names = append(names, cmp.Or(tag, strings.ToLower(field.Name)))
		}
	}
	return names
}
