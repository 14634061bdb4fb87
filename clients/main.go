// Command clients runs small programs that use the client libraries of Google,
// and curl, through all scenarios of `dpconform client`, and writes a page with
// what they send and what they do with what comes back.
//
// It installs nothing: `make clients` does, and then runs it. A program whose
// tools are not there is skipped, by name.
//
//	go run ./clients [--partial] bin/dpconform docs/clients.md
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/dpconform/dpconform/spec"
)

// folder is where the programs live.
const folder = "clients"

func main() {
	flags := flag.NewFlagSet("clients", flag.ExitOnError)
	partial := flags.Bool("partial", false, "write the page even if a client was skipped")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: clients [--partial] PATH-OF-DPCONFORM PAGE")
		flags.PrintDefaults()
	}
	_ = flags.Parse(os.Args[1:])
	if flags.NArg() != 2 {
		flags.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := judgeAll(ctx, os.Stdout, settings{flags.Arg(0), flags.Arg(1), folder, programs, *partial})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}

// settings say what to judge by, whom, and where to write.
type settings struct {
	dpconform, page string
	// root is the folder of the programs.
	root     string
	programs []program
	partial  bool
}

// skipped is a program that was not run, and why.
type skipped struct {
	program
	reason string
}

// judgeAll judges every program that can be run and writes the page. A page that
// would lack a program is not written, unless that is wanted.
func judgeAll(ctx context.Context, out io.Writer, s settings) error {
	var all []judged
	var left []skipped
	for _, one := range s.programs {
		if reason := one.missing(s.root); reason != "" {
			fmt.Fprintf(out, "  skipped %s: %s\n", one.folder, reason)
			left = append(left, skipped{one, reason})
			continue
		}
		found, err := judge(ctx, s.dpconform, s.root, one)
		if ctx.Err() != nil {
			return fmt.Errorf("interrupted, nothing was written")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", one.folder, err)
		}
		fmt.Fprintf(out, "  %-8s %-42s %s\n", one.folder, one.library+" "+found.version, found.summary())
		all = append(all, found)
	}
	if len(left) > 0 && !s.partial || len(all) == 0 {
		fmt.Fprintf(out, "%s was not written: it would lack what was skipped (--partial writes it all the same)\n", s.page)
		return nil
	}
	if err := writeWhole(s.page, pageOf(spec.MustLoadEmbedded(), all, left)); err != nil {
		return err
	}
	fmt.Fprintf(out, "wrote %s\n", s.page)
	return nil
}

// summary says in one line what came of a program.
func (j judged) summary() string {
	var parts []string
	for _, verdict := range verdicts {
		if count := j.report.Counts[verdict]; count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count, verdict))
		}
	}
	return fmt.Sprintf("%s; exit %d", strings.Join(parts, ", "), j.report.Exit)
}

// writeWhole writes a file that is there whole or not at all.
func writeWhole(path, text string) error {
	made, err := os.CreateTemp(filepath.Dir(path), ".clients-*")
	if err != nil {
		return err
	}
	defer os.Remove(made.Name())
	if _, err := made.WriteString(text); err != nil {
		made.Close()
		return err
	}
	if err := made.Chmod(0o644); err != nil {
		made.Close()
		return err
	}
	if err := made.Close(); err != nil {
		return err
	}
	return os.Rename(made.Name(), path)
}
