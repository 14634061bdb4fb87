package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/charmbracelet/colorprofile"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/result"
)

func TestWhereColoursBelong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		environment string
		color       config.Color
		want        colorprofile.Profile
	}{
		// TTY_FORCE lets colorprofile believe that the output is a terminal.
		{"TERM=xterm-256color", "auto", colorprofile.NoTTY},
		{"TERM=xterm-256color TTY_FORCE=1", "auto", colorprofile.ANSI256},
		{"TERM=xterm-256color TTY_FORCE=1 NO_COLOR=yes", "auto", colorprofile.ASCII},
		{"TERM=xterm-256color TTY_FORCE=1 NO_COLOR=", "auto", colorprofile.ANSI256},
		{"TERM=xterm-256color TTY_FORCE=1 NO_COLOR=1 CLICOLOR_FORCE=1", "auto", colorprofile.ASCII},
		{"TERM=xterm-256color TTY_FORCE=1 CI=true", "auto", colorprofile.NoTTY},
		{"TERM=xterm-256color TTY_FORCE=1 CI=false", "auto", colorprofile.ANSI256},
		{"TERM=dumb TTY_FORCE=1", "auto", colorprofile.NoTTY},
		{"TERM=xterm-256color CLICOLOR_FORCE=1", "auto", colorprofile.ANSI256},
		{"TERM=xterm-256color FORCE_COLOR=1 CI=true", "auto", colorprofile.ANSI256},
		{"TERM=xterm-256color FORCE_COLOR=0", "auto", colorprofile.NoTTY},
		{"TERM=xterm-256color NO_COLOR=1", "always", colorprofile.ANSI256},
		{"", "always", colorprofile.ANSI},
		{"TERM=xterm-256color TTY_FORCE=1", "never", colorprofile.NoTTY},
		{"TERM=xterm-256color CLICOLOR_FORCE=1", "never", colorprofile.NoTTY},
	} {
		if got := profileOf(io.Discard, &test.color, strings.Fields(test.environment)); got != test.want {
			t.Errorf("%s, --color %s: %v, not %v", test.environment, test.color, got, test.want)
		}
	}
}

// closedPipe is an output that nobody reads.
type closedPipe struct{ writes int }

func (c *closedPipe) Write([]byte) (int, error) {
	c.writes++
	return 0, &brokenError{}
}

type brokenError struct{}

func (*brokenError) Error() string { return "write |1: broken pipe" }
func (*brokenError) Unwrap() error { return syscall.EPIPE }

func TestWhatNobodyReadsIsDropped(t *testing.T) {
	t.Parallel()
	pipe := &closedPipe{}
	out := &untilBroken{out: pipe}
	for range 3 {
		if written, err := io.WriteString(out, "text"); written != 4 || err != nil {
			t.Errorf("%d, %v", written, err)
		}
	}
	if pipe.writes != 1 {
		t.Errorf("%d writes into a broken pipe", pipe.writes)
	}
	full := errors.New("no space left")
	if _, err := (&untilBroken{out: failing{full}}).Write([]byte("text")); !errors.Is(err, full) {
		t.Errorf("a full disk is %v", err)
	}
}

// A result that nobody can read is no success.
func TestAFullDiskUnderStandardOutputIsReportedOnce(t *testing.T) {
	t.Parallel()
	var complaints bytes.Buffer
	full := &untilBroken{out: failing{errors.New("no space left on device")}}
	terminal := quiet()
	terminal.out, terminal.raw, terminal.err, terminal.lost = full, full, &complaints, full.err
	if code := execute(t.Context(), terminal, []string{"version"}); code != 2 {
		t.Errorf("exit %d", code)
	}
	if got := complaints.String(); got != "dpconform: standard output was not written: no space left on device\n" {
		t.Error(got)
	}
}

// failing is an output that cannot be written.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestOnlyWhatEndsInOrderMayGoOn: a command that waits for its input ends with
// the first signal.
func TestOnlyWhatEndsInOrderMayGoOn(t *testing.T) {
	t.Parallel()
	for orderly, want := range map[bool]int{false: result.ExitInterrupted, true: 0} {
		interrupted, interrupt := context.WithCancel(t.Context())
		ctx := newOrderly(interrupted)
		if orderly {
			endInOrder(ctx)
		}
		interrupt()
		code := 0
		endAtOnce(ctx, func(with int) { code = with })
		if code != want {
			t.Errorf("in order %v: it ended with %d, want %d", orderly, code, want)
		}
	}
}

// TestTheWidthIsTheScreens or, where there is none, that of COLUMNS, or of standard
// error.
func TestTheWidthIsTheScreens(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		screen  int
		columns string
		errors  int
		want    int
	}{{0, "", 0, widthWithoutTerminal}, {0, "80", 0, 80}, {0, "1000", 0, widestText}, {0, "wide", 0, widthWithoutTerminal},
		{0, "-1", 0, widthWithoutTerminal}, {60, "80", 0, 60}, {0, "", 70, 70}, {0, "90", 70, 90}} {
		on := quiet()
		on.errColumns = func() int { return test.errors }
		on.columns, on.environment = func() int { return test.screen }, func(string) string { return test.columns }
		if got := on.width(); got != test.want {
			t.Errorf("%+v: %d", test, got)
		}
	}
}
