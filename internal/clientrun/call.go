package clientrun

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/wire"
	"github.com/dpconform/dpconform/spec"
)

// Call is what one client did with one job: its requests with their responses,
// and what it reported. It is safe for concurrent use.
type Call struct {
	method *spec.Method
	// scenario is nil for a call that belongs to no scenario.
	scenario *scenario.Scenario
	// job is the id that the client was given, and tokens are its tokens; empty
	// where they are not known.
	job    string
	tokens []string
	// unknown says what is wrong with the name of a scenario that the call chose;
	// empty for nothing.
	unknown string
	// begun says that it was begun before its first request.
	begun bool
	// reference responds where no step does.
	reference *emulator.Server

	mutex    sync.Mutex
	requests []*request
	// arrived counts the requests, attempts those for the method.
	arrived  int
	attempts int
	reported *outcome
	// size is what is kept of the requests and responses in bytes, and kept that of
	// all calls of the server; nil once the server has forgotten the call.
	size int64
	kept *atomic.Int64
	// contact is what the server knows of its connections; nil for no server.
	contact *contact
}

// keptRequests is the number of requests of one call that are kept: more than
// any verdict needs, and few enough for a client that does not stop.
const keptRequests = scenario.MostRequests + 1

// keptOfCall is the size of the requests and responses in bytes from which no more
// of a call are kept, keptOfCalls that from which a server forgets the oldest calls.
const (
	keptOfCall  = 2 << 20
	keptOfCalls = 32 << 20
)

// Job is the id that the client was given.
func (c *Call) Job() string { return c.job }

// Plain reports whether no scenario is about the call.
func (c *Call) Plain() bool { return c.scenario == nil }

// Succeeded reports that the client returned the id of a new job, or that it
// returned no error where the method names no new job.
func (c *Call) Succeeded(newID string) { c.report(succeeded(c.method, c.job, newID)) }

// Failed reports that the client returned an error.
func (c *Call) Failed(e result.ClientError) { c.report(failed(c.job, e)) }

// report sets what the client returned to its caller. The last one counts.
func (c *Call) report(one outcome) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.reported = &one
}

// snapshot copies the requests in the order of their arrival, since more may
// arrive, and what was reported.
func (c *Call) snapshot() ([]*request, *outcome) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	copies := make([]*request, len(c.requests))
	for i, one := range c.requests {
		copied := *one
		copies[i] = &copied
	}
	return copies, c.reported
}

// add takes a request in and returns the number of the attempt that it is, from
// 0.
func (c *Call) add(one *request) int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.arrived++
	one.number = c.arrived
	if len(c.requests) < keptRequests && (len(c.requests) == 0 || c.size < keptOfCall) {
		c.requests = append(c.requests, one)
		c.count(len(one.body) + len(one.target) + sizeOf(one.header))
		if one.head != nil {
			// Its lines, and the fields that they are.
			c.count(wire.Limit + len(one.head.Fields)*fieldCost)
		}
	}
	if one.purpose == attempt {
		c.attempts++
	}
	return c.attempts - 1
}

// responded sets the response of a request.
func (c *Call) responded(one *request, response response) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	one.response = response
	if slices.Contains(c.requests, one) {
		c.count(len(response.body) + sizeOf(response.header))
	}
}

// fieldCost is what a field costs beside its name and its value.
const fieldCost = 64

func sizeOf(header http.Header) int {
	size := 0
	for name, values := range header {
		size += len(name)
		for _, value := range values {
			size += len(value) + fieldCost
		}
	}
	return size
}

// count adds to the size; the mutex is held.
func (c *Call) count(size int) {
	c.size += int64(size)
	if c.kept != nil {
		c.kept.Add(int64(size))
	}
}

// forget takes the call out of what its server keeps.
func (c *Call) forget() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.kept.Add(-c.size)
	c.kept = nil
}

// Settle waits until no request of the call is under way, but not for long.
func (c *Call) Settle() {
	for deadline := time.Now().Add(settleLimit); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		requests, _ := c.snapshot()
		if !slices.ContainsFunc(requests, func(one *request) bool { return one.response.delivery == pending }) {
			return
		}
	}
}

// Result is what was found of a call. Its check counts the exchanges of the call
// from 1, and may have secrets.
type Result struct {
	Check    result.Check
	scenario *scenario.Scenario
	job      string
	// tested lists the requirements that were tested.
	tested   []string
	requests []*request
	// command is how the command ended; nil for none.
	command *ended
	// needed: without what could not be tested the run is inconclusive.
	needed bool
	// tokens are those that the client was given, which no report shows.
	tokens []string
}

// evidence is what is known of a call beside its requests.
type evidence struct {
	// command is nil for a call that no command of its own made.
	command *ended
	// exitReports: exit code 0 means that the call was a success.
	exitReports bool
	// wireOnly: what the client reports is not tested.
	wireOnly bool
	// posted is the path that takes the outcome where somebody else started the client,
	// so that neither its output nor its exit code is seen.
	posted string
	// sharedJob: a job that no scenario is about may have many calls, so that
	// nobody knows which request is a repeat.
	sharedJob bool
	// tokens are known as such beside those of the call's own: by the environment,
	// or by other calls.
	tokens []string
	// hint says what is wrong with a line that looks like an outcome and is none,
	// contradiction which two outcomes of the job do not agree.
	hint, contradiction string
}

// Evaluate says what is found of a call so far.
func (r Rules) Evaluate(call *Call) Result { return r.evaluate(call, evidence{}) }

// EvaluateWire is Evaluate for calls that share a job, of which no outcome is
// reported.
func (r Rules) EvaluateWire(call *Call) Result {
	return r.evaluate(call, evidence{wireOnly: true, sharedJob: true})
}

func (r Rules) evaluate(call *Call, known evidence) Result {
	requests, reported := call.snapshot()
	e := &evaluation{rules: r, scenario: call.scenario, plain: call.scenario == nil}
	if call.contact.isWarm() {
		e.warmJob = call.contact.warmJob
	}
	e.tokens = slices.Concat(call.tokens, known.tokens, bearerTokens(requests))
	var attempts []*request
	var last *request
	refused, overused := false, false
	for _, one := range requests {
		before := e.counted()
		e.checkRequest(call, one)
		one.refused = one.response.ofReference && one.response.status >= http.StatusBadRequest && e.counted() > before
		switch one.purpose {
		case attempt:
			attempts, last = append(attempts, one), one
			e.redirected = nil
			if one.response.redirect() {
				e.redirected = one
			}
		case elsewhere, followed:
			last = one
		case malformed:
			refused = true
		}
		overused = overused || one.purpose == late
	}
	view := viewOf(reported, known)
	note := ""
	switch {
	case call.unknown != "":
		e.fail(result.ConditionKnown, "the name of a scenario", call.unknown)
	case call.scenario != nil:
		// A repeat breaks the rule whatever the connection was.
		e.checkRepeats(attempts)
		note = noteOf(call, attempts, known.command != nil)
		if _, success := view.success(); success && last == nil && !known.wireOnly {
			note = "" // A success without a request is invented, whatever kept the request away.
		}
		rejected := e.checkCertificate(call, attempts)
		e.checkClosing(call, attempts)
		e.checkEnd(known.command, attempts, last, view, refused, rejected || overused || note != "")
		switch {
		case known.wireOnly:
		case last != nil:
			e.checkOutcome(last, view)
		case rejected:
			e.checkIncomplete(nil, "no request was sent", view)
		}
		e.checkSteps(attempts, last, view, known)
	case len(attempts) > 0:
		if !known.sharedJob && call.job != "" {
			e.checkRepeats(attempts)
		}
		switch {
		case known.wireOnly:
		case last.response.delivery == whole && last.response.redirect():
			e.skip("the last response was a redirect, and the response of its target was not seen", "", outcomeError)
		default:
			e.checkOutcome(last, view)
		}
	}
	if known.contradiction != "" && !known.wireOnly {
		e.findings = append(e.findings, result.Finding{Requirement: result.ConditionOneOutcome, Verdict: result.Warn, Want: "one outcome for the job",
			Got: known.contradiction, Count: 1})
	}
	found := Result{scenario: call.scenario, job: call.job, tested: e.tested, requests: requests, command: known.command, tokens: call.tokens,
		needed: note != "" && last == nil || e.inconclusive()}
	found.Check = result.Check{Aspect: aspectCall, Findings: e.findings, Verdict: worst(e.findings), Reason: note,
		Call: &result.Call{Job: call.job, Untested: e.untested}}
	if found.Check.Verdict != result.Fail && (e.inconclusive() || note != "") {
		found.Check.Verdict = result.Skip
	}
	found.name()
	if call.scenario != nil {
		found.Check.Call.Steps = len(call.scenario.Steps)
		found.Check.Call.Consumed = min(len(attempts), len(call.scenario.Steps))
	}
	if reported != nil {
		found.Check.Call.Reported = &reported.Outcome
	}
	return found
}

// The aspects of what a client's run tests: a call, and the command as a whole.
const (
	aspectCall    = "call"
	aspectCommand = "command"
)

// commandID is the id of a command that is run once, jobID that of a call that no
// scenario is about.
const commandID = "command"

func jobID(job string) string { return "job " + job }

// name sets the id and the title: those of the scenario, or the job where no
// scenario was chosen.
func (r *Result) name() {
	switch {
	case r.scenario != nil:
		r.Check.ID, r.Check.Title = r.scenario.Name, r.scenario.Title
	case r.job != "":
		r.Check.ID, r.Check.Title = jobID(r.job), "a call that belongs to no scenario"
	default:
		r.Check.ID, r.Check.Title = "other requests", "requests that name no job"
	}
}

// noteOf says why a scenario tests less than it could; empty where it tests all.
// A command has in its environment what other callers have by the name of a member.
func noteOf(call *Call, attempts []*request, byCommand bool) string {
	one := call.scenario
	spokeTwo := slices.ContainsFunc(attempts, func(one *request) bool { return strings.HasPrefix(one.protocol, "HTTP/2") })
	authority, warmJob, job := `"authority"`, `"warm_job"`, `"job"`
	if byCommand {
		authority = "the file that $DPCONFORM_CA_CERT names, as do " + text.List(authorityVariables[1:], "and")
		warmJob, job = "$DPCONFORM_WARM_JOB", "$DPCONFORM_JOB"
	}
	switch {
	case len(attempts) == 0 && one.Certificate == "" && call.contact.rejected():
		return "the client closed each connection during or after the TLS handshake, and sent no request: it has to trust the authority in " + authority
	case len(attempts) == 0:
		return ""
	case one.Certificate != "" && !attempts[0].secure:
		return "the scenario was served without TLS, so no certificate was tested; it has TLS without --together and --listen"
	case one.Secure && one.Certificate == "" && !spokeTwo:
		return "the client chose " + attempts[0].protocol + ", so HTTP/2 was not tested"
	case one.Secure && one.First != nil && one.First.Close && !attempts[0].secure:
		return "the scenario was served without TLS, so GOAWAY was not sent; it is sent without --together and --listen"
	case one.First == nil || attempts[0].before > 0 || one.First.Close && call.contact.isWarm():
		return ""
	case call.contact.isWarm():
		return "the client opened another connection for its second call, which is allowed; to test a reused one, let the command make both calls with one HTTP client that keeps connections"
	}
	return "the client made no first call for the job " + warmJob + " on the same connection, so a reused connection was not tested; to test one, let the command call the method " +
		"for that job first, and then for " + job + " with the same HTTP client. If your client makes only one call per process, ignore this"
}
