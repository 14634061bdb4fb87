package clientrun

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/internal/text"
)

// The requirements of what a caller gets.
const (
	outcomeSuccess         = "client.outcome.success"
	outcomeNewID           = "client.outcome.new-id"
	outcomeUnknownFields   = "client.outcome.unknown-fields"
	outcomeInterim         = "client.outcome.interim"
	outcomeChunkExtensions = "client.outcome.chunk-extensions"
	outcomeNoInventedID    = "client.outcome.no-invented-id"
	outcomeError           = "client.outcome.error"
	outcomeIncomplete      = "client.outcome.incomplete"
	outcomeCode            = "client.outcome.code"
	outcomeStatus          = "client.outcome.status"
	outcomeMessage         = "client.outcome.message"
)

// Why an outcome was not tested, and what would help.
const (
	notReported = "the client did not report the outcome of its call"
	onlyExit    = "the client's exit code shows an error, but not which one"
	noIDInExit  = "an exit code does not contain the id of the new job"
)

// skipOutcome notes requirements that could not be tested for want of an outcome.
func (e *evaluation) skipOutcome(seen view, ids ...string) {
	e.skipReport(seen, OutcomeForms(e.rules.Method), ids...)
}

// skipReport is skipOutcome with the forms of an outcome.
func (e *evaluation) skipReport(seen view, forms string, ids ...string) {
	help := "a line " + forms + ", on standard output or in the file $DPCONFORM_OUTCOME; "
	if seen.posted != "" {
		help = forms + ", with POST " + seen.posted + "; "
	} else if e.rules.Method.IDField == "" && seen.unknown() {
		help += "--exit-outcome treats exit code 0 as success; "
	}
	help += "--wire-only does not need it"
	e.skip(seen.silence(), help, ids...)
}

// view is what is known of the client's view of its call.
type view struct {
	outcome *outcome
	// failedByExit: the exit code shows an error; succeededByExit: it shows none.
	failedByExit, succeededByExit bool
	// ending says how a command ended that failed; empty for another one.
	ending string
	// hint says what is wrong with what looks like an outcome and is none.
	hint string
	// posted is that of the evidence.
	posted string
}

func viewOf(reported *outcome, known evidence) view {
	seen := view{outcome: reported, hint: known.hint, posted: known.posted}
	command := known.command
	if command == nil || command.timedOut {
		return seen
	}
	if reported == nil && command.signal == "" {
		seen.failedByExit = command.exit != 0
		seen.succeededByExit = command.exit == 0 && known.exitReports
	}
	if command.signal != "" || command.exit != 0 {
		seen.ending = command.ending()
	}
	return seen
}

// unknown reports whether nobody knows what came of the call.
func (v view) unknown() bool { return v.outcome == nil && !v.failedByExit && !v.succeededByExit }

// success reports whether the caller got a success, and how.
func (v view) success() (how string, success bool) {
	switch {
	case v.outcome != nil && v.outcome.Error == nil:
		return v.outcome.text(), true
	case v.outcome == nil && v.succeededByExit:
		return "exit code 0", true
	}
	return "", false
}

// failed reports whether the caller got an error.
func (v view) failed() bool { return v.failedByExit || v.outcome != nil && v.outcome.Error != nil }

// silence says why nothing is known of the outcome.
func (v view) silence() string {
	reason := notReported
	switch {
	case v.failedByExit:
		reason = onlyExit
	case v.succeededByExit:
		reason = noIDInExit
	}
	for _, more := range []string{v.ending, v.hint} {
		if more != "" {
			reason += "; " + more
		}
	}
	return reason
}

// checkOutcome compares what the client reported with the last response.
func (e *evaluation) checkOutcome(last *request, seen view) {
	id, alone := last.response.newID(e.rules.Method)
	switch {
	case last.response.noUpstream != "":
		// Whatever the client makes of it, it is not the client's mistake.
		e.skip(last.response.noUpstream, "--upstream names a server that responds", outcomeError, outcomeCode, outcomeStatus, outcomeMessage)
	case last.response.delivery != whole:
		e.checkIncomplete(last, last.reason(), seen)
	case last.response.success() && e.rules.Method.IDField == "":
		e.checkSuccess(last, seen)
	case last.response.success() && id == "":
		e.checkMissingID(last, seen)
	case last.response.success():
		e.checkNewID(last, seen, id, alone)
	default:
		e.checkError(last, seen)
	}
}

// checkIncomplete wants an error, of whatever form: no whole response came, or the
// client sent nothing, since it could not validate the certificate.
func (e *evaluation) checkIncomplete(last *request, reason string, seen view) {
	switch got, success := seen.success(); {
	case seen.unknown():
		e.skipOutcome(seen, outcomeIncomplete)
	case success:
		e.find(outcomeIncomplete, last, "an error, since "+reason, got)
	default:
		e.test(outcomeIncomplete)
	}
}

// checkSuccess wants a success of a method that names no new job. Where the
// response has unknown members, they are taken for the cause of an error.
func (e *evaluation) checkSuccess(last *request, seen view) {
	schema := e.rules.Method.Operation.Response
	tolerant := e.tolerant(last, outcomeSuccess, schema != nil && len(schema.Undocumented(last.response.content())) > 0)
	switch _, success := seen.success(); {
	case success:
		e.test(tolerant, outcomeSuccess)
	case seen.unknown():
		e.skipOutcome(seen, tolerant)
	case seen.failedByExit:
		e.find(tolerant, last, "a success", "an exit code that shows an error: "+seen.ending)
	default:
		e.find(tolerant, last, "a success", seen.outcome.text())
	}
}

// tolerant is the requirement that a client breaks which makes an error of a
// success: that of what is odd about the response, or of any success.
func (e *evaluation) tolerant(last *request, success string, undocumented bool) string {
	_, demanded := e.rules.Method.ClientRequirement(last.response.tests)
	switch {
	case demanded:
		return last.response.tests
	case undocumented:
		return outcomeUnknownFields
	}
	return success
}

// checkMissingID accepts an error as well as an empty id.
func (e *evaluation) checkMissingID(last *request, seen view) {
	switch reported := seen.outcome; {
	case reported == nil && !seen.failedByExit:
		e.skipReport(seen, fmt.Sprintf(`{"job":"ID",%q:""} after a success without an id`, e.rules.Method.IDField)+orError, outcomeNoInventedID)
	case reported != nil && reported.NewID != nil && *reported.NewID != "":
		e.find(outcomeNoInventedID, last, "an error or no id, since the response has none", "the id "+printable(*reported.NewID))
	default:
		e.test(outcomeNoInventedID)
	}
}

// checkNewID wants the id of the response. Where that has unknown members, they
// are taken for the cause of an error.
func (e *evaluation) checkNewID(last *request, seen view, id string, alone bool) {
	tolerant := e.tolerant(last, outcomeNewID, !alone)
	want := "a success with the id " + printable(id)
	reported := seen.outcome
	switch {
	case reported == nil:
		untested := []string{outcomeNewID, tolerant}
		if seen.failedByExit {
			e.find(tolerant, last, want, "an exit code that shows an error: "+seen.ending)
			untested = untested[:1]
		}
		if tolerant == outcomeNewID {
			untested = untested[1:]
		}
		e.skipOutcome(seen, untested...)
	case reported.Error != nil:
		e.find(tolerant, last, want, reported.text())
	case *reported.NewID != id:
		e.test(tolerant)
		e.find(outcomeNewID, last, want, "the id "+shownID(*reported.NewID, reported.Job))
	default:
		e.test(tolerant, outcomeNewID)
	}
}

// checkError wants the error of the response, member by member.
func (e *evaluation) checkError(last *request, seen view) {
	sent, hasObject := last.response.errorObject()
	if got, success := seen.success(); success {
		e.find(outcomeError, last, fmt.Sprintf("an error, since the response was %d", last.response.status), got)
		return
	}
	if seen.unknown() {
		e.skipOutcome(seen, outcomeError)
	} else {
		e.test(outcomeError)
	}
	if last.refused {
		return // The scenario's response would have been another one.
	}
	got := seen.outcome
	if got == nil {
		e.skipOutcome(seen, outcomeCode)
		if hasObject {
			e.skipOutcome(seen, outcomeStatus, outcomeMessage)
		}
		return
	}
	if last.response.redirect() || last.purpose == followed || last.purpose == elsewhere {
		// A redirect that is not followed is no response of the method, nor is what
		// refused a client that left its token behind.
		return
	}
	e.test(outcomeCode)
	if got.Error.Code != last.response.status {
		e.find(outcomeCode, last, strconv.Itoa(last.response.status), got.shown("code", got.code(), "a number"))
	}
	if !hasObject {
		return
	}
	e.test(outcomeStatus, outcomeMessage)
	if got.Error.Status != sent.Status {
		e.find(outcomeStatus, last, sent.Status, got.shown("status", got.Error.Status, "a text"))
	}
	if !strings.Contains(got.Error.Message, sent.Message) {
		e.find(outcomeMessage, last, printable(sent.Message), got.shown("message", got.Error.Message, "a text"))
	}
}

// checkEnd checks how the command ended, and whether anything came of it. Where it
// is explained, no request had to arrive.
func (e *evaluation) checkEnd(command *ended, attempts []*request, last *request, seen view, refused, explained bool) {
	if command != nil && command.timedOut {
		e.fail(result.ConditionTime, "the command to end within "+command.limit.String(), noEnd)
	}
	if len(attempts) == 0 {
		if explained {
			return
		}
		got := "none"
		if refused {
			got += " that is valid HTTP"
		}
		if e.warmJob != "" {
			got += " after the first call, for the job " + e.warmJob
		}
		ended := command != nil && !command.timedOut
		if ended {
			got += "; " + command.ending()
		}
		switch {
		case seen.outcome != nil && ended && seen.ending == "":
			got += " and reported " + seen.outcome.text()
		case seen.outcome != nil:
			got += "; the client reported " + seen.outcome.text()
		}
		e.fail(result.ConditionCalled, "a request", got)
		if e.warmJob != "" && e.scenario.Secure && e.scenario.First.Close && seen.failed() {
			// RFC 9113, 6.8, lets a client open another connection, and does not demand it.
			last := &e.findings[len(e.findings)-1]
			last.Verdict, last.Want = result.Warn, "a request on another connection, since GOAWAY came with the response to the first call"
		}
		return
	}
	if command == nil || command.timedOut {
		return
	}
	id, _ := last.response.newID(e.rules.Method)
	succeeded := last.response.delivery == whole && last.response.success() && (id != "" || e.rules.Method.IDField == "")
	switch {
	case command.signal != "":
		e.fail(result.ConditionExit, "an exit code", command.ending())
	case succeeded && command.exit != 0:
		e.fail(result.ConditionExit, "exit 0, since the call succeeded", command.ending())
	}
}

const noEnd = "the command did not end and was stopped; increase --timeout if it needs more time"

// checkSteps checks whether the scenario came to its end. A client may stop
// earlier where the scenario lets it, if it reported the error that it stopped at.
func (e *evaluation) checkSteps(attempts []*request, last *request, seen view, known evidence) {
	steps := len(e.scenario.Steps)
	if len(attempts) == 0 || len(attempts) >= steps {
		return
	}
	got := text.Counted(len(attempts), "request") + ": the client made no further call"
	want := text.Counted(steps, "request")
	if e.scenario.Consume == scenario.ConsumeOrReport {
		// Which error it was is up to the requirements of the outcome.
		if known.wireOnly || seen.failed() {
			return
		}
		got += fmt.Sprintf(" and did not report the error of the last response, %d", last.response.status)
		if seen.outcome == nil && seen.hint != "" {
			got += "; " + seen.hint
		}
		want += ", or the error reported"
	}
	if seen.ending != "" {
		got += "; " + seen.ending
	}
	e.fail(result.ConditionSteps, want, got)
}
