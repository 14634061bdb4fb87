package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// reset closes a connection with RST instead of FIN.
func reset(connection *net.TCPConn) {
	_ = connection.SetLinger(0)
	_ = connection.Close()
}

// waiting holds a connection until the other side gives it up.
func waiting(connection *net.TCPConn) { _, _ = io.Copy(io.Discard, connection) }

func TestWhatComesInsteadOfAnAnswer(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(*net.TCPConn)
		kind   FaultKind
		detail string
		status int
		body   string
	}{
		{"hang-up after the request", saying(""), HangUp, "closed before a whole response", 0, ""},
		{"hang-up in the status line", saying("HTTP/1.1 200 OK"), HangUp, "closed before a whole response", 0, ""},
		{"hang-up in the header", saying("HTTP/1.1 200 OK\r\nContent-Type: appl"), HangUp, "closed before a whole response", 0, ""},
		{"reset after the request", func(c *net.TCPConn) { readHead(c); reset(c) }, Reset, "reset before a response", 0, ""},
		{"truncated by its length", saying("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), Truncated, "broke off after 4 bytes", 200, "half"},
		{"nothing of an announced body", saying("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n"), Truncated, "broke off after 0 bytes", 404, ""},
		{"the last chunk is missing", saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"), Truncated, "broke off after 4 bytes", 200, "half"},
		{"a chunk shorter than its size", saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"), Truncated, "broke off after 4 bytes", 200, "half"},
		{"a chunk size that is no number", saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n"), BrokenChunks, "after 4 bytes", 200, "half"},
		{"a chunk longer than its size", saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhalf\r\n0\r\n\r\n"), BrokenChunks, "the chunked body is broken", 200, "ha"},
		{"no HTTP", saying("SSH-2.0-OpenSSH_9.9\r\n\r\n"), Malformed, "not an HTTP response: ", 0, ""},
		{"a status without number", saying("HTTP/1.1 fine OK\r\n\r\n"), Malformed, "not an HTTP response: ", 0, ""},
		{"a header line without colon", saying("HTTP/1.1 200 OK\r\nno header\r\n\r\n"), Malformed, "not an HTTP response: ", 0, ""},
		{"two lengths", saying("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), Malformed, "not an HTTP response: ", 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			exchange := newLocalTarget(t, Config{Endpoint: serveRaw(t, test.answer)}).Send(context.Background(), "c", Request{Method: "POST", Path: "/v1"})
			wantFault(t, exchange, test.kind, test.detail)
			if !exchange.Fault.ServerOwn() {
				t.Error("the fault is not laid at the server's door")
			}
			if exchange.Status != test.status || string(exchange.Body) != test.body {
				t.Errorf("status %d with body %q", exchange.Status, exchange.Body)
			}
		})
	}
}

// wantFault checks kind and detail of a fault.
func wantFault(t *testing.T, exchange *Exchange, kind FaultKind, detail string) {
	t.Helper()
	if exchange.Answered() {
		t.Fatalf("answered: %d %q", exchange.Status, exchange.Body)
	}
	if exchange.Fault.Kind != kind || !strings.Contains(exchange.Fault.Detail, detail) {
		t.Errorf("%s: %s; want %s: %s", exchange.Fault.Kind, exchange.Fault.Detail, kind, detail)
	}
	if strings.Contains(exchange.Fault.Detail, "\n") || exchange.Fault.Error() != exchange.Fault.Detail {
		t.Errorf("the detail is not one line: %q", exchange.Fault.Detail)
	}
}

func TestAWholeAnswerIsNoFault(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		status int
		body   string
	}{
		"with length":     {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 200, "{}"},
		"in chunks":       {"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", 404, "{}"},
		"until the close": {"HTTP/1.0 500 Oh\r\n\r\n<html>", 500, "<html>"},
		"no body":         {"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
	} {
		t.Run(name, func(t *testing.T) {
			exchange := newLocalTarget(t, Config{Endpoint: serveRaw(t, saying(test.answer))}).Send(context.Background(), "c", Request{Method: "POST", Path: "/"})
			if !exchange.Answered() {
				t.Fatal(exchange.Fault)
			}
			if exchange.Status != test.status || string(exchange.Body) != test.body || exchange.Took <= 0 {
				t.Errorf("status %d with body %q after %s", exchange.Status, exchange.Body, exchange.Took)
			}
		})
	}
}

func TestAnAnswerOverTheLimitIsSlow(t *testing.T) {
	const limit = 100 * time.Millisecond
	for name, test := range map[string]struct {
		answer func(*net.TCPConn)
		detail string
		status int
	}{
		"no response": {waiting, "no whole response within 100ms", 0},
		"no end": {func(c *net.TCPConn) {
			readHead(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
			waiting(c)
		}, "no whole response within 100ms; 4 bytes of the body came", 200},
	} {
		t.Run(name, func(t *testing.T) {
			exchange := newLocalTarget(t, Config{Endpoint: serveRaw(t, test.answer), Limit: limit}).Send(context.Background(), "c", Request{Method: "POST", Path: "/"})
			wantFault(t, exchange, Slow, test.detail)
			if exchange.Status != test.status || !exchange.Fault.ServerOwn() {
				t.Errorf("status %d", exchange.Status)
			}
		})
	}
}

func TestABodyWithoutEndIsGivenUp(t *testing.T) {
	endless := func(connection *net.TCPConn) {
		readHead(connection)
		_, err := io.WriteString(connection, "HTTP/1.1 200 OK\r\n\r\n")
		for block := strings.Repeat("x", 64<<10); err == nil; {
			_, err = io.WriteString(connection, block)
		}
	}
	exchange := newLocalTarget(t, Config{Endpoint: serveRaw(t, endless)}).Send(context.Background(), "c", Request{Method: "POST", Path: "/"})
	wantFault(t, exchange, Endless, "more than 4 MiB")
	whole := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", largestResponse, strings.Repeat("x", largestResponse))
	exchange = newLocalTarget(t, Config{Endpoint: serveRaw(t, saying(whole))}).Send(context.Background(), "c", Request{Method: "POST", Path: "/"})
	if !exchange.Answered() || len(exchange.Body) != largestResponse {
		t.Errorf("%d bytes and %v", len(exchange.Body), exchange.Fault)
	}
}

func TestAServerMayCloseWhileALargeBodyIsSent(t *testing.T) {
	broken := &net.OpError{Op: "write", Err: os.NewSyscallError("write", syscall.EPIPE)}
	resetting := &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	for _, test := range []struct {
		err  error
		body int
		kind FaultKind
	}{
		{broken, largeBody + 1, ClosedWhileSending},
		{resetting, largeBody + 1, ClosedWhileSending},
		{fmt.Errorf("transport connection broken: %w", broken), 1 << 20, ClosedWhileSending},
		{broken, largeBody, HangUp},
		{resetting, largeBody, Reset},
		{broken, 0, HangUp},
		{resetting, 0, Reset},
	} {
		judged := newLocalTarget(t, Config{Endpoint: "http://127.0.0.1:1", Transport: failing{test.err}})
		wantFault(t, judged.Send(context.Background(), "c", Request{Method: "POST", Path: "/", Body: make([]byte, test.body)}), test.kind, "the connection")
	}
}

func TestNobodyListeningIsNotTheServersFault(t *testing.T) {
	endpoint := closedPort(t)
	exchange := newLocalTarget(t, Config{Endpoint: endpoint}).Send(context.Background(), "c", Request{Method: "POST", Path: "/"})
	wantFault(t, exchange, Unreachable, "connection refused")
	if exchange.Fault.ServerOwn() || strings.Contains(exchange.Fault.Detail, endpoint) {
		t.Errorf("own %v: %s", exchange.Fault.ServerOwn(), exchange.Fault.Detail)
	}
}

// failing is a transport that has no response.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestATransportBringsItsOwnFault(t *testing.T) {
	fault := &Fault{Kind: Unrecorded, Detail: "the cassette has no such request"}
	for name, err := range map[string]error{"bare": fault, "wrapped": fmt.Errorf("replay: %w", fault)} {
		exchange := newLocalTarget(t, Config{Endpoint: "http://127.0.0.1:1", Transport: failing{err}}).Send(context.Background(), "c", Request{Method: "POST", Path: "/"})
		if exchange.Fault != fault || exchange.Fault.ServerOwn() {
			t.Errorf("%s: %v", name, exchange.Fault)
		}
	}
	unknown := newLocalTarget(t, Config{Endpoint: "http://127.0.0.1:1", Transport: failing{errors.New("a\xffb")}})
	wantFault(t, unknown.Send(context.Background(), "c", Request{Method: "POST", Path: "/"}), Malformed, "not an HTTP response: a?b")
}

func TestOnlyFaultsOfTheServerAreItsOwn(t *testing.T) {
	for kind, own := range map[FaultKind]bool{
		Unreachable: false, Withheld: false, Unrecorded: false, Lost: false, Throttled: false, Intercepted: false,
		HangUp: true, Reset: true, Slow: true, Truncated: true, BrokenChunks: true, Malformed: true, Endless: true, ClosedWhileSending: true,
	} {
		if got := (&Fault{Kind: kind}).ServerOwn(); got != own {
			t.Errorf("%s: %v", kind, got)
		}
	}
}

// TestAServerThatSpeaksFirstIsToldSo: net/http's own words for it would mean
// nothing to a person.
func TestAServerThatSpeaksFirstIsToldSo(t *testing.T) {
	err := &url.Error{Op: "Post", URL: "http://h/", Err: errors.New("readLoopPeekFailLocked: %!w(<nil>)")}
	fault := FaultBeforeResponse(context.Background(), err, 0)
	if fault.Kind != Malformed || strings.Contains(fault.Detail, "readLoop") || strings.Contains(fault.Detail, "%!") {
		t.Errorf("%s: %s", fault.Kind, fault.Detail)
	}
}
