package docs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/dpconform/dpconform/spec"
)

// pages lists the Markdown pages that git tracks, relative to the root.
func pages(t *testing.T) []string { return tracked(t, "*.md") }

// tracked lists the files that git tracks, relative to the root.
func tracked(t *testing.T, patterns ...string) []string {
	t.Helper()
	command := exec.Command("git", append([]string{"ls-files"}, patterns...)...)
	command.Dir = root
	text, err := command.Output()
	if err != nil {
		t.Skip("not a git checkout, so its files are not known")
	}
	return strings.Fields(string(text))
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	codeBlock  = regexp.MustCompile("(?ms)^ *(```+|~~~+).*?^ *(```+|~~~+) *$")
	codeSpan   = regexp.MustCompile("`+[^`\n]*`+")
	inlineLink = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?[^)]*\)`)
	heading    = regexp.MustCompile(`(?m)^ {0,3}#{1,6}\s+(.+?)\s*#*$`)
	linkText   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// TestLinks follows every relative link of every page: the file must exist, and
// the heading too.
func TestLinks(t *testing.T) {
	for _, name := range pages(t) {
		text := codeSpan.ReplaceAllString(codeBlock.ReplaceAllString(readPage(t, name), ""), "``")
		for _, found := range inlineLink.FindAllStringSubmatch(text, -1) {
			if problem := follow(t, name, found[1]); problem != "" {
				t.Errorf("%s: %s: %s", name, found[1], problem)
			}
		}
	}
}

// follow says what is wrong with a link on a page; empty means nothing.
func follow(t *testing.T, page, address string) string {
	file, anchor, anchored := strings.Cut(address, "#")
	target := page
	if file != "" {
		target = path.Join(path.Dir(page), file)
	}
	switch {
	case strings.Contains(address, ":"):
		return "" // another site
	case strings.HasPrefix(target, "../"):
		return "leads out of the repository"
	}
	if _, err := os.Stat(filepath.Join(root, target)); err != nil {
		return "there is no " + target
	}
	if anchored && (path.Ext(target) != ".md" || !slices.Contains(anchors(readPage(t, target)), anchor)) {
		return target + " has no such heading"
	}
	return ""
}

// anchors are those that GitHub gives the headings of a page.
func anchors(text string) []string {
	var all []string
	seen := map[string]int{}
	for _, found := range heading.FindAllStringSubmatch(codeBlock.ReplaceAllString(text, ""), -1) {
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, linkText.ReplaceAllString(found[1], "$1"))
		if count := seen[anchor]; count > 0 {
			all = append(all, fmt.Sprintf("%s-%d", anchor, count))
		} else {
			all = append(all, anchor)
		}
		seen[anchor]++
	}
	return all
}

func TestFollow(t *testing.T) {
	for address, problem := range map[string]string{
		"../README.md": "", "../spec": "", "https://example.com": "", "../README.md#no-such-heading": "no such heading",
		"no-such-page.md": "there is no docs/no-such-page.md", "../../elsewhere": "out of the repository",
	} {
		if got := follow(t, "docs/tokens.md", address); (problem == "") != (got == "") || !strings.Contains(got, problem) {
			t.Errorf("%s: got %q, want %q", address, got, problem)
		}
	}
	const page = "# A `code` & more\n\n```\n# none\n```\n\n## Who's first?\n## Who's first?\n## [A link](x.md) of body.empty\n"
	if got := fmt.Sprint(anchors(page)); got != "[a-code--more whos-first whos-first-1 a-link-of-bodyempty]" {
		t.Errorf("anchors: %s", got)
	}
}

const module = "github.com/dpconform/dpconform/"

// public are the packages that others may import.
var public = []string{"cassettes", "clienttest", "emulator", "recorder", "spec", "suites"}

// TestPublicPackagesHaveExamples, which go doc and pkg.go.dev show.
func TestPublicPackagesHaveExamples(t *testing.T) {
	for _, name := range public {
		files, _ := filepath.Glob(filepath.Join(root, name, "*_test.go"))
		if !slices.ContainsFunc(files, func(file string) bool {
			text, _ := os.ReadFile(file)
			return strings.Contains(string(text), "\nfunc Example")
		}) {
			t.Errorf("package %s has no Example function", name)
		}
	}
}

// TestUnpublishedNamesAreMarked: a page that uses the Go module or the action says
// that it is not published. Once it is, this test goes with the remarks.
func TestUnpublishedNamesAreMarked(t *testing.T) {
	for _, name := range tracked(t, "README.md", "docs/*.md", "docs/github/*.yml", "internal/cli/init.tmpl") {
		page := strings.ToLower(readPage(t, name))
		for _, use := range []string{"suites.test", "clienttest.newserver", "uses: dpconform/", "npm install dpconform", "pip install dpconform"} {
			if strings.Contains(page, use) && !strings.Contains(page, "not published yet") && name != "docs/releasing.md" {
				t.Errorf("%s: it has %q, and does not say that the name is not published yet", name, use)
			}
		}
	}
}

// TestExamplesUseTheNewestRevision: with an older description, a comparison with
// what Google serves finds changes from the first night on.
func TestExamplesUseTheNewestRevision(t *testing.T) {
	revisions := spec.Default().Revisions()
	newest := revisions[len(revisions)-1]
	for _, name := range tracked(t, "README.md", "docs/*.md", "docs/github/*.yml") {
		for line := range strings.Lines(readPage(t, name)) {
			live := strings.Contains(line, "run ") && strings.Contains(line, "--endpoint https://dataportability.") ||
				strings.Contains(line, "drift ") && strings.Contains(line, "--against 'https://dataportability.")
			if live && !strings.Contains(line, "--revision "+newest) {
				t.Errorf("%s: the command has no --revision %s: %s", name, newest, line)
			}
		}
	}
}

// mustNotReach says what a package must not import, even indirectly. Whatever imports
// recorder reaches internal/recording.
var mustNotReach = map[string][]string{
	"spec":            {"internal/cli", "internal/config", "internal/target", "internal/result", "internal/report", "suites", "internal/recording", "cassettes", "emulator", "clienttest"},
	"suites":          {"emulator", "internal/recording", "cassettes", "clienttest", "internal/report", "internal/cli", "internal/config"},
	"emulator":        {"suites", "internal/recording", "clienttest", "internal/report", "internal/target"},
	"recorder":        {"suites", "emulator", "clienttest", "internal/report", "internal/cli"},
	"clienttest":      {"suites", "internal/recording", "internal/target", "internal/cli"},
	"internal/result": {"suites", "internal/recording", "emulator", "clienttest", "internal/target", "internal/report"},
	"internal/report": {"suites", "internal/recording", "emulator", "clienttest", "internal/target", "internal/cli"},
	"internal/target": {"suites", "internal/recording", "emulator", "clienttest", "internal/result", "internal/report"},
}

// TestImports holds the directions of imports: see docs/architecture.md.
func TestImports(t *testing.T) {
	command := exec.Command("go", "list", "-json=ImportPath,Deps", "./...")
	command.Dir = root
	text, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	table := readPage(t, "docs/architecture.md")
	var found []string
	for decoder := json.NewDecoder(strings.NewReader(string(text))); decoder.More(); {
		var listed struct {
			ImportPath string
			Deps       []string
		}
		if err := decoder.Decode(&listed); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(listed.ImportPath, module)
		if row := strings.Split(name, "/")[0]; row != "tools" && !strings.Contains(table, "](../"+name+")") {
			t.Errorf("docs/architecture.md has no row for %s", name)
		}
		if !strings.Contains("/"+name, "/internal/") && !strings.HasPrefix(name, "tools/") && !strings.HasPrefix(name, "cmd/") {
			found = append(found, name)
		}
		for _, dependency := range listed.Deps {
			for _, forbidden := range mustNotReach[name] {
				if own, ours := strings.CutPrefix(dependency, module); ours && (own == forbidden || strings.HasPrefix(own, strings.TrimSuffix(forbidden, "/")+"/")) {
					t.Errorf("%s must not import %s, even indirectly", name, own)
				}
			}
		}
	}
	if slices.Sort(found); !slices.Equal(found, public) {
		t.Errorf("the public packages are %v, want %v", found, public)
	}
}

// TestLocksArePinned: every npm lock file names exact versions with their
// digests and no registry, so that it fits whichever one a machine uses.
func TestLocksArePinned(t *testing.T) {
	locks, err := filepath.Glob(filepath.Join(root, "tools", "*", "package-lock.json"))
	more, _ := filepath.Glob(filepath.Join(root, "tools", "*", "*", "package-lock.json"))
	if locks = append(locks, more...); err != nil || len(locks) == 0 {
		t.Fatalf("no lock files: %v", err)
	}
	for _, file := range locks {
		var wanted struct{ Dependencies map[string]string }
		var lock struct {
			Packages map[string]struct{ Version, Resolved, Integrity string }
		}
		for name, into := range map[string]any{filepath.Join(filepath.Dir(file), "package.json"): &wanted, file: &lock} {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, into); err != nil {
				t.Fatal(err)
			}
		}
		for name, version := range wanted.Dependencies {
			if locked := lock.Packages["node_modules/"+name].Version; locked != version {
				t.Errorf("%s: %s is wanted as %q and locked as %q", file, name, version, locked)
			}
		}
		for name, one := range lock.Packages {
			if one.Resolved != "" || name != "" && one.Integrity == "" {
				t.Errorf("%s: %s has the address %q and the digest %q", file, name, one.Resolved, one.Integrity)
			}
		}
	}
}
