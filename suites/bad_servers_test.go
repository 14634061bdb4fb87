package suites

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// draws gives randomness that depends on a seed, the exchange and its attempt
// alone, so that requests at the same time change nothing.
type draws struct {
	seed     uint64
	mutex    sync.Mutex
	attempts map[int]uint64
}

func (d *draws) of(request *http.Request) *rand.Rand {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.attempts == nil {
		d.attempts = map[int]uint64{}
	}
	number := target.PlaceOf(request.Context()).Number
	d.attempts[number]++
	return rand.New(rand.NewPCG(d.seed<<8|d.attempts[number], uint64(number)))
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

// erratic responds to each request with whatever it draws. Now and then a
// response breaks off.
type erratic struct {
	draws
	// sound is how many of sixteen responses have the form of a good one.
	sound int
}

func (e *erratic) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		_, _ = io.Copy(io.Discard, request.Body)
	}
	random := e.of(request)
	switch random.IntN(40) {
	case 0:
		return nil, io.EOF
	case 1:
		return nil, fmt.Errorf("malformed HTTP response %q", "\x1b[31m")
	}
	response := &http.Response{
		StatusCode: pick(random, 200, 200, 200, 400, 401, 403, 404, 201, 204, 301, 304, 100, 405, 409, 413, 415, 418, 429, 500, 503, 600, 0, 999),
		Header:     http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request, ContentLength: -1,
	}
	response.Header["Content-Type"] = []string{pick(random, "application/json", "application/json; charset=UTF-8", "text/html", "", "\x80",
		"application/json; charset=latin1")}
	if random.IntN(2) == 0 {
		response.Header["Www-Authenticate"] = []string{pick(random, "Bearer", `Bearer realm="x", error="invalid_token"`, "", `Bearer "`, ",,,", "\x80")}
	}
	if random.IntN(8) == 0 {
		response.Header[pick(random, "Server", "X-Powered-By", "Allow", "Location", "Content-Length")] = []string{pick(random, "", "x", "\x1b[31m", "-1")}
	}
	var body io.Reader = bytes.NewReader(erraticBody(random, e.sound))
	if random.IntN(40) == 0 {
		body = io.MultiReader(body, failingReader{})
	}
	response.Body = io.NopCloser(body)
	return response, nil
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// erraticBody makes a body: of the form of a good response, with values of any
// type, or of no form at all.
func erraticBody(random *rand.Rand, sound int) []byte {
	if random.IntN(16) < sound {
		state := pick(random, "FAILED", "IN_PROGRESS", "COMPLETE")
		return fmt.Appendf(nil, `{"archiveJobId":"new-%d","state":%q}`, random.Uint32(), state)
	}
	value := func(depth int) any { return erraticValue(random, depth) }
	var body any
	switch random.IntN(5) {
	case 0:
		octets := make([]byte, random.IntN(40))
		for i := range octets {
			octets[i] = byte(random.Uint32())
		}
		return octets
	case 1:
		return []byte(pick(random, "", "{", "[[[[", "\xef\xbb\xbf{}", "<html>\x1b[31m", "null", `{"error":{"code":400,"code":"x"}}`,
			strings.Repeat("[", 20_000)))
	case 2:
		body = map[string]any{"archiveJobId": value(2), "state": value(1), "extra": value(2)}
	default:
		body = map[string]any{"error": pick[any](random, map[string]any{
			"code": value(0), "status": value(0), "message": value(0),
			"details": pick[any](random, value(2), []any{value(2), map[string]any{"@type": value(0)}}),
		}, value(1))}
	}
	// Whatever was drawn has a JSON form.
	text, _ := json.Marshal(body)
	return text
}

// erraticValue makes a JSON value, no deeper than that.
func erraticValue(random *rand.Rand, depth int) any {
	if depth > 0 && random.IntN(2) == 0 {
		inner := erraticValue(random, depth-1)
		return pick[any](random, []any{inner}, map[string]any{pick(random, "", "@type", "a\nb"): inner})
	}
	return pick[any](random, nil, true, 1e308, -1, 400, 401, 403.5, "", "a", "INVALID_ARGUMENT", "NOT_FOUND", "FAILED",
		"\x1b[31m\n\u2028", "\xff", strings.Repeat("x", 5000))
}

// TestEveryResponseGetsAVerdict: no response makes a check panic or give up.
func TestEveryResponseGetsAVerdict(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	for _, sound := range []int{0, 4, 8, 12, 16} {
		server := &erratic{draws: draws{seed: uint64(sound)}, sound: sound}
		asked := emulated(t, method, emulator.Options{}, func(config *target.Config, _ http.Handler) {
			config.Transport, config.Pause = server, noPause
		})
		outcome := tested(t, method, asked, 1)
		for _, check := range outcome.Checks {
			// A 503 leaves open whether a job was started.
			if check.Verdict == result.Error && !strings.Contains(check.Reason, "it is not known whether a job was started") {
				t.Errorf("%d of 16 responses sound: %s gives up: %s", sound, check.ID, check.Reason)
			}
		}
		if outcome.Exit != result.ExitFails {
			t.Errorf("%d of 16 responses sound: exit %d, want %d", sound, outcome.Exit, result.ExitFails)
		}
	}
}

func noPause(context.Context, time.Duration) error { return nil }

// unreliable is a network between a target and its server that breaks some of
// the exchanges, before or after the server has seen the request.
type unreliable struct {
	draws
	transport http.RoundTripper
	method    *spec.Method
	// perCent is how many exchanges in a hundred are broken.
	perCent int
	// remote says that the target is not on this machine, so that other servers
	// stand in front of it.
	remote bool

	counting sync.Mutex
	broken   int
	// started counts the retries that the server took, by the path of the job.
	started map[string]int
}

func (u *unreliable) RoundTrip(request *http.Request) (*http.Response, error) {
	way, random := "", u.of(request)
	if random.IntN(100) < u.perCent {
		way = pick(random, "429", "503", "reset before", "reset after")
		if u.remote {
			way = pick(random, "429", "502", "503", "504", "backend error", "reset before", "reset after")
		}
		u.count(func() { u.broken++ })
	}
	switch way {
	case "429":
		return busy(http.StatusTooManyRequests, "0"), nil
	case "503":
		return busy(http.StatusServiceUnavailable, ""), nil
	case "502":
		return busy(http.StatusBadGateway, ""), nil
	case "504":
		return busy(http.StatusGatewayTimeout, ""), nil
	case "backend error":
		return backendError(), nil
	case "reset before":
		return nil, syscall.ECONNRESET
	}
	response, err := u.transport.RoundTrip(request)
	if started(u.method, response, err) {
		u.count(func() { u.started[request.URL.Path]++ })
	}
	if way == "reset after" {
		return nil, syscall.ECONNRESET
	}
	return response, err
}

func (u *unreliable) count(add func()) {
	u.counting.Lock()
	defer u.counting.Unlock()
	add()
}

// started reports whether a response says that a job was started.
func started(method *spec.Method, response *http.Response, err error) bool {
	return err == nil && response.Request.Method == method.Operation.Method && response.StatusCode == method.Operation.Success
}

// busy is the page of a front end that has no words of the method.
func busy(status int, after string) *http.Response {
	header := http.Header{"Content-Type": {"text/html"}}
	if after != "" {
		header.Set("Retry-After", after)
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader("<html>busy</html>"))}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// backendError is what a front end says that has words of its own.
func backendError() *http.Response {
	return &http.Response{StatusCode: http.StatusInternalServerError, Header: http.Header{"Content-Type": {"application/json; charset=UTF-8"}},
		Body: io.NopCloser(strings.NewReader(`{"error":{"code":500,"message":"Backend Error","errors":[{"domain":"global","reason":"backendError"}]}}`))}
}

// TestAnUnavailableServer: one response of a front end in trouble changes no
// verdict of a server elsewhere, a server that is down is not tested, and what
// one request always gets is the server's own.
func TestAnUnavailableServer(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	unknownField := func(_ int, request *http.Request) bool { return request.ContentLength > 4 }
	for name, test := range map[string]struct {
		in       func(number int, request *http.Request) bool
		response func() *http.Response
		loopback bool
		exits    []int
	}{
		"the first":                       {func(n int, _ *http.Request) bool { return n == 1 }, nil, false, []int{result.ExitConforms}},
		"one of many":                     {func(n int, _ *http.Request) bool { return n%20 == 7 }, nil, false, []int{result.ExitConforms, result.ExitInconclusive, result.ExitUnreachable}},
		"each":                            {func(int, *http.Request) bool { return true }, nil, false, []int{result.ExitUnreachable}},
		"each, of a backend":              {func(int, *http.Request) bool { return true }, backendError, false, []int{result.ExitUnreachable}},
		"from the middle on":              {func(n int, _ *http.Request) bool { return n > 100 }, nil, false, []int{result.ExitUnreachable}},
		"of one kind of request":          {unknownField, nil, false, []int{result.ExitFails}},
		"of one kind, of a backend":       {unknownField, backendError, false, []int{result.ExitFails}},
		"the first, on this machine":      {func(n int, _ *http.Request) bool { return n == 1 }, nil, true, []int{result.ExitFails}},
		"of one kind, on this machine":    {unknownField, nil, true, []int{result.ExitFails}},
		"a plain error, of one elsewhere": {unknownField, func() *http.Response { return busy(http.StatusInternalServerError, "") }, false, []int{result.ExitFails}},
	} {
		server := emulated(t, method, emulator.Options{}, func(config *target.Config, handler http.Handler) {
			var sent atomic.Int32
			config.Transport = roundTripper(func(request *http.Request) (*http.Response, error) {
				switch {
				case !test.in(int(sent.Add(1)), request):
					return inProcess{handler}.RoundTrip(request)
				case test.response != nil:
					return test.response(), nil
				}
				return busy(http.StatusBadGateway, ""), nil
			})
			config.Loopback, config.ConsumeJobs, config.Pause = test.loopback, true, noPause
		})
		outcome := tested(t, method, server, 1)
		if !slices.Contains(test.exits, outcome.Exit) {
			t.Errorf("%s: exit %d, want %v", name, outcome.Exit, test.exits)
		}
		if fails := outcome.Counts.Checks[result.Fail] > 0; fails != slices.Contains(test.exits, result.ExitFails) {
			for _, check := range outcome.Checks {
				t.Errorf("%s: %s: %s: %v", name, check.ID, check.Verdict, check.Findings)
			}
		}
	}
}

// TestAnUnreliableNetworkIsNotTheServersFault: a server that conforms, behind a
// network that does not, never fails; where something could not be found out,
// that is an error.
func TestAnUnreliableNetworkIsNotTheServersFault(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	for seed := range uint64(8) {
		onThisMachine := seed%2 == 0
		network := &unreliable{draws: draws{seed: seed}, method: method, perCent: 3 + int(seed), remote: !onThisMachine, started: map[string]int{}}
		server := emulated(t, method, emulator.Options{}, func(config *target.Config, handler http.Handler) {
			network.transport = inProcess{handler}
			config.Transport, config.Loopback, config.ConsumeJobs, config.Pause = network, onThisMachine, true, noPause
		})
		outcome := tested(t, method, server, seed+1)
		if network.broken == 0 {
			t.Errorf("seed %d: nothing was broken", seed)
		}
		for _, check := range outcome.Checks {
			if check.Verdict == result.Fail || check.Verdict == result.Warn {
				t.Errorf("seed %d: %s: %s: %v", seed, check.ID, check.Verdict, check.Findings)
			}
		}
		if !slices.Contains([]int{result.ExitConforms, result.ExitInconclusive, result.ExitUnreachable}, outcome.Exit) {
			t.Errorf("seed %d: exit %d", seed, outcome.Exit)
		}
		for path, times := range network.started {
			if times > 1 && !onThisMachine {
				t.Errorf("seed %d: %s was started %d times", seed, path, times)
			}
		}
	}
}

// TestAServerThatBreaksEveryRetryIsToBlame: the same breaks, each time, are the
// server's.
func TestAServerThatBreaksEveryRetryIsToBlame(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	for name, test := range map[string]struct {
		loopback bool
		want     result.Verdict
		exit     int
	}{
		"on this machine": {true, result.Fail, result.ExitFails},
		"elsewhere":       {false, result.Error, result.ExitUnreachable},
	} {
		server := emulated(t, method, emulator.Options{}, func(config *target.Config, handler http.Handler) {
			config.Transport = breakingStarts{inProcess{handler}, method}
			config.Loopback, config.ConsumeJobs, config.Pause = test.loopback, true, noPause
		})
		outcome := tested(t, method, server, 1)
		if outcome.Exit != test.exit {
			t.Errorf("%s: exit %d, want %d", name, outcome.Exit, test.exit)
		}
		for _, check := range outcome.Checks {
			if check.ID == "semantics/accepted-state" && check.Verdict != test.want {
				t.Errorf("%s: %s: %s %s", name, check.ID, check.Verdict, check.Reason)
			}
		}
	}
}

// breakingStarts resets the connection whenever a job was started.
type breakingStarts struct {
	transport http.RoundTripper
	method    *spec.Method
}

func (b breakingStarts) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := b.transport.RoundTrip(request)
	if started(b.method, response, err) {
		return nil, syscall.ECONNRESET
	}
	return response, err
}
