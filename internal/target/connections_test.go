package target

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// last is what a response ends in that is the last one of its connection.
const last = "\x00"

// conversation serves each connection request by request, with the response for
// the request's number on the connection.
func conversation(t *testing.T, respond func(onConnection int, request *http.Request) string) (endpoint string, requests *atomic.Int32) {
	t.Helper()
	requests = &atomic.Int32{}
	return serveRaw(t, func(connection *net.TCPConn) {
		defer connection.Close()
		from := bufio.NewReader(connection)
		for onConnection := 1; ; onConnection++ {
			request, err := http.ReadRequest(from)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, request.Body)
			requests.Add(1)
			response, closing := strings.CutSuffix(respond(onConnection, request), last)
			if _, err := io.WriteString(connection, response); err != nil || closing || request.Close {
				return
			}
		}
	}), requests
}

func responseOK(text string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
}

// reusing makes a target on this machine whose requests share connections.
func reusing(t *testing.T, endpoint string) *Target {
	t.Helper()
	server := newTarget(t, Config{Endpoint: endpoint, Loopback: true})
	server.ReuseConnections(true)
	return server
}

// TestAClosedConnectionIsNobodysFault: a server may close a connection at any time,
// and a request that may be sent again gets its response over another. One that may
// not never shares a connection.
func TestAClosedConnectionIsNobodysFault(t *testing.T) {
	t.Parallel()
	idle := "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	for name, end := range map[string]string{
		"closed": last, "timed out": idle + last, "spoiled": "garbage\r\n\r\n", "half a head": "HTTP/1.1 200 OK\r\nConte" + last,
		"announced": responseOK("x")[:17] + "Connection: close\r\nContent-Length: 1\r\n\r\nx" + last,
	} {
		endpoint, requests := conversation(t, func(onConnection int, _ *http.Request) string {
			if onConnection > 2 {
				return end
			}
			return responseOK("x")
		})
		server := reusing(t, endpoint)
		for i := range 12 {
			once := i%4 == 3
			before := requests.Load()
			exchange := sendTo(server, Request{Method: []string{"GET", "POST"}[i%2], Once: once, Body: []byte("{}"), Chunked: i%3 == 0})
			if !exchange.Complete() || string(exchange.Body) != "x" || len(exchange.Earlier) > 0 {
				t.Errorf("%s, request %d: %q %v, %d attempts before", name, i, exchange.Body, exchange.Fault, len(exchange.Earlier))
			}
			if once && (exchange.Reused || requests.Load() != before+1) {
				t.Errorf("%s, request %d must be sent once: %d times, reused %v", name, i, requests.Load()-before, exchange.Reused)
			}
		}
	}
}

// TestWhatComesBehindAResponseIsNotTheNext: it is no response to the request that
// follows on the connection.
func TestWhatComesBehindAResponseIsNotTheNext(t *testing.T) {
	t.Parallel()
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nTrailer: y\r\n\r\n"
	for name, test := range map[string]struct {
		method, response string
		sound            bool
	}{
		"a second response":      {"GET", responseOK("x") + responseOK("y"), false},
		"some of one":            {"GET", responseOK("x") + "HTTP/1.1", false},
		"a body to HEAD":         {"HEAD", responseOK(responseOK("y")), false},
		"a body of no content":   {"GET", "HTTP/1.1 204 No Content\r\n\r\n" + responseOK("y"), false},
		"one behind chunks":      {"GET", chunked + responseOK("y"), false},
		"chunks and their end":   {"GET", chunked, true},
		"a length":               {"GET", responseOK("x"), true},
		"an interim one":         {"GET", "HTTP/1.1 103 Early Hints\r\n\r\n" + responseOK("x"), true},
		"a length that HEAD has": {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true},
	} {
		endpoint, _ := conversation(t, func(_ int, request *http.Request) string {
			if request.Header.Get("Probe") != "" {
				return responseOK("probe")
			}
			return test.response
		})
		server := reusing(t, endpoint)
		probe := Request{Method: "GET", Header: http.Header{"Probe": {"1"}}}
		for range 3 {
			sendTo(server, Request{Method: test.method})
			if exchange := sendTo(server, probe); !exchange.Complete() || string(exchange.Body) != "probe" || exchange.Reused && !test.sound {
				t.Errorf("%s: %q %v, reused %v", name, exchange.Body, exchange.Fault, exchange.Reused)
			}
		}
		kept := probe
		kept.Connection = KeptConnection
		sendTo(server, Request{Method: test.method, Connection: KeptConnection})
		if exchange := sendTo(server, kept); test.sound && (!exchange.Complete() || !exchange.Reused) {
			t.Errorf("%s, kept: %q %v, reused %v", name, exchange.Body, exchange.Fault, exchange.Reused)
		} else if !test.sound {
			if wantFault(t, exchange, Malformed, ""); exchange.After != exchange.Number-1 {
				t.Errorf("%s: after %d", name, exchange.After)
			}
		}
	}
}

// TestOneConnectionAfterTheOther: a small server takes the next connection when the
// last one is closed.
func TestOneConnectionAfterTheOther(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			from := bufio.NewReader(connection)
			for request, err := http.ReadRequest(from); err == nil; request, err = http.ReadRequest(from) {
				if _, err := io.WriteString(connection, responseOK("x")); err != nil || request.Close {
					break
				}
			}
			_ = connection.Close()
		}
	}()
	server := reusing(t, "http://"+listener.Addr().String())
	for i := range 6 {
		if exchange := sendTo(server, Request{Once: i%3 == 2}); !exchange.Complete() || exchange.Reused != (i%3 == 1) {
			t.Errorf("request %d: %v, reused %v", i, exchange.Fault, exchange.Reused)
		}
	}
	for _, exchange := range server.SendTogether(context.Background(), "c", make([]Request, 4)) {
		if !exchange.Complete() {
			t.Error(exchange.Fault)
		}
	}
}

// TestAKeptConnectionShowsWhatGoesWrong, and nothing is made up for.
func TestAKeptConnectionShowsWhatGoesWrong(t *testing.T) {
	t.Parallel()
	endpoint, requests := conversation(t, func(onConnection int, _ *http.Request) string {
		if onConnection > 1 {
			return last
		}
		return responseOK("x")
	})
	server := newTarget(t, Config{Endpoint: endpoint, Loopback: true})
	post := Request{Method: "POST", Connection: KeptConnection}
	if first := sendTo(server, post); !first.Complete() || !first.Connected || first.Reused || first.Closing {
		t.Errorf("the first: %v %+v", first.Fault, first)
	}
	second := sendTo(server, post)
	if wantFault(t, second, HangUp, "closed"); !second.Reused || requests.Load() != 2 {
		t.Errorf("the second: reused %v, %d requests", second.Reused, requests.Load())
	}
}

// TestAKeptConnectionMayTimeOut: a server says so with 408 before it closes one that is
// idle (RFC 9110, 15.5.9), which is no second response to the request before.
func TestAKeptConnectionMayTimeOut(t *testing.T) {
	t.Parallel()
	const idle = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	endpoint, _ := conversation(t, func(onConnection int, request *http.Request) string {
		if request.Method == "POST" {
			return responseOK("x") + idle + last
		}
		return idle + last // It came while the request was sent.
	})
	server := newTarget(t, Config{Endpoint: endpoint, Loopback: true})
	for range 3 {
		if got := sendTo(server, Request{Method: "POST", Connection: KeptConnection}); !got.Complete() || got.Status != http.StatusOK {
			t.Errorf("%d, %v", got.Status, got.Fault)
		}
	}
}
