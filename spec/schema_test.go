package spec

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestBodiesAgainstTheSchemaOfTheResponse(t *testing.T) {
	method := MustLoadEmbedded()
	for _, test := range []struct {
		operation    Operation
		body         string
		violations   []string // a part of each line, in their order
		undocumented []string
	}{
		{method.Operation, `{"archiveJobId":"new-1"}`, nil, nil},
		{method.Operation, " {\"archiveJobId\": \"new-1\"}\r\n", nil, nil},
		{method.Operation, `{"archiveJobId":"new-1","zeta":1,"alpha":null}`, nil, []string{"alpha", "zeta"}},
		{method.Operation, `{"archiveJobId":3}`, []string{"/archiveJobId: got number, want string"}, nil},
		{method.Operation, `{"archiveJobId":null}`, []string{"/archiveJobId: got null, want string"}, nil},
		{method.Operation, `{"archiveJobId":""}`, []string{"/archiveJobId: minLength"}, nil},
		{method.Operation, `{}`, []string{"the body: missing property 'archiveJobId'"}, nil},
		{method.Operation, `{"archivejobid":"x"}`, []string{"the body: missing property 'archiveJobId'"}, []string{"archivejobid"}},
		{method.Operation, `null`, []string{"the body: got null, want object"}, nil},
		{method.Operation, `[{"archiveJobId":"new-1"}]`, []string{"the body: got array, want object"}, nil},
		{method.Operation, `"new-1"`, []string{"the body: got string, want object"}, nil},
		{method.Operation, ``, []string{"the body is empty"}, nil},
		{method.Operation, " \r\n\t", []string{"the body is empty"}, nil},
		{method.Operation, `{"archiveJobId":"new-1"`, []string{"the body is not JSON: "}, nil},
		{method.Operation, `{"archiveJobId":"new-1"} x`, []string{"the body is not JSON: "}, nil},
		{method.Operation, `<html>`, []string{"the body is not JSON: "}, nil},
		{method.Operation, "\x00\xff", []string{"the body is not JSON: "}, nil},
		{method.ReadState, `{"state":"FAILED"}`, nil, nil},
		{method.ReadState, `{"state":"FAILED","name":"archiveJobs/a/portabilityArchiveState","urls":["u"]}`, nil, nil},
		{method.ReadState, `{"state":"BROKEN","urls":[1]}`, []string{"/state: value must be one of", "/urls/0: got number, want string"}, nil},
		{method.ReadState, `{"urls":[1,2],"startTime":5,"name":4,"exportTime":3}`, []string{"/exportTime: ", "/name: ", "/startTime: ", "/urls/0: ", "/urls/1: ", "the body: missing"}, nil},
		{method.ReadState, `{"name":"x"}`, []string{"the body: missing property 'state'"}, nil},
	} {
		violations := test.operation.Response.Violations([]byte(test.body))
		if !slices.EqualFunc(violations, test.violations, strings.HasPrefix) {
			t.Errorf("%s: %q, want %q", test.body, violations, test.violations)
		}
		for _, line := range violations {
			if strings.Contains(line, "\n") {
				t.Errorf("%s: a violation of several lines: %q", test.body, line)
			}
		}
		if undocumented := test.operation.Response.Undocumented([]byte(test.body)); !slices.Equal(undocumented, test.undocumented) {
			t.Errorf("%s: undocumented %q, want %q", test.body, undocumented, test.undocumented)
		}
	}
}

func TestTheSchemaFollowsTheDescription(t *testing.T) {
	stricter := mustLoad(t, replaced(t, embeddedText(), "          minLength: 1\n", "          minLength: 1\n          pattern: ^job-\n"))
	for body, sound := range map[string]bool{`{"archiveJobId":"job-1"}`: true, `{"archiveJobId":"new-1"}`: false} {
		if violations := stricter.Operation.Response.Violations([]byte(body)); (len(violations) == 0) != sound {
			t.Errorf("%s: %q", body, violations)
		}
	}
	renamed := mustLoad(t, strings.ReplaceAll(embeddedText(), "archiveJobId", "newJob"))
	if renamed.IDField != "newJob" {
		t.Errorf("the id is in %q", renamed.IDField)
	}
	if undocumented := renamed.Operation.Response.Undocumented([]byte(`{"archiveJobId":"x","newJob":"y"}`)); !slices.Equal(undocumented, []string{"archiveJobId"}) {
		t.Errorf("undocumented %q", undocumented)
	}
}

// TestTheSmallestValueIsAllowed: whatever members the schema requires.
func TestTheSmallestValueIsAllowed(t *testing.T) {
	const before = "      required: [archiveJobId]\n      properties:\n"
	method := mustLoad(t, replaced(t, embeddedText(), before, `      required: [archiveJobId, count, share, kind, fixed, list, nested, other, same, done]
      properties:
        count: {type: integer, minimum: 3}
        share: {type: number, exclusiveMinimum: 0.5}
        kind: {type: string, enum: [LARGE, SMALL]}
        fixed: {const: 7}
        list: {type: array, minItems: 2, items: {type: string, minLength: 2}}
        nested: {allOf: [{type: object, required: [a], properties: {a: {type: boolean}}}, {required: [b], properties: {b: {type: "null"}}}]}
        other: {oneOf: [{type: string}, {type: integer}]}
        same: {$ref: "#/components/schemas/State"}
        done: {type: [boolean, "null"]}
        optional: {type: string}
`))
	smallest, err := json.Marshal(method.Operation.Response.Smallest())
	if err != nil {
		t.Fatal(err)
	}
	if violations := method.Operation.Response.Violations(smallest); violations != nil {
		t.Errorf("%s: %q", smallest, violations)
	}
	const want = `{"archiveJobId":"x","count":3,"done":null,"fixed":7,"kind":"LARGE","list":["xx","xx"],"nested":{"a":false,"b":null},"other":"","same":"STATE_UNSPECIFIED","share":1.500000000}`
	if string(smallest) != want {
		t.Errorf("got %s, want %s", smallest, want)
	}
	if empty := fmt.Sprint(method.Operation.Request.Smallest()); empty != "map[]" {
		t.Errorf("the smallest empty message is %s", empty)
	}
}
