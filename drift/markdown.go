package drift

import (
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown writes a comparison for the summary page of a CI job.
func WriteMarkdown(out io.Writer, comparison Comparison) error {
	var page strings.Builder
	fmt.Fprintf(&page, "## archiveJobs.retry: %s\n\n", Summary(comparison))
	page.WriteString("| | source | |\n| --- | --- | --- |\n")
	fmt.Fprintf(&page, "| from | %s | %s |\n", code(comparison.From.Name), words(Described(comparison.From)))
	fmt.Fprintf(&page, "| against | %s | %s |\n", code(comparison.Against.Name), words(Described(comparison.Against)))
	for _, class := range Classes() {
		if comparison.Count(class) == 0 {
			continue
		}
		fmt.Fprintf(&page, "\n### %s\n\n| | what | | requirements |\n| --- | --- | --- | --- |\n", class)
		for _, change := range comparison.Changes {
			if change.Class != class {
				continue
			}
			ids := make([]string, len(change.Requirements))
			for i, id := range change.Requirements {
				ids[i] = code(id)
			}
			fmt.Fprintf(&page, "| %s | %s | %s | %s |\n", change.Kind, code(change.What), words(change.Sentence), strings.Join(ids, " "))
		}
	}
	if len(comparison.NotCompared) > 0 {
		page.WriteString("\nNot compared:\n\n")
	}
	for _, silence := range comparison.NotCompared {
		fmt.Fprintf(&page, "- %s: %s\n", silence.Topic, words(silence.Reason))
	}
	_, err := io.WriteString(out, page.String())
	return err
}

// code shows a text as it is, in one line of a table.
func code(text string) string {
	text = strings.NewReplacer("`", "'", "|", `\|`, "\n", " ").Replace(printable(text))
	return "`" + text + "`"
}

// words shows a text of others so that nothing in it is taken for Markdown or
// HTML.
func words(text string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "&", "&amp;", "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "!", `\!`,
		"@", "&#64;", "\n", " ").Replace(printable(text))
}
