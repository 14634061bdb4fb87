package clienttest

import (
	"encoding/xml"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/jsonschema/v6"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("report.schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// ended are reports of runs that end in every way, made once for all tests.
var ended struct {
	once    sync.Once
	reports map[string]Report
}

// reports are of runs that end in every way. The map is the caller's own.
func reports(t *testing.T) map[string]Report {
	t.Helper()
	ended.once.Do(func() {
		made := map[string]Report{"nothing": Outcomes{Rules: Rules{Contract: contract}}.Report("1")}
		for name, program := range map[string]string{"failing": "failing", "passing": "right", "inconclusive": "quiet", "silent": "idle"} {
			made[name] = runAll(t, runOf(t, program, "success", "unavailable", "reset", "redirect")).Report("1")
		}
		ended.reports = made
	})
	if ended.reports == nil {
		t.Fatal("there are no reports: the runs that make them have failed")
	}
	return maps.Clone(ended.reports)
}

func TestEveryReportIsWhatItsSchemaSays(t *testing.T) {
	compiled := compiledSchema(t)
	for name, report := range reports(t) {
		var out strings.Builder
		if err := WriteJSON(&out, report); err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(out.String()))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		spoiled := value.(map[string]any)
		spoiled["exit"] = 9
		if compiled.Validate(spoiled) == nil {
			t.Errorf("%s: the schema takes an exit code that there is not", name)
		}
	}
}

func TestJUnitCountsWhatItLists(t *testing.T) {
	for name, report := range reports(t) {
		var out strings.Builder
		if err := WriteJUnit(&out, report); err != nil {
			t.Fatal(err)
		}
		var suite junitSuite
		if err := xml.Unmarshal([]byte(out.String()), &suite); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		failures, skipped := 0, 0
		if text := out.String(); strings.Index(text, "<properties>") > strings.Index(text, "<testcase") && len(suite.Cases) > 0 || len(suite.Properties) < 5 {
			t.Errorf("%s: the properties do not stand before the cases:\n%s", name, text)
		}
		for _, one := range suite.Cases {
			if one.Failure != nil {
				failures++
				if one.Failure.Type == "" || one.Failure.Message == "" {
					t.Errorf("%s: a failure without a word: %+v", name, one.Failure)
				}
			}
			if one.Skipped != nil {
				skipped++
			}
		}
		if suite.Tests != len(report.Results) || suite.Failures != failures || suite.Skipped != skipped || failures != report.Counts[Fail] {
			t.Errorf("%s: %d tests, %d of %d failures, %d of %d skipped", name, suite.Tests, suite.Failures, failures, suite.Skipped, skipped)
		}
	}
}

func TestTheConsoleFitsItsWidth(t *testing.T) {
	all := reports(t)
	all["long"] = longReport()
	for name, report := range all {
		for _, width := range []int{40, 80} {
			var out strings.Builder
			Console{&out, width}.Result(report)
			text := escapes.ReplaceAllString(out.String(), "")
			for line := range strings.Lines(text) {
				if line = strings.TrimSuffix(line, "\n"); len([]rune(line)) > width {
					t.Errorf("%s: %q is longer than %d columns", name, line, width)
				}
			}
			if !strings.Contains(strings.Join(strings.Fields(text), " "), report.Conclusion) {
				t.Errorf("%s: the report does not end in %q", name, report.Conclusion)
			}
		}
	}
}

// longReport is of a job whose id is as long as a line and a half.
func longReport() Report {
	id := strings.Repeat("abcdefghij", 12)
	return Report{Command: []string{"./client", id}, Conclusion: Outcomes{Results: []Result{{needed: true}}}.Conclusion(), Exit: ExitInconclusive,
		Counts: map[Verdict]int{Fail: 2},
		Requirements: []ReportedVerdict{{ID: pathID, Level: "documented", Statement: "The id MUST be " + id, Quote: id,
			Source: "https://example.com/" + id, Verdict: Fail}},
		Results: []ReportedResult{
			{Name: "job " + id, Job: id, Verdict: Fail,
				Findings: []ReportedFinding{{ID: pathID, Verdict: Fail, Demanded: true, Want: id, Got: id, Count: 2}},
				Requests: []ReportedRequest{{Number: 1, Kind: Attempt, Method: "POST", Target: "/v1/archiveJobs/" + id + ":retry", Protocol: "HTTP/1.1",
					Header: map[string][]string{"Authorization": {"Bearer " + id}}, Body: id, Status: 200, Delivery: Whole}}},
			{Name: "a-scenario-with-a-long-name-of-its-own", Title: "a title of some words", Job: id, Verdict: Fail,
				Unjudged: []ReportedUnjudged{{outcomeNewID, notTold, howToTell}}, Note: "a note"},
		},
	}
}

func TestWhatARequestWasAnsweredIsSaidInWords(t *testing.T) {
	for want, request := range map[string]ReportedRequest{
		"answered 200":                                 {Status: 200, Delivery: Whole},
		"answered 200, cut short":                      {Status: 200, Delivery: CutShort},
		"not answered: the connection was reset":       {Delivery: ConnectionReset},
		"not answered: the connection was closed":      {Delivery: ConnectionClosed},
		"not answered: the client did not wait for it": {Status: 200, Delivery: NotAwaited},
		"not answered yet":                             {Delivery: Pending},
	} {
		if got := request.Answered(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
