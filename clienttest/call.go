package clienttest

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dpconform/dpconform/emulator"
)

// Call is what one client did with one job: its requests and their answers, and
// what it told.
type Call struct {
	// Scenario is nil for a call that no scenario is about.
	Scenario *Scenario
	// Job is the id that the client was given; empty where nobody knows.
	Job string
	// Tokens are those that the client was given; none where nobody knows.
	Tokens []string
	// Upstream says that another server answers, so that nobody knows whether
	// two requests belong to one call.
	Upstream bool

	// misspelled is the name of a scenario that the call chose, and that there is
	// not.
	misspelled *misspelling
	// key tells it apart from other calls.
	key string

	mutex    sync.Mutex
	requests []*Arrived
	// arrived counts the requests, attempts those that were for the method.
	arrived  int
	attempts int
	told     *Outcome
	// reference answers what no step does.
	reference *emulator.Server
}

// keptRequests is the number of requests of one call that are kept: more than
// any verdict needs, and little enough for a client that does not stop.
const keptRequests = 200

// Requests gives the requests in the order in which they arrived: copies, since
// more may come.
func (c *Call) Requests() []*Arrived {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	copies := make([]*Arrived, len(c.requests))
	for i, request := range c.requests {
		arrived := *request
		copies[i] = &arrived
	}
	return copies
}

// Tell says what the client's library gave to its caller. The last word counts.
func (c *Call) Tell(outcome Outcome) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.told = &outcome
}

func (c *Call) outcome() *Outcome {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.told
}

// add takes a request in and gives the number of the attempt that it is, from 0.
func (c *Call) add(request *Arrived) int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.arrived++
	request.Number = c.arrived
	if len(c.requests) < keptRequests {
		c.requests = append(c.requests, request)
	}
	if request.Kind == Attempt {
		c.attempts++
	}
	return c.attempts - 1
}

// answered writes down what a request was answered.
func (c *Call) answered(request *Arrived, answer Answer) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	request.Answer = answer
}

func (c *Call) accepts(token string) bool { return slices.Contains(c.Tokens, token) }

// Result is what was found of a call.
type Result struct {
	Scenario *Scenario
	Job      string
	Verdict  Verdict
	Findings []Finding
	// Judged lists the requirements that were looked at.
	Judged   []string
	Unjudged []Unjudged
	Requests []*Arrived
	// Consumed is the number of the scenario's steps that were used.
	Consumed int
	Told     *Outcome
	// Command is nil for a call that no command made.
	Command *CommandResult
	// Note is what a reader should know of the result, or empty.
	Note string

	needed     bool
	misspelled *misspelling
	// tokens are those that the client was given, which no report shows.
	tokens []string
}

// Judge says what is found of a call so far.
func (r Rules) Judge(call *Call) Result { return r.judgeCommand(call, nil, judging{}) }

// judging says how the outcome of a command is taken.
type judging struct {
	// exitTells: exit code 0 means that the call was a success.
	exitTells bool
	// wireOnly: what the client tells is not judged.
	wireOnly bool
	// distrusted: the client broke off a TLS handshake.
	distrusted bool
	// sharedJob: a job that no scenario is about may have many calls, so that
	// nobody knows which request is a repeat.
	sharedJob bool
	// tokens are known as such beside those of the call's own: by the environment,
	// or by other calls.
	tokens []string
	// hint says what is wrong with a line that looks like an outcome and is none.
	hint string
	// contradicted: two outcomes of the call's job do not agree.
	contradicted *contradiction
}

// judgeCommand is Judge for a call that a command made.
func (r Rules) judgeCommand(call *Call, command *CommandResult, how judging) Result {
	j := &judgement{rules: r, scenario: call.Scenario, plain: call.Scenario == nil}
	requests := call.Requests()
	j.tokens = append(slices.Clone(how.tokens), bearerTokens(requests)...)
	result := Result{Scenario: call.Scenario, Job: call.Job, Requests: requests, Told: call.outcome(), Command: command, misspelled: call.misspelled, tokens: call.Tokens}
	var attempts []*Arrived
	var last *Arrived
	malformed := 0
	for _, request := range requests {
		judgeRequest(j, call, request)
		switch request.Kind {
		case Attempt:
			attempts, last = append(attempts, request), request
		case Elsewhere:
			last = request
		case Malformed:
			malformed++
		}
	}
	switch {
	case call.misspelled != nil:
		j.fail(ConditionKnown, "the name of a scenario", call.misspelled.text())
	case call.Scenario != nil:
		result.Consumed = min(len(attempts), len(call.Scenario.Steps))
		judgeRepeats(j, attempts)
		result.Note = noteOf(call.Scenario, attempts, how)
		judgeEnd(j, command, attempts, last, malformed, result.Note)
		if last != nil && !how.wireOnly {
			judgeOutcome(j, last, toldBy(result.Told, command, how))
		}
		judgeSteps(j, call.Scenario, attempts, last, toldBy(result.Told, command, how), how)
	default:
		judgePlain(j, call, attempts, last, result.Told, how)
	}
	if how.contradicted != nil && !how.wireOnly {
		j.warn(ConditionOneOutcome, "one outcome for the job", how.contradicted.text())
	}
	result.Findings, result.Judged, result.Unjudged = j.findings, j.judged, j.unjudged
	result.Verdict = verdictOfCall(j, result)
	result.needed = result.Note != "" && last == nil || slices.ContainsFunc(j.unjudged, func(one Unjudged) bool { return j.needed(one.ID) })
	return result
}

func verdictOfCall(j *judgement, result Result) Verdict {
	has := func(verdict Verdict) bool {
		return slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Verdict == verdict })
	}
	switch {
	case has(Fail):
		return Fail
	case slices.ContainsFunc(j.unjudged, func(one Unjudged) bool { return j.needed(one.ID) }), result.Note != "":
		return Skip
	case has(Warn):
		return Warn
	}
	return Pass
}

// noteOf says why a scenario says less than it could.
func noteOf(scenario *Scenario, attempts []*Arrived, how judging) string {
	if len(attempts) == 0 && how.distrusted {
		return "the client broke the TLS handshake off; it has to trust the certificate in the file $DPCONFORM_CA_CERT"
	}
	spokeTwo := slices.ContainsFunc(attempts, func(request *Arrived) bool { return strings.HasPrefix(request.Protocol, "HTTP/2") })
	if scenario.Secure && len(attempts) > 0 && !spokeTwo {
		return "the client chose " + attempts[0].Protocol + ", so that its HTTP/2 was not judged"
	}
	return ""
}

// toldBy puts together what is known of the client's view.
func toldBy(outcome *Outcome, command *CommandResult, how judging) told {
	view := told{outcome: outcome, hint: how.hint}
	if outcome == nil && command != nil && command.ended() {
		view.failedByExit = command.Exit != 0
		view.succeededByExit = command.Exit == 0 && how.exitTells
	}
	return view
}

// settle waits until no request of the call is under way, for a while.
func (c *Call) settle() {
	pending := func(request *Arrived) bool { return request.Answer.Delivery == Pending }
	for deadline := time.Now().Add(settleLimit); time.Now().Before(deadline) && slices.ContainsFunc(c.Requests(), pending); {
		time.Sleep(time.Millisecond)
	}
}
