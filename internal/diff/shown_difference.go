package diff

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// shownWords is how many words that went out of a list, and how many that
	// came, are printed.
	shownWords = 3
	// shownDifferences is how many differences of two answers are printed beside
	// the evidence of a check.
	shownDifferences = 5
	// longestSide is the length in bytes from which one side of a difference is
	// cut around what differs, and lead is how much of that stands before it.
	longestSide, lead = 150, 40
)

// scopePrefix begins the scopes of Google's OAuth 2.0; for a person the rest is
// enough.
const scopePrefix = "https://www.googleapis.com/auth/"

// Shown says a difference in one line for a person: of a header that lists words
// those that went and came, of another long value what stands around the first
// byte that differs.
func (d Difference) Shown() string {
	if d.Old != "" && d.New != "" && slices.Contains(ComparedHeaders(), d.What) {
		if change := headerChange(d.What, d.Old, d.New); change != "" {
			return d.What + ": " + change
		}
	}
	short := d
	short.Old, short.New = around(d.Old, d.New, longestSide), around(d.New, d.Old, longestSide)
	return short.String()
}

// parameter is one of a header, such as scope="a b" of a challenge.
// Source: RFC 9110, section 11.2
var parameter = regexp.MustCompile(`([A-Za-z0-9_.-]+)="((?:[^"\\]|\\.)*)"`)

// headerChange says what went and came in the lists of a header; nothing where
// something else differs too.
func headerChange(name, old, new string) string {
	if name == "Allow" {
		return listChange(strings.Split(old, ", "), strings.Split(new, ", "))
	}
	// Only values of the parameters may differ.
	if parameter.ReplaceAllString(old, `$1=""`) != parameter.ReplaceAllString(new, `$1=""`) {
		return ""
	}
	var changes []string
	was, now := parameter.FindAllStringSubmatch(old, -1), parameter.FindAllStringSubmatch(new, -1)
	if len(was) != len(now) {
		return ""
	}
	for i := range was {
		if was[i][2] == now[i][2] {
			continue
		}
		change := ""
		if strings.ContainsRune(was[i][2]+now[i][2], ' ') {
			change = listChange(strings.Fields(was[i][2]), strings.Fields(now[i][2]))
		}
		if change == "" {
			change = around(was[i][2], now[i][2], longestSide) + " → " + around(now[i][2], was[i][2], longestSide)
		}
		changes = append(changes, was[i][1]+" "+change)
	}
	return strings.Join(changes, "; ")
}

// listChange says which words of a list went and which came; nothing where they
// are the same.
func listChange(old, new []string) string {
	var parts []string
	if gone := without(old, new); len(gone) > 0 {
		parts = append(parts, "without "+firstWords(gone))
	}
	if came := without(new, old); len(came) > 0 {
		parts = append(parts, "with "+firstWords(came))
	}
	if len(parts) == 0 && len(old) == len(new) {
		return "in another order"
	}
	return strings.Join(parts, ", ")
}

// without gives the words of a list that another one lacks, each once.
func without(words, other []string) []string {
	var all []string
	for _, word := range words {
		if !slices.Contains(other, word) && !slices.Contains(all, word) {
			all = append(all, word)
		}
	}
	return all
}

func firstWords(words []string) string {
	shown := make([]string, 0, shownWords)
	for _, word := range words[:min(len(words), shownWords)] {
		shown = append(shown, cut(strings.TrimPrefix(word, scopePrefix), longestHeader))
	}
	text := strings.Join(shown, ", ")
	if rest := len(words) - shownWords; rest > 0 {
		text += fmt.Sprintf(" …and %d more", rest)
	}
	return text
}

// around cuts a long text so that what differs from the other one is seen.
func around(text, other string, longest int) string {
	if len(text) <= longest {
		return text
	}
	at := 0
	if text == other {
		return cut(text, longest)
	}
	for at < min(len(text), len(other)) && text[at] == other[at] {
		at++
	}
	start := max(0, min(at-lead, len(text)-longest))
	for start > 0 && !utf8.RuneStart(text[start]) {
		start--
	}
	shortened := cut(text[start:], longest)
	if start > 0 {
		shortened = "…" + shortened
	}
	return shortened
}

// differing says in what the answers of both sides differ beside the status,
// which both show.
func (e Evidence) differing() []string {
	old, new := answerIn(e.Old), answerIn(e.New)
	if old == nil || new == nil {
		return nil
	}
	var all []string
	for _, one := range differences(*old, *new) {
		if one.What != "status" {
			all = append(all, cut(one.Shown(), longestText))
		}
	}
	if rest := len(all) - shownDifferences; rest > 0 {
		all = append(all[:shownDifferences], fmt.Sprintf("and %d more", rest))
	}
	return all
}
