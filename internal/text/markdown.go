package text

import (
	"net/url"
	"strings"
)

// MarkdownWords shows a text of others as words in a paragraph or the cell of a
// table of GitHub Flavored Markdown. Line breaks become spaces, and every
// character that Markdown or HTML gives a meaning to stands for itself.
// Source of the characters: https://github.github.com/gfm/#backslash-escapes
func MarkdownWords(words string) string {
	var safe strings.Builder
	for _, character := range Line(words) {
		switch {
		case character == '<':
			safe.WriteString("&lt;")
		case character == '>':
			safe.WriteString("&gt;")
		case character == '&':
			safe.WriteString("&amp;")
		case character == '@':
			// GitHub would notify the name behind it.
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

// meaningful are the characters that MarkdownWords escapes. Those that mean something
// only at the beginning of a line ("1.", "-", "+", "=") are left: it is for
// texts with something before them.
const meaningful = "\\`*_[]#!|~$"

// MarkdownCode shows a text as it is, in one line, as code. It is safe in the cell of a
// table too.
// Source: https://github.github.com/gfm/#code-spans and #tables-extension-
func MarkdownCode(code string) string {
	code = strings.ReplaceAll(Line(code), "|", `\|`)
	if strings.TrimSpace(code) == "" {
		return "` `"
	}
	fence := strings.Repeat("`", longestRun(code)+1)
	if strings.HasPrefix(code, "`") || strings.HasSuffix(code, "`") || code != strings.TrimSpace(code) {
		// One space on both sides is not shown.
		code = " " + code + " "
	}
	return fence + code + fence
}

// WebAddress is an address that may become a link; empty for every other text: a
// description comes from a user, and its sources may be anything.
func WebAddress(source string) string {
	address, err := url.Parse(source)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" ||
		Line(source) != source || strings.ContainsAny(source, " \"<>\\`|") {
		return ""
	}
	return source
}

// MarkdownBlock shows lines as they are, as a block of code in a language that may be
// empty. It ends with a line break.
// Source: https://github.github.com/gfm/#fenced-code-blocks
func MarkdownBlock(language, lines string) string {
	fence := strings.Repeat("`", max(3, longestRun(lines)+1))
	return fence + language + "\n" + strings.TrimRight(Printable(strings.ReplaceAll(lines, "\r", "")), "\n") + "\n" + fence + "\n"
}

var backticks = Pattern("`+")

// longestRun is the length of the longest run of backticks.
func longestRun(text string) int {
	longest := 0
	for _, run := range backticks().FindAllString(text, -1) {
		longest = max(longest, len(run))
	}
	return longest
}
