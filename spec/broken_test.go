package spec

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// own is a requirement that no set has, the first of ownText.
const (
	ownID        = "path.own"
	ownFirstLine = "        - id: " + ownID + "\n"
	ownLevel     = "          level: documented\n"
	ownStatement = "          statement: The rest of it MUST be refused.\n"
	ownQuote     = "          quote: The rest of it is refused.\n"
	ownSource    = "          source: https://example.com/page\n"
	ownExpect    = "          expect: {status: [4xx]}\n"
	own          = ownFirstLine + ownLevel + ownStatement + ownQuote + ownSource + ownExpect
)

// ownText is the shipped description with one more requirement.
func ownText(t testing.TB) string {
	return replaced(t, embeddedText(), "      x-requirements:\n", "      x-requirements:\n"+own)
}

const (
	autofillScope  = "        - oauth2: [https://www.googleapis.com/auth/dataportability.chrome.autofill]\n"
	retryPath      = "  /v1/archiveJobs/{archiveJob}:retry:\n"
	statePath      = "  /v1/archiveJobs/{archiveJob}/portabilityArchiveState:\n"
	retryOperation = "    post:\n"
	stateOperation = "    get:\n"
	effect         = "      x-effect: "
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

// refined is the beginning of a requirement of the set transcoding, as the
// shipped description refines it.
const (
	refinedFirstLine = "        - id: path.verb\n"
	refined          = refinedFirstLine + "          set: transcoding\n          level: documented\n"
)

const anywhere = "anywhere"

// cut returns a passage of the description, from one text up to another.
func cut(t *testing.T, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(ownText(t), from)
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
			t.Fatalf("a method: %t, error %v", method != nil, err)
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
	const getOperation, link = `"dataportability.archiveJobs.getPortabilityArchiveState", which the description does not have`, "x-effect: starts needs a link from $response.body#/… in response 200"
	const secondScope = "        - oauth2: [https://www.googleapis.com/auth/dataportability.alerts.subscriptions]\n"
	for _, test := range []broken{
		{"a rule without a field", "x-google-http-rule: v1/{name=archiveJobs/*}:retry", "x-google-http-rule: v1/archiveJobs:retry", "      x-google-http-rule: v1/archiveJobs:retry",
			[]string{`"v1/archiveJobs:retry" binds no field to {archiveJob}`, "v1/{name=jobs/*}:stop"}},
		// Requirements.
		{"without source", ownSource, "", ownFirstLine, []string{ownID, "has no source"}},
		{"with an empty source", ownSource, "          source: ''\n", ownFirstLine, []string{ownID, "has no source"}},
		{"without quote", ownQuote, "", ownFirstLine, []string{ownID, "has no quote"}},
		{"without statement", ownStatement, "", ownFirstLine, []string{ownID, "has no statement"}},
		{"neither MUST nor SHOULD", "rest of it MUST be refused", "rest of it is refused", ownFirstLine, []string{ownID, "neither MUST nor SHOULD"}},
		{"without id", ownFirstLine + ownLevel, "        - level: documented\n", "        - level: documented\n", []string{"without an id"}},
		{"an id without aspect", "- id: " + ownID, "- id: path", "        - id: path\n", []string{`"path"`, "aspect.name"}},
		{"an unknown level", ownLevel, "          level: documentd\n", ownFirstLine, []string{ownID, `"documentd"`, "documented, platform or inferred"}},
		{"an unknown key", ownLevel, "          levl: documented\n", "          levl:", []string{`"levl"`, "id, level, statement, quote, source, note, fix, expect, set, draft"}},
		{"an unknown key of expect", ownExpect, "          expect: {statuses: [4xx]}\n", "          expect: {statuses", []string{`"statuses"`, "status, code"}},
		{"a key twice", ownLevel, ownLevel + ownLevel, ownLevel + ownStatement, []string{"level", "already"}},
		{"a level of another type", ownLevel, "          level: [documented]\n", "          level: [documented]", []string{"requirement"}},
		{"a text instead", ownFirstLine, "        - something\n" + ownFirstLine, "        - something\n", []string{"must be a mapping"}},
		{"a status that is none", ownExpect, "          expect: {status: [OK]}\n", ownFirstLine, []string{ownID, `"OK"`}},
		{"an expectation of another type", ownExpect, "          expect: {status: 5}\n", "          expect: {status: 5}", []string{"requirement"}},
		{"no list", "      x-requirements:\n", "      x-requirements: all\n      x-other:\n", "      x-requirements: all", []string{"x-requirements", "list"}},
		{"an id twice", own, own + own, anywhere, []string{ownID, "is already in edited.openapi.yaml:"}},
		{"an id of a set", "- id: " + ownID, "- id: path.case", "        - id: path.case\n", []string{"path.case is already in the set transcoding, in spec/sets/transcoding.yaml:", `"set: transcoding" refines it`}},
		{"no list for clients", "      x-client-requirements:\n", "      x-client-requirements: 5\n      x-nothing:\n", "      x-client-requirements: 5", []string{"must be a list of requirements"}},
		{"an id of both", "      x-client-requirements:\n", "      x-client-requirements:\n" + own, anywhere, []string{ownID + " is already in edited.openapi.yaml:"}},

		// Refined requirements.
		{"refined twice", refined, refined + refined, anywhere, []string{"path.verb is already in edited.openapi.yaml:"}},
		{"of a set that is not named", "transcoding, ", "", "          set: transcoding\n", []string{`the set "transcoding" is not listed in x-requirement-sets`}},
		{"of another set", ownLevel, ownLevel + "          set: bearer\n", ownFirstLine, []string{`the set bearer, in spec/sets/bearer.yaml, has no requirement "path.own"`}},
		{"a refined statement without force", refinedFirstLine, refinedFirstLine + "          statement: It is so.\n", refinedFirstLine, []string{"path.verb", "neither MUST nor SHOULD"}},

		// Sets.
		{"an unknown set", "[transcoding, ", "[transcodin, ", "      x-requirement-sets: ", []string{`the set "transcodin"`, "bearer, changed-job", "or a file that ends in .yaml"}},
		{"an empty set", "[transcoding, ", "['', ", "      x-requirement-sets: ", []string{`the set ""`}},
		{"a set twice", "[transcoding, ", "[transcoding, transcoding, ", anywhere, []string{"the set transcoding is already named"}},
		{"a file that is not there", "[transcoding, ", "[gone.yaml, ", "      x-requirement-sets: ", []string{"the set gone.yaml: no such file"}},
		{"no list of sets", "x-requirement-sets: [", "x-requirement-sets: all\n      x-nothing: [", "      x-requirement-sets: all", []string{"x-requirement-sets must be a list"}},

		// The operation.
		{"no requirements", cut(t, "      x-requirement-sets:", "      x-client-requirements:"), "", "paths:\n", []string{"no operation has x-requirements or x-requirement-sets"}},
		{"only empty lists", cut(t, "      x-requirement-sets:", "  /v1/archiveJobs/{archiveJob}/port"), "      x-requirements: []\n", "      x-requirements: []", []string{"has no requirements: name sets in x-requirement-sets"}},
		{"requirements twice", stateOperation, stateOperation + "      x-requirements: []\n", stateOperation,
			[]string{"two operations", "dataportability.archiveJobs.retry and dataportability.archiveJobs.getPortabilityArchiveState"}},
		{"a required query parameter without an example", retryPath + "    parameters:\n", retryPath + "    parameters:\n      - {name: text, in: query, required: true, schema: {type: string}}\n",
			"      - {name: text, ", []string{"the query parameter text of", "give it an example"}},
		{"a broken pattern", "pattern: ^[^/]+$", "pattern: ^[^/+$", "        pattern: ^[^/+$", []string{"the pattern of archiveJob", "missing closing ]"}},
		{"a pattern that Go does not read", "pattern: ^[^/]+$", "pattern: ^(?!x)", "        pattern: ^(?!x)", []string{"the pattern of archiveJob"}},
		{"another parameter", retryPath, "  /v1/archiveJobs/{job}:retry:\n", retryOperation, []string{"does not describe its path parameter job"}},
		{"two parameters", retryPath, "  /v1/{a}/{archiveJob}:retry:\n", retryOperation, []string{"/v1/{a}/{archiveJob}:retry", "more than one {parameter}"}},
		{"no parameter", retryPath, "  /v1/archiveJobs:retry:\n", retryOperation, []string{"/v1/archiveJobs:retry", "no {parameter}"}},
		{"no successful response", `        "200":`, `        "302":`, retryOperation, []string{"archiveJobs.retry has no successful response (2xx)"}},
		{"a successful response without schema", `              schema:
                $ref: "#/components/schemas/RetryPortabilityArchiveResponse"
`, "              example: {}\n", retryOperation, []string{"archiveJobs.retry has no successful response (2xx) with a schema"}},
		{"another link", "archiveJob: $response.body#/archiveJobId", "archiveJob: $request.path.archiveJob", effect, []string{link}},
		{"no states", "      enum: [STATE", "      x-enum: [STATE", stateOperation, []string{"getPortabilityArchiveState", "no member with an enum"}},
		{"no operation", cut(t, retryPath, statePath), "", "paths:\n", []string{"no operation has x-requirements"}},
		{"no other operation", cut(t, statePath, "components:\n"), "", retryOperation, []string{getOperation}},
		{"no paths", cut(t, "paths:\n", "components:\n"), "", "", []string{"no operation has x-requirements"}},
		{"a scope twice", autofillScope, secondScope, anywhere, []string{"scope https://www.googleapis.com/auth/dataportability.alerts.subscriptions is in security twice"}},
		{"two scopes", autofillScope, "        - oauth2: [a.b, c.d]\n", "        - oauth2: [a.b", []string{"exactly one scope; this one names 2"}},
		{"no scope", autofillScope, "        - oauth2: []\n", "        - oauth2: []", []string{"exactly one scope; this one names 0"}},
		{"no scheme", autofillScope, "        - {}\n", "        - {}", []string{"exactly one scope; this one names 0"}},

		// Extensions.
		{"no accepted states", "x-accepted-states: [FAILED]", "x-accepted-states: []", "      x-accepted-states:", []string{"x-accepted-states names no state", "or leave it out"}},
		{"an accepted state twice", "x-accepted-states: [FAILED]", "x-accepted-states: [FAILED, FAILED]", "      x-accepted-states:", []string{`x-accepted-states names "FAILED" twice`}},
		{"an unknown unspecified state", "x-unspecified-state: STATE_UNSPECIFIED", "x-unspecified-state: UNKNOWN", "      x-unspecified-state:",
			[]string{`x-unspecified-state names "UNKNOWN", which is not one of the states STATE_UNSPECIFIED, IN_PROGRESS`}},
		{"a misspelt effect", "x-effect: starts", "x-efect: starts", "      x-efect:", []string{"unknown extension x-efect: did you mean x-effect?"}},
		{"misspelt sets", "      x-requirement-sets: [", "      x-requirement-set: [", "      x-requirement-set:", []string{"unknown extension x-requirement-set: did you mean x-requirement-sets?"}},
		{"retryable states of another type", "x-accepted-states: [FAILED]", "x-accepted-states: {a: b}", "      x-accepted-states:", []string{"x-accepted-states"}},
		{"an unknown retryable state", "x-accepted-states: [FAILED]", "x-accepted-states: [FAILED, BROKEN]", "      x-accepted-states:",
			[]string{"x-accepted-states", `"BROKEN"`, "IN_PROGRESS, COMPLETE, FAILED, CANCELLED"}},
		{"an unrelated scope that is documented", "        - https://www.googleapis.com/auth/calendar\n",
			"        - https://www.googleapis.com/auth/dataportability.maps.reviews\n", "        - https://www.googleapis.com/auth/dataportability.maps.reviews", []string{"x-unrelated-scope", "documented"}},
		{"one unrelated scope", "      x-unrelated-scopes:\n", "      x-unrelated-scope:\n", "        - https://www.googleapis.com/auth/userinfo.email", []string{"unknown extension x-unrelated-scope: did you mean x-unrelated-scopes?"}},
		{"an unrelated scope twice", "        - https://www.googleapis.com/auth/calendar\n",
			"        - https://www.googleapis.com/auth/userinfo.email\n", "        - https://www.googleapis.com/auth/userinfo.email\n        - https://www.googleapis.com/auth/drive", []string{"x-unrelated-scopes", "twice"}},
		{"a code without a number", "        OK: 200", "        OK: fine", "        OK: fine", []string{"x-google-rpc-codes", "fine"}},
		{"a page of another type", `        updated: "2025-07-25"`, "        updated: [1]", "        updated: [1]", []string{"x-reference-page"}},
		{"an unknown key of the page", `        updated: "2025-07-25"`, "        updatd: x", "        updatd: x", []string{"x-reference-page", `"updatd"`, "url, updated, licence, sentences"}},
		{"a system parameter of another type", "        - {name: alt, example: json}", "        - 5", "        - 5", []string{"x-system-parameters"}},
		{"a link to an unknown operation", "operationId: dataportability.archiveJobs.getPortabilityArchiveState\n              description",
			"operationId: dataportability.archiveJobs.gone\n              description", retryOperation, []string{`"dataportability.archiveJobs.gone"`, "which the description does not have"}},
		{"a reference to nothing", "schemas/RetryPortabilityArchiveResponse", "schemas/Gone", anywhere, []string{"#/components/schemas/Gone"}},
		{"a parameter that refers to nothing", "parameters/archiveJob", "parameters/gone", anywhere, []string{"#/components/parameters/gone"}},
		{"a schema of no type", "Response from retrying a Portability Archive.\n      type: object", "Response.\n      type: thing", anywhere, []string{"the schema of response 200"}},

		{"an unknown effect", "x-effect: starts", "x-effect: begins", effect, []string{`x-effect is "begins": want starts or changes`}},
		{"an effect of another type", "x-effect: starts", "x-effect: [starts]", effect, []string{"x-effect"}},
		{"an effect without its link", "x-effect: starts", "x-effect: changes", effect, []string{"x-effect: changes needs a link from $request.path.… in response 200"}},
		{"a resulting state of another effect", "x-effect: starts", "x-effect: starts\n      x-resulting-states: [COMPLETE]", "      x-resulting-states", []string{"x-resulting-states needs x-effect: changes"}},

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
		{"a tab", "  title: Data", "\ttitle: Data", "\ttitle", []string{"invalid YAML", "character"}},
		{"a line too far left", ownLevel, "         level: documented\n", "         level: documented\n", []string{"invalid YAML"}},
		{"two colons", "  title: Data", "  title: Data: x", "  title: Data: x", []string{"invalid YAML", "a colon stands where no key can be"}},
		{"an unknown anchor", "operationId: dataportability.archiveJobs.retry", "operationId: *gone", "      operationId: *gone", []string{"invalid YAML", "gone"}},
		{"an open list", "openapi: 3.1.0", "openapi: [3.1.0", anywhere, []string{"invalid YAML"}},
		{"an open quotation", "title: Data", `title: "Data`, anywhere, []string{"invalid YAML"}},
		{"a NUL byte", "title: Data", "title: \x00", "title: \x00", []string{"a NUL byte"}},
	} {
		test.check(t, ownText(t))
	}
	for text, says := range map[string]string{
		"# nothing\n": "it is empty", "null": "it is empty", "---\n": "it is empty", "~\n": "it is empty", "\n \n": "it is empty",
		"something": "it is a single value, and not a mapping with the key openapi", `"x"`: "it is a single value", "42": "it is a single value",
		"<html>": "it is a single value", "- a\n- b\n": "it is a list, and not a mapping with the key openapi", "[]": "it is a list",
		`{"a": 1}`: "it has no key openapi", "{}": "it has no key openapi", "a: &x [*x]\n": "it has no key openapi",
		"openapi: [3]\npaths: {}\n": `its version is "", and not 3.0 or 3.1`, "openapi: 2.0\npaths: {}\n": `its version is "2.0", and not`, "openapi: 3.1.0\n": "it has no key paths",
		"openapi: x\npaths: {}\n": "x", "openapi: 3\npaths: {}\n": "3", "openapi:\npaths: {}\n": "version", "swagger: '2.0'\n": `its version is "2.0"`,
	} {
		broken{text, text, text, "", []string{"not an OpenAPI 3 document: ", says}}.check(t, text)
	}
	broken{"empty", "x", "", "", []string{"not an OpenAPI 3 document: it is empty"}}.check(t, "x")
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
      x-unrelated-scopes: [other]
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
		case err == nil && (method == nil || len(method.Requirements) == 0):
			t.Errorf("no error and no method: %t", method == nil)
		case err == nil:
		case !errors.As(err, &mistake):
			t.Errorf("an error of type %T: %v", err, err)
		case method != nil || mistake.File != "edited.openapi.yaml" || mistake.Message == "" || strings.Contains(mistake.Message, "\n"):
			t.Errorf("a method: %t, with the error %q", method != nil, mistake.Message)
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

func TestASecondDocumentIsRefused(t *testing.T) {
	t.Parallel()
	text := ownText(t)
	_, err := loadEdited(text + "---\na: b\n")
	if want := fmt.Sprintf("edited.openapi.yaml:%d: a second YAML document begins here, and only one is read; remove one, or put it into a file of its own", 1+strings.Count(text, "\n")); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
