package program

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-shellwords"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/text"
)

const (
	// DefaultLimit is how long the program of a Line may take.
	DefaultLimit = 30 * time.Second
	// leftBehindLimit is how long its output may stay open after the program has ended:
	// what it has left behind prints no part of it.
	leftBehindLimit = 200 * time.Millisecond
	// LargestOutput is how many bytes of its output are read.
	LargestOutput = 64 << 10
	// longestShown is how many characters of a command are shown.
	longestShown = 120
)

// Line is a command line with places that are filled each time it runs, such as
// {scope}.
type Line struct {
	// Name is what it is in a message: "token command".
	Name string
	// Limit is how long it may take.
	Limit time.Duration

	words, places []string
}

// Failure says in one line why a command, or another source of what it prints, gave
// nothing that is of use. It carries no secret: neither what was printed nor words
// without a place.
type Failure struct {
	// Message says what failed and where.
	Message string
	// Fix says what to do, or is empty.
	Fix string
	// Whole says that it fails whatever is asked for.
	Whole bool
	// Setup says that a program of the caller's hangs or cannot be run, which ends a
	// run.
	Setup bool
}

// NotSetUp reports whether the caller has to do something before anything can be
// tested.
func (f *Failure) NotSetUp() bool { return f.Setup }

// Error is one line.
func (f *Failure) Error() string {
	if f.Fix == "" {
		return f.Message
	}
	return f.Message + "; " + f.Fix
}

// ParseLine splits a text into words as a shell does, but no shell runs it: pipes,
// redirections, variables and the like are an error.
func ParseLine(name, given string, places ...string) (Line, error) {
	parser := shellwords.NewParser()
	words, err := parser.Parse(given)
	switch {
	case err != nil:
		return Line{}, errors.New("a quote or a bracket in it is not closed; close it")
	case parser.Position >= 0:
		return Line{}, errors.New("no shell runs it, so it has no | ; & < or >; put them into a script, or into quotes")
	case len(words) == 0 || words[0] == "":
		return Line{}, errors.New("it names no program; give one, with its arguments")
	}
	return Line{name, DefaultLimit, words, places}, nil
}

// Program is the program that it runs, as it may be shown.
func (l Line) Program() string { return shown(l.words[0]) }

// Output runs the program with values in the places, in their order, and gives
// what it prints, without white space around it. A failure is a *Failure.
func (l Line) Output(ctx context.Context, values ...string) (string, error) {
	limited, cancel := context.WithTimeout(ctx, l.Limit)
	defer cancel()
	flooded, stop := context.WithCancel(limited)
	defer stop()
	output := beginning{full: stop}
	process := Command(flooded, l.fill(values))
	process.Stdout = &output
	process.WaitDelay = leftBehindLimit
	defer End(process)
	err := process.Run()
	// It ended well, and left something behind that holds its output open.
	leftBehind := errors.Is(err, exec.ErrWaitDelay)
	if err != nil && !leftBehind && flooded.Err() == nil || limited.Err() != nil {
		failure := l.failure(limited, err)
		failure.Setup = failure.Whole && ctx.Err() == nil
		return "", failure
	}
	printed := strings.TrimSpace(string(output.kept))
	switch {
	case printed == "":
		return "", l.Wrong("printed nothing", "")
	case len(output.kept) >= LargestOutput:
		return "", l.Wrong(fmt.Sprintf("printed more than %d KiB", LargestOutput>>10), "")
	}
	return printed, nil
}

// Wrong is the failure of a command that printed something else than it should.
func (l Line) Wrong(complaint, fix string) *Failure {
	return &Failure{Message: fmt.Sprintf("the %s %s (%s)", l.Name, complaint, l.shown()), Fix: fix}
}

func (l Line) failure(ctx context.Context, err error) *Failure {
	const byHand = "run it by hand to see why"
	var exited *exec.ExitError
	var notFound *exec.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		failure := l.Wrong(fmt.Sprintf("took longer than %s and was stopped", l.Limit), "")
		failure.Whole = true
		return failure
	case ctx.Err() != nil:
		return &Failure{Message: "the " + l.Name + " was stopped, because the run was interrupted", Whole: true}
	case errors.As(err, &exited) && exited.ExitCode() >= 0:
		return l.Wrong(fmt.Sprintf("failed with exit %d", exited.ExitCode()), byHand)
	case errors.As(err, &exited):
		return l.Wrong("was ended by a signal", byHand)
	case errors.As(err, &notFound):
		err = notFound
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return &Failure{Message: fmt.Sprintf("the %s cannot be run: %s: %s", l.Name, l.Program(), shown(err.Error())), Whole: true}
}

// fill puts values into the places of the words.
func (l Line) fill(values []string) []string {
	var pairs []string
	for i, place := range l.places {
		pairs = append(pairs, place, values[i])
	}
	replacer, words := strings.NewReplacer(pairs...), slices.Clone(l.words)
	for i, word := range words {
		words[i] = replacer.Replace(word)
	}
	return words
}

// shown is what may be shown of the words: the program and those with a place. Any
// other may be a secret.
func (l Line) shown() string {
	visible := l.words[:1:1]
	for _, word := range l.words[1:] {
		switch {
		case slices.ContainsFunc(l.places, func(place string) bool { return strings.Contains(word, place) }):
			visible = append(visible, word)
		case visible[len(visible)-1] != "…":
			visible = append(visible, "…")
		}
	}
	return shown(strings.Join(visible, " "))
}

// shown makes one short line without what looks like a secret.
func shown(words string) string {
	return text.Cut(strings.Join(strings.Fields(text.Line(redact.NewRedactor(nil).Text(words))), " "), longestShown)
}

// beginning keeps the beginning of what is written to it, and says when it is full.
// It has no other method to write by: io.Copy would use a buffer's ReadFrom.
type beginning struct {
	kept []byte
	full func()
}

func (b *beginning) Write(output []byte) (int, error) {
	b.kept = append(b.kept, output[:min(len(output), LargestOutput-len(b.kept))]...)
	if len(b.kept) == LargestOutput {
		b.full()
	}
	return len(output), nil
}
