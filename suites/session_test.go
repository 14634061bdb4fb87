package suites

import (
	"net/http"
	"slices"
	"testing"

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
	if got := session.run(t.Context(), check); got.Verdict != result.Error || got.Reason != "a mistake of dpconform's own: out of range" {
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
		"an observing check":     {false, observing, func(asked, other Check) bool { return other.ID == asked.ID || other.phase != observing }},
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
