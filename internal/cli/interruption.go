package cli

import (
	"context"
	"sync/atomic"

	"github.com/dpconform/dpconform/internal/result"
)

// orderlyKey leads to the mark that a command ends by itself, and in order, when
// its context does.
type orderlyKey struct{}

// endAtOnce ends the program with the context, unless a command says that it
// does so in order: one that waits for a file or for standard input, which may
// never come, sees no context.
func endAtOnce(ctx context.Context, ended func(), exit func(int)) context.Context {
	orderly := &atomic.Bool{}
	go func() {
		<-ctx.Done()
		ended()
		if !orderly.Load() {
			exit(result.ExitInterrupted)
		}
	}()
	return context.WithValue(ctx, orderlyKey{}, orderly)
}

// endInOrder says that from here on the command ends by itself.
func endInOrder(ctx context.Context) {
	if orderly, found := ctx.Value(orderlyKey{}).(*atomic.Bool); found {
		orderly.Store(true)
	}
}
