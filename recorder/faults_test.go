package recorder

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/target"
)

// misbehave does by path what a server should not.
func misbehave(writer http.ResponseWriter, request *http.Request) {
	switch request.URL.Path {
	case "/hang-up":
		panic(http.ErrAbortHandler)
	case "/truncated":
		writer.Header().Set("Content-Length", "100")
		writer.Header().Set("X-Kept", "yes")
		_, _ = io.WriteString(writer, "short")
	case "/slow":
		<-request.Context().Done()
	}
}

// TestFaultsAreReplayedAsTheyWere: a server that gives no whole answer is
// recorded so, and a replay meets the same without waiting.
func TestFaultsAreReplayedAsTheyWere(t *testing.T) {
	folder := t.TempDir()
	server := serve(t, misbehave)
	recording := newRecording(t, folder, server.URL)
	paths := []string{"/hang-up", "/truncated", "/slow"}
	recorded := sendAll(t, server.URL, recording, 200*time.Millisecond, paths)
	if err := recording.Save(); err != nil {
		t.Fatal(err)
	}
	replayed := sendAll(t, server.URL, openReplay(t, folder), time.Hour, paths)
	for i, path := range paths {
		was, is := recorded[i], replayed[i]
		if was.Fault == nil || is.Fault == nil || *was.Fault != *is.Fault {
			t.Errorf("%s: recorded %v, replayed %v", path, was.Fault, is.Fault)
			continue
		}
		if was.Status != is.Status || string(was.Body) != string(is.Body) || was.Header.Get("X-Kept") != is.Header.Get("X-Kept") {
			t.Errorf("%s: recorded %d %q, replayed %d %q", path, was.Status, was.Body, is.Status, is.Body)
		}
		if is.Header.Get(faultHeader) != "" {
			t.Errorf("%s: the replay shows how the fault was stored", path)
		}
	}
}

func sendAll(t *testing.T, endpoint string, transport http.RoundTripper, limit time.Duration, paths []string) []*target.Exchange {
	t.Helper()
	judged, err := target.New(target.Config{Endpoint: endpoint, Transport: transport, Limit: limit, Loopback: true, Pause: atOnce})
	if err != nil {
		t.Fatal(err)
	}
	var exchanges []*target.Exchange
	for _, path := range paths {
		exchanges = append(exchanges, judged.Send(context.Background(), "path/fault", target.Request{Method: "GET", Path: path}))
	}
	return exchanges
}

// atOnce is a pause between two attempts that takes no time.
func atOnce(context.Context, time.Duration) error { return nil }
