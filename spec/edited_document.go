package spec

import (
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"
)

// editedDocument is a description as nodes that know their lines.
type editedDocument struct {
	editor *Editor
	// resolver follows references.
	resolver *unfolder
	// retry and state are the two operations, with the key and value of their
	// paths and of their methods.
	retry, state *editedOperation
}

type editedOperation struct {
	path, item, method, members *yaml.Node
}

func newEditedDocument(editor *Editor, root *yaml.Node) (*editedDocument, error) {
	document := &editedDocument{editor: editor, resolver: &unfolder{root: root, budget: schemaBudget}}
	top := behind(root)
	if top == nil || top.Kind != yaml.MappingNode || top.Style&yaml.FlowStyle != 0 {
		return nil, editor.fail(top, "only a description in YAML, one member a line, is edited in place")
	}
	paths := document.step(top, "paths")
	if paths == nil {
		return nil, editor.fail(top, "it has no paths")
	}
	for i := 0; i+1 < len(paths.Content); i += 2 {
		item := document.resolve(paths.Content[i+1])
		for j := 0; item != nil && j+1 < len(item.Content); j += 2 {
			members := document.resolve(item.Content[j+1])
			if members == nil || members.Kind != yaml.MappingNode || !slices.Contains(methodsOfPath, item.Content[j].Value) {
				continue
			}
			document.place(&editedOperation{paths.Content[i], item, item.Content[j], members})
		}
	}
	if document.retry == nil {
		return nil, editor.fail(paths, "no operation carries %s", requirementsExtension)
	}
	return document, nil
}

// place keeps the operations that are edited: the one with the catalogue, and
// the one that the good answer links to.
func (d *editedDocument) place(operation *editedOperation) {
	switch {
	case child(operation.members, requirementsExtension) != nil:
		d.retry = operation
	case d.state == nil || operation.method.Value == "get":
		if id := child(operation.members, "operationId"); id != nil && strings.HasSuffix("."+id.Value, "."+readStateMethod) {
			d.state = operation
		}
	}
}

// operations are the two that are edited.
func (d *editedDocument) operations() []*editedOperation {
	return slices.DeleteFunc([]*editedOperation{d.retry, d.state}, func(operation *editedOperation) bool { return operation == nil })
}

// resolve follows aliases and references.
func (d *editedDocument) resolve(node *yaml.Node) *yaml.Node {
	for range deepest {
		if node = behind(node); node == nil {
			return nil
		}
		reference := child(node, "$ref")
		if node.Kind != yaml.MappingNode || reference == nil {
			return node
		}
		node = d.resolver.find(reference.Value)
	}
	return nil
}

// step follows a path of members, references included; nil where it ends early.
func (d *editedDocument) step(node *yaml.Node, path ...string) *yaml.Node {
	node = d.resolve(node)
	for _, name := range path {
		if node == nil {
			return nil
		}
		node = d.resolve(child(node, name))
	}
	return node
}

// top follows a path from the top of the document.
func (d *editedDocument) top(path ...string) *yaml.Node {
	return d.step(behind(d.resolver.root), path...)
}

// securities are the lists of alternatives of the two operations, each once.
func (d *editedDocument) securities() []*yaml.Node {
	var lists []*yaml.Node
	for _, operation := range d.operations() {
		list := d.step(operation.members, "security")
		if list != nil && list.Kind == yaml.SequenceNode && !slices.Contains(lists, list) {
			lists = append(lists, list)
		}
	}
	return lists
}

// flows are the mappings of scopes to descriptions.
func (d *editedDocument) flows() []*yaml.Node {
	var found []*yaml.Node
	schemes := d.top("components", "securitySchemes")
	for i := 1; schemes != nil && i < len(schemes.Content); i += 2 {
		flows := d.step(schemes.Content[i], "flows")
		for j := 1; flows != nil && j < len(flows.Content); j += 2 {
			if scopes := d.step(flows.Content[j], "scopes"); scopes != nil && scopes.Kind == yaml.MappingNode {
				found = append(found, scopes)
			}
		}
	}
	return found
}

// answer is the schema of the good answer of an operation.
func (d *editedDocument) answer(operation *editedOperation) *yaml.Node {
	if operation == nil {
		return nil
	}
	responses := d.step(operation.members, "responses")
	for i := 0; responses != nil && i+1 < len(responses.Content); i += 2 {
		if strings.HasPrefix(responses.Content[i].Value, "2") {
			return d.step(responses.Content[i+1], "content", "application/json", "schema")
		}
	}
	return nil
}

// states is the enum of the states.
func (d *editedDocument) states() *yaml.Node {
	properties := d.step(d.answer(d.state), "properties")
	for i := 1; properties != nil && i < len(properties.Content); i += 2 {
		if enum := d.step(properties.Content[i], "enum"); enum != nil && enum.Kind == yaml.SequenceNode {
			return enum
		}
	}
	return nil
}

// idPattern is the pattern of the id in the path.
func (d *editedDocument) idPattern() *yaml.Node {
	for _, members := range []*yaml.Node{d.retry.members, d.retry.item} {
		parameters := d.step(members, "parameters")
		for i := 0; parameters != nil && i < len(parameters.Content); i++ {
			parameter := d.step(parameters.Content[i])
			if in := d.step(parameter, "in"); in != nil && in.Value == "path" {
				return d.step(parameter, "schema", "pattern")
			}
		}
	}
	return nil
}
