// Package recipe follows the recipe in CONTRIBUTING.md.
package recipe

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// edit is one step of the recipe: lines that are put before a line of a file.
type edit struct{ file, before, lines string }

// step is a step in CONTRIBUTING.md: a comment that names the place, which
// readers do not see, and the code.
var step = regexp.MustCompile("(?ms)^<!-- recipe: (\\S+), before (\".*?\") -->\n```\\w+\n(.*?)^```$")

// readRecipe reads the steps.
func readRecipe(t *testing.T, root string) []edit {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	var edits []edit
	for _, found := range step.FindAllStringSubmatch(string(text), -1) {
		before, err := strconv.Unquote(found[2])
		if err != nil {
			t.Fatalf("the place %s: %v", found[2], err)
		}
		edits = append(edits, edit{found[1], before, found[3]})
	}
	return edits
}

// overlay writes the edited files, and the file by which the go command takes
// them for those of the repository.
func overlay(t *testing.T, root string, edits []edit) string {
	t.Helper()
	texts := map[string]string{}
	for _, edit := range edits {
		text, read := texts[edit.file]
		if !read {
			content, err := os.ReadFile(filepath.Join(root, edit.file))
			if err != nil {
				t.Fatal(err)
			}
			text = string(content)
		}
		place := regexp.MustCompile(`(?m)^[ \t]*` + regexp.QuoteMeta(edit.before)).FindStringIndex(text)
		if place == nil {
			t.Fatalf("%s has no line that starts with %q: correct the comment in CONTRIBUTING.md", edit.file, edit.before)
		}
		texts[edit.file] = text[:place[0]] + edit.lines + text[place[0]:]
	}
	if files := slices.Sorted(maps.Keys(texts)); len(files) != 3 {
		t.Errorf("the recipe edits %q, want one file each of spec, suites and emulator", files)
	}
	folder, replaced := t.TempDir(), map[string]string{}
	for file, text := range texts {
		replaced[filepath.Join(root, file)] = write(t, folder, strings.ReplaceAll(file, "/", "-"), text)
	}
	content, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	return write(t, folder, "overlay.json", string(content))
}

func write(t *testing.T, folder, name, text string) string {
	t.Helper()
	file := filepath.Join(folder, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestTheRecipe adds the requirement, the check and the fault of CONTRIBUTING.md,
// and finds them in the list, in a run and in the kill matrix.
func TestTheRecipe(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	overlaid := "-overlay=" + overlay(t, root, readRecipe(t, root))
	folder := t.TempDir()
	program, cassettes := filepath.Join(folder, "dpconform"), filepath.Join(folder, "cassettes")
	run := func(name string, arguments ...string) string {
		t.Helper()
		command := exec.Command(name, arguments...)
		command.Dir = root
		output, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, output)
		}
		return string(output)
	}
	run("go", "build", overlaid, "-o", program, "./cmd/dpconform")
	run(program, "record", "--cassettes", cassettes)
	for what, test := range map[string]struct{ output, want string }{
		"list": {run(program, "list"), `response\.no-framework`},
		"run":  {run(program, "run", "--cassettes", cassettes, "--focus", "response.no-framework"), `response +1 pass`},
		"kill matrix": {run("go", "test", overlaid, "-count=1", "-v", "-run", "^TestKillMatrix$", "./suites", "-fault", "framework-named"),
			`caught +framework-named +response\.no-framework\n`},
	} {
		if !regexp.MustCompile(test.want).MatchString(test.output) {
			t.Errorf("%s does not show %s:\n%s", what, test.want, test.output)
		}
	}
}
