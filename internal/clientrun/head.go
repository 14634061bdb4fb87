package clientrun

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// headLimit is the largest head of a request in bytes that is kept.
const headLimit = 64 << 10

// head is the head of an HTTP/1 request as it was sent: net/http removes fields
// from it, and refuses malformed HTTP before any handler sees it.
type head struct {
	// line is the request line, without its end.
	line   string
	fields []headField
	// whole: the head came to its end.
	whole bool
	// bareFeeds counts the lines that end in a line feed without a carriage return.
	bareFeeds int
}

// headField is a line of a head. name is empty where the line is no field.
type headField struct{ name, value, line string }

// values gives the values of a field, one for each line, in their order.
func (h *head) values(name string) []string {
	if h == nil {
		return nil
	}
	var values []string
	for _, field := range h.fields {
		if strings.EqualFold(field.name, name) {
			values = append(values, field.value)
		}
	}
	return values
}

// parts gives the method, the target and the protocol of the request line; false
// where it has not these three.
func (h *head) parts() (method, target, protocol string, all bool) {
	words := strings.Split(h.line, " ")
	if len(words) != 3 || !isToken(words[0]) || words[1] == "" || !strings.HasPrefix(words[2], "HTTP/") {
		return "", "", "", false
	}
	return words[0], words[1], words[2], true
}

// readHead takes a head apart, whatever is wrong with it.
func readHead(text []byte, whole bool) *head {
	lines := strings.Split(string(text), "\n")
	bare := 0
	for i, line := range lines {
		// Behind the last line feed no line has ended.
		if i+1 < len(lines) && !strings.HasSuffix(line, "\r") {
			bare++
		}
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	read := &head{line: lines[0], whole: whole, bareFeeds: bare}
	for _, line := range lines[1:] {
		if line == "" {
			continue
		}
		field := headField{line: line}
		if name, value, found := strings.Cut(line, ":"); found && isToken(name) {
			field.name, field.value = name, strings.Trim(value, " \t")
		}
		read.fields = append(read.fields, field)
	}
	return read
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

// headPlace is where in a request a scanner stands.
type headPlace int

const (
	inHead headPlace = iota
	inBody
	inChunkSize
	inChunk
	inTrailer
	// nowhere: what follows is no HTTP/1, or its end is unknown.
	nowhere
)

// headScanner finds the heads in what one connection brings. It keeps nothing of
// the bodies.
type headScanner struct {
	place headPlace
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
func (s *headScanner) scan(read []byte) {
	for len(read) > 0 {
		switch s.place {
		case nowhere:
			return
		case inBody, inChunk:
			taken := min(s.left, int64(len(read)))
			read, s.left = read[taken:], s.left-taken
			if s.left == 0 {
				s.place = map[headPlace]headPlace{inBody: inHead, inChunk: inChunkSize}[s.place]
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
func (s *headScanner) scanLine(octet byte) {
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

func (s *headScanner) endHead() {
	text := s.head
	if s.found > 0 && isEmptyLine(text) {
		// Old clients end a body with one (RFC 9112, 2.2).
		s.head = nil
		return
	}
	s.head, s.place, s.found = nil, nowhere, s.found+1
	// HTTP/2 begins so (RFC 9113, 3.4).
	if bytes.HasPrefix(text, []byte("PRI * HTTP/2.0\r\n")) {
		return
	}
	s.heads = append(s.heads, text)
	read := readHead(text, true)
	lengths, codings := read.values("Content-Length"), read.values("Transfer-Encoding")
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
func (s *headScanner) scanSize(octet byte) {
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

// recordedListener keeps the heads of what its connections bring.
type recordedListener struct {
	net.Listener
	// refused gets each head that no handler took.
	refused func(refused *head, status int)
}

func (l recordedListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &recordedConnection{Conn: connection, refused: l.refused}, nil
}

// recordedConnection keeps the heads of the requests that it brings until a
// handler takes them. What is left when it ends is what net/http refused.
type recordedConnection struct {
	net.Conn
	refused func(refused *head, status int)

	mutex   sync.Mutex
	scanner headScanner
	// status is that of the last response.
	status int
	ended  bool
}

func (c *recordedConnection) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.scanner.scan(into[:n])
	return n, err
}

func (c *recordedConnection) Write(response []byte) (int, error) {
	c.mutex.Lock()
	if status := statusOf(response); status != 0 {
		c.status = status
	}
	c.mutex.Unlock()
	return c.Conn.Write(response)
}

// statusOf reads the status line at the beginning of a response; 0 for none.
func statusOf(response []byte) int {
	const length = len("HTTP/1.1 400")
	if len(response) < length || !strings.HasPrefix(string(response[:length]), "HTTP/1.") {
		return 0
	}
	status, _ := strconv.Atoi(string(response[length-3 : length]))
	return status
}

// CloseWrite ends what is sent, and leaves time to read it.
func (c *recordedConnection) CloseWrite() error {
	c.end()
	if half, can := c.Conn.(interface{ CloseWrite() error }); can {
		return half.CloseWrite()
	}
	return nil
}

// Close ends the connection.
func (c *recordedConnection) Close() error {
	c.end()
	return c.Conn.Close()
}

// end reports, once, what no handler took.
func (c *recordedConnection) end() {
	c.mutex.Lock()
	heads, rest, status, ended := c.scanner.heads, c.scanner.head, c.status, c.ended
	if c.scanner.found > 0 && isEmptyLine(rest) {
		rest = nil
	}
	c.scanner, c.ended = headScanner{place: nowhere}, true
	c.mutex.Unlock()
	// net/http reads no request behind a refused one.
	switch {
	case ended:
	case len(heads) > 0:
		c.refused(readHead(heads[0], true), status)
	case len(rest) > 0:
		c.refused(readHead(rest, false), status)
	}
}

// take gives the head of a request that a handler has; nil where it is not
// known, as with HTTP/2.
func (c *recordedConnection) take(r *http.Request) *head {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for r.ProtoMajor == 1 && len(c.scanner.heads) > 0 {
		read := readHead(c.scanner.heads[0], true)
		c.scanner.heads = c.scanner.heads[1:]
		if strings.HasPrefix(read.line, r.Method+" "+r.RequestURI+" ") {
			return read
		}
	}
	return nil
}

// The keys of a context's connection, and of a request's head.
type (
	connectionKey struct{}
	headKey       struct{}
)

func withConnection(ctx context.Context, connection net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, connection)
}

// withHead takes the head of each request, whatever is done with it then.
func withHead(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if connection, kept := r.Context().Value(connectionKey{}).(*recordedConnection); kept {
			r = r.WithContext(context.WithValue(r.Context(), headKey{}, connection.take(r)))
		}
		handler.ServeHTTP(w, r)
	})
}

// headOf gives the head of a request as it was sent; nil where nobody kept it.
func headOf(r *http.Request) *head {
	kept, _ := r.Context().Value(headKey{}).(*head)
	return kept
}
