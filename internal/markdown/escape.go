// Package markdown writes texts of others into GitHub Flavored Markdown so that
// nothing in them is taken for Markdown or HTML.
package markdown

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words shows a text as words in a paragraph or the cell of a table. Line
// breaks become spaces, and every character that Markdown or HTML gives a
// meaning to stands for itself.
// Source of the characters: https://github.github.com/gfm/#backslash-escapes
func Words(text string) string {
	var safe strings.Builder
	for _, character := range line(text) {
		switch {
		case character == '<':
			safe.WriteString("&lt;")
		case character == '>':
			safe.WriteString("&gt;")
		case character == '&':
			safe.WriteString("&amp;")
		case character == '@':
			// A name behind it would be told.
			safe.WriteString("&#64;")
		case strings.ContainsRune(meaningful, character):
			safe.WriteByte('\\')
			safe.WriteRune(character)
		default:
			safe.WriteRune(character)
		}
	}
	return safe.String()
}

// meaningful are the characters that Words escapes. Those that mean something
// only at the beginning of a line ("1.", "-", "+", "=") are left: Words is for
// texts with something before them.
const meaningful = "\\`*_[]#!|~$"

// Code shows a text as it is, in one line, as code. It is safe in the cell of a
// table too.
// Source: https://github.github.com/gfm/#code-spans and #tables-extension-
func Code(text string) string {
	text = strings.ReplaceAll(line(text), "|", `\|`)
	if strings.TrimSpace(text) == "" {
		return "` `"
	}
	fence := strings.Repeat("`", longestRun(text)+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") || text != strings.TrimSpace(text) {
		// One space on both sides is not shown.
		text = " " + text + " "
	}
	return fence + text + fence
}

// Block shows lines as they are, as a block of code in a language that may be
// empty. It ends with a line break.
// Source: https://github.github.com/gfm/#fenced-code-blocks
func Block(language, text string) string {
	fence := strings.Repeat("`", max(3, longestRun(text)+1))
	return fence + language + "\n" + strings.TrimRight(Printable(strings.ReplaceAll(text, "\r", "")), "\n") + "\n" + fence + "\n"
}

// Cut shortens a text to a number of bytes and says so with an ellipsis.
func Cut(text string, longest int) string {
	if len(text) <= longest {
		return text
	}
	cut := longest
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// Printable shows control characters and those that reorder text instead of
// obeying them; line breaks stay.
func Printable(text string) string {
	return strings.Map(func(character rune) rune {
		if character != '\n' && (unicode.IsControl(character) || unicode.Is(unicode.Cf, character)) {
			return unicode.ReplacementChar
		}
		return character
	}, strings.ToValidUTF8(text, string(unicode.ReplacementChar)))
}

var breaks = regexp.MustCompile(`[ \t]*(\r\n|\r|\n|\x{2028}|\x{2029})[ \t]*`)

// line puts a text into one line.
func line(text string) string { return Printable(breaks.ReplaceAllString(text, " ")) }

var backticks = regexp.MustCompile("`+")

// longestRun is the length of the longest run of backticks.
func longestRun(text string) int {
	longest := 0
	for _, run := range backticks.FindAllString(text, -1) {
		longest = max(longest, len(run))
	}
	return longest
}
