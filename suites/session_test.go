package suites

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// sessionOver is a session whose target is made already.
func sessionOver(t *testing.T, method *spec.Method, server *target.Target) *session {
	t.Helper()
	session, err := newSession(Config{Method: method, Endpoint: server.Endpoint()})
	if err != nil {
		t.Fatal(err)
	}
	session.target = server
	return session
}

// TestAPanicIsTheErrorOfOneCheck: the others go on.
func TestAPanicIsTheErrorOfOneCheck(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	session := sessionOver(t, method, emulated(t, method, emulator.Options{}))
	check := session.checks[0]
	check.ID, check.run = "path/broken", func(*judgement) { panic("out of range") }
	if got := session.run(t.Context(), check); got.Verdict != result.Error || got.Reason != "a bug in dpconform: out of range" {
		t.Errorf("%s %q", got.Verdict, got.Reason)
	}
	if got := session.run(t.Context(), session.checks[0]); got.Verdict != result.Pass {
		t.Errorf("%s %s", got.Verdict, got.Reason)
	}
}

// TestEarlierChecksRunForLaterOnes: a check of all exchanges alone sends what the
// others would have sent, and recorded responses are taken in their order. Each
// check runs once.
func TestEarlierChecksRunForLaterOnes(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	for name, one := range map[string]struct {
		inOrder bool
		phase   phase
		// ran says whether a check has run after one of the phase has.
		ran func(asked, other Check) bool
	}{
		"a sending check":        {false, consuming, func(asked, other Check) bool { return other.ID == asked.ID }},
		"an observing check":     {false, observing, func(asked, other Check) bool { return other.ID == asked.ID || other.phase < observing }},
		"a concluding check":     {false, concluding, func(asked, other Check) bool { return true }},
		"recorded responses":     {true, consuming, func(asked, other Check) bool { return other.phase < asked.phase || other.ID == asked.ID }},
		"recorded, an observing": {true, observing, func(asked, other Check) bool { return other.phase < asked.phase || other.ID == asked.ID }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := emulated(t, method, emulator.Options{}, func(config *target.Config, _ http.Handler) { config.InOrder = one.inOrder })
			session := sessionOver(t, method, server)
			asked := session.checks[slices.IndexFunc(session.checks, func(check Check) bool { return check.phase == one.phase })]
			if got := session.run(t.Context(), asked); got.Verdict != result.Pass {
				t.Errorf("%s: %s %s", asked.ID, got.Verdict, got.Reason)
			}
			for _, check := range session.checks {
				if ran := session.ran[check.ID]; ran != one.ran(asked, check) {
					t.Errorf("%s: %s has run: %t", asked.ID, check.ID, ran)
				}
			}
			sent := len(server.Journal())
			if session.catchUp(t.Context(), asked); len(server.Journal()) != sent {
				t.Error("something ran again")
			}
		})
	}
}

// TestAJobThatChangesInTheBackgroundIsSeen: a run that is over sooner waits for it.
func TestAJobThatChangesInTheBackgroundIsSeen(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	waited := &atomic.Bool{}
	server := emulated(t, method, emulator.Options{}, func(config *target.Config, handler http.Handler) {
		config.Pause = func(context.Context, time.Duration) error { waited.Store(true); return nil }
		config.Transport = inProcess{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if waited.Load() && r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/failed-1/") {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(`{"state": "COMPLETE"}`))
				return
			}
			handler.ServeHTTP(w, r)
		})}
	})
	later := testedBy(t, method, server, 1, func(check Check) bool { return check.ID == "semantics/job-later" })
	if check := later.Checks[0]; check.Verdict != result.Warn || check.Findings[0].Requirement != "semantics.old-job-keeps-state" {
		t.Errorf("%s %s", check.Verdict, check.Findings)
	}
}

// TestLookingAtExchangesEndsWithTheRun: with hundreds of large bodies it takes
// longer than the requests.
func TestLookingAtExchangesEndsWithTheRun(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	session := sessionOver(t, method, emulated(t, method, emulator.Options{}))
	for _, check := range session.checks {
		if check.phase != observing {
			session.run(t.Context(), check)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for _, check := range session.checks {
		if check.phase != observing || check.ID == "response/new-job-readable" || check.Aspect == "robustness" {
			continue
		}
		j := &judgement{Method: method, Target: session.target, ctx: ended, session: session, check: check,
			reported: map[reported]int{}, looked: map[*target.Exchange]bool{}, tested: map[string]bool{}}
		j.run()
		if found := j.result(); found.Verdict != result.Skip || found.Reason != result.Interrupted || len(j.tested) > 0 {
			t.Errorf("%s: %s %q %v", check.ID, found.Verdict, found.Reason, j.tested)
		}
	}
}
