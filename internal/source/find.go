package source

import (
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// candidate is a method of a source, with what it is found by.
type candidate struct {
	id, method, path string
	// marked says that the source marks it as the method under test.
	marked bool
}

// pathVariable is a variable in a path of any form.
var pathVariable = text.Pattern(`\{[^{}]*\}`)

// shape is a path without the names of its variables.
func shape(path string) string {
	return "/" + strings.TrimPrefix(pathVariable().ReplaceAllString(path, "{}"), "/")
}

// find returns the index of the method that a description has as an operation,
// or -1: by its id, by the source's own mark, by its path, or by its verb if no
// other method has that.
func find(candidates []candidate, wanted spec.Operation) int {
	if wanted.ID == "" && wanted.Method == "" {
		return -1
	}
	for _, is := range []func(candidate) bool{
		func(c candidate) bool { return c.id == wanted.ID },
		func(c candidate) bool { return endsIn(c.id, wanted.ID) || endsIn(wanted.ID, c.id) },
		func(c candidate) bool { return c.marked },
		func(c candidate) bool {
			return strings.EqualFold(c.method, wanted.Method) && shape(c.path) == shape(wanted.Path.String())
		},
	} {
		if index := slices.IndexFunc(candidates, is); index >= 0 {
			return index
		}
	}
	verb := wanted.Path.Verb()
	hasVerb := func(c candidate) bool { return verb != "" && strings.HasSuffix(c.path, ":"+verb) }
	index := slices.IndexFunc(candidates, hasVerb)
	if index >= 0 && slices.ContainsFunc(candidates[index+1:], hasVerb) {
		return -1
	}
	return index
}

// endsIn reports whether an id ends in another one that has at least a resource
// and a method: "api.jobs.cancel" ends in "jobs.cancel".
func endsIn(id, short string) bool {
	return strings.Contains(short, ".") && strings.HasSuffix(id, "."+short)
}

// ShortID returns the end of an id that a person knows the method by, its resource and
// its name: "jobs.cancel" of "api.jobs.cancel".
func ShortID(id string) string {
	parts := strings.Split(id, ".")
	return strings.Join(parts[max(0, len(parts)-2):], ".")
}
