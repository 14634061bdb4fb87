package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/extension"
	"github.com/dpconform/dpconform/spec"
)

// namesMethod are the words of one method that a file may have, with the reason.
var namesMethod = []struct{ file, word, reason string }{
	{"internal/redact/rules.go", "archiveJobs", "the address of the page that says what a state gives away"},
}

// TestOnlyDescriptionsNameAMethod: no set of requirements and no file of Go in the
// product names the operation, the collection, the verb or a scope of a shipped
// description, so that another method needs a description and no code. Tests do,
// and so do the tools of the repository.
func TestOnlyDescriptionsNameAMethod(t *testing.T) {
	t.Parallel()
	var words []string
	for _, name := range spec.Shipped() {
		description, err := spec.Embedded(name)
		if err != nil {
			t.Fatal(err)
		}
		method, err := spec.Load(description)
		if err != nil {
			t.Fatal(err)
		}
		path := method.Operation.Path
		words = append(words, method.Operation.ID, method.ReadState.ID, name, path.Collection(), path.Parameter, ":"+path.Verb(), `"`+path.Verb()+`"`)
		for _, scope := range method.Scopes {
			words = append(words, scope.Short())
		}
	}
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	named := regexp.MustCompile(`(` + strings.Join(words, "|") + `)(\W|$)`)
	used := map[string]bool{}
	for _, file := range tracked(t, "*.go", "spec/sets/*.yaml") {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "tools/") || strings.HasPrefix(file, "internal/sourcetest/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		for number, line := range strings.Split(string(text), "\n") {
			for _, found := range named.FindAllStringSubmatch(line, -1) {
				if slices.ContainsFunc(namesMethod, func(one struct{ file, word, reason string }) bool { return one.file == file && one.word == found[1] }) {
					used[file] = true
					continue
				}
				t.Errorf("%s:%d: it names %s, which only a description may", file, number+1, found[1])
			}
		}
	}
	for _, one := range namesMethod {
		if !used[one.file] {
			t.Errorf("%s does not name %s any more: remove it here (%s)", one.file, one.word, one.reason)
		}
	}
}

// TestTheSetsAreDocumented: docs/new-method.md lists each set of requirements and
// each extension that a description can have.
func TestTheSetsAreDocumented(t *testing.T) {
	t.Parallel()
	page := readPage(t, "docs/new-method.md")
	for _, file := range tracked(t, "spec/sets/*.yaml") {
		if name := strings.TrimSuffix(filepath.Base(file), ".yaml"); !strings.Contains(page, "\n| `"+name+"` |") {
			t.Errorf("docs/new-method.md does not list the set %s", name)
		}
	}
	for _, name := range extension.All {
		if name != extension.Revision && !strings.Contains(page, name) {
			t.Errorf("docs/new-method.md does not list %s", name)
		}
	}
}
