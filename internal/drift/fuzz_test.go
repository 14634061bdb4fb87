package drift

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/sourcetest"
	"github.com/dpconform/dpconform/spec"
)

// smallDescription is a description that can be edited everywhere.
const smallDescription = `openapi: 3.1.0
info: {title: small, version: "1"}
servers:
  - url: http://127.0.0.1:1
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
      x-reference-page: {url: "https://example.com/page", updated: "2025-01-01", sentences: [It retries.]}
      x-requirements:
        - {id: retry.body.empty, level: documented, statement: It MUST be., quote: It retries., source: "https://example.com/page"}
      security:
        - oauth2: [some.scope]
      responses:
        "200":
          description: good
          content: {application/json: {schema: {$ref: "#/components/schemas/Answer"}}}
          links: {state: {operationId: archiveJobs.getPortabilityArchiveState, parameters: {id: "$response.body#/id"}}}
  /jobs/{id}/state:
    get:
      operationId: archiveJobs.getPortabilityArchiveState
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: good
          content: {application/json: {schema: {type: object, properties: {state: {type: string, enum: [NONE, FAILED, DONE]}}}}}
components:
  schemas:
    Answer:
      type: object
      properties:
        id: {type: string}
  securitySchemes:
    oauth2:
      type: oauth2
      flows:
        implicit:
          authorizationUrl: https://x.example
          scopes:
            some.scope: Some
`

// FuzzUpdate: whatever a source says, a description is edited to one that loads
// and that a second update leaves as it is, or it is refused. What the comparison
// finds can be written in every form.
func FuzzUpdate(f *testing.F) {
	for _, words := range sourcetest.Languages {
		f.Add([]byte(sourcetest.Text(words, "https://www.googleapis.com/auth/dataportability.a.b")))
	}
	f.Add([]byte(sourcetest.Markdown(f)))
	f.Add([]byte(strings.Replace(sourcetest.Text(sourcetest.Languages[0], "https://www.googleapis.com/auth/a"), `string`, `[ { "a": enum (B) } ]`, 1)))
	f.Add([]byte(`{"discoveryVersion": "v1", "revision": "20260102", "rootUrl": "https://x/", "auth": {"oauth2": {"scopes": {"s:a": {"description": "# a: b"}}}},
		"resources": {"archiveJobs": {"methods": {"retry": {"id": "archiveJobs.retry", "httpMethod": "PUT", "path": "v1/{+name}:retry", "scopes": ["s:a"],
		"parameters": {"name": {"location": "path", "pattern": "^jobs/[^/]+$"}}, "response": {"$ref": "A"}}}}},
		"schemas": {"A": {"type": "object", "properties": {"archiveJobId": {"type": "any"}, "more": {"type": "string", "enum": ["a"]}}}}}`))
	// By that name it is not held against the schema of OpenAPI each time, which
	// takes longer than all the rest.
	small := spec.Description{Name: spec.EmbeddedName, Text: []byte(smallDescription)}
	f.Fuzz(func(t *testing.T, text []byte) {
		source, err := spec.ReadSurface(spec.Description{Name: "fuzzed", Text: text})
		if err != nil {
			return
		}
		update, err := UpdateDescription(small, source)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("not one line: %q", err)
			}
			return
		}
		if _, err := spec.Load(update.After); err != nil {
			t.Fatalf("it does not load: %s", err)
		}
		again, err := UpdateDescription(update.After, source)
		if err != nil || !bytes.Equal(again.After.Text, update.After.Text) {
			t.Errorf("the second time: %v, applied %v", err, again.Applied)
		}
		comparison, err := Compare(source, source, nil)
		if err != nil || len(comparison.Changes) != 0 {
			t.Errorf("it drifts from itself: %v, %v", err, comparison.Changes)
		}
		if err := WriteMarkdown(io.Discard, comparison); err != nil {
			t.Error(err)
		}
		Text{Out: io.Discard, Width: 80}.WriteUpdate(update)
	})
}
