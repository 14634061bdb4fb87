package suites

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// Config says what is judged and how strictly.
type Config struct {
	// Contract is the description; nil means the one that the product ships.
	Contract *spec.Contract
	// Target is the server under judgement.
	Target *target.Target
	// Level is the weakest level whose requirements fail the run; empty means
	// Platform. At Inferred everything fails it, a SHOULD included.
	Level spec.Level
	// Seed makes the ids of unknown jobs and the unknown token. The same seed
	// sends the same requests.
	Seed uint64
	// Known lists the failures that are expected.
	Known []Known
	// Observe is called after each check; nil means nobody looks.
	Observe func(Result)
}

// Session is one run of the suite over one target. Checks of one session share
// what they learn.
type Session struct {
	config Config

	unknownIDs *rand.Rand
	// first is the retry that every check shares which needs just one.
	first *startedRetry
	// states keeps the state of each new job as it was read first.
	states map[string]*target.Exchange
	// failures keeps the errors that were read, for the checks that look at all.
	failures map[*target.Exchange]failure
	// excused are the exchanges that say nothing of the server.
	excused map[*target.Exchange]bool
	// unsettled counts the retries in a row of which nobody knows what came.
	unsettled int
}

// startedRetry is a retry in earnest and what was read around it.
type startedRetry struct {
	job         string
	answer      *target.Exchange
	stateBefore string
	stateAfter  *target.Exchange
	missing     *lack
	// broken says why nobody knows what came of it.
	broken string
}

// NewSession begins a run.
func NewSession(config Config) *Session {
	if config.Contract == nil {
		config.Contract = spec.MustLoadEmbedded()
	}
	if config.Level == "" {
		config.Level = spec.Platform
	}
	return &Session{
		config:     config,
		unknownIDs: rand.New(rand.NewPCG(config.Seed, 0)),
		states:     map[string]*target.Exchange{},
		failures:   map[*target.Exchange]failure{},
		excused:    map[*target.Exchange]bool{},
	}
}

// Contract is the description that the session judges by.
func (s *Session) Contract() *spec.Contract { return s.config.Contract }

// Judge runs one check and says what came of it.
func (s *Session) Judge(ctx context.Context, check Check) Result { return s.judge(ctx, check, true) }

func (s *Session) judge(ctx context.Context, check Check, observed bool) Result {
	if ctx.Err() != nil {
		return Result{Check: check, Verdict: Skip, Reason: interrupted}
	}
	began := time.Now()
	judgement := &judgement{
		Contract: s.config.Contract, Target: s.config.Target,
		ctx: ctx, session: s, check: check,
	}
	if judgement.demanded() {
		judgement.run()
	}
	result := judgement.result()
	result.Took = time.Since(began)
	if observed && s.config.Observe != nil {
		s.config.Observe(result)
	}
	return result
}

// interrupted is the reason of what a run that was ended early did not judge.
const interrupted = "the run was interrupted"

// failureOf is readFailure, once for each exchange.
func (s *Session) failureOf(exchange *target.Exchange) failure {
	read, known := s.failures[exchange]
	if !known {
		read = readFailure(exchange)
		s.failures[exchange] = read
	}
	return read
}

// unknownID makes an id that no job has, the same for the same seed.
func (s *Session) unknownID() string {
	return fmt.Sprintf("dpconform-unknown-%016x", s.unknownIDs.Uint64())
}

// unknownToken makes a token that nobody issued, the same for the same seed.
func (s *Session) unknownToken() string {
	return fmt.Sprintf("dpconform-unknown-token-%016x", s.unknownIDs.Uint64())
}
