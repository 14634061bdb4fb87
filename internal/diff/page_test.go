package diff

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/pb33f/jsonschema/v6"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// evil is what a server may say to break a page or a screen.
const evil = "</code></td><script>alert(1)</script> | `` | ``` \n# heading\n| a | b |\n::error::x\n\x1b[31m [x](http://evil.example) <!-- "

// everyKind is a comparison with every kind of change, full of what a hostile
// server says.
func everyKind() Comparison {
	of := func(verdicts ...result.Verdict) *run {
		r := newRun()
		for i, verdict := range verdicts {
			if verdict == "" {
				continue
			}
			id, requirement := "path/"+string(rune('a'+i)), "path."+string(rune('a'+i))
			r.requirement(requirement, spec.Documented, verdict)
			r.exchange(id, "retry j", "j", "token for x", reply{400 + len(verdict), map[string]string{"Content-Type": evil, "Allow": evil}, `{"` + "<b>|`\\u000a" + `":1}`})
			var findings []result.Finding
			if verdict == result.Fail || verdict == result.Warn {
				findings = []result.Finding{{Requirement: requirement, Verdict: verdict, Want: "x | y", Got: evil, Exchange: len(r.Exchanges), Count: 2, Curl: "curl " + evil}}
			}
			r.check(id, requirement, verdict, findings...)
			r.Checks[len(r.Checks)-1].Reason, r.Checks[len(r.Checks)-1].Title = evil, evil
		}
		return r
	}
	old := of(result.Pass, result.Pass, result.Pass, result.Pass, result.Fail, result.Pass, result.Fail, "", result.Pass)
	new := of(result.Fail, result.Error, result.Skip, "", result.Fail, result.Warn, result.Pass, result.Pass, result.Pass)
	new.Exchanges[len(new.Exchanges)-1].Response.Status = 500
	new.Target.Endpoint, new.Conclusion, old.Target.Endpoint = "http://x/"+evil, evil, "http://x"
	return compare(old, new)
}

// comparisons are some of each sort.
func comparisons() map[string]Comparison {
	passes, failing := one(result.Pass, refusal(400)), one(result.Fail, refusal(403))
	return map[string]Comparison{"nothing": compare(passes, passes), "empty": compare(newRun(), newRun()), "worse": compare(passes, failing),
		"better": compare(failing, passes), "everything": everyKind()}
}

// shownText is a comparison as text, with single spaces.
func shownText(comparison Comparison) string {
	var out strings.Builder
	WriteText(&out, 80, comparison, OnRegression)
	return strings.Join(strings.Fields(ansi.Strip(out.String())), " ")
}

func TestEveryKindIsThere(t *testing.T) {
	t.Parallel()
	counts := everyKind().Counts
	for _, kind := range kinds {
		if counts.Checks[kind] != 1 || counts.Requirements[kind] != 1 {
			t.Errorf("%s: %d checks, %d requirements", kind, counts.Checks[kind], counts.Requirements[kind])
		}
	}
	if counts.Responses == 0 {
		t.Error("no response changed")
	}
}

func TestTheJSONFormIsWhatItsSchemaSays(t *testing.T) {
	t.Parallel()
	file, err := os.Open("comparison.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	document, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("comparison.schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("comparison.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, comparison := range comparisons() {
		var text bytes.Buffer
		if err := WriteJSON(&text, comparison, "1.2.3", OnRegression); err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(text.Bytes(), &members); err != nil || members["fails"] != comparison.Fails(OnRegression) || members["summary"] != comparison.Summary {
			t.Errorf("%s: %v, %s", name, err, text.Bytes())
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for member := range members {
			without := maps.Clone(value.(map[string]any))
			delete(without, member)
			if compiled.Validate(without) == nil {
				t.Errorf("%s: the schema accepts it without %s", name, member)
			}
		}
	}
}

func TestTheTextFitsItsColumns(t *testing.T) {
	t.Parallel()
	for name, comparison := range comparisons() {
		for _, width := range []int{80, 100} {
			var out strings.Builder
			WriteText(&out, width, comparison, OnRegression)
			lines := strings.Split(strings.TrimSuffix(ansi.Strip(out.String()), "\n"), "\n")
			for _, line := range lines {
				if ansi.StringWidth(line) > width && !strings.HasPrefix(line, "    curl ") {
					t.Errorf("%s at %d: %q", name, width, line)
				}
				if strings.ContainsAny(line, "\x1b\r") || strings.TrimRight(line, " ") != line {
					t.Errorf("%s: %q", name, line)
				}
			}
			exit := 0
			if comparison.Regression {
				exit = 1
			}
			if text := shownText(comparison); !strings.HasPrefix(text, comparison.Summary+" ") || !strings.HasSuffix(text, fmt.Sprintf("%s; exit %d", comparison.Summary, exit)) {
				t.Errorf("%s begins %q and ends %q", name, lines[0], lines[len(lines)-1])
			}
		}
	}
}

func TestTheMarkdownIsSafe(t *testing.T) {
	t.Parallel()
	for name, comparison := range comparisons() {
		var page, out bytes.Buffer
		if err := WriteMarkdown(&page, comparison); err != nil {
			t.Fatal(err)
		}
		reader := goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithRendererOptions(html.WithUnsafe()))
		if err := reader.Convert(page.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
		rendered := out.String()
		for _, never := range []string{"<script", "<!--", "<a ", "<h1", "<b>", "<table", "<em", "<strong"} {
			if strings.Contains(rendered, never) {
				t.Errorf("%s has %s:\n%s", name, never, rendered)
			}
		}
		if headings := strings.Count(rendered, "<h3"); strings.Count(rendered, "<h2") != 1 || headings != strings.Count(page.String(), "\n### ") || (headings > 0) != (len(comparison.Checks) > 0) {
			t.Errorf("%s:\n%s", name, page.String())
		}
	}
}

func TestManyChecksAreNamedAndNotAllShown(t *testing.T) {
	t.Parallel()
	of := func(verdict result.Verdict, status int) *run {
		r := newRun().requirement("path.one", spec.Documented, verdict)
		for i := range 40 {
			id := fmt.Sprintf("path/check-%d", i)
			r.exchange(id, "retry a", "a", "t", refusal(status)).check(id, "path.one", verdict)
		}
		return r
	}
	for _, test := range []struct {
		old, new *run
		shown    int
		want     string
	}{
		{of(result.Pass, 400), of(result.Fail, 500), 3, "and 37 more: path/check-3, "},
		{of(result.Pass, 400), of(result.UnexpectedPass, 400), 1, "PASSING UNEXPECTEDLY path.one (documented)"},
		{of(result.Pass, 400), newRun(), 1, "GONE The old run tested something documented here that the new run does not. path/check-0: the title of path/check-0"},
		{of(result.Pass, 400), of(result.Pass, 500), 1, "CHANGED RESPONSE IN 40 EXCHANGES differs in status: 400 → 500 path/check-0: retry a"},
		{of(result.Pass, 400), of(result.Pass, 500), 1, "and in 39 more exchanges, also of 39 other checks: path/check-1, "},
	} {
		if text := shownText(compare(test.old, test.new)); !strings.Contains(text, test.want) || strings.Count(text, "curl ") != test.shown {
			t.Errorf("want %s:\n%s", test.want, text)
		}
	}
}

func TestReadRefusesWhatIsNoReport(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, err := json.MarshalIndent(one(result.Pass, refusal(400)).Report, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	good, link := write("good.json", string(whole)), filepath.Join(folder, "link.json")
	if err := os.Symlink(good, link); err != nil {
		t.Fatal(err)
	}
	without := func(member string) string {
		var all map[string]any
		if err := json.Unmarshal(whole, &all); err != nil {
			t.Fatal(err)
		}
		delete(all, member)
		text, _ := json.Marshal(all)
		return write("without-"+member, string(text))
	}
	for _, test := range []struct{ name, old, new, says string }{
		{"missing", good, filepath.Join(folder, "none.json"), "none.json: no such file or directory"},
		{"folder", good, folder, "this is a folder"},
		{"the same", good, good, "are the same file"},
		{"the same by another name", good, folder + "/./good.json", "are the same file"},
		{"the same by a link", good, link, "are the same file"},
		{"standard input twice", "-", "-", "only one of OLD and NEW can be -"},
		{"empty", good, write("empty.json", " \n"), "empty.json: it is empty"},
		{"no JSON", good, write("text.json", "{\n\"a\": x}"), "text.json:2: not JSON"},
		{"cut short", good, write("cut.json", string(whole[:len(whole)/2])), "not JSON: it is cut short"},
		{"a list", good, write("list.json", "[]"), "not the report of a run: it has no format_version"},
		{"another document", good, write("other.json", `{"format_version": 1, "tool": {"name": "dpconform"}}`), "not the report of a run: it has no target.endpoint"},
		{"a comparison", good, write("diff.json", `{"format_version": 1, "regression": true, "fails": true}`), "this is a report of dpconform diff"},
		{"a newer format", good, write("newer.json", `{"format_version": 2, "checks": "other"}`), "a report of format 2; this version reads format 1"},
		{"a wrong type", good, write("type.json", "{\"format_version\": 1,\n\"checks\": \"x\"}"), "type.json:2: not the report of a run: checks is a string"},
		{"something behind", good, write("behind.json", string(whole)+"{}"), "not JSON: an unexpected"},
		{"no checks", good, without("checks"), "it has no checks"},
		{"no exchanges", good, without("exchanges"), "it has no exchanges"},
		{"old one", write("bad.json", "x"), good, "bad.json:1: not JSON"},
	} {
		_, _, err := Read(test.old, test.new, strings.NewReader(""))
		if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", test.name, err, test.says)
		}
	}
	old, new, err := Read("-", good, bytes.NewReader(append([]byte("\xef\xbb\xbf"), whole...)))
	if err != nil || old.Report.Target.Endpoint != "http://old.example" || new.File != good {
		t.Errorf("%v, %+v", err, old)
	}
}

// FuzzParse: no text makes the reading or the comparison fail, and what is
// compared with itself has not changed.
func FuzzParse(f *testing.F) {
	for _, seed := range []*run{newRun(), one(result.Fail, refusal(403)), one(result.Skip, reply{200, nil, "<html>"})} {
		text, err := json.Marshal(seed.Report)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"format_version":1}`))
	f.Add([]byte(`{"format_version":1,"target":{"endpoint":"0"},"description":{"digest":"0"},"settings":{"level":"0"},"requirements":[],"checks":[{}],"exchanges":[]}`))
	base := Source{"base", one(result.Pass, refusal(400)).Report}
	f.Fuzz(func(t *testing.T, text []byte) {
		found, err := parse("x", text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("%q", err)
			}
			return
		}
		source := Source{"x", found}
		if same := Compare(source, source); same.Changed || same.Regression {
			t.Fatal(same.Summary)
		}
		for _, compared := range []Comparison{Compare(base, source), Compare(source, base)} {
			var out bytes.Buffer
			WriteText(&out, 80, compared, OnChanged)
			if WriteMarkdown(&out, compared) != nil || WriteJSON(&out, compared, "1", OnChanged) != nil {
				t.Fatal("not written")
			}
		}
	})
}

// TestChecksOfOneCauseAreOneBlock: whatever they concern, with the cause of the
// report in which they fail, and the status among the differences.
func TestChecksOfOneCauseAreOneBlock(t *testing.T) {
	t.Parallel()
	of := func(verdict result.Verdict, status int) *run {
		r := newRun()
		for _, id := range []string{"a", "b"} {
			var findings []result.Finding
			r.requirement("path."+id, spec.Documented, verdict)
			r.exchange("path/"+id, "retry j", "j", "token for x", refusal(status))
			if verdict == result.Fail {
				findings = []result.Finding{{Requirement: "path." + id, Verdict: verdict, Want: "400", Got: "200", Exchange: len(r.Exchanges), Count: 1}}
			}
			r.check("path/"+id, "path."+id, verdict, findings...)
		}
		return r
	}
	passes, failing := of(result.Pass, 400), of(result.Fail, 404)
	failing.Causes = []result.Cause{{ID: "one", Summary: "one thing is wrong", Fix: "change it", Checks: []string{"path/a", "path/b"}}}
	for _, test := range []struct {
		old, new    *run
		head, never string
	}{
		{passes, failing, "NEWLY FAILING path.a and path.b cause: one thing is wrong fix: change it", "NEWLY PASSING"},
		{failing, passes, "NEWLY PASSING path.a and path.b old cause: one thing is wrong path/a:", "change it"},
	} {
		comparison := compare(test.old, test.new)
		shown := shownText(comparison)
		if !strings.Contains(shown, test.head) || strings.Count(shown, "one thing is wrong") != 1 || strings.Contains(shown, test.never) ||
			!strings.Contains(shown, "differs in status: 40") || comparison.Checks[1].Cause != "one" {
			t.Errorf("%s", shown)
		}
	}
}

// TestAClientHasAScenarioToRepeat: its server is gone, and had other ports.
func TestAClientHasAScenarioToRepeat(t *testing.T) {
	t.Parallel()
	of := func(port, host string) *run {
		r := newRun()
		r.Client, r.Target.Source = &result.Client{Command: []string{"./client"}}, "client"
		r.requirement("client.one", spec.Documented, result.Fail)
		r.exchange("redirect", "call", "j", "", reply{307, map[string]string{"Location": "http://" + host + ":" + port + "/v1/x"}, ""})
		return r.check("redirect", "client.one", result.Fail, result.Finding{Requirement: "client.one", Verdict: result.Fail, Want: "a", Got: "b", Exchange: 1, Count: 1})
	}
	if same := compare(of("36035", "localhost"), of("32901", "localhost")); same.Changed {
		t.Error(shownText(same))
	}
	shown := shownText(compare(of("36035", "localhost"), of("32901", "other.example")))
	if !strings.Contains(shown, "rerun the same client command with --scenario redirect") || strings.Contains(shown, "curl") {
		t.Error(shown)
	}
}

// TestWhatOnlyWarnsIsNoNewFailure, though it has the same cause; and a response for
// another job says so.
func TestWhatOnlyWarnsIsNoNewFailure(t *testing.T) {
	t.Parallel()
	of := func(verdict result.Verdict, job string, status int) *run {
		r := newRun()
		other := result.Skip
		if verdict == result.Fail {
			other = result.Warn
		}
		for i, verdict := range []result.Verdict{verdict, other} {
			id := string(rune('a' + i))
			r.requirement("path."+id, spec.Documented, verdict)
			r.exchange("path/"+id, "retry "+job, job, "token for x", refusal(status))
			var findings []result.Finding
			if verdict == result.Fail || verdict == result.Warn {
				findings = []result.Finding{{Requirement: "path." + id, Verdict: verdict, Want: "400", Got: "200", Exchange: len(r.Exchanges), Count: 1}}
			}
			r.check("path/"+id, "path."+id, verdict, findings...)
		}
		return r
	}
	failing := of(result.Fail, "failed-23", 404)
	failing.Causes = []result.Cause{{ID: "one", Summary: "one thing is wrong", Fix: "change it", Checks: []string{"path/a", "path/b"}}}
	shown := shownText(compare(of(result.Pass, "cancelled-1", 400), failing))
	for _, want := range []string{"NEWLY FAILING path.a cause: one thing", "WITH A DIFFERENT VERDICT path.b cause: one thing", "differs in job: cancelled-1 → failed-23"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q: %s", want, shown)
		}
	}
	shown = shownText(compare(of(result.Pass, "cancelled-1", 400), of(result.Pass, "failed-23", 404)))
	if !strings.Contains(shown, "CHANGED RESPONSE IN 2 EXCHANGES") || !strings.Contains(shown, "differs in job: cancelled-1 → failed-23") {
		t.Error(shown)
	}
}

// TestWhatFailedAndIsSkippedDoesNotPass, though other checks of the requirement do. If
// it passes in one of those in which it failed, it is fixed.
func TestWhatFailedAndIsSkippedDoesNotPass(t *testing.T) {
	t.Parallel()
	of := func(verdict result.Verdict, bad ...result.Verdict) *run {
		r := newRun().requirement("body.one", spec.Documented, verdict).check("body/good", "body.one", result.Pass)
		for i, verdict := range bad {
			var findings []result.Finding
			if verdict == result.Fail {
				findings = []result.Finding{{Requirement: "body.one", Verdict: verdict, Want: "400", Got: "200", Count: 1}}
			}
			r.check(fmt.Sprintf("body/bad-%d", i), "body.one", verdict, findings...)
		}
		return r
	}
	for _, test := range []struct {
		now            []result.Verdict
		summary, shows string
	}{
		{[]result.Verdict{result.Skip, result.Skip}, "regression: 1 requirement newly skipped in part", "NEWLY SKIPPED IN PART body.one (documented) It MUST be body.one. It is still tested, but in fewer places than before."},
		{[]result.Verdict{result.Pass, result.Pass}, "changed, no regression: 1 requirement newly passing", "NEWLY PASSING body.one"},
		{[]result.Verdict{result.Pass, result.Skip}, "changed, no regression: 1 requirement newly passing", "failed before, skipped now in 1: body/bad-1"},
		{[]result.Verdict{result.Fail, result.Skip}, "regression: 1 check newly skipped; no regression: 1 requirement still failing", "newly skipped in 1: body/bad-1"},
	} {
		verdict := result.Pass
		if test.now[0] == result.Fail {
			verdict = result.Fail
		}
		comparison := compare(of(result.Fail, result.Fail, result.Fail), of(verdict, test.now...))
		wantSummary(t, comparison, test.summary)
		if shown := shownText(comparison); !strings.Contains(shown, test.shows) {
			t.Errorf("%v: no %q: %s", test.now, test.shows, shown)
		}
	}
}

// TestARequirementIsInOneGroup, though it fails now in checks of which one failed
// before for another requirement, and passes in others.
func TestARequirementIsInOneGroup(t *testing.T) {
	t.Parallel()
	of := func(failing map[string][]string) *run {
		r := newRun()
		for _, requirement := range []string{"path.a", "path.b"} {
			verdict := result.Pass
			if len(failing[requirement]) > 0 {
				verdict = result.Fail
			}
			r.requirement(requirement, spec.Documented, verdict)
		}
		for _, id := range []string{"path/one", "path/two", "path/three"} {
			verdict, findings := result.Pass, []result.Finding{}
			for _, requirement := range []string{"path.a", "path.b"} {
				if slices.Contains(failing[requirement], id) {
					verdict = result.Fail
					findings = append(findings, result.Finding{Requirement: requirement, Verdict: verdict, Want: "400", Got: "200", Count: 1})
				}
			}
			r.check(id, "path.a", verdict, findings...)
			r.Checks[len(r.Checks)-1].Requirements = []string{"path.a", "path.b"}
		}
		return r
	}
	all := []string{"path/one", "path/two", "path/three"}
	for name, test := range map[string]struct {
		old, new map[string][]string
		summary  string
		want     []string
	}{
		"another one fails now": {map[string][]string{"path.a": all}, map[string][]string{"path.b": all[:2]},
			"regression: 1 requirement newly failing; no regression: 1 requirement newly passing", []string{"NEWLY FAILING path.b (documented)", "NEWLY PASSING path.a (documented)"}},
		"in another check": {map[string][]string{"path.a": all[:1]}, map[string][]string{"path.a": all[:2]},
			"regression: 1 requirement newly failing", []string{"NEWLY FAILING path.a (documented)", "path/two: the title", "still failing in 1: path/one"}},
		"in fewer checks": {map[string][]string{"path.a": all}, map[string][]string{"path.a": all[:1]},
			"changed, no regression: 1 requirement still failing", []string{"STILL FAILING path.a (documented)", "newly passing in 2: path/two, path/three"}},
	} {
		comparison := compare(of(test.old), of(test.new))
		wantSummary(t, comparison, test.summary)
		shown := shownText(comparison)
		for _, want := range test.want {
			if strings.Count(shown, want) != 1 {
				t.Errorf("%s: %q:\n%s", name, want, shown)
			}
		}
		if headings := strings.Count(shown, " (documented)"); headings != len(comparison.Requirements) {
			t.Errorf("%s: %d headings:\n%s", name, headings, shown)
		}
	}
}
