package suites

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// judgement is one check at work: it sends requests and gathers findings.
type judgement struct {
	Contract *spec.Contract
	Target   *target.Target

	ctx       context.Context
	session   *Session
	check     Check
	findings  []Finding
	exchanges []*target.Exchange
	lacking   *lack
	broken    string
}

// lack is what a check needed and was not given.
type lack struct {
	reason string
	flag   string
}

// Fail reports that a requirement is not kept. Findings that say the same are
// counted together. What the description does not demand is not reported. A
// requirement that the check does not name is a mistake of the suite and
// panics; a test runs every check over broken servers.
func (j *judgement) Fail(id string, exchange *target.Exchange, want, got string) {
	j.FailAt(placeOf(exchange), id, exchange, want, got)
}

// FailAt is Fail with the place in the exchange that shows it.
func (j *judgement) FailAt(place Place, id string, exchange *target.Exchange, want, got string) {
	requirement, described := j.Contract.Requirement(id)
	if !slices.Contains(j.check.Requirements, id) {
		panic(fmt.Sprintf("check %s fails requirement %q, which it does not name", j.check.ID, id))
	}
	if !described {
		return
	}
	want, got = tellable(want), tellable(got)
	for i := range j.findings {
		same := &j.findings[i]
		if same.Requirement.ID == id && same.Want == want && same.Got == got {
			same.Count++
			return
		}
	}
	j.look(exchange)
	verdict, known := VerdictOf(requirement, j.session.config.Level), expected(j.session.config.Known, j.check.ID, id)
	if known != nil {
		verdict = ExpectedFail
	}
	j.findings = append(j.findings, Finding{
		Requirement: requirement, Verdict: verdict, Known: known,
		Want: want, Got: got, Exchange: exchange, Place: place, Count: 1,
	})
}

// longestTold is the number of characters of a want or got that are told.
const longestTold = 300

// tellable makes what a server sent fit to be told in one line: valid, without
// control characters, and not endless.
func tellable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if runes := []rune(text); len(runes) > longestTold {
		return string(runes[:longestTold]) + "…"
	}
	return text
}

// demanded reports whether the description still has a requirement of the
// check; without one there is nothing to judge.
func (j *judgement) demanded() bool {
	for _, id := range j.check.Requirements {
		if _, found := j.Contract.Requirement(id); found {
			return true
		}
	}
	j.Skip("the description has no requirement "+strings.Join(j.check.Requirements, " or "), "--spec FILE that has it")
	return false
}

// run runs the check. A panic is the engine's own mistake: it is told as an error
// of this check, and the others go on.
func (j *judgement) run() {
	defer func() {
		if mistake := recover(); mistake != nil {
			j.broken = tellable(fmt.Sprintf("a mistake of dpconform's own: %v", mistake))
		}
	}()
	j.check.judge(j)
}

// Skip says that the check could not be judged because something was not given.
func (j *judgement) Skip(reason, flag string) {
	if j.lacking == nil {
		j.lacking = &lack{reason, flag}
	}
}

// skipFor is Skip with a lack found elsewhere.
func (j *judgement) skipFor(missing *lack) { j.Skip(missing.reason, missing.flag) }

// look keeps an exchange as evidence, once.
func (j *judgement) look(exchange *target.Exchange) {
	if exchange != nil && !slices.Contains(j.exchanges, exchange) {
		j.exchanges = append(j.exchanges, exchange)
	}
}

// send sends a request and keeps the exchange as evidence.
func (j *judgement) send(request target.Request) *target.Exchange {
	exchange := j.Target.Send(j.ctx, j.check.ID, request)
	j.look(exchange)
	return exchange
}

// answered reports whether a whole answer came. Where it did not by the
// server's fault, the requirement that needed it is not kept; where by the
// network's, nothing is judged.
func (j *judgement) answered(id string, exchange *target.Exchange, want string) bool {
	switch {
	case exchange.Answered():
		return true
	case exchange.Fault.ServerOwn():
		j.Fail(id, exchange, want, exchange.Fault.Detail)
	case exchange.Fault.Kind == target.Withheld:
		j.Skip(exchange.Fault.Detail, exchange.Fault.Flag)
	default:
		j.broken = exchange.Fault.Detail
	}
	return false
}

// expect judges an answer by what the requirement allows.
func (j *judgement) expect(id string, exchange *target.Exchange) bool {
	requirement, _ := j.Contract.Requirement(id)
	want := requirement.Expect.String()
	if !j.answered(id, exchange, want) {
		return false
	}
	failure := readFailure(exchange)
	if !requirement.Expect.AllowsStatus(exchange.Status) ||
		(len(requirement.Expect.Code) > 0 && !requirement.Expect.AllowsCode(failure.Status)) {
		j.Fail(id, exchange, want, describe(exchange))
		return false
	}
	return true
}

// describe says an answer in a few words: "400 FAILED_PRECONDITION", or "200: a
// job was started".
func describe(exchange *target.Exchange) string {
	switch {
	case !exchange.Answered():
		return exchange.Fault.Detail
	case exchange.Started():
		return fmt.Sprintf("%d, which says that a job was started", exchange.Status)
	}
	if code := readFailure(exchange).Status; code != "" {
		return fmt.Sprintf("%d %s", exchange.Status, code)
	}
	return fmt.Sprintf("%d %s", exchange.Status, http.StatusText(exchange.Status))
}

// result adds up what the check found.
func (j *judgement) result() Result {
	result := Result{Check: j.check, Verdict: Pass, Findings: j.findings, Exchanges: j.exchanges}
	for _, finding := range j.findings {
		if weight(finding.Verdict) > weight(result.Verdict) {
			result.Verdict = finding.Verdict
		}
	}
	switch {
	case result.Verdict == Fail:
	case j.broken != "":
		result.Verdict, result.Reason = Error, j.broken
	case j.lacking != nil && result.Verdict == Pass:
		result.Verdict, result.Reason, result.Flag = Skip, j.lacking.reason, j.lacking.flag
	case result.Verdict == ExpectedFail:
		result.Reason = knownReason(j.findings)
	}
	return result
}
