package html

import (
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	cut "github.com/dpconform/dpconform/internal/text"
)

// longestText is the length in bytes from which a text is cut that is no body:
// a reason, a header, what was got.
const longestText = 4 << 10

// clean makes a text of others fit to be shown: not longer than it may be, and
// with control characters and those that reorder text shown instead of obeyed.
func clean(text string) string { return shorten(text, longestText) }

// shorten is clean for a length in bytes.
func shorten(text string, longest int) string {
	if len(text) <= longest {
		return printable(text)
	}
	return printable(strings.TrimSuffix(cut.Cut(text, longest), ellipsis)) + ellipsis
}

// ellipsis says that a text is cut.
const ellipsis = "…"

// printable shows control characters, and spares the texts that most are:
// nothing in them but ASCII. Tabs and the two characters that end a line in HTTP
// do what they do everywhere.
func printable(text string) string {
	if isPlain(text) {
		return text
	}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\t")
	for i, part := range lines {
		lines[i] = cut.Printable(part)
	}
	return strings.Join(lines, "\t")
}

func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf || text[i] < ' ' && text[i] != '\n' && text[i] != '\t' || text[i] == 0x7f {
			return false
		}
	}
	return true
}

// webAddress is an address that may become a link, and empty for every other:
// a description comes from a user, and its sources may be anything.
func webAddress(source string) string {
	address, err := url.Parse(source)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return ""
	}
	if len(source) > longestText || printable(source) != source || strings.ContainsAny(source, " \n\t\"<>\\`") {
		return ""
	}
	return source
}

// counted says a number of things: "1 check", "2 checks".
func counted(count int, thing string) string {
	if count == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", count, thing)
}

// duration says a time in microseconds with about two digits: "0.3 ms",
// "12 ms", "1.2 s".
func duration(microseconds int64) string {
	took := time.Duration(max(0, microseconds)) * time.Microsecond
	switch {
	case took < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(took.Microseconds())/1000)
	case took < time.Second:
		return fmt.Sprintf("%d ms", took.Milliseconds())
	case took < time.Minute:
		return fmt.Sprintf("%.1f s", took.Seconds())
	}
	return fmt.Sprintf("%d min %d s", int(took.Minutes()), int(took.Seconds())%60)
}

// longestGlance is the length in bytes of a text that is read at a glance.
const longestGlance = 160

// glance is a text for a line in a list.
func glance(text string) string {
	return strings.ReplaceAll(shorten(text, longestGlance), "\n", " ")
}

// withCode shows what stands between two backticks of a line as code. Another
// backtick stays as it is.
func withCode(text string) template.HTML {
	var made markup
	for {
		before, rest, found := strings.Cut(text, "`")
		inside, after, closed := strings.Cut(rest, "`")
		switch {
		case !found || !closed:
			made.text(text)
			return made.html()
		case inside == "" || strings.Contains(inside, "\n"):
			made.text(before + "`")
			text = rest
		default:
			made.text(before)
			made.element("code", inside)
			text = after
		}
	}
}
