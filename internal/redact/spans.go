package redact

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// span is a piece of a text that holds a secret, and what stands there instead.
// The redactor and the finder both live on spans, so they cannot disagree.
type span struct {
	start, end int
	kind       Kind
	with       string
	// inner is what the piece says, where it is written in another form (base64,
	// a string of JSON) and the secret is a part of it.
	inner string
}

// rule finds the secrets of one form.
type rule func(r *Redactor, page page, add func(span))

// rules are all forms that are looked for. A new one here is hidden by the
// redactor and named by the finder.
var rules []rule

// Rules are put in at the start because one of them, that for stored bodies,
// looks into what it finds with all of them.
func init() {
	rules = []rule{
		storedBodies, membersWithQuotes, membersWithoutQuotes, elements, pairs, cookieLists, downloadURLs, parameters, signatures,
		headersInText, schemes, passwordsOfURLs, shapes,
	}
}

// textSpans lists the secrets in a text in their order. Where two overlap they
// are one.
func (r *Redactor) textSpans(text string) []span {
	var found []span
	add := func(one span) {
		if one.start < one.end && !isMarked(text[one.start:one.end], one.with) {
			found = append(found, one)
		}
	}
	page := newPage(text)
	for _, rule := range rules {
		rule(r, page, add)
	}
	return merged(found)
}

// endOfElement ends an element of HTML: what stands behind a text in a page.
var endOfElement = regexp.MustCompile(`</[a-z0-9]+>`)

// isMarked reports whether a piece is what stands for a secret already. Where a
// text broke off, what ends the text around it may be taken for a part of it.
func isMarked(piece, with string) bool {
	if piece == with {
		return true
	}
	rest, marked := strings.CutPrefix(piece, Mark)
	rest = endOfElement.ReplaceAllString(rest, "")
	return marked && strings.Trim(rest, "'\"`)]}>,;.\\ \t") == ""
}

func merged(spans []span) []span {
	slices.SortStableFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	var apart []span
	for _, one := range spans {
		if last := len(apart) - 1; last >= 0 && one.start < apart[last].end {
			if one.end > apart[last].end {
				apart[last].end, apart[last].with, apart[last].inner = one.end, Mark, ""
			}
			continue
		}
		apart = append(apart, one)
	}
	return apart
}

// rewrite puts in what stands for the secrets.
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
