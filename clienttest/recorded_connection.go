package clienttest

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// recordedListener keeps the heads of what its connections bring.
type recordedListener struct {
	net.Listener
	// refused is told of each head that no handler took.
	refused func(wire *Wire, status int)
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
	refused func(wire *Wire, status int)

	mutex   sync.Mutex
	scanner wireScanner
	// status is that of the last answer.
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

func (c *recordedConnection) Write(answer []byte) (int, error) {
	c.mutex.Lock()
	if status := statusOf(answer); status != 0 {
		c.status = status
	}
	c.mutex.Unlock()
	return c.Conn.Write(answer)
}

// statusOf reads the status line at the beginning of an answer; 0 for none.
func statusOf(answer []byte) int {
	const length = len("HTTP/1.1 400")
	if len(answer) < length || !strings.HasPrefix(string(answer[:length]), "HTTP/1.") {
		return 0
	}
	status, _ := strconv.Atoi(string(answer[length-3 : length]))
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

// end tells, once, what no handler took.
func (c *recordedConnection) end() {
	c.mutex.Lock()
	heads, rest, status, ended := c.scanner.heads, c.scanner.head, c.status, c.ended
	if c.scanner.found > 0 && isEmptyLine(rest) {
		rest = nil
	}
	c.scanner, c.ended = wireScanner{place: nowhere}, true
	c.mutex.Unlock()
	// What stands behind the first is not read as a request any more.
	switch {
	case ended:
	case len(heads) > 0:
		c.refused(readWire(heads[0], true), status)
	case len(rest) > 0:
		c.refused(readWire(rest, false), status)
	}
}

// take gives the head of a request that a handler has; nil where it is not
// known, as with HTTP/2.
func (c *recordedConnection) take(r *http.Request) *Wire {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for r.ProtoMajor == 1 && len(c.scanner.heads) > 0 {
		wire := readWire(c.scanner.heads[0], true)
		c.scanner.heads = c.scanner.heads[1:]
		if strings.HasPrefix(wire.Line, r.Method+" "+r.RequestURI+" ") {
			return wire
		}
	}
	return nil
}

// The keys of a context's connection, and of a request's head.
type (
	connectionKey struct{}
	wireKey       struct{}
)

func withConnection(ctx context.Context, connection net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, connection)
}

// withWire takes the head of each request, whatever is done with it then.
func withWire(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if connection, kept := r.Context().Value(connectionKey{}).(*recordedConnection); kept {
			r = r.WithContext(context.WithValue(r.Context(), wireKey{}, connection.take(r)))
		}
		handler.ServeHTTP(w, r)
	})
}

// wireOf gives the head of a request as it was sent; nil where nobody kept it.
func wireOf(r *http.Request) *Wire {
	wire, _ := r.Context().Value(wireKey{}).(*Wire)
	return wire
}
