package spec

import (
	"errors"
	"strings"
	"testing"
)

func TestBrokenExtensionsAreRefusedWithTheirLine(t *testing.T) {
	for _, test := range []broken{
		{"no retryable states", "      x-retryable-states: [FAILED]\n", "", retryOperation, []string{"lacks x-retryable-states"}},
		{"retryable states of another type", "x-retryable-states: [FAILED]", "x-retryable-states: {a: b}", "      x-retryable-states:", []string{"x-retryable-states"}},
		{"no unspecified state", "      x-unspecified-state: STATE_UNSPECIFIED\n", "", retryOperation, []string{"lacks x-unspecified-state"}},
		{"no unrelated scope", "      x-unrelated-scope: https://www.googleapis.com/auth/userinfo.email\n", "", retryOperation, []string{"lacks x-unrelated-scope"}},
		{"no codes", "      x-google-rpc-codes:\n", "      x-other:\n", retryOperation, []string{"lacks x-google-rpc-codes"}},
		{"no page", "      x-reference-page:\n", "      x-other:\n", retryOperation, []string{"lacks x-reference-page"}},
		{"a system parameter of another type", "        - {name: alt, example: json}", "        - 5", "        - 5", []string{"x-system-parameters"}},
	} {
		test.run(t)
	}
}

// Where these point to within the file is not held here.
func TestBrokenValuesOfExtensionsAreNamed(t *testing.T) {
	for _, test := range []struct {
		name, old, new string
		says           []string
	}{
		{"an unknown retryable state", "x-retryable-states: [FAILED]", "x-retryable-states: [FAILED, BROKEN]",
			[]string{"x-retryable-states", `"BROKEN"`, "IN_PROGRESS, COMPLETE, FAILED, CANCELLED"}},
		{"a code without a number", "        OK: 200", "        OK: fine", []string{"x-google-rpc-codes", "fine"}},
		{"a page of another type", `        updated: "2025-07-25"`, "        updated: [1]", []string{"x-reference-page"}},
		{"an unrelated scope that is documented", "x-unrelated-scope: https://www.googleapis.com/auth/userinfo.email",
			"x-unrelated-scope: https://www.googleapis.com/auth/dataportability.maps.reviews", []string{"x-unrelated-scope", "documented"}},
		{"a link to an unknown operation", "operationId: dataportability.archiveJobs.getPortabilityArchiveState\n              description",
			"operationId: dataportability.archiveJobs.gone\n              description", []string{`"dataportability.archiveJobs.gone"`, "which the description lacks"}},
		{"a reference to nothing", "schemas/RetryPortabilityArchiveResponse", "schemas/Gone", []string{"#/components/schemas/Gone"}},
		{"a parameter that refers to nothing", "parameters/archiveJob", "parameters/gone", []string{"#/components/parameters/gone"}},
		{"a schema of no type", "Response from retrying a Portability Archive.\n      type: object", "Response.\n      type: thing", []string{"the schema of answer 200"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantNamed(t, replaced(t, embeddedText(), test.old, test.new), test.says...)
		})
	}
}

// wantNamed loads a text that must be refused by the name of what is wrong.
func wantNamed(t *testing.T, text string, says ...string) {
	t.Helper()
	contract, err := loadEdited(text)
	var mistake *DescriptionError
	if !errors.As(err, &mistake) || contract != nil || mistake.File != "edited.openapi.yaml" {
		t.Fatalf("contract %v, error %v", contract, err)
	}
	for _, part := range says {
		if !strings.Contains(mistake.Message, part) {
			t.Errorf("%q does not say %q", mistake.Message, part)
		}
	}
}

func TestWhatIsNotOpenAPIIsRefusedInItsFirstLine(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		says string
	}{
		"swagger 2":           {replaced(t, embeddedText(), "openapi: 3.1.0", `swagger: "2.0"`), `its version is "2.0"`},
		"openapi 4":           {replaced(t, embeddedText(), "openapi: 3.1.0", "openapi: 4.0.0"), `its version is "4.0.0"`},
		"a plain object":      {`{"a": 1}`, "not an OpenAPI 3 document"},
		"empty":               {"", "not an OpenAPI 3 document"},
		"only a comment":      {"# nothing here\n", "not an OpenAPI 3 document"},
		"a text":              {"something", "not an OpenAPI 3 document"},
		"a list":              {"- a\n- b\n", "not an OpenAPI 3 document"},
		"nothing in it":       {"openapi: 3.1.0\n", "not a valid OpenAPI document"},
		"no info":             {without(t, embeddedText(), "info:\n", "externalDocs:\n"), "missing property 'info'"},
		"no servers":          {without(t, embeddedText(), "servers:\n", "tags:\n"), "no servers"},
		"an empty server":     {replaced(t, embeddedText(), "  - url: https://dataportability.googleapis.com\n", "  - url: ''\n"), "no servers"},
		"an empty list of it": {replaced(t, embeddedText(), "servers:\n  - url: https://dataportability.googleapis.com\n", "servers: []\n"), "no servers"},
	} {
		t.Run(name, func(t *testing.T) { wantMistake(t, test.text, 1, test.says) })
	}
}

func TestWhatIsNotYAMLIsRefusedWithItsLine(t *testing.T) {
	for _, test := range []broken{
		{"a tab", "  title: Data", "\ttitle: Data", "\ttitle", []string{"not readable as YAML", "character"}},
		{"a line too far left", firstLevel, "         level: documented\n", "         level: documented\n", []string{"not readable as YAML"}},
		{"two colons", "  title: Data", "  title: Data: x", "  title: Data: x", []string{"not readable as YAML", "mapping values"}},
		{"an unknown anchor", "operationId: dataportability.archiveJobs.retry", "operationId: *gone", "      operationId: *gone",
			[]string{"not readable as YAML", "gone"}},
	} {
		test.run(t)
	}
	// Of these the reader sees the end at best.
	wantNamed(t, replaced(t, embeddedText(), "openapi: 3.1.0", "openapi: [3.1.0"), "not readable as YAML")
	wantNamed(t, replaced(t, embeddedText(), "title: Data", `title: "Data`), "not readable as YAML")
	wantNamed(t, embeddedText()+"\x00", "not readable as YAML")
}

func TestBrokenStructureIsRefusedWithItsPlace(t *testing.T) {
	withoutState := without(t, embeddedText(), stateOperation, "components:\n")
	withoutRetry := without(t, embeddedText(), retryOperation, statePath)
	for name, test := range map[string]struct{ text, says string }{
		"a number for get":  {replaced(t, withoutState, "components:\n", "    get: 5\ncomponents:\n"), "portabilityArchiveState/get: got number, want object"},
		"a number for post": {replaced(t, withoutRetry, statePath, "    post: 5\n"+statePath), ":retry/post: got number, want object"},
		"a status of none":  {replaced(t, embeddedText(), `        "200":`, `        "0200":`), "post/responses/0200"},
		"a wrong title":     {replaced(t, embeddedText(), "  title: Data Portability API, archiveJobs.retry\n", "  title: 5\n"), "at /info/title: got number, want string"},
	} {
		t.Run(name, func(t *testing.T) { wantNamed(t, test.text, "not a valid OpenAPI document", test.says) })
	}
}
