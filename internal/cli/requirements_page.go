package cli

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// writeRequirementsPage writes docs/requirements.md: each requirement with the
// sentence that demands it and what tests it, and each sentence of the reference
// page with its requirements. It has no line numbers and no counts, so that a
// new requirement changes only what is about it.
func writeRequirementsPage(out io.Writer, catalogue catalogue) error {
	var page strings.Builder
	fmt.Fprintf(&page, `<!-- Written by make docs; do not edit. -->
# Requirements

What a server and a client of %s have to do, from %s. `+"`dpconform explain ID`"+` prints what its
first checks send and expect, and what an author usually has to change; `+"`dpconform explain CHECK`"+` shows one check.

`, catalogue.Description.Method, catalogue.Description.File)
	for _, level := range spec.Levels() {
		fmt.Fprintf(&page, "- %s: %s\n", level, levelMeanings[level])
	}
	if len(catalogue.Sets) > 0 {
		fmt.Fprintf(&page, "\nRequirements come in sets that several descriptions share. A description can replace a source or add requirements of its own. This one uses these sets:\n\n")
	}
	for _, set := range catalogue.Sets {
		fmt.Fprintf(&page, "- [%s](%s): %s\n", set.Name, path.Join("..", set.File), markdownText(set.Title))
	}
	fmt.Fprintf(&page, "\nA run fails if a documented or platform MUST is broken; everything else warns. With `--level inferred`, everything fails.\n\n"+
		"Below: what [servers](#servers-path) have to do, what [clients](#clients-http) have to do, and\n"+
		"[each sentence of the reference page](#the-reference-page) with its requirements.\n")
	aspect := ""
	for _, entry := range catalogue.Requirements {
		if entry.Aspect != aspect {
			aspect = entry.Aspect
			fmt.Fprintf(&page, "\n## Servers: %s\n", aspect)
		}
		writeRequirement(&page, entry.Requirement, "Tested by "+shortened(entry.Checks))
	}
	aspect = ""
	for _, entry := range catalogue.Clients {
		if entry.Aspect != aspect {
			aspect = entry.Aspect
			fmt.Fprintf(&page, "\n## Clients: %s\n", aspect)
		}
		tested := "Tested in every scenario"
		switch {
		case entry.NotApplicable != "":
			tested = "Not tested: " + entry.NotApplicable
		case len(entry.Scenarios) > 0:
			tested = "Tested in the scenarios " + shortened(entry.Scenarios)
		}
		writeRequirement(&page, entry.Requirement, tested)
	}
	if catalogue.Page.URL != "" {
		writeReferencePage(&page, catalogue)
	}
	_, err := io.WriteString(out, page.String())
	return err
}

func writeRequirement(page *strings.Builder, requirement spec.Requirement, tested string) {
	from := string(requirement.Level)
	if requirement.Set != "" {
		from += ", set " + requirement.Set
	}
	fmt.Fprintf(page, "\n### %s\n\n%s (%s)\n", requirement.ID, markdownText(requirement.Statement), from)
	source := fmt.Sprintf("[source](%s)", strings.Fields(requirement.Source)[0])
	if requirement.Quote == "" {
		fmt.Fprintf(page, "See the %s.\n", source)
	} else {
		fmt.Fprintf(page, "\n> %s (%s)\n", markdownText(requirement.Quote), source)
	}
	if requirement.Note != "" {
		fmt.Fprintf(page, "\n%s\n", markdownText(requirement.Note))
	}
	if requirement.Fix != "" {
		fmt.Fprintf(page, "\nFix: %s\n", markdownText(requirement.Fix))
	}
	fmt.Fprintf(page, "\n%s.\n", tested)
}

// writeReferencePage writes each sentence of the reference page, in its order,
// with the requirements that come from it.
func writeReferencePage(page *strings.Builder, catalogue catalogue) {
	fmt.Fprintf(page, "\n## The reference page\n\n[%s](%s), last updated %s, under %s.\n\n| Sentence | Requirements |\n| --- | --- |\n",
		catalogue.Description.Title, catalogue.Page.URL, catalogue.Page.Updated, catalogue.Page.Licence)
	for _, sentence := range catalogue.Page.Sentences {
		var links []string
		for _, entry := range catalogue.Requirements {
			if entry.Quote == sentence {
				links = append(links, fmt.Sprintf("[%s](#%s)", entry.ID, strings.ReplaceAll(entry.ID, ".", "")))
			}
		}
		fmt.Fprintf(page, "| %s | %s |\n", strings.ReplaceAll(markdownText(sentence), "|", "\\|"), strings.Join(links, ", "))
	}
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
