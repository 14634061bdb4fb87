package cli

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// surviveBrokenPipes lets the program go on where nobody reads its output any
// more, as behind `| head`: the reports are written all the same, and the exit
// code says what was found. Programs that it starts get the signal as before.
func surviveBrokenPipes() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}

// untilBroken writes until nobody reads any more, and drops the rest without a
// word. Any other error is kept, since those who print seldom look.
type untilBroken struct {
	out io.Writer

	mutex  sync.Mutex
	broken bool
	lost   error
}

// Write writes, or drops what nobody reads.
func (u *untilBroken) Write(text []byte) (int, error) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.broken {
		return len(text), nil
	}
	written, err := u.out.Write(text)
	if errors.Is(err, syscall.EPIPE) {
		u.broken = true
		return len(text), nil
	}
	if err != nil && u.lost == nil {
		u.lost = err
	}
	return written, err
}

// err is the first error by which something was not written.
func (u *untilBroken) err() error {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return u.lost
}
