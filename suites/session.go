package suites

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
)

// session is one run of the checks over one target. Checks of one session share
// what they learn.
type session struct {
	config Config
	known  result.KnownFailures
	// target is made when the first check runs.
	target *target.Target
	// unconnected says why there is none.
	unconnected error
	// failed: a check has reported that.
	failed bool

	checks []Check
	// places finds a check among these by its id.
	places map[string]int
	// ran has the ids of the checks that ran.
	ran map[string]bool
	// ranUpTo counts the first of the checks that all ran.
	ranUpTo int

	unknownIDs *rand.Rand
	// first is the call that every check shares which needs just one.
	first *firstCall
	// states keeps the state of each new job as it was read first.
	states map[string]*target.Exchange
	// responses are read once each: the checks that look at everything that was
	// exchanged ask for the same ones again.
	responses map[*target.Exchange]*response
	// excused are the exchanges that say nothing of the server.
	excused map[*target.Exchange]bool
	// apart has the response over a connection of its own to what was repeated so, and
	// byConnection what shared connections spoiled.
	apart        map[*target.Exchange]*target.Exchange
	byConnection []spoiled
	// certain are the requirements that a response failed which came alone.
	certain map[string]bool
	// repeated counts for a requirement what came right when it was repeated.
	repeated map[string]int
	// shown has the state of each job as it was read last.
	shown map[string]string
	// accepted are the jobs for which a call has succeeded.
	accepted map[string]bool
	// stale says of jobs that were given as refused in which other state they are.
	stale []string
	// changed has the states of the jobs that left the state in which the method accepts
	// them, and inOrder their ids. left says that one was in it when the run began.
	changed map[string]string
	inOrder []string
	left    bool
	// unsettled counts the calls in a row of which nobody knows what came.
	unsettled int
}

// newSession begins a run. It sends nothing yet. The error is one line for the
// author of the test.
func newSession(config Config) (*session, error) {
	config, known, err := config.completed()
	if err != nil {
		return nil, err
	}
	checks := Checks(config.Method)
	if len(checks) == 0 {
		return nil, fmt.Errorf("%s: no check tests a requirement of %s: name requirement sets in its description", config.Method.File, config.Method.Operation.ID)
	}
	places := map[string]int{}
	for i, check := range checks {
		places[check.ID] = i
	}
	return &session{
		config:     config,
		known:      known,
		checks:     checks,
		places:     places,
		ran:        map[string]bool{},
		unknownIDs: rand.New(rand.NewPCG(config.Seed, 0)),
		states:     map[string]*target.Exchange{},
		responses:  map[*target.Exchange]*response{},
		excused:    map[*target.Exchange]bool{},
		apart:      map[*target.Exchange]*target.Exchange{},
		certain:    map[string]bool{},
		repeated:   map[string]int{},
		shown:      map[string]string{},
		accepted:   map[string]bool{},
		changed:    map[string]string{},
	}, nil
}

// connect makes the target, once, or takes the one that the context has, with
// the known failures that the context has.
func (s *session) connect(ctx context.Context) error {
	if s.target != nil || s.unconnected != nil {
		return s.unconnected
	}
	if s.target = target.FromContext(ctx); s.target == nil {
		s.target, s.unconnected = s.config.newTarget(ctx)
		if s.unconnected != nil {
			s.target = nil
		}
	}
	if known := result.FromContext(ctx); known != nil {
		s.known = known
	}
	return s.unconnected
}

// run runs a check, once the checks have run that it builds on and that nobody
// selected: what they find is not reported.
func (s *session) run(ctx context.Context, check Check) result.Check {
	if err := s.connect(ctx); err != nil {
		found := check.result()
		if s.failed {
			found.Settle("", &result.Missing{Reason: "the server under test cannot be tested, as an earlier check reports"}, nil)
		} else {
			found.Settle(err.Error(), nil, nil)
		}
		s.failed = true
		return found
	}
	s.catchUp(ctx, check)
	return s.runAlone(ctx, check)
}

// catchUp runs what a check needs to have run and has not.
func (s *session) catchUp(ctx context.Context, check Check) {
	for s.ranUpTo < len(s.checks) && s.ran[s.checks[s.ranUpTo].ID] {
		s.ranUpTo++
	}
	for i := s.ranUpTo; i < s.places[check.ID]; i++ {
		if earlier := s.checks[i]; !s.ran[earlier.ID] && check.buildsOn(earlier, s.target.InOrder()) {
			s.runAlone(ctx, earlier)
		}
	}
}

// buildsOn reports whether a check needs an earlier one to have run: one that
// looks at all exchanges needs those that send, and recorded responses come in
// the order of a whole run.
func (c Check) buildsOn(earlier Check, inOrder bool) bool {
	return inOrder || c.phase >= observing && earlier.phase < c.phase
}

func (s *session) runAlone(ctx context.Context, check Check) result.Check {
	s.ran[check.ID] = true
	began := time.Now()
	j := &judgement{Method: s.config.Method, Target: s.target, ctx: ctx, session: s, check: check,
		reported: map[reported]int{}, looked: map[*target.Exchange]bool{}, tested: map[string]bool{}, unread: map[string]string{}, doubts: map[string]*result.Missing{}}
	if ctx.Err() != nil {
		j.Skip(result.Interrupted, "")
	} else if reason := s.hiddenByProxy(check); reason != "" {
		j.Skip(reason, "")
	} else {
		j.run()
	}
	found := j.result()
	found.Microseconds = time.Since(began).Microseconds()
	return found
}

// unknownID makes an id that no job has, the same for the same seed.
func (s *session) unknownID() string {
	return fmt.Sprintf("dpconform-unknown-%016x", s.unknownIDs.Uint64())
}

// unknownToken makes a token that was never issued, the same for the same seed.
func (s *session) unknownToken() string {
	return fmt.Sprintf("dpconform-unknown-token-%016x", s.unknownIDs.Uint64())
}
