package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/target"
)

// longestArgument is the length in bytes from which a body does not stand in a
// curl line.
const longestArgument = 200

// Curl gives a command that sends the same request. The token is $TOKEN, never
// the value.
func Curl(exchange *target.Exchange) string {
	request := exchange.Request
	words := []string{"curl", "-i", "--path-as-is", "-X", request.Method, quote(exchange.URL)}
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
	switch {
	case len(request.Body) > longestArgument:
		words = append(words, "--data-binary", fmt.Sprintf("@body-of-%d-bytes", len(request.Body)))
	case len(request.Body) > 0:
		words = append(words, "--data-binary", quote(string(request.Body)))
	case request.Method != "GET":
		words = append(words, "-H", "'Content-Length: 0'")
	}
	if request.Credential.Present() {
		words = append(words, " # TOKEN: "+request.Credential.Label)
	}
	return strings.Join(words, " ")
}

// quote makes one word for a POSIX shell.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
