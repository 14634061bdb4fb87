package cli

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/dpconform/dpconform/internal/result"
)

// orderlyKey leads to the mark that a command ends by itself, and in order, when
// its context does.
type orderlyKey struct{}

// newOrderly gives a context in which a command can say that it ends in order.
func newOrderly(ctx context.Context) context.Context {
	return context.WithValue(ctx, orderlyKey{}, &atomic.Bool{})
}

// endAtOnce waits for the end of the context and exits, unless the command said
// that it ends in order: one that waits for a file or for standard input, which
// may never come, sees no context.
func endAtOnce(ctx context.Context, exit func(int)) {
	<-ctx.Done()
	if orderly, found := ctx.Value(orderlyKey{}).(*atomic.Bool); !found || !orderly.Load() {
		exit(result.ExitInterrupted)
	}
}

// endInOrder says that from here on the command ends by itself.
func endInOrder(ctx context.Context) {
	if orderly, found := ctx.Value(orderlyKey{}).(*atomic.Bool); found {
		orderly.Store(true)
	}
}

// endSignals end a program in order: Ctrl-C, a request to end, and the end of the
// terminal, unless the program was started to survive that, as with nohup.
var endSignals = sync.OnceValue(func() []os.Signal {
	if signal.Ignored(syscall.SIGHUP) {
		return []os.Signal{os.Interrupt, syscall.SIGTERM}
	}
	return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}
})

// surviveHangUps lets the program end in order where a terminal is closed: the
// system and the shell each send the signal, and a second one must not end it at
// once.
func surviveHangUps() {
	if slices.Contains(endSignals(), os.Signal(syscall.SIGHUP)) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
}

// surviveBrokenPipes lets the program go on where nobody reads its output any
// more, as behind `| head`: the reports are written all the same, and the exit
// code says what was found. Programs that it starts get the signal as before.
func surviveBrokenPipes() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}

// listenKey leads to what listens for signals again.
type listenKey struct{}

// listenForSignals ends the context with the first signal that ends a program.
// After stop, signals are the system's affair.
func listenForSignals(parent context.Context) (ctx context.Context, stop func()) {
	signals := make(chan os.Signal, 1)
	listen := func() {
		if ctx.Err() == nil {
			signal.Notify(signals, endSignals()...)
		}
	}
	ctx, cancel := context.WithCancel(context.WithValue(parent, listenKey{}, listen))
	listen()
	go func() {
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
	}
}

// restoreSignals takes the signals back from Ginkgo, which goes on to listen
// after a run: a second signal is to end the program.
func restoreSignals(ctx context.Context) {
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	if listen, found := ctx.Value(listenKey{}).(func()); found {
		listen()
	}
}
