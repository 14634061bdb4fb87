package report

import (
	"encoding/xml"
	"strconv"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
)

// JUnit XML as a reader of it has it, apart from the writer's own types.
type (
	readSuites struct {
		XMLName xml.Name
		Others  []xml.Attr  `xml:",any,attr"`
		Suites  []readSuite `xml:"testsuite"`
	}
	readSuite struct {
		Name string `xml:"name,attr"`
		readCounts
		ID        int        `xml:"id,attr"`
		Host      string     `xml:"hostname,attr"`
		Timestamp string     `xml:"timestamp,attr"`
		Cases     []readCase `xml:"testcase"`
		Output    string     `xml:"system-out"`
	}
	readCounts struct {
		Tests    int     `xml:"tests,attr"`
		Failures int     `xml:"failures,attr"`
		Errors   int     `xml:"errors,attr"`
		Skipped  int     `xml:"skipped,attr"`
		Time     float64 `xml:"time,attr"`
	}
	readCase struct {
		Name      string        `xml:"name,attr"`
		ClassName string        `xml:"classname,attr"`
		Time      string        `xml:"time,attr"`
		Failures  []readMessage `xml:"failure"`
		Errors    []readMessage `xml:"error"`
		Skipped   []readMessage `xml:"skipped"`
	}
	readMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

func readJUnit(t *testing.T, report Report) readSuites {
	t.Helper()
	text := written(t, report, WriteJUnit)
	var read readSuites
	if err := xml.Unmarshal([]byte(text), &read); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if read.XMLName.Local != "testsuites" || !strings.HasPrefix(text, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<testsuites>") || !strings.HasSuffix(text, "</testsuites>\n") {
		t.Errorf("the document begins %.60q", text)
	}
	return read
}

// counted adds up what stands in the cases of a suite.
func (s readSuite) counted() readCounts {
	var counts readCounts
	for _, one := range s.Cases {
		counts.Tests++
		counts.Failures += len(one.Failures)
		counts.Errors += len(one.Errors)
		counts.Skipped += len(one.Skipped)
	}
	return counts
}

func TestTheCountsOfJUnitAddUp(t *testing.T) {
	for name, run := range everyRun(t) {
		report := New(run)
		read := readJUnit(t, report)
		var sum readCounts
		for i, suite := range read.Suites {
			if suite.ID != i || suite.Host != "localhost" {
				t.Errorf("%s: %s has the id %d and the host %s", name, suite.Name, suite.ID, suite.Host)
			}
			counts := suite.counted()
			if counts.Tests == 0 || counts.Tests != suite.Tests || counts.Failures != suite.Failures || counts.Errors != suite.Errors || counts.Skipped != suite.Skipped {
				t.Errorf("%s: %s says %+v and has %+v", name, suite.Name, suite.readCounts, counts)
			}
			if suite.Timestamp != "2026-01-02T02:04:05" {
				t.Errorf("%s: timestamp %s", name, suite.Timestamp)
			}
			sum.Tests += suite.Tests
			sum.Failures += suite.Failures
			sum.Errors += suite.Errors
			sum.Skipped += suite.Skipped
		}
		if len(read.Others) != 0 {
			t.Errorf("%s: the root has %v", name, read.Others)
		}
		verdicts := report.Counts.Checks
		if sum != (readCounts{len(report.Checks), verdicts[result.Fail], verdicts[result.Error], verdicts[result.Skip], 0}) {
			t.Errorf("%s: %+v of %v", name, sum, verdicts)
		}
	}
}

func TestEveryCaseOfJUnitSaysWhatCameOfItsCheck(t *testing.T) {
	report := New(failing(t))
	cases, outputs := map[string]readCase{}, map[string]string{}
	for _, suite := range readJUnit(t, report).Suites {
		outputs[suite.Name] = suite.Output
		for _, one := range suite.Cases {
			id, _, _ := strings.Cut(one.Name, ": ")
			cases[id] = one
			if one.ClassName != "dpconform."+suite.Name || !strings.HasPrefix(id, suite.Name+"/") || one.Time != "0.002" && one.Time != "0.001" {
				t.Errorf("%s in %s: class %s, time %s", one.Name, suite.Name, one.ClassName, one.Time)
			}
		}
	}
	for _, test := range []struct {
		id      string
		message func(readCase) []readMessage
		says    []string
	}{
		{"path/example", func(c readCase) []readMessage { return c.Failures },
			[]string{requirementOf("path").ID, strconv.Quote(requirementOf("path").Quote), requirementOf("path").Source, requirementOf("path").Statement,
				"want: 404 or 403", "got:  401, and the token", "curl ", "(in 3 exchanges)"}},
		{"semantics/example", func(c readCase) []readMessage { return c.Skipped }, []string{"no job in state CANCELLED was given", "--job CANCELLED=ID"}},
		{"errors/example", func(c readCase) []readMessage { return c.Errors }, []string{"the proxy is away"}},
		{"body/example", func(readCase) []readMessage { return []readMessage{{"", outputs["body"]}} }, []string{"body/example\n", requirementOf("body").ID, "want: a whole body", "broke off"}},
	} {
		messages := test.message(cases[test.id])
		if len(messages) != 1 {
			t.Fatalf("%s has %d messages", test.id, len(messages))
		}
		for _, part := range test.says {
			if !strings.Contains(messages[0].Message+"\n"+messages[0].Text, part) {
				t.Errorf("%s does not say %q:\n%+v", test.id, part, messages[0])
			}
		}
		one := cases[test.id]
		if total := len(one.Failures) + len(one.Errors) + len(one.Skipped); total != len(messages) && test.id != "body/example" {
			t.Errorf("%s has %d verdicts", test.id, total)
		}
	}
	if passed := cases["path/other"]; passed.Name == "" || len(passed.Failures)+len(passed.Errors)+len(passed.Skipped) != 0 || outputs["path"] != "" {
		t.Errorf("what passed says %+v", passed)
	}
	if warned := cases["body/example"]; len(warned.Failures)+len(warned.Errors)+len(warned.Skipped) != 0 {
		t.Errorf("what warns says %+v", warned)
	}
}

func TestJUnitIsXMLWhateverAServerAnswers(t *testing.T) {
	s := newScenario(t)
	binary := s.send("POST", "/binary", "")
	s.add("path/example", result.Fail, "", "", finding("path", result.Fail, binary, "<a & 'b'>", "\x00\x1b[31m \ufffe ]]> \xff"+string(binary.Body)))
	s.add("body/example", result.Error, "\x01 & <", "")
	read := readJUnit(t, New(s.run(result.ExitFails)))
	if failure := read.Suites[0].Cases[0].Failures[0]; !strings.Contains(failure.Text, "<a & 'b'>") || !strings.Contains(failure.Text, "]]>") {
		t.Errorf("read as %q", failure.Text)
	}
}
