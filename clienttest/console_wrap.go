package clienttest

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// paragraph wraps text behind a first line's beginning and indents the lines
// after it alike.
func (c Console) paragraph(beginning, text string) { c.styled(beginning, text, plain) }

// styled is paragraph with a style for the text, line by line.
func (c Console) styled(beginning, text string, style func(string) string) {
	indent := ansi.StringWidth(beginning)
	lines := strings.Split(c.wrapped(text, indent), "\n")
	for i, line := range lines {
		lines[i] = style(line)
	}
	c.print("%s%s\n", beginning, strings.Join(lines, "\n"+strings.Repeat(" ", indent)))
}

func plain(text string) string { return text }

// wrapped breaks text between words, not at the hyphens inside an id, and a word
// that is longer than a line where it must.
func (c Console) wrapped(text string, indent int) string {
	const unbreakable = "\u2011"
	width := max(20, c.Width-indent)
	whole := ansi.Wordwrap(strings.ReplaceAll(text, "-", unbreakable), width, "")
	return strings.ReplaceAll(ansi.Hardwrap(whole, width, true), unbreakable, "-")
}
