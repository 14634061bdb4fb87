package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/documentation/rooms"
	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/report/kinds"
	"github.com/dpconform/dpconform/spec"
)

// TestPagesAreCurrent holds the pages in docs/ against what the source makes
// now, the picture of the architecture among them.
func TestPagesAreCurrent(t *testing.T) {
	facts, err := gather(t.Context(), root, built(t))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := facts.pages()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "docs")
	for _, one := range pages {
		text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(one.path)))
		if err != nil || string(text) != one.text {
			t.Errorf("docs/%s is not what the source says: run make docs", one.path)
		}
	}
	stale, err := leftOver(folder, pages)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stale {
		t.Errorf("docs/%s is about nothing that there is: run make docs", path)
	}
	again, err := facts.pages()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(pages, again) {
		t.Error("the same facts make other pages")
	}
	complete(t, pages)
}

// complete sees that each requirement of both sides has its page, with its
// quote, and each fault stands on one.
func complete(t *testing.T, pages []page) {
	t.Helper()
	contract := spec.MustLoadEmbedded()
	texts := map[string]string{}
	for _, one := range pages {
		texts[one.path] = one.text
	}
	for _, requirement := range slices.Concat(contract.Requirements, contract.ClientRequirements) {
		text := texts["requirements/"+requirement.ID+".md"]
		if text == "" || !strings.Contains(text, prose(requirement.Quote)) || !strings.Contains(text, prose(requirement.Statement)) {
			t.Errorf("%s has no page, or one without its sentences", requirement.ID)
		}
		if !strings.Contains(texts["requirements/README.md"], "("+requirement.ID+".md)") {
			t.Errorf("%s is not in the list", requirement.ID)
		}
	}
	for _, fault := range emulator.Faults() {
		if !strings.Contains(texts["requirements/"+fault.Breaks+".md"], "`"+fault.Name+"`") {
			t.Errorf("%s does not show the fault %s", fault.Breaks, fault.Name)
		}
	}
}

// TestRules holds the rules that keep the rooms apart.
func TestRules(t *testing.T) {
	all, err := rooms.Read(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range all.Broken(rooms.Rules()) {
		t.Error(broken)
	}
}

// TestWriteRemovesWhatIsLeftOver sees that a requirement that is gone loses its
// page.
func TestWriteRemovesWhatIsLeftOver(t *testing.T) {
	folder := t.TempDir()
	if err := write(folder, []page{{"requirements/a.md", "a\n"}, {"requirements/b.md", "b\n"}, {"c.md", "c\n"}}); err != nil {
		t.Fatal(err)
	}
	if err := write(folder, []page{{"requirements/a.md", "other\n"}}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"requirements/a.md": "other\n", "requirements/b.md": "", "c.md": "c\n"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil && want != "" || string(text) != want {
			t.Errorf("%s: %q, want %q", name, text, want)
		}
	}
}

func TestProse(t *testing.T) {
	for text, want := range map[string]string{
		"A body of `{}` MUST be taken.": "A body of `{}` MUST be taken.",
		"a * b <c> and a_b":             `a \* b &lt;c&gt; and a\_b`,
		"one ` alone":                   "one \\` alone",
	} {
		if got := prose(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestEveryAspectIsToldAbout sees that no row of the lists lacks its words.
func TestEveryAspectIsToldAbout(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	for _, one := range grouped(contract.Requirements) {
		if one.About() == "" {
			t.Errorf("aboutAspects says nothing of %s", one.Name)
		}
	}
	for _, one := range grouped(contract.ClientRequirements) {
		if one.Client = true; one.About() == "" {
			t.Errorf("aboutAspects says nothing of client.%s", one.Name)
		}
	}
}

// TestEveryKindOfReportIsNamed holds the page of the reports against the list of
// kinds.
func TestEveryKindOfReportIsNamed(t *testing.T) {
	text := readPage(t, "docs/reports.md")
	for _, kind := range kinds.Names() {
		if !strings.Contains(text, "\n| `"+kind+"` |") {
			t.Errorf("docs/reports.md does not say what %s is for", kind)
		}
	}
}
