package emulator

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

const (
	// bodyLimit is the largest body in bytes, as sent and decompressed. The checks
	// send one of more than a mebibyte, which must be refused.
	bodyLimit = 1 << 20
	// drainLimit is how much of a body over the limit is read, so that the
	// client gets to see the response instead of a broken connection.
	drainLimit = 8 << 20
)

// The content codings that are taken (RFC 9110, 8.4.1.3: x-gzip means gzip).
var gzipCodings = []string{"gzip", "x-gzip"}

// readBody reads the body of a request and decompresses it.
func readBody(c *call) *refusal {
	if c.request.Body == nil {
		return nil
	}
	sent, whole, err := readUpTo(c.request.Body, c.request.ContentLength, bodyLimit)
	if !whole {
		_, _ = io.Copy(io.Discard, io.LimitReader(c.request.Body, drainLimit))
		return c.refuse(bodyTooLarge, "")
	}
	if err != nil {
		return c.refuse(bodyMalformed, "The request body could not be read.")
	}
	coding := strings.ToLower(strings.TrimSpace(c.request.Header.Get("Content-Encoding")))
	switch {
	case len(sent) == 0 || coding == "" || coding == "identity":
		c.body = sent
		return nil
	case coding == gzipCodings[0] || coding == gzipCodings[1]:
		return c.decompress(sent)
	}
	return c.refuse(codingUnsupported, coding)
}

func (c *call) decompress(sent []byte) *refusal {
	reader, err := gzip.NewReader(bytes.NewReader(sent))
	if err != nil {
		return c.refuse(bodyMalformed, "The request body is not gzip.")
	}
	body, whole, err := readUpTo(reader, unknownLength, bodyLimit)
	switch {
	case !whole:
		return c.refuse(bodyTooLarge, "")
	case err != nil:
		return c.refuse(bodyMalformed, "The request body is not gzip.")
	}
	c.body = body
	return nil
}

// unknownLength is that of what was compressed.
const unknownLength = -1

// readUpTo reads until the end; whole is false where more than the limit came or
// is to come.
func readUpTo(reader io.Reader, length, limit int64) (body []byte, whole bool, err error) {
	if length > limit {
		return nil, false, nil
	}
	var read bytes.Buffer
	read.Grow(int(max(length, 0)) + bytes.MinRead)
	_, err = read.ReadFrom(io.LimitReader(reader, limit+1))
	return read.Bytes(), int64(read.Len()) <= limit, err
}

// checkMediaType refuses a body that is named as anything but JSON. Without a
// name it is taken for JSON; without a body the name says nothing.
func checkMediaType(c *call) *refusal {
	named := c.request.Header.Get("Content-Type")
	if len(c.body) == 0 || named == "" || mediaTypeOf(named) == mediaTypeOf(c.operation.MediaType) {
		return nil
	}
	return c.refuse(mediaTypeUnsupported, named)
}

// mediaTypeOf gives a media type in lower case without its parameters, which
// mean nothing for JSON (RFC 8259, 11).
func mediaTypeOf(named string) string {
	kind, _, err := mime.ParseMediaType(named)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return ""
	}
	return kind
}

// checkMessage refuses a body that is not the message of the description: no
// body at all and null, which Google's Go client sends for a request that is nil,
// are the empty message. Of an object it looks at the names: what the members
// hold is not checked.
func checkMessage(c *call) *refusal {
	if len(c.body) == 0 {
		return nil
	}
	if problem := syntaxProblem(c.body); problem != "" {
		return c.refuse(bodyMalformed, problem)
	}
	switch message := bytes.TrimLeft(c.body, jsonWhiteSpace); message[0] {
	case '{':
		var known []string
		if c.operation.Request != nil {
			known = c.operation.Request.Members()
		}
		for name := range text.Members(message) {
			if !slices.Contains(known, name) {
				return c.refuse(fieldUnknown, name)
			}
		}
	case 'n':
	default:
		return c.refuse(bodyNoMessage, "")
	}
	return nil
}

// jsonWhiteSpace is what may stand around a JSON value (RFC 8259, 2).
const jsonWhiteSpace = " \t\r\n"

// snippetLength is how much of a malformed body is shown on each side of the
// mistake.
const snippetLength = 20

// unexpectedEnd is the text of the json.SyntaxError of a body that breaks off.
const unexpectedEnd = "unexpected end of JSON input"

// syntaxProblem says what is wrong in a body that is no JSON, with the place
// marked below it as Google does, or is empty.
func syntaxProblem(body []byte) string {
	var value json.RawMessage
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(body, &value); {
	case !errors.As(err, &syntax):
		return ""
	case syntax.Error() == unexpectedEnd:
		return "Unexpected end of string."
	}
	at := max(int(syntax.Offset)-1, 0)
	start, end := max(at-snippetLength, 0), min(at+snippetLength, len(body))
	snippet := bytes.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, bytes.ToValidUTF8(body[start:end], []byte("?")))
	return fmt.Sprintf("Unexpected token.\n%s\n%s^", snippet, strings.Repeat(" ", at-start))
}
