package clienttest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/internal/text"
)

// key is one key of a mapping in a file of scenarios: what is said of it to a
// reader, and how its value is taken.
type key[T any] struct {
	name string
	// takes says in a few words what the value is, about says what it does.
	takes, about string
	read         func(p place, value *yaml.Node, into *T) error
}

// place is a file that is read, and the keys that led to where the reader is.
type place struct {
	file string
	path string
}

// below is the place of a member.
func (p place) below(name string) place {
	if p.path != "" {
		name = p.path + ": " + name
	}
	return place{p.file, name}
}

// mistake is a *text.UsageError in the line of a node.
func (p place) mistake(node *yaml.Node, mend, format string, arguments ...any) error {
	message := fmt.Sprintf(format, arguments...)
	if p.path != "" {
		message = p.path + ": " + message
	}
	return &text.UsageError{Place: fmt.Sprintf("%s:%d", p.file, node.Line), Message: message, Fix: mend}
}

// members are the values of a mapping by their keys, and the mapping itself.
type members struct {
	node   *yaml.Node
	values map[string]*yaml.Node
}

// at is the value of a key, or the mapping where it is not there.
func (m members) at(name string) *yaml.Node {
	if value, given := m.values[name]; given {
		return value
	}
	return m.node
}

func (m members) has(name string) bool { return m.values[name] != nil }

// readMembers reads a mapping of known keys into what they are the members of.
func readMembers[T any](p place, node *yaml.Node, keys []key[T], into *T) (members, error) {
	node = aliased(node)
	names := make([]string, len(keys))
	for i, one := range keys {
		names[i] = one.name
	}
	if node.Kind != yaml.MappingNode {
		return members{}, p.mistake(node, "its keys are "+strings.Join(names, ", "), "here must be a mapping of keys to values, and not %s", kindOf(node))
	}
	read := members{node, map[string]*yaml.Node{}}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], aliased(node.Content[i+1])
		index := slices.Index(names, name.Value)
		if index < 0 {
			return read, p.mistake(name, text.DidYouMean(shortly(name.Value), names), "unknown key %q", shortly(name.Value))
		}
		if first, twice := read.values[name.Value]; twice {
			return read, p.mistake(name, "remove one of them", "the key %s stands already in line %d", name.Value, first.Line)
		}
		read.values[name.Value] = value
		if value.Kind == yaml.ScalarNode && value.Tag == "!!null" {
			return read, p.below(name.Value).mistake(name, "it takes "+keys[index].takes, "it has no value")
		}
		if err := keys[index].read(p.below(name.Value), value, into); err != nil {
			return read, err
		}
	}
	return read, nil
}

// aliased follows an alias to what it stands for.
func aliased(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// kindOf names what a node is, for a reader.
func kindOf(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.MappingNode:
		return "a mapping"
	case node.Kind == yaml.SequenceNode:
		return "a list"
	case node.Tag == "!!null":
		return "nothing"
	}
	return fmt.Sprintf("%q", shortly(node.Value))
}

// shortly cuts what somebody wrote to what an error may show of it.
func shortly(text string) string {
	const longest = 60
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}

func textOf(p place, node *yaml.Node) (string, error) {
	if node.Kind != yaml.ScalarNode {
		return "", p.mistake(node, "", "it takes a text, and not %s", kindOf(node))
	}
	return node.Value, nil
}

// oneOf reads a text that is one of a few.
func oneOf(p place, node *yaml.Node, what string, known []string) (string, error) {
	value, err := textOf(p, node)
	if err == nil && !slices.Contains(known, value) {
		err = p.mistake(node, text.DidYouMean(shortly(value), known), "unknown %s %q", what, shortly(value))
	}
	return value, err
}

func truthOf(p place, node *yaml.Node) (bool, error) {
	if node.Kind != yaml.ScalarNode || node.Tag != "!!bool" {
		return false, p.mistake(node, "", "it takes true or false, and not %s", kindOf(node))
	}
	return strings.EqualFold(node.Value, "true"), nil
}

// numberOf reads a whole number from least to most.
func numberOf(p place, node *yaml.Node, least, most int) (int, error) {
	number, err := strconv.Atoi(node.Value)
	if node.Kind != yaml.ScalarNode || err != nil || number < least || number > most {
		return 0, p.mistake(node, "", "it takes a whole number from %d to %d, and not %s", least, most, kindOf(node))
	}
	return number, nil
}

// durationOf reads a time that is not below 0.
func durationOf(p place, node *yaml.Node) (time.Duration, error) {
	duration, err := time.ParseDuration(node.Value)
	switch {
	case node.Kind != yaml.ScalarNode || err != nil:
		return 0, p.mistake(node, "", "it takes a time such as 2s or 500ms, and not %s", kindOf(node))
	case duration < 0:
		return 0, p.mistake(node, "", "a time cannot be below 0, and %s is", shortly(node.Value))
	}
	return duration, nil
}
