package main

import (
	"io"
	"strings"

	"github.com/dpconform/dpconform/markdown"
)

func textWriter(text string) func(io.Writer) error {
	return func(out io.Writer) error {
		_, err := io.WriteString(out, text)
		return err
	}
}

// prose shows a sentence of the catalogue: what stands between backticks is code,
// and the rest means nothing to Markdown.
func prose(text string) string {
	parts := strings.Split(text, "`")
	if len(parts)%2 == 0 {
		// One is without its other half.
		return markdown.Words(text)
	}
	var out strings.Builder
	for i, part := range parts {
		if i%2 == 1 {
			out.WriteString(markdown.Code(part))
			continue
		}
		// A space at the end of a part belongs before the code.
		out.WriteString(markdown.Words(part))
	}
	return out.String()
}

// source shows where a quote is from: a link, and what stands behind it.
func source(text string) string {
	url, rest, _ := strings.Cut(text, " ")
	shown := strings.TrimPrefix(url, "https://")
	link := "[" + markdown.Words(shown) + "](<" + url + ">)"
	if rest == "" {
		return link
	}
	return link + " " + markdown.Words(rest)
}

// plural says a number of things.
func plural(number int, one, many string) string {
	if number == 1 {
		return "1 " + one
	}
	return numberText(number) + " " + many
}
