package text

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable makes text of others safe to show, on a screen and in the log of a
// CI system. What nobody can see is escaped as in Go: control and invisible
// characters, those that reorder text, blanks other than a space, and invalid
// UTF-8; so is the first character of what a CI system would obey. Tabs and line
// breaks stay.
func Printable(text string) string {
	escaped, _ := escape(text, true, false)
	return escaped
}

var lineBreaks = Pattern(`[ \t]*(\r\n|\r|\n|\x{2028}|\x{2029})[ \t]*|\t`)

// Line is Printable for a place that has one line: line breaks, with the blanks
// around them, and tabs become a space.
func Line(text string) string {
	if strings.ContainsAny(text, "\r\n\t\u2028\u2029") {
		text = lineBreaks().ReplaceAllString(text, " ")
	}
	return Printable(text)
}

// Visible reports whether Printable shows a character as it is, wherever it
// stands.
func Visible(character rune) bool {
	const brailleBlank = '\u2800'
	switch {
	case character >= ' ' && character < 0x7f, character == '\n', character == '\t':
		return true
	case character == brailleBlank || unicode.In(character, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return false
	}
	return strconv.IsPrint(character)
}

// escape is Printable for a text that begins a line, or goes on behind blanks;
// it reports whether more text would. With styles the escape sequences of colours
// stay.
func escape(text string, begins, styles bool) (escaped string, beginsNext bool) {
	var safe strings.Builder
	kept := 0
	for at := 0; at < len(text); {
		character, size := rune(text[at]), 1
		if character >= utf8.RuneSelf {
			character, size = utf8.DecodeRuneInString(text[at:])
		}
		written := ""
		switch {
		case character == '\r' && strings.HasPrefix(text[at:], "\r\n"):
			safe.WriteString(text[kept:at])
			kept = at + 1
		case character == '\x1b' && styles && styleLength(text[at:]) > 0:
			size = styleLength(text[at:])
		case character == utf8.RuneError && size == 1:
			written = fmt.Sprintf(`\x%02x`, text[at])
		case !Visible(character):
			written = strings.Trim(strconv.QuoteToASCII(string(character)), `"`)
		case character < utf8.RuneSelf && obeyed(text[at:], begins):
			written = fmt.Sprintf(`\x%02x`, character)
		}
		if written != "" {
			safe.WriteString(text[kept:at])
			safe.WriteString(written)
			kept = at + size
		}
		begins = character == '\n' || begins && written == "" && (unicode.IsSpace(character) || character == '\x1b')
		at += size
	}
	if kept == 0 {
		return text, begins
	}
	safe.WriteString(text[kept:])
	return safe.String(), begins
}

// styleLength is the length of the SGR sequence (ECMA-48, 8.3.117) that a text
// begins with; 0 for none.
func styleLength(text string) int {
	if !strings.HasPrefix(text, "\x1b[") {
		return 0
	}
	end := len("\x1b[")
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || text[end] == ';' || text[end] == ':') {
		end++
	}
	if end == len(text) || text[end] != 'm' {
		return 0
	}
	return end + 1
}

// obeyed reports whether a text begins with what a CI system would obey in a
// log: some where a line begins, behind blanks too, some anywhere.
// Sources: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands and the runner's
// ActionCommand.cs, which finds ##[ anywhere,
// https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands,
// https://www.jetbrains.com/help/teamcity/service-messages.html,
// https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections,
// https://buildkite.com/docs/pipelines/configure/managing-log-output#grouping-log-output
func obeyed(text string, begins bool) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	switch text[0] {
	case ':':
		return begins && len(text) > 2 && text[1] == ':' && strings.Contains(letters, text[2:3])
	case '#':
		name, found := strings.CutPrefix(text, "##")
		return found && strings.HasPrefix(strings.TrimLeft(name, letters), "[")
	case 's':
		return strings.HasPrefix(text, "section_start:") || strings.HasPrefix(text, "section_end:")
	case 't':
		return strings.HasPrefix(text, "travis_fold:") || strings.HasPrefix(text, "travis_time:")
	case '-', '+', '~', '^':
		return begins && strings.HasPrefix(text, strings.Repeat(text[:1], 3)+" ")
	}
	return false
}

// Log writes lines to a log as Printable shows them, so that no CI system obeys
// one, wherever text was wrapped. Colours stay, what else a terminal would obey
// does not. It takes characters whole.
type Log struct {
	Out io.Writer
	// within says that the line goes on behind more than blanks.
	within bool
}

// Write writes a text in one go.
func (l *Log) Write(text []byte) (int, error) {
	safe, begins := escape(string(text), !l.within, true)
	l.within = !begins
	if _, err := io.WriteString(l.Out, safe); err != nil {
		return 0, err
	}
	return len(text), nil
}
