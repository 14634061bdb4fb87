package redact

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A hint that is not found switches its rule off.
func TestEveryHintIsFoundWhereverItStands(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var words []string
		var text strings.Builder
		for range random.IntN(4) {
			words = append(words, hintWords[random.IntN(len(hintWords))])
			text.WriteString(strings.Repeat(string(rune(' '+random.IntN(90))), random.IntN(3)) + words[len(words)-1])
		}
		present := hintsIn(lowered(text.String()))
		for number, word := range hintWords {
			if present.has(number) != strings.Contains(lowered(text.String()), word) {
				t.Fatalf("%q in %q: %t", word, text.String(), present.has(number))
			}
		}
		if len(words) == 0 && slices.Max(present[:]) != 0 {
			t.Fatalf("%v in nothing", present)
		}
	}
}
