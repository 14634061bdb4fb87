package clienttest

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestShown is the length in characters from which a text is cut in a
// finding.
const longestShown = 200

// printable makes a text of a client's fit for a report: control characters do
// not move anybody's cursor, and a long text is cut.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return '\uFFFD'
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > longestShown {
		return string(runes[:longestShown]) + "…"
	}
	return text
}
