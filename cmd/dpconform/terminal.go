package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"github.com/dpconform/dpconform/redaction"
)

// Widths in columns: of text that nobody's screen bounds, and of the widest
// line that is still easy to read.
const (
	widthWithoutTerminal = 100
	widestText           = 110
)

// terminal is where a command prints.
type terminal struct {
	// out takes colours and drops them where they do not belong: not a
	// terminal, or NO_COLOR.
	out io.Writer
	// raw is standard output as it is, for reports.
	raw io.Writer
	err io.Writer
	// columns gives the width, anew at each call; 0 where out is no terminal.
	columns func() int
	// secrets list what no complaint may show.
	secrets []func() []string
}

func newTerminal() *terminal {
	return &terminal{
		out: colorprofile.NewWriter(os.Stdout, os.Environ()), raw: os.Stdout, err: os.Stderr,
		columns: func() int { return columnsOf(os.Stdout) },
	}
}

// columnsOf gives the width of a terminal, 0 for anything else.
func columnsOf(file *os.File) int {
	if !term.IsTerminal(int(file.Fd())) {
		return 0
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil || columns <= 0 {
		return 80
	}
	return columns
}

// onStandardError makes a terminal whose text goes to standard error, for a
// command that gives standard output to a report.
func (t *terminal) onStandardError() *terminal {
	return &terminal{
		out: colorprofile.NewWriter(t.err, os.Environ()), raw: t.raw, err: t.err,
		columns: func() int { return columnsOf(os.Stderr) },
		secrets: t.secrets,
	}
}

// width is the number of columns that text is wrapped to.
func (t *terminal) width() int {
	if columns := t.columns(); columns > 0 {
		return min(columns, widestText)
	}
	return widthWithoutTerminal
}

// complain prints one line on standard error, without any secret that is known
// or has the form of one.
func (t *terminal) complain(message string) {
	line, _, _ := strings.Cut(t.harmless(message), "\n")
	fmt.Fprintf(t.err, "dpconform: %s\n", line)
}

// hide keeps out of every complaint what a function lists when it is made.
func (t *terminal) hide(secrets func() []string) { t.secrets = append(t.secrets, secrets) }

// harmless is a text without secrets.
func (t *terminal) harmless(text string) string {
	labels := map[string]string{}
	for _, secrets := range t.secrets {
		for _, secret := range secrets() {
			labels[secret] = redaction.Mark
		}
	}
	return redaction.NewRedactor(labels).Text(text)
}

// progress is one line that is written over again, on a terminal only.
type progress struct {
	terminal *terminal
	total    int
	done     int
	failed   int
}

// show says how far a run is and which check has just ended.
func (p *progress) show(name string, failed bool) {
	p.done++
	if failed {
		p.failed++
	}
	columns := p.terminal.columns()
	if columns == 0 {
		return
	}
	text := fmt.Sprintf("  %d/%d", p.done, p.total)
	if p.failed > 0 {
		text += fmt.Sprintf(", %d failed", p.failed)
	}
	text = ansi.Truncate(text+"  "+name, columns-1, "…")
	fmt.Fprintf(p.terminal.out, "\r%s\x1b[K", text)
}

// end takes the line away.
func (p *progress) end() {
	if p.terminal.columns() > 0 && p.done > 0 {
		fmt.Fprint(p.terminal.out, "\r\x1b[K")
	}
}
