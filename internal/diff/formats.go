package diff

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/dpconform/dpconform/internal/markdown"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

//go:embed comparison.schema.json
var schema []byte

// Schema is the JSON Schema of the JSON form (draft 2020-12).
func Schema() []byte { return schema }

// FormatVersion is the version of the JSON form. It grows when a member changes
// its meaning or goes away; members may be added without.
const FormatVersion = 1

// Document is the JSON form of a comparison. It is described by
// comparison.schema.json.
type Document struct {
	Format int         `json:"format_version"`
	Tool   result.Tool `json:"tool"`
	// FailOn is what counted as a failure, and Fails whether there was one.
	FailOn FailOn `json:"fail_on"`
	Fails  bool   `json:"fails"`
	// Regression reports whether anything became worse, and Changed whether
	// anything differs.
	Regression bool   `json:"regression"`
	Changed    bool   `json:"changed"`
	Summary    string `json:"summary"`
	Counts     Counts `json:"counts"`
	Comparison
}

// WriteJSON writes a comparison in its JSON form, indented.
func WriteJSON(out io.Writer, comparison Comparison, version string, failOn FailOn) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(Document{
		Format: FormatVersion, Tool: result.Tool{Name: "dpconform", Version: version}, FailOn: failOn, Fails: comparison.Fails(failOn),
		Regression: comparison.Regresses(), Changed: comparison.Changes(), Summary: Summary(comparison), Counts: comparison.Counts(),
		Comparison: comparison,
	})
}

// Text prints comparisons for a person.
type Text struct {
	Out io.Writer
	// Width is the number of columns that text is wrapped to.
	Width int
}

// colours of the kinds, of the 16 that every terminal has.
var colours = map[Kind]lipgloss.Style{
	NewlyFailing:   lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
	NewlyErroring:  lipgloss.NewStyle().Foreground(lipgloss.Magenta).Bold(true),
	NewlySkipped:   lipgloss.NewStyle().Foreground(lipgloss.Cyan),
	Gone:           lipgloss.NewStyle().Foreground(lipgloss.Cyan),
	StillFailing:   lipgloss.NewStyle().Foreground(lipgloss.Red),
	ChangedVerdict: lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	NewlyPassing:   lipgloss.NewStyle().Foreground(lipgloss.Green),
	Appeared:       lipgloss.NewStyle().Foreground(lipgloss.Blue),
}

// Write gives the summary, the two runs and why they may differ, every change
// with the evidence of both, and the summary again with the exit code.
func (t Text) Write(comparison Comparison, failOn FailOn) {
	bold, faint := lipgloss.NewStyle().Bold(true), lipgloss.NewStyle().Faint(true)
	printer := text.Printer{Out: t.Out, Width: t.Width}
	paragraph := func(beginning, words string) { printer.Paragraph(beginning, text.Line(words)) }
	strong := func(words string) {
		for _, line := range text.Wrap(words, t.Width) {
			printer.Printf("%s\n", bold.Render(line))
		}
	}
	strong(Summary(comparison))
	printer.Printf("\n")
	for i, side := range []Side{comparison.Old, comparison.New} {
		paragraph([]string{"  old  ", "  new  "}[i], side.File)
		paragraph("       ", fmt.Sprintf("%s, %s: %s", side.where(), side.Started.UTC().Format("2006-01-02 15:04:05 UTC"), side.Conclusion))
	}
	printer.Printf("\n")
	labels, values := comparison.remarks()
	for i, label := range labels {
		paragraph("  ", label+strings.Join(values[i], " → "))
	}
	if len(labels) > 0 {
		printer.Printf("\n")
	}
	for _, one := range comparison.sections() {
		headline := colours[one.kind].Render(strings.ToUpper(one.title))
		if one.requirement != "" {
			headline += " " + bold.Render(text.Line(one.requirement)) + " " + faint.Render("("+text.Line(one.level)+")")
		}
		printer.Printf("%s\n", headline)
		if one.sentence != "" {
			paragraph("  ", one.sentence)
		}
		for _, difference := range one.differs {
			paragraph("  ", difference)
		}
		for _, entry := range one.entries {
			if entry.name != "" {
				printer.Printf("\n")
				paragraph("  ", entry.name)
			}
			for _, row := range entry.rows {
				if row.label != "" {
					paragraph("    ", row.label)
				}
				for i, lines := range [][]string{row.was, row.now} {
					for k, line := range lines {
						paragraph([]string{"    was   ", "    now   ", "          "}[min(2, i+2*k)], line)
					}
				}
				for _, difference := range row.differs {
					paragraph("    differs in ", difference)
				}
			}
			for _, command := range []string{entry.commands[1], entry.commands[0]} {
				if command != "" {
					printer.Printf("    %s\n", faint.Render(text.Line(command)))
					break
				}
			}
		}
		for line := range strings.SplitSeq(strings.TrimPrefix(one.more, "\n"), "\n") {
			if line != "" {
				printer.Printf("\n")
				paragraph("  ", line)
			}
		}
		printer.Printf("\n")
	}
	exit := 0
	if comparison.Fails(failOn) {
		exit = 1
	}
	strong(fmt.Sprintf("%s; exit %d", Summary(comparison), exit))
}

// WriteMarkdown writes a comparison for the summary page of a CI job. What
// servers said stands as code, so that nothing in it is taken for Markdown.
func WriteMarkdown(out io.Writer, comparison Comparison) error {
	var page strings.Builder
	print := func(format string, arguments ...any) { fmt.Fprintf(&page, format, arguments...) }
	print("## %s: %s\n\n", markdown.Words(comparison.New.title), markdown.Words(Summary(comparison)))
	print("| | report | target | begun | conclusion |\n| --- | --- | --- | --- | --- |\n")
	for i, side := range []Side{comparison.Old, comparison.New} {
		print("| %s | %s | %s | %s | %s |\n", []string{"old", "new"}[i], markdown.Code(side.File), code(side.where()),
			side.Started.UTC().Format("2006-01-02 15:04:05 UTC"), markdown.Words(side.Conclusion))
	}
	labels, values := comparison.remarks()
	for i, label := range labels {
		print("%s- %s", strings.Repeat("\n", 1-min(i, 1)), markdown.Words(label))
		for k, value := range values[i] {
			print("%s%s", []string{"", " → "}[k], code(value))
		}
		print("\n")
	}
	if len(comparison.Requirements) > 0 {
		print("\n| requirement | level | | was | now |\n| --- | --- | --- | --- | --- |\n")
	}
	for _, change := range comparison.Requirements {
		kind := words[change.Kind]
		if change.Regression {
			kind = "**" + kind + "**"
		}
		print("| %s | %s | %s | %s | %s |\n", markdown.Code(change.ID), markdown.Words(string(change.Level)), kind,
			code(verdictText(string(change.Old), change.OldReason)), code(verdictText(string(change.New), change.NewReason)))
	}
	for _, one := range comparison.sections() {
		print("\n### %s", one.title)
		if one.requirement != "" {
			print(": %s", markdown.Code(one.requirement))
		}
		print("\n\n")
		if one.sentence != "" {
			print("Requirement: %s\n\n", markdown.Words(one.sentence))
		}
		for _, difference := range one.differs {
			print("- %s\n", code(difference))
		}
		for _, entry := range one.entries {
			print("\n| %s | was | now |\n| --- | --- | --- |\n", markdown.Code(entry.name))
			for _, row := range entry.rows {
				for i := range max(len(row.was), len(row.now)) {
					label := "response"
					if i == 0 {
						label = markdown.Words(row.label)
					}
					print("| %s | %s | %s |\n", label, cell(row.was, i), cell(row.now, i))
				}
				for _, difference := range row.differs {
					print("| differs in | %s | |\n", markdown.Code(difference))
				}
			}
			var commands []string
			for i, command := range entry.commands {
				if command != "" {
					commands = append(commands, []string{"# was", "# now"}[i], command)
				}
			}
			if len(commands) > 0 {
				print("\n%s", markdown.Block("sh", strings.Join(commands, "\n")))
			}
		}
		if one.more != "" {
			print("\n%s\n", markdown.Words(one.more))
		}
	}
	_, err := io.WriteString(out, page.String())
	return err
}

func cell(lines []string, at int) string {
	if at >= len(lines) {
		return "none"
	}
	return code(lines[at])
}

// code shows what others said, cut where it is long.
func code(words string) string { return markdown.Code(text.Cut(words, longestText)) }
