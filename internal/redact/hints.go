package redact

import (
	"slices"
	"strings"
	"sync"
)

// A rule looks only where one of a few words stands, its hints. Most texts hold
// none of the words of any rule, so all of them are looked for in one pass.

// hintSet is a set of hints by their numbers.
type hintSet [2]uint64

func (s hintSet) has(number int) bool { return s[number/64]>>(number%64)&1 != 0 }

// any reports whether one of the hints is in the set.
func (s hintSet) any(of hints) bool { return s[0]&of.set[0]|s[1]&of.set[1] != 0 }

// hints are the words of a rule, with their numbers.
type hints struct {
	words   []string
	numbers []int
	set     hintSet
}

// hintWords has the words of all rules in small letters, by their numbers.
var hintWords []string

// hintsOf makes words known to hintsIn. It is called for package-level variables
// alone.
func hintsOf(words ...string) hints {
	made := hints{words: words, numbers: make([]int, len(words))}
	for i, word := range words {
		number := len(hintWords)
		if number >= 64*len(made.set) || len(word) < 2 {
			panic("there is no place for the hint " + word)
		}
		hintWords = append(hintWords, lowered(word))
		made.numbers[i] = number
		made.set[number/64] |= 1 << (number % 64)
	}
	return made
}

// eitherOf are the hints of both.
func eitherOf(a, b hints) hints {
	return hints{slices.Concat(a.words, b.words), slices.Concat(a.numbers, b.numbers), hintSet{a.set[0] | b.set[0], a.set[1] | b.set[1]}}
}

var (
	nameHints    = hintsOf(nameWords...)
	elementHints = hintsOf("</", "[cdata[")
	pairHints    = hintsOf("name")
	cookiesHints = hintsOf("cookies")
	urlsHints    = hintsOf("urls")
	// signatureHints begin the parameters that sign a URL.
	signatureHints = hintsOf(signatureNames...)
	headerHints    = hintsOf("cookie", "authorization", "x-")
	digestHints    = hintsOf("digest")
	schemeHints    = hintsOf("bearer", "basic", "dpop")
	originHints    = hintsOf("://")
)

// hintStarts gives for the first two letters of a word, as startOfHint has them,
// the numbers of the hints that begin so.
var hintStarts = sync.OnceValue(func() *[1 << 10][]uint8 {
	starts := new([1 << 10][]uint8)
	for number, word := range hintWords {
		at := startOfHint(word[0], word[1])
		starts[at] = append(starts[at], uint8(number))
	}
	return starts
})

// startOfHint is the same for two beginnings only if one of them has a character that
// is no small letter.
func startOfHint(first, second byte) int { return int(first&31)<<5 | int(second&31) }

// hintsIn finds the hints of all rules in a text in small letters.
func hintsIn(lower string) (present hintSet) {
	starts := hintStarts()
	for at := 0; at+1 < len(lower); at++ {
		for _, number := range starts[startOfHint(lower[at], lower[at+1])] {
			if strings.HasPrefix(lower[at:], hintWords[number]) {
				present[number/64] |= 1 << (number % 64)
			}
		}
	}
	return present
}
