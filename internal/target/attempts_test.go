package target

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

var (
	resetStep   = failing(syscall.ECONNRESET)
	hangUpStep  = failing(io.EOF)
	nobodyThere = failing(&proxyError{"http://proxy.example:3128", 502, "service.test"})
)

// backendError is what Google's front end says of a backend that is in trouble.
func backendError(request *http.Request) (*http.Response, error) {
	return refusing(500, `{"error":{"code":500,"message":"Backend Error","errors":[{"message":"Backend Error","domain":"global","reason":"backendError"}]}}`)(request)
}

type steps = []roundTripper

func TestWhatIsSentAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		steps    steps
		once     bool
		remote   bool
		sent     int32
		status   int
		fault    FaultKind
		attempts int
	}{
		"a good response":                             {steps: steps{status(200)}, sent: 1, status: 200},
		"a refusal":                                   {steps: steps{status(400)}, sent: 1, status: 400},
		"an error of the server":                      {steps: steps{status(500)}, sent: 1, status: 500},
		"busy, then good":                             {steps: steps{status(429), status(200)}, sent: 2, status: 200, attempts: 1},
		"busy, then good, of what is sent once":       {steps: steps{status(429), status(200)}, once: true, sent: 2, status: 200, attempts: 1},
		"busy for ever":                               {steps: steps{status(429)}, sent: 5, status: 429, attempts: 4},
		"busy for ever, elsewhere":                    {steps: steps{status(429)}, remote: true, sent: 5, status: 429, fault: Throttled, attempts: 4},
		"unavailable twice":                           {steps: steps{status(503), status(503), status(404)}, sent: 3, status: 404, attempts: 2},
		"unavailable for ever":                        {steps: steps{status(503)}, sent: 5, status: 503, attempts: 4},
		"unavailable for ever, elsewhere":             {steps: steps{status(503)}, remote: true, sent: 5, status: 503, fault: Unavailable, attempts: 4},
		"a bad gateway":                               {steps: steps{status(502), status(200)}, sent: 1, status: 502},
		"a bad gateway, elsewhere":                    {steps: steps{status(502), status(504), status(200)}, remote: true, sent: 3, status: 200, attempts: 2},
		"a bad gateway, of what is sent once":         {steps: steps{status(502), status(200)}, once: true, remote: true, sent: 1, status: 502, fault: Unavailable},
		"an error of the server, elsewhere":           {steps: steps{status(500), status(200)}, remote: true, sent: 1, status: 500},
		"an error of a backend":                       {steps: steps{backendError, status(200)}, sent: 1, status: 500},
		"an error of a backend, elsewhere":            {steps: steps{backendError, status(200)}, remote: true, sent: 2, status: 200, attempts: 1},
		"unavailable, of what is sent once":           {steps: steps{status(503), status(200)}, once: true, sent: 1, status: 503},
		"reset, then good":                            {steps: steps{resetStep, status(200)}, sent: 2, status: 200, attempts: 1},
		"reset for ever":                              {steps: steps{resetStep}, sent: 5, fault: Reset, attempts: 4},
		"reset for ever, elsewhere":                   {steps: steps{resetStep}, remote: true, sent: 5, fault: Lost, attempts: 4},
		"reset, of what is sent once":                 {steps: steps{resetStep, status(200)}, once: true, sent: 1, fault: Reset},
		"reset, of what is sent once, elsewhere":      {steps: steps{resetStep, status(200)}, once: true, remote: true, sent: 1, fault: Lost},
		"a hang-up, of what is sent once":             {steps: steps{hangUpStep, status(200)}, once: true, sent: 1, fault: HangUp},
		"a hang-up, then nobody":                      {steps: steps{hangUpStep, nobodyThere}, sent: 3, fault: HangUp, attempts: 2},
		"a hang-up, then nobody, elsewhere":           {steps: steps{hangUpStep, nobodyThere}, remote: true, sent: 3, fault: Unreachable, attempts: 2},
		"nobody, then somebody, of what is sent once": {steps: steps{nobodyThere, status(200)}, once: true, sent: 2, status: 200, attempts: 1},
		"nobody": {steps: steps{nobodyThere}, sent: 3, fault: Unreachable, attempts: 2},
		"mixed":  {steps: steps{resetStep, status(429), status(503), status(200)}, sent: 4, status: 200, attempts: 3},
		"a pause that the server wants, longer than allowed": {steps: steps{status(503, "Retry-After", "3600"), status(200)}, sent: 1, status: 503},
	} {
		script := &script{steps: test.steps}
		server := newTarget(t, Config{Transport: script, Loopback: !test.remote})
		exchange := sendTo(server, Request{Once: test.once, Call: true})
		if script.sent.Load() != test.sent || exchange.Status != test.status || len(exchange.Earlier) != test.attempts || kindOf(exchange) != test.fault || len(server.Journal()) != 1 {
			t.Errorf("%s: sent %d times, status %d, %d earlier attempts, %q, %d exchanges", name, script.sent.Load(), exchange.Status, len(exchange.Earlier), kindOf(exchange), len(server.Journal()))
		}
	}
}

// TestABudgetThatIsUsedUp ends what the rest of a run would only wait for.
func TestABudgetThatIsUsedUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config Config
		step   roundTripper
		within int // requests that are sent
		fault  FaultKind
		then   FaultKind
		detail string
		flag   string
		sent   int32
	}{
		"slow":         {Config{}, silent(""), slowBudget, Slow, Withheld, "not sent: 5 earlier requests had no complete response within 1m0s", "--timeout", slowBudget + 2},
		"unreachable":  {Config{}, nobodyThere, unreachableBudget, Unreachable, Unreachable, "the proxy http://proxy.example:3128 responded 502 Bad Gateway instead of connecting; let it pass requests to service.test, or set NO_PROXY=service.test to reach that without the proxy of HTTPS_PROXY", "", unreachableBudget * int32(unreached.attempts)},
		"unavailable":  {Config{}, status(503), 7, Unavailable, Unavailable, "is unavailable: 503 Service Unavailable", "", 3*5 + 5},
		"max-requests": {Config{MaxRequests: 3}, status(404), 3, "", Withheld, "not sent: the limit of 3 requests is reached", "--max-requests", 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			script := &script{steps: steps{test.step}}
			test.config.Transport = script
			server := newTarget(t, test.config)
			for i := range test.within + 1 {
				exchange := sendTo(server, Request{Job: "a", Call: true})
				want, detail := test.fault, ""
				if i == test.within {
					want, detail = test.then, test.detail
				}
				if kindOf(exchange) != want || exchange.Succeeded() {
					t.Errorf("%s: request %d: %v", name, i+1, exchange.Fault)
				}
				if detail != "" && (!strings.HasSuffix(exchange.Fault.Detail, detail) || exchange.Fault.Flag != test.flag || exchange.Fault.ServerOwn()) {
					t.Errorf("%s: %+v", name, exchange.Fault)
				}
			}
			if script.sent.Load() != test.sent || len(server.Journal()) != test.within+1 {
				t.Errorf("%s: %d requests were sent, want %d", name, script.sent.Load(), test.sent)
			}
		})
	}
	// Each attempt counts.
	busy := &script{steps: steps{status(429), status(200)}}
	server := newTarget(t, Config{Transport: busy, MaxRequests: 2})
	if sendTo(server, Request{}).Status != 200 || kindOf(sendTo(server, Request{})) != Withheld {
		t.Errorf("%d requests were sent", busy.sent.Load())
	}
}

func TestRetryAfterIsRead(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, " 3 ": 3 * time.Second, "-1": 0, "1.5": 0, "soon": 0, "99999999999999": 0,
		"Fri, 02 Jan 2026 03:04:35 GMT": 30 * time.Second, "Fri, 02 Jan 2026 03:04:00 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	t.Parallel()
	for first, loopback := range map[time.Duration]bool{50 * time.Millisecond: true, time.Second: false} {
		server := newTarget(t, Config{Loopback: loopback})
		for made := 1; made < 5; made++ {
			most := first << (made - 1)
			for range 50 {
				if got := server.backoff(made); got < most/2 || got >= most {
					t.Fatalf("after %d attempts: %s, not within %s and %s", made, got, most/2, most)
				}
			}
		}
	}
}

// watched keeps what a watcher hears, in order.
type watched []string

func (w *watched) Sending(exchange *Exchange) {
	*w = append(*w, fmt.Sprintf("sending %d of %s", exchange.Number, exchange.Check))
}

func (w *watched) Waiting(exchange *Exchange, wait time.Duration, asked bool) {
	*w = append(*w, fmt.Sprintf("waiting after %d, asked %v, exactly 7s %v", exchange.Earlier[len(exchange.Earlier)-1].Status, asked, wait == 7*time.Second))
}

func (w *watched) Done(exchange *Exchange) {
	*w = append(*w, fmt.Sprintf("done %d: %d", exchange.Number, exchange.Status))
}

func TestAWatcherHearsOfEachAttempt(t *testing.T) {
	t.Parallel()
	server := newTarget(t, Config{Loopback: true, Transport: &script{steps: steps{status(429, "Retry-After", "7"), status(503), status(200)}}})
	heard := &watched{}
	server.Watch(heard)
	sendTo(server, Request{})
	want := []string{"sending 1 of c", "waiting after 429, asked true, exactly 7s true", "sending 1 of c",
		"waiting after 503, asked false, exactly 7s false", "sending 1 of c", "done 1: 200"}
	if !slices.Equal(*heard, want) {
		t.Errorf("%q", *heard)
	}
}

func TestACaptivePortalIsNotTheServer(t *testing.T) {
	t.Parallel()
	away := status(302, "Location", "http://portal.example/login")
	for name, test := range map[string]struct {
		endpoint string
		response roundTripper
		want     FaultKind
	}{
		"a page":                           {"http://api.example", status(200, "Content-Type", "Text/HTML; charset=x"), Intercepted},
		"a way elsewhere":                  {"http://api.example", away, Intercepted},
		"511":                              {"https://api.example", status(511), Intercepted},
		"a way within":                     {"http://api.example", status(302, "Location", "/v2"), ""},
		"a way to the same host":           {"http://api.example", status(308, "Location", "https://API.example/"), ""},
		"JSON":                             {"http://api.example", status(200, "Content-Type", "application/json"), ""},
		"a page of an unknown path":        {"http://api.example", status(404, "Content-Type", "text/html"), ""},
		"over TLS it is the server":        {"https://api.example", away, ""},
		"on this machine it is the server": {"http://127.0.0.1:1", away, ""},
	} {
		server := newTarget(t, Config{Endpoint: test.endpoint, Loopback: strings.Contains(test.endpoint, "127."), Transport: test.response})
		if exchange := sendTo(server, Request{Method: "GET"}); kindOf(exchange) != test.want || exchange.Fault != nil && exchange.Fault.ServerOwn() {
			t.Errorf("%s: %v", name, exchange.Fault)
		}
	}
}

func TestAUsedJobIsNotGivenOutAgain(t *testing.T) {
	t.Parallel()
	all := []string{"a", "b", "c"}
	truncated := func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(io.MultiReader(strings.NewReader("{"), readerFunc(func([]byte) (int, error) { return 0, io.ErrUnexpectedEOF })))}, nil
	}
	for name, test := range map[string]struct {
		request  Request
		response roundTripper
		left     []string
	}{
		"a good response":             {Request{Job: "b", Call: true}, status(200), []string{"a", "c"}},
		"another good response":       {Request{Job: "a", Call: true}, status(202), []string{"b", "c"}},
		"a truncated response":        {Request{Job: "a", Call: true}, truncated, []string{"b", "c"}},
		"no response":                 {Request{Job: "a", Call: true, Once: true}, hangUpStep, []string{"b", "c"}},
		"a refusal":                   {Request{Job: "b", Call: true}, status(400), all},
		"a redirect":                  {Request{Job: "b", Call: true}, status(307), all},
		"an error":                    {Request{Job: "b", Call: true}, status(500), all},
		"a reading request":           {Request{Job: "b"}, status(200), all},
		"a request about no job":      {Request{Call: true}, status(200), all},
		"a job that nobody gave":      {Request{Job: "z", Call: true}, status(200), all},
		"a request that is held back": {Request{Job: "b", Call: true, Path: "/\x00"}, status(200), all},
	} {
		server := newTarget(t, Config{Loopback: true, Transport: test.response, Jobs: map[string][]string{"FAILED": slices.Clone(all), "COMPLETE": {"d"}}})
		exchange := sendTo(server, test.request)
		left := server.Unused("FAILED")
		if !slices.Equal(left, test.left) || !slices.Equal(server.Jobs("FAILED"), all) || !slices.Equal(server.Unused("COMPLETE"), []string{"d"}) {
			t.Errorf("after %s: %q, want %q; %v", name, left, test.left, exchange.Fault)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		config Config
		may    bool
	}{
		{Config{}, false}, {Config{ConsumeJobs: true}, true}, {Config{Loopback: true}, true}, {Config{ConsumeJobs: true, Loopback: true}, true},
	} {
		test.config.Endpoint, test.config.Jobs = "https://example.com/", map[string][]string{"FAILED": {"a"}, "COMPLETE": {"b"}}
		server, err := New(test.config)
		if err != nil || server.MayConsume() != test.may || server.Loopback() != test.config.Loopback || server.Limit() != DefaultLimit || server.Endpoint() != "https://example.com" {
			t.Errorf("%+v: may consume %v, limit %s of %s, %v", test.config, server.MayConsume(), server.Limit(), server.Endpoint(), err)
		}
		for id, given := range map[string]bool{"a": true, "b": true, "": false, "c": false, "FAILED": false} {
			if server.Given(id) != given {
				t.Errorf("%q: given %v", id, !given)
			}
		}
	}
}

func TestADoneContextSendsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	unsent := &script{steps: steps{status(200)}}
	exchange := newTarget(t, Config{Transport: unsent}).Send(ctx, "c", Request{Method: "POST", Path: "/"})
	wantFault(t, exchange, Withheld, "the run was interrupted")
	if exchange.Fault.ServerOwn() || unsent.sent.Load() != 0 {
		t.Errorf("own %v, %d requests", exchange.Fault.ServerOwn(), unsent.sent.Load())
	}
}

// TestRequestsTogetherOverlap and keep their order, in the journal too, and a
// transport learns where each belongs.
func TestRequestsTogetherOverlap(t *testing.T) {
	t.Parallel()
	const together = 8
	var here atomic.Int32
	allHere := make(chan struct{})
	places := make(chan Place, together+1)
	server := newTarget(t, Config{Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
		places <- PlaceOf(request.Context())
		if request.URL.Path != "/alone" {
			// No response before all requests are here.
			if here.Add(1) == together {
				close(allHere)
			}
			<-allHere
		}
		return status(200, "X-Path", request.URL.Path)(request)
	})})
	server.Send(context.Background(), "alone", Request{Method: "GET", Path: "/alone"})
	requests := make([]Request, together)
	for i := range requests {
		requests[i] = Request{Method: "POST", Path: "/" + strings.Repeat("x", i+1)}
	}
	exchanges := server.SendTogether(context.Background(), "both", requests)
	journal := server.Journal()
	for i, exchange := range exchanges {
		if exchange.Header.Get("X-Path") != requests[i].Path || exchange.Number != i+2 || journal[i+1] != exchange || exchange.Check != "both" {
			t.Errorf("exchange %d has number %d: %v", i, exchange.Number, exchange.Fault)
		}
	}
	close(places)
	for place := range places {
		want := Place{Check: "alone", Number: 1, Connection: OwnConnection}
		if place.Number > 1 {
			want = Place{Check: "both", Number: place.Number, Together: true, Connection: OwnConnection}
		}
		if place != want || PlaceOf(WithPlace(context.Background(), place)) != place {
			t.Errorf("%+v, want %+v", place, want)
		}
	}
	if PlaceOf(context.Background()) != (Place{}) {
		t.Error("a context without place has one")
	}
	if journal[0] = nil; len(journal) != together+1 || server.Journal()[0] == nil {
		t.Error("the journal can be changed from outside, or is not complete")
	}
}
