package spec

import (
	"maps"
	"slices"
	"strings"
)

// enumDescriptions is the member of an unfolded schema with one text for each
// value of its enum, as discovery documents have it.
const enumDescriptions = "x-enum-descriptions"

// readStates finds the states in the answer of the method that reads them: the
// member with an enum.
func (s *Surface) readStates() {
	_, answer := s.ReadState.Success()
	properties, _ := answer["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		member, _ := properties[name].(map[string]any)
		if text := oneLine(member["description"]); text != "" {
			s.Descriptions["member "+name+" of the state"] = text
		}
		values, _ := member["enum"].([]any)
		if len(values) == 0 || s.StateField != "" {
			continue
		}
		s.StateField = name
		texts, _ := member[enumDescriptions].([]any)
		for i, value := range values {
			state, _ := value.(string)
			s.States = append(s.States, state)
			if i < len(texts) {
				s.Descriptions["state "+state] = oneLine(texts[i])
			}
		}
	}
}

// Success gives the good answer of a call: its status and schema.
func (c Call) Success() (string, map[string]any) {
	for _, status := range slices.Sorted(maps.Keys(c.Answers)) {
		if strings.HasPrefix(status, "2") {
			return status, c.Answers[status]
		}
	}
	return "", nil
}

// describedTexts gives the description of a message and of its members, in the
// order of their names.
func describedTexts(schema map[string]any) []string {
	texts := []string{oneLine(schema["description"])}
	properties, _ := schema["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		member, _ := properties[name].(map[string]any)
		texts = append(texts, oneLine(member["description"]))
	}
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

// oneLine gives a text with single spaces, or nothing where it is no text.
func oneLine(value any) string {
	text, _ := value.(string)
	return strings.Join(strings.Fields(text), " ")
}
