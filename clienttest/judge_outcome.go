package clienttest

import (
	"fmt"
	"strings"
)

// The requirements of what a caller gets.
const (
	outcomeNewID         = "client.outcome.new-id"
	outcomeUnknownFields = "client.outcome.unknown-fields"
	outcomeNoInventedID  = "client.outcome.no-invented-id"
	outcomeError         = "client.outcome.error"
	outcomeIncomplete    = "client.outcome.incomplete"
	outcomeCode          = "client.outcome.code"
	outcomeStatus        = "client.outcome.status"
	outcomeMessage       = "client.outcome.message"
)

// Why an outcome was not judged, and what would help.
const (
	notTold     = "the client did not tell what came of its call"
	howToTell   = `a line {"job":ID,"archiveJobId":ID} or {"job":ID,"error":{"code":N,"status":NAME,"message":TEXT}} on standard output or in the file $DPCONFORM_OUTCOME; --wire-only does without`
	onlyExit    = "the client's exit code says that there was an error, and not which"
	wantSuccess = "a success with the id "
)

// told is what is known of a client's view of its call.
type told struct {
	outcome *Outcome
	// failedBy says that the exit code says that there was an error.
	failedByExit bool
	// succeededByExit says that the exit code says that there was none.
	succeededByExit bool
	// hint says what is wrong with what looks like an outcome and is none.
	hint string
}

// judgeOutcome holds what the client told against the last answer that it got.
func judgeOutcome(j *judgement, last *Arrived, told told) {
	answer := last.Answer
	switch {
	case answer.Delivery != Whole:
		judgeIncomplete(j, last, told)
	case isSuccess(answer.Status) && newID(j.rules.Contract, answer) == "":
		judgeMissingID(j, last, told)
	case isSuccess(answer.Status):
		judgeNewID(j, last, told)
	default:
		judgeError(j, last, told)
	}
}

// judgeIncomplete wants an error, of whatever kind.
func judgeIncomplete(j *judgement, last *Arrived, told told) {
	switch got, success := told.success(); {
	case told.unknown():
		j.skip(outcomeIncomplete, told.silence(), howToTell)
	case success:
		j.find(outcomeIncomplete, last.Number, "an error, since "+last.Answer.Delivery.asReason(), got)
	default:
		j.judge(outcomeIncomplete)
	}
}

// judgeMissingID takes an error as well as an empty id.
func judgeMissingID(j *judgement, last *Arrived, told told) {
	switch outcome := told.outcome; {
	case outcome == nil:
		j.skip(outcomeNoInventedID, told.silence(), howToTell)
	case outcome.NewID != nil && *outcome.NewID != "":
		j.find(outcomeNoInventedID, last.Number, "an error or no id, since the answer has none", "the id "+printable(*outcome.NewID))
	default:
		j.judge(outcomeNoInventedID)
	}
}

// judgeNewID wants the id of the answer. Where the answer has unknown members,
// an error is laid to them.
func judgeNewID(j *judgement, last *Arrived, told told) {
	id := newID(j.rules.Contract, last.Answer)
	tolerant := outcomeNewID
	if !knownMembersOnly(j.rules.Contract, last.Answer) {
		tolerant = outcomeUnknownFields
	}
	outcome := told.outcome
	switch {
	case outcome == nil:
		if told.failedByExit {
			j.find(tolerant, last.Number, wantSuccess+printable(id), "an exit code that says that there was an error")
		}
		if tolerant != outcomeNewID || !told.failedByExit {
			j.skip(outcomeNewID, told.silence(), howToTell)
		}
		if tolerant != outcomeNewID && !told.failedByExit {
			j.skip(tolerant, told.silence(), howToTell)
		}
	case outcome.Error != nil:
		j.find(tolerant, last.Number, wantSuccess+printable(id), "the error "+outcome.Error.text())
	case *outcome.NewID != id:
		j.judge(tolerant)
		j.find(outcomeNewID, last.Number, wantSuccess+printable(id), "the id "+nameOfID(*outcome.NewID, outcome.Job))
	default:
		j.judge(tolerant)
		j.judge(outcomeNewID)
	}
}

func nameOfID(id, job string) string {
	switch id {
	case "":
		return `""`
	case job:
		return printable(id) + ", which is the old job's"
	}
	return printable(id)
}

// judgeError wants the error of the answer, member by member.
func judgeError(j *judgement, last *Arrived, told told) {
	answer := last.Answer
	sent, hasObject := errorOf(answer)
	members := []string{outcomeCode}
	if hasObject {
		members = append(members, outcomeStatus, outcomeMessage)
	}
	if got, success := told.success(); success {
		j.find(outcomeError, last.Number, fmt.Sprintf("an error, since the answer was %d", answer.Status), got)
		return
	}
	if told.unknown() {
		j.skip(outcomeError, told.silence(), howToTell)
	} else {
		j.judge(outcomeError)
	}
	if told.outcome == nil {
		for _, id := range members {
			reason := told.silence()
			if told.failedByExit {
				reason = told.withHint(onlyExit)
			}
			j.skip(id, reason, howToTell)
		}
		return
	}
	if isRedirect(answer.Status) {
		// A redirect that is not followed is no answer of the method.
		return
	}
	judgeErrorMembers(j, last, sent, hasObject, *told.outcome.Error)
}

func judgeErrorMembers(j *judgement, last *Arrived, sent errorObject, hasObject bool, got ToldError) {
	j.judge(outcomeCode)
	if got.Code != last.Answer.Status {
		j.find(outcomeCode, last.Number, fmt.Sprint(last.Answer.Status), got.shown("code"))
	}
	if !hasObject {
		return
	}
	j.judge(outcomeStatus)
	if got.Status != sent.Status {
		j.find(outcomeStatus, last.Number, sent.Status, got.shown("status"))
	}
	j.judge(outcomeMessage)
	if !strings.Contains(got.Message, sent.Message) {
		j.find(outcomeMessage, last.Number, printable(sent.Message), got.shown("message"))
	}
}

func isRedirect(status int) bool { return status >= 300 && status < 400 }

// silence says why an outcome is not known.
func (t told) silence() string { return t.withHint(notTold) }

func (t told) withHint(reason string) string {
	if t.hint == "" {
		return reason
	}
	return reason + "; " + t.hint
}

// unknown reports whether nobody knows what came of the call.
func (t told) unknown() bool { return t.outcome == nil && !t.failedByExit && !t.succeededByExit }

// success reports whether the caller was told that all is well, and how.
func (t told) success() (how string, success bool) {
	switch {
	case t.outcome != nil && t.outcome.NewID != nil:
		return "a success with the id " + nameOfID(*t.outcome.NewID, t.outcome.Job), true
	case t.outcome == nil && t.succeededByExit:
		return "an exit code that says that all is well", true
	}
	return "", false
}

// text says an error in one line.
func (e ToldError) text() string {
	var parts []string
	if e.Code != 0 {
		parts = append(parts, fmt.Sprint(e.Code))
	}
	if e.odd.Code != "" {
		parts = append(parts, printable(e.odd.Code))
	}
	for _, part := range []string{e.Status, e.Message} {
		if part != "" {
			parts = append(parts, printable(part))
		}
	}
	if len(parts) == 0 {
		return "without a word"
	}
	return strings.Join(parts, " ")
}
