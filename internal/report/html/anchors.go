package html

import (
	"html/template"
	"strconv"
	"strings"
)

// anchors gives out the ids of a page, each once.
type anchors struct{ taken map[string]bool }

// fixedAnchors are the ids of the page itself, which nothing of a report gets.
var fixedAnchors = []string{"top", "main", "failures", "warnings", "errors", "unexpected", "aspects", "scopes", "states", "states-title", "states-table",
	"requirements", "not-judged", "known", "timeline", "facts", "others", "filter", "query", "found",
	"g-pass", "g-fail", "g-warn", "g-skip", "g-error", "g-expected", "g-unexpected", "g-none"}

func newAnchors() *anchors {
	made := &anchors{taken: map[string]bool{}}
	for _, name := range fixedAnchors {
		made.taken[name] = true
	}
	return made
}

// longestAnchor is the length in bytes from which a name is cut in an id.
const longestAnchor = 160

// next gives an id that is the name where that can be, and otherwise like it.
func (a *anchors) next(name string) string {
	wanted := strings.Map(inAnchor, name[:min(len(name), longestAnchor)])
	if wanted == "" {
		wanted = "unnamed"
	}
	free := wanted
	for i := 2; a.taken[free]; i++ {
		free = wanted + "--" + strconv.Itoa(i)
	}
	a.taken[free] = true
	return free
}

// inAnchor leaves the characters that need no escape in an address.
func inAnchor(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("._/-", r):
		return r
	}
	return '-'
}

// link leads to an id of this page. An id that anchors gave is safe there as it
// is.
func link(anchor string) template.URL { return template.URL("#" + anchor) }
