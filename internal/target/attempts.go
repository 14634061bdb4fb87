package target

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// budget counts what the requests of a run met with. Once a count is used up,
// the rest of the run would only wait.
type budget struct {
	// sent counts the attempts, and slowAttempts the slow ones among them.
	sent, slowAttempts int
	// slow and unreachable count the requests that ended so, persistent those
	// that were in trouble to their last attempt, and refused those in a row that
	// the caller's own setup or somebody on the way kept from the method.
	slow, unreachable, persistent, refused int
	// own counts the requests that alone got no response of the server's, again and
	// again.
	own int
	// whole says that some request had a whole response, and via that the last of
	// them had passed a proxy that says so.
	whole, via bool
	// ended is why no more is sent, or nil.
	ended *Fault
}

// After so many slow or unreachable requests no more are sent; after so many in
// persistent trouble every request has one attempt.
const (
	slowBudget        = 5
	unreachableBudget = 3
	persistentBudget  = 3
	// comparedAfter is the number of attempts after which a request is compared
	// with one that had a response; where that has one again, the remaining attempts
	// are made at once: fewer would blame a server for a network that loses many.
	comparedAfter = 2
)

// trouble is why a request may deserve another attempt.
type trouble struct {
	// attempts is how many there are in all.
	attempts int
	// noEffect says that the request certainly had none.
	noEffect bool
}

// The troubles. That a request is sent again at all, and which, is AIP-194:
// https://google.aip.dev/194#guidance
var (
	noTrouble = trouble{attempts: 1, noEffect: true}
	// RFC 6585, 4: the user has sent too many requests. It was not let in.
	throttled = trouble{attempts: 5, noEffect: true}
	// RFC 9110, 15.6.3 to 15.6.5, and UNAVAILABLE of AIP-194: generally
	// transient. It does not prove that nothing was done.
	unavailable = trouble{attempts: 5}
	broken      = trouble{attempts: 5}
	slow        = trouble{attempts: 3}
	// No connection came about, so nothing was sent.
	unreached = trouble{attempts: 3, noEffect: true}
)

func (e *Exchange) trouble() trouble {
	switch {
	case e.brokenOff():
		return broken
	case e.Fault == nil && e.Status == http.StatusTooManyRequests:
		return throttled
	case e.Fault == nil && (e.Status == http.StatusServiceUnavailable || e.transient()):
		return unavailable
	case e.Fault != nil && e.Fault.Kind == Slow:
		return slow
	case e.Fault != nil && e.Fault.Kind == Unreachable:
		return unreached
	}
	return noTrouble
}

// brokenOff reports whether the connection broke before a response.
func (e *Exchange) brokenOff() bool {
	return e.Fault != nil && (e.Fault.Kind == HangUp || e.Fault.Kind == Reset)
}

// Unsettled reports whether nobody knows if the request did what it was sent
// for: no response came, or one that leaves it open.
func (e *Exchange) Unsettled() bool {
	return e.Fault != nil && (e.Fault.Kind == Lost || e.Fault.Kind == Unavailable) || !e.trouble().noEffect
}

// setAside keeps what came of an attempt, before the next.
func (e *Exchange) setAside() {
	earlier := *e
	earlier.Earlier = nil
	*e = Exchange{Number: e.Number, Check: e.Check, Request: e.Request, Began: e.Began, URL: e.URL, Added: e.Added, Earlier: append(e.Earlier, &earlier),
		remote: e.remote, control: e.control, othersWork: e.othersWork}
}

// keeps reports whether the transport has what came of an exchange from before,
// so that nothing is sent: it is not paced, and no wait goes before it.
func (t *Target) keeps(number int) bool {
	keeper, able := t.config.Transport.(interface{ Keeps(number int) bool })
	return able && keeper.Keeps(number)
}

// admit waits until one more request may be sent, or says why it may not.
func (t *Target) admit(ctx context.Context, number int) *Fault {
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	kept := t.keeps(number)
	if fault := t.withheld(kept); fault != nil || kept {
		return fault
	}
	turn := t.pace.Reserve()
	if delay := turn.Delay(); delay > 0 {
		if fault := t.wait(ctx, delay, pause); fault != nil {
			turn.Cancel()
			return fault
		}
	}
	return nil
}

// withheld counts one more request, or says why it is not sent. One of which is
// kept what came of it does not count.
func (t *Target) withheld(kept bool) *Fault {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	switch {
	case t.budget.slow >= slowBudget:
		return &Fault{Kind: Withheld, Flag: "--timeout",
			Detail: fmt.Sprintf("not sent: %d earlier requests had no complete response within %s", t.budget.slow, t.config.Limit)}
	case t.budget.ended != nil:
		return t.budget.ended
	case kept:
		return nil
	case t.config.MaxRequests > 0 && t.budget.sent >= t.config.MaxRequests:
		return &Fault{Kind: Withheld, Flag: "--max-requests",
			Detail: fmt.Sprintf("not sent: the limit of %d requests is reached", t.config.MaxRequests)}
	}
	t.budget.sent++
	return nil
}

// again says whether a request is to be sent again, after how long, and whether
// the server asked for the pause.
func (t *Target) again(ctx context.Context, exchange *Exchange) (wait time.Duration, asked, again bool) {
	found := exchange.trouble()
	alone := exchange.remote && (found == unavailable || found == broken)
	if alone {
		if exchange.control {
			return 0, false, false
		}
		if len(exchange.Earlier)+1 == comparedAfter && !exchange.Request.Once {
			exchange.othersWork = t.othersWork(ctx, exchange.Check)
		}
	}
	kept := exchange.Request.Connection == KeptConnection && exchange.Reused && exchange.Fault != nil
	if found.attempts == 1 || exchange.Request.Once && !found.noEffect || kept {
		return 0, false, false
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	made := len(exchange.Earlier) + 1
	if found == slow {
		t.budget.slowAttempts++
	}
	// One that is slow all the time is found out by its first request.
	tooSlow := found == slow && t.budget.slowAttempts > 2+t.budget.sent/10
	// What fails alone would fail after a longer pause too. After some such
	// requests, another is not waited for either.
	if exchange.othersWork {
		if made >= found.attempts {
			t.budget.own++
		}
		return 0, false, made < found.attempts
	}
	if t.budget.persistent >= persistentBudget || made >= found.attempts || tooSlow {
		if made > 1 {
			t.budget.persistent++
		}
		return 0, false, false
	}
	if made < comparedAfter && t.budget.own >= persistentBudget && alone {
		return 0, false, true
	}
	after := retryAfter(exchange.Header, time.Now())
	if after > t.config.MaxPause {
		return 0, false, false
	}
	wait = max(after, t.backoff(made))
	return wait, after > 0 && wait == after, true
}

// backoff is exponential with jitter, so that many callers do not come back
// together. A server on this machine recovers sooner.
func (t *Target) backoff(made int) time.Duration {
	first := time.Second
	if t.config.Loopback {
		first = 50 * time.Millisecond
	}
	longest := first << (made - 1)
	return longest/2 + rand.N(longest/2)
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

// Wait waits before the next request, as between two attempts. Recorded responses
// have come already.
func (t *Target) Wait(ctx context.Context, wait time.Duration) error {
	t.mutex.Lock()
	next := len(t.journal) + 1
	t.mutex.Unlock()
	if t.config.InOrder || t.keeps(next) {
		return ctx.Err()
	}
	if fault := t.wait(ctx, wait, t.config.Pause); fault != nil {
		return fault
	}
	return nil
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
