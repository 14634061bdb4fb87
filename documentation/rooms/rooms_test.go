package rooms

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// newModule writes the files of a module into a folder.
func newModule(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	files["go.mod"] = "module example.com/made\n"
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func read(t *testing.T, files map[string]string) Map {
	t.Helper()
	all, err := Read(newModule(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRead(t *testing.T) {
	all := read(t, map[string]string{
		"cmd/x/main.go":       "// Command x does it.\npackage main\nimport (\n\"example.com/made/a\"\n\"os\"\n)\n",
		"a/a.go":              "// Package a holds things. And more.\npackage a\nimport \"example.com/made/b\"\n",
		"a/a_test.go":         "package a\nimport \"example.com/made/only/tests\"\n",
		"b/b.go":              "package b\nimport \"net/http\"\nvar _, _ = http.Get(\"x\")\n",
		"tested/x_test.go":    "package tested\n",
		"other/go.mod":        "module example.com/other\n",
		"other/o.go":          "package other\n",
		"a/testdata/t.go":     "package t\n",
		".hidden/h.go":        "package h\n",
		"node_modules/x/n.go": "package n\n",
	})
	var names []string
	for _, room := range all.Sorted() {
		names = append(names, room.Path)
	}
	if want := []string{"a", "b", "cmd/x"}; !slices.Equal(names, want) {
		t.Fatalf("rooms %q, want %q", names, want)
	}
	x := all["cmd/x"]
	if !x.Program || x.About != "does it" || !slices.Equal(x.Imports, []string{"a"}) || !slices.Equal(x.Others, []string{"os"}) {
		t.Errorf("cmd/x: %+v", x)
	}
	if got := all["a"].About; got != "holds things" {
		t.Errorf("a is about %q", got)
	}
	if got := all["b"].Outgoing; !slices.Equal(got, []string{"http.Get"}) {
		t.Errorf("b opens connections by %q", got)
	}
	if got := all.Reached("cmd/x"); !slices.Equal(got, []string{"a", "b", "cmd/x"}) {
		t.Errorf("cmd/x reaches %q", got)
	}
	if got := all.Importers("b"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("b is imported by %q", got)
	}
}

func TestReadRefuses(t *testing.T) {
	if _, err := Read(t.TempDir()); err == nil {
		t.Error("a folder without a go.mod is read")
	}
	if _, err := Read(newModule(t, map[string]string{"a/a.go": "no Go"})); err == nil {
		t.Error("what is no Go is read")
	}
}

func TestImplied(t *testing.T) {
	all := Map{
		"a": {Path: "a", Imports: []string{"b", "c"}},
		"b": {Path: "b", Imports: []string{"c"}},
		"c": {Path: "c"},
	}
	if !all.Implied("a", "c") || all.Implied("a", "b") || all.Implied("b", "c") {
		t.Error("a reaches c by b, and nothing else is implied")
	}
}

func TestBroken(t *testing.T) {
	all := Map{
		"a":    {Path: "a", Imports: []string{"b"}, Others: []string{"github.com/onsi/ginkgo/v2"}, Outgoing: []string{"http.Get"}},
		"a/in": {Path: "a/in", Imports: []string{"c"}},
		"b":    {Path: "b", Imports: []string{"c"}},
		"c":    {Path: "c"},
	}
	for _, one := range []struct {
		name string
		rule Rule
		want []string
	}{
		{"kept", Rule{Room: "a", only: []string{"b", "c"}}, nil},
		{"an import", Rule{Room: "a", only: []string{"c"}}, []string{"a imports b"}},
		{"a room below", Rule{Room: "a", only: []string{"b"}}, []string{"a/in imports c"}},
		{"through another", Rule{Room: "a", never: []string{"c"}}, []string{"a reaches c", "a/in reaches c"}},
		{"itself", Rule{Room: "a", direct: []string{"b"}}, []string{"a imports b itself"}},
		{"through another, where that is not forbidden", Rule{Room: "b", direct: []string{"d"}}, nil},
		{"a foreign package", Rule{Room: "a", foreign: []string{ginkgo}}, []string{"a imports github.com/onsi/ginkgo/v2"}},
		{"a connection", Rule{Room: "a", closed: true}, []string{"a uses http.Get"}},
		{"no such room", Rule{Room: "d"}, []string{"there is no room d"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			got := all.Broken([]Rule{one.rule})
			if len(got) != len(one.want) {
				t.Fatalf("got %q, want %q", got, one.want)
			}
			for i, text := range one.want {
				if !strings.Contains(got[i], text) {
					t.Errorf("got %q, want %q", got[i], text)
				}
			}
		})
	}
}
