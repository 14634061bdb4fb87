package client

import (
	"encoding/xml"
	"os"
	"strings"
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

// reports are of runs that end in every way.
func reports(t *testing.T) map[string]Report {
	t.Helper()
	reports := map[string]Report{"nothing": Outcomes{Rules: Rules{Contract: contract}}.Report("1")}
	for name, program := range map[string]string{"failing": "failing", "passing": "right", "inconclusive": "quiet", "silent": "idle"} {
		t.Run(name, func(t *testing.T) {
			reports[name] = runAll(t, runOf(t, program, "success", "unavailable", "reset", "redirect")).Report("1")
		})
	}
	return reports
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
		for _, one := range suite.Cases {
			if one.Failure != nil {
				failures++
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
	for name, report := range reports(t) {
		var out strings.Builder
		Console{&out, 80}.Result(report)
		for line := range strings.Lines(escapes.ReplaceAllString(out.String(), "")) {
			if len([]rune(line)) > 81 && !strings.Contains(line, "https://") {
				t.Errorf("%s: %q is longer than 80 columns", name, line)
			}
		}
		if !strings.Contains(out.String(), report.Conclusion) {
			t.Errorf("%s: the report does not end in %q", name, report.Conclusion)
		}
	}
}
