package suites

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// unreliable is a network between a target and its server that breaks some of
// the exchanges, before or after the server has seen the request.
type unreliable struct {
	transport http.RoundTripper
	contract  *spec.Contract
	// perCent is how many exchanges in a hundred are broken.
	perCent int
	ways    []string

	mutex  sync.Mutex
	random *rand.Rand
	broken int
	// started counts the retries that the server took, by the path of the job.
	started map[string]int
}

func (u *unreliable) RoundTrip(request *http.Request) (*http.Response, error) {
	way := u.draw()
	switch way {
	case "429":
		return u.busy(http.StatusTooManyRequests, "0"), nil
	case "503":
		return u.busy(http.StatusServiceUnavailable, ""), nil
	case "reset before":
		return nil, syscall.ECONNRESET
	}
	answer, err := u.transport.RoundTrip(request)
	if err == nil && request.Method == u.contract.Retry.Method && answer.StatusCode == u.contract.Retry.Success {
		u.mutex.Lock()
		u.started[request.URL.Path]++
		u.mutex.Unlock()
	}
	if way == "reset after" {
		return nil, syscall.ECONNRESET
	}
	return answer, err
}

// draw gives a way to break the exchange, or none.
func (u *unreliable) draw() string {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.random.IntN(100) >= u.perCent {
		return ""
	}
	u.broken++
	return u.ways[u.random.IntN(len(u.ways))]
}

// busy is the page of a front end that has no words of the method.
func (u *unreliable) busy(status int, after string) *http.Response {
	header := http.Header{"Content-Type": {"text/html"}}
	if after != "" {
		header.Set("Retry-After", after)
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader("<html>busy</html>"))}
}

// TestAnUnreliableNetworkIsNotTheServersFault: a server that conforms, behind a
// network that does not, never fails; where something could not be found out,
// that is an error.
func TestAnUnreliableNetworkIsNotTheServersFault(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	ways := []string{"429", "503", "reset before", "reset after"}
	for seed := range uint64(12) {
		for _, loopback := range []bool{true, false} {
			t.Run(fmt.Sprintf("seed %d, on this machine %t", seed, loopback), func(t *testing.T) {
				network := &unreliable{contract: contract, perCent: 3 + int(seed), ways: ways, random: rand.New(rand.NewPCG(seed, 9)), started: map[string]int{}}
				server := emulated(t, contract, emulator.Options{}, func(config *target.Config, handler http.Handler) {
					network.transport = inProcess{handler}
					config.Transport, config.Loopback, config.AllowRetry = network, loopback, true
					config.Pause = func(context.Context, time.Duration) error { return nil }
				})
				outcome := tested(t, contract, server, seed)
				if network.broken == 0 {
					t.Fatal("nothing was broken")
				}
				assertNobodyIsBlamed(t, outcome)
				if !loopback {
					assertStartedOnce(t, network.started)
				}
			})
		}
	}
}

func assertNobodyIsBlamed(t *testing.T, outcome result.Report) {
	t.Helper()
	for _, check := range outcome.Checks {
		switch check.Verdict {
		case result.Fail, result.Warn:
			t.Errorf("%s: %s: %s", check.ID, check.Verdict, check.Findings)
		}
	}
	if !slices.Contains([]int{result.ExitConforms, result.ExitInconclusive, result.ExitUnreachable}, outcome.Exit) {
		t.Errorf("exit %d", outcome.Exit)
	}
}

func assertStartedOnce(t *testing.T, started map[string]int) {
	t.Helper()
	for path, times := range started {
		if times > 1 {
			t.Errorf("%s was started %d times", path, times)
		}
	}
}

// TestAServerThatBreaksEveryRetryIsToBlame: the same breaks, each time, are the
// server's.
func TestAServerThatBreaksEveryRetryIsToBlame(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	for name, test := range map[string]struct {
		loopback bool
		want     result.Verdict
		exit     int
	}{
		"on this machine": {true, result.Fail, result.ExitFails},
		"elsewhere":       {false, result.Error, result.ExitUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			server := emulated(t, contract, emulator.Options{}, func(config *target.Config, handler http.Handler) {
				config.Transport = breakingStarts{inProcess{handler}, contract}
				config.Loopback, config.AllowRetry = test.loopback, true
				config.Pause = func(context.Context, time.Duration) error { return nil }
			})
			outcome := tested(t, contract, server, 1)
			if outcome.Exit != test.exit {
				t.Errorf("exit %d, want %d", outcome.Exit, test.exit)
			}
			for _, check := range outcome.Checks {
				if check.ID == "semantics/failed-is-retried" && check.Verdict != test.want {
					t.Errorf("%s: %s %s", check.ID, check.Verdict, check.Reason)
				}
			}
		})
	}
}

// breakingStarts resets the connection whenever a job was started.
type breakingStarts struct {
	transport http.RoundTripper
	contract  *spec.Contract
}

func (b breakingStarts) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := b.transport.RoundTrip(request)
	if err == nil && request.Method == b.contract.Retry.Method && answer.StatusCode == b.contract.Retry.Success {
		return nil, syscall.ECONNRESET
	}
	return answer, err
}
