package drift

import (
	"net/url"
	"regexp"
	"strings"
)

// Next is what a comparison was made of, as it was given: it makes the commands
// that a person may type next.
type Next struct {
	// From and Against are files, addresses or -; From is empty for the built-in
	// description.
	From, Against string
}

// ownFile is what the built-in description is called as a file.
const ownFile = "my.openapi.yaml"

// commands lists what to type next, one command a line. The description that is
// edited is that of from, where it is one.
func (n Next) commands(comparison Comparison, width int) []string {
	file, commands := "FILE", []string{}
	switch {
	case n.From == "":
		file = ownFile
		commands = append(commands, "dpconform spec print > "+ownFile)
	case comparison.From.Kind == "openapi" && n.From != StandardInput && !strings.Contains(n.From, "://"):
		file = typed(n.From)
	}
	update, from := "dpconform spec update --spec "+file, "--from "+shownSource(n.Against)
	if len("  "+update+" "+from) > width {
		return append(commands, update+" \\", "    "+from)
	}
	return append(commands, update+" "+from)
}

// harmless are the parameters of an address that hold no key.
var harmless = map[string]bool{"version": true, "alt": true, "prettyPrint": true, "hl": true}

// shownSource gives a source as it can be typed again. An address whose query may
// hold a key is not repeated.
func shownSource(source string) string {
	if address, err := url.Parse(source); strings.Contains(source, "://") && (err != nil || address.User != nil || !isHarmless(address)) {
		return "SOURCE"
	}
	return typed(source)
}

func isHarmless(address *url.URL) bool {
	query, err := url.ParseQuery(address.RawQuery)
	for name := range query {
		if !harmless[name] {
			return false
		}
	}
	return err == nil && address.Fragment == ""
}

// plainWord is what a shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]+$`)

// typed quotes a word for a shell where that is needed.
func typed(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
