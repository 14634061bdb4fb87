package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/cassettes"
	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// TestBadInputIsOneClearLine: exit 2, one line on standard error that names the
// place and the mend, and nothing judged.
func TestBadInputIsOneClearLine(t *testing.T) {
	noRace(t)
	brokenYAML := writeFile(t, "dpconform.yaml", "endpoint: http://127.0.0.1:1\njob: [a\n")
	unknownKey := writeFile(t, "dpconform.yaml", "endpoint: http://127.0.0.1:1\ntimout: 2s\n")
	emptyTokens := writeFile(t, "tokens.yaml", "# none yet\n")
	unknownScope := writeFile(t, "tokens.yaml", "dataportability.maps.reviws: secret-token-value\n")
	endpoint := []string{"--endpoint", "http://127.0.0.1:1"}
	for _, one := range []struct {
		name      string
		arguments []string
		says      []string
	}{
		{"flag", []string{"run", "--endpont", "x"}, []string{"--endpont", "did you mean --endpoint?"}},
		{"flag value", []string{"run", "--timeout", "3"}, []string{`--timeout: invalid value "3": want a duration such as 2s or 500ms`}},
		{"flag that is no truth", []string{"run", "--allow-retry=yes"}, []string{`--allow-retry: invalid value "yes": want true or false`}},
		{"flag that is no number", []string{"run", "--seed", "0x"}, []string{`--seed: invalid value "0x": want a non-negative integer`}},
		{"flag that is no budget", []string{"run", "--max-requests", "many"}, []string{`--max-requests: invalid value "many": want an integer`}},
		{"flag that is no age", []string{"run", "--max-age", "old"}, []string{`--max-age: invalid value "old": want a time such as 30d or 36h`}},
		{"command", []string{"rum"}, []string{`"rum"`, "did you mean run?"}},
		{"word", []string{"run", "now"}, []string{`"now"`}},
		{"state", append([]string{"run", "--job", "FALED=a"}, endpoint...), []string{"--job", "did you mean FAILED?"}},
		{"job without a state", append([]string{"run", "--job", "a"}, endpoint...), []string{"--job", "STATE=ID"}},
		{"job with a slash", append([]string{"run", "--job", "FAILED=archiveJobs/a"}, endpoint...), []string{"--job", "bare id"}},
		{"scope", append([]string{"run", "--token", "dataportability.maps.reviws=secret-token-value"}, endpoint...),
			[]string{"--token", "did you mean dataportability.maps.reviews?"}},
		{"token without a scope", append([]string{"run", "--token", "secret-token-value"}, endpoint...), []string{"--token", "SCOPE=VALUE"}},
		{"token template", append([]string{"run", "--token-template", "secret-token-value"}, endpoint...), []string{"--token-template", "{scope}"}},
		{"token file without tokens", append([]string{"run", "--token-file", emptyTokens}, endpoint...), []string{emptyTokens, "no tokens"}},
		{"token file with an unknown scope", append([]string{"run", "--token-file", unknownScope}, endpoint...),
			[]string{unknownScope + ":1", "did you mean dataportability.maps.reviews?"}},
		{"endpoint", []string{"run", "--endpoint", "localhost:1"}, []string{"--endpoint", "http://"}},
		{"focus", []string{"run", "--focus", "retry.body.emty"}, []string{"--focus", "did you mean retry.body.empty?"}},
		{"label filter", []string{"run", "--label-filter", "path &&"}, []string{"--label-filter"}},
		{"label filter that selects nothing", []string{"run", "--label-filter", "pth"}, []string{"--label-filter", "no check"}},
		{"level", []string{"run", "--level", "platfrm"}, []string{"--level", "did you mean platform?"}},
		{"report kind", []string{"run", "--report", "jsn=x"}, []string{"--report", "did you mean json?"}},
		{"report folder", []string{"run", "--report", "json=/no/such/folder/x"}, []string{"--report", "/no/such/folder"}},
		{"two reports in one file", []string{"run", "--report", "json=x", "--report", "junit=x"}, []string{"--report", "two reports"}},
		{"server flag without a server", []string{"run", "--job", "FAILED=a"}, []string{"--job", "--endpoint URL"}},
		{"cassettes and a server", append([]string{"run", "--cassettes", "."}, endpoint...), []string{"--cassettes"}},
		{"cassettes that are not there", []string{"run", "--cassettes", "no-such-folder"}, []string{"no-such-folder", "dpconform record"}},
		{"configuration that is not there", []string{"run", "--config", "no-such.yaml"}, []string{"no-such.yaml"}},
		{"configuration with an unknown key", []string{"run", "--config", unknownKey}, []string{unknownKey + ":2", "did you mean timeout?"}},
		{"configuration that is no YAML", []string{"run", "--config", brokenYAML}, []string{brokenYAML + ":"}},
		{"description that is not there", []string{"run", "--spec", "no-such.yaml"}, []string{"no-such.yaml"}},
		{"dry run without a server", []string{"run", "--dry-run"}, []string{"--dry-run", "--endpoint URL"}},
		{"any certificate of another machine", []string{"run", "--endpoint", "https://api.example", "--insecure"}, []string{"--insecure", "--ca-cert FILE"}},
		{"authority without a certificate", append([]string{"run", "--ca-cert", emptyTokens}, endpoint...), []string{"--ca-cert", emptyTokens, "no certificate"}},
		{"authority that is not there", append([]string{"run", "--ca-cert", "no-such.pem"}, endpoint...), []string{"--ca-cert", "no-such.pem"}},
		{"rate", append([]string{"run", "--rate", "3/h"}, endpoint...), []string{"--rate", "100/m"}},
		{"rate below nothing", append([]string{"run", "--rate", "-3"}, endpoint...), []string{"--rate", "100/m"}},
		{"budget below nothing", append([]string{"run", "--max-requests", "-1"}, endpoint...), []string{"--max-requests"}},
		{"pause", append([]string{"run", "--max-pause", "0s"}, endpoint...), []string{"--max-pause"}},
		{"time for a connection", append([]string{"run", "--connect-timeout", "0s"}, endpoint...), []string{"--connect-timeout"}},
		{"requirement", []string{"explain", "retry.body.emty"}, []string{"did you mean retry.body.empty?"}},
		{"explain without an id", []string{"explain"}, []string{"explain takes the id"}},
		{"fault", []string{"emulate", "--fault", "get-takn"}, []string{"get-taken"}},
		{"record without a folder", []string{"record"}, []string{"--cassettes DIR"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			got := call(t, one.arguments...)
			if got.exit != result.ExitUsage {
				t.Errorf("exit %d, want %d", got.exit, result.ExitUsage)
			}
			assertOneLine(t, got, one.says)
			if strings.Contains(got.complaints, "secret-token-value") {
				t.Errorf("a token is shown: %s", got.complaints)
			}
		})
	}
}

func assertOneLine(t *testing.T, got called, says []string) {
	t.Helper()
	if strings.Count(got.complaints, "\n") != 1 || !strings.HasPrefix(got.complaints, "dpconform: ") {
		t.Errorf("not one line: %q", got.complaints)
	}
	for _, want := range says {
		if !strings.Contains(got.complaints, want) {
			t.Errorf("%q lacks %q", got.complaints, want)
		}
	}
	if got.output != "" || got.raw != "" {
		t.Errorf("something was printed beside the complaint: %q %q", got.output, got.raw)
	}
}

func TestBadDescriptionNamesTheLine(t *testing.T) {
	text := string(spec.Embedded().Text)
	sourceOf := "          source: https://developers.google.com/data-portability/reference/rest/v1/archiveJobs/retry#body.request_body\n"
	for _, one := range []struct {
		name   string
		edited string
		says   string
	}{
		{"no OpenAPI", "hello: world\n", ":1: not an OpenAPI 3 document"},
		{"no YAML", "openapi: 3.1.0\n\tinfo: x\n", ":2:1: not readable as YAML"},
		{"without the operation", text[:strings.Index(text, "  /v1/archiveJobs/{archiveJob}:retry:")] + text[strings.Index(text, "  /v1/archiveJobs/{archiveJob}/portabilityArchiveState:"):],
			"no operation has x-requirements"},
		{"a requirement without a source", strings.Replace(text, sourceOf, "", 1), "requirement retry.body.empty has no source"},
	} {
		t.Run(one.name, func(t *testing.T) {
			file := writeFile(t, "edited.yaml", one.edited)
			got := call(t, "run", "--spec", file)
			if got.exit != result.ExitUsage {
				t.Errorf("exit %d, want %d", got.exit, result.ExitUsage)
			}
			assertOneLine(t, got, []string{file + ":", one.says})
		})
	}
}

func TestBadCassettesSayWhatToRun(t *testing.T) {
	noRace(t)
	for _, one := range []struct {
		name  string
		spoil func(t *testing.T, folder string) []string
		says  []string
	}{
		{"missing", func(t *testing.T, folder string) []string {
			remove(t, filepath.Join(folder, "body.yaml"))
			return nil
		}, []string{"body.yaml", "dpconform record --cassettes"}},
		{"truncated", func(t *testing.T, folder string) []string {
			rewrite(t, filepath.Join(folder, "path.yaml"), func(text string) string { return text[:len(text)/2] })
			return nil
		}, []string{"path.yaml", "dpconform record --cassettes"}},
		{"edited by hand", func(t *testing.T, folder string) []string {
			rewrite(t, filepath.Join(folder, "semantics.yaml"), func(text string) string { return strings.Replace(text, "FAILED", "COMPLETE", 1) })
			return nil
		}, []string{"semantics.yaml", "dpconform record --cassettes"}},
		{"for another description", func(t *testing.T, _ string) []string {
			return []string{"--spec", writeFile(t, "other.yaml", string(spec.Embedded().Text)+"# another\n")}
		}, []string{"provenance.yaml", "another description", "dpconform record --spec ", "other.yaml --cassettes "}},
		{"without provenance", func(t *testing.T, folder string) []string {
			remove(t, filepath.Join(folder, "provenance.yaml"))
			return nil
		}, []string{"provenance.yaml", "dpconform record --cassettes"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.CopyFS(folder, cassettes.Embedded()); err != nil {
				t.Fatal(err)
			}
			arguments := append([]string{"run", "--cassettes", folder}, one.spoil(t, folder)...)
			got := call(t, arguments...)
			if got.exit != result.ExitUsage {
				t.Errorf("exit %d, want %d\n%s", got.exit, result.ExitUsage, got.output)
			}
			assertOneLine(t, got, one.says)
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func rewrite(t *testing.T, path string, change func(string) string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(change(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRecordedRunEqualsTheRun: a recording judges as the server did, and two
// recordings of the same server are the same to the byte, its port aside.
func TestRecordedRunEqualsTheRun(t *testing.T) {
	noRace(t)
	for _, fault := range sample([]string{"", "unknown-field-ignored"}) {
		var endpoints []string
		first, second := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "second")
		for _, folder := range []string{first, second} {
			arguments := append([]string{"record", "--cassettes", folder}, emulated(t, emulator.Options{Fault: fault})...)
			endpoints = append(endpoints, arguments[4])
			if got := call(t, arguments...); got.exit != result.ExitConforms {
				t.Fatalf("record: exit %d: %s", got.exit, got.complaints)
			}
		}
		direct := call(t, append([]string{"run"}, emulated(t, emulator.Options{Fault: fault})...)...)
		replayed := call(t, "run", "--cassettes", first)
		if direct.exit != replayed.exit {
			t.Errorf("fault %q: exit %d of the server, %d of its recording: %s", fault, direct.exit, replayed.exit, replayed.complaints)
		}
		for _, name := range []string{"path.yaml", "body.yaml", "semantics.yaml", "authorization.yaml", "response.yaml"} {
			path := filepath.Join(second, name)
			rewrite(t, path, func(text string) string { return strings.ReplaceAll(text, endpoints[1], endpoints[0]) })
			assertSameFile(t, filepath.Join(first, name), path)
		}
	}
}

func assertSameFile(t *testing.T, a, b string) {
	t.Helper()
	one, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	if string(one) != string(other) {
		t.Errorf("%s and %s differ", a, b)
	}
}
