package clienttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/dpconform/dpconform/spec"
)

// The requirements of a call that is sent again.
const (
	repeatAfterSuccess       = "client.repeat.after-success"
	repeatUnknownEffect      = "client.repeat.unknown-effect"
	repeatFailedPrecondition = "client.repeat.failed-precondition"
	repeatNotFound           = "client.repeat.not-found"
	repeatPermissionDenied   = "client.repeat.permission-denied"
	repeatUnauthenticated    = "client.repeat.unauthenticated"
	repeatRetryAfter         = "client.repeat.retry-after"
	repeatBackoff            = "client.repeat.backoff"
	repeatBounded            = "client.repeat.bounded"
)

// repeatsAfterCode are the requirements that speak of one google.rpc.Code.
var repeatsAfterCode = map[string]string{
	"FAILED_PRECONDITION": repeatFailedPrecondition,
	"NOT_FOUND":           repeatNotFound,
	"PERMISSION_DENIED":   repeatPermissionDenied,
	"UNAUTHENTICATED":     repeatUnauthenticated,
}

// judgeRepeats judges what the client did after each answer. Every request of a
// call but the first is a repeat: whoever makes a scenario's call makes it once.
func judgeRepeats(j *judgement, attempts []*Arrived) {
	for i, before := range attempts {
		var after *Arrived
		if i+1 < len(attempts) {
			after = attempts[i+1]
		}
		judgeRepeat(j, before, after)
	}
	judgeBursts(j, attempts)
	if len(attempts) == 0 || j.scenario == nil {
		return
	}
	j.judge(repeatBounded)
	if most := j.scenario.most(); len(attempts) > most {
		j.find(repeatBounded, most+1, fmt.Sprintf("at most %s", countOf(most, "request")), countOf(len(attempts), "request"))
	}
}

// judgeRepeat judges what came after one answer; nil where nothing did.
func judgeRepeat(j *judgement, before, after *Arrived) {
	answer := before.Answer
	if answer.Delivery != Whole {
		repeated(j, repeatUnknownEffect, after, "no second request, since the first may have started a job",
			"a second request after "+answer.Delivery.inWords())
		return
	}
	if isSuccess(answer.Status) {
		repeated(j, repeatAfterSuccess, after, "no second request after a success", "a second request")
		return
	}
	code := codeOf(j.rules.Contract, answer)
	if id := repeatsAfterCode[code]; id != "" {
		byToken := id == repeatUnauthenticated || id == repeatPermissionDenied
		if after == nil || !byToken || tokenOf(before) == tokenOf(after) {
			with := ""
			if byToken {
				with = " with the same token"
			}
			repeated(j, id, after, "no second request"+with+" after "+code, "a second request"+with)
		}
		return
	}
	judgeWait(j, before, after)
}

func repeated(j *judgement, id string, after *Arrived, want, got string) {
	j.judge(id)
	if after == nil {
		return
	}
	if j.plain {
		got += ", if requests for one job are one call"
	}
	j.find(id, after.Number, want, got)
}

// judgeWait judges how long a client waited after it was told how long, by the
// server or by the scenario.
func judgeWait(j *judgement, before, after *Arrived) {
	answer := before.Answer
	wait, told := retryAfter(answer)
	id := repeatRetryAfter
	switch {
	case told:
	case answer.Status == http.StatusServiceUnavailable && j.scenario != nil && j.scenario.Wait > 0:
		id, wait = repeatBackoff, j.scenario.Wait
	default:
		return
	}
	j.judge(id)
	if after == nil {
		return
	}
	if waited := after.At.Sub(answer.At); waited < wait {
		j.find(id, after.Number, "a second request after "+wait.String()+" at the earliest, or none", "one after "+roundedDown(waited))
	}
}

// burst is so many repeats with less than this time in all their waits together.
type burst struct {
	repeats int
	waits   time.Duration
}

// bursts are what no client does that backs off. A single wait says nothing:
// with full jitter it may be next to none. A client that draws its waits from 0
// to 100, 200, 400 ms and so on, five of them, is taken for one in a burst in about
// one call of 700, and one that begins at a second in one of 100,000.
var bursts = []burst{{2, 5 * time.Millisecond}, {3, 30 * time.Millisecond}, {4, 60 * time.Millisecond}}

// judgeBursts judges the waits after UNAVAILABLE, several together.
func judgeBursts(j *judgement, attempts []*Arrived) {
	var waits []time.Duration
	for i, before := range attempts {
		_, told := retryAfter(before.Answer)
		if before.Answer.Delivery != Whole || before.Answer.Status != http.StatusServiceUnavailable || told || j.scenario != nil && j.scenario.Wait > 0 {
			waits = nil
			continue
		}
		j.judge(repeatBackoff)
		if i+1 == len(attempts) {
			return
		}
		waits = append(waits, max(0, attempts[i+1].At.Sub(before.Answer.At)))
		for _, limit := range bursts {
			if len(waits) < limit.repeats {
				continue
			}
			var sum time.Duration
			for _, wait := range waits[len(waits)-limit.repeats:] {
				sum += wait
			}
			if sum < limit.waits {
				j.find(repeatBackoff, attempts[i+1].Number, fmt.Sprintf("waits of %s or more before %d repeats together", limit.waits, limit.repeats),
					roundedDown(sum))
				break
			}
		}
	}
}

func roundedDown(waited time.Duration) string {
	if waited < time.Millisecond {
		return "less than 1ms"
	}
	return waited.Truncate(time.Millisecond).String()
}

// retryAfter reads Retry-After: seconds, or a date (RFC 9110, 10.2.3).
func retryAfter(answer Answer) (wait time.Duration, told bool) {
	text := answer.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		return at.Sub(answer.At), true
	}
	return 0, false
}

func isSuccess(status int) bool { return status >= 200 && status < 300 }

// errorObject is the error of an answer: https://google.aip.dev/193#http11json-representation
type errorObject struct {
	Code    int    `json:"code"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

// errorOf reads the error object of an answer; false where it has none.
func errorOf(answer Answer) (errorObject, bool) {
	var body struct {
		Error *errorObject `json:"error"`
	}
	if err := json.Unmarshal(answer.content(), &body); err != nil || body.Error == nil {
		return errorObject{}, false
	}
	return *body.Error, true
}

// codeOf is the google.rpc.Code of a refusal. An answer without an error object
// has that of its HTTP status, where only one code has it.
func codeOf(contract *spec.Contract, answer Answer) string {
	if object, found := errorOf(answer); found && object.Status != "" {
		return object.Status
	}
	code := ""
	for name, status := range contract.CodeStatus {
		if status == answer.Status && code != "" {
			return ""
		}
		if status == answer.Status {
			code = name
		}
	}
	return code
}

// newID is the id of the new job in an answer; empty for none.
func newID(contract *spec.Contract, answer Answer) string {
	var body map[string]json.RawMessage
	var id string
	if err := json.Unmarshal(answer.content(), &body); err != nil {
		return ""
	}
	if err := json.Unmarshal(body[contract.IDField], &id); err != nil {
		return ""
	}
	return id
}

// knownMembersOnly reports whether an answer has no member but the new id.
func knownMembersOnly(contract *spec.Contract, answer Answer) bool {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(answer.content(), &body); err != nil {
		return true
	}
	delete(body, contract.IDField)
	return len(body) == 0
}

func countOf(count int, thing string) string {
	if count == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", count, thing)
}
