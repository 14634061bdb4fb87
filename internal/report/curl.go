package report

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/dpconform/dpconform/internal/target"
)

// longestArgument is the length in bytes from which a body does not stand in a
// curl line.
const longestArgument = 200

// Curl gives a command that sends the same request. The token is $TOKEN, never
// the value.
func Curl(exchange *target.Exchange) string {
	return curlLine(exchange.URL, exchange.Request, len(exchange.Request.Body))
}

// curlLine is Curl for a request of which the body may be cut.
func curlLine(url string, request target.Request, bodyBytes int) string {
	words := append([]string{"curl", "-i", "--path-as-is"}, methodWords(request.Method)...)
	words = append(words, quote(url))
	if strings.ContainsAny(url, "[]{}") {
		// They would be ranges and lists of addresses to curl.
		words = append(words, "--globoff")
	}
	if request.Credential.Present() {
		words = append(words, "-H", `"Authorization: Bearer $TOKEN"`)
	}
	names := make([]string, 0, len(request.Header))
	for name := range request.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range request.Header[name] {
			words = append(words, "-H", quote(name+": "+value))
		}
	}
	words = append(words, bodyWords(request, bodyBytes)...)
	if strings.ContainsFunc(string(request.Body), unicode.IsControl) && bodyBytes <= longestArgument {
		words = append([]string{printed(request.Body), "|"}, words...)
	}
	if request.Credential.Present() {
		words = append(words, " # TOKEN: "+request.Credential.Label)
	}
	return strings.Join(words, " ")
}

// bodyWords are the options about the body: it is read from standard input where
// it would be more than a line.
func bodyWords(request target.Request, bodyBytes int) []string {
	var words []string
	switch {
	case bodyBytes > longestArgument:
		words = append(words, "--data-binary", fmt.Sprintf("@body-of-%d-bytes", bodyBytes))
	case strings.ContainsFunc(string(request.Body), unicode.IsControl):
		words = append(words, "--data-binary", "@-")
	case len(request.Body) > 0:
		words = append(words, "--data-raw", quote(string(request.Body)))
	case slices.Contains(withLength, request.Method):
		words = append(words, "-H", "'Content-Length: 0'")
	}
	if len(request.Body) > 0 && request.Header.Get("Content-Type") == "" {
		// Without this curl says that the body is a form.
		words = append(words, "-H", "'Content-Type:'")
	}
	return words
}

// withLength are the methods with which Go sends a length of 0 for no body.
var withLength = []string{http.MethodPost, http.MethodPut, http.MethodPatch}

// methodWords say the method; for HEAD curl would else wait for a body.
func methodWords(method string) []string {
	if method == http.MethodHead {
		return []string{"--head"}
	}
	return []string{"-X", method}
}

// quote makes one word for a POSIX shell.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// printed is a command that prints a text with control characters, so that a
// line stays one line in every shell.
func printed(text []byte) string {
	var format strings.Builder
	for _, char := range text {
		switch {
		case char < ' ' || char == 0x7f || char == '\'' || char == '\\':
			fmt.Fprintf(&format, `\%03o`, char)
		case char == '%':
			format.WriteString("%%")
		default:
			format.WriteByte(char)
		}
	}
	return "printf '" + format.String() + "'"
}
