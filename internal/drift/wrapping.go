package drift

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// scopePrefix begins every scope of the platform.
const scopePrefix = "https://www.googleapis.com/auth/"

// wrapped breaks a text into lines of no more than width columns. It breaks at
// spaces alone, so that ids and scopes can be copied; a word that is longer than a
// line is broken where it has to be, unless it is a scope, which stays whole.
func wrapped(text string, width int) []string {
	var lines []string
	line, begun := "", false
	put := func(word string) {
		switch {
		case !begun:
			line, begun = word, true
		case ansi.StringWidth(line)+1+ansi.StringWidth(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	for _, word := range strings.Split(text, " ") {
		if ansi.StringWidth(word) <= width || strings.HasPrefix(word, scopePrefix) {
			put(word)
			continue
		}
		for _, piece := range strings.Split(ansi.Wrap(word, width, "/-."), "\n") {
			put(piece)
		}
	}
	return append(lines, line)
}
