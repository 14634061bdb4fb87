package target

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patient is a limit that no response in these tests comes near.
const patient = time.Minute

// net/http logs a response that came unasked.
func init() { log.SetOutput(io.Discard) }

// newTarget makes a target that is patient and waits for nothing unless the test
// says otherwise.
func newTarget(t testing.TB, config Config) *Target {
	t.Helper()
	if config.Endpoint == "" {
		config.Endpoint = "http://127.0.0.1:1"
	}
	if config.Limit == 0 {
		config.Limit = patient
	}
	if config.Pause == nil {
		config.Pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	}
	made, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// send sends one request to a target on this machine, where there is no network
// to blame.
func send(t testing.TB, config Config, request Request) *Exchange {
	t.Helper()
	config.Loopback = true
	return sendTo(newTarget(t, config), request)
}

// sendTo sends a request, by default a POST of /.
func sendTo(server *Target, request Request) *Exchange {
	if request.Method == "" {
		request.Method = "POST"
	}
	if request.Path == "" {
		request.Path = "/"
	}
	return server.Send(context.Background(), "c", request)
}

// wantFault checks kind and detail of a fault.
func wantFault(t testing.TB, exchange *Exchange, kind FaultKind, detail string) {
	t.Helper()
	if exchange.Complete() {
		t.Fatalf("a response: %d %q", exchange.Status, exchange.Body)
	}
	if exchange.Fault.Kind != kind || !strings.Contains(exchange.Fault.Detail, detail) {
		t.Errorf("%s: %s; want %s: %s", exchange.Fault.Kind, exchange.Fault.Detail, kind, detail)
	}
	if kind == Malformed && strings.Contains(exchange.Fault.Detail, `"`) {
		t.Errorf("the detail quotes the server's own bytes: %s", exchange.Fault.Detail)
	}
	if strings.Contains(exchange.Fault.Detail, "\n") || exchange.Fault.Error() != exchange.Fault.Detail {
		t.Errorf("the detail is not one line: %q", exchange.Fault.Detail)
	}
}

func kindOf(exchange *Exchange) FaultKind {
	if exchange.Fault == nil {
		return ""
	}
	return exchange.Fault.Kind
}

// roundTripper makes a transport of a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// script responds with one step after the other, the last one for ever.
type script struct {
	steps []roundTripper
	sent  atomic.Int32
}

func (s *script) RoundTrip(request *http.Request) (*http.Response, error) {
	return s.steps[min(int(s.sent.Add(1)), len(s.steps))-1](request)
}

func status(code int, header ...string) roundTripper {
	return func(request *http.Request) (*http.Response, error) {
		response := &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("body")), Request: request}
		for i := 0; i+1 < len(header); i += 2 {
			response.Header.Set(header[i], header[i+1])
		}
		return response, nil
	}
}

// undiagnosed is the network without a look into what goes wrong first.
func undiagnosed(t testing.TB, endpoint string) http.RoundTripper {
	t.Helper()
	address, err := ParseEndpoint(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return NewNetwork(address, NetworkOptions{}).(*diagnosing).next
}

// refusing responds with JSON.
func refusing(code int, body string) roundTripper {
	return func(request *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: code, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: request}, nil
	}
}

func failing(err error) roundTripper {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// silent connects, and then nothing comes. With some of a body the head and that
// come first.
func silent(body string) roundTripper {
	return func(request *http.Request) (*http.Response, error) {
		ctx := request.Context()
		httptrace.ContextClientTrace(ctx).GotConn(httptrace.GotConnInfo{})
		if body == "" {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		end := readerFunc(func([]byte) (int, error) { <-ctx.Done(); return 0, ctx.Err() })
		return &http.Response{StatusCode: 200, Body: io.NopCloser(io.MultiReader(strings.NewReader(body), end))}, nil
	}
}

type readerFunc func([]byte) (int, error)

func (r readerFunc) Read(into []byte) (int, error) { return r(into) }

func serve(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// serveRaw serves connections on this machine with a function, each in a
// goroutine of its own, and gives the endpoint. At the end of the test every
// connection is closed.
func serveRaw(t testing.TB, handle func(*net.TCPConn)) string {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	var mutex sync.Mutex
	var open []*net.TCPConn
	serving.Go(func() {
		for {
			connection, err := listener.AcceptTCP()
			if err != nil {
				return
			}
			mutex.Lock()
			open = append(open, connection)
			mutex.Unlock()
			serving.Go(func() { handle(connection) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mutex.Lock()
		for _, connection := range open {
			connection.Close()
		}
		mutex.Unlock()
		serving.Wait()
	})
	return "http://" + listener.Addr().String()
}

// readHead reads a request up to the empty line, and no byte more.
func readHead(connection net.Conn) string {
	var head strings.Builder
	one := make([]byte, 1)
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		if _, err := connection.Read(one); err != nil {
			break
		}
		head.Write(one)
	}
	return head.String()
}

// saying responds to each request with the same bytes and closes.
func saying(response string) func(*net.TCPConn) {
	return func(connection *net.TCPConn) {
		readHead(connection)
		_, _ = io.WriteString(connection, response)
		_ = connection.Close()
	}
}

// reset closes a connection with RST instead of FIN.
func reset(connection *net.TCPConn) {
	_ = connection.SetLinger(0)
	_ = connection.Close()
}

// waiting holds a connection until the other side gives it up.
func waiting(connection *net.TCPConn) { _, _ = io.Copy(io.Discard, connection) }

// closedPort gives an endpoint on this machine that nobody listens at.
func closedPort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String()
}
