package spec

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/pb33f/go-yaml"
)

// The extensions of the operation under test.
const (
	requirementsExtension       = "x-requirements"
	clientRequirementsExtension = "x-client-requirements"
	acceptedStatesExtension     = "x-accepted-states"
	unspecifiedStateExtension   = "x-unspecified-state"
	unrelatedScopeExtension     = "x-unrelated-scope"
	systemParameterExtension    = "x-system-parameters"
	codesExtension              = "x-google-rpc-codes"
	pageExtension               = "x-reference-page"
)

// revisionExtension is the extension of info that names the revision of what was
// described, as opposed to the version of the description.
const revisionExtension = "x-revision"

// ruleExtension is Google's own form of a path. Nothing reads it.
const ruleExtension = "x-google-http-rule"

// Extensions lists the extensions of OpenAPI that are dpconform's own.
func Extensions() []string {
	return []string{requirementsExtension, "x-requirement-sets", clientRequirementsExtension, acceptedStatesExtension,
		unspecifiedStateExtension, "x-resulting-states", "x-effect", unrelatedScopeExtension, systemParameterExtension,
		codesExtension, pageExtension, revisionExtension, ruleExtension}
}

// extension reads an extension that must be there.
func (l *loader) extension(name string, into any) error {
	node, found := l.operation.Extensions.Get(name)
	if !found {
		return l.fail(l.operation.GoLow().KeyNode, "%s is missing: the operation with %s must have it", name, requirementsExtension)
	}
	return l.read(node, name, into)
}

// strictTypes are the structs that extensions are read into.
var strictTypes = []any{Requirement{}, Responses{}, SystemParameter{}, ReferencePage{}}

// unknownKey is how the YAML reader says that a struct has no such field.
var unknownKey = regexp.MustCompile(`^field (.*) not found in type (\S+)$`)

// read reads a node strictly: a key that is unknown or there twice, or a value of
// another type, is an error with its location.
func (l *loader) read(node *yaml.Node, name string, into any) error {
	err := node.Load(into, yaml.WithKnownFields())
	if err == nil {
		return nil
	}
	line, column, message := locateYAMLError(err)
	if parts := unknownKey.FindStringSubmatch(message); parts != nil {
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
		if field.Tag.Get("yaml") != "-" {
			names = append(names, strings.ToLower(field.Name))
		}
	}
	return names
}

// requirements reads the catalogue for servers, which must not be empty.
func (l *loader) requirements(method *Method) error {
	node, _ := l.operation.Extensions.Get(requirementsExtension)
	if len(node.Content) == 0 {
		return l.fail(node, "%s must be a list of requirements", requirementsExtension)
	}
	return l.catalogue(node, requirementsExtension, method, &method.Requirements)
}

// clientRequirements reads the catalogue for clients, which a description may
// not have.
func (l *loader) clientRequirements(method *Method) error {
	node, found := l.operation.Extensions.Get(clientRequirementsExtension)
	if !found {
		return nil
	}
	return l.catalogue(node, clientRequirementsExtension, method, &method.ClientRequirements)
}

// catalogue reads a list of requirements, with the line of each.
func (l *loader) catalogue(node *yaml.Node, name string, method *Method, into *[]Requirement) error {
	if node.Kind != yaml.SequenceNode {
		return l.fail(node, "%s must be a list of requirements", name)
	}
	for _, entry := range node.Content {
		if entry.Kind != yaml.MappingNode {
			return l.fail(entry, "a requirement must be a mapping with %s", strings.Join(keys(Requirement{}), ", "))
		}
		requirement := Requirement{Line: entry.Line}
		if err := l.read(entry, "requirement", &requirement); err != nil {
			return err
		}
		for _, text := range []*string{&requirement.Statement, &requirement.Quote, &requirement.Note} {
			*text = strings.TrimSpace(*text)
		}
		if err := requirement.validate(); err != nil {
			return l.fail(entry, "%s", err)
		}
		first, known := method.Requirement(requirement.ID)
		if !known {
			first, known = method.ClientRequirement(requirement.ID)
		}
		if known {
			return l.fail(entry, "requirement %s is already in line %d", requirement.ID, first.Line)
		}
		*into = append(*into, requirement)
	}
	return nil
}
