package spec

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pb33f/go-yaml"
	"github.com/pb33f/jsonschema/v6"
	"github.com/pb33f/libopenapi"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/helpers"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	"github.com/pb33f/libopenapi/datamodel"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"github.com/dpconform/dpconform/internal/extension"
	"github.com/dpconform/dpconform/internal/text"
)

// loadedShipped has the methods of the shipped descriptions by the names of the
// descriptions: a report asks for one with each finding.
var loadedShipped sync.Map

// Load parses a description. The error for a mistake in it is an [*Error] with its
// location.
func Load(description Description) (*Method, error) {
	shipped := len(description.Overlays) == 0 && description.origins == nil && description.isShipped()
	if known, found := loadedShipped.Load(description.Name); shipped && found {
		own := *known.(*Method)
		return &own, nil
	}
	method, err := load(description)
	if shipped && err == nil {
		own := *method
		loadedShipped.Store(description.Name, &own)
	}
	return method, description.located(err)
}

func load(description Description) (*Method, error) {
	model, err := buildModel(description)
	if err != nil {
		return nil, err
	}
	loader := &loader{file: description.Name, origin: description.origin, model: model}
	method := &Method{
		File:     description.Name,
		Overlays: description.Overlays,
		Title:    model.Info.Title,
		Revision: revision(model.Info),
	}
	for _, step := range []func(*Method) error{
		loader.endpoint, loader.underTest, loader.idPattern, loader.link, loader.states,
		loader.scopes, loader.platform, loader.catalogue, digest,
	} {
		if err := step(method); err != nil {
			return nil, err
		}
	}
	return method, nil
}

// revision is that of what was described: the date of a page, say. A description
// without one has the version of its own.
func revision(info *base.Info) string {
	if info.Extensions != nil {
		if named, found := info.Extensions.Get(extension.Revision); found && named.Value != "" {
			return named.Value
		}
	}
	return info.Version
}

// MustLoadEmbedded loads the shipped description of the default method. It panics
// only if the shipped description is broken, which the tests of this package rule
// out.
func MustLoadEmbedded() *Method {
	method, err := Load(Default())
	if err != nil {
		panic(err)
	}
	return method
}

// Validate returns an [*Error] if the text is not a valid OpenAPI 3 document. Unlike
// [Load], it accepts a text without requirements.
func (d Description) Validate() error {
	_, err := buildModel(d)
	return d.located(err)
}

func buildModel(description Description) (*v3.Document, error) {
	fail := func(line, column int, format string, arguments ...any) (*v3.Document, error) {
		return nil, &Error{description.Name, line, column, fmt.Sprintf(format, arguments...)}
	}
	content, root, err := description.parse()
	if err != nil {
		return nil, err
	}
	if line, column, problem := rootProblem(&root); problem != "" {
		return fail(line, column, "not an OpenAPI 3 document: %s", problem)
	}
	document, err := libopenapi.NewDocumentWithConfiguration(content, &datamodel.DocumentConfiguration{
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		mistake := text.LocateYAML(err)
		return fail(max(mistake.Line, 1), mistake.Column, "not an OpenAPI 3 document: %s", mistake.Message)
	}
	if !strings.HasPrefix(document.GetVersion(), "3.") {
		return fail(1, 0, "not an OpenAPI 3 document: its version is %q", document.GetVersion())
	}
	model, err := document.BuildV3Model()
	if err != nil {
		return fail(0, 0, "not a valid OpenAPI document: %s", firstLine(err.Error()))
	}
	// The model swallows mistakes of structure. A test validates the shipped
	// description instead: compiling the schema of OpenAPI takes longer than all the
	// rest.
	if !description.isShipped() {
		if err := validateDocument(description.Name, document, &root); err != nil {
			return nil, err
		}
	}
	return &model.Model, nil
}

// rootProblem says in plain words what is wrong with the outermost value of a
// description, and where: the library has no words for it.
func rootProblem(root *yaml.Node) (line, column int, problem string) {
	if root.Kind == yaml.DocumentNode && len(root.Content) > 0 {
		root = root.Content[0]
	}
	version := child(root, "openapi")
	switch {
	case root.Kind == 0, root.Kind == yaml.DocumentNode, root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null":
		return 1, 0, "it is empty"
	case root.Kind == yaml.SequenceNode:
		return root.Line, root.Column, "it is a list, and not a mapping with the key openapi"
	case root.Kind != yaml.MappingNode:
		return root.Line, root.Column, "it is a single value, and not a mapping with the key openapi"
	case version == nil && child(root, "swagger") == nil:
		return root.Line, root.Column, "it has no key openapi"
	case version != nil && !strings.HasPrefix(version.Value, "3."):
		return version.Line, version.Column, fmt.Sprintf("its version is %q, and not 3.0 or 3.1", version.Value)
	case version != nil && child(root, "paths") == nil && child(root, "components") == nil && child(root, "webhooks") == nil:
		return root.Line, root.Column, "it has no key paths"
	}
	return 0, 0, ""
}

// compiledSchemas has the compiled JSON Schemas of the versions of OpenAPI: to
// compile one takes longer than to validate a document.
var compiledSchemas sync.Map

func schemaOfOpenAPI(text string) (*jsonschema.Schema, error) {
	if known, found := compiledSchemas.Load(text); found {
		return known.(*jsonschema.Schema), nil
	}
	schema, err := helpers.NewCompiledSchema("schema", []byte(text), config.NewValidationOptions())
	if err == nil {
		compiledSchemas.Store(text, schema)
	}
	return schema, err
}

// validateDocument validates a document against the JSON Schema of OpenAPI.
func validateDocument(file string, document libopenapi.Document, root *yaml.Node) error {
	// Without a schema it is compiled anew, and a problem of that is reported.
	schema, _ := schemaOfOpenAPI(document.GetSpecInfo().APISchema)
	valid, problems := schema_validation.ValidateOpenAPIDocumentWithPrecompiled(document, schema)
	if valid {
		return nil
	}
	mistakes := []*Error{{File: file, Message: "not a valid OpenAPI document"}}
	for _, problem := range problems {
		if len(problem.SchemaValidationErrors) == 0 {
			mistakes = append(mistakes, &Error{File: file, Line: max(problem.SpecLine, 1),
				Message: "not a valid OpenAPI document: " + firstLine(problem.Message+": "+problem.Reason)})
		}
		for _, violation := range problem.SchemaValidationErrors {
			node := followPath(root, violation.InstancePath)
			mistakes = append(mistakes, &Error{File: file, Line: node.Line, Column: node.Column,
				Message: fmt.Sprintf("not a valid OpenAPI document: at %s: %s", "/"+strings.Join(violation.InstancePath, "/"), firstLine(violation.Reason))})
		}
	}
	// The last location is the nearest to the mistake. The order of the validator
	// changes from run to run.
	return slices.MinFunc(mistakes, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(b.Line, a.Line), cmp.Compare(a.Message, b.Message))
	})
}

// followPath follows a JSON path as far as it goes and returns the node it
// reaches.
func followPath(node *yaml.Node, path []string) *yaml.Node {
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	for _, step := range path {
		// RFC 6901, 3: the steps of a JSON pointer are escaped.
		next := child(node, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
		if next == nil {
			break
		}
		node = next
	}
	return node
}

func child(node *yaml.Node, step string) *yaml.Node {
	if node.Kind == yaml.SequenceNode {
		if index, err := strconv.Atoi(step); err == nil && index >= 0 && index < len(node.Content) {
			return node.Content[index]
		}
		return nil
	}
	return text.MemberNode(node, step)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
