package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/report/html"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

func TestParse(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	existing := filepath.Join(folder, "old.json")
	if err := os.WriteFile(existing, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]File{
		"json=-": {"json", "-"}, "json=" + existing: {"json", existing}, "json=" + folder + "/a=b": {"json", folder + "/a=b"},
		"here.json": {"json", "here.json"}, folder + "/Report.XML": {"junit", folder + "/Report.XML"}, "a.b.md": {"markdown", "a.b.md"},
		"r.html": {"html", "r.html"}, "r.sarif": {"sarif", "r.sarif"}, "r.sarif.json": {"sarif", "r.sarif.json"}, "r.har": {"har", "r.har"},
		"github": {"github", "-"}, "github=-": {"github", "-"}, "github=a.md": {"github", "a.md"},
		"badge=b.json": {"badge", "b.json"}, "badge=-": {"badge", "-"},
	} {
		if file, err := ParseFile(given, Names()...); err != nil || file != want {
			t.Errorf("%s: %+v, %v", given, file, err)
		}
	}
	for given, want := range map[string]string{
		"": `unknown report format for ""`, "-": `unknown report format for "-"`, "x.jsn": `unknown report format for "x.jsn"`,
		"=x.json": `unknown report format ""`, "jsn=x": `unknown report format "jsn"`, "JSON=x": `unknown report format "JSON"`, "text=x": `unknown report format "text"`,
		"json": `"json" names no file; give json=FILE`, "json=": `"json=" names no file; give json=FILE`, "json=" + folder: folder + " is a folder",
		"json=" + folder + "/gone/x.json": "there is no folder " + folder + "/gone; create it, or give another path", folder + "/gone/x.json": "there is no folder " + folder + "/gone; create it, or give another path",
		"json=" + existing + "/x.json": "there is no folder " + existing + "; create it, or give another path", "badge=b.svg": "a badge is a .json file for shields.io, and b.svg is not",
	} {
		file, err := ParseFile(given, Names()...)
		if mistake, is := errors.AsType[*text.UsageError](err); !is || !strings.HasPrefix(mistake.Error(), want) {
			t.Errorf("%q: %+v, %v; want %s", given, file, err, want)
		}
	}
}

func TestEveryFormatIsWrittenWholeAndTheSameLater(t *testing.T) {
	t.Setenv("GITHUB_WORKSPACE", "")
	folder := t.TempDir()
	for name, from := range reports() {
		again, err := result.ReadJSON([]byte(written(t, from, result.WriteJSON)))
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range Formats() {
			first, later := written(t, from, format.Write), written(t, again, format.Write)
			if first != later {
				t.Errorf("%s as %s differs when it is made from JSON", name, format.Name)
			}
			path := filepath.Join(folder, "report")
			if err := (File{format.Name, path}).Write(from, io.Discard); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != first {
				t.Errorf("%s as %s: %d bytes, %v", name, format.Name, len(got), err)
			}
			var out strings.Builder
			if err := (File{format.Name, StandardOutput}).Write(from, &out); err != nil || out.String() != first {
				t.Errorf("%s as %s: %d bytes on standard output, %v", name, format.Name, out.Len(), err)
			}
		}
	}
	if err := (File{"pdf", StandardOutput}).Write(conforming(), io.Discard); err == nil {
		t.Error("an unknown format is written")
	}
	reader, writer := io.Pipe()
	reader.Close()
	for _, format := range Formats() {
		if err := format.Write(writer, failing()); err == nil {
			t.Errorf("%s: a broken pipe is no error", format.Name)
		}
	}
}

// TestWhatIsNotTestedIsOneLineEach: what does not apply, and what no check tests.
func TestWhatIsNotTestedIsOneLineEach(t *testing.T) {
	t.Parallel()
	console := func(out io.Writer, made result.Report) error {
		Console{Printer: text.Printer{Out: out, Width: 200}}.Result(made)
		return nil
	}
	for name, write := range map[string]func(io.Writer, result.Report) error{"console": console, "Markdown": WriteMarkdown, "HTML": html.Write} {
		page := strings.ToLower(written(t, failing(), write))
		for _, part := range []string{"not applicable", "no security: 2 checks, so that 1 requirement is not tested; no 404 response: 1 check",
			"not tested", "2 draft requirements; requirements that no check tests: x.own.one"} {
			if !strings.Contains(page, part) {
				t.Errorf("%s does not say %q:\n%s", name, part, page)
			}
		}
		if page := strings.ToLower(written(t, conforming(), write)); strings.Contains(page, "not applicable") || strings.Contains(page, "draft") {
			t.Errorf("%s says it of nothing:\n%s", name, page)
		}
	}
}

func TestBadge(t *testing.T) {
	t.Parallel()
	with := func(exit int, counts map[result.Verdict]int) result.Report {
		made := conforming()
		made.Exit, made.Counts.Requirements = exit, counts
		return made
	}
	for _, one := range []struct {
		report         result.Report
		message, color string
		isError        bool
	}{
		{conforming(), "2 of 2 requirements", "brightgreen", false},
		{with(0, map[result.Verdict]int{result.Pass: 1, result.Warn: 1}), "1 of 2 requirements, 1 warn", "yellowgreen", false},
		{with(0, map[result.Verdict]int{result.ExpectedFail: 1, result.Skip: 1}), "0 of 2 requirements, 1 known to fail, 1 not tested", "yellowgreen", false},
		{with(1, map[result.Verdict]int{result.Fail: 1}), "1 of 2 requirements fails", "red", true},
		{with(1, map[result.Verdict]int{result.Fail: 2}), "2 of 2 requirements fail", "red", true},
		{with(1, map[result.Verdict]int{result.UnexpectedPass: 1}), "known failures out of date", "red", true},
		{reports()["stale"], "stale", "red", true},
		{skipping(), "inconclusive: 1 of 2 requirements", "yellow", false},
		{unreachable(), "not tested", "lightgrey", true}, {with(130, nil), "interrupted", "lightgrey", true},
	} {
		var read any
		if err := json.Unmarshal([]byte(written(t, one.report, WriteBadge)), &read); err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(at(read, "schemaVersion"), " ", at(read, "label"), " ", at(read, "message"), " ", at(read, "color"), " ", at(read, "isError"))
		if want := fmt.Sprintf("1 things.retry %s %s %v", one.message, one.color, one.isError); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestEveryAttemptIsAnEntryOfTheHAR(t *testing.T) {
	t.Parallel()
	from := failing()
	reset := &result.FaultOf{Kind: "reset", Detail: "the connection was reset"}
	one := &from.Exchanges[0]
	one.Request.URL, one.Request.Header = "http://x.example/v1/a%zz:retry?k=a%20b&broken=%zz&empty#f", map[string][]string{"Content-Type": {"application/json"}}
	one.Response = &result.Message{Status: 302, Header: map[string][]string{"Location": {"https://other.example/"}, "B": {"2", "1"}}, Body: "beginn…", BodyBytes: 9000}
	one.Earlier = []result.Attempt{{Response: &result.Message{Status: 503, Body: "busy", BodyBytes: 4}, Microseconds: 1000}, {Fault: reset}}
	from.Exchanges[1].Request.Credential, from.Exchanges[1].Response, from.Exchanges[1].Fault = result.NoCredential, nil, reset
	var document any
	words := written(t, from, WriteHAR)
	if err := json.Unmarshal([]byte(words), &document); err != nil || at(document, "log.version") != "1.2" {
		t.Fatalf("%v: %s", err, words)
	}
	entries, _ := at(document, "log.entries").([]any)
	if len(entries) != 8 {
		t.Fatalf("%d entries", len(entries))
	}
	var began []string
	for _, entry := range entries {
		for name, members := range map[string]string{"request": "method url httpVersion cookies headers queryString headersSize bodySize",
			"response": "status statusText httpVersion cookies headers content redirectURL headersSize bodySize", "timings": "send wait receive"} {
			for member := range strings.FieldsSeq(members) {
				if at(entry, name+"."+member) == nil {
					t.Errorf("%s has no %s: %v", name, member, entry)
				}
			}
		}
		if at(entry, "timings.wait") != at(entry, "time") || at(entry, "timings.send") != 0.0 {
			t.Errorf("the times of %v", entry)
		}
		began = append(began, fmt.Sprint(at(entry, "startedDateTime")))
	}
	if strings.Join(began[:3], " ") != "2026-01-02T02:04:05.679000Z 2026-01-02T02:04:05.680000Z 2026-01-02T02:04:05.680000Z" {
		t.Error(began)
	}
	for _, part := range []string{`"name": "k"`, `"value": "a b"`, `"value": "%zz"`, `"name": "empty"`, `"redirectURL": "https://other.example/"`,
		`"comment": "the beginning only"`, `"size": 9000`, `"httpVersion": "HTTP/1.1"`, `"comment": "token for maps"`, `"_jobState": "FAILED"`,
		`"_error": "reset: the connection was reset"`, `"mimeType": "x-unknown"`, `"got": "401, and more"`} {
		if !strings.Contains(words, part) {
			t.Errorf("it has no %s", part)
		}
	}
	// All but the request without a token carry it; the findings are of the last attempts.
	if strings.Count(words, "Bearer $TOKEN") != 7 || strings.Count(words, `"_findings"`) != 2 {
		t.Errorf("%d tokens, %d findings", strings.Count(words, "Bearer $TOKEN"), strings.Count(words, `"_findings"`))
	}
}

// at finds a value in a JSON document by the names and numbers on the way to it.
func at(document any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch value := document.(type) {
		case map[string]any:
			document = value[step]
		case []any:
			number, err := strconv.Atoi(step)
			if err != nil || number >= len(value) {
				return nil
			}
			document = value[number]
		default:
			return nil
		}
	}
	return document
}

// sarifOf reads a SARIF log by names, as a viewer does.
func sarifOf(t *testing.T, from result.Report) any {
	t.Helper()
	var document any
	words := written(t, from, WriteSARIF)
	if err := json.Unmarshal([]byte(words), &document); err != nil || at(document, "version") != "2.1.0" || at(document, "runs.1") != nil || strings.Contains(words, ": null") {
		t.Fatalf("%v: %s", err, words)
	}
	return at(document, "runs.0")
}

func TestSARIF(t *testing.T) {
	t.Setenv("GITHUB_WORKSPACE", "")
	from := withKnown(failing())
	from.Requirements[0].Source = "https://example.com/page#part 4.2"
	expected := finding("x.path.one", result.ExpectedFail, 1, "404", "200 [click](http://evil.example)")
	expected.KnownFailure = "known.yaml:3"
	from.Checks[0].Findings = []result.Finding{expected}
	run := sarifOf(t, from)
	for i, want := range []string{
		"x.path.one error api/mine.yaml:12 a proxy, until 2027-01-31, https://issues.example/1 (known.yaml:3)", "x.path.one error api/mine.yaml:12 <nil>",
		"x.path.one warning api/mine.yaml:12 <nil>", "x.body.one warning api/mine.yaml:12 <nil>", unexpectedPass + " error known.yaml:4 <nil>",
	} {
		one := at(run, fmt.Sprintf("results.%d", i))
		place := at(one, "locations.0.physicalLocation")
		got := fmt.Sprintf("%v %v %v:%v %v", at(one, "ruleId"), at(one, "level"), at(place, "artifactLocation.uri"), at(place, "region.startLine"), at(one, "suppressions.0.justification"))
		if rule := at(run, fmt.Sprintf("tool.driver.rules.%v.id", at(one, "ruleIndex"))); got != want || at(place, "artifactLocation.uriBaseId") != repositoryRoot || rule != at(one, "ruleId") {
			t.Errorf("result %d: %s, want %s: %v", i, got, want, one)
		}
	}
	for path, want := range map[string]string{
		"results.0.message.text": `path/other: want 404, got 200 \[click\](http://evil.example)`, "results.5": "<nil>",
		"tool.driver.rules.0.name": "XPathOne", "tool.driver.rules.0.defaultConfiguration.level": "error", "tool.driver.rules.1.defaultConfiguration.level": "warning",
		"tool.driver.rules.0.helpUri": "https://example.com/page#part", "tool.driver.rules.0.properties.tags": "[path documented]",
		"invocations.0.executionSuccessful": "false", "invocations.0.startTimeUtc": "2026-01-02T02:04:05.678Z", "invocations.0.endTimeUtc": "2026-01-02T02:04:06.912Z",
		"invocations.0.toolExecutionNotifications.0.level": "note", "invocations.0.toolExecutionNotifications.1.level": "error", "invocations.0.toolExecutionNotifications.2": "<nil>",
		"invocations.0.toolExecutionNotifications.0.message.text": "semantics/example: no job in state CANCELLED was given; give --job CANCELLED=ID",
		"automationDetails.id": "dpconform/127.0.0.1/",
	} {
		if got := fmt.Sprint(at(run, path)); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	help := fmt.Sprint(at(run, "tool.driver.rules.0.help.markdown"))
	if !strings.Contains(help, `> “so \*it\* is”`) || !strings.Contains(help, "dpconform explain x.path.one") {
		t.Error(help)
	}

	// A run elsewhere, and of a description that has moved, has the same fingerprints.
	moved := withKnown(failing())
	moved.Checks[0].Findings = from.Checks[0].Findings
	moved.Target.Endpoint = "http://127.0.0.1:9999"
	for i := range moved.Requirements {
		moved.Requirements[i].Line += 100
	}
	other, seen := sarifOf(t, moved), map[any]bool{}
	for i := range 5 {
		path := fmt.Sprintf("results.%d.partialFingerprints.primaryLocationLineHash", i)
		print := at(run, path)
		if print == nil || seen[print] || print != at(other, path) {
			t.Errorf("result %d has %v", i, print)
		}
		seen[print] = true
	}
	if at(other, "automationDetails.id") != "dpconform/127.0.0.1/" {
		t.Error(at(other, "automationDetails"))
	}

	// Code scanning refuses results on another machine.
	t.Setenv("GITHUB_WORKSPACE", t.TempDir())
	if place := at(sarifOf(t, from), "results.1.locations.0.physicalLocation.artifactLocation"); at(place, "uri") != "mine.yaml" || at(place, "uriBaseId") != elsewhere {
		t.Errorf("%+v", place)
	}
	if stale := at(sarifOf(t, reports()["stale"]), "invocations.0"); at(stale, "executionSuccessful") != true || at(stale, "toolConfigurationNotifications.0.descriptor.id") != "dpconform/stale" {
		t.Errorf("%+v", stale)
	}
}

// TestBuiltInFiles: a name of a file is the product's only in its folder.
func TestBuiltInFiles(t *testing.T) {
	t.Parallel()
	name := spec.Default().Name
	for file, want := range map[string]bool{
		name: true, "spec/sets/http.yaml": true, "spec/revisions/2026-07-19.overlay.yaml": true,
		path.Base(name): false, "sets/http.yaml": false, "spec/gone.yaml": false, "": false, "spec/": false,
	} {
		if builtIn(result.Description{}, file) != want {
			t.Errorf("%q: %t", file, !want)
		}
	}
}
