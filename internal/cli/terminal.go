package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/charmbracelet/colorprofile"
	"golang.org/x/term"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/text"
)

// Widths in columns: of text that nobody's screen bounds, and of the widest
// line that is still easy to read.
const (
	widthWithoutTerminal = 100
	widestText           = 110
)

// terminal is where a command prints. The result goes to standard output; what
// is said until it is there, and every complaint, to standard error.
type terminal struct {
	// out takes colours and drops them where they do not belong: not a
	// terminal, or NO_COLOR.
	out io.Writer
	// raw is standard output as it is, for reports, and screen standard error as it
	// is, for a line that is written over again.
	raw, screen io.Writer
	err         io.Writer
	// lost gives the error by which a part of standard output was not written.
	lost func() error
	// columns gives the width, anew at each call; 0 where out is no terminal.
	columns func() int
	// errColumns is columns of standard error.
	errColumns func() int
	// environment looks a variable up.
	environment func(string) string
	// pause is what a target does between two attempts; nil means a real pause.
	pause func(context.Context, time.Duration) error
	// color is what --color says, quiet and verbose what those flags say.
	color          *config.Color
	quiet, verbose bool
	// shown is the progress that is on the screen, or nil in it, so that whatever
	// ends the program can take it away.
	shown *atomic.Pointer[progress]
	// github is what goes to a runner of GitHub Actions.
	github *github
	// secrets list what no complaint may show.
	secrets []func() []string
	// addresses lists those that complaints show without what may be a secret; it may
	// be nil.
	addresses func() []string
}

func newTerminal() *terminal {
	color := config.ColorAuto
	raw, screen := &untilBroken{out: text.Output{Writer: os.Stdout}}, &untilBroken{out: text.Output{Writer: os.Stderr}}
	return &terminal{
		out: colouring(&text.Log{Out: raw}, os.Stdout, &color), raw: raw, lost: raw.err, screen: screen, err: &text.Log{Out: screen},
		columns:     func() int { return columnsOf(os.Stdout) },
		errColumns:  func() int { return columnsOf(os.Stderr) },
		environment: os.Getenv, color: &color, shown: new(atomic.Pointer[progress]),
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
	other := *t
	other.out = colouring(t.err, os.Stderr, t.color)
	other.columns = t.errColumns
	return &other
}

// setVerbosity takes what the flags say of how much is printed.
func (t *terminal) setVerbosity(sources *config.Sources, settings *config.Settings) error {
	t.quiet, t.verbose = settings.Quiet, settings.Verbose
	return settings.Contradiction(sources)
}

// width is the number of columns that text is wrapped to: those of the terminal, or
// those that COLUMNS gives where there is none, or those of standard error.
func (t *terminal) width() int {
	columns := t.columns()
	if columns <= 0 {
		columns, _ = strconv.Atoi(t.environment("COLUMNS"))
	}
	if columns <= 0 {
		// What goes through a pager or tail ends on the same terminal.
		columns = t.errColumns()
	}
	if columns > 0 {
		return min(columns, widestText)
	}
	return widthWithoutTerminal
}

// endProgress takes the progress off the screen.
func (t *terminal) endProgress() {
	if p := t.shown.Load(); p != nil {
		p.end()
	}
}

// complain prints one line on standard error, without any secret that is known
// or has the form of one.
func (t *terminal) complain(message string) {
	t.endProgress()
	line, _, _ := strings.Cut(t.redacted(message), "\n")
	line = text.Line(line)
	fmt.Fprintf(t.err, "dpconform: %s\n", line)
	if t.github != nil {
		t.github.complaint = line
	}
}

// warn prints one line on standard error that changes no exit code.
func (t *terminal) warn(message string) {
	fmt.Fprintf(t.err, "dpconform: warning: %s\n", text.Line(t.redacted(message)))
}

// wrote says where a report is.
func (t *terminal) wrote(file report.File) {
	if file.Path != report.StandardOutput && !t.quiet {
		fmt.Fprintf(t.out, "report %s → %s\n", file.Format, file.Path)
	}
}

// hide keeps out of every complaint what a function lists when it is made.
func (t *terminal) hide(secrets func() []string) { t.secrets = append(t.secrets, secrets) }

// redacted is a text without secrets. A message that takes an address for the name of a
// file shows it as every other does.
func (t *terminal) redacted(words string) string {
	if t.addresses != nil {
		for _, address := range t.addresses() {
			words = strings.ReplaceAll(words, address, redact.Address(address))
		}
	}
	return t.redactor().Text(words)
}

// redactor knows the secrets of now.
func (t *terminal) redactor() *redact.Redactor {
	labels := map[string]string{}
	for _, secrets := range t.secrets {
		for _, secret := range secrets() {
			labels[secret] = redact.Mark
		}
	}
	return redact.NewRedactor(labels)
}

// colouredOutput takes text with colours and writes what is right for where it
// goes. It finds out at the first text, when --color is known from flag,
// variable or file.
type colouredOutput struct {
	out   io.Writer
	file  *os.File
	color *config.Color

	once   sync.Once
	writer *colorprofile.Writer
}

// colouring makes a writer for text that in the end goes to a file.
func colouring(out io.Writer, file *os.File, color *config.Color) *colouredOutput {
	return &colouredOutput{out: out, file: file, color: color}
}

// Write writes text in one go.
func (c *colouredOutput) Write(words []byte) (int, error) {
	c.once.Do(func() {
		c.writer = &colorprofile.Writer{Forward: c.out, Profile: profileOf(c.file, c.color, os.Environ())}
	})
	return c.writer.Write(words)
}

// profileOf says which colours belong into a file.
func profileOf(file io.Writer, color *config.Color, environment []string) colorprofile.Profile {
	if *color == config.ColorNever {
		return colorprofile.NoTTY
	}
	always := *color == config.ColorAlways
	return colorprofile.Detect(file, colourEnvironment(environment, always))
}

// colourEnvironment puts the variables about colours into the words that
// colorprofile knows. Any value of NO_COLOR but the empty one counts
// (https://no-color.org/), and it wins over CLICOLOR_FORCE
// (https://bixense.com/clicolors/) and FORCE_COLOR (https://force-color.org/).
func colourEnvironment(environment []string, always bool) []string {
	values := map[string]string{}
	var others []string
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		switch name {
		case "NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "CI":
			values[name] = value
		default:
			others = append(others, variable)
		}
	}
	forced := isOn(values["CLICOLOR_FORCE"]) || isOn(values["FORCE_COLOR"])
	switch {
	case always || forced && values["NO_COLOR"] == "":
		return append(others, "CLICOLOR_FORCE=1")
	case values["NO_COLOR"] != "":
		return append(others, "NO_COLOR=1")
	case isOn(values["CI"]):
		// A log shows escape sequences as they are, even where CI runs programs on
		// a terminal.
		return append(others, "TERM=dumb")
	}
	return others
}

// isOn reports whether the value of a variable means yes.
func isOn(value string) bool {
	return value != "" && value != "0" && !strings.EqualFold(value, "false")
}

// untilBroken writes until nobody reads any more, and drops the rest without a
// word. Any other error is kept, since those who print seldom look.
type untilBroken struct {
	out io.Writer

	mutex  sync.Mutex
	broken bool
	lost   error
}

// Write writes, or drops what nobody reads.
func (u *untilBroken) Write(words []byte) (int, error) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.broken {
		return len(words), nil
	}
	written, err := u.out.Write(words)
	if errors.Is(err, syscall.EPIPE) {
		u.broken = true
		return len(words), nil
	}
	// Nobody has read for a while, and nobody will.
	u.broken = errors.Is(err, text.ErrInterrupted)
	if err != nil && u.lost == nil {
		u.lost = err
	}
	return written, err
}

// err is the first error by which something was not written.
func (u *untilBroken) err() error {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return u.lost
}
