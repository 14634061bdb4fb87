package knownfailures

import (
	"slices"
	"strings"
	"unicode"
)

// unfinished are words that say, at the beginning of a reason, that it is still
// to be written.
var unfinished = []string{"todo", "fixme", "tbd", "tba", "tbc", "xxx"}

// fillers are words of which alone no reason can be made: "to be filled in",
// "insert reason here", "n/a".
var fillers = strings.Fields(`
	a an the this that your its some any no not none nil null yet still
	to be do is it of for in out up by on at here there me later soon now please
	fill filled add added insert inserted write written enter give given put provide provided
	decided determined defined done changed change changeme explain explained describe described
	reason reasons text string comment description explanation justification placeholder value
	why because something anything unknown known expected failure failures fails fail failing
	n na wip pending lorem ipsum foo bar test asdf ok yes example`)

// isPlaceholder reports whether a reason only holds the place of one.
func isPlaceholder(reason string) bool {
	words := strings.FieldsFunc(strings.ToLower(reason), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	if len(words) == 0 || slices.Contains(unfinished, words[0]) {
		return true
	}
	// "T.B.D." is one word that was taken apart.
	if whole := strings.Join(words, ""); len([]rune(whole)) == 1 || slices.Contains(unfinished, whole) {
		return true
	}
	return !slices.ContainsFunc(words, func(word string) bool {
		return !slices.Contains(fillers, word) && !slices.Contains(unfinished, word)
	})
}
