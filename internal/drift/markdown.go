package drift

import (
	"fmt"
	"io"
	"strings"

	"github.com/dpconform/dpconform/internal/markdown"
)

// sentenceInTable says a change, with both texts where words have changed.
func sentenceInTable(change Change) string {
	text := markdown.Words(change.Sentence)
	if change.Class == Documentation && change.Kind == Changed {
		text += "<br>was: " + markdown.Words(change.Old) + "<br>now: " + markdown.Words(change.New)
	}
	return text
}

// WriteMarkdown writes a comparison for the summary page of a CI job.
func WriteMarkdown(out io.Writer, comparison Comparison) error {
	var page strings.Builder
	fmt.Fprintf(&page, "## archiveJobs.retry: %s\n\n", Summary(comparison))
	page.WriteString("| | source | |\n| --- | --- | --- |\n")
	fmt.Fprintf(&page, "| from | %s | %s |\n", markdown.Code(comparison.From.Name), markdown.Words(Described(comparison.From)))
	fmt.Fprintf(&page, "| against | %s | %s |\n", markdown.Code(comparison.Against.Name), markdown.Words(Described(comparison.Against)))
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
				ids[i] = markdown.Code(id)
			}
			fmt.Fprintf(&page, "| %s | %s | %s | %s |\n", change.Kind, markdown.Code(change.What), sentenceInTable(change), strings.Join(ids, " "))
		}
	}
	if len(comparison.NotCompared) > 0 {
		page.WriteString("\nNot compared:\n\n")
	}
	for _, silence := range comparison.NotCompared {
		fmt.Fprintf(&page, "- %s: %s\n", silence.Topic, markdown.Words(silence.Reason))
	}
	_, err := io.WriteString(out, page.String())
	return err
}
