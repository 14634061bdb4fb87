package suites

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// erratic answers each request with whatever comes to its mind, the same for
// the same seed. Now and then an answer breaks off.
type erratic struct {
	mutex  sync.Mutex
	random *rand.Rand
	// sound is how many of sixteen answers have the form of a good one.
	sound int
}

func (e *erratic) RoundTrip(request *http.Request) (*http.Response, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if request.Body != nil {
		_, _ = io.Copy(io.Discard, request.Body)
	}
	switch e.random.IntN(40) {
	case 0:
		return nil, io.EOF
	case 1:
		return nil, fmt.Errorf("malformed HTTP response %q", "\x1b[31m")
	}
	answer := &http.Response{
		StatusCode: pick(e.random, 200, 200, 200, 400, 401, 403, 404, 201, 204, 301, 304, 100, 405, 409, 413, 415, 418, 429, 500, 503, 600, 0, 999),
		Header:     http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request, ContentLength: -1,
	}
	answer.Header["Content-Type"] = []string{pick(e.random, "application/json", "application/json; charset=UTF-8", "text/html", "", "\x80",
		"application/json; charset=latin1")}
	if e.random.IntN(2) == 0 {
		answer.Header["Www-Authenticate"] = []string{pick(e.random, "Bearer", `Bearer realm="x", error="invalid_token"`, "", `Bearer "`, ",,,", "\x80")}
	}
	if e.random.IntN(8) == 0 {
		answer.Header[pick(e.random, "Server", "X-Powered-By", "Allow", "Location", "Content-Length")] = []string{pick(e.random, "", "x", "\x1b[31m", "-1")}
	}
	body := e.body()
	answer.Body = io.NopCloser(bytes.NewReader(body))
	if e.random.IntN(40) == 0 {
		answer.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failingReader{}))
	}
	return answer, nil
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

// body makes a body: of the form of an answer, with values of any type, or of
// no form at all.
func (e *erratic) body() []byte {
	if e.random.IntN(16) < e.sound {
		state := pick(e.random, "FAILED", "IN_PROGRESS", "COMPLETE")
		return fmt.Appendf(nil, `{"archiveJobId":"new-%d","state":%q}`, e.random.Uint32(), state)
	}
	var value any
	switch e.random.IntN(5) {
	case 0:
		random := make([]byte, e.random.IntN(40))
		for i := range random {
			random[i] = byte(e.random.Uint32())
		}
		return random
	case 1:
		return []byte(pick(e.random, "", "{", "[[[[", "\xef\xbb\xbf{}", "<html>\x1b[31m", "null", `{"error":{"code":400,"code":"x"}}`,
			strings.Repeat("[", 20_000)))
	case 2:
		value = map[string]any{"archiveJobId": e.value(2), "state": e.value(1), "extra": e.value(2)}
	default:
		value = map[string]any{"error": pick[any](e.random, map[string]any{
			"code": e.value(0), "status": e.value(0), "message": e.value(0),
			"details": pick[any](e.random, e.value(2), []any{e.value(2), map[string]any{"@type": e.value(0)}}),
		}, e.value(1))}
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return text
}

// value makes a JSON value, no deeper than that.
func (e *erratic) value(depth int) any {
	if depth > 0 && e.random.IntN(2) == 0 {
		member := pick(e.random, "", "@type", "a\nb")
		return pick[any](e.random, []any{e.value(depth - 1)}, map[string]any{member: e.value(depth - 1)})
	}
	return pick[any](e.random, nil, true, 1e308, -1, 400, 401, 403.5, "", "a", "INVALID_ARGUMENT", "NOT_FOUND", "FAILED",
		"\x1b[31m\n\u2028", "\xff", strings.Repeat("x", 5000))
}

// TestWhateverAServerAnswersIsJudged: no answer makes a check panic or give up.
func TestWhateverAServerAnswersIsJudged(t *testing.T) {
	servers := uint64(17)
	if testing.Short() {
		servers = 2 // the race detector looks on; without it make test asks all
	}
	contract := spec.MustLoadEmbedded()
	for seed := range servers {
		erratic := &erratic{random: rand.New(rand.NewPCG(seed, 0)), sound: int(seed)}
		asked, err := target.New(target.Config{
			Endpoint: "http://erratic.localhost", Transport: erratic, Jobs: emulator.DefaultJobs(contract), Loopback: true, Limit: patience,
			Credentials: target.TokenTemplate{Text: emulator.DefaultTokenTemplate, Join: emulator.DefaultTokenJoin},
			Pause:       func(context.Context, time.Duration) error { return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		outcome := tested(t, contract, asked, 1)
		for _, check := range outcome.Checks {
			// A 503 leaves open whether a job was started.
			if check.Verdict == result.Error && !strings.Contains(check.Reason, "it is not known whether a job was started") {
				t.Errorf("seed %d, %d of 16 answers sound: %s gives up: %s", seed, erratic.sound, check.ID, check.Reason)
			}
		}
		if outcome.Exit != result.ExitFails {
			t.Errorf("seed %d, %d of 16 answers sound: exit %d, want %d", seed, erratic.sound, outcome.Exit, result.ExitFails)
		}
	}
}
