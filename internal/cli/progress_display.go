package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/colorprofile"
)

// Sequences for a terminal (ECMA-48, https://ecma-international.org/publications-and-standards/standards/ecma-48/):
// ED erases from the cursor to the end of the screen.
const (
	lineBegin  = "\r"
	eraseBelow = "\x1b[J"
)

// liveLine is the last line on a terminal, written over again. The cursor stays
// at its beginning: where a terminal that becomes narrower breaks the line into
// several, all of them are below the cursor, and are erased with the next text.
// A terminal that shows ^C for an interruption moves the cursor, so each write
// goes back first.
type liveLine struct {
	out     io.Writer
	paint   func(string) string
	columns func() int

	shown string
	// rest is what somebody has written above the line without ending it.
	rest string
}

func (l *liveLine) show(tally tally, now time.Time) {
	// The last column stays free: some terminals go on to the next line there.
	text := cut("  "+tally.text(now), l.columns()-1)
	if text == l.shown {
		return
	}
	l.shown = text
	fmt.Fprint(l.out, lineBegin+text+eraseBelow+lineBegin)
}

func (l *liveLine) above(text string, whole bool) {
	if !whole {
		text = cut(text, l.columns()-1)
	}
	fmt.Fprint(l.out, lineBegin+eraseBelow+l.paint(text)+"\n"+l.again())
}

// raw prints what others have written, as far as whole lines go.
func (l *liveLine) raw(text []byte) {
	l.rest += string(text)
	end := strings.LastIndexByte(l.rest, '\n') + 1
	if end == 0 {
		return
	}
	whole := l.rest[:end]
	l.rest = l.rest[end:]
	fmt.Fprint(l.out, lineBegin+eraseBelow+whole+l.again())
}

// again is what shows the line once more; nothing before it was shown first.
func (l *liveLine) again() string {
	if l.shown == "" {
		return ""
	}
	l.shown = cut(l.shown, l.columns()-1)
	return l.shown + lineBegin
}

func (l *liveLine) end() {
	if l.shown == "" && l.rest == "" {
		return
	}
	fmt.Fprint(l.out, lineBegin+eraseBelow+l.rest)
	l.shown, l.rest = "", ""
}

// lines print now and then how far a command is, for a log or a terminal without
// a cursor.
type lines struct {
	out   io.Writer
	paint func(string) string
	// silent prints nothing of its own.
	silent bool

	printed time.Time
}

// widestLine is the width in columns to which a line of a log is cut.
const widestLine = 200

func (l *lines) show(tally tally, now time.Time) {
	if l.printed.IsZero() {
		l.printed = tally.began
	}
	if l.silent || now.Sub(l.printed) < printEvery {
		return
	}
	l.printed = now
	fmt.Fprintln(l.out, cut("  "+tally.text(now), widestLine))
}

func (l *lines) above(text string, whole bool) {
	if !whole {
		text = cut(text, widestLine)
	}
	fmt.Fprintln(l.out, l.paint(text))
}

func (l *lines) end() {}

// nowhere shows nothing.
type nowhere struct{}

func (nowhere) show(tally, time.Time) {}
func (nowhere) above(string, bool)    {}
func (nowhere) end()                  {}

// writerAbove prints what somebody else writes above the progress.
type writerAbove struct {
	progress *progress
	out      io.Writer
}

// Write writes whole lines; the rest waits for its end.
func (w *writerAbove) Write(text []byte) (int, error) {
	w.progress.mutex.Lock()
	defer w.progress.mutex.Unlock()
	if live, can := w.progress.display.(*liveLine); can {
		live.raw(text)
		return len(text), nil
	}
	return w.out.Write(text)
}

// painter gives a function that leaves those colours in a text that belong on
// standard error.
func (t *terminal) painter() func(string) string {
	profile := profileOf(os.Stderr, t.color, os.Environ())
	return func(text string) string {
		var painted bytes.Buffer
		writer := colorprofile.Writer{Forward: &painted, Profile: profile}
		_, _ = writer.Write([]byte(text))
		return painted.String()
	}
}
