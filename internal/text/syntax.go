package text

import (
	"fmt"
	"strings"
)

// syntaxReasons puts what readers of YAML say into words for who wrote the file.
// The first that fits counts.
var syntaxReasons = []struct{ says, reason string }{
	{"mapping values are not allowed", "a colon stands where no key can be; quote a value that has a colon in it"},
	{"tab character", "a tab indents a line; indent with spaces"},
	{"cannot start any token", "a character that no value begins with, such as a tab, @ or %; indent with spaces, and quote such a value"},
	{"expected ',' or", "a bracket is not closed, or a comma is missing"},
	{"expected ':'", "a key has no colon, or a line is indented too little"},
	{"unexpected end of stream", "a quotation is not closed"},
	{"expected node content", "a value is missing, or a bracket is not closed"},
	{"did not find expected", "a line is indented wrongly, or something before it is not closed"},
	{"unexpected end of JSON", "it is cut short"},
}

// unknownAnchor finds the name of an anchor that is not there, and unexpected the
// character that JSON cannot have in its place.
var (
	unknownAnchor = Pattern(`unknown anchor '([^']*)'`)
	unexpected    = Pattern(`^invalid character ('.+') `)
)

// SyntaxReason says in our own words what a reader of YAML or JSON does not take.
func SyntaxReason(message string) string {
	for _, known := range syntaxReasons {
		if strings.Contains(message, known.says) {
			return known.reason
		}
	}
	if anchor := unknownAnchor().FindStringSubmatch(message); anchor != nil {
		return fmt.Sprintf("there is no anchor %s for the alias", anchor[1])
	}
	if character := unexpected().FindStringSubmatch(message); character != nil {
		return "an unexpected " + character[1]
	}
	return message
}
