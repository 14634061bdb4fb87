package client

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
)

// keptOutput is how much of a command's output is kept, in bytes: of standard
// output from its beginning, of standard error the end.
const keptOutput = 1 << 20

// Command is a client program to run.
type Command struct {
	Words []string
	// Environment is added to that of this process.
	Environment []string
	// Limit is how long it may take.
	Limit time.Duration
	// Show gets what the command prints; nil for nobody.
	Show io.Writer
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
	// Output is standard output, Complaints the end of standard error.
	Output     string
	Complaints string
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

// Run runs the command, and ends it and all that it started when its time is
// over. It returns a *StartError where there is nothing to run.
func (c Command) Run(ctx context.Context) (*CommandResult, error) {
	limited, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	process := exec.CommandContext(limited, c.Words[0], c.Words[1:]...)
	process.Env = append(os.Environ(), c.Environment...)
	output, complaints := &keptBytes{}, &keptBytes{end: true}
	process.Stdout, process.Stderr = output, complaints
	if c.Show != nil {
		shown := &oneAtATime{out: c.Show}
		process.Stdout, process.Stderr = io.MultiWriter(output, shown), io.MultiWriter(complaints, shown)
	}
	endGroup(process)
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
	result := &CommandResult{
		Words: c.Words, Exit: process.ProcessState.ExitCode(), Signal: signalOf(process.ProcessState),
		TimedOut: errors.Is(limited.Err(), context.DeadlineExceeded) && ctx.Err() == nil, Limit: c.Limit,
		Took: time.Since(began), Output: output.String(), Complaints: complaints.String(),
	}
	return result, ctx.Err()
}

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

// keptBytes keeps the beginning or the end of what is written.
type keptBytes struct {
	mutex sync.Mutex
	kept  bytes.Buffer
	end   bool
}

func (k *keptBytes) Write(text []byte) (int, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if !k.end {
		k.kept.Write(text[:min(len(text), keptOutput-k.kept.Len())])
		return len(text), nil
	}
	k.kept.Write(text)
	if over := k.kept.Len() - keptOutput; over > 0 {
		k.kept.Next(over)
	}
	return len(text), nil
}

func (k *keptBytes) String() string {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.kept.String()
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
