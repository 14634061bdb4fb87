// Package text has what every part of the program needs to show and to read
// text: counted nouns, safe and wrapped output, Markdown, suggestions, usage
// errors, files that are written whole, and strict YAML.
package text

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// Counted is a number with its noun: "1 check", "2 checks", "0 replies".
func Counted(count int, noun string) string { return fmt.Sprintf("%d %s", count, Plural(count, noun)) }

// Plural is the form of a noun that goes with a number: "check" with 1, "checks"
// with any other.
func Plural(count int, noun string) string {
	if count == 1 || noun == "" {
		return noun
	}
	for _, ending := range []string{"s", "x", "ch", "sh"} {
		if strings.HasSuffix(noun, ending) {
			return noun + "es"
		}
	}
	if stem, found := strings.CutSuffix(noun, "y"); found && stem != "" && !strings.ContainsRune("aeiou", rune(stem[len(stem)-1])) {
		return stem + "ies"
	}
	return noun + "s"
}

// Took shows how long something took, with about two digits.
func Took(time time.Duration) string {
	switch {
	case time < 10*ms:
		return fmt.Sprintf("%.1f ms", float64(max(0, time).Microseconds())/1000)
	case time < 1000*ms:
		return fmt.Sprintf("%d ms", time.Milliseconds())
	}
	return time.Round(100 * ms).String()
}

const ms = time.Millisecond

// List joins words: "a", "a and b", "a, b and c".
func List(words []string, conjunction string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}

// Find gives the first element of a list that passes a test.
func Find[T any](all []T, passes func(T) bool) (found T, is bool) {
	for _, one := range all {
		if passes(one) {
			return one, true
		}
	}
	return found, false
}

// Grouped puts together what has the same key, which is shown once, in the order
// in which it comes.
func Grouped[T any, K comparable](all []T, key func(T) K) [][]T {
	at, groups := map[K]int{}, [][]T{}
	for _, one := range all {
		place, known := at[key(one)]
		if !known {
			place, groups = len(groups), append(groups, nil)
			at[key(one)] = place
		}
		groups[place] = append(groups[place], one)
	}
	return groups
}

// Cut shortens a text to a number of characters and marks the cut with an
// ellipsis.
func Cut(text string, longest int) string {
	if len(text) <= longest {
		return text
	}
	for at := range text {
		if longest--; longest < 0 {
			return text[:at] + "…"
		}
	}
	return text
}

// narrowest is the width to which text is wrapped where there is less space.
const narrowest = 20

// Wrap breaks a text into lines that are no wider than a number of columns. It
// breaks at spaces alone, so that ids can be copied; a word that is wider than a
// line is broken where it has to be, but an id or an address stays whole. A width
// of 0 is no limit.
func Wrap(text string, width int) []string {
	if width <= 0 {
		return strings.Split(text, "\n")
	}
	width = max(width, narrowest)
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrapParagraph(paragraph, width)...)
	}
	return lines
}

// id finds what a person copies: the id of a requirement, a check or a scope, a
// path with its query or a digest.
var id = Pattern(`^[A-Za-z0-9_./:*?=&%-]{1,160}[,;.]?$`)

func wrapParagraph(text string, width int) []string {
	var lines []string
	line, lineWidth, begun := "", 0, false
	put := func(word string) {
		wordWidth := ansi.StringWidth(word)
		switch {
		case !begun:
			line, lineWidth, begun = word, wordWidth, true
		case lineWidth+1+wordWidth <= width:
			line, lineWidth = line+" "+word, lineWidth+1+wordWidth
		default:
			lines = append(lines, strings.TrimRight(line, " "))
			line, lineWidth = word, wordWidth
		}
	}
	for word := range strings.SplitSeq(text, " ") {
		if ansi.StringWidth(word) <= width || strings.Contains(word, "://") || id().MatchString(word) {
			put(word)
			continue
		}
		for piece := range strings.SplitSeq(ansi.Wrap(word, width, "/-."), "\n") {
			put(piece)
		}
	}
	return append(lines, strings.TrimRight(line, " "))
}

// Paragraph wraps a text behind the beginning of its first line, and indents the
// lines after it alike. The width is that of the whole.
func Paragraph(beginning, text string, width int) string {
	indent := ansi.StringWidth(beginning)
	if width > 0 {
		width = max(width-indent, narrowest)
	}
	return beginning + strings.Join(Wrap(text, width), "\n"+strings.Repeat(" ", indent))
}

// Pattern gives a regular expression that is compiled when it is first used: most
// runs of a program need few of its expressions. It panics there unless the
// expression is valid.
func Pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// Day returns a date in the form 2006-01-02. It accepts that form and 20060102, as
// in discovery documents, and returns "" for anything else.
func Day(written string) string {
	for _, form := range []string{time.DateOnly, "20060102"} {
		if found, err := time.Parse(form, written); err == nil {
			return found.Format(time.DateOnly)
		}
	}
	return ""
}
