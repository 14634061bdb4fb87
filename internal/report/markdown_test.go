package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// rendered is Markdown as a browser gets it.
func rendered(t *testing.T, page string) string {
	t.Helper()
	var out bytes.Buffer
	reader := goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := reader.Convert([]byte(page), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestMarkdownSaysWhatFailed(t *testing.T) {
	t.Parallel()
	page := written(t, withKnown(failing()), WriteMarkdown)
	seen := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(rendered(t, page), "")
	for _, part := range []string{"things.retry: does not conform", "http://127.0.0.1:8080", "1.2.3-test", "exit 1", "sha256:", "x.path.one", "404 or 403", "401, and more", "curl -i",
		"path/example", "(in 3 exchanges)", "errors/example", "the proxy is away", "no job in state CANCELLED was given", "--job CANCELLED=ID", "a whole body", "retried after 503"} {
		if !strings.Contains(seen, part) {
			t.Errorf("it does not say %q:\n%s", part, seen)
		}
	}
	causes := []result.Cause{{ID: "one", Summary: "it reads no path", Fix: "Read it.", Exchange: 2, Requirements: []string{"x.path.one"}, Checks: []string{"path/example"}}}
	explained := failing()
	explained.Causes = causes
	explainedBy(explained, "one")
	if of := written(t, explained, WriteMarkdown); !strings.Contains(of, "\nFix: Read it.\n") || !strings.Contains(of, "```sh\ndpconform explain x.path.one\ncurl -i ") ||
		!strings.Contains(of, "```\n\nThis is explained by the cause above.\n") || strings.Contains(page+of, "\n\n\n") {
		t.Error(of)
	}
	at := -1
	for _, title := range []string{"Failures", "Unexpected passes", "Errors", "Warnings", "Known failures", "Skipped"} {
		next := strings.Index(page, "### "+title+"\n")
		if next <= at {
			t.Errorf("%s is at %d, after %d", title, next, at)
		}
		at = next
	}
	if !strings.Contains(page, "\n| all | 1 | 1 | 1 | 1 | 1 |\n") {
		t.Errorf("the counts are not there:\n%s", page)
	}
	if page := written(t, conforming(), WriteMarkdown); strings.Contains(page, "###") || !strings.Contains(page, "## things.retry: conforms\n") || !strings.Contains(page, "| all | 2 |") {
		t.Error(page)
	}
	if page := written(t, ofClient(), WriteMarkdown); !strings.Contains(page, "## client of things.retry: ") || !strings.Contains(page, "| client | `node client.js` |") {
		t.Error(page)
	}
}

func TestMarkdownIsSafeWhateverAServerSays(t *testing.T) {
	t.Parallel()
	page := written(t, hostileReport(), WriteMarkdown)
	seen := rendered(t, page)
	for _, never := range []string{"<script", "<img", "<!--", "evil.example\"", "<h1", "javascript:\""} {
		if strings.Contains(seen, never) {
			t.Errorf("it has %s:\n%s", never, seen)
		}
	}
	if tables := strings.Count(page, "\n| ---"); strings.Count(seen, "<table>") == 0 || strings.Count(seen, "<table>") > tables {
		t.Errorf("%d tables", strings.Count(seen, "<table>"))
	}
	for line := range strings.SplitSeq(page, "\n") {
		if strings.HasPrefix(line, "|") && !strings.HasSuffix(line, "|") {
			t.Errorf("a row is broken: %s", line)
		}
	}
	if strings.ContainsAny(page, "\x1b\x00\u202e") {
		t.Error("it has control characters")
	}
	for source, want := range map[string]string{
		"https://example/a#b": "<https://example/a#b>", "http://example/": "<http://example/>", "javascript:alert(1)": "`javascript:alert(1)`",
		"https://example/ b": "`https://example/ b`", "https://example/>x": "`https://example/>x`", "RFC 9110, section 15": "`RFC 9110, section 15`",
		"https:///no-host": "`https:///no-host`", "https://example/\nbreak": "`https://example/ break`",
	} {
		if got := linkOrCode(source); got != want {
			t.Errorf("%q is %s, want %s", source, got, want)
		}
	}
}

// command is a workflow command as the runner of GitHub Actions reads it.
type command struct {
	name       string
	properties map[string]string
	message    string
}

// readCommand reads a line as the runner does: the command ends at the second
// "::", properties at commas, and what is escaped is undone.
// Source: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
func readCommand(t testing.TB, line string) command {
	t.Helper()
	rest, found := strings.CutPrefix(line, "::")
	head, message, ended := strings.Cut(rest, "::")
	if !found || !ended {
		t.Fatalf("no command: %q", line)
	}
	name, properties, _ := strings.Cut(head, " ")
	undo := func(words string, escapes ...string) string {
		for _, escape := range escapes {
			code, character, _ := strings.Cut(escape, "=")
			words = strings.ReplaceAll(words, code, character)
		}
		return strings.ReplaceAll(words, "%25", "%")
	}
	read := command{name, map[string]string{}, undo(message, "%0D=\r", "%0A=\n")}
	for property := range strings.SplitSeq(properties, ",") {
		key, value, _ := strings.Cut(property, "=")
		read.properties[key] = undo(value, "%0D=\r", "%0A=\n", "%3A=:", "%2C=,")
	}
	return read
}

func annotated(t *testing.T, from result.Report) []command {
	t.Helper()
	t.Setenv("GITHUB_WORKSPACE", "")
	var all []command
	for line := range strings.Lines(written(t, from, WriteAnnotations)) {
		all = append(all, readCommand(t, strings.TrimSuffix(line, "\n")))
	}
	return all
}

// explainedBy says that a cause explains all that path/example found.
func explainedBy(report result.Report, cause string) {
	for _, check := range report.Checks {
		for i := range check.Findings {
			if check.ID == "path/example" {
				check.Findings[i].Cause = cause
			}
		}
	}
}

func TestAnnotations(t *testing.T) {
	all := annotated(t, withKnown(failing()))
	var names []string
	for _, one := range all {
		names = append(names, one.name+" "+one.properties["title"]+" "+one.properties["file"]+":"+one.properties["line"])
	}
	if got := strings.Join(names, "\n"); got != `error x.path.one (documented) api/mine.yaml:12
error unexpected pass known.yaml:4
error 1 check not tested :
warning x.path.one (documented) api/mine.yaml:12
warning x.body.one (inferred) api/mine.yaml:12
notice 1 check skipped :
notice 1 known failure :` {
		t.Error(got)
	}
	for i, want := range map[int]string{
		0: "A path MUST be one.\npath/example: want 404 or 403, got 401, and more\nhttps://example.com/page#part\ndpconform explain x.path.one",
		1: "check: path/unexpected-pass passes: remove the entry known.yaml:4 (a proxy, until 2027-01-31, https://issues.example/1)",
		2: "the proxy is away\nerrors/example", 5: "1 check: no job in state CANCELLED was given; give --job CANCELLED=ID",
	} {
		if all[i].message != want {
			t.Errorf("%d: %q, want %q", i, all[i].message, want)
		}
	}
	if all := annotated(t, conforming()); len(all) != 0 {
		t.Errorf("a run that conforms has %+v", all)
	}
	if all := annotated(t, reports()["stale"]); len(all) != 1 || all[0].name != "error" || all[0].message != "the cassettes are 40 days old" {
		t.Errorf("%+v", all)
	}
	shipped, outside := failing(), failing()
	shipped.Description.File, shipped.Description.Digest = spec.Default().Name, spec.MustLoadEmbedded().Digest
	outside.Description.File = "../elsewhere.yaml"
	shipped.Requirements[0].Fix = "Do it."
	shipped.Causes = []result.Cause{{ID: "one", Summary: "it reads no path", Fix: "Read it.", Requirements: []string{"x.path.one"}, Checks: []string{"path/example"}}}
	explainedBy(shipped, "one")
	outside.Requirements[0].Fix = "Do it."
	for ending, from := range map[string]result.Report{"#part\ncause: it reads no path\nfix: Read it.\ndpconform explain x.path.one": shipped,
		"x.path.one is at line 12 of the description ../elsewhere.yaml\nfix: Do it.\ndpconform explain x.path.one": outside} {
		if first := annotated(t, from)[0]; first.properties["file"] != "" || first.properties["line"] != "" || !strings.HasSuffix(first.message, ending) {
			t.Errorf("%+v", first)
		}
	}
	// JUnit gives the fix of the same cause.
	for fix, from := range map[string]result.Report{"\n  fix:  Read it.\n": shipped, "\n  fix:  Do it.\n": outside} {
		if said := findingsText(from, from.Checks[0]) + findingsText(from, from.Checks[1]); !strings.Contains(said, fix) {
			t.Errorf("no %q in %s", fix, said)
		}
	}
	if all := annotated(t, failingAll()); len(all) != 40 || !strings.HasPrefix(all[0].properties["title"], "x.") {
		t.Errorf("%d annotations", len(all))
	}
}

func TestNothingThatAServerSaysIsACommand(t *testing.T) {
	from := hostileReport()
	from.Description.File = "a,b:c%2C::d\n.yaml"
	all := annotated(t, from)
	if len(all) != 6 {
		t.Fatalf("%d commands: %+v", len(all), all)
	}
	for _, one := range all {
		if !strings.Contains("error warning notice", one.name) || strings.ContainsAny(one.message, "\x1b\r\x00") {
			t.Errorf("%+v", one)
		}
	}
	if all[0].properties["file"] != from.Description.File || !strings.Contains(all[0].message, "\\x3a:error::x\n\\x23#[error]y %0A %25 ") {
		t.Errorf("%+v", all[0])
	}
}

func FuzzAnnotation(f *testing.F) {
	f.Add("a.yaml", 3, "title", hostile)
	f.Add("%3A", -1, ",=,", "%25\r\n")
	f.Fuzz(func(t *testing.T, file string, line int, title, message string) {
		words := Annotation{"error", file, line, title, message}.String()
		if strings.Count(words, "\n") != 1 {
			t.Fatalf("%q is not one line", words)
		}
		shown := func(words string) string {
			return text.Printable(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(words))
		}
		read := readCommand(t, strings.TrimSuffix(words, "\n"))
		if read.name != "error" || read.properties["file"] != shown(file) || read.properties["title"] != shown(title) || len(message) < longestMessage && read.message != shown(message) {
			t.Fatalf("%q is read as %+v", words, read)
		}
	})
}

func TestAFileIsRelativeToTheRepository(t *testing.T) {
	outside := t.TempDir()
	root := filepath.Join(outside, "ws")
	if err := os.MkdirAll(filepath.Join(root, "api"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(root, filepath.Join(outside, "link")); err != nil {
		t.Fatal(err)
	}
	for i, one := range []struct{ workspace, folder, file, want string }{
		{root, root, "api/spec.yaml", "api/spec.yaml"}, {root, root, "./api/spec.yaml", "api/spec.yaml"}, {root, root, "../ws/api/spec.yaml", "api/spec.yaml"},
		{root, root, filepath.Join(root, "api", "spec.yaml"), "api/spec.yaml"}, {root + "/", root, filepath.Join(outside, "link", "api", "spec.yaml"), "api/spec.yaml"},
		{root, filepath.Join(root, "api"), "spec.yaml", "api/spec.yaml"}, {root, filepath.Join(root, "api"), "../..spec.yaml", "..spec.yaml"},
		{"", root, "./api/spec.yaml", "api/spec.yaml"}, {root, root, "../spec.yaml", ""}, {root, root, filepath.Join(outside, "wsx", "spec.yaml"), ""}, {root, root, "", ""},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Chdir(one.folder)
			t.Setenv("GITHUB_WORKSPACE", one.workspace)
			if got := inRepository(one.file); got != one.want {
				t.Errorf("%s in %s with the root %s: %q, want %q", one.file, one.folder, one.workspace, got, one.want)
			}
		})
	}
}
