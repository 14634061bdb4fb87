package redact

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
)

// Found is a secret in a text. Nothing of the secret itself is in it.
type Found struct {
	// Kind says in plain words what it is.
	Kind Kind
	// Line is the 1-based number of the line on which it begins.
	Line int
	// Excerpt is what stands around it, on one line.
	Excerpt string
	// Doubtful says that its name or form makes it a secret and its value looks
	// like none: a word of a person or of a program, or too short. In a recording
	// it is one all the same.
	Doubtful bool
}

// Find lists the secrets in a text that Text or Body would take out, in their
// order. What dpconform itself puts in the place of a token is none. JSON, the
// strings of JSON, and bodies that a cassette keeps in base64 are looked into.
func Find(text string) []Found {
	finder := finder{redactor: NewRedactor(nil)}
	finder.look(text, 0)
	slices.SortStableFunc(finder.found, func(a, b Found) int { return cmp.Compare(a.Line, b.Line) })
	return slices.Compact(finder.found)
}

// finder collects what is found in a text and the texts inside it.
type finder struct {
	redactor *Redactor
	found    []Found
}

// look finds the secrets in a text, all of them at one line where that is not 0.
func (f *finder) look(text string, line int) {
	spans := f.spansOf(text)
	mask := maskOf(text, spans)
	at, passed := 1, 0
	for i, one := range spans {
		at += strings.Count(text[passed:one.start], "\n")
		passed = one.start
		if one.inner != "" {
			before := len(f.found)
			f.look(one.inner, cmp.Or(line, at))
			if len(f.found) > before {
				continue
			}
		}
		f.found = append(f.found, Found{
			Kind: cmp.Or(one.kind, SomeToken), Line: cmp.Or(line, at), Excerpt: f.excerpt(text, spans, i, mask),
			Doubtful: one.inner == "" && isDoubtful(one.kind, text[one.start:one.end]),
		})
	}
}

// spansOf lists the secrets that Body would find, and those that Text would
// find besides.
func (f *finder) spansOf(text string) []span {
	spans := f.redactor.textSpans(text)
	if !json.Valid([]byte(text)) {
		return spans
	}
	inside := f.redactor.jsonSpans(text)
	return apart(inside, spans)
}

// apart puts two lists of spans together, without those of the second that
// overlap one of the first.
func apart(first, second []span) []span {
	all := slices.Clone(first)
	next := 0
	for _, one := range second {
		for next < len(first) && first[next].end <= one.start {
			next++
		}
		if next == len(first) || one.end <= first[next].start {
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	return all
}

// The lengths in bytes of what is shown in front of a secret and behind it.
const (
	shownBefore = 40
	shownBehind = 20
)

// excerpt is what stands around a secret on its line, up to its neighbours.
func (f *finder) excerpt(text string, spans []span, i int, mask *strings.Replacer) string {
	from, to := 0, len(text)
	if i > 0 {
		from = spans[i-1].end
	}
	if i+1 < len(spans) {
		to = spans[i+1].start
	}
	before, behind := text[from:spans[i].start], text[spans[i].end:to]
	before = before[strings.LastIndexByte(before, '\n')+1:]
	behind, _, _ = strings.Cut(behind, "\n")
	// Hidden first, and cut to what is shown afterwards: a part of a secret is not
	// recognised.
	const looked = 1 << 10
	before = f.harmless(before[max(0, len(before)-looked):], mask)
	behind = f.harmless(behind[:min(len(behind), looked)], mask)
	before = strings.ToValidUTF8(before[max(0, len(before)-shownBefore):], "")
	behind = strings.ToValidUTF8(behind[:min(len(behind), shownBehind)], "")
	return strings.TrimSpace(before + Mark + behind)
}

// harmless is a piece of an excerpt: without any secret of the text, though it
// stands there once more without a name, and fit for a terminal.
func (f *finder) harmless(piece string, mask *strings.Replacer) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, f.redactor.Text(mask.Replace(piece)))
}

// maskOf hides the secrets themselves, the longest first. Of short ones the
// letters stand everywhere.
func maskOf(text string, spans []span) *strings.Replacer {
	const shortest, longest = 4, 4 << 10
	var secrets []string
	for _, one := range spans {
		if secret := strings.Trim(text[one.start:one.end], `"`); len(secret) >= shortest && len(secret) <= longest {
			secrets = append(secrets, secret)
		}
	}
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	var pairs []string
	for _, secret := range slices.Compact(secrets) {
		pairs = append(pairs, secret, Mark)
	}
	return strings.NewReplacer(pairs...)
}

// shortestKey is the length under which a private key is a word about keys.
const shortestKey = 120

// isDoubtful reports whether a value does not look like a secret of its kind.
func isDoubtful(kind Kind, secret string) bool {
	lower := strings.ToLower(secret)
	switch {
	case kind == PrivateKey && strings.Contains(secret, "PRIVATE"):
		return len(secret) < shortestKey
	case kind == DownloadURL:
		return !strings.Contains(secret, "://")
	case strings.ContainsAny(secret, "${}<>()[]…\\|*^ ") || strings.Contains(secret, "..") || strings.Contains(secret, "%s"):
		return true
	case strings.Contains(lower, "example") || strings.Contains(lower, "your"):
		return true
	}
	return !IsOpaque(strings.Trim(secret, `"'`)) || !strings.ContainsAny(secret, "0123456789")
}
