package spec

import (
	"regexp"
	"strings"
)

// Bounds of a page: how deep the members of a message may stand, and at how many
// braces a message is looked for.
const (
	deepestBlock = 32
	mostBraces   = 1000
)

// pageBlocks finds the messages that a page shows, such as
//
//	{ "archiveJobId": string, "state": enum (State), "urls": [ string ] }
//
// in their order. Braces around anything else are none.
func pageBlocks(text string) []map[string]any {
	var blocks []map[string]any
	for range mostBraces {
		start := strings.IndexByte(text, '{')
		if start < 0 {
			return blocks
		}
		reader := &blockReader{rest: text[start:]}
		schema, ok := reader.object(0)
		if !ok || len(mappingOf(schema["properties"])) == 0 {
			text = text[start+1:]
			continue
		}
		blocks = append(blocks, schema)
		text = reader.rest
	}
	return blocks
}

// blockReader reads the notation of messages. It is JSON with the name of a
// type in the place of each value.
type blockReader struct{ rest string }

var (
	blockSpace = regexp.MustCompile(`^(?:\s|//[^\n]*|,)*`)
	blockName  = regexp.MustCompile(`^"([A-Za-z_@][A-Za-z0-9_@]*)"\s*:\s*`)
	blockType  = regexp.MustCompile(`^([a-z0-9]+)(?:\s*\(([^()\n]*)\))?`)
)

func (r *blockReader) skip() {
	r.rest = r.rest[len(blockSpace.FindString(r.rest)):]
}

func (r *blockReader) take(token string) bool {
	r.skip()
	rest, found := strings.CutPrefix(r.rest, token)
	if found {
		r.rest = rest
	}
	return found
}

// object reads "{ … }": members, or the name of a message.
func (r *blockReader) object(depth int) (map[string]any, bool) {
	if depth > deepestBlock || !r.take("{") {
		return nil, false
	}
	properties := map[string]any{}
	for !r.take("}") {
		name := blockName.FindStringSubmatch(r.rest)
		if name == nil {
			// "{ object (Message) }", and "{ string: string, … }" of a map.
			message := blockType.FindString(r.rest)
			if message == "" || len(properties) > 0 {
				return nil, false
			}
			_, after, closed := strings.Cut(r.rest, "}")
			r.rest = after
			return map[string]any{"type": "object"}, closed
		}
		r.rest = r.rest[len(name[0]):]
		member, ok := r.value(depth)
		if !ok {
			return nil, false
		}
		properties[name[1]] = member
	}
	return map[string]any{"type": "object", "properties": properties}, true
}

// value reads the type of a member.
func (r *blockReader) value(depth int) (map[string]any, bool) {
	r.skip()
	switch {
	case strings.HasPrefix(r.rest, "{"):
		return r.object(depth + 1)
	case r.take("["):
		if depth > deepestBlock {
			return nil, false
		}
		items, ok := r.value(depth + 1)
		return map[string]any{"type": "array", "items": items}, ok && r.take("]")
	}
	name := blockType.FindStringSubmatch(r.rest)
	if name == nil {
		return nil, false
	}
	r.rest = r.rest[len(name[0]):]
	return typeOnPage(name[1], name[2])
}

// typeOnPage gives the schema of a type as pages write it: "string", "enum
// (State)", "string (Timestamp format)", "object (Message)".
func typeOnPage(name, detail string) (map[string]any, bool) {
	switch name {
	case "string", "boolean", "integer", "number", "object":
		if name == "string" && strings.HasPrefix(detail, "Timestamp") {
			return map[string]any{"type": name, "format": "date-time"}, true
		}
		return map[string]any{"type": name}, true
	case "enum":
		return map[string]any{"type": "string"}, true
	case "value":
		return map[string]any{}, true
	}
	return nil, false
}
