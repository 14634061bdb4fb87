package cli

import (
	"bytes"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pb33f/jsonschema/v6"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
)

// knownFailures writes a list with entries, each as it stands behind the dash.
func knownFailures(t testing.TB, entries ...string) string {
	t.Helper()
	text := "known-failures:\n"
	for _, entry := range entries {
		text += "  - {" + entry + "}\n"
	}
	return writeFile(t, "known.yaml", text)
}

func TestKnownFailures(t *testing.T) {
	const scope = "requirement: retry.authorization.scope, reason: the scope comes in May, issue: 'https://issues.example/12', expires: 9999-12-31"
	lastScope := emulator.Options{Fault: "last-scope-refused"}
	for _, one := range sample([]struct {
		name    string
		options emulator.Options
		entries []string
		more    []string
		exit    int
		says    []string
	}{
		{"a known failure", lastScope, []string{scope}, nil, result.ExitConforms,
			[]string{"EXPECTED-FAIL retry.authorization.scope in authorization/scope/", ": the scope comes in May, until 9999-12-31, https://issues.example/12 (",
				"known.yaml:2)\n", "conforms but for known failures of 1 requirement", "1 expected-fail"}},
		{"a pattern", lastScope, []string{"check: 'authorization/scope/*', reason: the scope comes in May"}, nil, result.ExitConforms, []string{"1 expected-fail"}},
		{"a known warning", emulator.Options{Fault: "trailing-slash-taken"}, []string{"check: path/trailing-slash, reason: a router"}, nil,
			result.ExitConforms, []string{"EXPECTED-FAIL retry.path.trailing-slash"}},
		{"and another failure", emulator.Options{Fault: "last-scope-refused,unknown-field-ignored"}, []string{scope}, nil, result.ExitFails,
			[]string{"EXPECTED-FAIL retry.authorization.scope", "FAIL retry.body.unknown-field", "does not conform"}},
		{"another failure of the same check", emulator.Options{Fault: "unknown-field-ignored"}, []string{"requirement: retry.body.unknown-field, reason: a proxy"}, nil,
			result.ExitFails, []string{"EXPECTED-FAIL retry.body.unknown-field", "FAIL retry.body.not-empty"}},
		{"an unexpected pass", lastScope, []string{scope, "requirement: retry.body.empty, reason: a proxy"}, nil, result.ExitFails,
			[]string{"UNEXPECTED-PASS requirement: retry.body.empty", "passed  body/empty, body/empty-with-type", "known.yaml:3\n", "2 unexpected-pass"}},
		{"not selected", emulator.Options{}, []string{scope}, []string{"--focus", "body"}, result.ExitConforms, []string{"\nconforms\n"}},
		{"selected in part", emulator.Options{}, []string{scope}, []string{"--focus", "authorization/scope/dataportability.chrome.autofill"}, result.ExitConforms,
			[]string{"KNOWN FAILURE NOT JUDGED requirement: retry.authorization.scope at ", "was not selected"}},
		{"no entries", emulator.Options{}, nil, nil, result.ExitConforms, []string{"\nconforms\n"}},
	}) {
		t.Run(one.name, func(t *testing.T) {
			arguments := append([]string{"run", "--known-failures", knownFailures(t, one.entries...)}, emulated(t, one.options)...)
			got := call(t, append(arguments, one.more...)...)
			if got.exit != one.exit {
				t.Errorf("exit %d, want %d", got.exit, one.exit)
			}
			output := strings.Join(strings.Fields(got.output), " ")
			for _, want := range one.says {
				if !strings.Contains(got.output, want) && !strings.Contains(output, want) {
					t.Errorf("the output lacks %q:\n%s%s", want, got.output, got.complaints)
				}
			}
		})
	}
}

// TestKnownFailureNotJudged: what was skipped is neither used nor passed.
func TestKnownFailureNotJudged(t *testing.T) {
	file := knownFailures(t, "requirement: retry.semantics.only-failed, reason: a proxy")
	got := call(t, append([]string{"run", "--known-failures", file}, emulated(t, emulator.Options{})[:4]...)...)
	if got.exit != result.ExitInconclusive || !strings.Contains(got.output, "KNOWN FAILURE NOT JUDGED requirement: retry.semantics.only-failed at "+file+":2: ") {
		t.Errorf("exit %d\n%s%s", got.exit, got.output, got.complaints)
	}
}

func TestBadKnownFailuresAreOneClearLine(t *testing.T) {
	there := writeFile(t, "there.yaml", "mine\n")
	for _, one := range []struct {
		name  string
		entry string
		more  []string
		says  []string
	}{
		{"expired", "requirement: retry.body.empty, reason: a proxy, expires: 2020-01-31", nil, []string{"known.yaml:2:", "expired on 2020-01-31"}},
		{"expired and not selected", "requirement: retry.body.empty, reason: a proxy, expires: 2020-01-31", []string{"--focus", "path"}, []string{"known.yaml:2:"}},
		{"unmatched", "check: 'payload/*', reason: a proxy", nil, []string{"known.yaml:2:", `"payload/*"`}},
		{"unknown", "requirement: retry.body.emty, reason: a proxy", nil, []string{"known.yaml:2:", "did you mean retry.body.empty?"}},
		{"without a reason", "requirement: retry.body.empty, reason: TODO", nil, []string{"known.yaml:2:", `"TODO"`}},
		{"a file that is there", "requirement: retry.body.empty, reason: a proxy", []string{"--write-known-failures", there},
			[]string{"--write-known-failures: ", "there already"}},
		{"no folder", "requirement: retry.body.empty, reason: a proxy", []string{"--write-known-failures", "no-such-folder/known.yaml"},
			[]string{"--write-known-failures: ", "no-such-folder"}},
		{"a report in the same file", "requirement: retry.body.empty, reason: a proxy",
			[]string{"--write-known-failures", "no-such.yaml", "--report", "json=no-such.yaml"}, []string{"--write-known-failures: ", "a report"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			got := call(t, append([]string{"run", "--known-failures", knownFailures(t, one.entry)}, one.more...)...)
			if got.exit != result.ExitUsage {
				t.Errorf("exit %d, want %d", got.exit, result.ExitUsage)
			}
			assertOneLine(t, got, one.says)
		})
	}
	got := call(t, "run", "--known-failures", "no-such.yaml")
	assertOneLine(t, got, []string{"no-such.yaml: "})
}

// TestWrittenKnownFailuresAreToBeFilled: a written file is refused as it is, and
// with reasons it makes the run pass.
func TestWrittenKnownFailuresAreToBeFilled(t *testing.T) {
	for _, fault := range sample([]string{"last-scope-refused", "unknown-field-ignored", "wrong-state-conflict", "no-authorization", "no-challenge"}) {
		t.Run(fault, func(t *testing.T) {
			options := emulator.Options{Fault: fault}
			file := filepath.Join(t.TempDir(), "known.yaml")
			got := call(t, append([]string{"run", "--write-known-failures", file}, emulated(t, options)...)...)
			if got.exit != result.ExitFails || !strings.Contains(got.output, "into "+file+": write a reason for each") {
				t.Fatalf("exit %d\n%s%s", got.exit, got.output, got.complaints)
			}
			got = call(t, append([]string{"run", "--known-failures", file}, emulated(t, options)...)...)
			if got.exit != result.ExitUsage {
				t.Errorf("the file as it is: exit %d", got.exit)
			}
			assertOneLine(t, got, []string{file + ":", `"TODO"`})
			rewrite(t, file, func(text string) string { return strings.ReplaceAll(text, "TODO", "the gateway does it") })
			got = call(t, append([]string{"run", "--known-failures", file}, emulated(t, options)...)...)
			if got.exit != result.ExitConforms {
				t.Errorf("the filled file: exit %d\n%s%s", got.exit, got.output, got.complaints)
			}
		})
	}
}

func TestNoKnownFailuresAreWrittenWhereNothingFailed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known.yaml")
	got := call(t, "run", "--write-known-failures", file)
	if got.exit != result.ExitConforms || !strings.Contains(got.output, "nothing failed: "+file+" was not written") {
		t.Errorf("exit %d\n%s%s", got.exit, got.output, got.complaints)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a file was written")
	}
}

// TestReportsOfKnownFailures: the JSON form says what came of each entry, and
// JUnit skips what is known and fails what passes.
func TestReportsOfKnownFailures(t *testing.T) {
	file := knownFailures(t, "check: body/unknown-field, reason: a proxy, expires: 9999-12-31", "requirement: retry.body.empty-message, reason: a router",
		"requirement: retry.path.case, reason: a router")
	folder := t.TempDir()
	call(t, append([]string{"run", "--focus", "body", "--known-failures", file, "--report", "json=" + folder + "/report.json",
		"--report", "junit=" + folder + "/report.xml"}, emulated(t, emulator.Options{Fault: "unknown-field-ignored"})...)...)
	assertValidReport(t, folder+"/report.json")
	read := readReport(t, folder+"/report.json")
	want := []result.KnownFailure{
		{Name: file + ":2", Entry: "check: body/unknown-field", File: file, Line: 2, Reason: "a proxy", Expires: "9999-12-31",
			Checks: []string{"body/unknown-field"}, State: result.KnownUsed},
		{Name: file + ":3", Entry: "requirement: retry.body.empty-message", File: file, Line: 3, Reason: "a router",
			Checks: []string{"body/empty-message"}, State: result.KnownPassed},
	}
	if len(read.KnownFailures) != len(want) {
		t.Fatalf("known failures %+v", read.KnownFailures)
	}
	for i := range want {
		if got := read.KnownFailures[i]; strings.Join(got.Checks, " ") != want[i].Checks[0] || got.State != want[i].State || got.Name != want[i].Name ||
			got.Entry != want[i].Entry || got.Reason != want[i].Reason || got.Expires != want[i].Expires || got.Line != want[i].Line {
			t.Errorf("%+v, want %+v", got, want[i])
		}
	}
	if counts := read.Counts.Checks; counts[result.ExpectedFail] != 1 || counts[result.UnexpectedPass] != 1 || counts[result.Fail] != 0 {
		t.Errorf("counts %v", counts)
	}
	assertJUnitOfKnownFailures(t, folder+"/report.xml")
}

// assertValidReport holds a report against its JSON Schema.
func assertValidReport(t *testing.T, path string) {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(result.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("report.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(instance); err != nil {
		t.Error(err)
	}
}

func assertJUnitOfKnownFailures(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var junit struct {
		Cases []struct {
			Name    string `xml:"name,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
			Skipped *string `xml:"skipped"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(text, &junit); err != nil {
		t.Fatal(err)
	}
	failures, skipped := 0, 0
	for _, one := range junit.Cases {
		if one.Skipped != nil {
			skipped++
			if !strings.HasPrefix(one.Name, "body/unknown-field:") || !strings.HasPrefix(*one.Skipped, "known failure: a proxy\n") {
				t.Errorf("%s is skipped: %s", one.Name, *one.Skipped)
			}
		}
		if one.Failure != nil {
			failures++
		}
		if one.Failure != nil && (!strings.HasPrefix(one.Name, "body/empty-message:") || !strings.Contains(one.Failure.Message, "remove the entry")) {
			t.Errorf("%s fails: %s", one.Name, one.Failure.Message)
		}
	}
	if failures != 1 || skipped != 1 {
		t.Errorf("%d failures and %d skipped, want one of each", failures, skipped)
	}
}
