package target

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// end is what a server does after it has written its last byte.
type end string

const (
	closing   end = "closes"
	resetting end = "resets"
	holding   end = "holds the connection open"
)

// rawAnswer is what a server sends whatever it is asked.
type rawAnswer struct {
	bytes []byte
	end   end
	// unread says that it responds without having read the request.
	unread bool
}

// String shows the response in a failure, cut where it is long.
func (a rawAnswer) String() string {
	const shown = 600
	text := fmt.Sprintf("%q", a.bytes[:min(len(a.bytes), shown)])
	if len(a.bytes) > shown {
		text += fmt.Sprintf("… (%d bytes)", len(a.bytes))
	}
	return fmt.Sprintf("%s, then %s, request unread: %v", text, a.end, a.unread)
}

// GoString is String: rapid prints what it drew in Go's syntax.
func (a rawAnswer) GoString() string { return a.String() }

// serving is a raw server that gives the response that was set last.
type serving struct {
	endpoint string
	answer   atomic.Pointer[rawAnswer]
}

func serveSet(t *testing.T) *serving {
	t.Helper()
	made := &serving{}
	made.endpoint = serveRaw(t, func(connection *net.TCPConn) {
		answer := made.answer.Load()
		if !answer.unread {
			readHead(connection)
		}
		_, _ = io.Copy(connection, bytes.NewReader(answer.bytes))
		switch answer.end {
		case closing:
			_ = connection.Close()
		case resetting:
			reset(connection)
		case holding:
			waiting(connection)
		}
	})
	return made
}

// ask sends one request to the server that gives a response.
func (s *serving) ask(t *rapid.T, answer rawAnswer, limit time.Duration) *Exchange {
	s.answer.Store(&answer)
	judged, err := New(Config{Endpoint: s.endpoint, Limit: limit, Loopback: true, Pause: unhurried})
	if err != nil {
		t.Fatal(err)
	}
	method := rapid.SampledFrom([]string{"POST", "GET", "HEAD", "DELETE"}).Draw(t, "method")
	return judged.Send(context.Background(), "c", Request{Method: method, Path: "/v1/archiveJobs/a:retry"})
}

// TestWhateverComesIsClassified serves random bytes: the exchange has a response,
// or has a fault that is the server's own and is told in one line.
func TestWhateverComesIsClassified(t *testing.T) {
	const limit = 200 * time.Millisecond
	// net/http logs a response that comes before it was asked for.
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	server := serveSet(t)
	rapid.Check(t, func(t *rapid.T) {
		answer := anyAnswer(t)
		exchange := server.ask(t, answer, limit)
		if exchange.Answered() {
			return
		}
		fault := exchange.Fault
		if answer.unread && answer.end == resetting && fault.Kind == Unreachable {
			// The reset may come before the connection is seen to stand.
			return
		}
		switch {
		case !slices.Contains([]FaultKind{HangUp, Reset, Slow, Truncated, BrokenChunks, Malformed, Endless}, fault.Kind):
			t.Fatalf("%s is classified as %q: %q", answer, fault.Kind, fault.Detail)
		case !fault.ServerOwn():
			t.Fatalf("%s is not laid at the server's door: %q, %q", answer, fault.Kind, fault.Detail)
		case !isOneLine(fault.Detail):
			t.Fatalf("%s is not told in one line of text: %q", answer, fault.Detail)
		}
	})
}

// isOneLine reports whether a text can be shown to a person as one line.
func isOneLine(text string) bool {
	return text != "" && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// TestAWholeAnswerIsTakenAsItIs serves sound responses: what is written into one
// end comes out of the other.
func TestAWholeAnswerIsTakenAsItIs(t *testing.T) {
	server := serveSet(t)
	rapid.Check(t, func(t *rapid.T) {
		status := rapid.IntRange(200, 599).Filter(func(status int) bool { return status != 204 && status != 304 }).Draw(t, "status")
		value := rapid.StringMatching(`[!-~]([ -~]{0,20}[!-~])?`).Draw(t, "header value")
		body := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "body")
		head := fmt.Sprintf("HTTP/1.1 %d Any\r\nX-Any: %s\r\n", status, value)
		answer := rawAnswer{bytes: []byte(head), end: closing}
		switch rapid.SampledFrom([]string{"length", "chunks", "close"}).Draw(t, "framing") {
		case "length":
			answer.bytes = fmt.Appendf(answer.bytes, "Content-Length: %d\r\n\r\n%s", len(body), body)
			answer.end = rapid.SampledFrom([]end{closing, holding}).Draw(t, "end")
		case "chunks":
			answer.bytes = append(answer.bytes, "Transfer-Encoding: chunked\r\n\r\n"+chunked(t, body)...)
			answer.end = rapid.SampledFrom([]end{closing, holding}).Draw(t, "end")
		case "close":
			answer.bytes = append(answer.bytes, "\r\n"+string(body)...)
		}
		exchange := server.ask(t, answer, patient)
		if exchange.Request.Method == "HEAD" {
			body = nil
		}
		came := exchange.Header.Get("X-Any")
		if !exchange.Answered() || exchange.Status != status || came != value || !bytes.Equal(exchange.Body, body) {
			t.Fatalf("of %s came %d, X-Any %q, %q and the fault %v", answer, exchange.Status, came, exchange.Body, exchange.Fault)
		}
	})
}

// chunked draws a way to cut a body into chunks.
func chunked(t *rapid.T, body []byte) string {
	var text strings.Builder
	for len(body) > 0 {
		size := rapid.IntRange(1, len(body)).Draw(t, "size of a chunk")
		fmt.Fprintf(&text, "%x%s\r\n%s\r\n", size, rapid.SampledFrom([]string{"", ";any=extension"}).Draw(t, "extension"), body[:size])
		body = body[size:]
	}
	return text.String() + "0\r\n\r\n"
}

// anyAnswer draws bytes: of a response that is nearly HTTP most of the time.
func anyAnswer(t *rapid.T) rawAnswer {
	answer := rawAnswer{end: rapid.SampledFrom([]end{closing, resetting}).Draw(t, "end")}
	// A connection that is held open may cost the whole limit.
	if oneIn(t, 16, "held open") {
		answer.end = holding
	}
	answer.unread = oneIn(t, 16, "unread")
	if oneIn(t, 8, "any bytes") {
		answer.bytes = rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "bytes")
		return answer
	}
	text := rapid.SampledFrom(statusLines).Draw(t, "status line")
	if oneIn(t, 8, "any status line") {
		text = rapid.StringMatching(`HTTP/1\.[01] [0-9+-]{0,4}.{0,10}\r\n`).Draw(t, "status line")
	}
	for _, line := range rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(headerLines),
		rapid.StringMatching(`[A-Za-z-]{0,8}[: ]{0,2}.{0,20}\r?\n`)), 0, 5).Draw(t, "header") {
		text += line
	}
	text += "\r\n" + rapid.OneOf(rapid.SampledFrom(bodies), rapid.Custom(func(t *rapid.T) string {
		return chunked(t, rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "body"))
	})).Draw(t, "body")
	answer.bytes = []byte(text)
	if oneIn(t, 4, "cut") {
		answer.bytes = answer.bytes[:rapid.IntRange(0, len(answer.bytes)).Draw(t, "cut at")]
	}
	if oneIn(t, 4, "spoilt") && len(answer.bytes) > 0 {
		answer.bytes[rapid.IntRange(0, len(answer.bytes)-1).Draw(t, "place")] = rapid.Byte().Draw(t, "byte")
	}
	return answer
}

var (
	statusLines = []string{
		"HTTP/1.1 200 OK\r\n", "HTTP/1.1 400 Bad Request\r\n", "HTTP/1.0 200 OK\r\n", "HTTP/1.1 302 Found\r\n",
		"HTTP/1.1 204 No Content\r\n", "HTTP/1.1 304 Not Modified\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
		"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 \r\n", "HTTP/1.1 101 Switching Protocols\r\n", "HTTP/1.1 200\r\n",
		"HTTP/1.1 000 None\r\n", "HTTP/1.1 999 Many\r\n", "HTTP/2 200 OK\r\n", "HTTP/9.9 200 OK\r\n", "HTTP/1.1 200 OK\n",
		"http/1.1 200 OK\r\n", "ICY 200 OK\r\n", "", "\r\n", "\x1b[31mHTTP/1.1 200 OK\r\n", "HTTP/1.1 2x0 \x1b[31mOK\r\n",
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 7),
	}
	headerLines = []string{
		"Content-Type: application/json\r\n", "Content-Length: 2\r\n", "Content-Length: 0\r\n", "Content-Length: 9\r\n",
		"Content-Length: -1\r\n", "Content-Length: 99999999999999999999\r\n", "Content-Length: 2, 2\r\n", "Content-Length: \r\n",
		"Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n", "Transfer-Encoding: chunked, chunked\r\n",
		"Content-Encoding: gzip\r\n", "Location: /v2\r\n", "Location: %zz\r\n", "Location: \r\n", "Connection: upgrade\r\n",
		"Connection: keep-alive\r\n", "Upgrade: h2c\r\n", "Trailer: X\r\n", " folded\r\n", "no colon\r\n", ": no name\r\n", "X: \x00\r\n",
		"X\x1b[31m: y\r\n", "\x1b[2J\r\n", "X: " + strings.Repeat("y", 9000) + "\r\n", "X: " + strings.Repeat("y", 2<<20) + "\r\n",
	}
	bodies = []string{
		"", "{}", `{"archiveJobId":"a"}`, "2\r\n{}\r\n0\r\n\r\n", "2\r\n{}\r\n0\r\nX: y\r\n\r\n", "2\r\n{}\r\n0\r\nno trailer\r\n\r\n",
		"-1\r\n{}\r\n", "fffffffffffffffff\r\n{}", "2;" + strings.Repeat("x", 9000) + "\r\n{}\r\n0\r\n\r\n", "\x1b[31m2\r\n{}\r\n", "zz\r\n",
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", "\x1f\x8b", strings.Repeat("x", 70_000),
	}
)

// oneIn decides with a chance of one in a power of two. The draws of rapid lean
// to the first of a list.
func oneIn(t *rapid.T, many int, what string) bool {
	for ; many > 1; many /= 2 {
		if !rapid.Bool().Draw(t, what) {
			return false
		}
	}
	return true
}
