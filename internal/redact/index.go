package redact

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
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
// longest first, until yield returns false, and counts the entries that it looked up.
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

// shortestLoose is the length in letters and digits from which a token is looked
// for by those alone, and shortestInBase64 the one in bytes within base64: of a
// shorter one too few letters are the same whatever stands around it.
const (
	shortestLoose    = 10
	shortestInBase64 = 12
)

// looseForms lists the letters and digits of a token as it is, of its hexadecimal,
// and of the base64 of a text that it is a part of, such as user:token. It may
// have been escaped for a URL or in JSON before, be in UTF-16, or in base64 twice.
// Separators and line breaks may stand anywhere in these, and one alphabet of base64
// is the other.
func looseForms(token string) []string {
	var forms []string
	add := func(form string) {
		if form = onlyLetters(form); len(form) >= shortestLoose {
			forms = append(forms, form)
		}
	}
	if letters := onlyLetters(token); IsOpaque(letters) {
		add(letters)
	}
	add(hex.EncodeToString([]byte(token)))
	once := base64.StdEncoding.EncodeToString([]byte(token))
	inBase64(token, add)
	inBase64(once, add)
	inBase64(strings.TrimRight(once, "="), add)
	// Two bytes a letter, whichever of them comes first.
	inBase64(strings.Join(strings.Split(token, ""), "\x00"), add)
	for _, escaped := range escapedForms(token) {
		inBase64(escaped, add)
	}
	return forms
}

// escapedInJSON is what libraries write in JSON by its number: Go, Gson and
// System.Text.Json, and what escapes all that any of them does.
const escapedInJSON = "<>&'=+"

// inJSON are the ways in which they do.
var inJSON = sync.OnceValue(func() (escapes []*strings.Replacer) {
	for _, characters := range []string{"<>&", "<>&'=", "<>&'+", escapedInJSON, "=+"} {
		for _, format := range []string{`\u%04x`, `\u%04X`} {
			var pairs []string
			for _, c := range characters {
				pairs = append(pairs, string(c), fmt.Sprintf(format, c))
			}
			escapes = append(escapes, strings.NewReplacer(pairs...))
		}
	}
	return escapes
})

// escapedForms lists a token as it is escaped for a URL and in JSON, without the token.
func escapedForms(token string) []string {
	query := url.QueryEscape(token)
	// PHP writes a slash in JSON with a backslash.
	slashed := strings.ReplaceAll(token, "/", `\/`)
	forms := []string{query, percentEscape().ReplaceAllStringFunc(query, strings.ToLower), slashed}
	if strings.ContainsAny(token, escapedInJSON) {
		for _, escape := range inJSON() {
			forms = append(forms, escape.Replace(token), escape.Replace(slashed))
		}
	}
	slices.Sort(forms)
	return slices.DeleteFunc(slices.Compact(forms), func(form string) bool { return form == token })
}

var percentEscape = lazy(`%[0-9A-F]{2}`)

// inBase64 gives what the base64 of a text around this one has in it. Three bytes
// are four letters there, so it depends on how many bytes stand in front, and the
// letters at the edges on the neighbours.
func inBase64(text string, add func(string)) {
	if len(text) < shortestInBase64 {
		return
	}
	for before := range 3 {
		padded := strings.Repeat("\x00", before) + text
		whole := len(padded) - len(padded)%3
		add(base64.StdEncoding.EncodeToString([]byte(padded[:whole]))[[]int{0, 2, 3}[before]:])
	}
}

// onlyLetters leaves out what is no ASCII letter or digit.
func onlyLetters(text string) string {
	letters := make([]byte, 0, len(text))
	for i := range len(text) {
		if isLetterOrDigit(rune(text[i])) {
			letters = append(letters, text[i])
		}
	}
	return string(letters)
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
