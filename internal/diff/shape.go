package diff

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/text"
)

// shape is the form of a JSON body: the types of its values by their places, such
// as "error.details[].@type". The elements of an array share one place. Of an
// array without elements nothing is known.
type shape map[string][]string

// shapeOf reads the shape of a JSON text, and writes it in one line, members
// sorted by name:
//
//	{error: {code: number, details: [{@type: string}], message: string}}
//
// It reports false for any other text.
func shapeOf(body string) (shape, string, bool) {
	var value any
	// Validity bounds the depth, so what follows may recurse.
	if json.Unmarshal([]byte(body), &value) != nil {
		return nil, "", false
	}
	places := shape{}
	return places, places.add("", value), true
}

// add notes the types in a value, and writes it as shapeOf does.
func (s shape) add(place string, value any) (written string) {
	name := "number"
	switch value := value.(type) {
	case map[string]any:
		name = "object"
		var members []string
		for _, member := range slices.Sorted(maps.Keys(value)) {
			quoted := member
			if !plainName().MatchString(member) {
				quoted = strconv.Quote(member)
			}
			members = append(members, quoted+": "+s.add(strings.TrimPrefix(place+"."+quoted, "."), value[member]))
		}
		written = "{" + strings.Join(members, ", ") + "}"
	case []any:
		name = "array"
		var elements []string
		for _, element := range value {
			elements = append(elements, s.add(place+"[]", element))
		}
		slices.Sort(elements)
		written = "[" + strings.Join(slices.Compact(elements), " | ") + "]"
	case string:
		name = "string"
		if strings.HasPrefix(value, redact.Mark+" (number,") {
			name = "number" // A report shows of it what it was.
		}
	case bool:
		name = "boolean"
	case nil:
		name = "null"
	}
	if !slices.Contains(s[place], name) {
		s[place] = append(s[place], name)
		slices.Sort(s[place])
	}
	if written == "" {
		return name
	}
	return written
}

// plainName is a name that needs no quotes.
var plainName = text.Pattern(`^[A-Za-z0-9_@$][A-Za-z0-9_@$-]*$`)

// shapeDifferences lists where two bodies have other types. Below a place that
// differs nothing more is listed.
func shapeDifferences(old, new shape) []difference {
	both := maps.Clone(old)
	maps.Copy(both, new)
	var all []difference
	differs := map[string]bool{}
	for _, place := range slices.Sorted(maps.Keys(both)) {
		before, after := strings.Join(old[place], " | "), strings.Join(new[place], " | ")
		skip := before == after || differs[""]
		for i := 1; i <= len(place) && !skip; i++ {
			if i == len(place) || place[i] == '.' || place[i] == '[' {
				skip = differs[place[:i]]
			}
			if elements := place[:i]; strings.HasSuffix(elements, "[]") && (old[elements] == nil || new[elements] == nil) {
				skip = true // One of the arrays is empty.
			}
		}
		if !skip {
			differs[place] = true
			all = append(all, difference{"body", before, after, place})
		}
	}
	return all
}
