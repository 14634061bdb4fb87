package report

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/pb33f/jsonschema/v6"
)

// compiledSchema reads the JSON Schema of a report, formats included.
func compiledSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(Schema())))
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

// anyOf reads JSON as the validator takes it.
func anyOf(t testing.TB, text string) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestEveryReportIsWhatItsSchemaSays(t *testing.T) {
	compiled := compiledSchema(t)
	for name, run := range everyRun(t) {
		if err := compiled.Validate(anyOf(t, written(t, New(run), WriteJSON))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheSchemaRefusesWhatIsNoReport(t *testing.T) {
	compiled := compiledSchema(t)
	sound := written(t, New(failing(t)), WriteJSON)
	for name, spoil := range map[string]func(map[string]any){
		"nothing":           func(report map[string]any) { clear(report) },
		"another format":    func(report map[string]any) { report["format_version"] = FormatVersion + 1 },
		"an exit of none":   func(report map[string]any) { report["exit"] = 9 },
		"no date":           func(report map[string]any) { report["started"] = "today" },
		"no exchanges":      func(report map[string]any) { delete(report, "exchanges") },
		"no verdict":        func(report map[string]any) { delete(first(report, "checks"), "verdict") },
		"another verdict":   func(report map[string]any) { first(report, "requirements")["verdict"] = "maybe" },
		"another level":     func(report map[string]any) { first(report, "requirements")["level"] = "guessed" },
		"no source":         func(report map[string]any) { delete(first(report, "requirements"), "source") },
		"a negative count":  func(report map[string]any) { first(first(report, "checks"), "findings")["count"] = -1 },
		"a finding of none": func(report map[string]any) { delete(first(first(report, "checks"), "findings"), "requirement") },
		"a number of 0":     func(report map[string]any) { first(report, "exchanges")["number"] = 0 },
		"a short digest":    func(report map[string]any) { report["description"].(map[string]any)["digest"] = "sha256:1" },
	} {
		var report map[string]any
		if err := json.Unmarshal([]byte(sound), &report); err != nil {
			t.Fatal(err)
		}
		spoil(report)
		text, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		if compiled.Validate(anyOf(t, string(text))) == nil {
			t.Errorf("%s: the schema takes it", name)
		}
	}
}

// first gives the first object of a list of the report.
func first(object map[string]any, list string) map[string]any {
	return object[list].([]any)[0].(map[string]any)
}

func TestAReportSurvivesItsJSON(t *testing.T) {
	for name, run := range everyRun(t) {
		text := written(t, New(run), WriteJSON)
		read, err := result.ReadJSON([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again := written(t, read, WriteJSON); again != text {
			t.Errorf("%s: read and written again it is another:\n%s\n%s", name, text, again)
		}
		if written(t, read, WriteJUnit) != written(t, New(run), WriteJUnit) {
			t.Errorf("%s: JUnit of what was read is another", name)
		}
	}
}

func TestAReportSaysWhatWasJudged(t *testing.T) {
	run := failing(t)
	report := New(run)
	if want := time.Date(2026, 1, 2, 2, 4, 5, 678000000, time.UTC); !report.Started.Equal(want) || report.Started.Location() != time.UTC || report.Milliseconds != 1234 {
		t.Errorf("started %s, %d ms", report.Started, report.Milliseconds)
	}
	if report.Exit != result.ExitFails || report.Conclusion != "does not conform" || report.Tool != (Tool{"dpconform", "1.2.3-test"}) {
		t.Errorf("exit %d, %q, %+v", report.Exit, report.Conclusion, report.Tool)
	}
	if !maps.Equal(report.Target.Jobs, map[string]int{"FAILED": 2, "COMPLETE": 1, "IN_PROGRESS": 0, "CANCELLED": 0}) || report.Target.Source != "network" {
		t.Errorf("target %+v", report.Target)
	}
	want := map[result.Verdict]int{result.Fail: 1, result.Warn: 1, result.Skip: 1, result.Error: 1, result.Pass: 1}
	if !maps.Equal(report.Counts.Checks, want) || len(report.Checks) != 5 || len(report.Exchanges) != 4 || len(report.Requirements) != 4 {
		t.Errorf("%d checks %v, %d exchanges, %d requirements", len(report.Checks), report.Counts.Checks, len(report.Exchanges), len(report.Requirements))
	}
	for i, exchange := range report.Exchanges {
		if exchange.Number != i+1 || exchange.Request.Credential != "token for "+contract.Scopes[0].Short() {
			t.Errorf("exchange %d: %+v", i, exchange)
		}
	}
	if cut := report.Exchanges[1]; cut.Fault == nil || cut.Fault.Kind != "truncated" || cut.Response.Status != 200 {
		t.Errorf("the truncated answer: %+v", cut)
	}
	if refused := report.Checks[0].Findings[0]; refused.Exchange != 1 || !strings.HasPrefix(refused.Curl, "curl ") || report.Checks[0].Findings[1].Curl != "" {
		t.Errorf("findings %+v", report.Checks[0].Findings)
	}
}

func TestForeignJSONIsRefused(t *testing.T) {
	sound := written(t, New(conforming(t)), WriteJSON)
	for name, text := range map[string]string{
		"nothing": "", "a space": " ", "truncated": sound[:len(sound)/2], "a list": "[]", "a text": `"report"`, "no JSON": "<html>",
		"another type": strings.Replace(sound, `"checks": [`, `"checks": 5, "x": [`, 1),
	} {
		if report, err := result.ReadJSON([]byte(text)); err == nil {
			t.Errorf("%s: read as %+v", name, report)
		}
	}
	for text, want := range map[string]string{
		`{}`:                    "not a report of dpconform: it has no format_version",
		`null`:                  "not a report of dpconform: it has no format_version",
		`{"stats": {}}`:         "not a report of dpconform: it has no format_version",
		`{"format_version": 2}`: "a report of format 2; this version reads format 1",
		`{"format_version":-1}`: "a report of format -1; this version reads format 1",
	} {
		var format *FormatError
		if _, err := result.ReadJSON([]byte(text)); !errors.As(err, &format) || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestMembersOfLaterVersionsArePassedOver(t *testing.T) {
	sound := written(t, New(conforming(t)), WriteJSON)
	later := strings.Replace(sound, "{", `{"of_tomorrow": [1],`, 1)
	if read, err := result.ReadJSON([]byte(later)); err != nil || written(t, read, WriteJSON) != sound {
		t.Errorf("%v", err)
	}
	if err := compiledSchema(t).Validate(anyOf(t, later)); err != nil {
		t.Error(err)
	}
}

func FuzzReadJSON(f *testing.F) {
	for _, run := range everyRun(f) {
		f.Add([]byte(written(f, New(run), WriteJSON)))
	}
	for _, text := range []string{"", "{}", "null", "[]", `{"format_version": 1}`, `{"format_version": 2}`, `{"format_version": 1, "checks": [{}], "requirements": [{}]}`,
		`{"format_version": 1, "checks": [{"aspect": "path", "verdict": "fail", "findings": [{"requirement": "x"}]}]}`, `{"format_version": 1e400}`,
		`{"format_version": 1, "started": "x"}`, `{"format_version": 1, "counts": {"checks": {"odd": 1}}, "exit": -7, "description": {"digest": ""}}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		report, err := result.ReadJSON(text)
		if err != nil {
			return
		}
		if report.FormatVersion != FormatVersion {
			t.Fatalf("format %d was read", report.FormatVersion)
		}
		var out strings.Builder
		Console{Out: &out, Width: 80}.Result(report)
		if err := WriteJUnit(&out, report); err != nil {
			t.Error(err)
		}
		out.Reset()
		if err := WriteJSON(&out, report); err != nil {
			t.Fatal(err)
		}
		if _, err := result.ReadJSON([]byte(out.String())); err != nil {
			t.Errorf("what was written cannot be read: %v", err)
		}
	})
}
