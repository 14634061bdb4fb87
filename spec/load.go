package spec

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"
	"github.com/pb33f/libopenapi"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	"github.com/pb33f/libopenapi/datamodel"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// The extensions of the description, each read in one place below.
const (
	requirementsExtension     = "x-requirements"
	retryableStatesExtension  = "x-retryable-states"
	unspecifiedStateExtension = "x-unspecified-state"
	unrelatedScopeExtension   = "x-unrelated-scope"
	systemParameterExtension  = "x-system-parameters"
	codesExtension            = "x-google-rpc-codes"
	pageExtension             = "x-reference-page"
)

// Load understands a description. Every mistake in it is a *DescriptionError
// with the line where it stands.
func Load(description Description) (*Contract, error) {
	model, err := buildModel(description)
	if err != nil {
		return nil, err
	}
	loader := &loader{file: description.Name, model: model}
	contract := &Contract{
		File:     description.Name,
		Digest:   description.Digest(),
		Title:    model.Info.Title,
		Revision: model.Info.Version,
	}
	for _, step := range []func(*Contract) error{
		loader.endpoint, loader.retry, loader.parameter, loader.link, loader.states,
		loader.scopes, loader.platform, loader.page, loader.requirements, loader.clientRequirements,
	} {
		if err := step(contract); err != nil {
			return nil, err
		}
	}
	return contract, nil
}

// MustLoadEmbedded loads the description that the product ships; tests of this
// package show that it is sound.
func MustLoadEmbedded() *Contract {
	contract, err := Load(Embedded())
	if err != nil {
		panic(err)
	}
	return contract
}

func buildModel(description Description) (*v3.Document, error) {
	fail := func(line int, format string, arguments ...any) (*v3.Document, error) {
		return nil, &DescriptionError{description.Name, line, fmt.Sprintf(format, arguments...)}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(description.Text, &root); err != nil {
		line, message := splitYAMLError(err)
		return fail(line, "not readable as YAML: %s", message)
	}
	document, err := libopenapi.NewDocumentWithConfiguration(description.Text, &datamodel.DocumentConfiguration{
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		return fail(1, "not an OpenAPI 3 document: %s", firstLine(err.Error()))
	}
	if !strings.HasPrefix(document.GetVersion(), "3.") {
		return fail(1, "not an OpenAPI 3 document: its version is %q", document.GetVersion())
	}
	model, err := document.BuildV3Model()
	if err != nil {
		return fail(0, "not a sound OpenAPI document: %s", firstLine(err.Error()))
	}
	// The model swallows mistakes of structure. The shipped description is
	// validated by a test instead: compiling the schema of OpenAPI takes longer
	// than the rest of the load.
	if description.Name != EmbeddedName {
		if err := validateDocument(description.Name, document, &root); err != nil {
			return nil, err
		}
	}
	return &model.Model, nil
}

// validateDocument holds a document against the JSON Schema of OpenAPI itself.
func validateDocument(file string, document libopenapi.Document, root *yaml.Node) error {
	valid, problems := schema_validation.ValidateOpenAPIDocument(document)
	if valid {
		return nil
	}
	first := &DescriptionError{File: file, Message: "not a valid OpenAPI document"}
	var candidates []*DescriptionError
	for _, problem := range problems {
		if len(problem.SchemaValidationErrors) == 0 {
			candidates = append(candidates, &DescriptionError{file, max(problem.SpecLine, 1),
				"not a valid OpenAPI document: " + firstLine(problem.Message+": "+problem.Reason)})
		}
		for _, violation := range problem.SchemaValidationErrors {
			candidates = append(candidates, &DescriptionError{
				File: file, Line: lineOfPath(root, violation.InstancePath),
				Message: fmt.Sprintf("not a valid OpenAPI document: at %s: %s",
					"/"+strings.Join(violation.InstancePath, "/"), firstLine(violation.Reason)),
			})
		}
	}
	// The deepest place is the nearest to the mistake, and the validator's own
	// order changes from run to run.
	slices.SortFunc(candidates, func(a, b *DescriptionError) int {
		if a.Line != b.Line {
			return b.Line - a.Line
		}
		return strings.Compare(a.Message, b.Message)
	})
	if len(candidates) > 0 {
		first = candidates[0]
	}
	return first
}
