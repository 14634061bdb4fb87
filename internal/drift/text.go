package drift

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"charm.land/lipgloss/v2"

	"github.com/dpconform/dpconform/spec"
)

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

// Text prints comparisons for a person.
type Text struct {
	Out io.Writer
	// Width is the number of columns; text is wrapped to it.
	Width int
	// Next is what was compared, for the words on what to do next; nothing is said
	// of that where it is empty.
	Next Next
}

// Write says the two sources, every change by its topic, what was not compared,
// one line with the counts, and what to do next where there is drift.
func (t Text) Write(comparison Comparison) {
	t.line("%s\n", bold.Render("drift of archiveJobs.retry"))
	t.source("from", comparison.From)
	t.source("against", comparison.Against)
	t.line("")
	for _, topic := range spec.Topics() {
		t.topic(topic, changesOf(comparison, topic))
	}
	t.silences(comparison.NotCompared)
	t.line("%s", Summary(comparison))
	if t.Next.Against == "" || len(comparison.Changes) == 0 {
		return
	}
	t.paragraph("next: ", "edit the description after the source, and read what is left to you:")
	for _, command := range t.Next.commands(comparison, t.Width) {
		t.line("  %s", printable(command))
	}
}

// Summary counts the changes in one line.
func Summary(comparison Comparison) string {
	var parts []string
	for _, class := range Classes() {
		if count := comparison.Count(class); count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count, class))
		}
	}
	if len(parts) == 0 {
		return "no drift"
	}
	return "drift: " + strings.Join(parts, ", ")
}

func changesOf(comparison Comparison, topic spec.Topic) []Change {
	return slices.DeleteFunc(slices.Clone(comparison.Changes), func(change Change) bool { return change.Topic != topic })
}

func (t Text) line(format string, arguments ...any) {
	fmt.Fprintln(t.Out, strings.TrimRight(fmt.Sprintf(format, arguments...), " "))
}

func (t Text) source(label string, source spec.Provenance) {
	t.paragraph(fmt.Sprintf("  %-8s ", label), source.Name)
	t.paragraph(strings.Repeat(" ", 11), Described(source))
}

// Described says what a source is, with its revision and date.
func Described(source spec.Provenance) string {
	text := KindName(source.Kind)
	if source.Revision != "" {
		text += ", revision " + source.Revision
	}
	if source.Date != "" && source.Date != source.Revision {
		text += ", of " + source.Date
	}
	if source.Date == "" {
		text += ", of a day that it does not say"
	}
	return text
}

// topic prints the changes of one topic under a heading with the requirements
// that all of them touch.
func (t Text) topic(topic spec.Topic, changes []Change) {
	if len(changes) == 0 {
		return
	}
	t.line("%s", bold.Render(string(topic)))
	words := 0
	for _, change := range changes {
		if change.Class == Documentation {
			if words++; words > shownWords {
				continue
			}
		}
		t.change(change)
	}
	if words > shownWords {
		t.paragraph("    ", fmt.Sprintf("and %d more, which --report json=FILE has", words-shownWords))
	}
	t.touches(changes)
	t.line("")
}

func (t Text) change(change Change) {
	mark := fmt.Sprintf("  %s %-13s ", marks[change.Kind], change.Class)
	for index, line := range wrapped(printable(change.Sentence), max(20, t.Width-len(mark))) {
		prefix := strings.Repeat(" ", len(mark))
		if index == 0 {
			prefix = colours[change.Class].Render(mark)
		}
		t.line("%s%s", prefix, line)
	}
	if change.Class == Documentation && change.Kind == Changed {
		t.paragraph("      was  ", change.Old)
		t.paragraph("      now  ", change.New)
	}
}

// touches lists the requirements of the changes once.
func (t Text) touches(changes []Change) {
	var ids []string
	for _, change := range changes {
		for _, id := range change.Requirements {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	if len(ids) > 0 {
		const label = "  touches "
		for index, line := range wrapped(strings.Join(ids, ", "), max(20, t.Width-len(label))) {
			t.line("%s%s", cmp.Or(map[bool]string{true: label}[index == 0], strings.Repeat(" ", len(label))), line)
		}
	}
}

// silences says what was not compared, topics with the same reason together.
func (t Text) silences(silences []Silence) {
	byReason := map[string][]string{}
	var reasons []string
	for _, silence := range silences {
		if byReason[silence.Reason] == nil {
			reasons = append(reasons, silence.Reason)
		}
		byReason[silence.Reason] = append(byReason[silence.Reason], string(silence.Topic))
	}
	for _, reason := range reasons {
		t.paragraph("not compared: ", strings.Join(byReason[reason], ", ")+" ("+reason+")")
	}
	if len(reasons) > 0 {
		t.line("")
	}
}

// paragraph prints a text, wrapped under its label.
func (t Text) paragraph(label, text string) {
	indent := strings.Repeat(" ", len(label))
	for index, line := range wrapped(printable(text), max(20, t.Width-len(label))) {
		t.line("%s%s", cmp.Or(map[bool]string{true: label}[index == 0], indent), line)
	}
}

// printable shows control characters instead of obeying them: sources come from
// others.
func printable(text string) string {
	return strings.Map(func(character rune) rune {
		if unicode.IsControl(character) || unicode.Is(unicode.Cf, character) {
			return unicode.ReplacementChar
		}
		return character
	}, text)
}

// WriteUpdate says what was edited in a description, and what is left to a
// person.
func (t Text) WriteUpdate(update Update) {
	t.line("%s\n", bold.Render("update of "+printable(update.Before.Name)))
	t.source("from", update.Source)
	t.line("")
	if len(update.Applied) > 0 {
		t.line("%s", bold.Render("edited"))
		for _, change := range update.Applied {
			t.change(change)
		}
		t.line("")
	}
	if len(update.Left)+len(update.Notes) > 0 {
		t.line("%s", bold.Render("left to you"))
	}
	for _, left := range update.Left {
		t.change(left.Change)
		t.paragraph("      why  ", left.Reason)
	}
	for _, note := range update.Notes {
		t.paragraph("  · ", note)
	}
	if len(update.Left)+len(update.Notes) > 0 {
		t.line("")
	}
}
