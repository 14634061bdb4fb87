package redact

import (
	"regexp"
	"strings"
)

// How separators are written in JSON inside JSON, in HTML and in URLs.
const (
	// anyQuote is a quote: plain, escaped once or more for JSON, as an entity of
	// HTML or XML, or percent-encoded.
	anyQuote = `\\*["']|&#3[49];|&quot;|&apos;|&#x2[27];|\\+u002[27]|%(?:25)*2[27]`
	// anySpace is white space, also as JSON writes it inside a string.
	anySpace = `(?:\s|\\+[nrt]|%(?:25)*20|&#(?:10|13|9|xA|xD|x9);)*`
	anyColon = `(?::=|=>|[:=]|%(?:25)*3[aAdD])`
	// aStart is where a name may begin. A letter after a backslash is a line end
	// inside a string of JSON.
	aStart = `(?:^|[^\w\\]|\\+[nrt]|%(?:25)*(?:20|22|23|26|27|3[fF]|0[aA])|\\+u00(?:2[267]|3[cefCEF]))`
)

// closing finds where the text inside a quote ends. Without an end it is that
// of the line: the text broke off.
func closing(text string, from int, quote string) int {
	mark := quote[len(quote)-1:]
	if mark != `"` && mark != `'` {
		for at := from; at < len(text) && text[at] != '\n' && text[at] != '\r'; at++ {
			if strings.HasPrefix(text[at:], quote) {
				return at
			}
		}
		return lineEnd(text, from)
	}
	depth := len(quote) - 1
	for at := from; at < len(text) && text[at] != '\n' && text[at] != '\r'; at++ {
		if text[at] != mark[0] {
			continue
		}
		slashes := 0
		for at-slashes > from && text[at-slashes-1] == '\\' {
			slashes++
		}
		switch {
		// Each level of JSON in JSON doubles the backslashes and adds one: what
		// stands in front of the end are depth, or a multiple of backslashes of
		// the text itself besides.
		case slashes%(2*(depth+1)) == depth:
			return at - depth
		case slashes < depth:
			return at - slashes
		}
	}
	return lineEnd(text, from)
}

func lineEnd(text string, from int) int {
	if end := strings.IndexAny(text[from:], "\r\n"); end >= 0 {
		return from + end
	}
	return len(text)
}

var (
	nextInList = regexp.MustCompile(`^(?:` + anyQuote + `)` + anySpace + `,` + anySpace + `(` + anyQuote + `)`)
)

// quotedTexts gives each text in quotes, from the one that begins at a place on:
// of a list all, else only that one.
func quotedTexts(text string, from int, quote string, isList bool, yield func(start, end int)) {
	for {
		end := closing(text, from, quote)
		yield(from, end)
		next := nextInList.FindStringSubmatchIndex(text[end:min(len(text), end+200)])
		if !isList || next == nil {
			return
		}
		quote = text[end+next[2] : end+next[3]]
		from = end + next[3]
	}
}
