package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

const root = ".."

// TestLinks follows every relative link of the README, the documentation and the
// examples: the file must be there, and so must the heading or line.
func TestLinks(t *testing.T) {
	pages := markdownFiles(t)
	followed := 0
	for _, name := range pages {
		for _, link := range linksOf(readPage(t, name)) {
			if strings.Contains(link.address, ":") {
				continue // of another site
			}
			followed++
			if problem := follow(t, name, link.address); problem != "" {
				t.Errorf("%s:%d: %s: %s", name, link.line, link.address, problem)
			}
		}
	}
	if followed < 500 {
		t.Errorf("%d links in %d pages: not all were found", followed, len(pages))
	}
}

// TestNoTemplates sees that no page has what Jekyll takes for a template, unless
// it is told not to: it would be missing on a site made by GitHub Pages.
func TestNoTemplates(t *testing.T) {
	raw := regexp.MustCompile(`(?s)\{% raw %\}.*?\{% endraw %\}`)
	for _, name := range markdownFiles(t) {
		if found := regexp.MustCompile(`\{\{|\{%`).FindString(raw.ReplaceAllString(readPage(t, name), "")); found != "" {
			t.Errorf("%s has %s", name, found)
		}
	}
}

// markdownFiles are the pages that are looked at, as paths in the repository.
func markdownFiles(t *testing.T) []string {
	t.Helper()
	pages := []string{"README.md"}
	for _, folder := range []string{"docs", "examples"} {
		err := fs.WalkDir(os.DirFS(root), folder, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && path.Ext(name) == ".md" {
				pages = append(pages, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return pages
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

type link struct {
	address string
	line    int
}

var (
	codeSpans   = regexp.MustCompile("`+[^`]*`+")
	inlineLinks = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?[^)]*\)`)
	references  = regexp.MustCompile(`^\[[^\]]+\]:\s*(\S+)`)
)

// linksOf finds the links of a page, but not those in code.
func linksOf(text string) []link {
	var links []link
	for number, line := range proseLines(text) {
		line = codeSpans.ReplaceAllString(line, "``")
		for _, found := range slices.Concat(inlineLinks.FindAllStringSubmatch(line, -1), references.FindAllStringSubmatch(line, -1)) {
			links = append(links, link{found[1], number + 1})
		}
	}
	return links
}

// proseLines are the lines of a page, with those of code blocks empty.
func proseLines(text string) []string {
	lines := strings.Split(text, "\n")
	fence := ""
	for i, line := range lines {
		mark := regexp.MustCompile("^ *(```+|~~~+)").FindStringSubmatch(line)
		switch {
		case fence == "" && mark != nil:
			fence = mark[1]
		case fence != "" && mark != nil && strings.HasPrefix(mark[1], fence) && strings.TrimSpace(line) == mark[1]:
			fence = ""
		case fence == "":
			continue
		}
		lines[i] = ""
	}
	return lines
}

// follow says what is wrong with a link on a page; empty for nothing.
func follow(t *testing.T, page, address string) string {
	t.Helper()
	file, anchor, anchored := strings.Cut(address, "#")
	name := page
	if file != "" {
		name = path.Join(path.Dir(page), file)
	}
	if strings.HasPrefix(name, "../") {
		return "leads out of the repository"
	}
	information, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
	switch {
	case err != nil:
		return "there is no " + name
	case !anchored:
		return ""
	case information.IsDir():
		return "a folder has no anchors"
	case path.Ext(name) == ".md":
		if !slices.Contains(anchorsOf(readPage(t, name)), anchor) {
			return name + " has no such heading"
		}
		return ""
	}
	number, isLine := strings.CutPrefix(anchor, "L")
	line, err := strconv.Atoi(number)
	if !isLine || err != nil {
		return "no anchor of a file"
	}
	if lines := strings.Count(readPage(t, name), "\n"); line < 1 || line > lines {
		return fmt.Sprintf("%s has %d lines", name, lines)
	}
	return ""
}

var (
	headings  = regexp.MustCompile(`^ {0,3}#{1,6}\s+(.+?)\s*#*$`)
	linkTexts = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// anchorsOf gives the anchors that GitHub makes of the headings of a page: the
// text in lower case, with hyphens for spaces and without whatever is neither a
// letter, a digit, a hyphen nor an underscore; a number behind those that are
// there already.
func anchorsOf(text string) []string {
	var anchors []string
	seen := map[string]int{}
	for _, line := range proseLines(text) {
		heading := headings.FindStringSubmatch(line)
		if heading == nil {
			continue
		}
		anchor := strings.Map(func(character rune) rune {
			switch {
			case character == ' ':
				return '-'
			case unicode.IsLetter(character), unicode.IsDigit(character), strings.ContainsRune("-_", character):
				return unicode.ToLower(character)
			}
			return -1
		}, linkTexts.ReplaceAllString(heading[1], "$1"))
		count := seen[anchor]
		seen[anchor]++
		if count > 0 {
			anchor = fmt.Sprintf("%s-%d", anchor, count)
		}
		anchors = append(anchors, anchor)
	}
	return anchors
}

func TestAnchors(t *testing.T) {
	const page = "# A `code` & more\n\n```\n# none\n```\n\n## Who's first?\n## Who's first?\n## [A link](x.md) of retry.body.empty\n"
	want := []string{"a-code--more", "whos-first", "whos-first-1", "a-link-of-retrybodyempty"}
	if got := anchorsOf(page); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFollow(t *testing.T) {
	for _, one := range []struct{ address, problem string }{
		{"../README.md", ""},
		{"../README.md#record-and-replay", ""},
		{"../spec", ""},
		{"../go.mod#L1", ""},
		{"../go.mod#L100000", "lines"},
		{"../README.md#no-such-heading", "no such heading"},
		{"no-such-page.md", "there is no docs/no-such-page.md"},
		{"../../elsewhere", "out of the repository"},
		{"../spec#x", "no anchors"},
	} {
		got := follow(t, "docs/tokens.md", one.address)
		if (one.problem == "") != (got == "") || !strings.Contains(got, one.problem) {
			t.Errorf("%s: got %q, want %q", one.address, got, one.problem)
		}
	}
}
