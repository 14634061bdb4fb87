package report

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
)

// JUnit XML as a reader has it, apart from the writer's own types.
type (
	readSuites struct {
		XMLName xml.Name
		Others  []xml.Attr  `xml:",any,attr"`
		Suites  []readSuite `xml:"testsuite"`
	}
	readSuite struct {
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Skipped  int        `xml:"skipped,attr"`
		ID       int        `xml:"id,attr"`
		Host     string     `xml:"hostname,attr"`
		Time     string     `xml:"timestamp,attr"`
		Cases    []readCase `xml:"testcase"`
		Output   string     `xml:"system-out"`
	}
	readCase struct {
		Name      string        `xml:"name,attr"`
		ClassName string        `xml:"classname,attr"`
		Failures  []readMessage `xml:"failure"`
		Errors    []readMessage `xml:"error"`
		Skipped   []readMessage `xml:"skipped"`
	}
	readMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

func junitOf(t *testing.T, from result.Report) readSuites {
	t.Helper()
	words := written(t, from, WriteJUnit)
	var read readSuites
	if err := xml.Unmarshal([]byte(words), &read); err != nil {
		t.Fatalf("%v in\n%s", err, words)
	}
	if read.XMLName.Local != "testsuites" || len(read.Others) != 0 || !strings.HasPrefix(words, xml.Header+"<testsuites>") || !strings.HasSuffix(words, "</testsuites>\n") {
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
				failed, errors, skipped = failed+len(one.Failures), errors+len(one.Errors), skipped+len(one.Skipped)
			}
			if suite.ID != i || suite.Host != "localhost" || suite.Time != "2026-01-02T02:04:05" || suite.Tests != len(suite.Cases) || suite.Tests == 0 ||
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
	cases, outputs := map[string]readCase{}, map[string]string{}
	for _, suite := range junitOf(t, from).Suites {
		outputs[suite.Name] = suite.Output
		for _, one := range suite.Cases {
			id, title, _ := strings.Cut(one.Name, ": ")
			cases[id] = one
			if one.ClassName != "dpconform."+suite.Name || title != "the title of "+id {
				t.Errorf("%+v in %s", one, suite.Name)
			}
		}
	}
	for id, one := range map[string]struct {
		messages []readMessage
		says     []string
	}{
		"path/example": {cases["path/example"].Failures, []string{"x.path.one: want 404 or 403, got 401, and more", `"so *it* is"`, "https://example.com/page#part", "A path MUST be one.",
			"want: 404 or 403", "got:  401, and more", "curl ", "(in 3 exchanges)"}},
		"semantics/example": {cases["semantics/example"].Skipped, []string{"no job in state CANCELLED was given; give --job CANCELLED=ID"}},
		"errors/example":    {cases["errors/example"].Errors, []string{"the proxy is away"}},
		"path/known":        {cases["path/known"].Skipped, []string{"a proxy", "want: 1"}},
		"path/fixed":        {cases["path/fixed"].Failures, []string{"listed as a known failure"}},
		"body/example":      {[]readMessage{{"", outputs["body"]}}, []string{"body/example\n", "x.body.one", "want: a whole body"}},
	} {
		if len(one.messages) != 1 {
			t.Fatalf("%s has %d messages", id, len(one.messages))
		}
		for _, part := range one.says {
			if !strings.Contains(one.messages[0].Message+"\n"+one.messages[0].Text, part) {
				t.Errorf("%s does not say %q:\n%+v", id, part, one.messages[0])
			}
		}
	}
	for _, id := range []string{"path/other", "body/example"} {
		if one := cases[id]; one.Name == "" || len(one.Failures)+len(one.Errors)+len(one.Skipped) != 0 {
			t.Errorf("%s: %+v", id, one)
		}
	}
}
