package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/internal/text"
)

// entry is one key of a YAML file with its values as a flag would take them.
type entry struct {
	key    string
	line   int
	values []string
	// mapping says that the values were written as a mapping.
	mapping bool
}

// readConfigFile reads a YAML mapping. A scalar is one value, a list several,
// and a mapping becomes NAME=VALUE for each of its members.
func readConfigFile(name string) ([]entry, error) {
	root, err := ReadYAML(name)
	if err != nil {
		return nil, err
	}
	if root == nil {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, text.Mistake(fmt.Sprintf("%s:%d", name, root.Line), "it must be a mapping of keys to values", "")
	}
	var entries []entry
	seen := map[string]int{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if first, twice := seen[key.Value]; twice {
			return nil, text.Mistake(fmt.Sprintf("%s:%d", name, key.Line), fmt.Sprintf("key %q stands already in line %d", key.Value, first), "")
		}
		seen[key.Value] = key.Line
		values, err := valuesOf(value)
		if err != nil {
			return nil, text.Mistake(fmt.Sprintf("%s:%d", name, value.Line), key.Value+": "+err.Error(), "")
		}
		entries = append(entries, entry{key.Value, key.Line, values, value.Kind == yaml.MappingNode})
	}
	return entries, nil
}

func valuesOf(node *yaml.Node) ([]string, error) {
	switch node.Kind {
	case yaml.ScalarNode:
		if node.Tag == nullTag {
			return nil, errors.New("it has no value")
		}
		return []string{node.Value}, nil
	case yaml.SequenceNode:
		return scalars(node)
	case yaml.MappingNode:
		var values []string
		for i := 0; i+1 < len(node.Content); i += 2 {
			inner, err := valuesOf(node.Content[i+1])
			if err != nil || node.Content[i+1].Kind == yaml.MappingNode {
				return nil, errors.New("a value lies too deep")
			}
			values = append(values, node.Content[i].Value+"="+strings.Join(inner, ","))
		}
		return values, nil
	}
	return nil, errors.New("it takes a text, a list or a mapping")
}

// nullTag marks a value that is left empty: https://yaml.org/spec/1.2.2/#10211-null
const nullTag = "!!null"

func scalars(node *yaml.Node) ([]string, error) {
	values := make([]string, 0, len(node.Content))
	for _, item := range node.Content {
		if item.Kind != yaml.ScalarNode || item.Tag == nullTag {
			return nil, errors.New("a list holds texts only")
		}
		values = append(values, item.Value)
	}
	return values, nil
}

// ReadYAML reads the root of a YAML (or JSON) file; nil where it is empty. What
// cannot be read is a *UsageError.
func ReadYAML(name string) (*yaml.Node, error) {
	value, err := os.ReadFile(name)
	if err != nil {
		return nil, text.Mistake(name, text.Reason(err), "")
	}
	return ParseYAML(name, value)
}

// ParseYAML reads the root of a YAML (or JSON) text; nil where it is empty. The
// name is that of the file, for a *UsageError.
func ParseYAML(name string, value []byte) (*yaml.Node, error) {
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(value))
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err == nil {
		err = decoder.Decode(&second)
	}
	switch {
	case err == nil:
		return nil, text.Mistake(fmt.Sprintf("%s:%d", name, second.Line), "a second YAML document begins here, and only one is read", "")
	case !errors.Is(err, io.EOF):
		place, message := yamlMistake(name, err)
		return nil, text.Mistake(place, "not readable as YAML: "+message, "")
	case len(document.Content) == 0:
		return nil, nil
	}
	return document.Content[0], nil
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

func yamlMistake(name string, err error) (place, message string) {
	message, _, _ = strings.Cut(strings.TrimPrefix(err.Error(), "yaml: "), "\n")
	if match := yamlLine.FindStringSubmatch(message); match != nil {
		if line, err := strconv.Atoi(match[1]); err == nil {
			return fmt.Sprintf("%s:%d", name, line), strings.Replace(message, match[0], "", 1)
		}
	}
	return name, message
}
