// Package proof tests the tester: it runs the whole suite against the reference
// emulator as it is, and once more for each fault that the emulator knows, and
// says what was caught, what was not, and what cried wolf.
package proof

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/dpconform/dpconform/client/broken"
	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// Options says what is proved and how.
type Options struct {
	Contract *spec.Contract
	// Faults are those to seed; nil means all of the emulator's table.
	Faults []emulator.Fault
	// Pairs is the number of pairs of faults that are seeded together.
	Pairs int
	// Seed chooses the pairs and makes the ids of the runs.
	Seed uint64
	// Workers is the number of runs at the same time.
	Workers int
	// Run judges a server; NewProcess makes one that starts a program.
	Run Runner
	// Clients says whether the judge of clients is proved as well.
	Clients bool
	// Observe is called after each run, one call at a time; nil means nobody looks.
	Observe func(name string, failed bool)
}

// Outcome says what came of one seeded fault.
type Outcome string

// The outcomes of a fault.
const (
	// Caught: the requirement that the fault breaks failed, and no other than
	// its consequences.
	Caught Outcome = "caught"
	// Survived: nothing failed.
	Survived Outcome = "survived"
	// WrongReason: something failed, and it was not the requirement that the
	// fault breaks, or not only that and its consequences.
	WrongReason Outcome = "wrong reason"
	// Broken: the run came to no result.
	Broken Outcome = "broken"
)

// FaultResult is a row of the kill matrix.
type FaultResult struct {
	Name         string   `json:"name"`
	Text         string   `json:"text"`
	Breaks       string   `json:"breaks"`
	Consequences []string `json:"consequences"`
	Outcome      Outcome  `json:"outcome"`
	// CaughtBy lists the requirements that were not kept, the broken one first.
	CaughtBy []string `json:"caught_by"`
	// Unnamed lists those of CaughtBy that the table names neither as broken
	// nor as a consequence.
	Unnamed []string `json:"unnamed,omitempty"`
	// Checks lists the checks that caught something.
	Checks       []string `json:"checks"`
	Reason       string   `json:"reason,omitempty"`
	Milliseconds int64    `json:"milliseconds"`
}

// PairResult says whether two faults at the same time are both named.
type PairResult struct {
	Faults [2]string `json:"faults"`
	// Named lists those of the two whose requirement was not kept.
	Named []string `json:"named"`
	// Masked lists those that the other hides: where they show alone, the
	// answers are others.
	Masked []string `json:"masked,omitempty"`
	// Lost lists those that could have been seen, and were not named.
	Lost []string `json:"lost,omitempty"`
	// Reason says why the run came to no result.
	Reason string `json:"reason,omitempty"`
}

// FalseAlarm is a check that does not pass on the conforming emulator.
type FalseAlarm struct {
	Check   string         `json:"check"`
	Verdict suites.Verdict `json:"verdict"`
	Reason  string         `json:"reason"`
}

// Proof is all that was found.
type Proof struct {
	FormatVersion int           `json:"format_version"`
	Version       string        `json:"version"`
	Description   string        `json:"description"`
	Digest        string        `json:"digest"`
	Checks        int           `json:"checks"`
	Requirements  int           `json:"requirements"`
	Faults        []FaultResult `json:"faults"`
	Pairs         []PairResult  `json:"pairs,omitempty"`
	FalseAlarms   []FalseAlarm  `json:"false_alarms"`
	// IdleChecks catch no fault; they are told only where all faults were
	// seeded.
	IdleChecks []string `json:"idle_checks"`
	// Clients is nil where the judge of clients was not proved.
	Clients      *broken.Proof `json:"clients,omitempty"`
	Milliseconds int64         `json:"milliseconds"`
}

// FormatVersion is the version of the JSON form of a proof.
const FormatVersion = 1

// Holds reports whether the suite has proved itself: every fault caught for the
// right reason, no false alarm, no idle check, no pair in which one got lost.
func (p Proof) Holds() bool {
	return len(p.FalseAlarms) == 0 && len(p.IdleChecks) == 0 && p.count(Caught) == len(p.Faults) &&
		(p.Clients == nil || p.Clients.Holds()) &&
		!slices.ContainsFunc(p.Pairs, func(pair PairResult) bool { return len(pair.Lost) > 0 || pair.Reason != "" })
}

func (p Proof) count(outcome Outcome) int {
	count := 0
	for _, fault := range p.Faults {
		if fault.Outcome == outcome {
			count++
		}
	}
	return count
}

// Prove runs everything. It returns an error only where the conforming emulator
// could not be judged at all; what goes wrong with a fault stands in its row.
func Prove(ctx context.Context, options Options) (Proof, error) {
	began := time.Now()
	table := options.Faults
	if table == nil {
		table = emulator.Faults()
	}
	prover := &prover{options: options, alone: map[string]Judged{}}
	conforming, err := prover.judge(ctx, "")
	if err != nil {
		return Proof{}, fmt.Errorf("the conforming emulator could not be judged: %w", err)
	}
	found := Proof{
		FormatVersion: FormatVersion, Description: options.Contract.File, Digest: options.Contract.Digest,
		Checks: len(suites.Checks(options.Contract)), Requirements: len(options.Contract.Requirements),
		FalseAlarms: falseAlarms(conforming), Faults: make([]FaultResult, len(table)), IdleChecks: []string{},
	}
	pairs := choosePairs(table, options.Pairs, options.Seed)
	found.Pairs = make([]PairResult, len(pairs))
	prover.sideBySide(len(table), func(i int) {
		// Backwards: the slow faults stand last, and should not be waited for
		// when all others are done.
		i = len(table) - 1 - i
		found.Faults[i] = prover.prove(ctx, table[i])
		prover.observe(table[i].Name, found.Faults[i].Outcome != Caught)
	})
	// What two faults do together is told from what each does alone.
	prover.sideBySide(len(pairs), func(i int) {
		found.Pairs[i] = prover.provePair(ctx, pairs[i])
		prover.observe(pairs[i][0].Name+" with "+pairs[i][1].Name, len(found.Pairs[i].Lost) > 0)
	})
	if options.Faults == nil {
		found.IdleChecks = idleChecks(options.Contract, found.Faults)
	}
	if options.Clients {
		clients, err := broken.Prove(ctx, options.Contract, options.Workers)
		if err != nil {
			return Proof{}, fmt.Errorf("the clients could not be judged: %w", err)
		}
		found.Clients = &clients
	}
	found.Milliseconds = time.Since(began).Milliseconds()
	return found, ctx.Err()
}

// prover judges the emulator with faults.
type prover struct {
	options Options

	mutex sync.Mutex
	// alone keeps what each fault alone led to.
	alone map[string]Judged
}

func (p *prover) keep(name string, judged Judged) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.alone[name] = judged
}

func (p *prover) observe(name string, failed bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.options.Observe != nil {
		p.options.Observe(name, failed)
	}
}

// sideBySide does so many things with as many workers as the options say.
func (p *prover) sideBySide(count int, do func(int)) {
	var waiting sync.WaitGroup
	next := make(chan int)
	for range max(1, p.options.Workers) {
		waiting.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range count {
		next <- i
	}
	close(next)
	waiting.Wait()
}

func falseAlarms(judged Judged) []FalseAlarm {
	alarms := []FalseAlarm{}
	for _, check := range judged.Checks {
		if check.Verdict != suites.Pass {
			alarms = append(alarms, FalseAlarm{check.ID, check.Verdict, cmp.Or(check.Reason, check.Got)})
		}
	}
	return alarms
}

// prove seeds one fault and says what came of it.
func (p *prover) prove(ctx context.Context, fault emulator.Fault) FaultResult {
	began := time.Now()
	result := FaultResult{Name: fault.Name, Text: fault.Text, Breaks: fault.Breaks, Consequences: fault.Consequences,
		CaughtBy: []string{}, Checks: []string{}}
	judged, err := p.judge(ctx, fault.Name)
	result.Milliseconds = time.Since(began).Milliseconds()
	if err != nil {
		result.Outcome, result.Reason = Broken, err.Error()
		return result
	}
	p.keep(fault.Name, judged)
	result.CaughtBy = judged.brokenRequirements(fault.Breaks)
	result.Checks = judged.catchingChecks()
	for _, id := range result.CaughtBy {
		if id != fault.Breaks && !slices.Contains(fault.Consequences, id) {
			result.Unnamed = append(result.Unnamed, id)
		}
	}
	switch {
	case len(result.CaughtBy) == 0:
		result.Outcome = Survived
	case result.CaughtBy[0] != fault.Breaks || len(result.Unnamed) > 0:
		result.Outcome = WrongReason
	default:
		result.Outcome = Caught
	}
	return result
}

// idleChecks lists the checks that caught no fault.
func idleChecks(contract *spec.Contract, faults []FaultResult) []string {
	busy := map[string]bool{}
	for _, fault := range faults {
		for _, check := range fault.Checks {
			busy[check] = true
		}
	}
	idle := []string{}
	for _, check := range suites.Checks(contract) {
		if !busy[check.ID] {
			idle = append(idle, check.ID)
		}
	}
	return idle
}
