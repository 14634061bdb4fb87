package target

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

// answering makes a server with a status for each path.
func answering(t *testing.T, status map[string]int) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status[r.URL.Path])
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestAStartedJobIsNotGivenOutAgain(t *testing.T) {
	endpoint := answering(t, map[string]int{"/good": 200, "/other-good": 202, "/refused": 400, "/moved": 307, "/broken": 500})
	for _, test := range []struct {
		name    string
		request Request
		left    []string
	}{
		{"a good answer", Request{Path: "/good", Job: "b", Starts: true}, []string{"a", "c"}},
		{"another good answer", Request{Path: "/other-good", Job: "a", Starts: true}, []string{"b", "c"}},
		{"a refusal", Request{Path: "/refused", Job: "b", Starts: true}, []string{"a", "b", "c"}},
		{"a redirect", Request{Path: "/moved", Job: "b", Starts: true}, []string{"a", "b", "c"}},
		{"an error", Request{Path: "/broken", Job: "b", Starts: true}, []string{"a", "b", "c"}},
		{"a reading request", Request{Path: "/good", Job: "b"}, []string{"a", "b", "c"}},
		{"a request about no job", Request{Path: "/good", Starts: true}, []string{"a", "b", "c"}},
		{"a job that nobody gave", Request{Path: "/good", Job: "z", Starts: true}, []string{"a", "b", "c"}},
	} {
		judged := newTarget(t, Config{Endpoint: endpoint, Jobs: map[string][]string{"FAILED": {"a", "b", "c"}, "COMPLETE": {"d"}}})
		test.request.Method = "POST"
		judged.Send(context.Background(), "c", test.request)
		if left := judged.Unstarted("FAILED"); !slices.Equal(left, test.left) {
			t.Errorf("after %s: %q, want %q", test.name, left, test.left)
		}
		if given := judged.Jobs("FAILED"); !slices.Equal(given, []string{"a", "b", "c"}) || !slices.Equal(judged.Unstarted("COMPLETE"), []string{"d"}) {
			t.Errorf("after %s: the given jobs are %q", test.name, given)
		}
	}
}

func TestAStartedJobCountsAlsoWhereItsAnswerIsTruncated(t *testing.T) {
	endpoint := serveRaw(t, saying("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"))
	judged := newTarget(t, Config{Endpoint: endpoint, Jobs: map[string][]string{"FAILED": {"a"}}})
	exchange := judged.Send(context.Background(), "c", Request{Method: "POST", Path: "/", Job: "a", Starts: true})
	if !exchange.Started() || len(judged.Unstarted("FAILED")) != 0 {
		t.Errorf("started %v, left %q", exchange.Started(), judged.Unstarted("FAILED"))
	}
}

func TestGivenJobsAndPermission(t *testing.T) {
	for _, test := range []struct {
		config Config
		may    bool
	}{
		{Config{}, false}, {Config{AllowRetry: true}, true}, {Config{Loopback: true}, true}, {Config{AllowRetry: true, Loopback: true}, true},
	} {
		test.config.Endpoint = "https://example.com"
		test.config.Jobs = map[string][]string{"FAILED": {"a"}, "COMPLETE": {"b"}}
		judged := newTarget(t, test.config)
		if judged.MayRetry() != test.may || judged.Loopback() != test.config.Loopback {
			t.Errorf("%+v: may retry %v", test.config, judged.MayRetry())
		}
		for id, given := range map[string]bool{"a": true, "b": true, "": false, "c": false, "FAILED": false} {
			if judged.Given(id) != given {
				t.Errorf("%q: given %v", id, !given)
			}
		}
	}
}

func TestTheDefaultLimit(t *testing.T) {
	judged, err := New(Config{Endpoint: "https://example.com/"})
	if err != nil || judged.Limit() != DefaultLimit || judged.Endpoint() != "https://example.com" {
		t.Errorf("limit %s of %s, %v", judged.Limit(), judged.Endpoint(), err)
	}
}

func TestAfterSlowAnswersNothingMoreIsSent(t *testing.T) {
	var requests atomic.Int32
	judged := newTarget(t, Config{Limit: 20 * time.Millisecond, Endpoint: serveRaw(t, func(connection *net.TCPConn) {
		requests.Add(1)
		waiting(connection)
	})})
	for range slowBudget {
		wantFault(t, judged.Send(context.Background(), "c", Request{Method: "POST", Path: "/"}), Slow, "within 20ms")
	}
	for range 3 {
		exchange := judged.Send(context.Background(), "c", Request{Method: "POST", Path: "/", Job: "a", Starts: true})
		wantFault(t, exchange, Withheld, "not sent: 5 earlier requests had no whole response within 20ms")
		if exchange.Started() || exchange.Fault.ServerOwn() {
			t.Error("a request that was withheld counts")
		}
	}
	// The first one was sent twice more.
	if requests.Load() != slowBudget+2 {
		t.Errorf("%d requests came", requests.Load())
	}
	if journal := judged.Journal(); len(journal) != slowBudget+3 {
		t.Errorf("%d exchanges", len(journal))
	}
}

func TestAnUnreachableTargetIsNotTriedForEver(t *testing.T) {
	var dialled atomic.Int32
	refusing := roundTripper(func(*http.Request) (*http.Response, error) {
		dialled.Add(1)
		return nil, &net.OpError{Op: "dial", Err: io.ErrClosedPipe}
	})
	judged := newTarget(t, Config{Endpoint: "http://127.0.0.1:1", Transport: refusing})
	for range unreachableBudget {
		wantFault(t, judged.Send(context.Background(), "c", Request{Method: "POST", Path: "/"}), Unreachable, "closed pipe")
	}
	wantFault(t, judged.Send(context.Background(), "c", Request{Method: "POST", Path: "/"}), Unreachable, "not sent: the target can no longer be reached")
	if dialled.Load() != unreachableBudget*int32(unreached.attempts) {
		t.Errorf("tried %d times", dialled.Load())
	}
}

// roundTripper makes a transport of a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

func TestADoneContextSendsNothing(t *testing.T) {
	var requests atomic.Int32
	judged := newTarget(t, Config{Endpoint: serveRaw(t, func(*net.TCPConn) { requests.Add(1) })})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	exchange := judged.Send(ctx, "c", Request{Method: "POST", Path: "/"})
	wantFault(t, exchange, Withheld, "the run was interrupted")
	if exchange.Fault.ServerOwn() || requests.Load() != 0 {
		t.Errorf("own %v, %d requests", exchange.Fault.ServerOwn(), requests.Load())
	}
}

func TestACancelledRequestIsNotTheServersFault(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	judged := newTarget(t, Config{Endpoint: serveRaw(t, func(connection *net.TCPConn) {
		readHead(connection)
		cancel()
		waiting(connection)
	})})
	wantFault(t, judged.Send(ctx, "c", Request{Method: "POST", Path: "/"}), Withheld, "the run was interrupted")
}

func TestTheJournalKeepsEverythingInOrder(t *testing.T) {
	judged := newTarget(t, Config{Endpoint: answering(t, map[string]int{"/a": 200, "/b": 404, "/c": 200})})
	judged.Send(context.Background(), "first", Request{Method: "GET", Path: "/a", Purpose: "p"})
	judged.SendTogether(context.Background(), "second", []Request{{Method: "GET", Path: "/b"}, {Method: "GET", Path: "/c"}})
	var lines []string
	for i, exchange := range judged.Journal() {
		if exchange.Number != i+1 {
			t.Errorf("exchange %d has number %d", i, exchange.Number)
		}
		lines = append(lines, exchange.Check+" "+exchange.Request.Path)
	}
	if got := strings.Join(lines, ", "); got != "first /a, second /b, second /c" {
		t.Errorf("journal: %s", got)
	}
	journal := judged.Journal()
	journal[0] = nil
	if judged.Journal()[0] == nil {
		t.Error("the journal can be changed from outside")
	}
}

func TestATransportIsToldWhereARequestBelongs(t *testing.T) {
	places := make(chan Place, 3)
	judged := newTarget(t, Config{Endpoint: "http://127.0.0.1:1", Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
		places <- PlaceOf(request.Context())
		return &http.Response{StatusCode: 200, Body: http.NoBody, Request: request}, nil
	})})
	judged.Send(context.Background(), "alone", Request{Method: "GET", Path: "/"})
	judged.SendTogether(context.Background(), "both", []Request{{Method: "GET", Path: "/"}, {Method: "GET", Path: "/"}})
	close(places)
	for place := range places {
		alone := Place{Check: "alone", Number: 1}
		if together := place.Number > 1; together && (place.Check != "both" || !place.Together) || !together && place != alone {
			t.Errorf("%+v", place)
		}
	}
	if place := PlaceOf(context.Background()); place != (Place{}) {
		t.Errorf("a context without place gives %+v", place)
	}
	if place := (Place{Check: "c", Number: 7, Together: true}); PlaceOf(WithPlace(context.Background(), place)) != place {
		t.Error("a place is not given back")
	}
}
