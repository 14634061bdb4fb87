package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/sourcetest"
)

// smallDiscovery is a discovery document with two scopes and what the method
// needs.
const smallDiscovery = `{
  "discoveryVersion": "v1", "revision": "20260102", "rootUrl": "https://dataportability.googleapis.com/", "servicePath": "",
  "parameters": {"alt": {"type": "string"}, "key": {"type": "string"}},
  "auth": {"oauth2": {"scopes": {
    "https://www.googleapis.com/auth/dataportability.a.one": {"description": "Move one"},
    "https://www.googleapis.com/auth/dataportability.a.two": {"description": "Move two"}}}},
  "resources": {"archiveJobs": {"methods": {
    "retry": {"id": "dataportability.archiveJobs.retry", "httpMethod": "POST", "path": "v1/{+name}:retry", "flatPath": "v1/archiveJobs/{archiveJobsId}:retry",
      "description": "Retries a job.", "parameters": {"name": {"location": "path", "pattern": "^archiveJobs/[^/]+$"}},
      "request": {"$ref": "Request"}, "response": {"$ref": "Response"},
      "scopes": ["https://www.googleapis.com/auth/dataportability.a.one", "https://www.googleapis.com/auth/dataportability.a.two"]},
    "getPortabilityArchiveState": {"id": "dataportability.archiveJobs.getPortabilityArchiveState", "httpMethod": "GET", "path": "v1/{+name}",
      "parameters": {"name": {"location": "path", "pattern": "^archiveJobs/[^/]+/portabilityArchiveState$"}}, "response": {"$ref": "State"},
      "scopes": ["https://www.googleapis.com/auth/dataportability.a.one", "https://www.googleapis.com/auth/dataportability.a.two"]}}}},
  "schemas": {
    "Request": {"id": "Request", "type": "object", "properties": {}},
    "Response": {"id": "Response", "type": "object", "properties": {"archiveJobId": {"type": "string", "description": "The new job."}}},
    "State": {"id": "State", "type": "object", "properties": {"again": {"$ref": "State"}, "when": {"type": "string", "format": "google-datetime"},
      "state": {"type": "string", "enum": ["NONE", "FAILED"], "enumDescriptions": ["Unused.", "It failed."]}}}}
}`

func TestADiscoveryDocumentIsRead(t *testing.T) {
	read := surface(t, "small.json", smallDiscovery)
	if read.Provenance.Kind != DiscoverySource || read.Provenance.Revision != "20260102" || read.Provenance.Date != "2026-01-02" {
		t.Errorf("%+v", read.Provenance)
	}
	for got, want := range map[string]string{
		read.Endpoint:                           "https://dataportability.googleapis.com",
		read.Retry.Method:                       "POST",
		read.Retry.Path.String():                "/v1/archiveJobs/{id}:retry",
		read.Retry.IDPattern:                    "^[^/]+$",
		read.ReadState.Path.String():            "/v1/archiveJobs/{id}/portabilityArchiveState",
		strings.Join(read.States, " "):          "NONE FAILED",
		read.StateField:                         "state",
		read.Scopes[1].Description:              "Move two",
		read.Descriptions["state FAILED"]:       "It failed.",
		strings.Join(read.SystemParameters, ""): "altkey",
		textOf(mappingOf(mappingOf(read.ReadState.Answers["200"]["properties"])["when"])["format"]): "date-time",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestABrokenDiscoveryDocumentSaysWhatItLacks(t *testing.T) {
	for _, one := range []struct{ old, changed, says string }{
		{`"id": "dataportability.archiveJobs.retry"`, `"id": "dataportability.archiveJobs.again"`, "archiveJobs.retry"},
		{`"rootUrl": "https://dataportability.googleapis.com/"`, `"rootUrl": ""`, "address"},
		{`"response": {"$ref": "Response"}`, `"response": {"$ref": "Gone"}`, `"Gone"`},
		{`"httpMethod": "POST"`, `"httpMethod": ""`, "httpMethod"},
		{`"path": "v1/{+name}:retry"`, `"path": "v1/retry"`, "0 variables"},
		{`"scopes": ["https://www.googleapis.com/auth/dataportability.a.one", `, `"scopes": ["https://www.googleapis.com/auth/dataportability.a.six", `, "a.six"},
		{`"https://www.googleapis.com/auth/dataportability.a.two"]},
    "get`, `"https://www.googleapis.com/auth/dataportability.a.one"]},
    "get`, "twice"},
		{`["https://www.googleapis.com/auth/dataportability.a.one", "https://www.googleapis.com/auth/dataportability.a.two"]},
    "get`, `[]},
    "get`, "OAuth scope"},
		{`"response": {"$ref": "Response"},`, ``, "the answer"},
		{`"properties": {"archiveJobId"`, `"properties": 5, "x": {"archiveJobId"`, ""},
	} {
		changed := strings.Replace(smallDiscovery, one.old, one.changed, 1)
		if changed == smallDiscovery {
			t.Fatalf("%q changes nothing", one.old)
		}
		read, err := ReadSurface(Description{Name: "small.json", Text: []byte(changed)})
		if one.says == "" {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), one.says) {
			t.Errorf("%q: %v, %v", one.changed, err, read)
			continue
		}
		checkSourceError(t, err)
	}
}

// TestGooglesDiscoveryDocuments holds the documents of several dates against
// what is known of them.
func TestGooglesDiscoveryDocuments(t *testing.T) {
	for _, one := range []struct {
		release, version, revision string
		scopes                     int
		cached                     bool
	}{
		{"v0.175.0", "v1", "20240410", 63, true},
		{"v0.215.0", "v1", "20241209", 65, true},
		{"v0.222.0", "v1", "20250212", 66, false},
		{"v0.243.0", "v1", "20250715", 66, false},
		{"v0.243.0", "v1beta", "20250715", 66, false},
		{"v0.267.0", "v1", "20260105", 72, true},
		{"v0.311.0", "v1", "20260719", 73, false},
	} {
		t.Run(one.release+" "+one.version, func(t *testing.T) {
			get := sourcetest.Discovery
			if one.cached {
				get = sourcetest.Cached
			}
			read := surface(t, one.release, string(get(t, one.release, one.version)))
			if read.Provenance.Revision != one.revision || len(read.Scopes) != one.scopes {
				t.Errorf("revision %s, %d scopes", read.Provenance.Revision, len(read.Scopes))
			}
			if place := read.Retry.Path.String(); place != "/"+one.version+"/archiveJobs/{id}:retry" || read.Retry.IDPattern != "^[^/]+$" {
				t.Errorf("%s with %s", place, read.Retry.IDPattern)
			}
			if len(read.States) != 5 || !read.ReadState.There() {
				t.Errorf("states %v", read.States)
			}
		})
	}
}

func TestACutDiscoveryDocumentIsAnError(t *testing.T) {
	text := sourcetest.Discovery(t, "v0.311.0", "v1")
	for percent := range 100 {
		_, err := ReadSurface(Description{Name: "cut.json", Text: text[:len(bytes.TrimSpace(text))*percent/100]})
		if err == nil {
			t.Fatalf("cut at %d %%: understood", percent)
		}
		checkSourceError(t, err)
	}
}

// TestHostileSources: what is made to exhaust a reader is refused, soon enough
// that the test ends.
func TestHostileSources(t *testing.T) {
	if testing.Short() {
		t.Skip("one after the other, and nothing for the race detector; it runs without -short")
	}
	var aliases, references strings.Builder
	aliases.WriteString("openapi: 3.1.0\na0: &a0 [x]\n")
	references.WriteString(`{"discoveryVersion": "v1", "rootUrl": "https://x/", "resources": {"archiveJobs": {"methods": {"retry": {"id": "a.archiveJobs.retry", ` +
		`"httpMethod": "POST", "path": "v1/{+name}:retry", "parameters": {"name": {"location": "path", "pattern": "^archiveJobs/[^/]+$"}}, ` +
		`"response": {"$ref": "M0"}, "scopes": ["s"]}}}}, "auth": {"oauth2": {"scopes": {"s": {}}}}, "schemas": {`)
	schemas := "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n  /v1/a/{x}:retry:\n    post:\n      responses: {'200': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/M0'}}}}}\ncomponents:\n  schemas:\n"
	const levels, width = 12, 12
	for level := range levels {
		fmt.Fprintf(&aliases, "a%d: &a%d [%s]\n", level+1, level+1, strings.Repeat(fmt.Sprintf("*a%d,", level), width))
		members := make([]string, width)
		for i := range members {
			members[i] = fmt.Sprintf(`"m%d": {"$ref": "M%d"}`, i, level+1)
		}
		fmt.Fprintf(&references, `"M%d": {"type": "object", "properties": {%s}}, `, level, strings.Join(members, ", "))
		schemas += fmt.Sprintf("    M%d: {type: object, properties: {%s}}\n", level, strings.ReplaceAll(strings.Join(members, ", "), `"M`, `"#/components/schemas/M`))
	}
	fmt.Fprintf(&references, `"M%d": {}}}`, levels)
	schemas += fmt.Sprintf("    M%d: {type: string}\n", levels)
	for name, text := range map[string]string{
		"aliases of aliases":            aliases.String(),
		"references of references":      references.String(),
		"references of OpenAPI":         schemas,
		"deep JSON":                     `{"discoveryVersion": ` + strings.Repeat("[", 200_000) + "}",
		"deep YAML":                     "openapi: " + strings.Repeat("[", 100_000),
		"deep YAML that is closed":      "openapi: " + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000),
		"deep HTML":                     strings.Repeat("<div>", 200_000),
		"deep HTML around a page":       strings.Repeat("<b><div>", 60_000) + sourcetest.Request + " https://www.googleapis.com/auth/",
		"an unclosed script":            "<script>" + strings.Repeat("[null,null,[", 100_000),
		"a deep message":                sourcetest.Request + strings.Repeat(`{"a":`, 100_000) + "https://www.googleapis.com/auth/a OAuth 2.0",
		"braces":                        sourcetest.Request + strings.Repeat(`{`, 400_000) + "https://www.googleapis.com/auth/a OAuth 2.0",
		"lines":                         sourcetest.Request + strings.Repeat("\n|---|\n", 100_000) + "https://www.googleapis.com/auth/a OAuth 2.0",
		"a deep list beside":            sourcetest.Request + " https://www.googleapis.com/auth/a\n[null,null,[" + strings.Repeat("[", 200_000),
		"a hundred thousand scopes":     `{"discoveryVersion": "v1"}` + strings.Repeat(" ", 7<<20) + "{",
		"an entity without an end":      "<p>&" + strings.Repeat("a", 1<<20),
		"an attribute without an end":   "<p a='" + strings.Repeat("a", 1<<20),
		"a reference that leads itself": "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {$ref: '#/paths'}\n",
		"an alias that leads itself":    "openapi: 3.1.0\na: &a [*a]\n",
	} {
		t.Run(name, func(t *testing.T) {
			read, err := ReadSurface(Description{Name: "hostile", Text: []byte(text)})
			if err == nil {
				t.Fatalf("understood as %+v", read.Provenance)
			}
			checkSourceError(t, err)
			t.Log(err)
		})
	}
}

func TestAMessageInsideItselfEnds(t *testing.T) {
	read := surface(t, "small.json", smallDiscovery)
	text, err := json.Marshal(read.ReadState.Answers)
	if err != nil || !slices.Contains([]string{"state"}, read.StateField) || len(text) > 1000 {
		t.Errorf("%s, %v", text, err)
	}
}
