package text

import (
	"fmt"
	"io"
)

// Printer prints text that is wrapped to a width.
type Printer struct {
	Out io.Writer
	// Width is the number of columns.
	Width int
}

// Printf prints a text as it is.
func (p Printer) Printf(format string, arguments ...any) { fmt.Fprintf(p.Out, format, arguments...) }

// Paragraph prints text of others behind the beginning of its first line.
func (p Printer) Paragraph(beginning, text string) {
	p.Printf("%s\n", Paragraph(beginning, Printable(text), p.Width))
}

// Field is Paragraph behind a name in a column.
func (p Printer) Field(name, text string) { p.Paragraph(fmt.Sprintf("  %-12s ", name), text) }
