package redact

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

// Index finds many texts in another in one pass. What a search costs depends on
// the text and on how many lengths the entries have, not on how many they are.
// The zero value is empty. Adding and searching must not happen at once.
type Index struct {
	// starts spares most places in a text the map: it knows the first two letters.
	starts []bool
	// lengths gives for the first letters of entries how long those are, the
	// longest first: one entry may be the beginning of another.
	lengths map[string][]int
	// entries gives for each, in small letters, what it stands for.
	entries map[string]string
}

// shortestSecret is the length in bytes from which a text is looked for. A shorter
// one is a word such as "test", which stands in responses for other reasons, and
// no server that keeps secrets takes one (RFC 6749, section 10.10: tokens must not
// be guessable).
const shortestSecret = 6

// Add makes a text known that stands for something, upper and lower case alike.
// One that is too short is passed over.
func (x *Index) Add(text, meaning string) {
	if len(text) < shortestSecret {
		return
	}
	if x.starts == nil {
		x.starts, x.lengths, x.entries = make([]bool, 1<<16), map[string][]int{}, map[string]string{}
	}
	text = lowered(text)
	start := text[:shortestSecret]
	same := x.lengths[start]
	if place, known := slices.BinarySearchFunc(same, len(text), func(one, length int) int { return length - one }); !known {
		x.lengths[start] = slices.Insert(same, place, len(text))
	}
	x.starts[startOf(text)] = true
	x.entries[text] = meaning
}

func startOf(text string) int { return int(text[0])<<8 | int(text[1]) }

// Contains reports whether one of the entries stands in a text.
func (x *Index) Contains(text string) bool {
	found := false
	x.find(lowered(text), func(int, int, string) bool {
		found = true
		return false
	})
	return found
}

// find gives each place in a text, in small letters, at which an entry stands, the
// longest first, until it is told to end, and counts the entries that it looked up.
func (x *Index) find(lower string, yield func(start, end int, meaning string) bool) (lookups int) {
	if x.starts == nil {
		return 0
	}
	for at := 0; at+shortestSecret <= len(lower); at++ {
		rest := lower[at:]
		if !x.starts[startOf(rest)] {
			continue
		}
		for _, length := range x.lengths[rest[:shortestSecret]] {
			if length > len(rest) {
				continue
			}
			lookups++
			if meaning, found := x.entries[rest[:length]]; found {
				if !yield(at, at+length, meaning) {
					return lookups
				}
				at += length - 1
				break
			}
		}
	}
	return lookups
}

// shortestInBase64 is the length from which a token is looked for within base64.
// Of a shorter one too few letters are the same whatever stands around it.
const shortestInBase64 = 12

// formsOf lists the ways in which a token is written that are not escapes: as it
// is, in hexadecimal, and within the base64 of a text that it is a part of, such
// as user:token. Three bytes are four letters there, so these depend on how many
// bytes stand in front, and the letters at the edges on the neighbours.
func formsOf(token string) []string {
	forms := []string{token, hex.EncodeToString([]byte(token))}
	if len(token) < shortestInBase64 {
		return forms
	}
	for before := range 3 {
		padded := strings.Repeat("\x00", before) + token
		whole := len(padded) - len(padded)%3
		first := []int{0, 2, 3}[before]
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			forms = append(forms, encoding.EncodeToString([]byte(padded[:whole]))[first:])
		}
	}
	return forms
}

// lowered changes ASCII letters alone, so that places stay the same.
func lowered(text string) string {
	for i := range len(text) {
		if text[i] >= 'A' && text[i] <= 'Z' {
			letters := []byte(text)
			for ; i < len(letters); i++ {
				if letters[i] >= 'A' && letters[i] <= 'Z' {
					letters[i] += 'a' - 'A'
				}
			}
			return string(letters)
		}
	}
	return text
}
