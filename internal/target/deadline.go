package target

import (
	"context"
	"fmt"
	"time"
)

// DefaultMaxDuration is how long a run may take: a few minutes are enough for
// any description at the default rate.
const DefaultMaxDuration = 10 * time.Minute

// Deadline ends a run that would take too long. A nil one never does.
type Deadline struct {
	after time.Duration
	at    time.Time
	end   context.CancelCauseFunc
}

// OvertimeError is the cause with which a context ends at a deadline.
type OvertimeError struct{ After time.Duration }

// Error says in one line which limit was reached.
func (e *OvertimeError) Error() string {
	return fmt.Sprintf("the run was ended by --max-duration %s", e.After)
}

// NewDeadline gives a context that ends after a time, and the deadline for those
// who wait until then. Stop releases what it holds.
func NewDeadline(parent context.Context, after time.Duration) (ctx context.Context, deadline *Deadline, stop func()) {
	ctx, end := context.WithCancelCause(parent)
	deadline = &Deadline{after: after, at: time.Now().Add(after), end: end}
	timer := time.AfterFunc(after, deadline.over)
	return ctx, deadline, func() {
		timer.Stop()
		end(nil)
	}
}

func (d *Deadline) over() { d.end(&OvertimeError{d.after}) }

// allows reports whether there is time left for a wait. One that is too long for
// what is left ends the run at once.
func (d *Deadline) allows(wait time.Duration) bool {
	if d == nil || wait <= time.Until(d.at) {
		return true
	}
	d.over()
	return false
}

// waits counts the time that a run waits instead of sending. What several
// requests wait at the same time counts once.
type waits struct {
	waiting int
	since   time.Time
	total   time.Duration
}

// Waited is how long the target was left alone: by Retry-After, between two
// attempts, and for the rate.
func (t *Target) Waited() time.Duration {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.waits.total
}

// wait pauses, and counts the time. It returns a fault where the context ends
// first, or the run has no time left for it.
func (t *Target) wait(ctx context.Context, wait time.Duration, pause func(context.Context, time.Duration) error) *Fault {
	if !t.config.Deadline.allows(wait) {
		return overtime(&OvertimeError{t.config.Deadline.after})
	}
	t.mutex.Lock()
	if t.waits.waiting++; t.waits.waiting == 1 {
		t.waits.since = time.Now()
	}
	t.mutex.Unlock()
	defer func() {
		t.mutex.Lock()
		defer t.mutex.Unlock()
		if t.waits.waiting--; t.waits.waiting == 0 {
			t.waits.total += time.Since(t.waits.since)
		}
	}()
	if pause(ctx, wait) != nil {
		return interrupted(ctx)
	}
	return nil
}
