package emulator

import (
	"bytes"
	"encoding/json"
	"slices"
)

// object is a JSON object that keeps the order of its members, and keeps a name
// twice where it is added twice.
type object []member

type member struct {
	name  string
	value any
}

// add puts a member at the end.
func (o *object) add(name string, value any) { *o = append(*o, member{name, value}) }

// set gives a member another value.
func (o *object) set(name string, value any) {
	for i := range *o {
		if (*o)[i].name == name {
			(*o)[i].value = value
		}
	}
}

// remove takes members out.
func (o *object) remove(names ...string) {
	*o = slices.DeleteFunc(*o, func(m member) bool { return slices.Contains(names, m.name) })
}

// text gives the value of a member that is a text; empty where there is none.
func (o *object) text(name string) string {
	for _, member := range *o {
		if text, isText := member.value.(string); isText && member.name == name {
			return text
		}
	}
	return ""
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	text.WriteByte('{')
	for i, member := range o {
		if i > 0 {
			text.WriteByte(',')
		}
		name, err := json.Marshal(member.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(member.value)
		if err != nil {
			return nil, err
		}
		text.Write(name)
		text.WriteByte(':')
		text.Write(value)
	}
	text.WriteByte('}')
	return text.Bytes(), nil
}
