package redact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
)

// shortestInBase64 is the length from which a token is looked for within
// base64. Of a shorter one too few letters are the same whatever stands around
// it.
const shortestInBase64 = 12

// formsOf lists the ways in which a token is written in URLs, JSON, HTML and
// base64.
func formsOf(token string) []string {
	forms := plainForms(token)
	if len(token) >= shortestInBase64 {
		for _, encoded := range insideBase64(token) {
			forms = append(forms, encoded, url.QueryEscape(encoded), strings.ReplaceAll(encoded, "/", `\/`))
		}
	}
	slices.Sort(forms[1:])
	return slices.Compact(forms)
}

func plainForms(token string) []string {
	escaped := url.QueryEscape(token)
	forms := []string{token, escaped, url.PathEscape(token), url.QueryEscape(escaped), html.EscapeString(token),
		strings.NewReplacer("+", "&#43;", "/", "&#47;", "=", "&#61;").Replace(html.EscapeString(token)),
		strings.ReplaceAll(html.EscapeString(token), "+", "&#43;"),
		strings.ReplaceAll(token, "/", `\/`)}
	if lower := lowerEscapes(escaped); lower != escaped {
		forms = append(forms, lower)
	}
	forms = append(forms, percentForms(token)...)
	forms = append(forms, spelled(token, "%%%02X"), spelled(token, "%%%02x"), spelled(token, "%02x"), spelled(token, "%02X"),
		spelled(token, "&#%d;"), spelled(token, "&#x%x;"), spelled(token, "&#x%X;"))
	if quoted, err := json.Marshal(token); err == nil {
		forms = append(forms, strings.Trim(string(quoted), `"`))
	}
	return forms
}

// mostEscapable is how many different characters of a token may be escaped or
// not, each by itself; of more only what common libraries do is looked for.
const mostEscapable = 6

// percentForms lists a token with each choice of its characters escaped that are
// no letters and digits: libraries do not agree on which must be.
func percentForms(token string) []string {
	var escapable []byte
	for i := range len(token) {
		if char := token[i]; !isAlphanumeric(char) && !slices.Contains(escapable, char) {
			escapable = append(escapable, char)
		}
	}
	if len(escapable) > mostEscapable {
		return nil
	}
	var forms []string
	for choice := 1; choice < 1<<len(escapable); choice++ {
		var pairs []string
		for i, char := range escapable {
			if choice&(1<<i) != 0 {
				pairs = append(pairs, string(rune(char)), fmt.Sprintf("%%%02X", char))
			}
		}
		escaped := strings.NewReplacer(pairs...).Replace(token)
		forms = append(forms, escaped, lowerEscapes(escaped))
	}
	return forms
}

func isAlphanumeric(char byte) bool {
	return char >= '0' && char <= '9' || char >= 'A' && char <= 'Z' || char >= 'a' && char <= 'z'
}

// spelled writes each byte of a token by a format.
func spelled(token, format string) string {
	var text strings.Builder
	for i := range len(token) {
		fmt.Fprintf(&text, format, token[i])
	}
	return text.String()
}

// lowerEscapes writes %2F as %2f.
func lowerEscapes(escaped string) string {
	letters := []byte(escaped)
	for i := 0; i+2 < len(letters); i++ {
		if letters[i] == '%' {
			copy(letters[i+1:i+3], strings.ToLower(escaped[i+1:i+3]))
		}
	}
	return string(letters)
}

// insideBase64 lists the letters that a token has in the base64 of any text
// that it is a part of, such as user:token. Three bytes are four letters there,
// so they depend on how many bytes stand in front of it, and the ones at its
// edges on its neighbours.
func insideBase64(token string) []string {
	var forms []string
	for before := range 3 {
		padded := strings.Repeat("\x00", before) + token
		whole := len(padded) - len(padded)%3
		// Of a token that begins within three bytes, these share their letters with
		// what stands in front.
		first := []int{0, 2, 3}[before]
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			forms = append(forms, encoding.EncodeToString([]byte(padded[:whole]))[first:])
		}
	}
	return forms
}
