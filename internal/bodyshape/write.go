package bodyshape

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// String writes a shape in one line, members sorted by name:
//
//	{error: {code: number, details?: [{@type: string}], message: string}}
//
// A question mark stands behind a member that not every element of an array
// has, and "|" between several types.
func (s Shape) String() string {
	parts := slices.Clone(s.scalars)
	if s.array != nil {
		elements := ""
		if s.array.elements != nil {
			elements = s.array.elements.String()
		}
		parts = append(parts, "["+elements+"]")
	}
	if s.object != nil {
		parts = append(parts, s.object.String())
	}
	return strings.Join(parts, " | ")
}

func (o *object) String() string {
	var members []string
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		mark := ""
		if o.members[name].optional {
			mark = "?"
		}
		members = append(members, nameText(name)+mark+": "+o.members[name].shape.String())
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// plainName is a name that needs no quotes to be told from what is around it.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_@$][A-Za-z0-9_@$-]*$`)

func nameText(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return strconv.Quote(name)
}
