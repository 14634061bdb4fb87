package bodyshape

import (
	"maps"
	"slices"
	"strings"
)

// Difference is one place in which two shapes are not the same.
type Difference struct {
	// Place is the path of members to it, "error.details[].@type"; empty for the
	// whole body.
	Place string
	// Old and New say what is there; one of them is empty for a member that only
	// the other has.
	Old, New string
}

// String says a difference in one line.
func (d Difference) String() string {
	place := d.Place
	if place == "" {
		place = "the body"
	}
	switch {
	case d.Old == "":
		return place + ": new, " + d.New
	case d.New == "":
		return place + ": gone, was " + d.Old
	}
	return place + ": " + d.Old + " → " + d.New
}

// Differences lists in which places two shapes are not the same, sorted by
// place. Of an array without elements nothing is known, so it differs from no
// other array.
func Differences(old, new Shape) []Difference { return differences("", old, new) }

func differences(place string, old, new Shape) []Difference {
	var all []Difference
	if before, after := old.types(), new.types(); before != after {
		all = append(all, Difference{place, before, after})
	}
	if old.object != nil && new.object != nil {
		all = append(all, memberDifferences(place, old.object, new.object)...)
	}
	if old.array != nil && new.array != nil && old.array.elements != nil && new.array.elements != nil {
		all = append(all, differences(place+"[]", *old.array.elements, *new.array.elements)...)
	}
	return all
}

func memberDifferences(place string, old, new *object) []Difference {
	names := slices.AppendSeq(slices.Collect(maps.Keys(old.members)), maps.Keys(new.members))
	slices.Sort(names)
	var all []Difference
	for _, name := range slices.Compact(names) {
		path := strings.TrimPrefix(place+"."+nameText(name), ".")
		before, had := old.members[name]
		after, has := new.members[name]
		switch {
		case !has:
			all = append(all, Difference{path, before.shape.String(), ""})
		case !had:
			all = append(all, Difference{path, "", after.shape.String()})
		default:
			if before.optional != after.optional {
				all = append(all, Difference{path, presence(before), presence(after)})
			}
			all = append(all, differences(path, before.shape, after.shape)...)
		}
	}
	return all
}

func presence(one member) string {
	if one.optional {
		return "in some elements"
	}
	return "in every element"
}

// types names the types of a shape without what is inside them.
func (s Shape) types() string {
	names := slices.Clone(s.scalars)
	if s.array != nil {
		names = append(names, "array")
	}
	if s.object != nil {
		names = append(names, "object")
	}
	return strings.Join(names, " | ")
}
