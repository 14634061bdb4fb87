package target

import (
	"net/http"
	"time"
)

// Watcher hears of exchanges while they go on, for those who show a run to a
// person. Its methods are called by many goroutines at the same time, and the
// exchange must not be kept: it is still being filled.
type Watcher interface {
	// Sending is told before each attempt.
	Sending(exchange *Exchange)
	// Waiting is told before a pause between two attempts, which the server asked
	// for (Retry-After) or not. The last of Exchange.Earlier is the attempt that
	// led to it.
	Waiting(exchange *Exchange, wait time.Duration, asked bool)
	// Done is told once for each exchange, when no further attempt follows.
	Done(exchange *Exchange)
}

// Watch lets somebody watch all exchanges from here on. It must be called before
// the first request.
func (t *Target) Watch(watcher Watcher) { t.watcher = watcher }

// nobody watches nothing.
type nobody struct{}

func (nobody) Sending(*Exchange)                      {}
func (nobody) Waiting(*Exchange, time.Duration, bool) {}
func (nobody) Done(*Exchange)                         {}

// tellWait tells of a pause and whether the server asked for it.
func (t *Target) tellWait(exchange *Exchange, wait time.Duration) {
	// A date is read a moment later than it was before.
	const moment = 100 * time.Millisecond
	var header http.Header
	if made := len(exchange.Earlier); made > 0 {
		header = exchange.Earlier[made-1].Header
	}
	asked := retryAfter(header, time.Now())
	t.watcher.Waiting(exchange, wait, asked > 0 && asked+moment >= wait)
}
