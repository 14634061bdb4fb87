package redact

import (
	"regexp"
	"slices"
	"strings"
)

// page is a text that is looked through.
type page struct {
	text string
	// lower is the text in small letters, byte for byte at the same place.
	lower string
}

func newPage(text string) page {
	letters := []byte(text)
	for i, letter := range letters {
		if letter >= 'A' && letter <= 'Z' {
			letters[i] = letter + 'a' - 'A'
		}
	}
	return page{text: text, lower: string(letters)}
}

// words are what is looked for before any pattern is tried. Most texts hold
// none, and a pattern costs a hundred times as much as a word.
type words struct {
	any []string
	// before and behind are how much of a text in bytes is looked at around a
	// word: the name that it is in, and what stands between that and the value.
	before, behind int
	// named says that behind the name there must be what parts it from a value.
	named bool
}

// aroundNames are sizes for names with a value.
const (
	beforeName = 64
	behindName = 160
)

func names(any ...string) words {
	return words{any: any, before: beforeName, behind: behindName, named: true}
}

// matches gives each match of a pattern that is near one of some words, as
// FindAllStringSubmatchIndex does. What a pattern ends with may be cut short, so
// the end of a value is looked for in the whole text.
func (p page) matches(pattern *regexp.Regexp, words words) [][]int {
	var found [][]int
	for _, piece := range p.near(words) {
		for _, match := range pattern.FindAllStringSubmatchIndex(p.text[piece[0]:piece[1]], -1) {
			for i := range match {
				if match[i] >= 0 {
					match[i] += piece[0]
				}
			}
			found = append(found, match)
		}
	}
	return found
}

// near lists the pieces of the text around some words, apart from each other.
func (p page) near(words words) [][2]int {
	var pieces [][2]int
	for _, hit := range p.hits(words) {
		from, to := max(0, hit-words.before), p.overSpace(min(len(p.text), hit+words.behind))
		if last := len(pieces) - 1; last >= 0 && from <= pieces[last][1] {
			pieces[last][1] = max(to, pieces[last][1])
			continue
		}
		pieces = append(pieces, [2]int{from, to})
	}
	return pieces
}

// hits lists where the words stand, in order.
func (p page) hits(words words) []int {
	var hits []int
	for _, word := range words.any {
		for from := 0; ; {
			at := strings.Index(p.lower[from:], word)
			if at < 0 {
				break
			}
			if !words.named || p.leadsToValue(from+at+len(word)) {
				hits = append(hits, from+at)
			}
			from += at + len(word)
		}
	}
	slices.Sort(hits)
	return hits
}

// leadsToValue reports whether the rest of a name is followed by a sign that may
// part it from a value.
func (p page) leadsToValue(at int) bool {
	for at < len(p.lower) && strings.IndexByte("abcdefghijklmnopqrstuvwxyz0123456789_-.", p.lower[at]) >= 0 {
		at++
	}
	at = skipSpace(p.lower, at)
	return at < len(p.lower) && strings.IndexByte(`:="'\&%>`, p.lower[at]) >= 0
}

// overSpace moves the end of a piece over white space, so that however much of
// it stands in front of a value, the value begins within the piece.
func (p page) overSpace(at int) int {
	if end := skipSpace(p.lower, at); end > at {
		return min(len(p.lower), end+beforeName)
	}
	return at
}

func skipSpace(text string, at int) int {
	for at < len(text) && strings.IndexByte(" \t\r\n", text[at]) >= 0 {
		at++
	}
	return at
}

// endOf is where a value ends of which a pattern, anchored at its start, says
// how it goes on.
func (p page) endOf(pattern *regexp.Regexp, start int) int {
	if match := pattern.FindStringIndex(p.text[start:]); match != nil {
		return start + match[1]
	}
	return start
}

func (p page) has(word string) bool { return strings.Contains(p.lower, word) }
