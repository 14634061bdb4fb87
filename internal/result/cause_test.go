package result

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/spec"
)

// TestACauseThatExplainsAPart: the count of a cause and the row of a requirement that
// it explains in part agree, and a failure without a response has a fix of its own.
func TestACauseThatExplainsAPart(t *testing.T) {
	t.Parallel()
	finding := func(requirement string, exchange int, got string) Finding {
		return Finding{Requirement: requirement, Verdict: Fail, Want: "401", Got: got, Exchange: exchange}
	}
	explained := func(requirement string) Finding {
		found := finding(requirement, 1, "500")
		found.Cause = "one"
		return found
	}
	requirement := func(id string) Requirement {
		return Requirement{Requirement: spec.Requirement{ID: id, Level: spec.Platform, Statement: "It MUST.", Fix: "Compare it."}, Aspect: "authorization"}
	}
	report := Report{
		Requirements: []Requirement{requirement("a.whole"), requirement("a.part"), requirement("a.lost")},
		Checks: []Check{
			{ID: "a/one", Verdict: Fail, Findings: []Finding{explained("a.whole"), explained("a.part")}},
			{ID: "a/two", Verdict: Fail, Findings: []Finding{finding("a.part", 2, "200 (success)")}},
			{ID: "a/three", Verdict: Fail, Findings: []Finding{finding("a.lost", 3, "no response")}},
		},
		Exchanges: []Exchange{
			{Number: 1, Response: &Message{Status: 500}}, {Number: 2, Response: &Message{Status: 200}},
			{Number: 3, Fault: &FaultOf{Kind: "hang-up", Detail: "closed"}},
		},
		Causes: []Cause{{ID: "one", Requirements: []string{"a.whole", "a.part"}, Checks: []string{"a/one"}}},
	}
	if got, want := report.Explains(report.Causes[0]), "a.whole and a.part, in 1 check; 1 of the failed requirements only in part"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	rows := map[string]Broken{}
	for _, broken := range report.Broken(Fail) {
		rows[broken.Requirement.ID] = broken
	}
	if part := rows["a.part"]; part.Found[0].Got != "200 (success)" || part.Requirement.Fix != "Compare it." || part.Explained() || len(part.Unexplained().Found) != 1 {
		t.Errorf("%+v", part)
	}
	if fix := rows["a.lost"].Requirement.Fix; !strings.Contains(fix, "closed the connection") {
		t.Error(fix)
	}
	if fix := rows["a.whole"].Requirement.Fix; !strings.HasPrefix(fix, "Check the server's log") {
		t.Error(fix)
	}
}

// TestAFixFitsItsFinding: a request that gets what every success has wrong is no reason
// to change what the request is about.
func TestAFixFitsItsFinding(t *testing.T) {
	t.Parallel()
	for earlier, want := range map[int]string{1: "Set the type.", 2: "Accept the query."} {
		finding := func(requirement string, exchange int) Finding {
			return Finding{Requirement: requirement, Verdict: Fail, Want: "JSON", Got: "text", Exchange: exchange, Place: InHeader("Content-Type")}
		}
		report := Report{
			Requirements: []Requirement{
				{Requirement: spec.Requirement{ID: "path.query", Fix: "Accept the query."}, Aspect: "path"},
				{Requirement: spec.Requirement{ID: "response.type", Fix: "Set the type."}, Aspect: "response"},
			},
			Checks:    []Check{{ID: "path/query", Findings: []Finding{finding("path.query", 2)}}, {ID: "response/type", Findings: []Finding{finding("response.type", earlier)}}},
			Exchanges: []Exchange{{Number: 1, Response: &Message{Status: 200}}, {Number: 2, Response: &Message{Status: 200}}},
		}
		if fix := report.Broken(Fail)[0].Requirement.Fix; fix != want {
			t.Errorf("%q, not %q", fix, want)
		}
	}
}

// TestConnectionsThatEndAtRandomAreOneCause: the rows that failed are those where every
// attempt was unlucky, and the next run fails others.
func TestConnectionsThatEndAtRandomAreOneCause(t *testing.T) {
	lost, came := Attempt{Fault: &FaultOf{Kind: "reset", Detail: "reset"}}, &Message{Status: 404, Body: `{"error":{}}`}
	report := Report{Requirements: []Requirement{{Requirement: spec.Requirement{ID: "a.one", Level: spec.Platform, Statement: "It MUST.", Fix: "Compare it."}}}}
	for number := range 12 {
		one := Exchange{Number: number + 1, Check: fmt.Sprint("a/", number), Response: came}
		switch {
		case number == 0:
			one.Response, one.Fault, one.Earlier = nil, lost.Fault, []Attempt{lost, lost}
		case number < 5:
			one.Earlier = []Attempt{lost}
		}
		report.Exchanges = append(report.Exchanges, one)
		report.Checks = append(report.Checks, Check{ID: one.Check, Verdict: Pass})
	}
	report.Checks[0].Verdict, report.Checks[0].Findings = Fail, []Finding{{Requirement: "a.one", Verdict: Fail, Want: "4xx", Got: "reset", Exchange: 1}}
	report.ConcludeCauses()
	const want = "the connection was reset before a response 7 times, for requests of all kinds: 5 of 12 requests, of which 4 got a response when they were sent again"
	if len(report.Causes) != 1 || report.Causes[0].Summary != want || report.Causes[0].Count != 5 || !report.Broken(Fail)[0].Explained() {
		t.Errorf("%+v", report.Causes)
	}
	// A few requests that the server itself does not respond to are no such thing.
	for i := range report.Exchanges[1:] {
		report.Exchanges[i+1].Earlier = nil
	}
	if report.ConcludeCauses(); len(report.Causes) != 0 || report.Broken(Fail)[0].Explained() {
		t.Errorf("%+v", report.Causes)
	}
}

// TestAWarningLeavesNothingToFixFirst: where only warnings used jobs up, more jobs are
// what is missing.
func TestAWarningLeavesNothingToFixFirst(t *testing.T) {
	t.Parallel()
	for verdict, want := range map[Verdict]string{Warn: "--job READY=ID", Fail: ""} {
		report := Report{States: []State{{Name: "READY", Retryable: true}, {Name: "DONE"}}, Checks: []Check{{ID: "path/a", Verdict: verdict},
			{ID: "path/b", Verdict: Skip, Reason: "all 2 given jobs are used up" + FixFirst}, {ID: "path/c", Verdict: Skip, Reason: "another" + FixFirst}}}
		report.askForJobs()
		for i, flag := range []string{want, ""} {
			if check := report.Checks[i+1]; check.Flag != flag || strings.HasSuffix(check.Reason, FixFirst) != (flag == "") {
				t.Errorf("%s: %s: %q, %q", verdict, check.ID, check.Flag, check.Reason)
			}
		}
	}
}

// TestAFrameworkIsRecognizedByItsOwnForm: a front end or another framework writes
// something similar, and its author would look for a framework that is not there.
func TestAFrameworkIsRecognizedByItsOwnForm(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found.</p>\n":                                     "are pages of Flask",
		"<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<title>Error 404 (Not Found)</title>\n<p>not found\n</html>\n":                                             "are HTML pages",
		"<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n": "are HTML pages",
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<title>Error</title>\n</head>\n<body>\n<pre>Cannot POST /v1/a</pre>\n</body>\n</html>\n":                             "are pages of Express",
		`{"message":"Route POST:/v1/a not found","error":"Not Found","statusCode":404}`:                                                                                    "have the format of Fastify, NestJS or hapi",
		`{"statusCode":404,"timestamp":"2026-01-01T00:00:00Z","path":"/v1/a"}`:                                                                                             "have another format",
		`{"timestamp":"2026-01-01T00:00:00Z","status":404,"error":"Not Found","path":"/v1/a"}`:                                                                             "have the format of Spring Boot",
		`{"detail":"Not Found"}`: "have the format of FastAPI or Django REST framework",
		`{"type":"about:blank","title":"Not Found","status":404,"detail":"No static resource v1/a."}`: "have another format",
	} {
		response := &Message{Status: 404, Body: body, BodyBytes: len(body), Header: map[string][]string{"Content-Type": {"application/json"}}}
		if strings.HasPrefix(body, "<") {
			response.Header["Content-Type"][0] = "text/html; charset=utf-8"
		}
		if form, _ := frameworkOf(&Exchange{Response: response}); form != want {
			t.Errorf("%s: %q, not %q", body, form, want)
		}
	}
}
