package target

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"strconv"
	"strings"
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
	// kept is the beginning of the came bytes that came since a request with the
	// method was sent.
	kept   []byte
	came   int
	method string
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
	c.came += n
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

// begin forgets what came before a request is sent, and reports whether that was
// more than the response.
func (c *keepingConnection) begin(method string) (surplus bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	surplus = c.surplus()
	c.kept, c.came, c.method, c.over = c.kept[:0], 0, method, c.unsent != nil
	return surplus
}

// surplus reports whether bytes came after the response (RFC 9112, 6.3). It would
// be taken for the beginning of the next one.
func (c *keepingConnection) surplus() bool {
	head, end := c.head()
	if head == nil {
		return false
	}
	lengths, codings := head.Values("Content-Length"), head.Values("Transfer-Encoding")
	switch _, status, _ := strings.Cut(head.Line, " "); {
	case c.method == http.MethodHead, strings.HasPrefix(status, "204"), strings.HasPrefix(status, "304"):
	case len(codings) > 0 && c.came == len(c.kept):
		end += endOfChunks(c.kept[end:])
	case len(codings) == 0 && len(lengths) > 0:
		length, err := strconv.Atoi(lengths[0])
		if err != nil {
			return false
		}
		end += length
	default:
		return false
	}
	return c.came > end && !isIdleNotice(c.kept[min(end, len(c.kept)):])
}

// isIdleNotice reports whether bytes are a response with 408, by which a server says that
// it closes a connection that carries no request (RFC 9110, 15.5.9).
func isIdleNotice(behind []byte) bool {
	return bytes.HasPrefix(behind, []byte("HTTP/1.1 408 ")) || bytes.HasPrefix(behind, []byte("HTTP/1.0 408 "))
}

// spoiled reports whether bytes have come behind the last response.
func (c *keepingConnection) spoiled() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.surplus()
}

// wholeHead is the head of the response that came last.
func (c *keepingConnection) wholeHead() *wire.Head {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	head, _ := c.head()
	return head
}

// head is that of the response, behind those that are interim (RFC 9110, 15.2),
// with the place where it ends. It is nil where it was not kept whole.
func (c *keepingConnection) head() (head *wire.Head, end int) {
	for rest := c.kept; ; rest = c.kept[end:] {
		length := endOfHead(rest)
		if length < 0 {
			return nil, 0
		}
		end += length
		if !bytes.HasPrefix(rest, []byte("HTTP/1.1 1")) {
			return wire.Read(rest[:length], true), end
		}
	}
}

// endOfChunks gives the length of a chunked body with its trailer.
func endOfChunks(body []byte) int {
	rest := bytes.NewReader(body)
	from := bufio.NewReader(rest)
	if _, err := io.Copy(io.Discard, httputil.NewChunkedReader(from)); err != nil {
		return len(body)
	}
	for line, err := "-", error(nil); err == nil && strings.TrimRight(line, "\r\n") != ""; {
		line, err = from.ReadString('\n')
	}
	return len(body) - rest.Len() - from.Buffered()
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

// headError is an error for which the head of a response is to blame.
type headError struct {
	error
	kind   FaultKind
	detail string
}

// Unwrap gives what net/http said.
func (e *headError) Unwrap() error { return e.error }

// explained adds to net/http's error what the head of the response has that is
// none of HTTP's, if an HTTP response came at all. It quotes nothing but numbers:
// a part of a token that a server repeats would be recognised by nobody.
func (c *keepingConnection) explained(err error) error {
	if c == nil {
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	head, _ := c.head()
	if head == nil {
		// It is refused before it came to its end.
		head = wire.Read(c.kept, false)
	}
	version, status, _ := strings.Cut(head.Line, " ")
	status, _, _ = strings.Cut(status, " ")
	_, notNumber := strconv.ParseUint(status, 10, 10)
	framing := wire.BadFraming(head.Values("Content-Length"), head.Values("Transfer-Encoding"))
	field, malformed := head.Malformed()
	switch {
	case len(c.kept) >= len("HTTP/") && !strings.EqualFold(string(c.kept[:len("HTTP/")]), "HTTP/"):
		return &otherProtocolError{err, string(c.kept[:min(len(c.kept), firstBytes)])}
	case len(version) < len("HTTP/") || !strings.EqualFold(version[:len("HTTP/")], "HTTP/"):
		return err
	case !strings.HasPrefix(version, "HTTP/1."):
		return &headError{err, MalformedHead, wrongVersion}
	case len(status) != 3 || notNumber != nil:
		return &headError{err, MalformedHead, "the status line has no status of three digits"}
	case framing != "" && head.Whole:
		if _, values, _ := strings.Cut(framing, ": "); strings.Trim(values, "0123456789+-, and") != "" {
			framing, _, _ = strings.Cut(framing, ":")
		}
		return &headError{err, BadFraming, "the length of the body is open: " + framing}
	case malformed && field.Name != "":
		return &headError{err, MalformedHead, "a field of the header has a control character in its value"}
	case malformed:
		return &headError{err, MalformedHead, "a line of the header is no field"}
	}
	return err
}

const wrongVersion = "the status line does not begin with HTTP/1.1"

// carrier is what carried a request.
type carrier struct {
	// connection is nil where nothing is kept.
	connection *keepingConnection
	// reused says that it had carried an earlier request, and surplus that more had
	// come then than the response.
	reused, surplus bool
}

// roundTrip sends a request and gives the response with what net/http repaired.
func roundTrip(transport http.RoundTripper, request *http.Request) (*http.Response, carrier, error) {
	var used carrier
	ctx := httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		used = carrier{reused: got.Reused}
		if used.connection, _ = got.Conn.(*keepingConnection); used.connection != nil {
			used.surplus = used.connection.begin(request.Method)
		}
	}})
	response, err := transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return nil, used, used.connection.explained(err)
	}
	for _, ours := range []string{HeadProblemHeader, HeaderCutHeader} {
		response.Header.Del(ours)
	}
	if used.connection != nil {
		if response.ProtoMajor != 1 {
			_ = response.Body.Close()
			return nil, used, &headError{errors.New("not HTTP/1"), MalformedHead, wrongVersion}
		}
		putBack(response.Header, used.connection.wholeHead())
	}
	response.Header = boundHeader(response.Header)
	return response, used, nil
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
		header.Set(HeadProblemHeader, text.Counted(head.BareFeeds, "line")+" that end with LF only")
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
