package spec

import (
	"errors"
	"strings"
	"testing"
)

const (
	firstID          = "path.template"
	firstRequirement = "        - id: " + firstID + "\n"
	firstLevel       = "          level: documented\n"
	firstQuote       = "          quote: POST https://dataportability.googleapis.com/v1/{name=archiveJobs/*}:retry\n"
	firstSource      = "          source: https://developers.google.com/data-portability/reference/rest/v1/archiveJobs/retry#body.HTTP_TEMPLATE\n"
	autofillScope    = "        - oauth2: [https://www.googleapis.com/auth/dataportability.chrome.autofill]\n"
	retryPath        = "  /v1/archiveJobs/{archiveJob}:retry:\n"
	statePath        = "  /v1/archiveJobs/{archiveJob}/portabilityArchiveState:\n"
	retryOperation   = "    post:\n"
	stateOperation   = "    get:\n"
)

// broken is one edit that makes a description wrong.
type broken struct {
	name     string
	old, new string
	// place is the passage of the edited text that the error points to. It is empty
	// for the first line, and anywhere where the line says nothing.
	place string
	// says are parts of the message.
	says []string
}

const anywhere = "anywhere"

// cut returns a passage of the description, from one text up to another.
func cut(t *testing.T, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(embeddedText(), from)
	passage, _, foundEnd := strings.Cut(rest, to)
	if !found || !foundEnd {
		t.Fatalf("the description has no %q with %q after it", from, to)
	}
	return from + passage
}

func (b broken) check(t *testing.T, base string) {
	t.Run(b.name, func(t *testing.T) {
		t.Parallel()
		text := replaced(t, base, b.old, b.new)
		method, err := loadEdited(text)
		var mistake *Error
		if !errors.As(err, &mistake) || method != nil || mistake.File != "edited.openapi.yaml" {
			t.Fatalf("method %v, error %v", method, err)
		}
		before, _, found := strings.Cut(text, b.place)
		if line := 1 + strings.Count(before, "\n"); b.place != anywhere && (!found || mistake.Line != line) && (b.place != "" || mistake.Line != 1) {
			t.Errorf("%s: want line %d", err, line)
		}
		for _, part := range b.says {
			if !strings.Contains(mistake.Message, part) {
				t.Errorf("%q does not say %q", mistake.Message, part)
			}
		}
		if strings.Contains(mistake.Message, "\n") {
			t.Errorf("%q has more than one line", mistake.Message)
		}
	})
}

func TestBrokenDescriptionsAreRefusedWithTheirLine(t *testing.T) {
	t.Parallel()
	const getOperation, link = `"dataportability.archiveJobs.getPortabilityArchiveState", which the description does not have`, "no link from $response.body#/"
	const secondScope = "        - oauth2: [https://www.googleapis.com/auth/dataportability.alerts.subscriptions]\n"
	for _, test := range []broken{
		// Requirements.
		{"without source", firstSource, "", firstRequirement, []string{firstID, "has no source"}},
		{"with an empty source", firstSource, "          source: ''\n", firstRequirement, []string{firstID, "has no source"}},
		{"without quote", firstQuote, "", firstRequirement, []string{firstID, "has no quote"}},
		{"without statement", "          statement: A POST to the path with one id and the verb `:retry` MUST reach the method.\n", "",
			firstRequirement, []string{firstID, "has no statement"}},
		{"neither MUST nor SHOULD", "`:retry` MUST reach the method.", "`:retry` reaches the method.",
			firstRequirement, []string{firstID, "neither MUST nor SHOULD"}},
		{"without id", firstRequirement + firstLevel, "        - level: documented\n", "        - level: documented\n", []string{"without an id"}},
		{"an id without aspect", "- id: " + firstID, "- id: path", "        - id: path\n", []string{`"path"`, "aspect.name"}},
		{"an unknown level", firstLevel, "          level: documentd\n", firstRequirement,
			[]string{firstID, `"documentd"`, "documented, platform, inferred"}},
		{"an unknown key", firstLevel, "          levl: documented\n", "          levl:",
			[]string{`"levl"`, "id, level, statement, quote, source, note, expect"}},
		{"an unknown key of expect", `expect: {status: ["200"]}`, `expect: {statuses: ["200"]}`, "          expect: {statuses", []string{`"statuses"`, "status, code"}},
		{"a key twice", firstLevel, firstLevel + firstLevel, firstLevel + "          statement: A POST", []string{"level", "already"}},
		{"a level of another type", firstLevel, "          level: [documented]\n", "          level: [documented]", []string{"requirement"}},
		{"a text instead", firstRequirement, "        - something\n" + firstRequirement, "        - something\n", []string{"must be a mapping"}},
		{"a status that is none", `expect: {status: ["200"]}`, `expect: {status: [OK]}`, firstRequirement, []string{firstID, `"OK"`}},
		{"an expectation of another type", `expect: {status: ["200"]}`, `expect: {status: 5}`, "          expect: {status: 5}", []string{"requirement"}},
		{"no list", "      x-requirements:\n", "      x-requirements: all\n      x-other:\n", "      x-requirements: all", []string{"x-requirements", "list"}},
		{"an empty list", "      x-requirements:\n", "      x-requirements: []\n      x-other:\n", "      x-requirements: []", []string{"x-requirements", "list"}},
		{"an id twice", "- id: path.one-segment\n", "- id: " + firstID + "\n", anywhere, []string{firstID, "is already in line"}},
		{"no list for clients", "x-client-requirements:\n        # ---- http\n", "x-client-requirements: 5\n      x-nothing:\n", "      x-client-requirements: 5", []string{"must be a list of requirements"}},
		{"an id of clients twice", "- id: client.path.collection", "- id: client.path.method", anywhere, []string{"client.path.method is already in line"}},
		{"an id of both", "- id: client.path.collection", "- id: body.empty", anywhere, []string{"body.empty is already in line"}},

		// The operation.
		{"no requirements", "      x-requirements:", "      x-other:", "paths:\n", []string{"no operation has x-requirements"}},
		{"requirements twice", stateOperation, stateOperation + "      x-requirements: []\n", stateOperation,
			[]string{"two operations", "dataportability.archiveJobs.retry and dataportability.archiveJobs.getPortabilityArchiveState"}},
		{"a broken pattern", "pattern: ^[^/]+$", "pattern: ^[^/+$", "        pattern: ^[^/+$", []string{"the pattern of archiveJob", "missing closing ]"}},
		{"a pattern that Go does not read", "pattern: ^[^/]+$", "pattern: ^(?!x)", "        pattern: ^(?!x)", []string{"the pattern of archiveJob"}},
		{"another parameter", retryPath, "  /v1/archiveJobs/{job}:retry:\n", retryOperation, []string{"does not describe its path parameter job"}},
		{"two parameters", retryPath, "  /v1/{a}/{archiveJob}:retry:\n", retryOperation, []string{"/v1/{a}/{archiveJob}:retry", "more than one {parameter}"}},
		{"no parameter", retryPath, "  /v1/archiveJobs:retry:\n", retryOperation, []string{"/v1/archiveJobs:retry", "no {parameter}"}},
		{"no successful response", `        "200":`, `        "302":`, retryOperation, []string{"archiveJobs.retry has no successful response (2xx)"}},
		{"a successful response without schema", `              schema:
                $ref: "#/components/schemas/RetryPortabilityArchiveResponse"
`, "              example: {}\n", retryOperation, []string{"archiveJobs.retry has no successful response (2xx) with a schema"}},
		{"another link", "archiveJob: $response.body#/archiveJobId", "archiveJob: $request.path.archiveJob", retryOperation, []string{"response 200 of dataportability.archiveJobs.retry", link}},
		{"no states", "      enum: [STATE", "      x-enum: [STATE", stateOperation, []string{"getPortabilityArchiveState", "no member with an enum"}},
		{"no operation", cut(t, retryPath, statePath), "", "paths:\n", []string{"no operation has x-requirements"}},
		{"no other operation", cut(t, statePath, "components:\n"), "", retryOperation, []string{getOperation}},
		{"no links", cut(t, "          links:\n", `        "400":`), "", retryOperation, []string{link}},
		{"no paths", cut(t, "paths:\n", "components:\n"), "", "", []string{"no operation has x-requirements"}},
		{"a scope twice", autofillScope, secondScope, anywhere, []string{"scope https://www.googleapis.com/auth/dataportability.alerts.subscriptions is in security twice"}},
		{"two scopes", autofillScope, "        - oauth2: [a.b, c.d]\n", "        - oauth2: [a.b", []string{"exactly one scope; this one names 2"}},
		{"no scope", autofillScope, "        - oauth2: []\n", "        - oauth2: []", []string{"exactly one scope; this one names 0"}},
		{"no scheme", autofillScope, "        - {}\n", "        - {}", []string{"exactly one scope; this one names 0"}},
		{"no security", cut(t, "      security:\n", "      x-reference-page:\n"), "", retryOperation, []string{"names no OAuth scope"}},

		// Extensions.
		{"no retryable states", "      x-accepted-states: [FAILED]\n", "", retryOperation, []string{"x-accepted-states is missing"}},
		{"retryable states of another type", "x-accepted-states: [FAILED]", "x-accepted-states: {a: b}", "      x-accepted-states:", []string{"x-accepted-states"}},
		{"an unknown retryable state", "x-accepted-states: [FAILED]", "x-accepted-states: [FAILED, BROKEN]", "      x-accepted-states:",
			[]string{"x-accepted-states", `"BROKEN"`, "IN_PROGRESS, COMPLETE, FAILED, CANCELLED"}},
		{"no unspecified state", "      x-unspecified-state: STATE_UNSPECIFIED\n", "", retryOperation, []string{"x-unspecified-state is missing"}},
		{"no unrelated scope", "      x-unrelated-scope: https://www.googleapis.com/auth/userinfo.email\n", "", retryOperation, []string{"x-unrelated-scope is missing"}},
		{"an unrelated scope that is documented", "x-unrelated-scope: https://www.googleapis.com/auth/userinfo.email",
			"x-unrelated-scope: https://www.googleapis.com/auth/dataportability.maps.reviews", "      x-unrelated-scope", []string{"x-unrelated-scope", "documented"}},
		{"no codes", "      x-google-rpc-codes:\n", "      x-other:\n", retryOperation, []string{"x-google-rpc-codes is missing"}},
		{"a code without a number", "        OK: 200", "        OK: fine", "        OK: fine", []string{"x-google-rpc-codes", "fine"}},
		{"no page", "      x-reference-page:\n", "      x-other:\n", retryOperation, []string{"x-reference-page is missing"}},
		{"a page of another type", `        updated: "2025-07-25"`, "        updated: [1]", "        updated: [1]", []string{"x-reference-page"}},
		{"an unknown key of the page", `        updated: "2025-07-25"`, "        updatd: x", "        updatd: x", []string{"x-reference-page", `"updatd"`, "url, updated, licence, sentences"}},
		{"a system parameter of another type", "        - {name: alt, example: json}", "        - 5", "        - 5", []string{"x-system-parameters"}},
		{"a link to an unknown operation", "operationId: dataportability.archiveJobs.getPortabilityArchiveState\n              description",
			"operationId: dataportability.archiveJobs.gone\n              description", retryOperation, []string{`"dataportability.archiveJobs.gone"`, "which the description does not have"}},
		{"a reference to nothing", "schemas/RetryPortabilityArchiveResponse", "schemas/Gone", anywhere, []string{"#/components/schemas/Gone"}},
		{"a parameter that refers to nothing", "parameters/archiveJob", "parameters/gone", anywhere, []string{"#/components/parameters/gone"}},
		{"a schema of no type", "Response from retrying a Portability Archive.\n      type: object", "Response.\n      type: thing", anywhere, []string{"the schema of response 200"}},

		// The document.
		{"swagger 2", "openapi: 3.1.0", `swagger: "2.0"`, "", []string{`its version is "2.0"`}},
		{"openapi 4", "openapi: 3.1.0", "openapi: 4.0.0", "", []string{`its version is "4.0.0"`}},
		{"no info", cut(t, "info:\n", "externalDocs:\n"), "", "", []string{"missing property 'info'"}},
		{"no servers", cut(t, "servers:\n", "tags:\n"), "", "", []string{"no servers"}},
		{"an empty server", "  - url: https://dataportability.googleapis.com\n", "  - url: ''\n", "", []string{"no servers"}},
		{"an empty list of servers", "servers:\n  - url: https://dataportability.googleapis.com\n", "servers: []\n", "", []string{"no servers"}},
		{"a number for get", cut(t, stateOperation, "components:\n"), "    get: 5\n", anywhere, []string{"portabilityArchiveState/get: got number, want object"}},
		{"a number for post", cut(t, retryOperation, statePath), "    post: 5\n", anywhere, []string{":retry/post: got number, want object"}},
		{"a status of none", `        "200":`, `        "0200":`, anywhere, []string{"not a valid OpenAPI document", "post/responses/0200"}},
		{"a wrong title", "  title: Data Portability API, archiveJobs.retry\n", "  title: 5\n", "  title: 5\n", []string{"at /info/title: got number, want string"}},

		// YAML.
		{"a tab", "  title: Data", "\ttitle: Data", "\ttitle", []string{"not readable as YAML", "character"}},
		{"a line too far left", firstLevel, "         level: documented\n", "         level: documented\n", []string{"not readable as YAML"}},
		{"two colons", "  title: Data", "  title: Data: x", "  title: Data: x", []string{"not readable as YAML", "mapping values"}},
		{"an unknown anchor", "operationId: dataportability.archiveJobs.retry", "operationId: *gone", "      operationId: *gone", []string{"not readable as YAML", "gone"}},
		{"an open list", "openapi: 3.1.0", "openapi: [3.1.0", anywhere, []string{"not readable as YAML"}},
		{"an open quotation", "title: Data", `title: "Data`, anywhere, []string{"not readable as YAML"}},
		{"a NUL byte", "title: Data", "title: \x00", anywhere, []string{"not readable as YAML"}},
	} {
		test.check(t, embeddedText())
	}
	for text, says := range map[string]string{
		`{"a": 1}`: "not an OpenAPI 3 document", "# nothing\n": "not an OpenAPI 3 document", "something": "not an OpenAPI 3 document",
		"- a\n- b\n": "not an OpenAPI 3 document", "openapi: 3.1.0\n": "not a valid OpenAPI document",
	} {
		broken{text, text, text, "", []string{says}}.check(t, text)
	}
	broken{"empty", "x", "", "", []string{"not an OpenAPI 3 document"}}.check(t, "x")
}

// smallDescription is a sound description with one scope and one requirement, in
// which a few changed bytes hit something that matters.
const smallDescription = `openapi: 3.1.0
info: {title: small, version: "1"}
servers: [{url: "http://127.0.0.1:1"}]
paths:
  /jobs/{id}:retry:
    post:
      operationId: retry
      parameters: [{name: id, in: path, required: true, schema: {type: string, pattern: "^[^/]+$"}}]
      x-accepted-states: [FAILED]
      x-unspecified-state: NONE
      x-unrelated-scope: other
      x-system-parameters: [{name: alt, example: json}]
      x-google-rpc-codes: {NOT_FOUND: 404}
      x-reference-page: {url: "https://example.com/page", sentences: [It retries.]}
      x-requirements:
        - {id: body.empty, level: documented, statement: It MUST be., quote: It retries., source: "https://example.com/page", expect: {status: ["200"]}}
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
	t.Parallel()
	method := mustLoad(t, smallDescription)
	if len(method.Scopes) != 1 || len(method.Requirements) != 1 || len(method.ClientRequirements) != 0 || len(method.States) != 2 || method.IDField != "id" {
		t.Errorf("%+v", method)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(Default().Text)
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
	for _, text := range []string{"", "\n", "#", "a", "- a", "openapi: 3.1.0\npaths: {}", "%YAML 9", "\ufeff", "? a\n: b"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		method, err := loadEdited(string(text))
		var mistake *Error
		switch {
		case err == nil && (method == nil || len(method.Scopes) == 0 || len(method.Requirements) == 0):
			t.Errorf("no error and no method: %+v", method)
		case err == nil:
		case !errors.As(err, &mistake):
			t.Errorf("an error of type %T: %v", err, err)
		case method != nil || mistake.File != "edited.openapi.yaml" || mistake.Message == "" || strings.Contains(mistake.Message, "\n"):
			t.Errorf("method %v with the error %q", method, mistake.Message)
		case mistake.Line < 0 || mistake.Line > linesOfYAML(text):
			t.Errorf("the error %q in line %d", mistake.Message, mistake.Line)
		}
	})
}

// linesOfYAML counts lines with every line break of YAML 1.1, and the end of the
// text as a line of its own.
func linesOfYAML(text []byte) int {
	lines := 2
	for _, end := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
		lines += strings.Count(string(text), end)
	}
	return lines
}
