package text

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// settings is what the tests read.
type settings struct {
	name    string
	strict  bool
	count   int
	wait    time.Duration
	items   []string
	members []string
}

func readSettings(file string, content string) (read settings, err error) {
	root, err := ParseYAML(file, []byte(content))
	if err != nil {
		return read, err
	}
	members, err := root.Members("name", "strict", "count", "wait", "items", "members")
	if err != nil {
		return read, err
	}
	for _, member := range members.Entries {
		switch value := member.Value; member.Name {
		case "name":
			read.name, err = value.OneOf("name", []string{"first", "second"})
		case "strict":
			read.strict, err = value.Bool()
		case "count":
			read.count, err = value.Int(1, 9)
		case "wait":
			read.wait, err = value.Duration()
		case "items":
			read.items, err = value.Texts()
		case "members":
			var inner []Member
			inner, err = value.AnyMembers()
			for _, one := range inner {
				read.members = append(read.members, one.Name)
			}
		}
		if err != nil {
			return read, err
		}
	}
	return read, nil
}

func TestYAMLIsRead(t *testing.T) {
	t.Parallel()
	const plain = "name: first # comment\nstrict: true\ncount: 3\nwait: 2s\nitems: [a, &b b, *b]\nmembers: {x: 1, y: {}}\n"
	for _, content := range []string{plain, "\ufeff" + plain, strings.ReplaceAll(plain, "\n", "\r\n"),
		`{"name":"first","strict":true,"count":3,"wait":"2s","items":["a","b","b"],"members":{"x":1,"y":{}}}`} {
		read, err := readSettings("a.yaml", content)
		if err != nil || read.name != "first" || !read.strict || read.count != 3 || read.wait != 2*time.Second ||
			!slices.Equal(read.items, []string{"a", "b", "b"}) || !slices.Equal(read.members, []string{"x", "y"}) {
			t.Errorf("%q: %+v, %v", content, read, err)
		}
	}
}

func TestAMistakeInYAMLHasAPlace(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"name: third":               "a.yaml:1:7: name: unknown name \"third\"; want first or second",
		"nmae: first":               "a.yaml:1:1: unknown key \"nmae\"; did you mean name?",
		"\n{frobnicate: 1}":         "a.yaml:2:2: unknown key \"frobnicate\"; want name, strict, count, wait, items or members",
		"name: first\nname: second": "a.yaml:2:1: the key name is already in line 1; remove one of them",
		"members:\n  k: 1\n  k: 1":  "a.yaml:3:3: members: the same key is already in line 2; remove one of them",
		"members: {[a]: 1}":         "a.yaml:1:11: members: want a text as a key, got a list",
		"strict: 1":                 "a.yaml:1:9: strict: want true or false, got \"1\"",
		"strict: \"true\"":          "a.yaml:1:9: strict: want true or false, got \"true\"",
		"count: 10":                 "a.yaml:1:8: count: want an integer from 1 to 9, got \"10\"",
		"count: 1.5":                "a.yaml:1:8: count: want an integer from 1 to 9, got \"1.5\"",
		"wait: -1s":                 "a.yaml:1:7: wait: want a duration such as 2s or 500ms, got \"-1s\"",
		"wait: 5":                   "a.yaml:1:7: wait: want a duration such as 2s or 500ms, got \"5\"",
		"items: a":                  "a.yaml:1:8: items: want a list, got \"a\"",
		"items: [a, [b]]":           "a.yaml:1:12: items: want a string, got a list",
		"name: {}":                  "a.yaml:1:7: name: want a string, got a mapping",
		"name:":                     "a.yaml:1:6: name: want a string, got nothing",
		"[name]":                    "a.yaml:1:1: want a mapping of keys to values, got a list; its keys are name, strict, count, wait, items and members",
		"":                          "a.yaml: want a mapping of keys to values, got nothing; its keys are name, strict, count, wait, items and members",
		"# nothing":                 "a.yaml: want a mapping of keys to values, got nothing; its keys are name, strict, count, wait, items and members",
		"name: first\n---\nname: x": "a.yaml:2: a second YAML document begins here, and only one is read; remove one, or put it into a file of its own",
		"name: first\n\tx: 1":       "a.yaml:2:1: invalid YAML: a tab indents a line; indent with spaces",
		"name: \"first":             "a.yaml:1:13: invalid YAML: a quotation is not closed; correct the file there",
		"name: a\nb: \xff":          "a.yaml:2: it is not text in UTF-8; save it in UTF-8",
		"name: \x1b":                "a.yaml:1: invalid YAML: it has the control character U+001B; remove it",
		"name: *gone":               "a.yaml:1:7: invalid YAML: there is no anchor gone for the alias; correct the file there",
		"members: &a {b: *a}":       "a.yaml:1:14: its values are nested more than 100 deep; nest them less",
		strings.Repeat("[", 200) + strings.Repeat("]", 200): "a.yaml:1:102: its values are nested more than 100 deep; nest them less",
		strings.Repeat(" ", LargestYAML+1):                  "a.yaml: it is longer than 1 MiB; is it the right file?",
	} {
		_, err := readSettings("a.yaml", content)
		var usage *UsageError
		if !errors.As(err, &usage) || err.Error() != want {
			t.Errorf("%.80q:\n got %v\nwant %s", content, err, want)
		}
	}
}

func TestAliasesDoNotMultiply(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for letter := 'b'; letter < 'j'; letter++ {
		bomb += string(letter) + ": &" + string(letter) + " [" + strings.Repeat("*"+string(letter-1)+",", 9) + "]\n"
	}
	if _, err := ParseYAML("a.yaml", []byte(bomb)); err == nil || !strings.Contains(err.Error(), "more than 200000 values") {
		t.Error(err)
	}
}

func TestAFileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, want := range map[string]string{folder: "is a directory; give a file", filepath.Join(folder, "gone"): "no such file or directory; check the path"} {
		if _, err := ReadYAML(name); err == nil || err.Error() != name+": "+want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	path := filepath.Join(folder, "a.yaml")
	if err := os.WriteFile(path, []byte("{name: first}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if root, err := ReadYAML(path); err != nil || root.Place() != path+":1:1" || root.IsEmpty() {
		t.Errorf("%+v, %v", root, err)
	}
}

func TestControlCharactersInYAML(t *testing.T) {
	t.Parallel()
	for character, name := range map[string]string{"\f": "U+000C", "\x1a": "U+001A", "\x7f": "U+007F", "\u009b": "U+009B"} {
		want := "f:2: invalid YAML: it has the control character " + name + "; remove it"
		if _, err := ParseYAML("f", []byte("a: 1\r\nb: "+character+"\n")); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", character, err, want)
		}
	}
}
