package spec

import (
	"regexp"
	"strings"
	"unicode"
)

// scopePrefix begins every scope of the platform.
const scopePrefix = "https://www.googleapis.com/auth/"

var (
	// scopePiece is a scope with all that stands right behind it.
	scopePiece = regexp.MustCompile(regexp.QuoteMeta(scopePrefix) + "[^\\s\"'<>|`*,;:!?()\\[\\]{}\u3001\uff0c\uff09]*")
	// wholeScope is a piece that is a scope and nothing more.
	wholeScope = regexp.MustCompile("^" + pageScope.String() + "$")
)

// oddScope finds a scope with something behind it that no scope has, such as the
// dots of a shortened text: a part of it must not pass for a scope.
func oddScope(text string) string {
	for _, piece := range scopePiece.FindAllString(text, -1) {
		// A full stop may end the sentence, and Markdown may escape an underscore; the
		// prefix alone names no scope.
		scope := strings.TrimSuffix(strings.TrimSuffix(piece, `\`), ".")
		if strings.IndexFunc(scope[len(scopePrefix):], unicode.IsLetter) >= 0 && !wholeScope.MatchString(scope) {
			return piece
		}
	}
	return ""
}
