package source

import (
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/sourcetest"
	"github.com/dpconform/dpconform/spec"
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
	t.Parallel()
	read := mustParse(t, "small.json", smallDiscovery)
	if read.Provenance.Kind != Discovery || read.Provenance.Revision != "20260102" || read.Provenance.Date != "2026-01-02" {
		t.Errorf("%+v", read.Provenance)
	}
	state := read.ReadState.Responses["200"]
	for got, want := range map[string]string{
		read.Endpoint:                                     "https://dataportability.googleapis.com",
		read.Method.Method:                                "POST",
		read.Method.Path.String():                         "/v1/archiveJobs/{id}:retry",
		read.Method.IDPattern:                             "^[^/]+$",
		read.ReadState.Path.String():                      "/v1/archiveJobs/{id}/portabilityArchiveState",
		strings.Join(read.States, " "):                    "NONE FAILED",
		read.StateField:                                   "state",
		read.Scopes[1].Description:                        "Move two",
		read.Descriptions["state FAILED"]:                 "It failed.",
		strings.Join(read.SystemParameters, ""):           "altkey",
		scalar(at(state, "properties", "when", "format")): "date-time",
		form(mapping(at(state, "properties", "again"))):   "", // a message inside itself ends
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestABrokenDiscoveryDocumentSaysWhatItLacks(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ old, changed, says string }{
		{`"id": "dataportability.archiveJobs.retry", "httpMethod": "POST", "path": "v1/{+name}:retry", "flatPath": "v1/archiveJobs/{archiveJobsId}:retry"`,
			`"id": "dataportability.archiveJobs.again", "httpMethod": "POST", "path": "v1/{+name}:again"`, "archiveJobs.retry"},
		{`"id": "dataportability.archiveJobs.retry"`, `"id": "dataportability.archiveJobs.again"`, ""}, // the path is enough
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
		{`"response": {"$ref": "Response"},`, ``, "the response"},
		{`"properties": {"archiveJobId"`, `"properties": 5, "x": {"archiveJobId"`, ""},
	} {
		changed := strings.Replace(smallDiscovery, one.old, one.changed, 1)
		if changed == smallDiscovery {
			t.Fatalf("%q changes nothing", one.old)
		}
		if _, err := Parse(spec.Description{Name: "small.json", Text: []byte(changed)}, shipped()); one.says != "" {
			checkError(t, one.changed, err, one.says)
		}
	}
	for cut := range len(smallDiscovery) {
		_, err := Parse(spec.Description{Name: "cut.json", Text: []byte(smallDiscovery[:cut])}, shipped())
		checkError(t, "cut", err, "cut.json")
	}
}

// TestGooglesDiscoveryDocuments compares the documents of several dates with what
// is known of them.
func TestGooglesDiscoveryDocuments(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		release, version, revision string
		scopes                     int
	}{
		{"v0.215.0", "v1", "20241209", 65},
		{"v0.222.0", "v1", "20250212", 66},
		{"v0.243.0", "v1", "20250715", 66},
		{"v0.243.0", "v1beta", "20250715", 66},
		{"v0.311.0", "v1", "20260719", 73},
	} {
		t.Run(one.release+" "+one.version, func(t *testing.T) {
			t.Parallel()
			read := mustParse(t, one.release, sourcetest.Discovery(t, one.release, one.version))
			if read.Provenance.Revision != one.revision || len(read.Scopes) != one.scopes || len(read.States) != 5 || !read.ReadState.Known() {
				t.Errorf("revision %s, %d scopes, states %v", read.Provenance.Revision, len(read.Scopes), read.States)
			}
			if place := read.Method.Path.String(); place != "/"+one.version+"/archiveJobs/{id}:retry" || read.Method.IDPattern != "^[^/]+$" {
				t.Errorf("%s with %s", place, read.Method.IDPattern)
			}
		})
	}
}

// foreignDescription is an OpenAPI document that somebody else made of a
// discovery document: no catalogue, two schemes for each scope, the resource name
// as the parameter.
const foreignDescription = `{
 "openapi": "3.0.3", "info": {"title": "Data Portability API", "version": "v1"},
 "servers": [{"url": "https://dataportability.googleapis.com/"}],
 "paths": {
  "/v1/{name}:retry": {"post": {
   "operationId": "dataportability.archiveJobs.retry", "description": "Retries a job.", "deprecated": true,
   "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^archiveJobs/[^/]+$"}}],
   "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
   "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Response"}}}}},
   "security": [{"Oauth2": ["https://www.googleapis.com/auth/a"], "Oauth2c": ["https://www.googleapis.com/auth/a"]},
    {"Oauth2": ["https://www.googleapis.com/auth/b"], "Oauth2c": ["https://www.googleapis.com/auth/b"]}]}}},
 "components": {
  "schemas": {"Response": {"type": "object", "properties": {"archiveJobId": {"type": "string"}, "parent": {"$ref": "#/components/schemas/Response"}}}},
  "securitySchemes": {
   "Oauth2": {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://x/", "scopes": {"https://www.googleapis.com/auth/a": "A", "https://www.googleapis.com/auth/b": "B"}}}},
   "Oauth2c": {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://x/", "scopes": {"https://www.googleapis.com/auth/a": "A", "https://www.googleapis.com/auth/b": "B"}}}}}}
}`

func TestAForeignOpenAPIDocumentIsRead(t *testing.T) {
	t.Parallel()
	read := mustParse(t, "foreign.json", foreignDescription)
	if read.Method.Path.String() != "/v1/archiveJobs/{id}:retry" || read.Method.IDPattern != "^[^/]+$" || !read.Method.Deprecated {
		t.Errorf("%+v", read.Method)
	}
	if got := strings.Join(scopeNames(read), " "); got != "https://www.googleapis.com/auth/a https://www.googleapis.com/auth/b" {
		t.Error(got)
	}
	if read.ReadState.Known() || read.Speaks(SystemParametersTopic) || read.Provenance.Kind != Description {
		t.Errorf("%+v", read)
	}
	for _, one := range []struct{ old, changed, says string }{
		{`"Oauth2c": ["https://www.googleapis.com/auth/a"]`, `"Oauth2c": ["https://www.googleapis.com/auth/b"]`, "exactly one scope"},
		{`"https://www.googleapis.com/auth/b": "B"}`, `"https://www.googleapis.com/auth/c": "C"}`, ""},
		{`[{"url": "https://dataportability.googleapis.com/"}]`, `[]`, "address"},
		{`/v1/{name}:retry`, `/v1/retry`, "0 variables"},
		{`"post": {`, `"pots": {`, ""},
	} {
		changed := strings.Replace(foreignDescription, one.old, one.changed, 1)
		if changed == foreignDescription {
			t.Fatalf("%q changes nothing", one.old)
		}
		if _, err := Parse(spec.Description{Name: "foreign.json", Text: []byte(changed)}, shipped()); err != nil || one.says != "" {
			checkError(t, one.changed, err, one.says)
		}
	}
}

func TestPathsOfGoogleAPIHTTP(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ rule, resource, path, pattern string }{
		{"v1/{name=archiveJobs/*}:retry", "", "/v1/archiveJobs/{id}:retry", "^[^/]+$"},
		{"v1/{name=archiveJobs/**}:retry", "", "/v1/archiveJobs/{id}:retry", "^.+$"},
		{"v1/{name=archiveJobs/*/portabilityArchiveState}", "", "/v1/archiveJobs/{id}/portabilityArchiveState", "^[^/]+$"},
		{"v1/{+name}:retry", "^archiveJobs/[^/]+$", "/v1/archiveJobs/{id}:retry", "^[^/]+$"},
		{"v1/{+name}", "^archiveJobs/[^/]+/portabilityArchiveState$", "/v1/archiveJobs/{id}/portabilityArchiveState", "^[^/]+$"},
		{"/v1/{name}:retry", "^archiveJobs/[^/]+$", "/v1/archiveJobs/{id}:retry", "^[^/]+$"},
		{"/v1/archiveJobs/{archiveJob}:retry", "^[^/]+$", "/v1/archiveJobs/{id}:retry", "^[^/]+$"},
		{"/v1/archiveJobs/{archiveJob}:retry", "", "/v1/archiveJobs/{id}:retry", ""},
		{"/v1/archiveJobs/{job}:retry", "^archiveJobs/[a-z]+$", "/v1/archiveJobs/{id}:retry", "^[a-z]+$"},
		{"v1/users/{name=archiveJobs/*}:retry", "", "/v1/users/archiveJobs/{id}:retry", "^[^/]+$"},
		{"v1/archiveJobs:retry", "", "", ""},
		{"v1/{a}/{b}:retry", "", "", ""},
		{"v1/{name=archiveJobs/*/*}:retry", "", "", ""},
		{"v1/{name=archiveJobs}:retry", "", "", ""},
	} {
		path, pattern, err := parseRule(one.rule, one.resource)
		if (one.path == "") != (err != nil) || one.path != "" && (path.String() != one.path || pattern != one.pattern) {
			t.Errorf("%s, %s: %s, %s, %v", one.rule, one.resource, path, pattern, err)
		}
	}
}

func TestMessagesOnAPage(t *testing.T) {
	t.Parallel()
	for shown, want := range map[string]string{
		`{ "archiveJobId": string }`: "archiveJobId:string",
		"{\n  \"state\": enum (State),\n  \"urls\": [\n    string\n  ],\n \"size\": string (int64 format), \"ok\": boolean\n}": "ok:boolean size:string state:string urls:array",
		`{ "inner": { object (Message) }, "list": [ { object (Other) } ], "map": { string: string, ... } }`:                    "inner:object list:array map:object",
		`{ "deep": { "a": number, // a comment with "quotes"
		 "b": integer } }`: "deep:object",
		"{\n  \"a\": string,\n  // Union field b can be only one of these:\n  \"c\": string\n  // End of the list.\n  \"d\": { object (D) },\n}": "a:string c:string d:object",
		`{name=archiveJobs/*}`: "", `{}`: "", `{ "a" }`: "", `{ "a": }`: "", `{ "a": strong }`: "", `{ "a": [ string }`: "", `{ "a": string`: "",
		`{ broken { "a": string }`: "a:string",
	} {
		got := ""
		for _, message := range messages("before " + shown + " after") {
			for name, member := range mapping(message["properties"]) {
				got += " " + name + ":" + scalar(at(member, "type"))
			}
		}
		parts := strings.Fields(got)
		slices.Sort(parts)
		if strings.Join(parts, " ") != want {
			t.Errorf("%s: %v, want %s", shown, parts, want)
		}
	}
}
