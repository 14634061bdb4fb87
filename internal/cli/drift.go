package cli

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/drift"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// driftFlags are the flags of drift.
type driftFlags struct {
	from, against, failOn string
	reports               []string
}

func newDriftCommand(terminal *terminal) *cobra.Command {
	var flags driftFlags
	command := &cobra.Command{
		Use:   "drift --against SOURCE",
		Short: "Compare what two sources say of the method",
		Long: `drift compares two sources of the method. It prints what was added, removed or
changed, whom that breaks, and which requirements it touches.

A SOURCE is a file, an http or https address, or - for standard input. Its
format is found out: a Google discovery document, the reference page (as HTML,
as the text that a browser shows, or as Markdown, in any language; also a copy
of it by a mirror, a web archive or a translator), or an OpenAPI document.

A change is breaking (a caller that was right is wrong now: a scope is gone),
compatible (there is more than before: a scope is new), or documentation (only
words have changed). What one of the sources cannot speak of is not compared,
and listed as such.

Exit: 0 no drift of the class of --fail-on or more severe, 1 drift, 2 wrong
usage or a source that is not understood, 4 an address that gives no source.`,
		Example: `  dpconform drift --against \
      'https://dataportability.googleapis.com/$discovery/rest?version=v1'
  dpconform drift --against retry.html --fail-on breaking
  dpconform drift --from old.json --against new.json --report markdown=-`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error { return runDrift(command, terminal, &flags) },
	}
	command.Flags().StringVar(&flags.against, "against", "", "the `SOURCE` that may have changed")
	command.Flags().StringVar(&flags.from, "from", "", "the `SOURCE` to compare with; without it the built-in description")
	command.Flags().StringVar(&flags.failOn, "fail-on", string(drift.Compatible),
		"the least severe `CLASS` of change that gives exit 1: breaking, compatible or documentation")
	command.Flags().StringArrayVar(&flags.reports, "report", nil,
		"write a report, as `FORMAT=PATH` with FORMAT text, json or markdown; - is standard output; repeatable")
	completeWith(command, "fail-on", cobra.ShellCompDirectiveNoFileComp, func() []string { return namesOf(drift.Classes()) })
	completeWith(command, "report", cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace,
		func() []string { return formatStarts("text", "json", "markdown") })
	return command
}

func runDrift(command *cobra.Command, terminal *terminal, flags *driftFlags) error {
	sources, err := sourcesOf(command)
	if err != nil {
		return err
	}
	failOn, err := oneOf(sources, "fail-on", "class", flags.failOn, drift.Classes())
	if err != nil {
		return err
	}
	if flags.against == "" {
		return text.Mistake("--against", "there is nothing to compare with", "give --against SOURCE")
	}
	if flags.from == source.StandardInput && flags.against == source.StandardInput {
		return text.Mistake("--from, --against", "both are standard input", "")
	}
	files, err := reportsOfOther(sources, flags.reports, []string{"text", "json", "markdown"})
	if err != nil {
		return err
	}
	if err := refuseInputs(sources, files, "one of the sources that are compared", flags.from, flags.against); err != nil {
		return err
	}
	line := terminal.progress(command.Context(), 0)
	defer line.end()
	compared, err := compareSources(command, flags, line)
	line.end()
	if err != nil {
		return err
	}
	if writesToOutput(files) {
		terminal = terminal.onStandardError()
	}
	drift.Text{Out: terminal.out, Width: terminal.width()}.Write(compared)
	err = writeComparison(terminal, files, map[string]func(io.Writer) error{
		"text": func(out io.Writer) error {
			drift.Text{Out: out, Width: helpColumns}.Write(compared)
			return nil
		},
		"json":     func(out io.Writer) error { return drift.WriteJSON(out, compared, version, failOn) },
		"markdown": func(out io.Writer) error { return drift.WriteMarkdown(out, compared) },
	})
	if err != nil {
		return err
	}
	for _, file := range files {
		terminal.wrote(file)
	}
	if compared.Drifts(failOn) {
		return exitCode(result.ExitFails)
	}
	return nil
}

// compareSources reads the two sources and compares what they say of a method:
// that of the first, where that is a description with requirements.
func compareSources(command *cobra.Command, flags *driftFlags, line *progress) (drift.Comparison, error) {
	before, err := readSource(command, flags.from, line)
	if err != nil {
		return drift.Comparison{}, err
	}
	method := spec.MustLoadEmbedded()
	if described, err := spec.Load(before); err == nil {
		method = described
	}
	from, err := source.Parse(before, method)
	if err != nil {
		return drift.Comparison{}, err
	}
	after, err := readSource(command, flags.against, line)
	if err != nil {
		return drift.Comparison{}, err
	}
	against, err := source.Parse(after, method)
	if err != nil {
		return drift.Comparison{}, err
	}
	return drift.Compare(from, against, method)
}

// readSource reads a source, the built-in description without a name; an address
// that does not respond has an exit code of its own.
func readSource(command *cobra.Command, name string, line *progress) (spec.Description, error) {
	if name == "" {
		return spec.Default(), nil
	}
	line.reading(name)
	reader := source.Reader{Input: command.InOrStdin(), UserAgent: "dpconform/" + version}
	read, err := reader.Read(command.Context(), name)
	var unreachable *source.UnreachableError
	if errors.As(err, &unreachable) {
		err = &unreachableError{err}
	}
	return read, err
}
