package spec

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/pb33f/jsonschema/v6"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Schema is a compiled schema of the description. It is safe for concurrent use.
type Schema struct {
	compiled *jsonschema.Schema
	// properties are the members that the schema names.
	properties []string
	// text is the schema as JSON, with its references resolved.
	text []byte
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
	return &Schema{compiled.CompiledSchema, properties(schema, nil), compiled.RenderedJSON}, nil
}

// properties lists the members that a schema names, also by the schemas that it is
// composed of. A schema that contains itself ends the search.
func properties(schema *base.Schema, within []string) []string {
	var names []string
	for name := range schema.Properties.KeysFromOldest() {
		names = append(names, name)
	}
	for _, part := range slices.Concat(schema.AllOf, schema.AnyOf, schema.OneOf) {
		reference := part.GetReference()
		if composed := part.Schema(); composed != nil && (reference == "" || !slices.Contains(within, reference)) {
			names = append(names, properties(composed, append(slices.Clone(within), reference))...)
		}
	}
	return names
}

// Members lists the members of an object that the schema names, in its order; none
// for an empty message or a nil schema.
func (s *Schema) Members() []string {
	if s == nil {
		return nil
	}
	return slices.Clone(s.properties)
}

// names lists the members that the schema names at any depth.
func (s *Schema) names() []string {
	var names []string
	var within func(value any)
	within = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			if properties, is := value["properties"].(map[string]any); is {
				names = slices.AppendSeq(names, maps.Keys(properties))
			}
			for _, inner := range value {
				within(inner)
			}
		case []any:
			for _, inner := range value {
				within(inner)
			}
		}
	}
	var whole any
	if s != nil && json.Unmarshal(s.text, &whole) == nil {
		within(whole)
	}
	return names
}

// Violations validates a JSON body and returns one line for each violation, sorted.
// An empty body is a violation; a nil schema allows any JSON.
func (s *Schema) Violations(body []byte) []string {
	if strings.TrimSpace(string(body)) == "" {
		return []string{"the body is empty"}
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return []string{"the body is not JSON: " + err.Error()}
	}
	if s == nil || s.compiled == nil {
		return nil
	}
	return describeViolations(s.compiled.Validate(value))
}

// Undocumented lists the members of a JSON object that the schema does not name,
// sorted; none if the body is not an object.
func (s *Schema) Undocumented(body []byte) []string {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return nil
	}
	var unknown []string
	for name := range object {
		if !slices.Contains(s.Members(), name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// Smallest returns the smallest JSON value that the schema allows, {} if it is nil: an object with
// only its required members, the first of several alternatives, a constant, the
// first value of an enum, or else the zero value of the type within its limits. It
// does not derive a value from a pattern or a format, so the result may violate
// those.
func (s *Schema) Smallest() any {
	if s == nil {
		return map[string]any{}
	}
	return smallest(s.compiled, 0)
}

// deepest bounds schemas that contain themselves, and long lists.
const deepest = 8

func smallest(s *jsonschema.Schema, depth int) any {
	if s == nil || depth > deepest {
		return map[string]any{}
	}
	switch alternatives := slices.Concat(s.OneOf, s.AnyOf); {
	case s.Const != nil:
		return *s.Const
	case s.Enum != nil && len(s.Enum.Values) > 0:
		return s.Enum.Values[0]
	case s.Ref != nil:
		return smallest(s.Ref, depth+1)
	case len(alternatives) > 0 && len(s.Properties) == 0:
		return smallest(alternatives[0], depth+1)
	}
	kind := "object"
	if s.Types != nil && !slices.Contains(s.Types.ToStrings(), kind) && !s.Types.IsEmpty() {
		kind = s.Types.ToStrings()[0]
	}
	switch kind {
	case "string":
		return strings.Repeat("x", valueOf(s.MinLength))
	case "boolean":
		return false
	case "null":
		return nil
	case "integer", "number":
		return smallestNumber(s)
	case "array":
		values := []any{}
		items, _ := s.Items.(*jsonschema.Schema)
		for range min(valueOf(s.MinItems), deepest) {
			values = append(values, smallest(cmp.Or(s.Items2020, items), depth+1))
		}
		return values
	}
	members := map[string]any{}
	for _, part := range s.AllOf {
		if further, isObject := smallest(part, depth+1).(map[string]any); isObject {
			maps.Copy(members, further)
		}
	}
	for _, name := range s.Required {
		members[name] = smallest(s.Properties[name], depth+1)
	}
	return members
}

func smallestNumber(s *jsonschema.Schema) json.Number {
	number := new(big.Rat)
	if s.Minimum != nil && s.Minimum.Sign() > 0 {
		number = s.Minimum
	}
	if s.ExclusiveMinimum != nil && s.ExclusiveMinimum.Cmp(number) >= 0 {
		number = new(big.Rat).Add(s.ExclusiveMinimum, big.NewRat(1, 1))
	}
	if s.Maximum != nil && s.Maximum.Cmp(number) < 0 {
		number = s.Maximum
	}
	if number.IsInt() {
		return json.Number(number.RatString())
	}
	const digits = 9
	return json.Number(number.FloatString(digits))
}

func valueOf(limit *int) int {
	if limit == nil {
		return 0
	}
	return *limit
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
			place := "the body"
			if len(e.InstanceLocation) > 0 {
				place = "/" + strings.Join(e.InstanceLocation, "/")
			}
			lines = append(lines, place+": "+e.ErrorKind.LocalizedString(printer))
		}
	}
	walk(invalid)
	slices.Sort(lines)
	return lines
}
