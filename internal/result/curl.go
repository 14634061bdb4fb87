package result

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NoCredential is the credential of a request that is sent without a token.
const NoCredential = "no token"

// usualAuthorization is how a token is sent.
const usualAuthorization = "Authorization: Bearer $TOKEN"

// longestArgument is the length in bytes up to which a body stands in a curl
// command.
const longestArgument = 200

// Curl is a command that sends the request again. The token is $TOKEN, never
// the value.
func (m Message) Curl() string {
	words := []string{"curl", "-i", "--path-as-is"}
	if m.Method == http.MethodHead {
		words = append(words, "--head") // With -X HEAD curl would wait for a body.
	} else {
		words = append(words, "-X", m.Method)
	}
	words = append(words, quoted(m.URL))
	if strings.ContainsAny(m.URL, "[]{}") {
		// To curl these would be ranges and lists of addresses.
		words = append(words, "--globoff")
	}
	authorized := m.Credential != "" && m.Credential != NoCredential
	if authorized {
		words = append(words, "-H", `"`+cmp.Or(m.Authorization, usualAuthorization)+`"`)
	}
	for _, field := range m.Added {
		words = append(words, "-H", `"`+field+`"`)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		for _, value := range m.Header[name] {
			words = append(words, "-H", quoted(name+": "+value))
		}
	}
	length := max(m.BodyBytes, len(m.Body))
	control := strings.ContainsFunc(m.Body, unicode.IsControl) || !utf8.ValidString(m.Body)
	filled := ""
	if length > longestArgument && len(m.Body) == length {
		filled = filling(m.Body)
	}
	switch {
	case filled != "":
		words = append(append([]string{filled, "|"}, words...), "--data-binary", "@-")
	case length > longestArgument:
		words = append(words, "--data-binary", fmt.Sprintf("@body-of-%d-bytes", length))
	case control:
		words = append(append([]string{printed(m.Body), "|"}, words...), "--data-binary", "@-")
	case m.Body != "" || http.Header(m.Header).Get("Transfer-Encoding") != "":
		words = append(words, "--data-raw", quoted(m.Body))
	case slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, m.Method):
		words = append(words, "-H", "'Content-Length: 0'") // Go sends it with these methods.
	}
	if m.Body != "" && http.Header(m.Header).Get("Content-Type") == "" {
		// Without this curl says that the body is a form.
		words = append(words, "-H", "'Content-Type:'")
	}
	if authorized {
		return strings.Join(words, " ") + tokenComment + m.Credential
	}
	return strings.Join(words, " ")
}

// tokenComment stands before the words for the token.
const tokenComment = "  # set TOKEN first: "

// CurlAfter is a command that sends another request first, over the same
// connection, unless that is empty.
func (m Message) CurlAfter(before Message) string {
	if before.URL == "" {
		return m.Curl()
	}
	first, firstToken, _ := strings.Cut(before.Curl(), tokenComment)
	second, token, authorized := strings.Cut(m.Curl(), tokenComment)
	if firstToken != "" && firstToken != token {
		first = strings.Replace(first, "$TOKEN", "$FIRST_TOKEN", 1)
		firstToken = " # set FIRST_TOKEN first: " + firstToken
		if authorized {
			firstToken += ", TOKEN: "
		}
	} else if firstToken = ""; authorized {
		firstToken = tokenComment
	}
	// The bodies of both would come from the same input.
	input, command, piped := strings.Cut(second, " | curl ")
	if !piped {
		return first + " --next " + strings.TrimPrefix(second, "curl ") + firstToken + token
	}
	if _, alone, both := strings.Cut(first, " | curl "); both {
		first = "curl " + strings.Replace(alone, " --data-binary @-", fmt.Sprintf(" --data-binary @body-of-%d-bytes", len(before.Body)), 1)
	}
	return input + " | " + first + " --next " + command + firstToken + token
}

// quoted makes one word for a POSIX shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// filling is a command that prints a long body of which all but a few characters are
// one repeated letter; empty for any other.
func filling(body string) string {
	filler := body[len(body)/2 : len(body)/2+1]
	if strings.Trim(filler, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	begin, _, found := strings.Cut(body[:min(len(body), 2*longestArgument)], strings.Repeat(filler, longestArgument/2))
	end := strings.TrimLeft(body[len(begin):], filler)
	spaced := func(char rune) bool { return char <= ' ' || char > '~' }
	if few := len(begin) + len(end); !found || few > longestArgument || strings.ContainsFunc(begin+end, spaced) {
		return ""
	}
	return fmt.Sprintf("%s%%%ds%s '' | tr ' ' %s", strings.TrimSuffix(printed(begin), "'"), len(body)-len(begin)-len(end), strings.TrimPrefix(printed(end), "printf '"), filler)
}

// printed is a command that prints a text with control characters and is one
// line in every shell.
func printed(text string) string {
	var format strings.Builder
	whole := utf8.ValidString(text) // A report cannot show other octets.
	for _, char := range []byte(text) {
		switch {
		case char < ' ' || char == 0x7f || char > 0x7f && !whole || char == '\'' || char == '\\':
			fmt.Fprintf(&format, `\%03o`, char)
		case char == '%':
			format.WriteString("%%")
		default:
			format.WriteByte(char)
		}
	}
	return "printf '" + format.String() + "'"
}
