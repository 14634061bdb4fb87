package spec

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/pb33f/jsonschema/v6"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Schema is a compiled schema of the description. It is safe for use by many
// goroutines.
type Schema struct {
	compiled   *jsonschema.Schema
	properties []string
}

func compileSchema(proxy *base.SchemaProxy) (*Schema, error) {
	schema, err := proxy.BuildSchema()
	if err != nil {
		return nil, err
	}
	compiled, err := schema_validation.CompileSchemaForValidation(
		schema, schema_validation.SchemaValidationPurposeGeneric, nil, 3.1)
	if err != nil {
		return nil, err
	}
	result := &Schema{compiled: compiled.CompiledSchema}
	for name := range schema.Properties.KeysFromOldest() {
		result.properties = append(result.properties, name)
	}
	return result, nil
}

// Members lists the members of an object that the schema names, in its order;
// none for an empty message.
func (s *Schema) Members() []string { return slices.Clone(s.properties) }

// Violations validates a JSON body and returns one line for each violation,
// sorted. An empty body is a violation of its own: validators let it pass.
func (s *Schema) Violations(body []byte) []string {
	if strings.TrimSpace(string(body)) == "" {
		return []string{"the body is empty"}
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return []string{"the body is not JSON: " + err.Error()}
	}
	return describeViolations(s.compiled.Validate(value))
}

// Undocumented returns the members of a JSON object that the schema does not
// name, sorted. A body that is not an object has none.
func (s *Schema) Undocumented(body []byte) []string {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return nil
	}
	var unknown []string
	for name := range object {
		if !slices.Contains(s.properties, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

func describeViolations(err error) []string {
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return []string{err.Error()}
	}
	printer := message.NewPrinter(language.English)
	var lines []string
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) == 0 {
			place := "/" + strings.Join(e.InstanceLocation, "/")
			lines = append(lines, place+": "+e.ErrorKind.LocalizedString(printer))
		}
	}
	walk(invalid)
	slices.Sort(lines)
	return lines
}
