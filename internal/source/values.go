package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pb33f/go-yaml"
)

// partsBudget is how many parts a document may have once aliases and references
// are followed. The shipped description has some 4,000; a document that refers to
// itself over and over would have no end.
const partsBudget = 200_000

// deepest is how deep values may be nested.
const deepest = 200

var (
	errTooLarge = errors.New("with its references followed it has more parts than a description of one method has")
	errTooDeep  = errors.New("its values are nested too deep")
)

// plain turns YAML into plain values: mappings, lists and scalars. Keys are the
// text that is there: 200 is "200".
func plain(node *yaml.Node, budget *int, depth int) (any, error) {
	if *budget--; *budget < 0 {
		return nil, errTooLarge
	}
	if depth > deepest {
		return nil, errTooDeep
	}
	switch {
	case node.Kind == yaml.AliasNode:
		return plain(node.Alias, budget, depth+1)
	case node.Kind == yaml.DocumentNode && len(node.Content) > 0:
		return plain(node.Content[0], budget, depth+1)
	case node.Kind == yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, element := range node.Content {
			var err error
			if list[i], err = plain(element, budget, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case node.Kind == yaml.MappingNode:
		mapping := map[string]any{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			value, err := plain(node.Content[i+1], budget, depth+1)
			if err != nil {
				return nil, err
			}
			mapping[node.Content[i].Value] = value
		}
		return mapping, nil
	}
	var value any
	if err := node.Decode(&value); err != nil {
		return node.Value, nil
	}
	return value, nil
}

// unfolder follows the references in plain values.
type unfolder struct {
	// find returns what a reference leads to, nil where that is nothing.
	find   func(reference string) any
	budget int
}

// unfold returns a value without references. The list inside holds those that are
// being followed: one that leads into itself ends as an empty mapping.
func (u *unfolder) unfold(value any, inside []string, depth int) (any, error) {
	if u.budget--; u.budget < 0 {
		return nil, errTooLarge
	}
	if depth > deepest {
		return nil, errTooDeep
	}
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			var err error
			if list[i], err = u.unfold(element, inside, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		if reference, is := value["$ref"].(string); is {
			target := u.find(reference)
			if target == nil || slices.Contains(inside, reference) {
				return map[string]any{}, nil
			}
			return u.unfold(target, append(slices.Clone(inside), reference), depth+1)
		}
		mapping := map[string]any{}
		for key, member := range value {
			var err error
			if mapping[key], err = u.unfold(member, inside, depth+1); err != nil {
				return nil, err
			}
		}
		return mapping, nil
	}
	return value, nil
}

// follow finds what a local reference such as "#/components/schemas/State" leads
// to.
func follow(root any, reference string) any {
	path, local := strings.CutPrefix(reference, "#/")
	if !local {
		return nil
	}
	for step := range strings.SplitSeq(path, "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch value := root.(type) {
		case map[string]any:
			root = value[step]
		case []any:
			index, err := strconv.Atoi(step)
			if err != nil || index < 0 || index >= len(value) {
				return nil
			}
			root = value[index]
		default:
			return nil
		}
	}
	return root
}

// mapping, list and scalar return a plain value, or nothing where it is of another
// type. at goes down through mappings.
func mapping(value any) map[string]any {
	members, _ := value.(map[string]any)
	return members
}

func list(value any) []any {
	elements, _ := value.([]any)
	return elements
}

func scalar(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case time.Time:
		return value.Format(time.DateOnly)
	}
	return fmt.Sprint(value)
}

func at(value any, path ...string) any {
	for _, step := range path {
		value = mapping(value)[step]
	}
	return value
}

// oneLine returns a text with single spaces, or nothing where it is not a text.
func oneLine(value any) string {
	line, _ := value.(string)
	return strings.Join(strings.Fields(line), " ")
}

func sortedKeys[V any](members map[string]V) []string { return slices.Sorted(maps.Keys(members)) }

// wordsOfForm are the members of a schema that constrain no value.
var wordsOfForm = []string{"description", "title", "example", "examples", "deprecated", "location", "required", "enumDescriptions", "repeated"}

// form returns a schema without its words as JSON, whose members are sorted.
func form(schema map[string]any) string {
	bare := maps.Clone(schema)
	maps.DeleteFunc(bare, func(key string, _ any) bool { return slices.Contains(wordsOfForm, key) || strings.HasPrefix(key, "x-") })
	if len(bare) == 0 {
		return ""
	}
	written, err := json.Marshal(bare)
	if err != nil {
		return fmt.Sprint(bare)
	}
	return string(written)
}
