package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestEachResponseIsWholeOrHasItsFault(t *testing.T) {
	t.Parallel()
	const ok, inChunks = "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	endless := func(connection *net.TCPConn) {
		readHead(connection)
		_, err := io.WriteString(connection, ok+"\r\n")
		for block := strings.Repeat("x", 64<<10); err == nil; {
			_, err = io.WriteString(connection, block)
		}
	}
	largest := strings.Repeat("x", largestResponse)
	for name, test := range map[string]struct {
		serve  func(*net.TCPConn)
		kind   FaultKind
		detail string
		status int
		body   string
	}{
		"with length":      {saying(ok + "Content-Length: 2\r\n\r\n{}"), "", "", 200, "{}"},
		"in chunks":        {saying("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;a=b\r\n}\r\n0\r\n\r\n"), "", "", 404, "{}"},
		"until the close":  {saying("HTTP/1.0 500 Oh\r\n\r\n<html>\x00\xff"), "", "", 500, "<html>\x00\xff"},
		"no body":          {saying("HTTP/1.1 204 No Content\r\n\r\n"), "", "", 204, ""},
		"the largest body": {saying(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", ok, largestResponse, largest)), "", "", 200, largest},
		"a whole body, the connection held": {func(c *net.TCPConn) {
			readHead(c)
			_, _ = io.WriteString(c, ok+"Content-Length: 2\r\n\r\n{}")
			waiting(c)
		}, "", "", 200, "{}"},
		"a body without end":             {endless, Endless, "more than 4 MiB", 200, largest + "x"},
		"hang-up after the request":      {saying(""), HangUp, "closed before the response was complete", 0, ""},
		"hang-up in the status line":     {saying("HTTP/1.1 200 OK"), HangUp, "closed before the response was complete", 0, ""},
		"hang-up in the header":          {saying(ok + "Content-Type: appl"), HangUp, "closed before the response was complete", 0, ""},
		"reset after the request":        {func(c *net.TCPConn) { readHead(c); reset(c) }, Reset, "reset before a response", 0, ""},
		"truncated by its length":        {saying(ok + "Content-Length: 9\r\n\r\nhalf"), Truncated, "ended after 4 of 9 bytes", 200, "half"},
		"nothing of an announced body":   {saying("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n"), Truncated, "ended after 0 of 9 bytes", 404, ""},
		"the last chunk is missing":      {saying(inChunks + "4\r\nhalf\r\n"), Truncated, "ended after 4 bytes, before its last chunk", 200, "half"},
		"a chunk shorter than its size":  {saying(inChunks + "9\r\nhalf"), Truncated, "ended after 4 bytes, before its last chunk", 200, "half"},
		"a chunk size that is no number": {saying(inChunks + "4\r\nhalf\r\nzz\r\n"), BrokenChunks, "after 4 bytes", 200, "half"},
		"a chunk longer than its size":   {saying(inChunks + "2\r\nhalf\r\n0\r\n\r\n"), BrokenChunks, "the chunked body is broken", 200, "ha"},
		"malformed HTTP":                 {saying("HTP 200 OK\r\nServer: x\r\n\r\n"), Malformed, "not an HTTP response: ", 0, ""},
		"a status without number":        {saying("HTTP/1.1 fine OK\r\n\r\n"), MalformedHead, "no status of three digits", 0, ""},
		"a version in lower case":        {saying("http/1.1 200 OK\r\n\r\n"), MalformedHead, "does not begin with HTTP/1.1", 0, ""},
		"a control character":            {saying(ok + "X: a\x01b\r\n\r\n"), MalformedHead, "a control character in its value", 0, ""},
		"a header line without colon":    {saying(ok + "no header\r\n\r\n"), MalformedHead, "a line of the header is no field", 0, ""},
		"two lengths":                    {saying(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), BadFraming, "Content-Length: 1 and 2", 0, ""},
		"a length with a sign":           {saying(ok + "Content-Length: +2\r\n\r\nab"), BadFraming, "Content-Length: +2", 0, ""},
		"a length that is text":          {saying(ok + "Content-Length: two\r\n\r\nab"), BadFraming, "the length of the body is open: Content-Length", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exchange := send(t, Config{Endpoint: serveRaw(t, test.serve)}, Request{})
			if test.kind != "" {
				wantFault(t, exchange, test.kind, test.detail)
			}
			if kindOf(exchange) != test.kind || exchange.Fault != nil && !exchange.Fault.ServerOwn() {
				t.Errorf("%v", exchange.Fault)
			}
			if exchange.Status != test.status || string(exchange.WholeBody()) != test.body || exchange.Status != 0 && exchange.Took <= 0 {
				t.Errorf("status %d with body %.80q after %s", exchange.Status, exchange.Body, exchange.Took)
			}
		})
	}
}

// TestAResponseBeforeTheWholeBody is the server's, although it closes without
// having read the body, so that the rest cannot be sent.
func TestAResponseBeforeTheWholeBody(t *testing.T) {
	t.Parallel()
	large := Request{Body: bytes.Repeat([]byte("["), 16<<20)}
	early := "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
	for range 10 {
		exchange := send(t, Config{Endpoint: serveRaw(t, saying(early))}, large)
		if exchange.Fault != nil || exchange.Status != 400 || string(exchange.Body) != "{}" {
			t.Fatalf("status %d with body %.80q, %v", exchange.Status, exchange.Body, exchange.Fault)
		}
	}
	wantFault(t, send(t, Config{Endpoint: serveRaw(t, saying(""))}, large), ClosedWhileSending, "before it had read the whole body")
}

func TestAResponseOverTheLimitIsSlow(t *testing.T) {
	t.Parallel()
	t.Run("over a real connection", func(t *testing.T) {
		t.Parallel()
		exchange := send(t, Config{Endpoint: serveRaw(t, waiting), Limit: 100 * time.Millisecond}, Request{Once: true})
		wantFault(t, exchange, Slow, "no complete response within 100ms")
	})
	for body, detail := range map[string]string{"": "no complete response within 1m0s", "half": "no complete response within 1m0s; 4 bytes of the body came"} {
		synctest.Test(t, func(t *testing.T) {
			exchange := send(t, Config{Transport: silent(body)}, Request{Once: true})
			wantFault(t, exchange, Slow, detail)
			if string(exchange.WholeBody()) != body || !exchange.Fault.ServerOwn() || (exchange.Status == 200) != (body != "") {
				t.Errorf("status %d, %q", exchange.Status, exchange.Body)
			}
		})
	}
}

// TestErrorsOfATransport become faults, also those that no server of these tests
// brings about at will.
func TestErrorsOfATransport(t *testing.T) {
	t.Parallel()
	broken := &net.OpError{Op: "write", Err: os.NewSyscallError("write", syscall.EPIPE)}
	resetting := &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	unrecorded := &Fault{Kind: Unrecorded, Detail: "the cassette has no such request"}
	for _, test := range []struct {
		err    error
		body   int
		kind   FaultKind
		detail string
	}{
		{broken, largeBody + 1, ClosedWhileSending, "the connection"},
		{resetting, largeBody + 1, ClosedWhileSending, "the connection"},
		{fmt.Errorf("transport connection broken: %w", broken), 1 << 20, ClosedWhileSending, "the connection"},
		{broken, largeBody, HangUp, "the connection"},
		{resetting, largeBody, Reset, "the connection"},
		{unrecorded, 0, Unrecorded, unrecorded.Detail},
		{fmt.Errorf("replay: %w", unrecorded), 0, Unrecorded, unrecorded.Detail},
		{errors.New("a\xffb"), 0, Malformed, "not an HTTP response: a?b"},
		// net/http's own words for a server that speaks first.
		{&url.Error{Op: "Post", URL: "http://h/", Err: errors.New("readLoopPeekFailLocked: %!w(<nil>)")}, 0, Malformed, "the server sent data before the request"},
	} {
		exchange := send(t, Config{Transport: failing(test.err)}, Request{Body: make([]byte, test.body), Once: true})
		wantFault(t, exchange, test.kind, test.detail)
	}
	endpoint := closedPort(t)
	exchange := send(t, Config{Endpoint: endpoint}, Request{})
	wantFault(t, exchange, Unreachable, "connection refused")
	if strings.Contains(exchange.Fault.Detail, endpoint) {
		t.Errorf("%s", exchange.Fault.Detail)
	}
}

func TestOnlyFaultsOfTheServerAreItsOwn(t *testing.T) {
	t.Parallel()
	for kind, own := range map[FaultKind]bool{
		Unreachable: false, Withheld: false, Unrecorded: false, Lost: false, Throttled: false, Intercepted: false,
		HangUp: true, Reset: true, Slow: true, Truncated: true, BrokenChunks: true, Malformed: true, MalformedHead: true, BadFraming: true, Endless: true, ClosedWhileSending: true,
	} {
		if got := (&Fault{Kind: kind}).ServerOwn(); got != own {
			t.Errorf("%s: %v", kind, got)
		}
	}
}

// TestWhateverComesIsClassified serves bytes that are nearly HTTP: the exchange
// has a response, or a fault of the server's own in one line.
func TestWhateverComesIsClassified(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			type served struct {
				response              []byte
				unread, resets, holds bool
			}
			var current atomic.Pointer[served]
			endpoint := serveRaw(t, func(connection *net.TCPConn) {
				now := current.Load()
				if !now.unread {
					readHead(connection)
				}
				_, _ = connection.Write(now.response)
				switch {
				case now.resets:
					reset(connection)
				case now.holds:
					waiting(connection)
				default:
					_ = connection.Close()
				}
			})
			for range 50 {
				now := &served{nearlyHTTP(random), random.IntN(16) == 0, random.IntN(2) == 0, random.IntN(32) == 0}
				current.Store(now)
				method := []string{"POST", "GET", "HEAD", "DELETE"}[random.IntN(4)]
				exchange := send(t, Config{Endpoint: endpoint, Transport: undiagnosed(t, endpoint), Limit: 200 * time.Millisecond}, Request{Method: method, Path: "/v1/a:retry", Once: true})
				fault := exchange.Fault
				if fault == nil || now.unread && now.resets && fault.Kind == Unreachable {
					continue // A reset may come before the connection is seen to stand.
				}
				known := slices.Contains([]FaultKind{HangUp, Reset, Slow, Truncated, BrokenChunks, Malformed, MalformedHead, BadFraming, Endless}, fault.Kind)
				oneLine := fault.Detail != "" && utf8.ValidString(fault.Detail) && !strings.ContainsFunc(fault.Detail, unicode.IsControl)
				if !known || !fault.ServerOwn() || !oneLine {
					t.Fatalf("%.600q is %q: %q", now.response, fault.Kind, fault.Detail)
				}
			}
		})
	}
}

func nearlyHTTP(random *rand.Rand) []byte {
	pick := func(texts []string) string { return texts[random.IntN(len(texts))] }
	text := pick(statusLines)
	for range random.IntN(5) {
		text += pick(headerLines)
	}
	response := []byte(text + "\r\n" + pick(bodies))
	if random.IntN(4) == 0 {
		response = response[:random.IntN(len(response)+1)]
	}
	if len(response) > 0 && random.IntN(4) == 0 {
		response[random.IntN(len(response))] = byte(random.IntN(256))
	}
	return response
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

// TestWhatIsOnItsWayIsAwaited when the run ends, where it is sent once; all else
// is given up, and nothing more is sent.
func TestWhatIsOnItsWayIsAwaited(t *testing.T) {
	t.Parallel()
	for _, once := range []bool{true, false} {
		ctx, cancel := context.WithCancel(context.Background())
		sent := 0
		server := newTarget(t, Config{Loopback: true, Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
			sent++
			cancel()
			if err := request.Context().Err(); err != nil {
				return nil, err
			}
			return status(200)(request)
		})})
		exchange := server.Send(ctx, "c", Request{Method: "POST", Path: "/", Job: "a", Call: true, Once: once})
		if once && !exchange.Succeeded() {
			t.Errorf("%v", exchange.Fault)
		} else if !once {
			wantFault(t, exchange, Withheld, "the run was interrupted")
		}
		wantFault(t, server.Send(ctx, "c", Request{Method: "POST", Path: "/"}), Withheld, "the run was interrupted")
		if sent != 1 {
			t.Errorf("%d requests were sent", sent)
		}
	}
}
