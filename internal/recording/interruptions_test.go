package recording

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/target"
)

// cutting is a server that interrupts the run at a request of a session: it
// breaks that off, unless it may start a job. The first of several requests for
// /flaky gets another code.
type cutting struct {
	at, came  int
	last      string
	flaky     int
	interrupt context.CancelFunc
	sent      map[string]int
}

func (c *cutting) RoundTrip(request *http.Request) (*http.Response, error) {
	path := request.URL.Path
	last := c.last
	c.came, c.last = c.came+1, path
	c.sent[path]++
	if c.came == c.at {
		c.interrupt()
		if err := request.Context().Err(); err != nil {
			return nil, err
		}
	}
	code := 200
	if path == "/flaky" && last != path {
		code = c.flaky
	}
	return &http.Response{StatusCode: code, Request: request, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(path))}, nil
}

// session runs the checks, of which the second goes on where its first response
// is a success, until the server interrupts it at a request.
func (c *cutting) session(t *testing.T, folder string, at int, resume string) *Recording {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.at, c.came, c.last, c.interrupt = at, 0, "", cancel
	recording := beginEcho(t, folder, c, resume)
	server := newTarget(t, echoEndpoint, recording, "minted-for-{short}")
	send := func(check, path string) *target.Exchange {
		return server.Send(ctx, check, target.Request{Method: "POST", Path: path, Once: strings.HasPrefix(path, "/once"), Credential: credential(t, server, scope)})
	}
	send("path/a", "/a")
	send("path/a", "/once/a")
	send("path/a", "/a")
	if send("path/b", "/flaky").Status == http.StatusOK {
		send("path/b", "/b")
	}
	send("path/b", "/once/b")
	server.SendTogether(ctx, "path/c", []target.Request{{Method: "POST", Path: "/a"}})
	send("path/d", "/flaky")
	return recording
}

// TestThreeInterruptions: wherever a recording is interrupted, three times, it
// goes on to the same end, and starts no job twice.
func TestThreeInterruptions(t *testing.T) {
	t.Parallel()
	const requests = 10
	whole := t.TempDir()
	save(t, (&cutting{flaky: 503, sent: map[string]int{}}).session(t, whole, 0, ""))
	want := filesIn(t, whole)
	for first := 1; first <= requests; first++ {
		for second := 1; second <= requests; second += 2 {
			name, folder := fmt.Sprint(first, second), t.TempDir()
			server := &cutting{flaky: 503, sent: map[string]int{}}
			for _, at := range []int{first, second, 1 + first*second%requests, 0} {
				resume := "resume"
				if content, err := readJournal(folder); err != nil {
					t.Fatal(err)
				} else if content == nil {
					resume = ""
				}
				recording := server.session(t, folder, at, resume)
				if stopped := recording.Stopped(); stopped != nil {
					t.Fatalf("%s, then %d: %v", name, at, stopped)
				}
				if at == 0 {
					save(t, recording)
				}
				recording.Close()
			}
			if server.sent["/once/a"] != 1 || server.sent["/once/b"] != 1 {
				t.Fatalf("%s: sent were %v", name, server.sent)
			}
			if mustBeSameFiles(t, want, filesIn(t, folder)); t.Failed() {
				t.Fatal(name)
			}
		}
	}
}

// TestACheckThatGoesOtherwiseAfterAnInterruption: what a check sends after a
// request that is sent again may be something else, and what may have started a
// job is not sent again all the same.
func TestACheckThatGoesOtherwiseAfterAnInterruption(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := &cutting{flaky: 500, sent: map[string]int{}}
	server.session(t, folder, 5, "").Close()
	if server.sent["/b"] != 0 || server.sent["/once/b"] != 1 {
		t.Fatalf("sent were %v", server.sent)
	}
	server.flaky = 200
	for _, at := range []int{1, 2, 3, 0} {
		recording := server.session(t, folder, at, "resume")
		if stopped := recording.Stopped(); stopped != nil {
			t.Fatal(stopped)
		}
		if at == 0 {
			save(t, recording)
		}
		recording.Close()
	}
	if server.sent["/b"] == 0 || server.sent["/once/a"] != 1 || server.sent["/once/b"] != 1 {
		t.Errorf("sent were %v", server.sent)
	}
}

// TestWhatIsKeptIsNotPaced: no rate, no pause and no budget is spent on what is
// not sent. The deadline is shorter than any wait would be.
func TestWhatIsKeptIsNotPaced(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	paths := []string{"/a", "/once/b", "/flaky", "/c"}
	server := &cutting{flaky: 503, sent: map[string]int{}}
	run := func(recording *Recording, change func(*target.Config)) {
		t.Helper()
		ctx, deadline, stop := target.NewDeadline(t.Context(), time.Hour)
		defer stop()
		config := target.Config{Endpoint: echoEndpoint, Transport: recording, Deadline: deadline, Pause: func(context.Context, time.Duration) error { return nil }}
		change(&config)
		sender, err := target.New(config)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if exchange := sender.Send(ctx, "path/a", target.Request{Method: "POST", Path: path, Once: strings.HasPrefix(path, "/once")}); exchange.Status != http.StatusOK {
				t.Fatalf("%s: %d, %v", path, exchange.Status, exchange.Fault)
			}
			if err := sender.Wait(ctx, time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
	}
	first := beginEcho(t, folder, server, "")
	run(first, func(*target.Config) {})
	first.Close()
	paths = append(paths, "/new")
	second := beginEcho(t, folder, server, "resume")
	pauses := 0
	run(second, func(config *target.Config) {
		config.Rate, config.MaxRequests = 1e-5, 1
		config.Pause = func(context.Context, time.Duration) error { pauses++; return nil }
	})
	// After the last of those that are kept, and after the new one.
	if save(t, second); pauses != 2 || server.sent["/a"] != 1 || server.sent["/new"] != 1 {
		t.Errorf("%d pauses, sent were %v", pauses, server.sent)
	}
}
