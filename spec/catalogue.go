package spec

import (
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"
)

// requirements reads the catalogue; every entry keeps its line.
func (l *loader) requirements(contract *Contract) error {
	node, _ := l.retryOperation.Extensions.Get(requirementsExtension)
	if node.Kind != yaml.SequenceNode || len(node.Content) == 0 {
		return l.fail(node.Line, "%s must be a list of requirements", requirementsExtension)
	}
	for _, entry := range node.Content {
		requirement, err := l.requirement(entry)
		if err != nil {
			return err
		}
		if first, twice := contract.Requirement(requirement.ID); twice {
			return l.fail(entry.Line, "requirement %s stands twice, first in line %d", requirement.ID, first.Line)
		}
		contract.Requirements = append(contract.Requirements, requirement)
	}
	return nil
}

// requirementKeys are the members of a requirement in the description.
var requirementKeys = []string{"id", "level", "statement", "quote", "source", "note", "expect"}

func (l *loader) requirement(entry *yaml.Node) (Requirement, error) {
	if entry.Kind != yaml.MappingNode {
		return Requirement{}, l.fail(entry.Line, "a requirement must be a mapping with %s", strings.Join(requirementKeys, ", "))
	}
	for i := 0; i < len(entry.Content); i += 2 {
		if key := entry.Content[i]; !slices.Contains(requirementKeys, key.Value) {
			return Requirement{}, l.fail(key.Line, "a requirement has no %q; it has %s", key.Value, strings.Join(requirementKeys, ", "))
		}
	}
	if expect := child(entry, "expect"); expect != nil {
		for i := 0; expect.Kind == yaml.MappingNode && i < len(expect.Content); i += 2 {
			if key := expect.Content[i]; key.Value != "status" && key.Value != "code" {
				return Requirement{}, l.fail(key.Line, "expect has no %q; it has status, code", key.Value)
			}
		}
	}
	var text struct {
		ID, Statement, Quote, Source, Note string
		Level                              Level
		Expect                             Answers
	}
	if err := entry.Decode(&text); err != nil {
		line, message := splitYAMLError(err)
		return Requirement{}, l.fail(max(line, entry.Line), "requirement: %s", message)
	}
	requirement := Requirement{
		ID: text.ID, Level: text.Level, Statement: strings.TrimSpace(text.Statement), Quote: strings.TrimSpace(text.Quote),
		Source: text.Source, Note: strings.TrimSpace(text.Note), Expect: text.Expect, Line: entry.Line,
	}
	if err := requirement.validate(); err != nil {
		return requirement, l.fail(entry.Line, "%s", err)
	}
	return requirement, nil
}
