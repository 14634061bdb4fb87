package spec

import (
	"slices"
	"strings"
	"testing"
)

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
	read := surface(t, "foreign.json", foreignDescription)
	if read.Retry.Path.String() != "/v1/archiveJobs/{id}:retry" || read.Retry.IDPattern != "^[^/]+$" || !read.Retry.Deprecated {
		t.Errorf("%+v", read.Retry)
	}
	if got := strings.Join(namesOfScopes(read), " "); got != "https://www.googleapis.com/auth/a https://www.googleapis.com/auth/b" {
		t.Error(got)
	}
	if read.ReadState.There() || read.Speaks(SystemParametersTopic) || read.Provenance.Kind != DescriptionSource {
		t.Errorf("%+v", read)
	}
}

func TestABrokenOpenAPIDocumentSaysWhatItLacks(t *testing.T) {
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
		_, err := ReadSurface(Description{Name: "foreign.json", Text: []byte(changed)})
		if one.says != "" && (err == nil || !strings.Contains(err.Error(), one.says)) {
			t.Errorf("%q: %v", one.changed, err)
		}
		if err != nil {
			checkSourceError(t, err)
		}
	}
}

func TestPathsOfGoogleAPIHTTP(t *testing.T) {
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
		switch {
		case one.path == "" && err == nil:
			t.Errorf("%s: %s, want an error", one.rule, path)
		case one.path != "" && (err != nil || path.String() != one.path || pattern != one.pattern):
			t.Errorf("%s, %s: %s, %s, %v", one.rule, one.resource, path, pattern, err)
		case one.path != "" && strings.Contains(one.rule, "=archiveJobs/*") && !strings.Contains(one.rule, "**") && "/"+one.rule != "/"+httpRule(path) &&
			!strings.Contains(one.rule, "users"):
			t.Errorf("%s comes back as %s", one.rule, httpRule(path))
		}
	}
}

func TestMessagesOnAPage(t *testing.T) {
	for text, want := range map[string]string{
		`{ "archiveJobId": string }`: "archiveJobId:string",
		"{\n  \"state\": enum (State),\n  \"urls\": [\n    string\n  ],\n \"size\": string (int64 format), \"ok\": boolean\n}": "ok:boolean size:string state:string urls:array",
		`{ "inner": { object (Message) }, "list": [ { object (Other) } ], "map": { string: string, ... } }`:                    "inner:object list:array map:object",
		`{ "deep": { "a": number, // a comment with "quotes"
		 "b": integer } }`: "deep:object",
		`{name=archiveJobs/*}`: "", `{}`: "", `{ "a" }`: "", `{ "a": }`: "", `{ "a": strong }`: "", `{ "a": [ string }`: "", `{ "a": string`: "",
		`{ broken { "a": string }`: "a:string",
	} {
		got := ""
		for _, block := range pageBlocks("before " + text + " after") {
			for name, member := range mappingOf(block["properties"]) {
				got += " " + name + ":" + textOf(mappingOf(member)["type"])
			}
		}
		parts := strings.Fields(got)
		slices.Sort(parts)
		if strings.Join(parts, " ") != want {
			t.Errorf("%s: %v, want %s", text, parts, want)
		}
	}
}
