package openapi

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/pb33f/go-yaml"

	"github.com/dpconform/dpconform/spec"
)

// forms lists all the forms.
func forms() []Form {
	var all []Form
	for _, plain := range []bool{false, true} {
		for _, asJSON := range []bool{false, true} {
			for _, older := range []bool{false, true} {
				all = append(all, Form{plain, asJSON, older})
			}
		}
	}
	return all
}

func mustConvert(t *testing.T, text string, form Form) (string, []string) {
	t.Helper()
	converted, notes, err := Convert(spec.Description{Name: "x.yaml", Text: []byte(text)}, form)
	if err != nil {
		t.Fatal(err)
	}
	return string(converted), notes
}

func TestShippedDescriptions(t *testing.T) {
	t.Parallel()
	for _, method := range spec.Shipped() {
		shipped, err := spec.Embedded(method)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range forms() {
			t.Run(fmt.Sprintf("%s %+v", method, form), func(t *testing.T) {
				t.Parallel()
				testShipped(t, shipped, form)
			})
		}
	}
	if text, _ := mustConvert(t, "a : # odd, and not even OpenAPI", Form{}); text != "a : # odd, and not even OpenAPI" {
		t.Errorf("without a form the text changes to %q", text)
	}
}

// ourWords are words about tests of the method.
var ourWords = regexp.MustCompile(`(?i)\b(suite|tests?|tested|requirements?|catalogue|(dp)?conform\w*|judged?)\b`)

// testShipped checks that a form of a description is valid and, unless it is plain,
// a description of the same method.
func testShipped(t *testing.T, shipped spec.Description, form Form) {
	text, notes := mustConvert(t, string(shipped.Text), form)
	if len(notes) > 0 {
		t.Errorf("notes: %q", notes)
	}
	converted := spec.Description{Name: "converted", Text: []byte(text)}
	if err := converted.Validate(); err != nil {
		t.Error(err)
	}
	if form.JSON && !json.Valid([]byte(text)) {
		t.Error("malformed JSON")
	}
	if version := map[bool]string{false: "3.1.0", true: version30}[form.Version30]; !strings.Contains(text[:40], version) {
		t.Errorf("it begins with %q, want version %s", text[:40], version)
	}
	if form.Plain {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(strings.Trim(line, ` "`), "x-") {
				t.Errorf("an extension is left: %s", line)
			}
			// Generators copy these texts into the documentation of a client.
			if word := ourWords.FindString(line); word != "" && !strings.Contains(line, "github.com") && !strings.Contains(line, "name") {
				t.Errorf("%q is about this program, not the method: %s", word, line)
			}
		}
		return
	}
	before, err := spec.Load(shipped)
	if err != nil {
		t.Fatal(err)
	}
	after, err := spec.Load(converted)
	if err != nil {
		t.Fatal(err)
	}
	if len(after.Requirements) != len(before.Requirements) || len(after.Scopes) != len(before.Scopes) || after.Revision != before.Revision {
		t.Errorf("%d requirements, %d scopes, revision %s", len(after.Requirements), len(after.Scopes), after.Revision)
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	text, _ := mustConvert(t, `openapi: 3.1.0
info: {title: x, version: "1", x-revision: y, x-of-others: z}
# of the paths
paths:
  /x/{y}:
    # of the operation
    post:
      # of the extension
      x-requirements: &shared
        - {id: a}
      x-google-http-rule: *shared
      x-generator-hint: *shared
components:
  schemas:
    # A name, not an extension.
    x-requirements:
      properties: {x-requirements: {type: string}}
      example: {x-requirements: 1}
      x-requirements: 2
`, Form{Plain: true})
	for _, kept := range []string{"x-of-others: z", "# of the paths", "# of the operation", "x-generator-hint:", "- {id: a}", "# A name",
		"    x-requirements:\n", "properties: {x-requirements: {type: string}}", "example: {x-requirements: 1}"} {
		if !strings.Contains(text, kept) {
			t.Errorf("without %q:\n%s", kept, text)
		}
	}
	for _, dropped := range []string{"x-revision", "# of the extension", "x-google-http-rule", "x-requirements: 2", "&shared", "*shared"} {
		if strings.Contains(text, dropped) {
			t.Errorf("with %q:\n%s", dropped, text)
		}
	}
}

// TestVersion30 compares schemas of 3.1 with what they are in 3.0.
func TestVersion30(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ schema, want string }{
		{`{type: [string, "null"]}`, `{"type": "string", "nullable": true}`},
		{`{type: [string]}`, `{"type": "string"}`},
		{`{type: [string, integer, "null"]}`, `{"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": true}`},
		{`{type: [string, array], anyOf: [{}]}`, `{"anyOf": [{}], "allOf": [{"anyOf": [{"type": "string"}, {"type": "array", "items": {}}]}]}`},
		{`{type: "null"}`, `{"enum": [null], "nullable": true}`},
		{`{anyOf: [{type: string}, {type: "null"}]}`, `{"nullable": true, "allOf": [{"type": "string"}]}`},
		{`{oneOf: [{type: string}, {type: object}, {type: "null"}]}`, `{"oneOf": [{"type": "string"}, {"type": "object"}], "nullable": true}`},
		{`{const: a}`, `{"enum": ["a"]}`},
		{`{examples: [a, b]}`, `{"example": "a"}`},
		{`{type: integer, exclusiveMinimum: 1, exclusiveMaximum: 9}`, `{"type": "integer", "minimum": 1, "maximum": 9, "exclusiveMinimum": true, "exclusiveMaximum": true}`},
		{`{$ref: "#/components/schemas/Other", description: d}`, `{"description": "d", "allOf": [{"$ref": "#/components/schemas/Other"}]}`},
		{`{type: string, contentEncoding: base64}`, `{"type": "string", "format": "byte"}`},
		{`{type: string, contentMediaType: application/octet-stream}`, `{"type": "string", "format": "binary"}`},
		{`{properties: {a: true, const: false, examples: {const: 1}}, additionalProperties: false}`,
			`{"properties": {"a": {}, "const": {"not": {}}, "examples": {"enum": [1]}}, "additionalProperties": false}`},
		{`{required: [], example: {const: 1}, default: {type: [a]}, enum: [{const: 1}]}`, `{"example": {"const": 1}, "default": {"type": ["a"]}, "enum": [{"const": 1}]}`},
	} {
		text, notes := mustConvert(t, "openapi: 3.1.1\ninfo: {title: x, version: '1'}\ncomponents: {schemas: {Other: {}, S: "+one.schema+"}}", Form{JSON: true, Version30: true})
		var whole struct {
			Paths      map[string]any
			Components struct{ Schemas map[string]any }
		}
		var want any
		if err := json.Unmarshal([]byte(text), &whole); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(one.want), &want); err != nil {
			t.Fatal(err)
		}
		if got := marshal(whole.Components.Schemas["S"]); got != marshal(want) || whole.Paths == nil || len(notes) > 0 {
			t.Errorf("%s: got %s, want %s; notes %q", one.schema, got, marshal(want), notes)
		}
	}
}

func marshal(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

func TestVersion30OfADocument(t *testing.T) {
	t.Parallel()
	text, notes := mustConvert(t, `openapi: 3.1.0
info: {title: x, version: "1", summary: short, license: {name: A, identifier: Apache-2.0}}
jsonSchemaDialect: https://example.com
webhooks:
  hook: {}
paths:
  /x:
    get:
      parameters: [{$ref: "#/components/parameters/P", description: more}]
components:
  parameters:
    P: {name: p, in: query, schema: {patternProperties: {a: {}}}}
`, Form{Version30: true})
	var got struct {
		Info  map[string]any
		Paths yaml.Node
	}
	if err := yaml.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if marshal(got.Info) != `{"description":"short","license":{"name":"A","url":"https://spdx.org/licenses/Apache-2.0.html"},"title":"x","version":"1"}` {
		t.Errorf("info is %s", marshal(got.Info))
	}
	for _, dropped := range []string{"jsonSchemaDialect", "webhooks", "more", "patternProperties"} {
		if strings.Contains(text, dropped) {
			t.Errorf("with %s:\n%s", dropped, text)
		}
	}
	want := []string{"x.yaml:5: OpenAPI 3.0 has no webhooks: it is left out", "x.yaml:12: OpenAPI 3.0 has no patternProperties: it is left out"}
	if strings.Join(notes, "\n") != strings.Join(want, "\n") {
		t.Errorf("notes are %q, want %q", notes, want)
	}
}

func TestAliases(t *testing.T) {
	t.Parallel()
	text, _ := mustConvert(t, "a: &a {k: 1, l: 2}\nb: {<<: *a, l: 3}\nc: *a\n", Form{JSON: true})
	if got := strings.Join(strings.Fields(text), ""); got != `{"a":{"k":1,"l":2},"b":{"l":3,"k":1},"c":{"k":1,"l":2}}` {
		t.Error(got)
	}
	bomb := "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
	for level := range 9 {
		this, below := string(rune('1'+level)), string(rune('0'+level))
		bomb += "a" + this + ": &a" + this + " [" + strings.TrimSuffix(strings.Repeat("*a"+below+", ", 10), ", ") + "]\n"
	}
	_, _, err := Convert(spec.Description{Name: "bomb.yaml", Text: []byte(bomb)}, Form{JSON: true})
	if err == nil || !strings.HasPrefix(err.Error(), "bomb.yaml") || strings.Contains(err.Error(), "\n") {
		t.Errorf("an alias bomb: %v", err)
	}
}
