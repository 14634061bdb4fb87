package suites

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// judgement is one check at work: it sends requests and gathers findings.
type judgement struct {
	Method *spec.Method
	Target *target.Target

	ctx       context.Context
	session   *session
	check     Check
	findings  []result.Finding
	exchanges []*target.Exchange
	// reported finds a finding, and looked an exchange, among these.
	reported map[reported]int
	looked   map[*target.Exchange]bool
	// tested are the requirements that something was seen of, good or bad.
	tested map[string]bool
	// unread says of requirements about states why none was seen.
	unread  map[string]string
	missing *result.Missing
	// doubts say of requirements that they cannot be kept by what other requests show,
	// and why.
	doubts map[string]*result.Missing
	// partly says what was tried of several things alike.
	partly string
	// broken says what went wrong that is not the server's doing.
	broken string
}

// reported is what a finding says.
type reported struct{ requirement, want, got string }

// Fail reports that a requirement is not kept. Findings that say the same are
// counted together. What the description does not have is not reported. A
// requirement that the check does not name is a mistake of the suite and
// panics; a test runs every check over broken servers.
func (j *judgement) Fail(id string, exchange *target.Exchange, want, got string) {
	j.FailAt(placeOf(exchange), id, exchange, want, got)
}

// FailAt is Fail with the place in the exchange that shows it.
func (j *judgement) FailAt(place result.Place, id string, exchange *target.Exchange, want, got string) {
	switch {
	case slices.Contains(j.check.Requirements, id):
	case slices.Contains(j.check.names, id):
		return
	default:
		panic(fmt.Sprintf("check %s fails requirement %q, which it does not name", j.check.ID, id))
	}
	j.tested[id] = true
	requirement, _ := j.Method.Requirement(id)
	hide := j.Target.Redactor()
	want, got = printable(hide.Text(want)), printable(hide.Text(got))
	same := reported{id, want, got}
	if i, found := j.reported[same]; found {
		known := &j.findings[i]
		known.Count++
		if exchange != nil && !j.isPlain(j.shownBy(known.Exchange)) && j.isPlain(exchange) {
			known.Exchange, known.Place = exchange.Number, place.Renamed(hide.Name)
			j.look(exchange)
		}
		return
	}
	j.reported[same] = len(j.findings)
	j.look(exchange)
	finding := result.Finding{Requirement: id, Verdict: result.VerdictOf(requirement, j.session.config.Level), Want: want, Got: got, Count: 1,
		KnownFailure: j.session.known.Expecting(j.check.ID, id)}
	if exchange != nil {
		finding.Exchange, finding.Place = exchange.Number, place.Renamed(hide.Name)
	}
	if finding.KnownFailure != "" {
		finding.Verdict = result.ExpectedFail
	}
	j.findings = append(j.findings, finding)
}

// shownBy is the exchange with a number; nil for 0.
func (j *judgement) shownBy(number int) *target.Exchange {
	for _, exchange := range j.exchanges {
		if exchange.Number == number {
			return exchange
		}
	}
	return nil
}

// isPlain reports whether the request of an exchange is the call as it is documented,
// which shows a finding best: nothing else about it can be the reason.
func (j *judgement) isPlain(exchange *target.Exchange) bool {
	if exchange == nil {
		return false
	}
	sent := exchange.Request
	own := j.callOf(sent.Job, sent.Credential)
	return sent.Call && sent.Method == own.Method && sent.Path == own.Path && sent.Query == own.Query && !sent.Chunked && bytes.Equal(sent.Body, own.Body) &&
		len(sent.Header) == len(own.Header) && sent.Credential.Spelling() == "" && (len(sent.Credential.Scopes) > 0 || len(j.Method.Scopes) == 0)
}

// placeOf is the place of a finding that does not say one.
func placeOf(exchange *target.Exchange) result.Place {
	switch {
	case exchange == nil:
		return ""
	case !exchange.Complete():
		return result.InFault
	}
	return result.InStatus
}

// printable makes what a server sent fit for one line: valid, without control
// characters, and not endless.
func printable(got string) string {
	const longest = 300
	return text.Cut(text.Line(got), longest)
}

// run runs the check. A panic is a mistake of this program: it is an error
// of this check, and the others go on.
func (j *judgement) run() {
	defer func() {
		if mistake := recover(); mistake != nil {
			j.broken = printable(fmt.Sprintf("a bug in dpconform: %v", mistake))
		}
	}()
	j.check.run(j)
}

// Skip says that the check could not be done because something was not given.
func (j *judgement) Skip(reason, flag string) {
	if j.missing == nil {
		j.missing = &result.Missing{Reason: reason, Flag: flag}
	}
}

// skipFor is Skip for what was found missing elsewhere.
func (j *judgement) skipFor(missing *result.Missing) {
	if j.missing == nil {
		j.missing = missing
	}
}

// look keeps an exchange as evidence, once.
func (j *judgement) look(exchange *target.Exchange) {
	if exchange != nil && !j.looked[exchange] {
		j.looked[exchange] = true
		j.exchanges = append(j.exchanges, exchange)
	}
}

// doubt says that a response leaves open whether a requirement is kept, which is then
// not tested, whatever other responses show.
func (j *judgement) doubt(id string, missing *result.Missing) {
	if len(j.check.Requirements) == 1 {
		j.skipFor(missing)
	}
	if j.doubts[id] == nil {
		j.doubts[id] = missing
	}
}

// send sends a request and keeps the exchange as evidence.
func (j *judgement) send(request target.Request) *target.Exchange {
	exchange := j.Target.Send(j.ctx, j.check.ID, request)
	if exchange.Succeeded() {
		j.session.accepted[request.Job] = true
	}
	j.look(exchange)
	return exchange
}

// responded reports whether a whole response came. If none came by the server's
// fault, the requirement that needs it fails; if by the network's, nothing is
// tested.
func (j *judgement) responded(id string, exchange *target.Exchange, want string) bool {
	switch {
	case exchange.Complete():
		j.tested[id] = true
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

// result adds up what the check found.
func (j *judgement) result() result.Check {
	found := j.check.result()
	found.Findings, found.Partly = j.findings, j.partly
	for _, exchange := range j.exchanges {
		found.Exchanges = append(found.Exchanges, exchange.Number)
	}
	if reason := j.unproved(); reason != "" {
		j.Skip(reason, "")
	}
	found.Settle(j.broken, j.missing, j.session.known)
	found.Untested = j.untested(found.Verdict == result.Skip || found.Verdict == result.Error)
	found.Reason = j.Target.Redactor().Text(found.Reason)
	return found
}

// noResponse is why a check is skipped that would pass without a response.
const noResponse = "no request got a response" + result.FixFirst

// unproved says why no response shows what a check without findings looked at; empty
// where one does. A check that sends nothing looks at the responses of the run: a few
// say little of the others, which never came.
func (j *judgement) unproved() string {
	responses := func(exchanges []*target.Exchange) (count int) {
		for _, exchange := range exchanges {
			if exchange.Status > 0 {
				count++
			}
		}
		return count
	}
	if responses(j.exchanges) > 0 {
		return ""
	}
	all := j.Target.Journal()
	switch came := responses(all); {
	case came == 0 || len(j.exchanges) > 0 && len(j.tested) == 0:
		return noResponse
	case len(j.exchanges) == 0 && came < len(all)-came:
		return "most requests got no response" + result.FixFirst
	}
	return ""
}

// untested lists the requirements that nothing was seen of, or that something leaves
// open. A check of one requirement that came to its end has tested it. One that was not
// tested says for all why.
func (j *judgement) untested(whole bool) []result.Untested {
	var untested []result.Untested
	hide := j.Target.Redactor()
	for _, id := range j.check.Requirements {
		doubt := j.doubts[id]
		if doubt == nil && (whole || j.tested[id] || len(j.check.Requirements) == 1) {
			continue
		}
		one := result.Untested{Requirement: id, Reason: j.check.ID + " got no suitable response"}
		if len(j.findings) > 0 {
			one.Reason += ": see " + j.findings[0].Requirement
		}
		switch {
		case doubt != nil:
			one.Reason, one.Flag, one.Doubted = hide.Text(doubt.Reason), doubt.Flag, true
		case j.broken != "":
			one.Reason = hide.Text(j.broken)
		case j.missing != nil:
			one.Reason, one.Flag = hide.Text(j.missing.Reason), j.missing.Flag
		case j.unread[id] != "":
			one.Reason = hide.Text(j.unread[id])
		}
		untested = append(untested, one)
	}
	return untested
}
