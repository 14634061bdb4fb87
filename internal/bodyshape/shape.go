// Package bodyshape says which form a JSON text has: the types of its values
// and the names of its members, and nothing of the values. The elements of an
// array are merged into one.
package bodyshape

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// Shape is the form of one value, or of several that were merged. The zero
// Shape is that of no value.
type Shape struct {
	// scalars are the types beside objects and arrays that were seen, sorted.
	scalars []string
	object  *object
	array   *array
}

// object is what all objects in one place have.
type object struct{ members map[string]member }

// member is optional where not every merged object has it.
type member struct {
	shape    Shape
	optional bool
}

// array is what all arrays in one place have; without elements nothing is known
// of them.
type array struct{ elements *Shape }

// ErrNoJSON says that a text is not one JSON value.
var ErrNoJSON = errors.New("not one JSON value")

// Of reads the shape of a JSON text. It returns ErrNoJSON for any other text,
// the empty one included.
func Of(text []byte) (Shape, error) {
	// Valid bounds the depth, so what follows may recurse.
	if !json.Valid(text) {
		return Shape{}, ErrNoJSON
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return read(decoder)
}

// read takes one value from a valid text.
func read(decoder *json.Decoder) (Shape, error) {
	token, err := decoder.Token()
	if err != nil {
		return Shape{}, ErrNoJSON
	}
	switch token {
	case json.Delim('{'):
		return readObject(decoder)
	case json.Delim('['):
		return readArray(decoder)
	}
	return Shape{scalars: []string{scalarOf(token)}}, nil
}

func scalarOf(token json.Token) string {
	switch token.(type) {
	case string:
		return "string"
	case json.Number:
		return "number"
	case bool:
		return "boolean"
	}
	return "null"
}

func readObject(decoder *json.Decoder) (Shape, error) {
	members := map[string]member{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return Shape{}, ErrNoJSON
		}
		shape, err := read(decoder)
		if err != nil {
			return Shape{}, err
		}
		text, _ := name.(string)
		// A name that stands twice has the types of both.
		if before, twice := members[text]; twice {
			shape = merge(before.shape, shape)
		}
		members[text] = member{shape: shape}
	}
	_, err := decoder.Token()
	return Shape{object: &object{members}}, err
}

func readArray(decoder *json.Decoder) (Shape, error) {
	var all *Shape
	for decoder.More() {
		one, err := read(decoder)
		if err != nil {
			return Shape{}, err
		}
		if all != nil {
			one = merge(*all, one)
		}
		all = &one
	}
	_, err := decoder.Token()
	return Shape{array: &array{all}}, err
}

// merge makes the shape that covers both.
func merge(a, b Shape) Shape {
	merged := Shape{scalars: slices.Concat(a.scalars, b.scalars), object: a.object, array: a.array}
	slices.Sort(merged.scalars)
	merged.scalars = slices.Compact(merged.scalars)
	if merged.object == nil {
		merged.object = b.object
	} else if b.object != nil {
		merged.object = mergeObjects(a.object, b.object)
	}
	if merged.array == nil {
		merged.array = b.array
	} else if b.array != nil {
		merged.array = mergeArrays(a.array, b.array)
	}
	return merged
}

func mergeObjects(a, b *object) *object {
	members := map[string]member{}
	for name, one := range a.members {
		other, both := b.members[name]
		if both {
			members[name] = member{merge(one.shape, other.shape), one.optional || other.optional}
		} else {
			members[name] = member{one.shape, true}
		}
	}
	for name, one := range b.members {
		if _, both := a.members[name]; !both {
			members[name] = member{one.shape, true}
		}
	}
	return &object{members}
}

func mergeArrays(a, b *array) *array {
	switch {
	case a.elements == nil:
		return b
	case b.elements == nil:
		return a
	}
	merged := merge(*a.elements, *b.elements)
	return &array{&merged}
}
