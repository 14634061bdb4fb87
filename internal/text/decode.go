package text

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// SyntaxError says where and why the content of a file cannot be read.
type SyntaxError struct {
	// Line and Column are 1-based. Both are 0 where it is the file as a whole, and
	// Column is 0 where it is a whole line.
	Line, Column int
	Message      string
}

// Error names the line.
func (e *SyntaxError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("line %d: %s", e.Line, e.Message)
	}
	return e.Message
}

// Decode returns text in UTF-8 without a byte order mark, its lines ended by "\n"
// as YAML and JSON read them (https://yaml.org/spec/1.2.2/#54-line-break-characters),
// of content that some other program wrote: in UTF-8, or in UTF-16 with a mark,
// with any line ends. The error is a *SyntaxError.
func Decode(content []byte) ([]byte, error) {
	const saveAs = "; save it in UTF-8"
	known := true
	switch string(content[:min(len(content), 2)]) {
	case "\xff\xfe":
		content, known = fromUTF16(content, binary.LittleEndian)
	case "\xfe\xff":
		content, known = fromUTF16(content, binary.BigEndian)
	default:
		content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	}
	if !known {
		return nil, &SyntaxError{0, 0, "it has the byte order mark of UTF-16 and is not text in UTF-16" + saveAs}
	}
	if bytes.IndexByte(content, '\r') >= 0 {
		content = bytes.ReplaceAll(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	}
	nul := bytes.IndexByte(content, 0) >= 0
	if !nul && utf8.Valid(content) {
		return content, nil
	}
	number := 0
	for line := range bytes.Lines(content) {
		number++
		switch {
		case bytes.IndexByte(line, 0) >= 0:
			return nil, &SyntaxError{number, 0, "it is not text in UTF-8: it has a NUL byte, as do UTF-32 and UTF-16 without a byte order mark" + saveAs}
		case !utf8.Valid(line) && !nul:
			return nil, &SyntaxError{number, 0, "it is not text in UTF-8" + saveAs}
		}
	}
	return content, nil
}

// fromUTF16 decodes text behind its byte order mark. It is none if it ends within a
// character or, as no file that is read here, has nothing of ASCII: then the mark is
// that of another encoding.
func fromUTF16(content []byte, order binary.ByteOrder) (decoded []byte, known bool) {
	units, ascii := make([]uint16, len(content)/2-1), len(content) == 2
	for i := range units {
		units[i] = order.Uint16(content[2*i+2:])
		ascii = ascii || units[i] < utf8.RuneSelf
	}
	return []byte(string(utf16.Decode(units))), ascii && len(content)%2 == 0
}
