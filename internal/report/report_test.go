package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
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
		"github": {"github", "-"}, "github=-": {"github", "-"}, "github=a.md": {"github", "a.md"}, "annotations=-": {"github", "-"}, "annotations=a": {"github", "a"},
		"badge=b.json": {"badge", "b.json"}, "badge=-": {"badge", "-"},
	} {
		if file, err := Parse(given); err != nil || file != want {
			t.Errorf("%s: %+v, %v", given, file, err)
		}
	}
	for given, want := range map[string]string{
		"": `the ending of "" gives no report format`, "-": `the ending of "-" gives no report format`, "x.jsn": `the ending of "x.jsn" gives no report format`,
		"=x.json": `unknown report format ""`, "jsn=x": `unknown report format "jsn"`, "JSON=x": `unknown report format "JSON"`, "text=x": `unknown report format "text"`,
		"json": `"json" names no file`, "json=": `"json=" names no file`, "json=" + folder: folder + " is a folder",
		"json=" + folder + "/gone/x.json": "there is no folder " + folder + "/gone", folder + "/gone/x.json": "there is no folder " + folder + "/gone",
		"json=" + existing + "/x.json": "there is no folder " + existing, "badge=b.svg": "a badge is a .json file for shields.io, and b.svg is not",
	} {
		file, err := Parse(given)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %+v, %v; want %s", given, file, err, want)
		}
		var unknown *UnknownFormatError
		if errors.As(err, &unknown) != strings.HasPrefix(want, "unknown") {
			t.Errorf("%q: an error of type %T", given, err)
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
		{with(0, map[result.Verdict]int{result.ExpectedFail: 1, result.Skip: 1}), "0 of 2 requirements, 1 known to fail, 1 not judged", "yellowgreen", false},
		{with(1, map[result.Verdict]int{result.Fail: 1}), "1 of 2 requirements fails", "red", true},
		{with(1, map[result.Verdict]int{result.Fail: 2}), "2 of 2 requirements fail", "red", true},
		{with(1, map[result.Verdict]int{result.UnexpectedPass: 1}), "unexpected pass of 1 requirement", "red", true},
		{reports()["stale"], "stale", "red", true},
		{skipping(), "inconclusive: 1 of 2 requirements", "yellow", false},
		{unreachable(), "not judged", "lightgrey", true}, {with(130, nil), "interrupted", "lightgrey", true},
	} {
		var read struct {
			SchemaVersion         int
			Label, Message, Color string
			IsError               bool
		}
		if err := json.NewDecoder(bytes.NewReader([]byte(written(t, one.report, WriteBadge)))).Decode(&read); err != nil {
			t.Fatal(err)
		}
		if read.SchemaVersion != 1 || read.Label != "things.retry" || read.Message != one.message || read.Color != one.color || read.IsError != one.isError {
			t.Errorf("%+v, want %s in %s", read, one.message, one.color)
		}
	}
}

// entriesOf reads a HAR by names, so that the writer's own types do not matter.
func entriesOf(t *testing.T, from result.Report) (string, []map[string]any) {
	t.Helper()
	var document struct {
		Log struct {
			Version string
			Entries []map[string]any
		}
	}
	words := written(t, from, WriteHAR)
	if err := json.Unmarshal([]byte(words), &document); err != nil || document.Log.Version != "1.2" {
		t.Fatalf("%v: %s", err, words)
	}
	return words, document.Log.Entries
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
	words, entries := entriesOf(t, from)
	if len(entries) != 8 {
		t.Fatalf("%d entries", len(entries))
	}
	var began []string
	for _, entry := range entries {
		for name, members := range map[string]string{"request": "method url httpVersion cookies headers queryString headersSize bodySize",
			"response": "status statusText httpVersion cookies headers content redirectURL headersSize bodySize", "timings": "send wait receive"} {
			for member := range strings.FieldsSeq(members) {
				if entry[name].(map[string]any)[member] == nil {
					t.Errorf("%s has no %s: %v", name, member, entry)
				}
			}
		}
		if timings := entry["timings"].(map[string]any); timings["wait"] != entry["time"] || timings["send"] != 0.0 {
			t.Errorf("%v of %v", timings, entry["time"])
		}
		began = append(began, entry["startedDateTime"].(string))
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

// sarifRun is a run of a SARIF log as a viewer reads it.
type sarifRun struct {
	Tool struct {
		Driver struct{ Rules []sarifRuleRead }
	}
	AutomationDetails struct{ ID string }
	Invocations       []struct {
		ExecutionSuccessful        bool
		StartTimeUtc, EndTimeUtc   string
		ToolExecutionNotifications []struct {
			Level   string
			Message struct{ Text string }
		}
		ToolConfigurationNotifications []struct{ Descriptor struct{ ID string } }
	}
	Results []struct {
		RuleID, Level string
		RuleIndex     int
		Message       struct{ Text string }
		Locations     []struct {
			PhysicalLocation struct {
				ArtifactLocation struct{ URI, URIBaseID string }
				Region           struct{ StartLine int }
			}
		}
		PartialFingerprints map[string]string
		Suppressions        []struct{ Justification string }
	}
}

type sarifRuleRead struct {
	ID, Name, HelpURI    string
	Help                 struct{ Markdown string }
	DefaultConfiguration struct{ Level string }
	Properties           struct{ Tags []string }
}

func sarifOf(t *testing.T, from result.Report) sarifRun {
	t.Helper()
	var document struct {
		Version string
		Runs    []sarifRun
	}
	words := written(t, from, WriteSARIF)
	if err := json.Unmarshal([]byte(words), &document); err != nil || document.Version != "2.1.0" || len(document.Runs) != 1 || strings.Contains(words, ": null") {
		t.Fatalf("%v: %s", err, words)
	}
	return document.Runs[0]
}

func TestSARIF(t *testing.T) {
	t.Setenv("GITHUB_WORKSPACE", "")
	from := withKnown(failing())
	from.Requirements[0].Source = "https://example.com/page#part 4.2"
	expected := finding("x.path.one", result.ExpectedFail, 1, "404", "200 [click](http://evil.example)")
	expected.KnownFailure = "known.yaml:3"
	from.Checks[0].Findings = []result.Finding{expected}
	run := sarifOf(t, from)
	for i, want := range []struct {
		rule, level, uri, justification string
		line                            int
	}{
		{"x.path.one", "error", "api/mine.yaml", "a proxy, until 2027-01-31, https://issues.example/1 (known.yaml:3)", 12}, {"x.path.one", "error", "api/mine.yaml", "", 12},
		{"x.path.one", "warning", "api/mine.yaml", "", 12}, {"x.body.one", "warning", "api/mine.yaml", "", 12}, {unexpectedPass, "error", "known.yaml", "", 4},
	} {
		one := run.Results[i]
		place, why := one.Locations[0].PhysicalLocation, ""
		if len(one.Suppressions) > 0 {
			why = one.Suppressions[0].Justification
		}
		if one.RuleID != want.rule || one.Level != want.level || place.ArtifactLocation.URI != want.uri || place.ArtifactLocation.URIBaseID != repositoryRoot ||
			place.Region.StartLine != want.line || why != want.justification || run.Tool.Driver.Rules[one.RuleIndex].ID != one.RuleID {
			t.Errorf("result %d: %+v", i, one)
		}
	}
	if got := run.Results[0].Message.Text; got != `path/other: want 404, got 200 \[click\](http://evil.example)` || len(run.Results) != 5 {
		t.Errorf("%d results, %s", len(run.Results), got)
	}
	first, second := run.Tool.Driver.Rules[0], run.Tool.Driver.Rules[1]
	if first.Name != "XPathOne" || first.DefaultConfiguration.Level != "error" || second.DefaultConfiguration.Level != "warning" ||
		first.HelpURI != "https://example.com/page#part" || strings.Join(first.Properties.Tags, " ") != "path documented" ||
		!strings.Contains(first.Help.Markdown, `> “so \*it\* is”`) || !strings.Contains(first.Help.Markdown, "dpconform explain x.path.one") {
		t.Errorf("%+v\n%+v", first, second)
	}
	one := run.Invocations[0]
	if notes := one.ToolExecutionNotifications; one.ExecutionSuccessful || one.StartTimeUtc != "2026-01-02T02:04:05.678Z" || one.EndTimeUtc != "2026-01-02T02:04:06.912Z" ||
		len(notes) != 2 || notes[0].Level != "note" || notes[1].Level != "error" || notes[0].Message.Text != "semantics/example: no job in state CANCELLED was given; give --job CANCELLED=ID" {
		t.Errorf("%+v", one)
	}

	// A run elsewhere, and of a description that has moved, has the same fingerprints.
	moved := withKnown(failing())
	moved.Checks[0].Findings = from.Checks[0].Findings
	moved.Target.Endpoint = "http://127.0.0.1:9999"
	for i := range moved.Requirements {
		moved.Requirements[i].Line += 100
	}
	other := sarifOf(t, moved)
	seen := map[string]bool{}
	for i, one := range run.Results {
		print := one.PartialFingerprints["primaryLocationLineHash"]
		if print == "" || seen[print] || !maps.Equal(one.PartialFingerprints, other.Results[i].PartialFingerprints) {
			t.Errorf("result %d has %v", i, one.PartialFingerprints)
		}
		seen[print] = true
	}
	if run.AutomationDetails != other.AutomationDetails || run.AutomationDetails.ID != "dpconform/127.0.0.1/" {
		t.Error(run.AutomationDetails)
	}

	// Code scanning refuses results on another machine.
	t.Setenv("GITHUB_WORKSPACE", t.TempDir())
	if place := sarifOf(t, from).Results[1].Locations[0].PhysicalLocation.ArtifactLocation; place.URI != "mine.yaml" || place.URIBaseID != elsewhere {
		t.Errorf("%+v", place)
	}
	if stale := sarifOf(t, reports()["stale"]).Invocations[0]; !stale.ExecutionSuccessful || stale.ToolConfigurationNotifications[0].Descriptor.ID != "dpconform/stale" {
		t.Errorf("%+v", stale)
	}
}
