package cli

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
	t.Parallel()
	const scope = "requirement: authorization.scope, reason: the scope comes in May, issue: 'https://issues.example/12', expires: 9999-12-31"
	few := []string{"--focus", "authorization.scope", "--focus", "body.unknown-field", "--focus", "body.empty", "--focus", "path.trailing-slash", "--focus", "semantics"}
	lastScope, conforming := emulated(t, emulator.Options{Fault: "last-scope-refused"}), emulated(t, emulator.Options{})
	for _, one := range []struct {
		name    string
		server  []string
		entries []string
		more    []string
		exit    int
		says    []string
	}{
		{"a known failure", lastScope, []string{scope}, nil, result.ExitConforms,
			[]string{"EXPECTED-FAIL authorization.scope in authorization/scope/", ": the scope comes in May, until 9999-12-31, https://issues.example/12 (",
				"known.yaml:2)\n", "conforms but for known failures of 1 requirement", "1 expected-fail"}},
		{"a pattern", lastScope, []string{"check: 'authorization/scope/*', reason: the scope comes in May"}, nil, result.ExitConforms, []string{"1 expected-fail"}},
		{"a known warning", emulated(t, emulator.Options{Fault: "trailing-slash-accepted"}), []string{"check: path/trailing-slash, reason: a router"}, nil,
			result.ExitConforms, []string{"EXPECTED-FAIL path.trailing-slash"}},
		{"another failure of the same check", emulated(t, emulator.Options{Fault: "unknown-field-ignored"}),
			[]string{"requirement: body.unknown-field, reason: a proxy"}, nil, result.ExitFails,
			[]string{"EXPECTED-FAIL body.unknown-field", "FAIL body.not-empty", "does not conform"}},
		{"an unexpected pass", lastScope, []string{scope, "requirement: body.empty, reason: a proxy"}, nil, result.ExitFails,
			[]string{"UNEXPECTED-PASS requirement: body.empty", "passed  body/empty, body/empty-with-type", "known.yaml:3\n", "2 unexpected-pass",
				"\nconforms but for known failures of 1 requirement; the list of known failures is out of date: remove"}},
		{"not selected", conforming, []string{scope}, []string{"--focus", "body"}, result.ExitConforms, []string{"\nconforms\n"}},
		{"selected in part", conforming, []string{scope}, []string{"--focus", "authorization/scope/dataportability.chrome.autofill"}, result.ExitConforms,
			[]string{"KNOWN FAILURE NOT TESTED requirement: authorization.scope at ", "was not selected"}},
		{"skipped", conforming[:4], []string{"requirement: semantics.refused-state, reason: a proxy"}, nil, result.ExitInconclusive,
			[]string{"KNOWN FAILURE NOT TESTED requirement: semantics.refused-state at "}},
		{"an accepted gap", conforming[:4], []string{"check: '*', expect: skip, reason: there are no jobs"}, nil, result.ExitConforms,
			[]string{"; accepted: there are no jobs (", "conforms; ", " skips accepted"}},
		{"an accepted gap of a requirement", conforming[:4], []string{"check: 'semantics/*', expect: skip, reason: there are no jobs"}, nil, result.ExitInconclusive, nil},
		{"tested after all", conforming, []string{"check: semantics/complete-is-refused, expect: skip, reason: there are no jobs"}, nil, result.ExitFails,
			[]string{"UNEXPECTED-PASS check: semantics/complete-is-refused", "tested  semantics/complete-is-refused", "remove the entry at ", "1 unexpected-pass"}},
		{"tested after all, and failing", emulated(t, emulator.Options{Fault: "unknown-field-ignored"}),
			[]string{"check: body/unknown-field, expect: skip, reason: there are no jobs"}, nil, result.ExitFails, []string{"FAIL body.unknown-field"}},
		{"a gap that is not selected", conforming, []string{"check: semantics/complete-is-refused, expect: skip, reason: there are no jobs"}, []string{"--focus", "body"},
			result.ExitConforms, []string{"\nconforms\n"}},
		{"no entries", conforming, nil, nil, result.ExitConforms, []string{"\nconforms\n"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			more := one.more
			if more == nil {
				more = few
			}
			call(t, slices.Concat([]string{"run", "--known-failures", knownFailures(t, one.entries...)}, one.server, more)...).want(t, one.exit, one.says...)
		})
	}
}

func TestBadKnownFailuresAreOneClearLine(t *testing.T) {
	t.Parallel()
	list := "run --known-failures " + knownFailures(t, "requirement: body.empty, reason: a proxy") + " --write-known-failures "
	refused(t, "run --known-failures no-such.yaml", "--known-failures: there is no file no-such.yaml; ")
	refused(t, list+writeFile(t, "there.yaml", "mine\n"), "--write-known-failures: ", "already exists")
	refused(t, list+"no-such-folder/known.yaml", "--write-known-failures: ", "no-such-folder")
	refused(t, list+"no-such.yaml --report json=no-such.yaml", "--write-known-failures: ", "a report")
	for entry, says := range map[string]string{
		"requirement: body.empty, reason: a proxy, expires: 2020-01-31": "expired on 2020-01-31",
		"check: 'payload/*', reason: a proxy":                           `"payload/*"`,
		"requirement: body.emty, reason: a proxy":                       "did you mean body.empty?",
		"check: body/empty, expect: pass, reason: a proxy":              `"pass" is nothing that an entry can expect; write skip`,
	} {
		refused(t, "run --focus path --known-failures "+knownFailures(t, entry), "known.yaml:2:", says)
	}
}

// TestWrittenKnownFailuresAreToBeFilled: a written file is refused as it is, and
// with reasons it makes the run pass.
func TestWrittenKnownFailuresAreToBeFilled(t *testing.T) {
	t.Parallel()
	for fault, focus := range map[string]string{"last-scope-refused": "authorization.scope", "unknown-field-ignored,no-challenge": ""} {
		file, server := filepath.Join(t.TempDir(), "known.yaml"), emulated(t, emulator.Options{Fault: fault})
		if focus != "" {
			server = append(server, "--focus", focus)
		}
		call(t, append([]string{"run", "--write-known-failures", file}, server...)...).want(t, result.ExitFails, "to "+file+": write a reason for each")
		filled := append([]string{"run", "--known-failures", file}, server...)
		call(t, filled...).wantOneLine(t, file+":", `"insert reason here"`)
		rewrite(t, file, func(text string) string { return strings.ReplaceAll(text, "insert reason here", "the gateway does it") })
		call(t, filled...).want(t, result.ExitConforms)
	}
	file := filepath.Join(t.TempDir(), "known.yaml")
	call(t, "run", "--focus", "body.empty", "--write-known-failures", file).want(t, result.ExitConforms, "nothing failed: "+file+" was not written")
	if exists(file) {
		t.Error("a file was written where nothing failed")
	}
}
