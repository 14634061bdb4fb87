// Package redact takes secrets out of texts, so that no cassette, report, log or
// error message holds any: the tokens that were sent, wherever they are repeated,
// and whatever has the name or the form of a secret.
package redact

import (
	"cmp"
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

// Redactor takes secrets out of texts. The same text always becomes the same,
// and what it made it leaves alone, so a replay finds what a recording wrote. It
// is safe for use by many goroutines.
type Redactor struct {
	// members are the names, in small letters, that a description gives to members
	// of bodies and to parameters, and that therefore keep their values.
	members map[string]bool

	mutex sync.RWMutex
	names map[string]string
	// index has the tokens, and loose their letters and digits, also as they stand
	// in other encodings.
	index, loose Index
	// learned are the tokens that the indexes do not have yet: it takes time to
	// add one, and many runs redact nothing.
	learned []string
	// done is what became of short texts since a token was learned last: most of a
	// run's say the same again.
	done map[string]string
}

// NewRedactor makes a redactor that knows tokens, each with the name that
// replaces it, and names of members and parameters whose values are kept beside
// those of errors.
func NewRedactor(names map[string]string, members ...string) *Redactor {
	redactor := &Redactor{names: map[string]string{}, members: map[string]bool{}}
	for _, member := range members {
		redactor.members[strings.ToLower(member)] = true
	}
	for _, token := range slices.Sorted(maps.Keys(names)) {
		redactor.Learn(token, names[token])
	}
	return redactor
}

// Learn makes a token known with the name that replaces it: Mark for any other
// secret, "" for a token without a name. One that its own name contains is no
// secret, and one that is a word would be found in what is no repetition of it.
func (r *Redactor) Learn(token, name string) {
	name = cmp.Or(cleanName(name), r.nameOf(token))
	r.mutex.Lock()
	defer r.mutex.Unlock()
	_, known := r.names[token]
	if known && name == Mark {
		return
	}
	r.names[token], r.done = name, nil
	if !known && len(token) >= shortestSecret && !strings.Contains(name, token) && !isWord(token) {
		r.learned = append(r.learned, token)
	}
}

// addLearned adds to the indexes what was learned since the last time.
func (r *Redactor) addLearned() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, token := range r.learned {
		r.index.Add(token, token)
		for _, form := range looseForms(token) {
			r.loose.Add(form, token)
		}
	}
	r.learned = nil
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
	const longest, most = 512, 4096
	if len(text) > longest {
		return r.text(text)
	}
	r.mutex.Lock()
	if r.done == nil || len(r.done) > most {
		r.done = map[string]string{}
	}
	known := r.done
	redacted, found := known[text]
	r.mutex.Unlock()
	if !found {
		redacted = r.text(text)
		// Where a token was learned meanwhile, nobody reads this map any more.
		r.mutex.Lock()
		known[text] = redacted
		r.mutex.Unlock()
	}
	return redacted
}

func (r *Redactor) text(text string) string {
	layers := layersOf(text)
	spans := r.tokensInLayers(layers)
	for range mostRounds {
		if len(spans) > 0 {
			text = rewrite(text, spans)
			layers = layersOf(text)
		}
		if spans = r.secretsIn(layers); len(spans) == 0 {
			return text
		}
	}
	return rewrite(text, spans)
}

// tokensIn finds the tokens that were sent, in each form and escape.
func (r *Redactor) tokensIn(text string) []span {
	if len(text) < shortestSecret {
		return nil
	}
	return r.tokensInLayers(layersOf(text))
}

func (r *Redactor) tokensInLayers(layers []layer) []span {
	r.addLearned()
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	if r.index.entries == nil {
		return nil
	}
	var found []span
	for _, layer := range layers {
		r.index.find(layer.lower, func(start, end int, token string) bool {
			found = append(found, layer.span(start, end, r.names[token]))
			return true
		})
		for _, dump := range dumpsIn(layer.lower) {
			r.index.find(lowered(string(dump.text)), func(start, end int, token string) bool {
				first, last := layer.span(dump.from[start], dump.from[start], ""), layer.span(dump.to[end-1], dump.to[end-1], "")
				found = append(found, span{first.start, last.end, r.names[token]})
				return true
			})
		}
		if r.loose.entries == nil || len(layer.lower) < shortestLoose {
			continue
		}
		var at []int
		r.loose.find(layer.squeezed(), func(start, end int, token string) bool {
			if at == nil {
				at = layer.lettersAt()
			}
			found = append(found, layer.span(at[start], at[end-1]+1, r.names[token]))
			return true
		})
	}
	return merged(found)
}

// secretsIn finds what has the name or the form of a secret.
func (r *Redactor) secretsIn(layers []layer) []span {
	var found []span
	for _, layer := range layers {
		add := func(start, end int, with string) {
			if start < end && !isMarked(layer.text[start:end], with) {
				found = append(found, layer.span(start, end, with))
			}
		}
		for _, find := range rules {
			find(r, layer, add)
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
	if len(spans) < 2 {
		return spans
	}
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
