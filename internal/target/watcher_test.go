package target_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/target"
)

// told keeps what a watcher hears, in order.
type told struct{ events []string }

func (t *told) Sending(exchange *target.Exchange) {
	t.events = append(t.events, fmt.Sprintf("sending %d of %s", exchange.Number, exchange.Check))
}

func (t *told) Waiting(exchange *target.Exchange, wait time.Duration, asked bool) {
	t.events = append(t.events, fmt.Sprintf("waiting after %d, asked %v, long %v",
		exchange.Earlier[len(exchange.Earlier)-1].Status, asked, wait >= 7*time.Second))
}

func (t *told) Done(exchange *target.Exchange) {
	t.events = append(t.events, fmt.Sprintf("done %d: %d", exchange.Number, exchange.Status))
}

// TestAWatcherHearsOfEachAttempt: of a server that is busy twice, and asks for a
// pause once.
func TestAWatcherHearsOfEachAttempt(t *testing.T) {
	answers := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answers++
		switch answers {
		case 1:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	judged, err := target.New(target.Config{Endpoint: server.URL, Loopback: true,
		Pause: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	watcher := &told{}
	judged.Watch(watcher)
	judged.Send(context.Background(), "path/example", target.Request{Method: http.MethodGet, Path: "/"})
	want := []string{"sending 1 of path/example", "waiting after 429, asked true, long true", "sending 1 of path/example",
		"waiting after 503, asked false, long false", "sending 1 of path/example", "done 1: 200"}
	if !slices.Equal(watcher.events, want) {
		t.Errorf("%q", watcher.events)
	}
}
