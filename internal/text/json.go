package text

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"unicode/utf16"
	"unicode/utf8"
)

// WriteJSON writes a value as indented JSON. What Printable escapes is escaped in
// it too, in the way of JSON, so that who reads it gets the text as it was.
func WriteJSON(out io.Writer, value any) error {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	written, kept := buffer.String(), 0
	for at := 0; at < len(written); {
		character, size := rune(written[at]), 1
		if character >= utf8.RuneSelf {
			character, size = utf8.DecodeRuneInString(written[at:])
		}
		// JSON has no text where a line begins.
		if !Visible(character) || character < utf8.RuneSelf && obeyed(written[at:], false) {
			if _, err := io.WriteString(out, written[kept:at]); err != nil {
				return err
			}
			for _, unit := range utf16.AppendRune(nil, character) {
				if _, err := fmt.Fprintf(out, `\u%04x`, unit); err != nil {
					return err
				}
			}
			kept = at + size
		}
		at += size
	}
	_, err := io.WriteString(out, written[kept:])
	return err
}

// Members gives the names of a JSON object with their values, in their order and
// each as often as it is there. It gives none of another text, and ends where the
// text is no JSON any more.
func Members(object []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		decoder := json.NewDecoder(bytes.NewReader(object))
		if opening, err := decoder.Token(); err != nil || opening != json.Delim('{') {
			return
		}
		for decoder.More() {
			name, err := decoder.Token()
			var value json.RawMessage
			if err != nil || decoder.Decode(&value) != nil {
				return
			}
			if text, _ := name.(string); !yield(text, value) {
				return
			}
		}
	}
}
