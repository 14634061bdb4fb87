package suites

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// phase orders the checks in time, across the aspects.
type phase int

const (
	// connecting checks find out whether the others may share connections.
	connecting phase = iota
	// stating checks read what was given, before any request can change it.
	stating
	// refusing checks have no effect on a server that conforms, so they can share
	// one job that the method accepts and leave it for the checks after them.
	refusing
	// consuming checks use up jobs.
	consuming
	// closing checks use up a job that no other check needs, or look at one again
	// after all calls.
	closing
	// observing checks look at what all others have exchanged.
	observing
	// concluding checks report what the others, the observing ones too, came across.
	concluding
)

// Check is one test of a server: the requests that it sends, and the requirements
// that it tests.
type Check struct {
	// ID is stable: "path/two-segments".
	ID string
	// Aspect is the first part of the ID: "path".
	Aspect string
	// Title says in a few words what is tested.
	Title string
	// Requirements lists the ids of the requirements that it tests.
	Requirements []string
	// Sends describes the requests in a few words.
	Sends string
	// Scope is the one documented scope that it tests; empty for most checks.
	Scope string
	// Level is the strongest level among its requirements.
	Level spec.Level
	// Reason says why the check does not apply to the method, such as "no job
	// states are described"; empty if it applies.
	Reason string

	phase phase
	run   func(*judgement)
	// names lists all requirements that it can fail.
	names []string
	// lacks says why it does not apply, beside what its requirements need.
	lacks string
}

// Checks lists the checks that apply to a method, in the order in which they run:
// the connections, the states of the given jobs, requests that must be refused,
// calls that use up jobs, and last the checks that examine all exchanges.
func Checks(method *spec.Method) []Check {
	method = orShipped(method)
	var checks []Check
	for _, check := range allChecks(method) {
		if _, applies := check.applies(method); applies {
			check.Level = check.strongestLevel(method)
			checks = append(checks, check)
		}
	}
	return checks
}

// listed are the checks of the method that was asked for last.
type listed struct {
	method *spec.Method
	checks []Check
}

var lastListed atomic.Pointer[listed]

// allChecks lists every check, whether it applies or not. A run asks for the same
// list again and again: for its flags, its known failures, its session, its report.
func allChecks(method *spec.Method) []Check {
	last := lastListed.Load()
	if last == nil || last.method != method {
		last = &listed{method, listChecks(method)}
		lastListed.Store(last)
	}
	return slices.Clone(last.checks)
}

func listChecks(method *spec.Method) []Check {
	if isEmpty(method) {
		return nil
	}
	checks := slices.Concat(
		authorizationChecks(method), pathChecks(method), bodyChecks(method), semanticsChecks(method),
		responseChecks(method), errorChecks(method), connectionChecks(), robustnessChecks(),
	)
	for i := range checks {
		checks[i].Aspect, _, _ = strings.Cut(checks[i].ID, "/")
		checks[i].names = checks[i].Requirements
	}
	slices.SortStableFunc(checks, func(a, b Check) int { return cmp.Compare(a.phase, b.phase) })
	return checks
}

func (c Check) strongestLevel(method *spec.Method) spec.Level {
	strongest := spec.Inferred
	for _, id := range c.Requirements {
		if requirement, found := method.Requirement(id); found && requirement.Level.AtLeast(strongest) {
			strongest = requirement.Level
		}
	}
	return strongest
}

// Labels returns the Ginkgo labels of a check: its aspect, its level and the ids of
// its requirements.
func (c Check) Labels() []string {
	return append([]string{c.Aspect, string(c.Level)}, c.Requirements...)
}

// result is the check before anything came of it.
func (c Check) result() result.Check {
	return result.Check{ID: c.ID, Aspect: c.Aspect, Title: c.Title, Sends: c.Sends, Requirements: c.Requirements, Exchanges: []int{}}
}
