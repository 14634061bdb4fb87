package knownfailures

import "strings"

// anything stands in a pattern for any text, slashes and dots included.
const anything = "*"

// matches reports whether a pattern, which may be a plain id, matches an id.
func matches(pattern, id string) bool {
	parts := strings.Split(pattern, anything)
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return pattern == id
	}
	if !strings.HasPrefix(id, first) || !strings.HasSuffix(id[len(first):], last) {
		return false
	}
	between := id[len(first) : len(id)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(between, part)
		if at < 0 {
			return false
		}
		between = between[at+len(part):]
	}
	return true
}
