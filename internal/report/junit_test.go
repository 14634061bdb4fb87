package report

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
)

func junitOf(t *testing.T, from result.Report) junitSuites {
	t.Helper()
	words := written(t, from, WriteJUnit)
	var read junitSuites
	if err := xml.Unmarshal([]byte(words), &read); err != nil {
		t.Fatalf("%v in\n%s", err, words)
	}
	if read.XMLName.Local != "testsuites" || !strings.HasPrefix(words, xml.Header+"<testsuites>") || !strings.HasSuffix(words, "</testsuites>\n") {
		t.Errorf("the document begins %.60q", words)
	}
	return read
}

func TestTheCountsOfJUnitAddUp(t *testing.T) {
	t.Parallel()
	for name, from := range reports() {
		tests, failures := 0, 0
		for i, suite := range junitOf(t, from).Suites {
			var failed, errors, skipped int
			for _, one := range suite.Cases {
				for count, there := range map[*int]bool{&failed: one.Failure != nil, &errors: one.Error != nil, &skipped: one.Skipped != nil} {
					if there {
						*count++
					}
				}
			}
			if suite.ID != i || suite.Hostname != "localhost" || suite.Timestamp != "2026-01-02T02:04:05" || suite.Tests != len(suite.Cases) || suite.Tests == 0 ||
				suite.Failures != failed || suite.Errors != errors || suite.Skipped != skipped {
				t.Errorf("%s: %+v", name, suite)
			}
			tests, failures = tests+suite.Tests, failures+failed
		}
		wantTests, wantFailures := len(from.Checks), from.Failed()
		if from.Stale != "" {
			wantTests, wantFailures = wantTests+1, wantFailures+1
		}
		if tests != wantTests || failures != wantFailures {
			t.Errorf("%s: %d cases, %d failures", name, tests, failures)
		}
	}
}

func TestEveryCaseOfJUnitSaysWhatCameOfItsCheck(t *testing.T) {
	t.Parallel()
	from := failing()
	from.Checks = append(from.Checks, check("path/known", result.ExpectedFail, "a proxy", "", finding("x.path.one", result.ExpectedFail, 1, "1", "2")),
		check("path/fixed", result.UnexpectedPass, "listed as a known failure", ""))
	cases, outputs := map[string]junitCase{}, map[string]string{}
	for _, suite := range junitOf(t, from).Suites {
		outputs[suite.Name] = suite.SystemOut
		for _, one := range suite.Cases {
			id, title, _ := strings.Cut(one.Name, ": ")
			cases[id] = one
			if one.ClassName != "dpconform."+suite.Name || title != "the title of "+id {
				t.Errorf("%+v in %s", one, suite.Name)
			}
		}
	}
	said := func(one junitCase) string {
		switch {
		case one.Failure != nil && one.Error == nil && one.Skipped == nil:
			return "failure " + one.Failure.Message + "\n" + one.Failure.Text
		case one.Failure == nil && one.Error != nil && one.Skipped == nil:
			return "error " + one.Error.Message + "\n" + one.Error.Text
		case one.Failure == nil && one.Error == nil && one.Skipped != nil:
			return "skipped " + one.Skipped.Text
		}
		return fmt.Sprint(one.Failure, one.Error, one.Skipped)
	}
	const passed = "<nil> <nil> <nil>"
	for text, parts := range map[string][]string{
		said(cases["path/example"]): {"failure ", "x.path.one: want 404 or 403, got 401, and more", `"so *it* is"`, "https://example.com/page#part", "A path MUST be one.",
			"want: 404 or 403", "got:  401, and more", "curl ", "(in 3 exchanges)"},
		said(cases["semantics/example"]): {"skipped ", "no job in state CANCELLED was given; give --job CANCELLED=ID"},
		said(cases["errors/example"]):    {"error ", "the proxy is away"},
		said(cases["path/known"]):        {"skipped ", "a proxy", "want: 1"},
		said(cases["path/fixed"]):        {"failure ", "listed as a known failure"},
		outputs["body"]:                  {"body/example\n", "x.body.one", "want: a whole body"},
		said(cases["path/other"]):        {passed},
		said(cases["body/example"]):      {passed},
	} {
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in %s", part, text)
			}
		}
	}
}
