package spec

import (
	"slices"
	"strings"
	"testing"
)

func TestBodiesAgainstTheSchemaOfTheResponse(t *testing.T) {
	contract := MustLoadEmbedded()
	for _, test := range []struct {
		operation    Operation
		body         string
		violations   []string // a part of each line, in their order
		undocumented []string
	}{
		{contract.Retry, `{"archiveJobId":"new-1"}`, nil, nil},
		{contract.Retry, " {\"archiveJobId\": \"new-1\"}\r\n", nil, nil},
		{contract.Retry, `{"archiveJobId":"new-1","zeta":1,"alpha":null}`, nil, []string{"alpha", "zeta"}},
		{contract.Retry, `{"archiveJobId":3}`, []string{"/archiveJobId: got number, want string"}, nil},
		{contract.Retry, `{"archiveJobId":null}`, []string{"/archiveJobId: got null, want string"}, nil},
		{contract.Retry, `{"archiveJobId":""}`, []string{"/archiveJobId: minLength"}, nil},
		{contract.Retry, `{}`, []string{"/: missing property 'archiveJobId'"}, nil},
		{contract.Retry, `{"archivejobid":"x"}`, []string{"/: missing property 'archiveJobId'"}, []string{"archivejobid"}},
		{contract.Retry, `null`, []string{"/: got null, want object"}, nil},
		{contract.Retry, `[{"archiveJobId":"new-1"}]`, []string{"/: got array, want object"}, nil},
		{contract.Retry, `"new-1"`, []string{"/: got string, want object"}, nil},
		{contract.Retry, ``, []string{"the body is empty"}, nil},
		{contract.Retry, " \r\n\t", []string{"the body is empty"}, nil},
		{contract.Retry, `{"archiveJobId":"new-1"`, []string{"the body is not JSON: "}, nil},
		{contract.Retry, `{"archiveJobId":"new-1"} x`, []string{"the body is not JSON: "}, nil},
		{contract.Retry, `<html>`, []string{"the body is not JSON: "}, nil},
		{contract.Retry, "\x00\xff", []string{"the body is not JSON: "}, nil},
		{contract.ReadState, `{"state":"FAILED"}`, nil, nil},
		{contract.ReadState, `{"state":"FAILED","name":"archiveJobs/a/portabilityArchiveState","urls":["u"]}`, nil, nil},
		{contract.ReadState, `{"state":"BROKEN","urls":[1]}`, []string{"/state: value must be one of", "/urls/0: got number, want string"}, nil},
		{contract.ReadState, `{"urls":[1,2],"startTime":5,"name":4,"exportTime":3}`, []string{"/: missing", "/exportTime: ", "/name: ", "/startTime: ", "/urls/0: ", "/urls/1: "}, nil},
		{contract.ReadState, `{"name":"x"}`, []string{"/: missing property 'state'"}, nil},
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
		if violations := stricter.Retry.Response.Violations([]byte(body)); (len(violations) == 0) != sound {
			t.Errorf("%s: %q", body, violations)
		}
	}
	renamed := mustLoad(t, strings.ReplaceAll(embeddedText(), "archiveJobId", "newJob"))
	if renamed.IDField != "newJob" {
		t.Errorf("the id is in %q", renamed.IDField)
	}
	if undocumented := renamed.Retry.Response.Undocumented([]byte(`{"archiveJobId":"x","newJob":"y"}`)); !slices.Equal(undocumented, []string{"archiveJobId"}) {
		t.Errorf("undocumented %q", undocumented)
	}
}
