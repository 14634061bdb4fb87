package cli

import (
	"fmt"
	"time"

	"github.com/dpconform/dpconform/internal/target"
)

// exchangeWatcher shows what a target does: the check in hand, the pauses, and
// with --verbose each exchange.
type exchangeWatcher struct {
	progress *progress
	target   *target.Target
}

// watch shows the exchanges with a target.
func (p *progress) watch(watched *target.Target) {
	watched.Watch(&exchangeWatcher{progress: p, target: watched})
}

// Sending says which check is in hand.
func (w *exchangeWatcher) Sending(exchange *target.Exchange) {
	w.progress.change(func(tally *tally) {
		tally.inHand = exchange.Check
		delete(tally.waits, exchange.Number)
	})
}

// Waiting says how long a pause is, and why it is made.
func (w *exchangeWatcher) Waiting(exchange *target.Exchange, pause time.Duration, asked bool) {
	why := "then it is sent again, after " + outcomeOf(exchange.Earlier[len(exchange.Earlier)-1])
	if asked {
		why = "the server said Retry-After"
	}
	w.progress.change(func(tally *tally) {
		tally.waits[exchange.Number] = wait{until: w.progress.now().Add(pause), why: why}
	})
}

// Done prints the exchange where everything is wanted.
func (w *exchangeWatcher) Done(exchange *target.Exchange) {
	w.progress.change(func(tally *tally) { delete(tally.waits, exchange.Number) })
	if w.progress.terminal.verbose {
		w.progress.above(w.progress.terminal.redacted(exchangeLine(w.target, exchange)), true)
	}
}

// outcomeOf is the status of an attempt, or what kind of fault came instead.
func outcomeOf(exchange *target.Exchange) string {
	if exchange.Fault != nil {
		return string(exchange.Fault.Kind)
	}
	return fmt.Sprint(exchange.Status)
}
