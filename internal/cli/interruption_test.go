package cli

import (
	"context"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/result"
)

// TestOnlyWhatEndsInOrderMayGoOn: a command that waits for its input ends with
// the first signal.
func TestOnlyWhatEndsInOrderMayGoOn(t *testing.T) {
	for name, orderly := range map[string]bool{"waiting for input": false, "in order": true} {
		t.Run(name, func(t *testing.T) {
			interrupted, interrupt := context.WithCancel(context.Background())
			ended, codes := make(chan struct{}), make(chan int, 1)
			ctx := endAtOnce(interrupted, func() { close(ended) }, func(code int) { codes <- code })
			if orderly {
				endInOrder(ctx)
			}
			interrupt()
			<-ended
			if orderly {
				select {
				case code := <-codes:
					t.Errorf("it ended with %d", code)
				case <-time.After(50 * time.Millisecond):
				}
				return
			}
			if code := <-codes; code != result.ExitInterrupted {
				t.Errorf("it ended with %d", code)
			}
		})
	}
}
