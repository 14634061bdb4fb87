package html

import (
	"encoding/json"
	"strconv"
	"strings"
)

// memberOf is where the member that a JSON pointer names stands in a body, with
// its name. Where there is no such member, it is what should have it; in a body
// that is no JSON, the whole body. A body that is cut is read as far as it goes.
// Source of the pointer: https://www.rfc-editor.org/rfc/rfc6901#section-4
func memberOf(text, pointer string) span {
	reader := memberReader{text: text, tokens: json.NewDecoder(strings.NewReader(text))}
	whole := span{0, len(text)}
	if pointer == "" {
		return whole
	}
	names := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, name := range names {
		names[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	found, _ := reader.find(names, 0)
	if found.to <= found.from {
		return whole
	}
	return found
}

// memberReader reads a body token by token.
type memberReader struct {
	text   string
	tokens *json.Decoder
}

// find looks in the value that comes next, which begins (with its name, if it
// has one) at a byte. It reads no further than to what it found.
func (r *memberReader) find(names []string, from int) (span, bool) {
	if len(names) == 0 {
		if !r.skip() {
			return span{from, len(r.text)}, true
		}
		return span{from, r.end()}, true
	}
	token, err := r.tokens.Token()
	delimiter, _ := token.(json.Delim)
	if err != nil || delimiter != '{' && delimiter != '[' {
		return span{from, r.end()}, false
	}
	for index := 0; r.tokens.More(); index++ {
		name, begins := strconv.Itoa(index), r.next()
		if delimiter == '{' {
			key, err := r.tokens.Token()
			if err != nil {
				return span{from, len(r.text)}, false
			}
			name, _ = key.(string)
		}
		if name == names[0] {
			return r.find(names[1:], begins)
		}
		if !r.skip() {
			return span{from, len(r.text)}, false
		}
	}
	_, _ = r.tokens.Token()
	return span{from, r.end()}, false
}

// skip reads one value and reports whether it was whole.
func (r *memberReader) skip() bool {
	for depth := 0; ; {
		token, err := r.tokens.Token()
		if err != nil {
			return false
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return true
		}
	}
}

// end is the byte behind the last token.
func (r *memberReader) end() int { return min(len(r.text), int(r.tokens.InputOffset())) }

// next is the byte at which the next token begins.
func (r *memberReader) next() int {
	at := r.end()
	return at + len(r.text[at:]) - len(strings.TrimLeft(r.text[at:], " \t\r\n,:"))
}
