package spec

import (
	"errors"
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"
)

// schemaBudget is how many parts a document may unfold to, once references and
// aliases are followed. The shipped description has some 4,000; a document that
// refers to itself over and over would have no end.
const schemaBudget = 200_000

// deepest is how deep values may stand in each other.
const deepest = 200

var (
	errTooLarge = errors.New("it unfolds to more parts than a description of one method has")
	errTooDeep  = errors.New("its values stand too deep in each other")
)

// unfolder turns YAML into plain values: mappings, lists and scalars, with
// every local reference followed.
type unfolder struct {
	root   *yaml.Node
	budget int
}

// unfold gives the value of a node. The list inside holds the references that
// are being followed: one that leads into itself ends as an empty mapping.
func (u *unfolder) unfold(node *yaml.Node, inside []string, depth int) (any, error) {
	if u.budget--; u.budget < 0 {
		return nil, errTooLarge
	}
	if depth > deepest {
		return nil, errTooDeep
	}
	switch node.Kind {
	case yaml.DocumentNode, yaml.AliasNode:
		if next := behind(node); next != nil {
			return u.unfold(next, inside, depth+1)
		}
		return nil, nil
	case yaml.SequenceNode:
		list := make([]any, 0, len(node.Content))
		for _, element := range node.Content {
			value, err := u.unfold(element, inside, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case yaml.MappingNode:
		return u.mapping(node, inside, depth)
	}
	var value any
	if err := node.Decode(&value); err != nil {
		return node.Value, nil
	}
	return value, nil
}

func (u *unfolder) mapping(node *yaml.Node, inside []string, depth int) (any, error) {
	if reference := child(node, "$ref"); reference != nil && reference.Kind == yaml.ScalarNode {
		target := u.find(reference.Value)
		if target == nil || slices.Contains(inside, reference.Value) {
			return map[string]any{}, nil
		}
		return u.unfold(target, append(slices.Clone(inside), reference.Value), depth+1)
	}
	mapping := map[string]any{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		value, err := u.unfold(node.Content[i+1], inside, depth+1)
		if err != nil {
			return nil, err
		}
		mapping[node.Content[i].Value] = value
	}
	return mapping, nil
}

// find follows a local reference such as "#/components/schemas/State".
func (u *unfolder) find(reference string) *yaml.Node {
	path, local := strings.CutPrefix(reference, "#/")
	if !local {
		return nil
	}
	node := behind(u.root)
	for _, step := range strings.Split(path, "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		if node = behind(node); node == nil {
			return nil
		}
		node = child(node, step)
	}
	return node
}

// behind gives the node that a document or an alias stands for.
func behind(node *yaml.Node) *yaml.Node {
	for range deepest {
		switch {
		case node == nil:
			return nil
		case node.Kind == yaml.AliasNode:
			node = node.Alias
		case node.Kind == yaml.DocumentNode && len(node.Content) > 0:
			node = node.Content[0]
		default:
			return node
		}
	}
	return nil
}
