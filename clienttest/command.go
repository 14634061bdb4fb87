package clienttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// keptComplaints is how much of a command's standard error is kept, in bytes:
// its end. Of standard output the outcomes alone are kept.
const keptComplaints = 64 << 10

// Command is a client program to run.
type Command struct {
	Words []string
	// Environment is added to that of this process.
	Environment []string
	// Limit is how long it may take.
	Limit time.Duration
	// Show gets what the command prints, as it comes; nil for nobody.
	Show io.Writer
	// IDField is the member of an outcome that names the new job.
	IDField string
}

// CommandResult is how a command ended.
type CommandResult struct {
	Words []string
	Exit  int
	// Signal is that which ended the command; empty for none.
	Signal   string
	TimedOut bool
	Limit    time.Duration
	Took     time.Duration
	// Told is what stood on standard output of outcomes, the last of each job.
	Told []Outcome
	// LinesPassedOver counts the lines of standard output that were longer than
	// 1 MiB, in which no outcome was looked for.
	LinesPassedOver int
	// told is Told, with what is wrong with it.
	told telling
	// Complaints is the end of standard error, and ComplaintsCut the number of
	// bytes before it that were not kept.
	Complaints    string
	ComplaintsCut int64
}

// StartError says that a command could not be started.
type StartError struct {
	Command string
	Reason  error
}

// Error is one line.
func (e *StartError) Error() string {
	reason := e.Reason
	var path *exec.Error
	if errors.As(reason, &path) {
		reason = path.Err
	}
	var system *os.PathError
	if errors.As(reason, &system) {
		reason = system.Err
	}
	return fmt.Sprintf("%s cannot be started: %s", e.Command, reason)
}

// Run runs the command, and ends it when its time is over, with all that it
// started: its process group, and on Linux also what left the group and has kept
// its environment. It returns a *StartError where there is nothing to run.
func (c Command) Run(ctx context.Context) (*CommandResult, error) {
	limited, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	mark := newMark()
	process := exec.CommandContext(limited, c.Words[0], c.Words[1:]...)
	process.Env = append(append(os.Environ(), c.Environment...), mark.variable())
	outcomes, complaints := &outcomeLines{idField: c.IDField}, &lastBytes{}
	process.Stdout, process.Stderr = outcomes, complaints
	if c.Show != nil {
		shown := &oneAtATime{out: c.Show}
		process.Stdout, process.Stderr = io.MultiWriter(outcomes, shown), io.MultiWriter(complaints, shown)
	}
	endAll(process, mark)
	// What the command started may hold its output open for longer than it lives.
	process.WaitDelay = 2 * time.Second
	began := time.Now()
	if err := process.Start(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &StartError{c.Words[0], err}
	}
	_ = process.Wait()
	killGroup(process)
	if limited.Err() != nil {
		mark.kill()
	}
	result := &CommandResult{
		Words: c.Words, Exit: process.ProcessState.ExitCode(), Signal: signalOf(process.ProcessState),
		TimedOut: errors.Is(limited.Err(), context.DeadlineExceeded) && ctx.Err() == nil, Limit: c.Limit, Took: time.Since(began),
	}
	result.Told, result.LinesPassedOver = outcomes.end()
	result.told = outcomes.telling("its output")
	result.Complaints, result.ComplaintsCut = complaints.end()
	return result, ctx.Err()
}

// mark is what the processes of one run of a command have in their environment,
// and no others.
type mark string

// markVariable is the environment variable of a mark.
const markVariable = "DPCONFORM_RUN"

func newMark() mark { return mark(newSecret("run")) }

func (m mark) variable() string { return markVariable + "=" + string(m) }

// ended reports whether the command came to an end of its own.
func (r *CommandResult) ended() bool { return !r.TimedOut && r.Signal == "" }

// ending says how the command ended, with the last line of its complaints.
func (r *CommandResult) ending() string {
	text := fmt.Sprintf("the command ended with exit %d", r.Exit)
	if r.Signal != "" {
		text = "the command was ended by a signal: " + r.Signal
	}
	lines := strings.Split(strings.TrimSpace(r.Complaints), "\n")
	if last := printable(lines[len(lines)-1]); last != "" && (r.Exit != 0 || r.Signal != "") {
		text += ": " + last
	}
	return text
}

// lastBytes keeps the end of what is written.
type lastBytes struct {
	mutex sync.Mutex
	kept  bytes.Buffer
	cut   int64
}

// Write takes in a part. It never fails.
func (l *lastBytes) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	written := len(text)
	if over := len(text) - keptComplaints; over > 0 {
		text = text[over:]
		l.cut += int64(over)
	}
	if over := l.kept.Len() + len(text) - keptComplaints; over > 0 {
		l.kept.Next(over)
		l.cut += int64(over)
	}
	l.kept.Write(text)
	return written, nil
}

func (l *lastBytes) end() (kept string, cut int64) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.kept.String(), l.cut
}

// lastComplaints gives the end of standard error in no more than so many bytes,
// and says where it was cut, and what of standard output was passed over.
func (r *CommandResult) lastComplaints(most int) string {
	text, cut := r.Complaints, r.ComplaintsCut
	if over := len(text) - most; over > 0 {
		text = strings.TrimLeftFunc(text[over:], func(c rune) bool { return c == utf8.RuneError })
		cut += int64(over)
	}
	if cut > 0 {
		text = fmt.Sprintf("[%d bytes before this were cut]\n%s", cut, text)
	}
	if r.LinesPassedOver > 0 {
		text = fmt.Sprintf("[no outcome was looked for in %s of standard output of more than 1 MiB]\n%s", countOf(r.LinesPassedOver, "line"), text)
	}
	return text
}

// oneAtATime lets two writers share one.
type oneAtATime struct {
	mutex sync.Mutex
	out   io.Writer
}

func (o *oneAtATime) Write(text []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.out.Write(text)
}
