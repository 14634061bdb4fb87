package source

import (
	"regexp"

	"github.com/pb33f/go-yaml"
)

// object is a mapping in the order of a description: a key, its value, the next
// key. flow is a list on one line.
type (
	object []any
	flow   []any
)

// node returns a value as YAML.
func node(value any) *yaml.Node {
	made := &yaml.Node{}
	switch value := value.(type) {
	case *yaml.Node:
		return value
	case object:
		made.Kind = yaml.MappingNode
		for _, part := range value {
			made.Content = append(made.Content, node(part))
		}
	case map[string]any:
		made.Kind = yaml.MappingNode
		for _, key := range sortedKeys(value) {
			made.Content = append(made.Content, node(key), node(value[key]))
		}
	case []any:
		made.Kind = yaml.SequenceNode
		for _, element := range value {
			made.Content = append(made.Content, node(element))
		}
	case flow:
		made = node([]any(value))
		made.Style = yaml.FlowStyle
	default:
		// A text, a number or a truth value: nothing that cannot be encoded.
		if err := made.Encode(value); err != nil {
			panic(err)
		}
	}
	if len(made.Content) == 0 && made.Kind != yaml.ScalarNode {
		made.Style = yaml.FlowStyle
	}
	return made
}

// flowing is a mapping on one line.
func flowing(value object) *yaml.Node {
	made := node(value)
	made.Style = yaml.FlowStyle
	return made
}

// commented is a key with a comment above it.
func commented(key, comment string) *yaml.Node {
	made := node(key)
	made.HeadComment = comment
	return made
}

// keywords is the order of the members of a schema.
var keywords = []string{"$ref", "type", "format", "description", "deprecated", "pattern", "minimum", "maximum", "enum", enumDescriptions,
	"properties", "items", "additionalProperties"}

// ordered returns a schema without what JSON Schema does not have.
func ordered(schema map[string]any) object {
	made := object{}
	for _, keyword := range keywords {
		value, has := schema[keyword]
		if !has {
			continue
		}
		switch value := value.(type) {
		case map[string]any:
			if keyword != "properties" {
				made = append(made, keyword, ordered(value))
				continue
			}
			properties := map[string]any{}
			for name, member := range value {
				properties[name] = ordered(mapping(member))
			}
			made = append(made, keyword, properties)
		case string:
			if keyword == "pattern" {
				if _, err := regexp.Compile(value); err != nil {
					continue
				}
			}
			made = append(made, keyword, value)
		default:
			made = append(made, keyword, value)
		}
	}
	return made
}

// reference refers to a schema, and adds it and those it refers to.
func (w *draftWriter) reference(name string) object {
	w.add(name, nil)
	return object{"$ref", schemaPrefix + name}
}

// anys returns texts as a list of values.
func anys(texts []string) []any {
	values := make([]any, len(texts))
	for i, text := range texts {
		values[i] = text
	}
	return values
}
