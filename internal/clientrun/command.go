package clientrun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/dpconform/dpconform/internal/program"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/text"
)

// keptComplaints is how much of a command's standard error is kept, in bytes:
// its end. Of standard output the outcomes alone are kept. longestComplaints is
// how much a report keeps.
const (
	keptComplaints    = 64 << 10
	longestComplaints = 2000
)

// command is a client program to run.
type command struct {
	words []string
	// environment is added to that of this process.
	environment []string
	// withheld are the names of variables that are taken out of it.
	withheld []string
	limit    time.Duration
	// show gets what the command prints, as it comes; nil for nobody.
	show io.Writer
	// success is the member of an outcome that says that the call succeeded.
	success string
}

// ended is how a command ended.
type ended struct {
	exit int
	// signal is that which ended the command; empty for none.
	signal   string
	timedOut bool
	limit    time.Duration
	took     time.Duration
	// reported is what was on standard output, and passedOver the number of its
	// lines that were longer than 1 MiB, in which no outcome was looked for.
	reported   reported
	passedOver int
	// complaints is the end of standard error, and cut the number of bytes before
	// it that were not kept.
	complaints string
	cut        int64
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

// run runs the command, and ends it when its time is over, with all that it
// started: its process group, and on Linux also what left the group and has kept
// its environment. It returns a *StartError where there is nothing to run.
func (c command) run(ctx context.Context) (*ended, error) {
	limited, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	mark := mark(newSecret("run"))
	process := program.Command(limited, c.words)
	own := slices.DeleteFunc(os.Environ(), func(one string) bool {
		name, _, _ := strings.Cut(one, "=")
		return slices.Contains(c.withheld, name)
	})
	process.Env = slices.Concat(own, c.environment, []string{mark.variable()})
	outcomes, complaints := &outcomeLines{success: c.success}, &lastBytes{}
	process.Stdout, process.Stderr = outcomes, complaints
	if c.show != nil {
		shown := &oneAtATime{out: c.show}
		process.Stdout, process.Stderr = io.MultiWriter(outcomes, shown), io.MultiWriter(complaints, shown)
	}
	endGroup := process.Cancel
	process.Cancel = func() error {
		err := endGroup()
		mark.kill()
		return err
	}
	began := time.Now()
	if err := process.Start(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &StartError{c.words[0], err}
	}
	_ = process.Wait()
	// What the command left behind ends with it.
	program.End(process)
	if limited.Err() != nil {
		mark.kill()
	}
	result := &ended{
		exit:     process.ProcessState.ExitCode(),
		timedOut: errors.Is(limited.Err(), context.DeadlineExceeded) && ctx.Err() == nil, limit: c.limit, took: time.Since(began),
		reported: outcomes.end("its output"), passedOver: outcomes.passed,
	}
	if status, known := process.ProcessState.Sys().(syscall.WaitStatus); known && status.Signaled() {
		result.signal = status.Signal().String()
	}
	result.complaints, result.cut = complaints.end()
	return result, ctx.Err()
}

// mark is the value of an environment variable that the processes of one run of
// a command have, and no others.
type mark string

func (m mark) variable() string { return "DPCONFORM_RUN=" + string(m) }

// kill ends every process that has the mark in its environment, such as one
// that began a session of its own, and those that it starts meanwhile. A process
// that was given another environment is not found, nor is any where there is no
// /proc.
func (m mark) kill() {
	rounds := 10
	for found := true; found && rounds > 0; rounds-- {
		found = false
		// proc(5): one that has ended, and waits for its parent, has no environment.
		files, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, file := range files {
			environment, err := os.ReadFile(file)
			if err != nil || !slices.Contains(strings.Split(string(environment), "\x00"), m.variable()) {
				continue
			}
			id, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			if process, missing := os.FindProcess(id); err == nil && missing == nil && id != os.Getpid() {
				found = true
				_ = process.Kill()
			}
		}
	}
}

// ending says how the command ended, with what its complaints say of the cause.
func (c *ended) ending() string {
	shown := fmt.Sprintf("the command exited with %d", c.exit)
	if c.signal != "" {
		shown = "the command was ended by a signal: " + c.signal
	}
	if cause := cause(c.complaints); cause != "" && (c.exit != 0 || c.signal != "") {
		shown += ": " + cause
	}
	return shown
}

// causes begin the line that says what went wrong: Node, Python, Java and PHP write
// the name of an error, Go and Rust a panic. Ruby has it at the end, and others
// somewhere.
var causes = []func() *regexp.Regexp{
	text.Pattern(`^\s*(?:Exception in thread|Uncaught|(?i:PHP )?(?i:fatal|parse) error|fatal|panic:|thread '.*' .*panicked|error\b|[\w.$:\\]*(?:Error|Exception)\b(?:\s*[:\[(]|$))`),
	text.Pattern(`(?i)\b(?:\w*error|\w*exception|panicked|fatal)\b`),
}

// deeperCause begins a line with the cause of an error: that of Java, or of Node.
// nodeVersion is the last line of every crash of Node.
var (
	deeperCause = text.Pattern(`^(?:Caused by:|\[cause\]:)`)
	nodeVersion = text.Pattern(`^Node\.js v[\d.]+$`)
)

// endLines is the number of the last lines that are shown of what a command wrote.
const endLines = 2

// cause is what the standard error of a command says of its end in one line: the
// first line that names an error, with the one behind it where it ends in a colon,
// those of deeper causes, and the last lines, since none has the cause always.
func cause(complaints string) string {
	lines := strings.Split(complaints, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.Trim(line, "^~} ") == "" || nodeVersion().MatchString(line) })
	first, behind := 0, 0
	for _, pattern := range causes {
		if first = slices.IndexFunc(lines, pattern().MatchString); first >= 0 {
			behind = first + 1
			break
		}
	}
	first = max(first, 0)
	if behind > 0 && behind < len(lines) && strings.HasSuffix(lines[first], ":") {
		behind++
	}
	shown, next := slices.Clone(lines[first:behind]), behind
	for i := behind; i < len(lines); i++ {
		if i < len(lines)-endLines && !deeperCause().MatchString(lines[i]) {
			continue
		}
		if i > next && next > 0 {
			shown = append(shown, "…")
		}
		shown, next = append(shown, lines[i]), i+1
	}
	return printable(strings.Join(shown, " / "))
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
// and says where it was cut, and what of standard output was passed over. Secrets
// are hidden first: one that the cut goes through would not be found.
func (c *ended) lastComplaints(hide *redact.Redactor, most int) string {
	end, cut := hide.Text(c.complaints), c.cut
	if over := len(end) - most; over > 0 {
		end = strings.TrimLeftFunc(end[over:], func(r rune) bool { return r == utf8.RuneError })
		cut += int64(over)
	}
	if cut > 0 {
		end = fmt.Sprintf("[%d bytes before this were cut]\n%s", cut, end)
	}
	if c.passedOver > 0 {
		end = fmt.Sprintf("[no outcome was looked for in %s of standard output of more than 1 MiB]\n%s", text.Counted(c.passedOver, "line"), end)
	}
	return end
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
