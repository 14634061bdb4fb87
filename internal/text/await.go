package text

import (
	"errors"
	"io"
	"sync"
	"time"
)

// ErrInterrupted is the error of reading or writing that was given up.
var ErrInterrupted = errors.New("interrupted")

// waiting is what an interruption ends, but not before its patience is over.
type waiting struct {
	once        sync.Once
	interrupted chan struct{}
	patience    time.Duration
}

func newWaiting(patience time.Duration) *waiting {
	return &waiting{interrupted: make(chan struct{}), patience: patience}
}

// program is the waiting of this program. A pipe that somebody reads takes a report
// in less than a second.
var program = newWaiting(time.Second)

// Interrupt says that this program is to end: from here on nothing waits for
// another program that does not write what is read here, or read what is written.
func Interrupt() { program.interrupt() }

func (w *waiting) interrupt() { w.once.Do(func() { close(w.interrupted) }) }

// await does what may wait for another program: reading or writing a pipe. What it
// gives up goes on until the program ends.
func await[T any](w *waiting, do func() (T, error)) (result T, err error) {
	type ended struct {
		result T
		err    error
	}
	done := make(chan ended, 1)
	go func() {
		result, err := do()
		done <- ended{result, err}
	}()
	select {
	case came := <-done:
		return came.result, came.err
	case <-w.interrupted:
	}
	timer := time.NewTimer(w.patience)
	defer timer.Stop()
	select {
	case came := <-done:
		return came.result, came.err
	case <-timer.C:
		return result, ErrInterrupted
	}
}

// Input is a standard input whose other end is waited for until Interrupt.
type Input struct{ io.Reader }

// Read reads.
func (i Input) Read(into []byte) (int, error) {
	return await(program, func() (int, error) { return i.Reader.Read(into) })
}

// Output is a standard output whose other end is waited for until Interrupt.
type Output struct{ io.Writer }

// Write writes.
func (o Output) Write(content []byte) (int, error) {
	return await(program, func() (int, error) { return o.Writer.Write(content) })
}
