package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// untrusted is text that CI systems obey, and text that nobody sees or that
// changes what is seen. Wrapped at any width, one of its commands begins a line.
var untrusted = "##[error]a ##vso[task.complete result=Failed]b##teamcity[buildStop]c\n::add-mask::d\r::error::e\r\n\t::set-output name=f::g\n--- h\n+++ i\n" +
	"section_start:1:j\r\x1b[0K \x1b[31m\x1b]8;;http://evil.example\a\u202ek\u2066l\u200bm\ufeffn\u00ado\u034fp\u3164q\ufe0fr\U000e0041s\u2028t\u0085u\x7f" +
	strings.Join(slices.Collect(func(yield func(string) bool) {
		for width := range 30 {
			yield(strings.Repeat("w", width) + " ::error::v")
		}
	}), " ") + strings.Repeat("x", 70) + "::error::y"

// obeyedAt finds what a CI system obeys; annotations are our own commands.
var (
	obeyedAt   = regexp.MustCompile(`(?m)(?:^|\r)\s*(?:::[A-Za-z]|(?:---|\+\+\+|~~~|\^\^\^) )|##[A-Za-z]*\[|section_(?:start|end):|travis_(?:fold|time):`)
	annotation = regexp.MustCompile(`(?m)^::(?:error|warning|notice) [^\r\n]*$`)
)

// wantEscaped fails where a text has something that a CI system obeys, or that
// nobody sees.
func wantEscaped(t *testing.T, what, text string) {
	t.Helper()
	near := func(at int) string { return text[max(0, at-60):min(len(text), at+60)] }
	if at := obeyedAt.FindStringIndex(text); at != nil {
		t.Errorf("%s: a CI system obeys %q", what, near(at[0]))
	}
	hidden := func(character rune) bool {
		return character != '\n' && character != '\t' && (unicode.In(character, unicode.C, unicode.Zl, unicode.Zp, unicode.Variation_Selector) ||
			strings.ContainsRune("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0", character))
	}
	if at := strings.IndexFunc(text, hidden); at >= 0 {
		t.Errorf("%s: nobody sees a character of %q", what, near(at))
	}
}

// wantAllEscaped checks all that a command printed.
func (c called) wantAllEscaped(t *testing.T, what string) {
	t.Helper()
	for name, text := range map[string]string{"output": c.output, "standard output": c.raw, "complaints": c.complaints} {
		wantEscaped(t, what+": "+name, text)
	}
}

// TestAServerCannotWriteInALog has a server that says untrusted text wherever it
// can, and looks at everything that is printed and written of it.
func TestAServerCannotWriteInALog(t *testing.T) {
	t.Parallel()
	address := listen(t, http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		_, _ = io.Copy(io.Discard, request.Body)
		header := strings.NewReplacer("\r", " ", "\n", " ").Replace(untrusted)
		writer.Header().Set("Content-Type", "application/json; charset="+header)
		writer.Header().Set("WWW-Authenticate", header)
		writer.Header().Set("Location", "##[error]")
		writer.WriteHeader(http.StatusConflict)
		body, _ := json.Marshal(map[string]any{"error": map[string]any{"code": 409, "message": untrusted, "status": untrusted, "details": []any{untrusted}}, untrusted: untrusted})
		_, _ = writer.Write(append(body, untrusted...))
	}))
	folder := t.TempDir()
	flags, paths := everyFormat(folder, "report")
	given := []string{"--endpoint", address, "--token-template", "scope:{short}", "--job", "FAILED=failed-1,failed-2", "--job", "COMPLETE=complete-1"}
	arguments := func(command ...string) []string { return slices.Concat(command, given) }
	for name, line := range map[string][]string{
		"run": append(arguments("run", "--verbose", "--write-known-failures", filepath.Join(folder, "known.yaml")), flags...), "quiet": arguments("run", "--quiet", "--focus", "body.unknown-field"),
		"doctor": arguments("doctor"), "doctor as JSON": arguments("doctor", "--json", "--focus", "body.empty"), "record": arguments("record", "--spec", slimmed(), "--cassettes", filepath.Join(folder, "cassettes")),
	} {
		call(t, line...).wantAllEscaped(t, name)
	}
	for format, path := range paths {
		wantEscaped(t, format, annotation.ReplaceAllString(readFile(t, path), ""))
	}
	wantEscaped(t, "known failures", readFile(t, filepath.Join(folder, "known.yaml")))
}

// leaves are the texts of a document, all those of one kind by the keys that lead
// to them.
func leaves(value any, path string, found map[string][]func(string)) {
	note := func(path string, value any, set func(any)) {
		if _, is := value.(string); is {
			found[path] = append(found[path], func(text string) { set(text) })
		}
		leaves(value, path, found)
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			note(path+"."+key, value[key], func(text any) { value[key] = text })
		}
	case []any:
		for i := range value {
			note(path+"[]", value[i], func(text any) { value[i] = text })
		}
	}
}

// TestAnEditedReportCannotWriteInALog puts untrusted text in place of each text of
// a JSON report, and makes of it all that report and diff can make of one.
func TestAnEditedReportCannotWriteInALog(t *testing.T) {
	t.Parallel()
	original := filepath.Join(t.TempDir(), "original.json")
	call(t, append([]string{"run", "--focus", "body.unknown-field", "--report", "json=" + original}, emulated(t, emulator.Options{Fault: "unknown-field-ignored"})...)...)
	edited := func(paths ...string) string {
		var document any
		unmarshal(t, readFile(t, original), &document)
		found := map[string][]func(string){}
		leaves(document, "", found)
		for _, path := range paths {
			for _, set := range found[path] {
				set(untrusted)
			}
		}
		written, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		return writeFile(t, "edited.json", string(written))
	}
	var document any
	unmarshal(t, readFile(t, original), &document)
	all, accepted := map[string][]func(string){}, []string{}
	leaves(document, "", all)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		got := call(t, "report", edited(path))
		got.wantAllEscaped(t, path)
		if got.exit == result.ExitConforms {
			accepted = append(accepted, path)
		} else if strings.Count(got.complaints, "\n") != 1 {
			t.Errorf("%s: not one line: %q", path, got.complaints)
		}
	}
	if len(accepted) < 20 {
		t.Fatalf("only %d of %d kinds of text can be anything: %v", len(accepted), len(all), accepted)
	}
	file := edited(accepted...)
	lines := [][]string{{"report", file}, {"report", file, "--quiet"}, {"diff", original, file}, {"diff", file, original}}
	for _, format := range report.Names() {
		lines = append(lines, []string{"report", file, "--report", format + "=-"})
	}
	for _, format := range []string{"text", "json", "markdown"} {
		lines = append(lines, []string{"diff", original, file, "--report", format + "=-"})
	}
	for _, line := range lines {
		got := call(t, line...)
		if line[len(line)-1] == "github=-" {
			got.raw = strings.Join(slices.DeleteFunc(obeyed(t, got.raw), annotation.MatchString), "\n")
		}
		got.wantAllEscaped(t, strings.Join(line[2:], " "))
		if got.exit == result.ExitUsage {
			t.Errorf("%s: %s", line, got.complaints)
		}
	}
}

// TestAFileCannotWriteInALog gives every command files whose names or contents are
// untrusted.
func TestAFileCannotWriteInALog(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	quoted, err := json.Marshal(untrusted)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.NewReplacer("/", "_", "\x00", "_").Replace(untrusted[:120])
	contents := map[string]string{
		"a text": untrusted, "a key": fmt.Sprintf("{%s: 1}", quoted), "a value": fmt.Sprintf(`{"openapi": %[1]s, "overlay": %[1]s, "name": %[1]s, "format_version": %[1]s}`, quoted),
		"a list": fmt.Sprintf("[%s]", quoted), "an overlay": fmt.Sprintf(`{"overlay": "1.0.0", "info": {"title": "a", "version": "1"}, "actions": [{"target": %s, "remove": true}]}`, quoted),
		"a description": strings.ReplaceAll(string(spec.Default().Text), "title: ", "title: "+string(quoted)+" # "),
	}
	for what, content := range contents {
		file := filepath.Join(folder, fmt.Sprintf("%d%s", len(what), name))
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, line := range [][]string{
			{"run", "--spec"}, {"run", "--config"}, {"run", "--overlay"}, {"run", "--known-failures"}, {"run", "--endpoint", "http://127.0.0.1:1", "--token-file"},
			{"run", "--endpoint", "https://127.0.0.1:1", "--ca-cert"}, {"run", "--cassettes"}, {"run", "--endpoint"}, {"run", "--focus"}, {"run", "--report"}, {"run", "--job"},
			{"run", "--method"}, {"run", "--revision"}, {"report"}, {"diff", file}, {"drift", "--against"}, {"drift", "--against", file, "--from"}, {"drift", "--against", "http://127.0.0.1:1/", "--from-overlay"},
			{"client", "--scenarios"}, {"client", "--print-scenario"}, {"explain"}, {"list", "--spec"}, {"emulate", "--fault"}, {"emulate", "--tls-key", file, "--tls-cert"}, {"spec", "new", "--from"}, {"doctor", "--spec"}, {"login", "--scopes"}, {},
		} {
			call(t, append(line, file)...).wantAllEscaped(t, what+": "+strings.Join(line[:min(len(line), 2)], " "))
		}
	}
}
