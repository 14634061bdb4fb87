package text

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
)

// utf16Of encodes a text, with a mark in front of it where it begins with one.
func utf16Of(order binary.AppendByteOrder, text string) string {
	var written []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		written = order.AppendUint16(written, unit)
	}
	return string(written)
}

func utf32Of(order binary.AppendByteOrder, text string) string {
	var written []byte
	for _, character := range text {
		written = order.AppendUint32(written, uint32(character))
	}
	return string(written)
}

// TestDecode reads the forms of a text that editors, shells and git make of it as the
// text itself, and refuses all others.
func TestDecode(t *testing.T) {
	t.Parallel()
	const text = "openapi: 3.1.0\ninfo: {title: Änderung}\n\npaths: {}\n"
	crlf := strings.ReplaceAll(text, "\n", "\r\n")
	little, big := binary.LittleEndian, binary.BigEndian
	for name, form := range map[string]struct{ content, refusal string }{
		"plain":                   {text, ""},
		"CRLF":                    {crlf, ""},
		"CR":                      {strings.ReplaceAll(text, "\n", "\r"), ""},
		"mixed line ends":         {strings.Replace(strings.Replace(text, "\n\n", "\n\r", 1), "\n", "\r\n", 1), ""},
		"UTF-8 with a mark":       {"\ufeff" + text, ""},
		"UTF-16LE":                {utf16Of(little, "\ufeff"+text), ""},
		"UTF-16BE, CRLF":          {utf16Of(big, "\ufeff"+crlf), ""},
		"UTF-16LE without a mark": {utf16Of(little, text), "NUL byte, as do UTF-32 and UTF-16 without a byte order mark; save it in UTF-8"},
		"UTF-16BE without a mark": {utf16Of(big, text), "UTF-16 without a byte order mark"},
		"half of UTF-16":          {utf16Of(little, "\ufeff"+text) + "x", "the byte order mark of UTF-16 and is not text in UTF-16; save it in UTF-8"},
		"UTF-16BE, another mark":  {utf16Of(big, "\ufffe"+text), "is not text in UTF-16"},
		"UTF-16LE, another mark":  {utf16Of(little, "\ufffe"+text), "is not text in UTF-16"},
		"UTF-8, another mark":     {"\xfe\xff" + text, "is not text in UTF-16"},
		"UTF-32LE":                {utf32Of(little, "\ufeff"+text), "UTF-32"},
		"UTF-32BE":                {utf32Of(big, "\ufeff"+text), "UTF-32"},
		"Latin-1":                 {strings.Replace(text, "\n", "\n\xe4", 1), "line 2: it is not text in UTF-8"},
		"a NUL byte":              {strings.Replace(text, "\n", "\n\x00", 1), "line 2: it is not text in UTF-8: it has a NUL byte"},
	} {
		got, err := Decode([]byte(form.content))
		var wrong *SyntaxError
		if form.refusal == "" && (err != nil || string(got) != text) || form.refusal != "" && (!errors.As(err, &wrong) || !strings.Contains(err.Error(), form.refusal)) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
