// Package cli is the command line of dpconform, one file for each command.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	_ "github.com/dpconform/dpconform/internal/memory" // Before all else that uses any.
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// version is the version of the product.
const version = "0.1.0"

// Main runs the command line of this process and returns its exit code.
func Main() int {
	// Without a deferred stop: it ends the context, and endAtOnce would race with
	// the exit code.
	ctx, stop := listenForSignals(context.Background())
	terminal := newTerminal()
	surviveBrokenPipes()
	surviveHangUps()
	ctx = newOrderly(ctx)
	// A second signal ends the program, whatever it is doing.
	context.AfterFunc(ctx, stop)
	context.AfterFunc(ctx, text.Interrupt)
	go endAtOnce(ctx, func(code int) {
		terminal.endProgress()
		fmt.Fprintln(text.Output{Writer: os.Stderr}, "dpconform: interrupted")
		text.RemoveUnfinished()
		os.Exit(code)
	})
	// net/http logs servers that misbehave; the report has them.
	log.SetOutput(io.Discard)
	hideTraces()
	return execute(ctx, terminal, os.Args[1:])
}

// programName is the program as the user typed it, for a command to paste. What go
// run or go test made is gone afterwards.
func programName() string {
	if strings.Contains(filepath.ToSlash(os.Args[0]), "/go-build") {
		return "dpconform"
	}
	return os.Args[0]
}

// execute runs a command line and gives the exit code.
func execute(ctx context.Context, terminal *terminal, arguments []string) (code int) {
	terminal.github = &github{}
	terminal.github.begin(terminal.raw, arguments)
	defer func() {
		if err := terminal.github.end(terminal.raw, code); err != nil {
			code = max(code, result.ExitUsage)
			terminal.complain("--report: the summary or the outputs for GitHub Actions were not written: " + err.Error())
		}
	}()
	defer func() {
		if reason := recover(); reason != nil {
			code = terminal.crash(reason)
		}
	}()
	root := newRootCommand(terminal)
	if len(arguments) > 0 && slices.Contains([]string{cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}, arguments[0]) {
		completeFlags(root)
	}
	terminal.hide(func() []string { return secretsGiven(root, arguments, os.Environ()) })
	terminal.addresses = func() []string { return addressesGiven(root, arguments, os.Environ()) }
	root.SetArgs(arguments)
	root.SetIn(text.Input{Reader: os.Stdin})
	err := root.ExecuteContext(ctx)
	var exit exitCode
	switch {
	case ctx.Err() != nil && !errors.As(err, &exit):
		terminal.complain("interrupted")
		return result.ExitInterrupted
	case err == nil:
		return terminal.exitOfOutput()
	case errors.As(err, &exit):
		return int(exit)
	}
	if together := exclusiveFlags().FindStringSubmatch(err.Error()); together != nil {
		flags := strings.Fields(together[1])
		for i, flag := range flags {
			flags[i] = "--" + flag
		}
		err = text.Mistake("", text.List(flags, "and")+" cannot be combined", "use only one of them")
	}
	terminal.complain(err.Error())
	if _, ok := errors.AsType[*unreachableError](err); ok {
		return result.ExitUnreachable
	}
	return result.ExitUsage
}

// exclusiveFlags finds the flags in cobra's words for those of which one alone
// may be given.
var exclusiveFlags = text.Pattern(`^if any flags in the group \[.*\] are set none of the others can be; \[(.*)\] were all set$`)

// exitOfOutput is the exit code where nothing is wrong but, perhaps, that the
// result could not be printed.
func (t *terminal) exitOfOutput() int {
	if t.lost() == nil {
		return result.ExitConforms
	}
	t.complain("standard output was not written: " + t.lost().Error())
	return result.ExitUsage
}

// exitCode is the exit code of a run that came to its end.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// unreachableError says that the server under test cannot be reached.
type unreachableError struct{ reason error }

func (e *unreachableError) Error() string { return e.reason.Error() }

// debugVariable is the variable with which a crash shows where it happened.
const debugVariable = "DPCONFORM_DEBUG"

// hideTraces keeps the runtime from printing the stack of a goroutine that
// nothing here recovers: the values in it are none of a log's business.
func hideTraces() {
	if os.Getenv(debugVariable) == "" {
		debug.SetTraceback("none")
	}
}

// crash reports a panic in one line, which is always a mistake of dpconform's
// own, and gives the exit code. What panicked may hold anything, so it goes
// through the redactor like everything else, and so does the stack.
func (t *terminal) crash(reason any) int {
	if os.Getenv(debugVariable) == "" {
		t.complain(fmt.Sprintf("internal error: %v; please report it, with what %s=1 shows of it", reason, debugVariable))
		return result.ExitUnreachable
	}
	t.complain(fmt.Sprintf("internal error: %v; please report it", reason))
	fmt.Fprint(t.err, t.redacted(string(debug.Stack())))
	return result.ExitUnreachable
}
