package text

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// TestAnInterruptionEndsWaiting, whatever the other program does.
func TestAnInterruptionEndsWaiting(t *testing.T) {
	t.Parallel()
	reading, _ := io.Pipe()
	_, writing := io.Pipe()
	wait := newWaiting(0)
	if got, err := await(wait, func() (string, error) { return "came", io.EOF }); got != "came" || !errors.Is(err, io.EOF) {
		t.Errorf("%q, %v", got, err)
	}
	for name, blocked := range map[string]func() (int, error){
		"reading": func() (int, error) { return reading.Read(make([]byte, 1)) },
		"writing": func() (int, error) { return writing.Write([]byte("x")) },
	} {
		interrupted, began, ended := newWaiting(0), make(chan bool), make(chan error)
		go func() {
			_, err := await(interrupted, func() (int, error) {
				close(began)
				return blocked()
			})
			ended <- err
		}()
		<-began
		interrupted.interrupt()
		interrupted.interrupt()
		if err := <-ended; !errors.Is(err, ErrInterrupted) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What does not have to be waited for is done after an interruption, too.
	patient := newWaiting(time.Hour)
	patient.interrupt()
	if got, err := await(patient, func() (string, error) { return "came", nil }); got != "came" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestStandardStreamsMoveWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if written, err := io.Copy(Output{&out}, Input{strings.NewReader("some text")}); written != 9 || err != nil || out.String() != "some text" {
		t.Errorf("%d, %v: %q", written, err, out.String())
	}
}
