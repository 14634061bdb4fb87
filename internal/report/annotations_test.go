package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

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
	undo := func(text string, escapes ...string) string {
		for _, escape := range escapes {
			code, character, _ := strings.Cut(escape, "=")
			text = strings.ReplaceAll(text, code, character)
		}
		return strings.ReplaceAll(text, "%25", "%")
	}
	read := command{name, map[string]string{}, undo(message, "%0D=\r", "%0A=\n")}
	for _, property := range strings.Split(properties, ",") {
		key, value, _ := strings.Cut(property, "=")
		read.properties[key] = undo(value, "%0D=\r", "%0A=\n", "%3A=:", "%2C=,")
	}
	return read
}

func annotated(t testing.TB, report Report) []command {
	t.Helper()
	t.Setenv("GITHUB_WORKSPACE", "")
	var text strings.Builder
	if err := WriteAnnotations(&text, report); err != nil {
		t.Fatal(err)
	}
	var all []command
	for _, line := range strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n") {
		if line != "" {
			all = append(all, readCommand(t, line))
		}
	}
	return all
}

func TestAnnotationsStandAtTheLinesOfTheDescription(t *testing.T) {
	report := New(failing(t))
	report.Description.File = "./api/../api/mine.yaml"
	all := annotated(t, report)
	var names []string
	for _, one := range all {
		names = append(names, one.name)
	}
	// Of the two requirements that warn, one fails too; the check errors/example
	// was not judged, and semantics/example was skipped.
	if got := strings.Join(names, " "); got != "error error warning warning notice" {
		t.Fatalf("%s: %+v", got, all)
	}
	path := requirementOf("path")
	failed := all[0]
	if failed.properties["file"] != "api/mine.yaml" || failed.properties["line"] != fmt.Sprint(path.Line) || path.Line < 2 ||
		failed.properties["title"] != fmt.Sprintf("%s (%s)", path.ID, path.Level) {
		t.Errorf("%+v", failed)
	}
	for _, part := range []string{path.Statement, "path/example: want 404 or 403, got 401, and the token ", path.Source} {
		if !strings.Contains(failed.message, part) {
			t.Errorf("%q lacks %q", failed.message, part)
		}
	}
	if unjudged := all[1]; unjudged.properties["title"] != "1 check not judged" || unjudged.properties["file"] != "" || unjudged.message != "the proxy is away\nerrors/example" {
		t.Errorf("%+v", unjudged)
	}
	if skipped := all[4]; skipped.properties["title"] != "1 check skipped" || skipped.message != "1 check: no job in state CANCELLED was given; give --job CANCELLED=ID" {
		t.Errorf("%+v", skipped)
	}
	if all := annotated(t, New(conforming(t))); len(all) != 0 {
		t.Errorf("a run that conforms has %+v", all)
	}
}

func TestTheBuiltInDescriptionIsNoFileOfTheCaller(t *testing.T) {
	failed, path := annotated(t, New(failing(t)))[0], requirementOf("path")
	for _, property := range []string{"file", "line"} {
		if value, has := failed.properties[property]; has {
			t.Errorf("%s=%s", property, value)
		}
	}
	want := fmt.Sprintf("%s is at line %d of the built-in description %s", path.ID, path.Line, spec.EmbeddedName)
	if failed.properties["title"] != fmt.Sprintf("%s (%s)", path.ID, path.Level) || !strings.HasSuffix(failed.message, want) {
		t.Errorf("%+v, want %s", failed, want)
	}
}

func TestAFileIsRelativeToTheRepository(t *testing.T) {
	outside := t.TempDir()
	root := filepath.Join(outside, "ws")
	if err := os.MkdirAll(filepath.Join(root, "api"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(root, filepath.Join(outside, "link")); err != nil {
		t.Log("no symbolic links here:", err)
	}
	for _, one := range []struct{ workspace, folder, file, want string }{
		{root, root, "api/spec.yaml", "api/spec.yaml"},
		{root, root, "./api/spec.yaml", "api/spec.yaml"},
		{root, root, "../ws/api/spec.yaml", "api/spec.yaml"},
		{root, root, filepath.Join(root, "api", "spec.yaml"), "api/spec.yaml"},
		{root + "/", root, filepath.Join(outside, "link", "api", "spec.yaml"), "api/spec.yaml"},
		{root, filepath.Join(root, "api"), "spec.yaml", "api/spec.yaml"},
		{root, filepath.Join(root, "api"), "../..spec.yaml", "..spec.yaml"},
		{"", root, "./api/spec.yaml", "api/spec.yaml"},
		{root, root, "../spec.yaml", ""},
		{root, root, filepath.Join(outside, "wsx", "spec.yaml"), ""},
		{root, root, "", ""},
	} {
		t.Chdir(one.folder)
		t.Setenv("GITHUB_WORKSPACE", one.workspace)
		if got := inRepository(one.file); got != one.want {
			t.Errorf("%s in %s with the root %s: %q, want %q", one.file, one.folder, one.workspace, got, one.want)
		}
	}
}

func TestADescriptionOutsideOfTheRepositoryIsNamed(t *testing.T) {
	report := New(failing(t))
	report.Description.File = "../elsewhere.yaml"
	failed := annotated(t, report)[0]
	if _, has := failed.properties["file"]; has || !strings.HasSuffix(failed.message, " of the description ../elsewhere.yaml") {
		t.Errorf("%+v", failed)
	}
}

func TestAnUnexpectedPassStandsAtItsEntry(t *testing.T) {
	all := annotated(t, withKnown(New(conforming(t))))
	if len(all) != 2 || all[0].name != "error" || all[0].properties["file"] != "known.yaml" || all[0].properties["line"] != "4" ||
		!strings.Contains(all[0].message, "remove the entry known.yaml:4") {
		t.Fatalf("%+v", all)
	}
	if all[1].name != "notice" || all[1].properties["title"] != "1 known failure" {
		t.Errorf("%+v", all[1])
	}
}

func TestNothingThatAServerSaysIsACommand(t *testing.T) {
	report := withKnown(New(hostileRun(t)))
	for i := range report.Requirements {
		report.Requirements[i].Line = 0
	}
	report.Description.File = "a,b:c%2C::d\n.yaml"
	all := annotated(t, report)
	if len(all) != 6 {
		t.Fatalf("%d commands: %+v", len(all), all)
	}
	for _, one := range all {
		if !strings.Contains("error warning notice", one.name) || strings.ContainsAny(one.message, "\x1b\r") {
			t.Errorf("%+v", one)
		}
		if _, has := one.properties["line"]; has && one.properties["file"] != "known.yaml" {
			t.Errorf("a line that is not known: %+v", one)
		}
	}
	if all[0].properties["file"] != report.Description.File || !strings.Contains(all[0].message, "::error::x\n##[error]y %0A %25 ") {
		t.Errorf("%+v", all[0])
	}
}

func TestStaleAnswersAreAnError(t *testing.T) {
	report := New(conforming(t))
	report.Stale = "the cassettes are 40 days old"
	if all := annotated(t, report); len(all) != 1 || all[0].name != "error" || all[0].message != report.Stale {
		t.Errorf("%+v", all)
	}
}

func TestManyFailuresAreOneAnnotation(t *testing.T) {
	s := newScenario(t)
	sent := s.send("POST", "/v1/a:retry", "")
	for i := range 66 {
		s.add(fmt.Sprintf("path/example-%d", i), result.Fail, "", "", finding("path", result.Fail, sent, "404", "401"))
	}
	all := annotated(t, New(s.run(result.ExitFails)))
	if len(all) != 1 || !strings.Contains(all[0].message, "and 63 more: ") {
		t.Errorf("%+v", all)
	}
}

func FuzzAnnotations(f *testing.F) {
	f.Add("a.yaml", 3, "title", hostile)
	f.Add("", 0, "", "")
	f.Add("%3A", -1, ",=,", "%25\r\n")
	f.Fuzz(func(t *testing.T, file string, line int, title, message string) {
		text := annotation{"error", file, line, title, message}.String()
		if strings.Count(text, "\n") != 1 {
			t.Fatalf("%q is not one line", text)
		}
		read := readCommand(t, strings.TrimSuffix(text, "\n"))
		if read.name != "error" || read.properties["file"] != unobeyed(file) || read.properties["title"] != unobeyed(title) || (len(message) < longestMessage && read.message != unobeyed(message)) {
			t.Fatalf("%q is read as %+v", text, read)
		}
	})
}
