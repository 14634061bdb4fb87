// Package redact takes secrets out of texts, so that no cassette, report, log or
// error message holds any: the tokens that were sent, wherever they are repeated,
// and whatever has the name or the form of a secret.
package redact

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const (
	// Mark replaces a secret, and begins the name that replaces a token.
	Mark = "dpconform-redacted"
	// Unlabelled is the name of a token that has no other.
	Unlabelled = Mark + ":unlabelled"
)

// shortestSecret is the length from which a token that was sent is looked for
// everywhere. A shorter one is a word such as "test", which stands in responses
// for other reasons, and no server that keeps secrets takes one (RFC 6749,
// section 10.10: tokens must not be guessable).
const shortestSecret = 6

// shortestInBase64 is the length from which a token is looked for within base64.
// Of a shorter one too few letters are the same whatever stands around it.
const shortestInBase64 = 12

// Redactor takes secrets out of texts. The same text always becomes the same,
// and what it made it leaves alone, so a replay finds what a recording wrote. It
// is safe for use by many goroutines.
type Redactor struct {
	mutex sync.RWMutex
	names map[string]string
	// forms lists what is looked for by its first letters, the longest first: one
	// token may be the beginning of another. starts spares most places the map.
	forms  map[string][]form
	starts []bool
}

// form is one way in which a token is written.
type form struct{ text, token string }

// NewRedactor makes a redactor that knows tokens, each with the name that
// replaces it.
func NewRedactor(names map[string]string) *Redactor {
	redactor := &Redactor{names: map[string]string{}, forms: map[string][]form{}}
	for _, token := range slices.Sorted(maps.Keys(names)) {
		redactor.Learn(token, names[token])
	}
	return redactor
}

// Learn makes a token known with the name that replaces it: Mark for any other
// secret, "" for a token without a name. One that its own name contains is no
// secret.
func (r *Redactor) Learn(token, name string) {
	name = cmp.Or(cleanName(name), r.nameOf(token))
	r.mutex.Lock()
	defer r.mutex.Unlock()
	_, known := r.names[token]
	if known && name == Mark {
		return
	}
	r.names[token] = name
	if known || len(token) < shortestSecret || strings.Contains(name, token) {
		return
	}
	if r.starts == nil {
		r.starts = make([]bool, 1<<16)
	}
	for _, text := range formsOf(token) {
		start := text[:shortestSecret]
		same := r.forms[start]
		place, _ := slices.BinarySearchFunc(same, len(text), func(one form, length int) int { return cmp.Compare(length, len(one.text)) })
		r.forms[start] = slices.Insert(same, place, form{text, token})
		r.starts[startOf(text)] = true
	}
}

func startOf(text string) int { return int(text[0])<<8 | int(text[1]) }

// formsOf lists the ways in which a token is written that are not escapes: as it
// is, in hexadecimal, and within the base64 of a text that it is a part of, such
// as user:token. Three bytes are four letters there, so these depend on how many
// bytes stand in front, and the letters at the edges on the neighbours.
func formsOf(token string) []string {
	digits := hex.EncodeToString([]byte(token))
	forms := []string{token, digits, strings.ToUpper(digits)}
	if len(token) < shortestInBase64 {
		return slices.Compact(forms)
	}
	for before := range 3 {
		padded := strings.Repeat("\x00", before) + token
		whole := len(padded) - len(padded)%3
		first := []int{0, 2, 3}[before]
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			if text := encoding.EncodeToString([]byte(padded[:whole]))[first:]; !slices.Contains(forms, text) {
				forms = append(forms, text)
			}
		}
	}
	return forms
}

// Names gives the known tokens with their names.
func (r *Redactor) Names() map[string]string {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	return maps.Clone(r.names)
}

// nameOf is the name of a token. What is a name already stays.
func (r *Redactor) nameOf(token string) string {
	r.mutex.RLock()
	name, found := r.names[token]
	r.mutex.RUnlock()
	switch {
	case found:
		return name
	case strings.HasPrefix(token, Mark+":"):
		return cleanName(token)
	case unknownToken().MatchString(token):
		return token
	}
	return Unlabelled
}

var notInName = lazy(`[^\w.:~+/=-]`)

// cleanName makes a name fit for a header, a URL and a JSON string alike.
func cleanName(name string) string { return notInName().ReplaceAllString(name, "-") }

// mostRounds is how often a text is looked through. What one round puts in may
// show what stood behind it, and then the next takes that out; more than two
// are the work of somebody who tries.
const mostRounds = 8

// Text takes the secrets out of a text of any kind: the tokens that were sent,
// the values of parameters, members and headers whose names say that they are
// secret, the URLs of downloads, the signatures of signed URLs, tokens behind
// their scheme, passwords in URLs, and what has the form of a credential.
func (r *Redactor) Text(text string) string {
	text = rewrite(text, r.tokensIn(text))
	for range mostRounds {
		spans := r.secretsIn(text)
		if len(spans) == 0 {
			break
		}
		text = rewrite(text, spans)
	}
	return text
}

// tokensIn finds the tokens that were sent, in each form and escape.
func (r *Redactor) tokensIn(text string) []span {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	if r.starts == nil || len(text) < shortestSecret {
		return nil
	}
	var found []span
	for _, layer := range layersOf(text) {
		for at := 0; at+shortestSecret <= len(layer.text); at++ {
			rest := layer.text[at:]
			if !r.starts[startOf(rest)] {
				continue
			}
			for _, form := range r.forms[rest[:shortestSecret]] {
				if strings.HasPrefix(rest, form.text) {
					found = append(found, layer.span(at, at+len(form.text), r.names[form.token]))
					at += len(form.text) - 1
					break
				}
			}
		}
	}
	return merged(found)
}

// secretsIn finds what has the name or the form of a secret.
func (r *Redactor) secretsIn(text string) []span {
	var found []span
	for _, layer := range layersOf(text) {
		for _, rule := range rules {
			rule(r, layer, func(start, end int, with string) {
				if start < end && !isMarked(layer.text[start:end], with) {
					found = append(found, layer.span(start, end, with))
				}
			})
		}
	}
	return merged(found)
}

var endOfElement = lazy(`</[a-z0-9]+>`)

// isMarked reports whether a piece is what replaces a secret already. Where a
// text broke off, what ends the text around it may be taken for a part of it.
func isMarked(piece, with string) bool {
	if piece == with {
		return true
	}
	rest, marked := strings.CutPrefix(piece, Mark)
	return marked && strings.Trim(endOfElement().ReplaceAllString(rest, ""), "'\"`)]}>,;.\\ \t") == ""
}

// span is a piece of a text with what replaces it.
type span struct {
	start, end int
	with       string
}

// merged sorts spans and makes one of those that overlap.
func merged(spans []span) []span {
	slices.SortStableFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	var apart []span
	for _, one := range spans {
		if last := len(apart) - 1; last >= 0 && one.start < apart[last].end {
			if one.end > apart[last].end {
				apart[last].end, apart[last].with = one.end, Mark
			}
			continue
		}
		apart = append(apart, one)
	}
	return apart
}

func rewrite(text string, spans []span) string {
	if len(spans) == 0 {
		return text
	}
	var out strings.Builder
	end := 0
	for _, one := range spans {
		out.WriteString(text[end:one.start])
		out.WriteString(one.with)
		end = one.end
	}
	out.WriteString(text[end:])
	return out.String()
}

// lazy compiles a pattern when it is needed: most programs need few of them.
func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
