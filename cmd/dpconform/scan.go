package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/redaction"
	"github.com/dpconform/dpconform/suites"
)

// standardInput is the path that stands for standard input.
const standardInput = "-"

func newScanCommand(terminal *terminal) *cobra.Command {
	scan := &scan{terminal: terminal}
	command := &cobra.Command{
		Use:   "scan PATH...",
		Short: "Look for secrets in cassettes, reports and other files",
		Long: `scan looks for tokens, keys, cookies, passwords, signed URLs and the like in
files and folders, and says in one line each where one stands and what it is,
never the secret itself. - is standard input. A folder is looked through but for
.git, and binary files are counted.

In a program or in prose a value that looks like a word is no find; --all tells
of those too. In anything else, such as a cassette or a report, it is one.

Exit: 0 nothing was found, 1 something was, 2 a path could not be read.`,
		Example: `  dpconform scan my-cassettes report.json
  dpconform run --report json=- | dpconform scan -`,
		RunE: func(command *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				return &configuration.UsageError{Message: "scan needs a path", Mend: "name a file or a folder, or - for standard input"}
			}
			for _, path := range paths {
				scan.path(command.Context(), path, command.InOrStdin())
			}
			return scan.end(command.Context())
		},
	}
	command.Flags().BoolVar(&scan.all, "all", false, "tell of values in programs and prose too that look like no secret")
	return command
}

// scan is what was found so far.
type scan struct {
	terminal *terminal
	all      bool

	files, withSecrets, secrets   int
	binary, special, passed, lost int
}

// path looks through a file, a folder, or standard input.
func (s *scan) path(ctx context.Context, path string, input io.Reader) {
	if path == standardInput {
		s.text("standard input", untilInterrupted(ctx, input))
		return
	}
	information, err := os.Stat(path)
	switch {
	case err != nil:
		s.lose(path, err)
	case information.IsDir():
		s.folder(ctx, path)
	default:
		s.file(path)
	}
}

// untilInterrupted is a reader that ends with a context: nobody may ever write
// to standard input.
func untilInterrupted(ctx context.Context, input io.Reader) io.Reader {
	reader, writer := io.Pipe()
	context.AfterFunc(ctx, func() { _ = writer.CloseWithError(ctx.Err()) })
	go func() {
		_, err := io.Copy(writer, input)
		_ = writer.CloseWithError(err)
	}()
	return reader
}

func (s *scan) folder(ctx context.Context, folder string) {
	// Below a symbolic link nothing is walked, so a link to a folder that is
	// named itself is followed here.
	root := folder
	if link, err := filepath.EvalSymlinks(folder); err == nil {
		root = link
	}
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		shown := path
		if below, err := filepath.Rel(root, path); err == nil {
			shown = filepath.Join(folder, below)
		}
		switch {
		case ctx.Err() != nil:
			return fs.SkipAll
		case err != nil:
			s.lose(shown, err)
		case entry.IsDir() && entry.Name() == ".git" && path != root:
			return fs.SkipDir
		case entry.IsDir():
		case !entry.Type().IsRegular():
			s.special++ // A link, whose file has a place of its own, or a pipe, which would never end.
		default:
			s.file(shown)
		}
		return nil
	})
}

func (s *scan) file(path string) {
	file, err := os.Open(path)
	if err != nil {
		s.lose(path, err)
		return
	}
	defer file.Close()
	s.text(path, file)
}

// text looks through one text and tells what it finds.
func (s *scan) text(name string, reader io.Reader) {
	before := s.secrets
	doubted := !s.all && slices.Contains(writtenByPeople, strings.ToLower(filepath.Ext(name)))
	err := redaction.FindIn(reader, func(found redaction.Found) {
		if found.Doubtful && doubted {
			s.passed++
			return
		}
		s.secrets++
		fmt.Fprintf(s.terminal.raw, "%s:%d: %s: %s\n", oneLine(name), found.Line, found.Kind, found.Excerpt)
	})
	switch {
	case errors.Is(err, redaction.ErrBinary):
		s.binary++
		return
	case errors.Is(err, context.Canceled):
		return
	case err != nil:
		s.lose(name, err)
		return
	}
	s.files++
	if s.secrets > before {
		s.withSecrets++
	}
}

// writtenByPeople are the endings of programs and prose.
var writtenByPeople = []string{".go", ".md", ".js", ".mjs", ".ts", ".py", ".sh", ".java", ".kt", ".c", ".h", ".rs", ".rb", ".mod", ".sum"}

// lose tells of a path that cannot be read.
func (s *scan) lose(path string, err error) {
	var inPath *fs.PathError
	if errors.As(err, &inPath) {
		err = inPath.Err
	}
	s.lost++
	s.terminal.complain(fmt.Sprintf("%s: it cannot be read: %s", oneLine(path), err))
}

// end sums up and gives the exit code.
func (s *scan) end(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	found := "no secrets"
	if s.secrets > 0 {
		found = fmt.Sprintf("%s in %s", countOf(s.secrets, "secret", "secrets"), countOf(s.withSecrets, "file", "files"))
	}
	summary := found + "; " + countOf(s.files, "file was", "files were") + " looked through"
	for _, skipped := range []struct {
		count     int
		one, many string
	}{
		{s.binary, "binary file was skipped", "binary files were skipped"},
		{s.special, "link or special file was skipped", "links and special files were skipped"},
		{s.passed, "value in a program or prose looks like no secret (--all)", "values in programs and prose look like no secrets (--all)"},
		{s.lost, "path could not be read", "paths could not be read"},
	} {
		if skipped.count > 0 {
			summary += ", " + countOf(skipped.count, skipped.one, skipped.many)
		}
	}
	fmt.Fprintln(s.terminal.raw, summary)
	switch {
	case s.lost > 0:
		return exitCode(suites.ExitUsage)
	case s.secrets > 0:
		return exitCode(suites.ExitFails)
	}
	return nil
}

// oneLine is a name without anything that a terminal would obey.
func oneLine(name string) string {
	return strings.Map(func(letter rune) rune {
		if letter < ' ' || letter == 0x7f || letter == '\uFFFD' {
			return '?'
		}
		return letter
	}, strings.ToValidUTF8(name, "?"))
}
