package cli

import (
	"context"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
)

// TestOnlyWhatEndsInOrderMayGoOn: a command that waits for its input ends with
// the first signal.
func TestOnlyWhatEndsInOrderMayGoOn(t *testing.T) {
	t.Parallel()
	for name, orderly := range map[string]bool{"waiting for input": false, "in order": true} {
		interrupted, interrupt := context.WithCancel(t.Context())
		ctx := newOrderly(interrupted)
		if orderly {
			endInOrder(ctx)
		}
		interrupt()
		code := 0
		endAtOnce(ctx, func(with int) { code = with })
		if want := map[bool]int{false: result.ExitInterrupted, true: 0}[orderly]; code != want {
			t.Errorf("%s: it ended with %d, want %d", name, code, want)
		}
	}
}
