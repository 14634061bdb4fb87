package main

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/cassettes"
	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/drift"
	"github.com/dpconform/dpconform/recorder"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/spec"
)

// newSpecCommand holds the commands that work on a description.
func newSpecCommand(terminal *terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "spec",
		Short: "Work on the OpenAPI description",
		Args:  noSuchCommand,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(newSpecPrintCommand(terminal), newSpecUpdateCommand(terminal))
	return command
}

func newSpecPrintCommand(terminal *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "print",
		Short: "Print the built-in description",
		Long: `print writes the built-in OpenAPI description to standard output, byte by byte,
so that it can be kept as a file, edited, and given to --spec.`,
		Example: `  dpconform spec print > my.openapi.yaml`,
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := terminal.raw.Write(spec.Embedded().Text)
			return err
		},
	}
}

// updateFlags are what spec update is told.
type updateFlags struct {
	from, file, cassettes string
	dryRun                bool
}

func newSpecUpdateCommand(terminal *terminal) *cobra.Command {
	var flags updateFlags
	command := &cobra.Command{
		Use:   "update --spec FILE --from SOURCE",
		Short: "Edit a description after a newer source of the method",
		Long: `update edits a description in place so that it says what a source says: scopes
with their descriptions, states, members of the answers, the path, the form of
the id, the address, and the day. Order, comments and the catalogue stay as
they are, so that a reviewer can read the difference. What only a person can
decide is listed.

A SOURCE is what drift takes: a discovery document, the reference page, or an
OpenAPI document, as a file, an address, or - for standard input.

Exit: 0 written, or nothing to write; 2 wrong usage, a source that is not
understood, or a description that cannot be edited; 4 an address that does not
give the source.`,
		Example: `  dpconform spec update --spec my.openapi.yaml --from discovery.json
  dpconform spec update --spec my.openapi.yaml --from page.html --dry-run`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error { return runSpecUpdate(command, terminal, &flags) },
	}
	command.Flags().StringVar(&flags.from, "from", "", "the `SOURCE` that says what is new")
	command.Flags().StringVar(&flags.file, "spec", "", "the description, a YAML `FILE`, that is edited")
	command.Flags().BoolVar(&flags.dryRun, "dry-run", false, "print the difference instead of writing it")
	command.Flags().StringVar(&flags.cassettes, "cassettes", "", "say whether the cassettes in `DIR` are stale then, instead of the built-in ones")
	return command
}

func runSpecUpdate(command *cobra.Command, terminal *terminal, flags *updateFlags) error {
	if _, err := sourcesOf(command); err != nil {
		return err
	}
	switch {
	case flags.file == "":
		return &configuration.UsageError{Place: "--spec", Message: "there is no description to edit",
			Mend: "give --spec FILE; dpconform spec print > FILE writes the built-in one"}
	case flags.from == "":
		return &configuration.UsageError{Place: "--from", Message: "there is nothing to edit after", Mend: "give --from SOURCE"}
	}
	description, err := spec.ReadDescription(flags.file)
	if err != nil {
		return err
	}
	text, err := readSource(command.Context(), sourceReader(command), flags.from)
	if err != nil {
		return err
	}
	source, err := spec.ReadSurface(text)
	if err != nil {
		return err
	}
	update, err := drift.UpdateDescription(description, source)
	if err != nil {
		return err
	}
	return finishUpdate(terminal, flags, update)
}

// finishUpdate writes the description, or prints the difference, and says what
// was done.
func finishUpdate(terminal *terminal, flags *updateFlags, update drift.Update) error {
	difference := udiff.Unified(update.Before.Name, update.Before.Name+" (edited)", string(update.Before.Text), string(update.After.Text))
	if flags.dryRun {
		if _, err := io.WriteString(terminal.raw, difference); err != nil {
			return err
		}
		terminal = terminal.onStandardError()
	} else if len(difference) > 0 {
		if err := replaceFile(flags.file, update.After.Text); err != nil {
			return &configuration.UsageError{Place: "--spec", Message: fmt.Sprintf("%s was not written: %s", flags.file, err)}
		}
	}
	drift.Text{Out: terminal.out, Width: terminal.width()}.WriteUpdate(update)
	done := map[bool]string{true: "written: " + flags.file, false: "nothing to write: " + flags.file + " says all that is edited by itself"}[len(difference) > 0]
	if len(difference) == 0 && len(update.Left) > 0 {
		done = "nothing was written: what " + flags.file + " lacks is left to you"
	}
	if flags.dryRun && len(difference) > 0 {
		done = "not written: --dry-run"
	}
	fmt.Fprintln(terminal.out, ansi.Wordwrap(done, terminal.width(), ""))
	if len(difference) == 0 {
		return nil
	}
	for _, line := range staleCassettes(flags, update) {
		fmt.Fprintln(terminal.out, ansi.Wordwrap(line, terminal.width(), ""))
	}
	return nil
}

// replaceFile writes a file whole, behind a link where it is one, with the
// permissions that it has.
func replaceFile(path string, text []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	information, err := os.Stat(path)
	if err != nil {
		return err
	}
	file := report.File{Path: path}
	if err := file.WriteWith(func(out io.Writer) error {
		_, err := out.Write(text)
		return err
	}, nil); err != nil {
		return err
	}
	return os.Chmod(path, information.Mode().Perm())
}

// staleCassettes says which cassettes were recorded by the description as it was
// before, or by another one.
func staleCassettes(flags *updateFlags, update drift.Update) []string {
	files, name := fs.FS(cassettes.Embedded()), "the built-in cassettes"
	mend := "record such of your own: dpconform record --cassettes DIR --spec " + flags.file
	if flags.cassettes != "" {
		files, name = os.DirFS(flags.cassettes), "the cassettes in "+flags.cassettes
		mend = fmt.Sprintf("record them anew: dpconform record --cassettes %s --spec %s", flags.cassettes, flags.file)
	}
	replay, err := recorder.OpenReplay(files, recorder.ReplayOptions{Folder: cmp.Or(flags.cassettes, "cassettes")})
	if err != nil {
		return []string{fmt.Sprintf("%s cannot be read: %s", name, err)}
	}
	recorded := replay.Provenance()
	var stale []string
	for _, file := range recorded.Cassettes {
		stale = append(stale, file.File)
	}
	by := "by the description as it was"
	switch recorded.Description.Digest {
	case update.After.Digest():
		return []string{name + " are of this description: none is stale"}
	case update.Before.Digest():
	default:
		by = "by yet another description"
	}
	return []string{fmt.Sprintf("stale: %s of %s, recorded %s", strings.Join(stale, ", "), name, by), mend}
}
