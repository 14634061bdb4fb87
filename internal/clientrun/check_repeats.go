package clientrun

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/dpconform/dpconform/internal/text"
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

// unknownEffect are the statuses after which nobody knows whether the call had its
// effect: those of INTERNAL, UNKNOWN, DATA_LOSS and DEADLINE_EXCEEDED, which AIP-194
// does not let be retried, and that of a proxy whose server did not respond.
var unknownEffect = []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout}

// checkRepeats checks what the client did after each response. Every request of a
// call but the first is a repeat: whoever makes a scenario's call makes it once.
func (e *evaluation) checkRepeats(attempts []*request) {
	// What follows a refusal for a mistake in the request is no repeat that a scenario is about.
	if i := slices.IndexFunc(attempts, func(one *request) bool { return one.refused }); i >= 0 {
		attempts = attempts[:i+1]
	}
	for i, before := range attempts {
		var after *request
		if i+1 < len(attempts) {
			after = attempts[i+1]
		}
		if !before.refused {
			e.checkRepeat(before, after)
		}
	}
	e.checkBursts(attempts)
	if len(attempts) == 0 || e.scenario == nil {
		return
	}
	e.test(repeatBounded)
	if most := e.scenario.Most(); len(attempts) > most {
		e.find(repeatBounded, attempts[most], fmt.Sprintf("at most %s", text.Counted(most, "request")), text.Counted(len(attempts), "request"))
	}
}

// checkRepeat checks what came after one response; nil where nothing did.
func (e *evaluation) checkRepeat(before, after *request) {
	response := before.response
	if response.delivery != whole {
		e.repeated(repeatUnknownEffect, before, after, "no second request, since the first may have taken effect",
			"a second request after "+before.reason())
		return
	}
	if response.success() {
		e.repeated(repeatAfterSuccess, before, after, "no second request after a success", "a second request")
		return
	}
	if slices.Contains(unknownEffect, response.status) {
		e.repeated(repeatUnknownEffect, before, after, fmt.Sprintf("no second request after %d, since the first may have taken effect", response.status), "a second request")
		return
	}
	code := response.code(e.rules.Method)
	if id := repeatsAfterCode[code]; id != "" {
		with := ""
		if id == repeatUnauthenticated || id == repeatPermissionDenied {
			with = " with the same token"
			if after != nil && before.token() != after.token() {
				after = nil // A request with another token is no repeat.
			}
		}
		e.repeated(id, before, after, "no second request"+with+" after "+code, "a second request"+with)
		return
	}
	e.checkWait(before, after)
}

// repeated finds a request that must not have been sent. The evidence is the one
// before, whose response forbids it.
func (e *evaluation) repeated(id string, before, after *request, want, got string) {
	e.test(id)
	if after == nil {
		return
	}
	if e.plain {
		got += ", if requests for one job are one call"
	}
	e.find(id, before, want, got)
}

// checkWait checks how long a client waited where the server or the scenario said
// how long.
func (e *evaluation) checkWait(before, after *request) {
	response := before.response
	wait, given := response.retryAfter()
	id := repeatRetryAfter
	switch {
	case given:
	case response.status == http.StatusServiceUnavailable && e.scenario != nil && e.scenario.Wait > 0:
		id, wait = repeatBackoff, e.scenario.Wait
	default:
		return
	}
	e.test(id)
	if after == nil {
		return
	}
	if waited := after.at.Sub(response.at); waited < wait {
		e.find(id, before, "no second request within "+roundedUp(wait), "a second request after "+roundedDown(waited))
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

// checkBursts checks the waits after UNAVAILABLE, several together.
func (e *evaluation) checkBursts(attempts []*request) {
	var waits []time.Duration
	for i, before := range attempts {
		_, given := before.response.retryAfter()
		if before.response.delivery != whole || before.response.status != http.StatusServiceUnavailable || given || e.scenario != nil && e.scenario.Wait > 0 {
			waits = nil
			continue
		}
		e.test(repeatBackoff)
		if i+1 == len(attempts) {
			return
		}
		waits = append(waits, max(0, attempts[i+1].at.Sub(before.response.at)))
		for _, limit := range bursts {
			if len(waits) < limit.repeats {
				continue
			}
			var sum time.Duration
			for _, wait := range waits[len(waits)-limit.repeats:] {
				sum += wait
			}
			if sum < limit.waits {
				e.find(repeatBackoff, before, fmt.Sprintf("at least %s of waiting before the %d retries, in total", roundedUp(limit.waits), limit.repeats),
					roundedDown(sum)+" of waiting")
				break
			}
		}
	}
}

// roundedUp shows what is left until a date without its nanoseconds.
func roundedUp(wait time.Duration) string {
	const unit = 100 * time.Millisecond
	if wait < unit {
		return spaced(wait)
	}
	return spaced((wait + unit - 1).Truncate(unit))
}

func roundedDown(waited time.Duration) string {
	if waited < time.Millisecond {
		return "less than 1 ms"
	}
	return spaced(waited.Truncate(time.Millisecond))
}

// spaced is a time of less than a minute with a space before its unit.
func spaced(wait time.Duration) string {
	if wait < time.Second {
		return fmt.Sprintf("%d ms", wait.Milliseconds())
	}
	return fmt.Sprintf("%g s", wait.Seconds())
}
