package redact

import (
	"regexp"
	"slices"
	"strings"
)

const (
	// A parameter begins a text or follows a separator, which may be escaped for
	// a URL, for JSON or for HTML: the text may be JSON that broke off.
	inURL  = `[?&;#]|\\+u0026|\\+u003[fF]|%(?:25)*(?:26|3[fF]|23)`
	equals = `=|%(?:25)*3[dD]|\\+u003[dD]|&#(?:61|x3[dD]);`
	toEnd  = `(?:[^&\s"'<>#\\]|\\/|\\u[0-9a-fA-F]{4}|&#(?:43|47|61|x2[bBfF]|x3[dD]);)*`
)

var (
	valueOfParameter   = regexp.MustCompile(`^` + toEnd)
	longParameter      = regexp.MustCompile(`(?i)(` + anyName(longNames) + `)(?:` + equals + `)`)
	wordParameter      = regexp.MustCompile(`(?i)` + aStart + `(` + anyName(wordNames) + `)(?:` + equals + `)`)
	signatureParameter = regexp.MustCompile(`(?i)(?:` + inURL + `)(?:` + strings.Join(signatureNames, "|") + `|x-goog-[\w-]+|x-amz-[\w-]+)(?:` + equals + `)`)
	signatureWords     = names(append(slices.Clone(signatureNames), "x-goog-", "x-amz-")...)
)

// mayHoldParameter is a quick look that spares most texts the patterns.
func mayHoldParameter(text string) bool {
	return strings.Contains(text, "=") || strings.Contains(text, "%") || strings.Contains(text, `\u003`) || strings.Contains(text, "&#")
}

// parameters finds secret parameters of forms, queries and fragments.
func parameters(_ *Redactor, page page, add func(span)) {
	if !mayHoldParameter(page.text) {
		return
	}
	for _, pattern := range []*regexp.Regexp{longParameter, wordParameter} {
		for _, at := range page.matches(pattern, nameWords) {
			kind, _ := kindOfName(plainName(page.text[at[2]:at[3]]))
			end := page.endOf(valueOfParameter, at[1])
			if !isHarmlessValue(kind, page.text[at[1]:end]) {
				add(span{start: at[1], end: end, kind: kind, with: Mark})
			}
		}
	}
}

// signatures finds the parameters that sign a URL.
func signatures(_ *Redactor, page page, add func(span)) {
	if !mayHoldParameter(page.text) {
		return
	}
	for _, at := range page.matches(signatureParameter, signatureWords) {
		add(span{start: at[1], end: page.endOf(valueOfParameter, at[1]), kind: Signature, with: Mark})
	}
}

var (
	userOfURL  = regexp.MustCompile(`(?i)(?::|%(?:25)*3a)(?:\\*/|%(?:25)*2f){2}[^\s/@"'<>?#:\\%]*(?::|%(?:25)*3a)([^\s/@"'<>?#\\]+?)(?:@|%(?:25)*40)`)
	tokenOfURL = regexp.MustCompile(`(?i)(?::|%(?:25)*3a)(?:\\*/|%(?:25)*2f){2}([\w.~+%-]{16,})@`)
)

// beforeAt is where a password stands in a URL.
var beforeAt = words{any: []string{"@", "%40", "%2540"}, before: 1 << 10, behind: 8}

// passwordsOfURLs finds https://user:password@host and https://token@host.
func passwordsOfURLs(_ *Redactor, page page, add func(span)) {
	text := page.text
	for _, at := range page.matches(userOfURL, beforeAt) {
		add(span{start: at[2], end: at[3], kind: Password, with: Mark})
	}
	for _, at := range page.matches(tokenOfURL, beforeAt) {
		if IsOpaque(text[at[2]:at[3]]) {
			add(span{start: at[2], end: at[3], kind: SomeToken, with: Mark})
		}
	}
}
