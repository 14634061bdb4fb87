package target

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/wire"
)

// net/http repairs some of what no server may send, and leaves no trace of it. So
// the connections of HTTP/1 keep the head of each response, and what was repaired
// is put back. Behind a proxy that TLS goes through, nothing is kept.

// HeadProblemHeader carries, within this program and in recordings, what is
// malformed in the head of a response and has no place in an http.Header.
const HeadProblemHeader = "Dpconform-Head-Problem"

// keepingConnection keeps the beginning of what it brings, of one response after
// the other. A server may respond and close before it has read the whole body of a
// request. net/http gives up when it cannot send the rest, and loses the response
// that has come; so the rest is dropped here, and what came is read.
type keepingConnection struct {
	net.Conn
	mutex sync.Mutex
	kept  []byte
	// unsent is why the rest of a request was dropped, and over says that the
	// connection is of no use for another request.
	unsent error
	over   bool
}

func (c *keepingConnection) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.kept = append(c.kept, into[:min(n, wire.Limit-len(c.kept))]...)
	if err != nil && c.unsent != nil && len(c.kept) == 0 {
		err = c.unsent
	}
	return n, err
}

func (c *keepingConnection) Write(from []byte) (int, error) {
	c.mutex.Lock()
	unsent, over := c.unsent, c.over
	c.mutex.Unlock()
	switch {
	case over:
		return 0, unsent
	case unsent != nil:
		return len(from), nil
	}
	n, err := c.Conn.Write(from)
	if err == nil || !isCutOff(err) {
		return n, err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.unsent = err
	return len(from), nil
}

// begin forgets what came before a request is sent.
func (c *keepingConnection) begin() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.kept, c.over = nil, c.unsent != nil
}

// head is that of the response, behind those that are interim (RFC 9110, 15.2).
// It is nil where it was not kept whole.
func (c *keepingConnection) head() *wire.Head {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	rest := c.kept
	for {
		end := endOfHead(rest)
		if end < 0 {
			return nil
		}
		if !bytes.HasPrefix(rest, []byte("HTTP/1.1 1")) {
			return wire.Read(rest[:end], true)
		}
		rest = rest[end:]
	}
}

// endOfHead gives the length of a head with the empty line behind it, or -1.
func endOfHead(text []byte) int {
	for line := 0; ; {
		length := bytes.IndexByte(text[line:], '\n') + 1
		if length == 0 {
			return -1
		}
		if line > 0 && len(bytes.TrimRight(text[line:line+length], "\r\n")) == 0 {
			return line + length
		}
		line += length
	}
}

// roundTrip sends a request and gives the response with what net/http repaired.
func roundTrip(transport http.RoundTripper, request *http.Request) (*http.Response, error) {
	var used *keepingConnection
	ctx := httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		if used, _ = got.Conn.(*keepingConnection); used != nil {
			used.begin()
		}
	}})
	response, err := transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	for _, ours := range []string{HeadProblemHeader, HeaderCutHeader} {
		response.Header.Del(ours)
	}
	if used != nil {
		putBack(response.Header, used.head())
	}
	response.Header = boundHeader(response.Header)
	return response, nil
}

// putBack puts into a header what the head of the response has more.
func putBack(header http.Header, head *wire.Head) {
	if head == nil {
		return
	}
	lengths, codings := head.Values("Content-Length"), head.Values("Transfer-Encoding")
	if len(lengths) > 1 || wire.BadFraming(lengths, codings) != "" {
		header["Content-Length"], header["Transfer-Encoding"] = lengths, codings
	}
	switch _, malformed := head.Malformed(); {
	case malformed:
		header.Set(HeadProblemHeader, "a line that is no field")
	case head.BareFeeds > 0:
		header.Set(HeadProblemHeader, text.Counted(head.BareFeeds, "line")+" with a line feed alone")
	}
}

// dialing connects, with TLS or without, and keeps what comes by HTTP/1.
func dialing(options NetworkOptions, secure bool) func(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: options.ConnectLimit}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if secure {
			over, err := shakeHands(ctx, connection, address, options)
			if err != nil {
				_ = connection.Close()
				return nil, err
			}
			if over.ConnectionState().NegotiatedProtocol == "h2" {
				return over, nil
			}
			connection = over
		}
		return &keepingConnection{Conn: connection}, nil
	}
}

// errHandshake reads like net/http's own, whose type it keeps to itself.
var errHandshake = errors.New("TLS handshake timeout")

func shakeHands(ctx context.Context, connection net.Conn, address string, options NetworkOptions) (*tls.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	config := options.tlsConfig()
	config.ServerName, config.NextProtos = host, []string{"h2", "http/1.1"}
	over := tls.Client(connection, config)
	ctx, cancel := context.WithTimeoutCause(ctx, options.HandshakeLimit, errHandshake)
	defer cancel()
	if err := over.HandshakeContext(ctx); err != nil {
		if errors.Is(context.Cause(ctx), errHandshake) {
			return nil, errHandshake
		}
		return nil, err
	}
	return over, nil
}
