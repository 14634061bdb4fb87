package target

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// script responds with one step after the other, the last one for ever.
type script struct {
	steps []func() (*http.Response, error)
	sent  atomic.Int32
}

func (s *script) RoundTrip(*http.Request) (*http.Response, error) {
	number := int(s.sent.Add(1))
	return s.steps[min(number, len(s.steps))-1]()
}

func status(code int, header ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) {
		answer := &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("body"))}
		for i := 0; i+1 < len(header); i += 2 {
			answer.Header.Set(header[i], header[i+1])
		}
		return answer, nil
	}
}

func failure(err error) func() (*http.Response, error) {
	return func() (*http.Response, error) { return nil, err }
}

var (
	resetStep   = failure(syscall.ECONNRESET)
	hangUpStep  = failure(io.EOF)
	nobodyThere = failure(&proxyError{502})
)

type steps = []func() (*http.Response, error)

func TestWhatIsSentAgain(t *testing.T) {
	for _, test := range []struct {
		name     string
		steps    steps
		once     bool
		remote   bool
		sent     int32
		status   int
		fault    FaultKind
		attempts int
	}{
		{name: "a good answer", steps: steps{status(200)}, sent: 1, status: 200},
		{name: "a refusal", steps: steps{status(400)}, sent: 1, status: 400},
		{name: "an error of the server", steps: steps{status(500)}, sent: 1, status: 500},
		{name: "busy, then good", steps: steps{status(429), status(200)}, sent: 2, status: 200, attempts: 1},
		{name: "busy, then good, of what is sent once", steps: steps{status(429), status(200)}, once: true, sent: 2, status: 200, attempts: 1},
		{name: "busy for ever", steps: steps{status(429)}, sent: 5, status: 429, attempts: 4},
		{name: "busy for ever, elsewhere", steps: steps{status(429)}, remote: true, sent: 5, status: 429, fault: Throttled, attempts: 4},
		{name: "unavailable twice", steps: steps{status(503), status(503), status(404)}, sent: 3, status: 404, attempts: 2},
		{name: "unavailable for ever", steps: steps{status(503)}, remote: true, sent: 5, status: 503, attempts: 4},
		{name: "unavailable, of what is sent once", steps: steps{status(503), status(200)}, once: true, sent: 1, status: 503},
		{name: "reset, then good", steps: steps{resetStep, status(200)}, sent: 2, status: 200, attempts: 1},
		{name: "reset for ever", steps: steps{resetStep}, sent: 5, fault: Reset, attempts: 4},
		{name: "reset for ever, elsewhere", steps: steps{resetStep}, remote: true, sent: 5, fault: Lost, attempts: 4},
		{name: "reset, of what is sent once", steps: steps{resetStep, status(200)}, once: true, sent: 1, fault: Reset},
		{name: "reset, of what is sent once, elsewhere", steps: steps{resetStep, status(200)}, once: true, remote: true, sent: 1, fault: Lost},
		{name: "a hang-up, then nobody", steps: steps{hangUpStep, nobodyThere}, sent: 3, fault: HangUp, attempts: 2},
		{name: "a hang-up, then nobody, elsewhere", steps: steps{hangUpStep, nobodyThere}, remote: true, sent: 3, fault: Unreachable, attempts: 2},
		{name: "nobody, then somebody, of what is sent once", steps: steps{nobodyThere, status(200)}, once: true, sent: 2, status: 200, attempts: 1},
		{name: "nobody", steps: steps{nobodyThere}, sent: 3, fault: Unreachable, attempts: 2},
		{name: "mixed", steps: steps{resetStep, status(429), status(503), status(200)}, sent: 4, status: 200, attempts: 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			script := &script{steps: test.steps}
			judged := newTarget(t, Config{Endpoint: "http://127.0.0.1:1", Transport: script, Loopback: !test.remote})
			exchange := judged.Send(context.Background(), "c", Request{Method: "POST", Path: "/", Once: test.once, Starts: true})
			if script.sent.Load() != test.sent || exchange.Status != test.status || len(exchange.Earlier) != test.attempts {
				t.Errorf("sent %d times, status %d, %d earlier attempts", script.sent.Load(), exchange.Status, len(exchange.Earlier))
			}
			if kind := kindOf(exchange); kind != test.fault {
				t.Errorf("fault %q, want %q", kind, test.fault)
			}
			if len(judged.Journal()) != 1 {
				t.Error("an attempt is an exchange of its own")
			}
		})
	}
}

func kindOf(exchange *Exchange) FaultKind {
	if exchange.Fault == nil {
		return ""
	}
	return exchange.Fault.Kind
}

func TestAfterThreePersistentTroublesNothingIsSentAgain(t *testing.T) {
	script := &script{steps: steps{status(503)}}
	judged := newLocalTarget(t, Config{Endpoint: "http://127.0.0.1:1", Transport: script})
	for range 6 {
		judged.Send(context.Background(), "c", Request{Method: "POST", Path: "/"})
	}
	if want := int32(3*5 + 3); script.sent.Load() != want {
		t.Errorf("%d requests came, want %d", script.sent.Load(), want)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, " 3 ": 3 * time.Second, "-1": 0, "1.5": 0, "soon": 0, "99999999999999": 0,
		"Fri, 02 Jan 2026 03:04:35 GMT": 30 * time.Second, "Fri, 02 Jan 2026 03:04:00 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
	var waited []time.Duration
	wait := func(_ context.Context, pause time.Duration) error { waited = append(waited, pause); return nil }
	short := &script{steps: steps{status(429, "Retry-After", "7"), status(200)}}
	judged := newLocalTarget(t, Config{Endpoint: "http://127.0.0.1:1", Transport: short, Pause: wait})
	if exchange := judged.Send(context.Background(), "c", Request{Method: "GET", Path: "/"}); exchange.Status != 200 || len(waited) != 1 || waited[0] != 7*time.Second {
		t.Errorf("status %d after %s", exchange.Status, waited)
	}
	long := &script{steps: steps{status(503, "Retry-After", "3600"), status(200)}}
	judged = newLocalTarget(t, Config{Endpoint: "http://127.0.0.1:1", Transport: long, Pause: wait})
	if exchange := judged.Send(context.Background(), "c", Request{Method: "GET", Path: "/"}); exchange.Status != 503 || long.sent.Load() != 1 {
		t.Errorf("status %d after %d requests", exchange.Status, long.sent.Load())
	}
}

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	for _, loopback := range []bool{true, false} {
		judged := newTarget(t, Config{Endpoint: "http://127.0.0.1:1", Loopback: loopback})
		first := time.Second
		if loopback {
			first = 50 * time.Millisecond
		}
		for made := 1; made < 5; made++ {
			most := first << (made - 1)
			for range 50 {
				if got := judged.backoff(made); got < most/2 || got >= most {
					t.Fatalf("after %d attempts: %s, not within %s and %s", made, got, most/2, most)
				}
			}
		}
	}
}

func TestTheBudgetCountsEveryAttempt(t *testing.T) {
	script := &script{steps: steps{status(429), status(200)}}
	judged := newLocalTarget(t, Config{Endpoint: "http://127.0.0.1:1", Transport: script, MaxRequests: 3})
	for i, want := range []FaultKind{"", "", Withheld, Withheld} {
		exchange := judged.Send(context.Background(), "c", Request{Method: "POST", Path: "/", Job: "a", Starts: true})
		if kindOf(exchange) != want {
			t.Errorf("request %d: %v", i+1, exchange.Fault)
		}
		if want == Withheld && (exchange.Fault.Flag != "--max-requests" || !strings.Contains(exchange.Fault.Detail, "budget of 3 requests")) {
			t.Errorf("%+v", exchange.Fault)
		}
	}
	if script.sent.Load() != 3 {
		t.Errorf("%d requests came", script.sent.Load())
	}
}

func TestACaptivePortalIsNotTheServer(t *testing.T) {
	for _, test := range []struct {
		name     string
		endpoint string
		loopback bool
		answer   func() (*http.Response, error)
		want     FaultKind
	}{
		{"a page", "http://api.example", false, status(200, "Content-Type", "Text/HTML; charset=x"), Intercepted},
		{"a way elsewhere", "http://api.example", false, status(302, "Location", "http://portal.example/login"), Intercepted},
		{"511", "https://api.example", false, status(511), Intercepted},
		{"a way within", "http://api.example", false, status(302, "Location", "/v2"), ""},
		{"a way to the same host", "http://api.example", false, status(308, "Location", "https://API.example/"), ""},
		{"JSON", "http://api.example", false, status(200, "Content-Type", "application/json"), ""},
		{"a page of an unknown path", "http://api.example", false, status(404, "Content-Type", "text/html"), ""},
		{"over TLS it is the server", "https://api.example", false, status(302, "Location", "http://portal.example/login"), ""},
		{"on this machine it is the server", "http://127.0.0.1:1", true, status(302, "Location", "http://portal.example/login"), ""},
	} {
		judged := newTarget(t, Config{Endpoint: test.endpoint, Loopback: test.loopback, Transport: &script{steps: steps{test.answer}}})
		exchange := judged.Send(context.Background(), "c", Request{Method: "GET", Path: "/"})
		if kindOf(exchange) != test.want || (exchange.Fault != nil && exchange.Fault.ServerOwn()) {
			t.Errorf("%s: %v", test.name, exchange.Fault)
		}
	}
}

func TestWhatIsOnItsWayIsAwaitedWhenTheRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	judged := newLocalTarget(t, Config{Endpoint: serveRaw(t, func(connection *net.TCPConn) {
		readHead(connection)
		cancel()
		_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
	}), Jobs: map[string][]string{"FAILED": {"a"}}})
	exchange := judged.Send(ctx, "c", Request{Method: "POST", Path: "/", Job: "a", Starts: true, Once: true})
	if !exchange.Started() || !exchange.Answered() {
		t.Errorf("%v", exchange.Fault)
	}
	wantFault(t, judged.Send(ctx, "c", Request{Method: "POST", Path: "/"}), Withheld, "interrupted")
}

func TestATokenThatCannotBeHadIsNoRequest(t *testing.T) {
	script := &script{steps: steps{status(200)}}
	judged := newLocalTarget(t, Config{Endpoint: "http://127.0.0.1:1", Transport: script, Credentials: unobtainable{}})
	var none *NoTokenError
	if _, err := judged.Credential("x", "a"); !errors.As(err, &none) || none.Reason != "the command printed nothing" {
		t.Errorf("%v", err)
	}
	if _, found := judged.GroupCredential(func([]string) string { return "x" }); found {
		t.Error("a group of scopes was found")
	}
}

// unobtainable are tokens that should be there and cannot be had.
type unobtainable struct{}

func (unobtainable) Token(...string) (oauth2.TokenSource, bool) { return failingSource{}, true }

type failingSource struct{}

func (failingSource) Token() (*oauth2.Token, error) {
	return nil, errors.New("the command printed nothing")
}
