package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pb33f/jsonschema/v6"

	"github.com/dpconform/dpconform/internal/result"
)

// schemaOfReports is the JSON Schema of a report, formats included.
func schemaOfReports(t testing.TB) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(result.Schema())))
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

func valid(t testing.TB, schema *jsonschema.Schema, words string) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(words))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

func TestTheSchemaDescribesReportsTruly(t *testing.T) {
	t.Parallel()
	schema := schemaOfReports(t)
	for name, from := range reports() {
		if err := valid(t, schema, written(t, from, result.WriteJSON)); err != nil && name != "hostile" {
			t.Errorf("%s: %v", name, err)
		}
	}
	first := func(object map[string]any, list string) map[string]any {
		return object[list].([]any)[0].(map[string]any)
	}
	for name, edit := range map[string]func(map[string]any){
		"nothing":         func(report map[string]any) { clear(report) },
		"another format":  func(report map[string]any) { report["format_version"] = result.FormatVersion + 1 },
		"no such exit":    func(report map[string]any) { report["exit"] = 9 },
		"no date":         func(report map[string]any) { report["started"] = "today" },
		"no exchanges":    func(report map[string]any) { delete(report, "exchanges") },
		"no endpoint":     func(report map[string]any) { report["target"].(map[string]any)["endpoint"] = "" },
		"no verdict":      func(report map[string]any) { delete(first(report, "checks"), "verdict") },
		"another verdict": func(report map[string]any) { first(report, "requirements")["verdict"] = "maybe" },
		"another level":   func(report map[string]any) { first(report, "requirements")["level"] = "guessed" },
		"a number of 0":   func(report map[string]any) { first(report, "exchanges")["number"] = 0 },
		"a short digest":  func(report map[string]any) { report["description"].(map[string]any)["digest"] = "sha256:1" },
		"a finding of none": func(report map[string]any) {
			delete(first(report["checks"].([]any)[1].(map[string]any), "findings"), "requirement")
		},
	} {
		var report map[string]any
		if err := json.Unmarshal([]byte(written(t, failing(), result.WriteJSON)), &report); err != nil {
			t.Fatal(err)
		}
		edit(report)
		words, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		if valid(t, schema, string(words)) == nil {
			t.Errorf("%s: the schema takes it", name)
		}
	}
	later := strings.Replace(written(t, failing(), result.WriteJSON), "{", `{"of_tomorrow": [1],`, 1)
	read, err := result.ReadJSON([]byte(later))
	if err != nil || written(t, read, result.WriteJSON) != written(t, failing(), result.WriteJSON) || valid(t, schema, later) != nil {
		t.Errorf("members of later versions are not passed over: %v", err)
	}
	if _, err := result.ReadJSON([]byte(`{"format_version": 2}`)); err == nil || err.Error() != "a report of format 2; this version reads format 1" {
		t.Errorf("a later format: %v", err)
	}
}

func TestAnEditedReportContradictsItself(t *testing.T) {
	t.Parallel()
	for name, from := range reports() {
		if got := result.Contradiction(from); got != "" && name != "hostile" {
			t.Errorf("%s: %s", name, got)
		}
	}
	for want, edit := range map[string]func(*result.Report){
		"its counts are not those of its checks":                                func(r *result.Report) { r.Counts.Checks[result.Pass]++ },
		"its counts are not those of its requirements":                          func(r *result.Report) { r.Requirements = r.Requirements[1:] },
		"its exchange 2 has the number 1":                                       func(r *result.Report) { r.Exchanges[1].Number = 1 },
		"its check path/example refers to the exchange 99 of 5":                 func(r *result.Report) { r.Checks[1].Exchanges = []int{99} },
		"its check path/example refers to the exchange 0 of 5":                  func(r *result.Report) { r.Checks[1].Exchanges = []int{0} },
		"its check path/example refers to the exchange -1 of 5":                 func(r *result.Report) { r.Checks[1].Findings[0].Exchange = -1 },
		"its cause everything refers to the exchange 98 of 5":                   func(r *result.Report) { r.Causes = []result.Cause{{ID: "everything", Exchange: 98}} },
		"nothing came of its exchange 1, and no fault":                          func(r *result.Report) { r.Exchanges[0].Response = nil },
		"its exit code 0 and its conclusion are not those of its checks":        func(r *result.Report) { r.Exit = 0 },
		"its exit code 77 and its conclusion are not those of its checks":       func(r *result.Report) { r.Exit = 77 },
		"the verdict of its check path/example is not that of the findings":     func(r *result.Report) { r.Checks[1].Findings = nil },
		"the verdict of its requirement x.path.one is not that of the findings": func(r *result.Report) { r.Checks[1].Findings[0].Requirement = "x.y.z" },
	} {
		from := failing()
		edit(&from)
		if got := result.Contradiction(from); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
