package clientrun

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dpconform/dpconform/internal/scenario"
)

// contact is what a server knows of its connections beside their requests.
type contact struct {
	// warmJob is the id of the first call; empty for none. warmed: that call has arrived.
	warmJob string
	warmed  atomic.Bool
	// opened: a client has opened a connection to a server with TLS. unencrypted: it
	// spoke HTTP there without TLS. served: a request has arrived.
	opened, unencrypted, served atomic.Bool
	// connections are those to a server with TLS that are still served.
	connections atomic.Int64
}

// count follows the connections of a server.
func (c *contact) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.opened.Store(true)
		c.connections.Add(1)
	case http.StateClosed, http.StateHijacked:
		c.connections.Add(-1)
	case http.StateActive, http.StateIdle:
	}
}

// isWarm reports whether a first call has arrived.
func (c *contact) isWarm() bool { return c != nil && c.warmed.Load() }

// rejected reports whether a client has rejected the certificate: in the handshake, or behind it, as those do that look at the name of
// the host by themselves.
func (c *contact) rejected() bool {
	return c != nil && c.opened.Load() && !c.unencrypted.Load() && !c.served.Load()
}

// useKey is the key of a context's *use.
type useKey struct{}

// use is a connection and what it has been used for: the number of its requests, and
// whether GOAWAY was sent.
type use struct {
	connection net.Conn
	requests   atomic.Int64
	goneAway   atomic.Bool
}

// useOf gives the use of the connection of a request; an empty one where nobody keeps
// it, as at the other host.
func useOf(r *http.Request) *use {
	if kept, is := r.Context().Value(useKey{}).(*use); is {
		return kept
	}
	return &use{}
}

// goAway sends the GOAWAY of a server that stops, without an error and with the
// last stream that there can be, which covers every request so far (RFC 9113, 6.8).
// It returns the connection; nil where that does not speak HTTP/2 by TLS, so that
// nothing was sent. All that net/http has to send before must be sent.
func goAway(r *http.Request) *tls.Conn {
	used := useOf(r)
	connection, secure := used.connection.(*tls.Conn)
	if !secure || r.ProtoMajor != 2 {
		return nil
	}
	used.goneAway.Store(true)
	const lengthTypeAndStream, lastStream, noError = "\x00\x00\x08\x07\x00\x00\x00\x00\x00", "\x7f\xff\xff\xff", "\x00\x00\x00\x00"
	// A client may be gone.
	_, _ = io.WriteString(connection, lengthTypeAndStream+lastStream+noError)
	return connection
}

// lingerLimit is how long a connection is read on for what a client must not send.
const lingerLimit = 5 * time.Second

// lingering are connections whose last response was sent, and that are read on.
type lingering struct {
	mutex   sync.Mutex
	ended   bool
	open    []net.Conn
	reading sync.WaitGroup
}

// read lets a function read a connection, until the time is over or all end.
func (l *lingering) read(connection net.Conn, function func()) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.ended || connection.SetReadDeadline(time.Now().Add(lingerLimit)) != nil {
		_ = connection.Close()
		return
	}
	l.open = append(l.open, connection)
	l.reading.Go(func() {
		defer connection.Close()
		function()
	})
}

// end closes all connections, and waits until none is read.
func (l *lingering) end() {
	l.mutex.Lock()
	l.ended = true
	for _, connection := range l.open {
		_ = connection.Close()
	}
	l.mutex.Unlock()
	l.reading.Wait()
}

// sendByHand writes a response as net/http does not: in chunks with extensions, or
// on a connection that is still read when its last response was sent. It is false
// where nothing was written, as by HTTP/2.
func (e *exchange) sendByHand(made response, step scenario.Step) bool {
	if !e.r.ProtoAtLeast(1, 1) || e.r.ProtoMajor > 1 {
		return false
	}
	connection, buffered, err := http.NewResponseController(e.w).Hijack()
	if err != nil {
		return false
	}
	var head bytes.Buffer
	fmt.Fprintf(&head, "HTTP/1.1 %d %s\r\n", made.status, http.StatusText(made.status))
	header := made.header.Clone()
	header.Set("Date", e.server.options.Now().UTC().Format(http.TimeFormat))
	header.Set("Connection", "close")
	header.Set("Content-Length", strconv.Itoa(len(made.body)))
	body := made.body
	if step.ChunkExtension != "" {
		header.Del("Content-Length")
		header.Set("Transfer-Encoding", "chunked")
		body = chunks(body, step.ChunkExtension)
	}
	// A buffer takes everything, and a client may be gone.
	_ = header.Write(&head)
	_, _ = head.WriteString("\r\n")
	_, _ = head.Write(body)
	_, _ = connection.Write(head.Bytes())
	if !step.Close {
		_ = connection.Close()
		return true
	}
	e.server.lingering.read(connection, func() { e.server.readLate(buffered.Reader) })
	return true
}

// chunks writes a body in two chunks with an extension (RFC 9112, 7.1).
func chunks(body []byte, extension string) []byte {
	var out bytes.Buffer
	for _, part := range [][]byte{body[:len(body)/2], body[len(body)/2:]} {
		if len(part) > 0 {
			fmt.Fprintf(&out, "%x;%s\r\n%s\r\n", len(part), extension, part)
		}
	}
	fmt.Fprintf(&out, "0;%s\r\n\r\n", extension)
	return out.Bytes()
}

// readLate takes down a request that no client may send: it gets no response.
func (s *Server) readLate(from *bufio.Reader) {
	sent, err := http.ReadRequest(from)
	if err != nil {
		return
	}
	arrived := readRequest(sent, s.options.Now(), &s.bodies)
	defer s.bodies.giveBack(arrived)
	chosen := s.choose(arrived)
	if s.purposeOf(arrived) != attempt {
		return
	}
	arrived.purpose = late
	arrived.response = response{delivery: hungUp, at: s.options.Now()}
	_, _ = io.Copy(io.Discard, sent.Body)
	s.callOf(chosen, arrived).add(arrived)
}
