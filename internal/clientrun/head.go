package clientrun

import (
	"bufio"
	"bytes"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"

	"github.com/dpconform/dpconform/internal/wire"
)

// headScanner finds the heads in what one connection brings, until something is
// not HTTP/1. It keeps nothing of the bodies.
type headScanner struct {
	heads [][]byte
	// head is the one that is being read.
	head []byte
	// unread is what was brought and is still to be looked at.
	unread []byte
	// resume lets the reading go on until it needs more; stop ends it.
	resume func() (struct{}, bool)
	stop   func()
	wait   func(struct{}) bool
}

func newHeadScanner() *headScanner {
	s := &headScanner{}
	s.resume, s.stop = iter.Pull(func(wait func(struct{}) bool) {
		s.wait = wait
		s.readHeads(bufio.NewReader(s))
	})
	return s
}

// scan takes the next bytes.
func (s *headScanner) scan(brought []byte) {
	s.unread = brought
	s.resume()
	s.unread = nil
}

// Read gives the reading what was brought, and waits where there is no more.
func (s *headScanner) Read(into []byte) (int, error) {
	for len(s.unread) == 0 {
		if !s.wait(struct{}{}) {
			return 0, io.EOF
		}
	}
	n := copy(into, s.unread)
	s.unread = s.unread[n:]
	return n, nil
}

func (s *headScanner) readHeads(from *bufio.Reader) {
	for first := true; s.readHead(from); first = false {
		text := s.head
		s.head = nil
		if !first && isEmptyLine(text) {
			// Old clients end a body with one (RFC 9112, 2.2).
			continue
		}
		// HTTP/2 begins so (RFC 9113, 3.4).
		if bytes.HasPrefix(text, []byte("PRI * HTTP/2.0\r\n")) {
			return
		}
		s.heads = append(s.heads, text)
		request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
		if err == nil && len(request.TransferEncoding) > 0 {
			_, err = io.Copy(io.Discard, httputil.NewChunkedReader(from))
			s.readHead(from)
			s.head = nil
		} else if err == nil {
			_, err = io.CopyN(io.Discard, from, request.ContentLength)
		}
		if err != nil {
			return
		}
	}
}

// readHead reads to the end of a head, or of a trailer; false where it does not
// come.
func (s *headScanner) readHead(from *bufio.Reader) bool {
	for line := 0; ; {
		octet, err := from.ReadByte()
		if err != nil {
			return false
		}
		if len(s.head) < wire.Limit {
			s.head = append(s.head, octet)
		}
		switch {
		case octet == '\r':
		case octet != '\n':
			line++
		case line > 0:
			line = 0
		default:
			return true
		}
	}
}

func isEmptyLine(head []byte) bool { return len(bytes.Trim(head, "\r\n")) == 0 }

// recordedListener keeps the heads of what its connections bring.
type recordedListener struct {
	net.Listener
	// refused gets each head that no handler took.
	refused func(refused *wire.Head, status int)
}

func (l recordedListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &recordedConnection{Conn: connection, refused: l.refused, scanner: newHeadScanner()}, nil
}

// recordedConnection keeps the heads of the requests that it brings until a
// handler takes them. What is left when it ends is what net/http refused.
type recordedConnection struct {
	net.Conn
	refused func(refused *wire.Head, status int)

	mutex   sync.Mutex
	scanner *headScanner
	// taken: a handler has had a request. ended: nothing more is kept.
	taken, ended bool
	// current is the head of the request that a handler has.
	current *wire.Head
	// status is that of the last response.
	status int
}

func (c *recordedConnection) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.ended {
		c.scanner.scan(into[:n])
	}
	return n, err
}

func (c *recordedConnection) Write(response []byte) (int, error) {
	const length = len("HTTP/1.1 400")
	if len(response) >= length && bytes.HasPrefix(response, []byte("HTTP/1.")) {
		c.mutex.Lock()
		c.status, _ = strconv.Atoi(string(response[length-3 : length]))
		c.mutex.Unlock()
	}
	return c.Conn.Write(response)
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
	c.scanner.stop()
	heads, rest, status, ended := c.scanner.heads, c.scanner.head, c.status, c.ended
	if c.taken && isEmptyLine(rest) {
		rest = nil
	}
	c.ended = true
	c.mutex.Unlock()
	// net/http reads no request behind a refused one.
	switch {
	case ended:
	case len(heads) > 0:
		c.refused(wire.Read(heads[0], true), status)
	case len(rest) > 0:
		c.refused(wire.Read(rest, false), status)
	}
}

// take moves on to the head of a request that a handler has. It is nil where it is
// not known, as with HTTP/2.
func (c *recordedConnection) take(r *http.Request) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.taken, c.current = true, nil
	for r.ProtoMajor == 1 && len(c.scanner.heads) > 0 && c.current == nil {
		read := wire.Read(c.scanner.heads[0], true)
		c.scanner.heads = c.scanner.heads[1:]
		if strings.HasPrefix(read.Line, r.Method+" "+r.RequestURI+" ") {
			c.current = read
		}
	}
}

// headOf gives the head of a request as it was sent; nil where nobody kept it.
func headOf(r *http.Request) *wire.Head {
	connection, kept := useOf(r).connection.(*recordedConnection)
	if !kept {
		return nil
	}
	connection.mutex.Lock()
	defer connection.mutex.Unlock()
	return connection.current
}
