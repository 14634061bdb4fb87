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
	"coverage": coverage,
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
		if text := sections[requirement.ID]; strings.Contains(text, "\nScenarios about it: ") {
			tested = "\nScenarios about it: `"
		}
		if unmet := method.Unmet(requirement.ID); unmet != "" {
			tested = "\nNot applicable: " + unmet
		}
		for _, want := range []string{"(" + string(requirement.Level), ", set " + requirement.Set + ")", "](" + strings.Fields(requirement.Source)[0] + ")", tested} {
			if !strings.Contains(sections[requirement.ID], want) {
				t.Errorf("%s does not have %q: %s", requirement.ID, want, sections[requirement.ID])
			}
		}
	}
	for line, want := range map[string]string{`/:id\:verb of a_b`: `/:id\\:verb of a_b`, "`a\\b_c` <x>": "`a\\b_c` &lt;x>"} {
		if got := markdownText(line); got != want {
			t.Errorf("%q becomes %q, not %q", line, got, want)
		}
	}
	_, table, _ := strings.Cut(page, "| Sentence | Requirements |\n| --- | --- |\n")
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
			links = append(links, linked(entry.ID, entry.ID))
		}
	}
	return strings.Join(links, ", ")
}

// linked links to a requirement of the page.
func linked(words, id string) string {
	return fmt.Sprintf("[%s](#%s)", words, strings.ReplaceAll(id, ".", ""))
}

// covered is a row of the table of coverage: the requirements of an aspect, a cell
// for each level.
type covered struct {
	Aspect string
	Cells  []string
}

func coverage(catalogue catalogue) []covered {
	var rows []covered
	add := func(aspect string, requirement spec.Requirement, mark string) {
		at := slices.IndexFunc(rows, func(row covered) bool { return row.Aspect == aspect })
		if at < 0 {
			at = len(rows)
			rows = append(rows, covered{aspect, make([]string, len(spec.Levels()))})
		}
		cell := &rows[at].Cells[slices.Index(spec.Levels(), requirement.Level)]
		if *cell != "" {
			*cell += ", "
		}
		*cell += linked(requirement.ID[strings.LastIndexByte(requirement.ID, '.')+1:], requirement.ID) + mark
	}
	for _, entry := range catalogue.Requirements {
		mark := ""
		if len(entry.Checks) == 0 {
			mark = " (not tested)"
		}
		add("server: "+entry.Aspect, entry.Requirement, mark)
	}
	for _, entry := range catalogue.Clients {
		mark := ""
		if entry.NotApplicable != "" {
			mark = " (not applicable)"
		}
		add("client: "+entry.Aspect, entry.Requirement, mark)
	}
	return rows
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
		parts[i] = strings.NewReplacer(`\`, `\\`, "*", `\*`, "<", "&lt;", "{", `\{`, "[", `\[`, "~", `\~`).Replace(parts[i])
	}
	return strings.Join(parts, "`")
}
