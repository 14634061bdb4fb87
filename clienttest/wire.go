package clienttest

import (
	"bytes"
	"strconv"
	"strings"
)

// headLimit is the largest head of a request in bytes that is kept.
const headLimit = 64 << 10

// Wire is the head of an HTTP/1 request as it was sent: net/http takes fields
// out of it, and refuses what is no HTTP before any handler sees it.
type Wire struct {
	// Line is the request line, without its end.
	Line   string
	Fields []WireField
	// Whole: the head came to its end.
	Whole bool
	// BareFeeds counts the lines that end in a line feed without a carriage return.
	BareFeeds int
}

// WireField is a line of a head. Name is empty where the line is no field.
type WireField struct{ Name, Value, Line string }

// values gives the values of a field, one for each line, in their order.
func (w *Wire) values(name string) []string {
	if w == nil {
		return nil
	}
	var values []string
	for _, field := range w.Fields {
		if strings.EqualFold(field.Name, name) {
			values = append(values, field.Value)
		}
	}
	return values
}

// parts gives the method, the target and the protocol of the request line; false
// where it has not these three.
func (w *Wire) parts() (method, target, protocol string, all bool) {
	words := strings.Split(w.Line, " ")
	if len(words) != 3 || !isToken(words[0]) || words[1] == "" || !strings.HasPrefix(words[2], "HTTP/") {
		return "", "", "", false
	}
	return words[0], words[1], words[2], true
}

// readWire takes a head apart, whatever is wrong with it.
func readWire(head []byte, whole bool) *Wire {
	lines := strings.Split(string(head), "\n")
	bare := 0
	for i, line := range lines {
		// Behind the last line feed no line has ended.
		if i+1 < len(lines) && !strings.HasSuffix(line, "\r") {
			bare++
		}
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	wire := &Wire{Line: lines[0], Whole: whole, BareFeeds: bare}
	for _, line := range lines[1:] {
		if line == "" {
			continue
		}
		field := WireField{Line: line}
		if name, value, found := strings.Cut(line, ":"); found && isToken(name) {
			field.Name, field.Value = name, strings.Trim(value, " \t")
		}
		wire.Fields = append(wire.Fields, field)
	}
	return wire
}

// isToken knows the characters of a method and of a field's name (RFC 9110,
// 5.6.2).
func isToken(text string) bool {
	for i := 0; i < len(text); i++ {
		octet := text[i]
		letter := octet >= 'a' && octet <= 'z' || octet >= 'A' && octet <= 'Z' || octet >= '0' && octet <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", octet) < 0 {
			return false
		}
	}
	return text != ""
}

// wirePlace is where in a request a scanner stands.
type wirePlace int

const (
	inHead wirePlace = iota
	inBody
	inChunkSize
	inChunk
	inTrailer
	// nowhere: what follows is no HTTP/1, or nobody knows where it ends.
	nowhere
)

// wireScanner finds the heads in what one connection brings. It keeps nothing of
// the bodies.
type wireScanner struct {
	place wirePlace
	// head is the one that is being read, line the length of its last line.
	head []byte
	line int
	// size is the line that says the size of a chunk.
	size []byte
	// left is how many bytes of a body or a chunk are to come.
	left  int64
	heads [][]byte
	// found is the number of heads so far.
	found int
}

// longestChunkSize is the longest line in bytes that may say the size of a
// chunk.
const longestChunkSize = 4096

// scan takes the next bytes.
func (s *wireScanner) scan(read []byte) {
	for len(read) > 0 {
		switch s.place {
		case nowhere:
			return
		case inBody, inChunk:
			taken := min(s.left, int64(len(read)))
			read, s.left = read[taken:], s.left-taken
			if s.left == 0 {
				s.place = map[wirePlace]wirePlace{inBody: inHead, inChunk: inChunkSize}[s.place]
			}
		case inHead, inTrailer:
			s.scanLine(read[0])
			read = read[1:]
		case inChunkSize:
			s.scanSize(read[0])
			read = read[1:]
		}
	}
}

// scanLine takes a byte of a head or a trailer.
func (s *wireScanner) scanLine(octet byte) {
	if s.place == inHead && len(s.head) < headLimit {
		s.head = append(s.head, octet)
	}
	switch {
	case octet == '\r':
	case octet != '\n':
		s.line++
	case s.line > 0:
		s.line = 0
	case s.place == inTrailer:
		s.place = inHead
	default:
		s.endHead()
	}
}

func (s *wireScanner) endHead() {
	head := s.head
	if s.found > 0 && isEmptyLine(head) {
		// Old clients end a body with one (RFC 9112, 2.2).
		s.head = nil
		return
	}
	s.head, s.place, s.found = nil, nowhere, s.found+1
	// HTTP/2 begins so (RFC 9113, 3.4).
	if bytes.HasPrefix(head, []byte("PRI * HTTP/2.0\r\n")) {
		return
	}
	s.heads = append(s.heads, head)
	wire := readWire(head, true)
	lengths, codings := wire.values("Content-Length"), wire.values("Transfer-Encoding")
	switch {
	case len(codings) > 0:
		if strings.EqualFold(codings[len(codings)-1], "chunked") {
			s.place = inChunkSize
		}
	case len(lengths) == 0:
		s.place = inHead
	default:
		length, err := strconv.ParseInt(lengths[0], 10, 64)
		if err != nil || length < 0 {
			return
		}
		if s.place, s.left = inBody, length; length == 0 {
			s.place = inHead
		}
	}
}

func isEmptyLine(head []byte) bool { return len(bytes.Trim(head, "\r\n")) == 0 }

// scanSize takes a byte of the line that says the size of a chunk (RFC 9112,
// 7.1).
func (s *wireScanner) scanSize(octet byte) {
	if octet != '\n' {
		if s.size = append(s.size, octet); len(s.size) > longestChunkSize {
			s.place = nowhere
		}
		return
	}
	text, _, _ := strings.Cut(string(s.size), ";")
	size, err := strconv.ParseInt(strings.TrimSpace(text), 16, 32)
	s.size = nil
	switch {
	case err != nil || size < 0:
		s.place = nowhere
	case size == 0:
		s.place, s.line = inTrailer, 0
	default:
		// The end of the line belongs to the chunk.
		s.place, s.left = inChunk, size+2
	}
}
