package text

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// EncodingError says why the content of a file is not text.
type EncodingError struct {
	// Line is 1-based; 0 means the file as a whole.
	Line    int
	Message string
}

// Error names the line.
func (e *EncodingError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("line %d: %s", e.Line, e.Message)
	}
	return e.Message
}

// Decode returns text in UTF-8 without a byte order mark, its lines ended by "\n"
// as YAML and JSON read them (https://yaml.org/spec/1.2.2/#54-line-break-characters),
// of content that some other program wrote: in UTF-8, or in UTF-16 with a mark,
// with any line ends. The error is an *EncodingError.
func Decode(content []byte) ([]byte, error) {
	const saveAs = "; save it in UTF-8"
	if name := wronglyMarked(content); name != "" {
		return nil, &EncodingError{0, "it looks like " + name + " and begins with the byte order mark of another encoding" + saveAs}
	}
	switch order, name, mark := encodingOf(content); {
	case name == "":
		content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	case order == nil:
		return nil, &EncodingError{0, "it is in " + name + saveAs}
	case !mark:
		return nil, &EncodingError{0, "it looks like " + name + " without a byte order mark" + saveAs}
	case len(content)%2 != 0:
		return nil, &EncodingError{0, "it is in " + name + " and ends within a character" + saveAs}
	default:
		units := make([]uint16, len(content)/2-1)
		for i := range units {
			units[i] = order.Uint16(content[2*i+2:])
		}
		content = []byte(string(utf16.Decode(units)))
	}
	if bytes.IndexByte(content, '\r') >= 0 {
		content = bytes.ReplaceAll(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	}
	line := func(at int) int { return 1 + bytes.Count(content[:at], []byte("\n")) }
	if at := bytes.IndexByte(content, 0); at >= 0 {
		return nil, &EncodingError{line(at), "it is not text: it has a NUL byte"}
	}
	if !utf8.Valid(content) {
		return nil, &EncodingError{line(invalidAt(content)), "it is not text in UTF-8"}
	}
	return content, nil
}

// encodingOf knows an encoding other than UTF-8 by its mark or, without one, by
// the NUL bytes that a letter has in it. One that cannot be read has no order.
func encodingOf(content []byte) (order binary.ByteOrder, name string, mark bool) {
	starts := func(mark string) bool { return bytes.HasPrefix(content, []byte(mark)) }
	// The most letters that are looked at, in pairs of bytes.
	const letters = 4
	nuls := [2]int{}
	for i := 0; i < min(len(content), 2*letters); i++ {
		if content[i] == 0 {
			nuls[i%2]++
		}
	}
	switch {
	case starts("\xff\xfe\x00\x00"), starts("\x00\x00\xfe\xff"):
		return nil, "UTF-32", true
	case starts("\xff\xfe"):
		return binary.LittleEndian, "UTF-16LE", true
	case starts("\xfe\xff"):
		return binary.BigEndian, "UTF-16BE", true
	case nuls[1] > letters/2 && nuls[0] == 0:
		return binary.LittleEndian, "UTF-16LE", false
	case nuls[0] > letters/2 && nuls[1] == 0:
		return binary.BigEndian, "UTF-16BE", false
	}
	return nil, "", false
}

// wronglyMarked names the encoding of text that begins with a mark of UTF-16 by
// which it has no letter, digit or line end of ASCII, and has them without; empty
// for all else.
func wronglyMarked(content []byte) string {
	order, name, mark := encodingOf(content)
	if order == nil || !mark {
		return ""
	}
	const looked = 1 << 10
	whole := content[2:]
	content = whole[:min(len(whole), looked)]
	swapped := 0
	for i := 0; i+1 < len(content); i += 2 {
		switch unit := order.Uint16(content[i:]); {
		case unit < utf8.RuneSelf:
			return ""
		case bits.ReverseBytes16(unit) < utf8.RuneSelf:
			swapped++
		}
	}
	switch {
	case swapped > len(content)/4:
		return map[string]string{"UTF-16LE": "UTF-16BE", "UTF-16BE": "UTF-16LE"}[name]
	case len(whole) > 1 && utf8.Valid(whole):
		return "UTF-8"
	}
	return ""
}

func invalidAt(content []byte) int {
	for at := 0; at < len(content); {
		character, size := utf8.DecodeRune(content[at:])
		if character == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
	return len(content)
}
