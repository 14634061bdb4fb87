// Package openapi writes a description in the forms that other tools read:
// without the extensions of dpconform, as JSON, as OpenAPI 3.0.
package openapi

import (
	"bytes"
	"slices"

	"github.com/pb33f/go-yaml"
	"github.com/pb33f/libopenapi/json"

	"github.com/dpconform/dpconform/internal/extension"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Form is how a description is written. The zero value is the description as it
// is, byte for byte.
type Form struct {
	// Plain leaves out the extensions of dpconform.
	Plain bool
	// JSON writes JSON instead of YAML.
	JSON bool
	// Version30 writes OpenAPI 3.0.3 instead of 3.1.
	Version30 bool
}

// lineWidth is where YAML is wrapped: the width of the shipped descriptions.
const lineWidth = 120

// Convert returns the description in a form, and one note for each thing that the
// form cannot say. Order is kept; comments are too, but JSON has none.
func Convert(description spec.Description, form Form) (written []byte, notes []string, err error) {
	if form == (Form{}) {
		return description.Text, nil, nil
	}
	_, document, err := text.ParseNode(description.Text)
	if err != nil {
		return nil, nil, &spec.Error{File: description.Name, Message: err.Error()}
	}
	// So that a part can be changed or left out without another.
	if err := text.ExpandYAML(&document, mostNodes); err != nil {
		return nil, nil, &spec.Error{File: description.Name, Message: err.Error()}
	}
	root := document.Content[0]
	merge(root)
	if form.Plain {
		walk(root, "document", removeExtensions)
	}
	if form.Version30 {
		lower := &lowering{file: description.Name}
		walk(root, "document", lower.visit)
		notes = lower.notes
	}
	if form.JSON {
		if written, err = json.YAMLNodeToJSON(&document, "  "); err == nil {
			written = append(written, '\n')
		}
	} else {
		written, err = yaml.Dump(&document, yaml.WithIndent(2), yaml.WithCompactSeqIndent(false), yaml.WithLineWidth(lineWidth),
			yaml.WithQuotePreference(yaml.QuoteLegacy))
	}
	if err != nil {
		return nil, nil, &spec.Error{File: description.Name, Message: err.Error()}
	}
	if form.Version30 {
		converted := spec.Description{Name: description.Name + " as OpenAPI 3.0", Text: written}
		if err := converted.Validate(); err != nil {
			return nil, nil, err
		}
	}
	return bytes.TrimLeft(written, "\n"), notes, nil
}

// removeExtensions removes what only dpconform reads. Extensions of others stay:
// code generators have theirs.
func removeExtensions(node *yaml.Node, _ string) {
	for _, name := range extension.All {
		remove(node, name)
	}
}

// mostNodes bounds what a document may grow to when its aliases are expanded.
const mostNodes = 1_000_000

// mergeKey is YAML 1.1's key for a mapping, or a list of mappings, whose members
// are those of the mapping around it unless it has its own.
const mergeKey = "!!merge"

func merge(node *yaml.Node) {
	for _, inner := range node.Content {
		merge(inner)
	}
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		if node.Content[i].Tag != mergeKey {
			continue
		}
		merged := []*yaml.Node{node.Content[i+1]}
		if merged[0].Kind == yaml.SequenceNode {
			merged = merged[0].Content
		}
		node.Content = slices.Delete(node.Content, i, i+2)
		i -= 2
		for _, one := range merged {
			for j := 0; j+1 < len(one.Content); j += 2 {
				if text.MemberNode(node, one.Content[j].Value) == nil {
					node.Content = append(node.Content, one.Content[j], one.Content[j+1])
				}
			}
		}
	}
}
