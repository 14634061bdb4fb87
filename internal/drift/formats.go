package drift

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/internal/text"
)

// formatVersion is the version of the JSON form, which drift.schema.json
// describes.
const formatVersion = 1

// WriteJSON writes a comparison in its JSON form, indented.
func WriteJSON(out io.Writer, comparison Comparison, version string, failOn Class) error {
	counts := map[Class]int{}
	for _, class := range Classes() {
		counts[class] = comparison.Count(class)
	}
	type tool struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	return text.WriteJSON(out, struct {
		Format int           `json:"format_version"`
		Tool   tool          `json:"tool"`
		FailOn Class         `json:"fail_on"`
		Drifts bool          `json:"drifts"`
		Counts map[Class]int `json:"counts"`
		Comparison
	}{formatVersion, tool{"dpconform", version}, failOn, comparison.Drifts(failOn), counts, comparison})
}

// WriteMarkdown writes a comparison for the summary page of a CI job.
func WriteMarkdown(out io.Writer, comparison Comparison) error {
	var page strings.Builder
	fmt.Fprintf(&page, "## %s: %s\n\n", text.MarkdownWords(source.ShortID(comparison.Method)), summary(comparison))
	page.WriteString("| | source | |\n| --- | --- | --- |\n")
	fmt.Fprintf(&page, "| from | %s | %s |\n", text.MarkdownCode(comparison.From.Name), text.MarkdownWords(described(comparison.From)))
	fmt.Fprintf(&page, "| against | %s | %s |\n", text.MarkdownCode(comparison.Against.Name), text.MarkdownWords(described(comparison.Against)))
	for _, note := range notes(comparison) {
		fmt.Fprintf(&page, "\n%s.\n", text.MarkdownWords(note))
	}
	for _, class := range Classes() {
		if comparison.Count(class) == 0 {
			continue
		}
		fmt.Fprintf(&page, "\n### %s\n\n| | what | | requirements |\n| --- | --- | --- | --- |\n", class)
		for _, change := range comparison.Changes {
			if change.Class != class {
				continue
			}
			sentence := text.MarkdownWords(change.sentence())
			if class == Documentation && change.Kind == Changed {
				sentence += "<br>was: " + text.MarkdownWords(change.Old) + "<br>now: " + text.MarkdownWords(change.New)
			}
			ids := make([]string, len(change.Requirements))
			for i, id := range change.Requirements {
				ids[i] = text.MarkdownCode(id)
			}
			fmt.Fprintf(&page, "| %s | %s | %s | %s |\n", change.Kind, text.MarkdownCode(change.What), sentence, strings.Join(ids, " "))
		}
	}
	if len(comparison.NotCompared) > 0 {
		page.WriteString("\nNot compared:\n\n")
	}
	for _, silence := range comparison.NotCompared {
		fmt.Fprintf(&page, "- %s: %s\n", silence.Topic, text.MarkdownWords(silence.Reason))
	}
	_, err := io.WriteString(out, page.String())
	return err
}

// shownWords is how many changes of words are printed for each topic; the JSON
// form has all.
const shownWords = 5

var (
	bold = lipgloss.NewStyle().Bold(true)
	// colours of the classes, of the 16 that every terminal has.
	colours = map[Class]lipgloss.Style{
		Breaking:      lipgloss.NewStyle().Foreground(lipgloss.Red),
		Compatible:    lipgloss.NewStyle().Foreground(lipgloss.Yellow),
		Documentation: lipgloss.NewStyle().Foreground(lipgloss.Cyan),
	}
	marks = map[Kind]string{Added: "+", Removed: "-", Changed: "~"}
)

// textPrinter prints comparisons for a person.
type textPrinter struct{ text.Printer }

// WriteText prints the two sources, every change by its topic, what was not compared,
// one line with the counts, and what to do next where there is drift. It is wrapped to
// a number of columns.
func WriteText(out io.Writer, columns int, comparison Comparison) {
	t := textPrinter{text.Printer{Out: out, Width: columns}}
	t.Printf("%s\n\n", bold.Render("drift of "+text.Line(source.ShortID(comparison.Method))))
	t.source("from", comparison.From)
	t.source("against", comparison.Against)
	for _, note := range notes(comparison) {
		t.paragraph("  note     ", note)
	}
	t.Printf("\n")
	for _, topic := range source.Topics() {
		t.topic(topic, slices.DeleteFunc(slices.Clone(comparison.Changes), func(change Change) bool { return change.Topic != topic }))
	}
	t.silences(comparison.NotCompared)
	t.Printf("%s\n", summary(comparison))
	switch {
	case len(comparison.Changes) == 0, comparison.InOverlay:
	case comparison.Older && !comparison.AllowOlder:
		t.paragraph("next: ", "compare again later, or count these changes with --allow-older")
	case comparison.From.Kind == source.Description:
		t.paragraph("next: ", "add --overlay new.overlay.yaml to write the changes as an OpenAPI Overlay, then test a server with dpconform run --overlay new.overlay.yaml --endpoint URL")
	}
}

// notes says which of the two sources is a copy of the page, and whether the second
// is older.
func notes(comparison Comparison) []string {
	var lines []string
	for _, from := range []source.Provenance{comparison.From, comparison.Against} {
		if from.CopiedBy != "" {
			lines = append(lines, fmt.Sprintf("the links of %s begin with another address, %s: read without it", from.Name, from.CopiedBy))
		}
	}
	if comparison.Older {
		lines = append(lines, fmt.Sprintf("%s, of %s, is older than %s, of %s, as happens while a revision is rolled out: the changes below are reversed, and what is shown as removed was added by the newer one",
			comparison.Against.Name, comparison.Against.Date, comparison.From.Name, comparison.From.Date))
	}
	return lines
}

// sentence describes the change and, where it goes back, what the newer source did.
func (c Change) sentence() string {
	if c.Direction != Back {
		return c.Sentence
	}
	return c.Sentence + " (the newer one " + map[Kind]string{Added: "removed", Removed: "added", Changed: "changed"}[c.Kind] + " it)"
}

// summary counts the changes in one line.
func summary(comparison Comparison) string {
	var parts []string
	for _, class := range Classes() {
		if count := comparison.Count(class); count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count, class))
		}
	}
	if len(parts) == 0 {
		return "no drift"
	}
	counts := strings.Join(parts, ", ")
	if comparison.Older && !comparison.AllowOlder {
		return "no drift, because the source is older; not counted: " + counts
	}
	return "drift: " + counts
}

// kindName is the format of a source in words.
func kindName(kind source.Kind) string {
	switch kind {
	case source.Description:
		return "OpenAPI description"
	case source.Discovery:
		return "discovery document"
	}
	return string(kind)
}

// described says what a source is, with its revision and date.
func described(from source.Provenance) string {
	words := kindName(from.Kind)
	if from.Revision != "" {
		words += ", revision " + from.Revision
	}
	if from.Date == "" {
		return words + ", without a date"
	}
	if from.Date != from.Revision {
		words += ", of " + from.Date
	}
	return words
}

func (t textPrinter) source(label string, from source.Provenance) {
	t.paragraph(fmt.Sprintf("  %-8s ", label), from.Name)
	t.paragraph(strings.Repeat(" ", 11), described(from))
}

// topic prints the changes of one topic under a heading, with the requirements
// that all of them touch.
func (t textPrinter) topic(topic source.Topic, changes []Change) {
	if len(changes) == 0 {
		return
	}
	t.Printf("%s\n", bold.Render(string(topic)))
	words := 0
	var ids []string
	for _, change := range changes {
		for _, id := range change.Requirements {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		if change.Class == Documentation {
			words++
		}
		if change.Class != Documentation || words <= shownWords {
			t.change(change)
		}
	}
	if words > shownWords {
		t.paragraph("    ", fmt.Sprintf("and %d more, which --report json=FILE has", words-shownWords))
	}
	if len(ids) > 0 {
		t.paragraph("  touches ", strings.Join(ids, ", "))
	}
	t.Printf("\n")
}

func (t textPrinter) change(change Change) {
	mark := fmt.Sprintf("  %s %-13s ", marks[change.Kind], change.Class)
	t.Printf("%s\n", text.Paragraph(colours[change.Class].Render(mark), text.Line(change.sentence()), t.Width))
	if change.Class == Documentation && change.Kind == Changed {
		t.paragraph("      was  ", change.Old)
		t.paragraph("      now  ", change.New)
	}
}

// silences prints what was not compared, topics with the same reason together.
func (t textPrinter) silences(silences []Silence) {
	for _, group := range text.Grouped(silences, func(one Silence) string { return one.Reason }) {
		var topics []string
		for _, silence := range group {
			topics = append(topics, string(silence.Topic))
		}
		t.paragraph("not compared: ", strings.Join(topics, ", ")+" ("+group[0].Reason+")")
	}
	if len(silences) > 0 {
		t.Printf("\n")
	}
}

// paragraph prints text of others, wrapped under its label.
func (t textPrinter) paragraph(label, words string) {
	t.Paragraph(label, text.Line(words))
}
