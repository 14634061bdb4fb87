package target

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// DefaultMaxPause is the longest that a server may ask for between two attempts.
const DefaultMaxPause = time.Minute

// After so many requests without an answer no more are sent: the rest of the
// run would only wait.
const (
	slowBudget        = 5
	unreachableBudget = 3
)

// persistentBudget is the number of requests in trouble to their last attempt
// after which every request has one attempt: more would only wait.
const persistentBudget = 3

// trouble is why a request may deserve another attempt.
type trouble struct {
	// attempts is how many there are in all.
	attempts int
	// harmless says that the request certainly had no effect.
	harmless bool
}

// The troubles. That a request is sent again at all, and which, is AIP-194:
// https://google.aip.dev/194#guidance
var (
	noTrouble = trouble{attempts: 1, harmless: true}
	// RFC 6585, 4: the user has sent too many requests. It was not let in.
	throttled = trouble{attempts: 5, harmless: true}
	// RFC 9110, 15.6.4, and UNAVAILABLE of AIP-194: generally transient. It does
	// not prove that nothing was done.
	unavailable = trouble{attempts: 5}
	broken      = trouble{attempts: 5}
	slow        = trouble{attempts: 3}
	// No connection came about, so nothing was sent.
	unreached = trouble{attempts: 3, harmless: true}
)

func troubleOf(exchange *Exchange) trouble {
	if exchange.Fault == nil {
		switch exchange.Status {
		case http.StatusTooManyRequests:
			return throttled
		case http.StatusServiceUnavailable:
			return unavailable
		}
		return noTrouble
	}
	switch exchange.Fault.Kind {
	case HangUp, Reset:
		return broken
	case Slow:
		return slow
	case Unreachable:
		return unreached
	}
	return noTrouble
}

// Unsettled reports whether nobody knows if the request did what it was sent
// for: no answer came, or one that leaves it open.
func (e *Exchange) Unsettled() bool {
	if e.Fault != nil && e.Fault.Kind == Lost {
		return true
	}
	found := troubleOf(e)
	return found != noTrouble && !found.harmless
}

// again says whether a request is to be sent again, and after how long.
func (t *Target) again(exchange *Exchange) (time.Duration, bool) {
	found := troubleOf(exchange)
	if found.attempts == 1 || exchange.Request.Once && !found.harmless {
		return 0, false
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	made := len(exchange.Earlier) + 1
	if found == slow {
		t.slowAttempts++
	}
	if t.persistent >= persistentBudget || made >= found.attempts || found == slow && !t.rarelySlow() {
		if made > 1 {
			t.persistent++
		}
		return 0, false
	}
	asked := retryAfter(exchange.Header, time.Now())
	if asked > t.config.MaxPause {
		return 0, false
	}
	return max(asked, t.backoff(made)), true
}

// rarelySlow reports whether it is worth the wait to ask a slow server again.
// One that is slow all the time is found out by its first request.
func (t *Target) rarelySlow() bool { return t.slowAttempts <= 2+t.sent/10 }

// backoff grows with each attempt and is never the same, so that many callers
// do not come back together. A server on this machine recovers sooner.
func (t *Target) backoff(made int) time.Duration {
	first := time.Second
	if t.config.Loopback {
		first = 50 * time.Millisecond
	}
	grown := first << (made - 1)
	return grown/2 + rand.N(grown/2)
}

// retryAfter reads how long a server wants to be left alone: seconds or a date
// (RFC 9110, 10.2.3); 0 where it does not say.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

// pause waits, or ends with the context.
func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pacer lets so many requests through in a second.
func pacer(perSecond float64) *rate.Limiter {
	if perSecond <= 0 {
		return rate.NewLimiter(rate.Inf, 1)
	}
	return rate.NewLimiter(rate.Limit(perSecond), 1)
}

// admit waits until one more request may be sent, or says why it may not.
func (t *Target) admit(ctx context.Context) *Fault {
	if ctx.Err() != nil {
		return interrupted()
	}
	if fault := t.withheld(); fault != nil {
		return fault
	}
	if t.pace.Wait(ctx) != nil {
		return interrupted()
	}
	return nil
}

// withheld counts one more request, or says why it is not sent.
func (t *Target) withheld() *Fault {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	switch {
	case t.slow >= slowBudget:
		return &Fault{Kind: Withheld, Flag: "--timeout",
			Detail: fmt.Sprintf("not sent: %d earlier requests had no whole answer within %s", t.slow, t.config.Limit)}
	case t.unreachable >= unreachableBudget:
		return &Fault{Kind: Unreachable, Detail: "not sent: the target can no longer be reached"}
	case t.config.MaxRequests > 0 && t.sent >= t.config.MaxRequests:
		return &Fault{Kind: Withheld, Flag: "--max-requests",
			Detail: fmt.Sprintf("not sent: the budget of %d requests is used up", t.config.MaxRequests)}
	}
	t.sent++
	return nil
}

// settle says what an exchange means after its last attempt, and counts what it
// means for the rest of the run.
func (t *Target) settle(exchange *Exchange) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.blame(exchange)
	unknown := exchange.Request.Starts && exchange.Fault != nil && exchange.Fault.ServerOwn() || exchange.Request.Once && exchange.Unsettled()
	// A retry without an answer may have been started all the same.
	if (exchange.Started() || unknown) && exchange.Request.Job != "" {
		t.jobs.started[exchange.Request.Job] = true
	}
	if exchange.Fault == nil {
		return
	}
	switch exchange.Fault.Kind {
	case Slow:
		t.slow++
	case Unreachable, Intercepted:
		t.unreachable++
	}
}

// blame tells the network's faults from the server's. On this machine there is
// no network in between, and nobody else who counts requests.
func (t *Target) blame(exchange *Exchange) {
	if t.config.Loopback {
		if died := exchange.lastBroken(); died != nil && exchange.Fault != nil && exchange.Fault.Kind == Unreachable {
			exchange.Fault = &Fault{Kind: died.Kind, Detail: died.Detail + ", and then nobody could be reached"}
		}
		return
	}
	attempts := ""
	if made := len(exchange.Earlier) + 1; made > 1 {
		attempts = fmt.Sprintf(", in each of %d attempts", made)
	}
	switch {
	case exchange.Fault != nil && (exchange.Fault.Kind == Reset || exchange.Fault.Kind == HangUp):
		exchange.Fault = &Fault{Kind: Lost, Detail: exchange.Fault.Detail + attempts}
	case exchange.Fault == nil && exchange.Status == http.StatusTooManyRequests:
		exchange.Fault = &Fault{Kind: Throttled, Flag: "--rate", Detail: "the target takes no more requests for now: 429" + attempts}
	case exchange.Fault == nil && t.intercepted(exchange):
		exchange.Fault = &Fault{Kind: Intercepted, Detail: fmt.Sprintf("not the target answered but somebody on the way, such as a captive portal: %d %s",
			exchange.Status, mediaTypeOf(exchange.Header))}
	}
}

// intercepted reports whether an answer is that of a captive portal. A status
// of 511 is nobody else's (RFC 6585, 6). Over TLS the server has shown who it
// is; without, a page or a way to another host instead of an API's answer is
// not its own.
func (t *Target) intercepted(exchange *Exchange) bool {
	if exchange.Status == http.StatusNetworkAuthenticationRequired {
		return true
	}
	if t.endpoint.Scheme != "http" {
		return false
	}
	if exchange.Status == http.StatusOK {
		return mediaTypeOf(exchange.Header) == "text/html"
	}
	to, err := url.Parse(exchange.Header.Get("Location"))
	return err == nil && exchange.Status/100 == 3 && to.Hostname() != "" && !strings.EqualFold(to.Hostname(), t.endpoint.Hostname())
}

func mediaTypeOf(header http.Header) string {
	kind, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

// setAside keeps what came of an attempt and makes room for the next.
func (e *Exchange) setAside() {
	earlier := *e
	earlier.Earlier = nil
	e.Earlier = append(e.Earlier, &earlier)
	e.Status, e.Header, e.Body, e.Fault, e.Took = 0, nil, nil, nil, 0
}

// lastBroken is the last earlier attempt on which the connection broke.
func (e *Exchange) lastBroken() *Fault {
	for _, earlier := range slices.Backward(e.Earlier) {
		if earlier.Fault != nil && (earlier.Fault.Kind == HangUp || earlier.Fault.Kind == Reset) {
			return earlier.Fault
		}
	}
	return nil
}
