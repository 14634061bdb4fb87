package cli

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/charmbracelet/colorprofile"

	"github.com/dpconform/dpconform/internal/config"
)

func TestWhereColoursBelong(t *testing.T) {
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
func TestAFullDiskUnderStandardOutputIsToldOnce(t *testing.T) {
	var complaints bytes.Buffer
	full := &untilBroken{out: failing{errors.New("no space left on device")}}
	terminal := &terminal{out: full, raw: full, err: &complaints, lost: full.err, columns: func() int { return 0 }, showing: &showing{}}
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

func TestQuietAndVerboseDoNotGoTogether(t *testing.T) {
	got := call(t, "run", "--quiet", "--verbose")
	if got.exit != 2 || got.complaints != "dpconform: --quiet: it does not go with --verbose; leave one of the two out\n" || got.output != "" {
		t.Errorf("exit %d: %s%s", got.exit, got.complaints, got.output)
	}
	got = call(t, "list", "--color", "blue")
	if got.exit != 2 || !strings.Contains(got.complaints, "--color: invalid value \"blue\": want auto, always or never") {
		t.Errorf("exit %d: %s", got.exit, got.complaints)
	}
	file := writeFile(t, "dpconform.yaml", "color: never\nquiet: true\nverbose: true\n")
	got = call(t, "run", "--config", file)
	if got.exit != 2 || !strings.Contains(got.complaints, "dpconform.yaml:2:8: quiet: it does not go with "+file+":3:10: verbose") {
		t.Errorf("exit %d: %s", got.exit, got.complaints)
	}
}
