package spec

import (
	"testing"

	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/pb33f/libopenapi/json"
	"github.com/pb33f/libopenapi/orderedmap"
)

// TestExamplesAreValid: each body of a shipped description has an example, and
// each example is valid by the schema of its body.
func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	for _, method := range Shipped() {
		description, err := Embedded(method)
		if err != nil {
			t.Fatal(err)
		}
		model, err := buildModel(description)
		if err != nil {
			t.Fatal(err)
		}
		loader := &loader{file: description.Name, model: model}
		err = loader.operations(func(path, verb string, _ *v3.PathItem, operation *v3.Operation) error {
			where := verb + " " + path
			if operation.RequestBody != nil {
				testExamples(t, where+": request", operation.RequestBody.Content)
			}
			for status, response := range operation.Responses.Codes.FromOldest() {
				testExamples(t, where+": response "+status, response.Content)
			}
			if operation.Responses.Default == nil {
				t.Errorf("%s has no default response", where)
				return nil
			}
			testExamples(t, where+": default response", operation.Responses.Default.Content)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func testExamples(t *testing.T, where string, content *orderedmap.Map[string, *v3.MediaType]) {
	t.Helper()
	for mediaType, body := range content.FromOldest() {
		schema, err := compileSchema(body.Schema)
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		if body.Examples.Len() == 0 {
			t.Errorf("%s: no example of %s", where, mediaType)
		}
		for name, example := range body.Examples.FromOldest() {
			text, err := json.YAMLNodeToJSON(example.Value, "")
			if err != nil {
				t.Fatalf("%s: example %s: %v", where, name, err)
			}
			for _, violation := range schema.Violations(text) {
				t.Errorf("%s: example %s: %s", where, name, violation)
			}
		}
	}
}
