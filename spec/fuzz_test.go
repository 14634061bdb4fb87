package spec

import (
	"errors"
	"strings"
	"testing"
)

// smallDescription is a sound description with one scope and one requirement,
// in which a few changed bytes hit something that matters.
const smallDescription = `openapi: 3.1.0
info: {title: small, version: "1"}
servers: [{url: "http://127.0.0.1:1"}]
paths:
  /jobs/{id}:retry:
    post:
      operationId: retry
      parameters: [{name: id, in: path, required: true, schema: {type: string, pattern: "^[^/]+$"}}]
      x-retryable-states: [FAILED]
      x-unspecified-state: NONE
      x-unrelated-scope: other
      x-system-parameters: [{name: alt, example: json}]
      x-google-rpc-codes: {NOT_FOUND: 404}
      x-reference-page: {url: "https://example.com/page", sentences: [It retries.]}
      x-requirements:
        - {id: retry.body.empty, level: documented, statement: It MUST be., quote: It retries., source: "https://example.com/page", expect: {status: ["200"]}}
      security: [{oauth2: [some.scope]}]
      responses:
        "200":
          description: good
          content: {application/json: {schema: {type: object, required: [id], properties: {id: {type: string}}}}}
          links: {state: {operationId: read, parameters: {id: "$response.body#/id"}}}
  /jobs/{id}/state:
    get:
      operationId: read
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: good
          content: {application/json: {schema: {type: object, properties: {state: {type: string, enum: [NONE, FAILED, DONE]}}}}}
`

func TestASmallDescriptionIsEnough(t *testing.T) {
	contract := mustLoad(t, smallDescription)
	if len(contract.Scopes) != 1 || len(contract.Requirements) != 1 || len(contract.States) != 2 || contract.IDField != "id" {
		t.Errorf("%+v", contract)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(Embedded().Text)
	f.Add([]byte(smallDescription))
	for _, edit := range [][2]string{
		{"openapi: 3.1.0", `swagger: "2.0"`}, {"openapi: 3.1.0", "openapi: 3"}, {"x-requirements", "x-other"},
		{"[FAILED]", "[OTHER]"}, {`"^[^/]+$"`, `"["`}, {"properties: {id: {type: string}}", "type: true"},
		{"post:", "post: 5\n    put:"}, {"{oauth2: [some.scope]}", "{}"}, {`"200":`, `"302":`}, {"{type: string, enum", "{$ref: '#/gone', enum"},
		{"It MUST be.", "&a [*a]"}, {"info:", "info: &i {a: *i}\nx:"}, {"title: small", "title: \x00"}, {"responses:", "responses: null\n      x-a:"},
		{"schema: {type: object, required", "schema: {$ref: '#/paths', required"}, {"links: {state", "links: {$ref: '#/x', state"},
	} {
		f.Add([]byte(strings.Replace(smallDescription, edit[0], edit[1], 1)))
	}
	for _, text := range []string{"", "\n", "#", "a", "- a", `{"a": 1}`, "openapi: 3.1.0", "openapi: 3.1.0\npaths: {}", "%YAML 9", "\ufeff", "? a\n: b"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		contract, err := loadEdited(string(text))
		var mistake *DescriptionError
		switch {
		case err == nil && (contract == nil || len(contract.Scopes) == 0 || len(contract.Requirements) == 0):
			t.Errorf("no error and no contract: %+v", contract)
		case err == nil:
		case !errors.As(err, &mistake):
			t.Errorf("an error of type %T: %v", err, err)
		case contract != nil || mistake.File != "edited.openapi.yaml" || mistake.Message == "" || strings.Contains(mistake.Message, "\n"):
			t.Errorf("contract %v with the error %q", contract, mistake.Message)
		case mistake.Line < 0 || mistake.Line > linesAsYAMLCounts(text):
			t.Errorf("the error %q in line %d", mistake.Message, mistake.Line)
		}
	})
}

// linesAsYAMLCounts counts lines with every line break of YAML 1.1, and the end
// of the text as a line of its own.
func linesAsYAMLCounts(text []byte) int {
	lines := 2
	for _, end := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
		lines += strings.Count(string(text), end)
	}
	return lines
}
