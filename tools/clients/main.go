// Command clients runs small programs that use the client libraries of Google,
// and curl, through all scenarios of `dpconform client`, and writes a page with
// what they send and what they do with what comes back.
//
// It brings the libraries from their registries first, in the versions that the
// programs pin. A program whose tools are not there, or whose library could not
// be brought, is skipped, by name.
//
//	go run ./clients [--partial|--check] bin/dpconform docs/clients.md
//	go run ./clients --install
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/dpconform/dpconform/spec"
)

// folder is where the programs live.
const folder = "clients"

func main() {
	flags := flag.NewFlagSet("clients", flag.ExitOnError)
	wanted := settings{root: folder, programs: programs}
	flags.BoolVar(&wanted.partial, "partial", false, "write the page even if a client was skipped")
	flags.BoolVar(&wanted.check, "check", false, "write nothing: exit 1 if the page tells other verdicts than those of the clients that are there")
	install := flags.Bool("install", false, "bring the libraries and end")
	flags.DurationVar(&wanted.limit, "limit", 5*time.Minute, "how long it may take to bring a library")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: clients [--partial|--check] [--limit 5m] PATH-OF-DPCONFORM PAGE\n       clients --install [--limit 5m]")
		flags.PrintDefaults()
	}
	_ = flags.Parse(os.Args[1:])
	if *install != (flags.NArg() == 0) || !*install && flags.NArg() != 2 || wanted.partial && wanted.check {
		flags.Usage()
		os.Exit(2)
	}
	wanted.dpconform, wanted.page = flags.Arg(0), flags.Arg(1)
	do := judgeAll
	if *install {
		do = installOnly
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := do(ctx, os.Stdout, wanted)
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
	// limit is how long it may take to bring a library.
	limit          time.Duration
	partial, check bool
}

// skipped is a program that was not run, and why.
type skipped struct {
	program
	reason string
}

// installOnly installs what is not installed yet. What cannot be had is said
// where the programs are judged; a program that cannot be built is an error.
func installOnly(ctx context.Context, out io.Writer, s settings) error {
	_, _, err := s.ready(ctx, out)
	return err
}

// ready installs the programs, and parts those that can be run from those that
// cannot.
func (s settings) ready(ctx context.Context, out io.Writer) (able []program, left []skipped, err error) {
	wrong := installAll(ctx, out, s.root, s.limit, s.programs)
	if ctx.Err() != nil {
		return nil, nil, errInterrupted
	}
	for _, one := range s.programs {
		reason := one.missing()
		var absent *notBrought
		if errors.As(wrong[one.folder], &absent) {
			reason = absent.Error()
		} else if wrong[one.folder] != nil {
			return nil, nil, fmt.Errorf("%s: %w", one.folder, wrong[one.folder])
		}
		if reason == "" {
			able = append(able, one)
			continue
		}
		fmt.Fprintf(out, "  skipped %s: %s\n", one.folder, reason)
		left = append(left, skipped{one, reason})
	}
	return able, left, nil
}

var errInterrupted = errors.New("interrupted, nothing was written")

// judgeAll judges every program that can be run, and writes the page or holds it
// against what was found. A page that would lack a program is not written,
// unless that is wanted.
func judgeAll(ctx context.Context, out io.Writer, s settings) error {
	able, left, err := s.ready(ctx, out)
	if err != nil {
		return err
	}
	var all []judged
	for _, one := range able {
		found, err := judge(ctx, s.dpconform, s.root, one)
		if ctx.Err() != nil {
			return errInterrupted
		}
		if err != nil {
			return fmt.Errorf("%s: %w", one.folder, err)
		}
		fmt.Fprintf(out, "  %-8s %-42s %s\n", one.folder, one.library+" "+found.version, found.summary())
		all = append(all, found)
	}
	switch contract := spec.MustLoadEmbedded(); {
	case len(all) == 0:
		fmt.Fprintln(out, "no client was judged")
	case s.check:
		return checkPage(out, s.page, pageOf(contract, all, left))
	case len(left) > 0 && !s.partial:
		fmt.Fprintf(out, "%s was not written: it would lack what was skipped (--partial writes it all the same)\n", s.page)
	default:
		if err := writeWhole(s.page, pageOf(contract, all, left)); err != nil {
			return err
		}
		fmt.Fprintf(out, "wrote %s\n", s.page)
	}
	return nil
}

// summary says in one line what came of a program.
func (j judged) summary() string {
	var parts []string
	for _, verdict := range verdicts {
		if count := j.report.Counts.Checks[verdict]; count > 0 {
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
