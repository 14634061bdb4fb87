package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

const requirementsPage = "../../docs/requirements.md"

// requirementsTemplate has no line numbers and no counts, so that a new
// requirement changes only what is about it.
var requirementsTemplate = template.Must(template.New("requirements.md.tmpl").Funcs(template.FuncMap{
	"markdown": markdownText,
	"cell":     func(line string) string { return strings.ReplaceAll(markdownText(line), "|", "\\|") },
	"address":  func(source string) string { return strings.Fields(source)[0] },
	"levels":   spec.Levels,
	"meaning":  func(level spec.Level) string { return levelMeanings[level] },
	"names":    shortened,
	"demanded": demanded,
}).ParseFiles("testdata/requirements.md.tmpl"))

// TestTheRequirementsPage: the page is the one in docs, each sentence of the
// reference page leads to a requirement, and each requirement says who demands it
// and what tests it. -update writes the page.
func TestTheRequirementsPage(t *testing.T) {
	t.Parallel()
	method, sections := *embedded(), map[string]string{}
	page := writtenRequirements(t, &method)
	if *updateGolden {
		if err := os.WriteFile(requirementsPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if page != withoutCR(readFile(t, requirementsPage)) {
		t.Error("docs/requirements.md is not what the catalogue says: run make docs")
	}
	for section := range strings.SplitSeq(page, "\n### ") {
		id, text, _ := strings.Cut(section, "\n")
		sections[id] = text
	}
	for _, requirement := range slices.Concat(method.Requirements, method.ClientRequirements) {
		tested := "\nTested "
		if unmet := method.Unmet(requirement.ID); unmet != "" {
			tested = "\nNot tested: " + unmet
		}
		for _, want := range []string{"(" + string(requirement.Level), ", set " + requirement.Set + ")", "](" + strings.Fields(requirement.Source)[0] + ")", tested} {
			if !strings.Contains(sections[requirement.ID], want) {
				t.Errorf("%s does not have %q: %s", requirement.ID, want, sections[requirement.ID])
			}
		}
	}
	_, table, _ := strings.Cut(page, "| --- | --- |\n")
	if rows := strings.Split(strings.TrimSpace(table), "\n"); len(rows) != len(method.Page.Sentences) || strings.Count(table, "](#") < len(rows) {
		t.Errorf("%d rows for %d sentences", len(rows), len(method.Page.Sentences))
	}
	method.Page.Sentences = append(slices.Clone(method.Page.Sentences), "A sentence | that *nobody* respects.")
	if !strings.Contains(writtenRequirements(t, &method), `| A sentence \| that \*nobody\* respects. |  |`+"\n") {
		t.Error("a sentence without a requirement is missing")
	}
}

func writtenRequirements(t *testing.T, method *spec.Method) string {
	t.Helper()
	var page strings.Builder
	if err := requirementsTemplate.Execute(&page, newCatalogue(method)); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// demanded links the requirements that come from a sentence of the reference page.
func demanded(catalogue catalogue, sentence string) string {
	var links []string
	for _, entry := range catalogue.Requirements {
		if entry.Quote == sentence {
			links = append(links, fmt.Sprintf("[%s](#%s)", entry.ID, strings.ReplaceAll(entry.ID, ".", "")))
		}
	}
	return strings.Join(links, ", ")
}

// shortened names checks or scenarios; the rows of one check for each scope are
// one name.
func shortened(ids []string) string {
	const rows = "authorization/scope/"
	var names []string
	for _, id := range ids {
		if strings.HasPrefix(id, rows) {
			id = rows + "…"
		}
		if name := "`" + id + "`"; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return text.List(names, "and")
}

// markdownText keeps text of others from being read as Markdown, but for the
// code in it.
func markdownText(line string) string {
	parts := strings.Split(strings.ReplaceAll(line, "\n", " "), "`")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = strings.NewReplacer("*", `\*`, "<", "&lt;", "{", `\{`, "[", `\[`).Replace(parts[i])
	}
	return strings.Join(parts, "`")
}
