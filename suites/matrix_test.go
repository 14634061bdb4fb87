package suites

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// The kill matrix is mutation testing of the checks: each fault of the emulator
// is one mutant. A fault is caught when the requirement that it breaks fails.
//
// No list says what else a fault may break. Beside the faulty emulator runs a
// conforming one that receives the same requests, so that for every exchange it
// is known what a server without the fault would have sent at that moment. A
// finding is explained if its exchange differs from that, in the status or in
// the very place that the finding points at. A finding that nothing explains is
// a false alarm, whichever requirement it is about.

// TestKillMatrix seeds every fault that a server of a shipped method can have, one
// at a time, and runs all checks of the method over it. With -short it seeds a
// fixed sample.
func TestKillMatrix(t *testing.T) {
	t.Parallel()
	seeded := 0
	for _, method := range shippedMethods(t) {
		all := emulator.Faults(method)
		faults := all
		switch {
		case *onlyFault != "":
			faults = slices.DeleteFunc(slices.Clone(all), func(fault emulator.Fault) bool { return fault.Name != *onlyFault })
		case testing.Short():
			faults = sample(all, 0, 60)
		}
		seeded += len(faults)
		matrix := newMatrix(method, Checks(method), faults)
		if testing.Verbose() {
			matrix.write(t.Output())
		}
		problems := matrix.problems()
		if len(faults) == len(all) {
			if method.Operation.ID == spec.MustLoadEmbedded().Operation.ID {
				matrix.checkProof(t)
			}
			problems = slices.Concat(problems, matrix.idleChecks(), matrix.unbrokenRequirements())
		}
		for _, problem := range problems {
			t.Errorf("%s: %s", method.Operation.ID, problem)
		}
	}
	if seeded == 0 {
		t.Fatalf("there is no fault %q", *onlyFault)
	}
}

// shippedMethods loads all descriptions that the product ships.
func shippedMethods(t *testing.T) []*spec.Method {
	t.Helper()
	var methods []*spec.Method
	for _, name := range spec.Shipped() {
		description, err := spec.Embedded(name)
		if err != nil {
			t.Fatal(err)
		}
		method, err := spec.Load(description)
		if err != nil {
			t.Fatal(err)
		}
		methods = append(methods, method)
	}
	return methods
}

// onlyFault seeds one fault alone: go test ./suites -run KillMatrix -v -fault NAME
var onlyFault = flag.String("fault", "", "seed this fault alone in TestKillMatrix")

// sample is every so many of a list, from one of them on.
func sample[T any](list []T, start, step int) []T {
	var some []T
	for i := start; i < len(list); i += step {
		some = append(some, list[i])
	}
	return some
}

// matrix is what came of all faults.
type matrix struct {
	method     *spec.Method
	checks     []Check
	conforming trial
	rows       []row
}

// row is one fault and what came of it.
type row struct {
	emulator.Fault
	trial
}

// newMatrix runs the checks over the conforming emulator and over one with each
// fault, several at the same time.
func newMatrix(method *spec.Method, checks []Check, faults []emulator.Fault) *matrix {
	found := &matrix{method: method, checks: checks, rows: make([]row, len(faults))}
	var waiting sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) + 1 {
		waiting.Go(func() {
			for i := range next {
				found.rows[i] = row{faults[i], try(method, checks, faults[i])}
			}
		})
	}
	found.conforming = try(method, checks, emulator.Fault{})
	// Backwards: the slow faults are the last of the table.
	for i := range slices.Backward(faults) {
		next <- i
	}
	close(next)
	waiting.Wait()
	return found
}

// trial is one run of the checks.
type trial struct {
	// err says why there is no result.
	err error
	// verdicts has the requirements that have a finding: fail or warn.
	verdicts map[string]result.Verdict
	// catching are the checks that have a finding.
	catching []string
	// falseAlarms are the findings that no difference explains.
	falseAlarms []string
	// skipped and broken are the checks that came to no verdict.
	skipped, broken []string
}

// try runs the checks over the emulator with a fault, or without one where the
// fault has no name.
func try(method *spec.Method, checks []Check, fault emulator.Fault) trial {
	faulty, err := emulator.New(method, emulator.Options{Seed: 1, Clock: noon, Fault: fault.Name, Delay: time.Hour})
	if err != nil {
		return trial{err: err}
	}
	limit := time.Minute
	if strings.HasSuffix(fault.Breaks, "robustness.in-time") {
		// A slow fault holds its response until the client gives up. A busy machine
		// can only add to what it breaks: every late response is its doing.
		limit = 400 * time.Millisecond
	}
	return compare(method, checks, faulty, limit, strings.Contains(fault.Breaks, "robustness."))
}

// compare runs the checks over a server, beside the conforming emulator.
func compare(method *spec.Method, checks []Check, faulty http.Handler, limit time.Duration, breaksConnections bool) trial {
	server, err := newShadowed(method, faulty)
	if err != nil {
		return trial{err: err}
	}
	// Without a network it takes half the time, but some faults break connections.
	address := "http://127.0.0.1"
	var transport http.RoundTripper = inProcess{server}
	if breaksConnections {
		listening := httptest.NewServer(server)
		defer listening.Close()
		endpoint, err := url.Parse(listening.URL)
		if err != nil {
			return trial{err: err}
		}
		address, transport = listening.URL, target.NewNetwork(endpoint, target.NetworkOptions{})
	}
	asked, err := target.New(target.Config{
		Endpoint: address, Jobs: emulator.DefaultJobs(method), Loopback: true, Limit: limit,
		Transport:   numbering{transport},
		Pause:       func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Credentials: target.TokenTemplate{Text: platform.TokenTemplate, Join: platform.TokenJoin},
	})
	if err != nil {
		return trial{err: err}
	}
	found := trial{verdicts: map[string]result.Verdict{}}
	results := runChecks(method, checks, asked)
	journal := asked.Journal()
	for _, checked := range results {
		found.take(server, journal, checked)
	}
	return found
}

// runChecks runs checks without Ginkgo, so that many runs can go on at the same
// time. It is all that the kill matrix needs of the engine.
func runChecks(method *spec.Method, checks []Check, asked *target.Target) []result.Check {
	session, err := newSession(Config{Method: method, Endpoint: asked.Endpoint()})
	if err != nil {
		panic(err)
	}
	var results []result.Check
	for _, check := range checks {
		results = append(results, session.run(target.NewContext(context.Background(), asked), check))
	}
	return results
}

func (r *trial) take(server *shadowed, journal []*target.Exchange, checked result.Check) {
	switch checked.Verdict {
	case result.Skip:
		r.skipped = append(r.skipped, checked.ID+" is skipped: "+checked.Reason)
	case result.Error:
		r.broken = append(r.broken, checked.ID+": "+checked.Reason)
	}
	for _, one := range checked.Untested {
		r.skipped = append(r.skipped, one.Requirement+" is not tested: "+one.Reason)
	}
	for _, finding := range checked.Findings {
		if looksSame(finding.Want, finding.Got) {
			r.broken = append(r.broken, checked.ID+": want and got look the same: "+finding.String())
		}
		var exchange *target.Exchange
		if finding.Exchange > 0 {
			exchange = journal[finding.Exchange-1]
		}
		inFault := exchange != nil && !exchange.Complete()
		if (exchange != nil) != (finding.Place != "") || inFault != (finding.Place == result.InFault) {
			r.broken = append(r.broken, fmt.Sprintf("%s: the place %q of a finding is not in its exchange", checked.ID, finding.Place))
		}
		if !server.explains(journal, exchange, string(finding.Place)) {
			r.falseAlarms = append(r.falseAlarms, checked.ID+": "+finding.String())
			continue
		}
		r.verdicts[finding.Requirement] = finding.Verdict
		if !slices.Contains(r.catching, checked.ID) {
			r.catching = append(r.catching, checked.ID)
		}
	}
}

// looksSame reports whether a reader could not tell what is wrong.
func looksSame(want, got string) bool {
	for _, both := range [][2]string{{want, got}, {got, want}} {
		rest, begins := strings.CutPrefix(both[0], both[1])
		if begins && (rest == "" || rest[0] == ' ' || rest[0] == ',') {
			return true
		}
	}
	return false
}

// outcome says in a word what came of a fault, and problem why that is wrong;
// empty where it is as it must be.
func (m *matrix) outcome(r row) (outcome, problem string) {
	requirement, described := m.method.Requirement(r.Breaks)
	want := result.VerdictOf(requirement, spec.Platform)
	switch got := r.verdicts[r.Breaks]; {
	case r.err != nil:
		return "BROKEN", r.err.Error()
	case !described:
		return "UNKNOWN", "the description has no such requirement"
	case len(r.broken) > 0:
		return "BROKEN", strings.Join(r.broken, "; ")
	case len(r.falseAlarms) > 0:
		return "FALSE ALARM", "the conforming emulator responds alike to\n  " + strings.Join(r.falseAlarms, "\n  ")
	case len(r.verdicts) == 0:
		return "SURVIVED", "no check notices it"
	case requirement.Level == spec.Inferred && m.documentedFailure(r) != "":
		return "BLAMED", "it fails the documented " + m.documentedFailure(r)
	case got != want:
		return "WRONG REASON", fmt.Sprintf("verdict %q of %s, want %q; other verdicts: %v", got, r.Breaks, want, r.verdicts)
	}
	return "caught", ""
}

// documentedFailure finds a documented requirement that a fault fails. What only
// an inferred requirement forbids must not cost a server one. An ordinary call has
// no body: where that is refused, no call succeeds.
func (m *matrix) documentedFailure(r row) string {
	if r.Breaks == "body.empty" {
		return ""
	}
	for id, verdict := range r.verdicts {
		if requirement, _ := m.method.Requirement(id); verdict == result.Fail && requirement.Level == spec.Documented {
			return id
		}
	}
	return ""
}

// problems lists what is wrong.
func (m *matrix) problems() []string {
	var problems []string
	if m.conforming.err != nil {
		problems = append(problems, "conforming emulator: "+m.conforming.err.Error())
	}
	for _, alarm := range slices.Concat(m.conforming.falseAlarms, m.conforming.skipped, m.conforming.broken) {
		problems = append(problems, "FALSE ALARM for the conforming emulator: "+alarm)
	}
	for _, row := range m.rows {
		if outcome, problem := m.outcome(row); problem != "" {
			problems = append(problems, fmt.Sprintf("%s %s, which breaks %s: %s", outcome, row.Name, row.Breaks, problem))
		}
	}
	return problems
}

// idleChecks lists the checks that catch no fault.
func (m *matrix) idleChecks() []string {
	var idle []string
	for _, check := range m.checks {
		if !slices.ContainsFunc(m.rows, func(r row) bool { return slices.Contains(r.catching, check.ID) }) {
			idle = append(idle, "IDLE check "+check.ID+" catches no fault")
		}
	}
	return idle
}

// unbrokenRequirements lists the requirements that a check is there for, and no
// fault.
func (m *matrix) unbrokenRequirements() []string {
	var unbroken []string
	for _, requirement := range m.method.Requirements {
		tested := slices.ContainsFunc(m.checks, func(check Check) bool { return slices.Contains(check.Requirements, requirement.ID) })
		if tested && !slices.ContainsFunc(m.rows, func(r row) bool { return r.Breaks == requirement.ID }) {
			unbroken = append(unbroken, "IDLE requirement "+requirement.ID+" is broken by no fault")
		}
	}
	return unbroken
}

// write prints the matrix, aspect by aspect.
func (m *matrix) write(out io.Writer) {
	fmt.Fprintf(out, "%s\n", m.method.Operation.ID)
	caught := 0
	for _, aspect := range result.Aspects() {
		fmt.Fprintln(out, aspect)
		for _, row := range m.rows {
			if requirement := (spec.Requirement{ID: row.Breaks}); requirement.Aspect() != aspect {
				continue
			}
			outcome, _ := m.outcome(row)
			if outcome == "caught" {
				caught++
			}
			more := ""
			if others := len(row.verdicts) - 1; others > 0 {
				more = fmt.Sprintf(" (+%d)", others)
			}
			fmt.Fprintf(out, "  %-8s %-36s %s%s\n", outcome, row.Name, row.Breaks, more)
		}
	}
	fmt.Fprintf(out, "%d of %d faults caught by %d checks of %d requirements of %s\n", caught, len(m.rows), len(m.checks),
		len(m.method.Requirements), m.method.Operation.ID)
}

// TestEachScopeRowCatchesItsScope: a server that refuses one scope fails the
// check of that scope, and no other.
func TestEachScopeRowCatchesItsScope(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	rows := slices.DeleteFunc(Checks(method), func(check Check) bool { return check.Scope == "" })
	if testing.Short() {
		rows = sample(rows, 0, 30)
	}
	for _, row := range rows {
		fewer := *method
		fewer.Scopes = slices.DeleteFunc(slices.Clone(method.Scopes), func(scope spec.Scope) bool { return scope.Name == row.Scope })
		server, err := emulator.New(&fewer, emulator.Options{Clock: noon})
		if err != nil {
			t.Fatal(err)
		}
		if got := compare(method, rows, server, time.Minute, false); !slices.Equal(got.catching, []string{row.ID}) || len(got.falseAlarms) > 0 {
			t.Errorf("without %s: caught by %q, false alarms %q", row.Scope, got.catching, got.falseAlarms)
		}
	}
}
