package drift

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/spec"
)

// TestChangesOfSchemasKnowTheirDirection: what breaks a caller in a request may be
// compatible in a response, and the other way round.
func TestChangesOfSchemasKnowTheirDirection(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name, before, after string
		// The changes in the request and in the response.
		request, response string
	}{
		{"nothing", `{"type": "object"}`, `{"type": "object"}`, "", ""},
		{"another order", `{"enum": ["a", "b"], "required": ["x", "y"]}`, `{"enum": ["b", "a"], "required": ["y", "x"]}`, "", ""},
		{"words", `{"description": "a", "title": "b", "example": "c", "x-a": 1}`, `{"description": "d", "deprecated": true}`, "", ""},
		{"a member that comes", `{"properties": {}}`, `{"properties": {"a": {}}}`, "added compatible a", "added compatible a"},
		{"a required member that comes", `{"properties": {}}`, `{"properties": {"a": {}}, "required": ["a"]}`, "added breaking a", "added compatible a"},
		{"a member that goes", `{"properties": {"a": {}}, "required": ["a"]}`, `{"properties": {}}`, "removed breaking a", "removed breaking a"},
		{"one member for another", `{"properties": {"a": {}, "b": {}}}`, `{"properties": {"a": {}, "c": {}}}`, "removed breaking b, added compatible c", "removed breaking b, added compatible c"},
		{"a member that becomes required", `{"properties": {"a": {}}}`, `{"properties": {"a": {}}, "required": ["a"]}`, "changed breaking a", "changed compatible a"},
		{"a member that becomes optional", `{"properties": {"a": {}}, "required": ["a"]}`, `{"properties": {"a": {}}}`, "changed compatible a", "changed breaking a"},
		{"a nested member", `{"properties": {"a": {"properties": {}}}}`, `{"properties": {"a": {"properties": {"b": {}}}}}`, "added compatible a/b", "added compatible a/b"},
		{"a list", `{"properties": {"a": {"items": {"maxLength": 5}}}}`, `{"properties": {"a": {"items": {"maxLength": 4}}}}`, "changed breaking a/items", "changed compatible a/items"},
		{"a map", `{"additionalProperties": {"type": "string"}}`, `{"additionalProperties": {"type": "integer"}}`, "changed breaking *", "changed breaking *"},
		{"another type", `{"type": "string"}`, `{"type": "integer"}`, "changed breaking ", "changed breaking "},
		{"a wider type", `{"type": "integer"}`, `{"type": "number"}`, "changed compatible ", "changed breaking "},
		{"a narrower type", `{"type": ["string", "null"]}`, `{"type": "string"}`, "changed breaking ", "changed compatible "},
		{"null allowed", `{"type": "string", "nullable": false}`, `{"type": "string", "nullable": true}`, "changed compatible ", "changed breaking "},
		{"a value that comes", `{"enum": ["a"]}`, `{"enum": ["a", "b"]}`, "added compatible ", "added compatible "},
		{"a value that goes", `{"enum": ["a", "b"]}`, `{"enum": ["a"]}`, "removed breaking ", "removed compatible "},
		{"a first list of values", `{"type": "string"}`, `{"type": "string", "enum": ["a"]}`, "added breaking ", "added compatible "},
		{"no list of values", `{"type": "string", "enum": ["a"]}`, `{"type": "string"}`, "removed compatible ", "removed breaking "},
		{"a greater minimum", `{"minLength": 1}`, `{"minLength": 2}`, "changed breaking ", "changed compatible "},
		{"a smaller minimum", `{"minimum": 1.5}`, `{"minimum": 1}`, "changed compatible ", "changed breaking "},
		{"a greater maximum", `{"maxItems": 1}`, `{"maxItems": 2}`, "changed compatible ", "changed breaking "},
		{"a smaller maximum", `{"exclusiveMaximum": 3}`, `{"exclusiveMaximum": 2}`, "changed breaking ", "changed compatible "},
		{"a limit that comes", `{}`, `{"maxLength": 2}`, "changed breaking ", "changed compatible "},
		{"a limit that goes", `{"maxProperties": 0}`, `{}`, "changed compatible ", "changed breaking "},
		{"a pattern that comes", `{}`, `{"pattern": "^a"}`, "changed breaking ", "changed compatible "},
		{"another pattern", `{"pattern": "^b"}`, `{"pattern": "^a"}`, "changed breaking ", "changed breaking "},
		{"a constant", `{}`, `{"const": "a"}`, "changed breaking ", "changed compatible "},
		{"a format that goes", `{"format": "date"}`, `{}`, "changed compatible ", "changed breaking "},
		{"members closed", `{}`, `{"additionalProperties": false}`, "changed breaking ", "changed compatible "},
		{"members opened", `{"additionalProperties": false}`, `{"additionalProperties": true}`, "changed compatible ", "changed breaking "},
		{"no duplicates", `{"uniqueItems": false}`, `{"uniqueItems": true}`, "changed breaking ", "changed compatible "},
		{"another default", `{"default": 1}`, `{"default": 2}`, "changed compatible ", "changed compatible "},
		{"one more alternative", `{"oneOf": [{"type": "string"}]}`, `{"oneOf": [{"type": "string"}, {"type": "integer"}]}`, "changed compatible ", "changed breaking "},
		{"one fewer alternative", `{"anyOf": [{"minLength": 1}, {"maxLength": 2}]}`, `{"anyOf": [{"minLength": 1}]}`, "changed breaking ", "changed compatible "},
		{"one more condition", `{"allOf": [{"minLength": 1}]}`, `{"allOf": [{"minLength": 1}, {"maxLength": 2}]}`, "changed breaking ", "changed compatible "},
		{"a condition turned round", `{"not": {"const": 1}}`, `{"not": {"const": 2}}`, "changed breaking ", "changed breaking "},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			if got := schemaLines(t, one.before, one.after, true); got != one.request {
				t.Errorf("request: got %q, want %q", got, one.request)
			}
			if got := schemaLines(t, one.before, one.after, false); got != one.response {
				t.Errorf("response: got %q, want %q", got, one.response)
			}
		})
	}
}

// schemaLines compares two schemas as that of a request or of a response.
func schemaLines(t *testing.T, before, after string, request bool) string {
	t.Helper()
	read := func(text string) *source.Source {
		var schema map[string]any
		if err := json.Unmarshal([]byte(text), &schema); err != nil {
			t.Fatal(err)
		}
		call := source.Call{Method: "POST", Responses: map[string]map[string]any{"200": schema}}
		if request {
			call.Request, call.Responses = schema, nil
		}
		return &source.Source{Says: source.Topics(), Method: call}
	}
	comparison, err := Compare(read(before), read(after), &spec.Method{})
	if err != nil {
		t.Fatal(err)
	}
	var short []string
	for _, change := range comparison.Changes {
		path, _, in := strings.Cut(change.What, " in the ")
		if !in {
			path = ""
		}
		if !sentence.MatchString(change.Sentence) {
			t.Errorf("%q", change.Sentence)
		}
		short = append(short, fmt.Sprintf("%s %s %s", change.Kind, change.Class, path))
	}
	return strings.Join(short, ", ")
}

// TestAReferenceIsNoChange: what is written in place instead of referred to says the
// same.
func TestAReferenceIsNoChange(t *testing.T) {
	t.Parallel()
	const reference = `              schema:
                $ref: "#/components/schemas/RetryPortabilityArchiveResponse"
`
	inline := func(minimum string) string {
		return edited(t, description(), reference, `              schema:
                description: Response from retrying a Portability Archive.
                type: object
                required: [archiveJobId]
                properties:
                  archiveJobId: {type: string, minLength: `+minimum+`, description: The archive job ID that is initiated by the retry endpoint. This can be used to get the state of the new job.}
`)
	}
	if changes := append(lines(compared(t, description(), inline("1"))), lines(compared(t, inline("1"), description()))...); len(changes) != 0 {
		t.Error(changes)
	}
	if changes := lines(compared(t, inline("2"), description())); !slices.Equal(changes, []string{"changed breaking response: archiveJobId in the response of the method"}) {
		t.Error(changes)
	}
}

func TestErrorResponsesWithOneSchemaAreReportedOnce(t *testing.T) {
	t.Parallel()
	comparison := compared(t, description(), edited(t, description(), "        message:\n          type: string", "        message:\n          type: integer"))
	if len(comparison.Changes) != 2 || comparison.Changes[0].Sentence != "The type of error/message in the error responses 400, 401, 403, 404, default is integer, no longer string." ||
		comparison.Changes[1].Sentence != "The type of error/message in the error responses 401, 403, 404, default for the state is integer, no longer string." {
		t.Errorf("%v", comparison.Changes)
	}
}

func TestResponsesComeAndGo(t *testing.T) {
	t.Parallel()
	read := func(statuses ...string) *source.Source {
		call := source.Call{Method: "POST", Responses: map[string]map[string]any{}}
		for _, status := range statuses {
			call.Responses[status] = map[string]any{"type": "object"}
		}
		return &source.Source{Says: source.Topics(), Method: call}
	}
	comparison, err := Compare(read("200", "400", "404"), read("201", "400", "409"), &spec.Method{})
	if want := []string{"removed breaking response: response 200", "added compatible response: response 201",
		"added compatible error responses: response 409", "removed compatible error responses: response 404"}; err != nil || !slices.Equal(lines(comparison), want) {
		t.Errorf("got %q, want %q, %v", lines(comparison), want, err)
	}
}
