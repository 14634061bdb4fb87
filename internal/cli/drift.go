package cli

import (
	"errors"
	"io"

	"github.com/charmbracelet/colorprofile"
	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/diff"
	"github.com/dpconform/dpconform/internal/drift"
	"github.com/dpconform/dpconform/internal/report"
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

// driftFormats are the formats of its reports.
var driftFormats = []string{"text", "json", "markdown"}

func newDriftCommand(terminal *terminal) *cobra.Command {
	var flags driftFlags
	command := &cobra.Command{
		Use:   "drift --against SOURCE",
		Short: "Compare what two sources say of the method",
		Long: `drift compares two sources of the method. It prints what was added, removed or
changed, whom that breaks, and which requirements it touches.

A SOURCE is a file, an http or https address, or - for standard input. Its
format is found out: a Google discovery document, the reference page (as HTML,
as the text that a browser shows, or as Markdown, in any language), or an
OpenAPI document.

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
	completeWith(command, "fail-on", cobra.ShellCompDirectiveNoFileComp, func() []string {
		return []string{string(drift.Breaking), string(drift.Compatible), string(drift.Documentation)}
	})
	completeWith(command, "report", cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace,
		func() []string { return []string{"text=", "json=", "markdown="} })
	return command
}

func runDrift(command *cobra.Command, terminal *terminal, flags *driftFlags) error {
	sources, err := sourcesOf(command)
	if err != nil {
		return err
	}
	failOn, err := classOf(sources, flags.failOn)
	if err != nil {
		return err
	}
	if flags.against == "" {
		return &text.UsageError{Place: "--against", Message: "there is nothing to compare with", Fix: "give --against SOURCE"}
	}
	if flags.from == source.StandardInput && flags.against == source.StandardInput {
		return &text.UsageError{Place: "--from, --against", Message: "both are standard input"}
	}
	files, err := reportFiles(sources, flags.reports, driftFormats...)
	if err != nil {
		return err
	}
	if err := refuseSources(files, flags); err != nil {
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
	if err := writeDrift(terminal, files, compared, failOn); err != nil {
		return err
	}
	if compared.Drifts(failOn) {
		return exitCode(result.ExitFails)
	}
	return nil
}

// refuseSources refuses to write a report over a source.
func refuseSources(files []report.File, flags *driftFlags) error {
	for _, file := range files {
		if file.Path == report.StandardOutput {
			continue
		}
		for _, name := range []string{flags.from, flags.against} {
			if name != "" && diff.SameFile(file.Path, name) {
				return &text.UsageError{Place: "--report", Message: file.Path + " is one of the sources that are compared", Fix: "give another file"}
			}
		}
	}
	return nil
}

func classOf(sources *config.Sources, value string) (drift.Class, error) {
	var known []string
	for _, class := range drift.Classes() {
		if string(class) == value {
			return class, nil
		}
		known = append(known, string(class))
	}
	return "", &text.UsageError{Place: sources.Origin("fail-on"), Message: "unknown class " + value, Fix: text.DidYouMean(value, known)}
}

// compareSources reads the two sources and compares them, by the requirements of
// the first where that is a description with requirements.
func compareSources(command *cobra.Command, flags *driftFlags, line *progress) (drift.Comparison, error) {
	before := spec.Embedded()
	if flags.from != "" {
		read, err := readSource(command, flags.from, line)
		if err != nil {
			return drift.Comparison{}, err
		}
		before = read
	}
	from, err := source.Parse(before)
	if err != nil {
		return drift.Comparison{}, err
	}
	after, err := readSource(command, flags.against, line)
	if err != nil {
		return drift.Comparison{}, err
	}
	against, err := source.Parse(after)
	if err != nil {
		return drift.Comparison{}, err
	}
	requirements := spec.MustLoadEmbedded().Requirements
	if from.Provenance.Kind == source.Description {
		if contract, err := spec.Load(before); err == nil {
			requirements = contract.Requirements
		}
	}
	return drift.Compare(from, against, requirements)
}

// readSource reads a source; an address that does not respond has an exit code of
// its own.
func readSource(command *cobra.Command, name string, line *progress) (spec.Description, error) {
	line.reading(name)
	reader := source.Reader{Input: command.InOrStdin(), UserAgent: "dpconform/" + version}
	read, err := reader.Read(command.Context(), name)
	var unreachable *source.UnreachableError
	if errors.As(err, &unreachable) {
		return read, &unreachableError{err}
	}
	return read, err
}

func writeDrift(terminal *terminal, files []report.File, compared drift.Comparison, failOn drift.Class) error {
	for _, file := range files {
		write := map[string]func(io.Writer) error{
			"text": func(out io.Writer) error {
				plain := &colorprofile.Writer{Forward: out, Profile: colorprofile.NoTTY}
				drift.Text{Out: plain, Width: helpColumns}.Write(compared)
				return nil
			},
			"json":     func(out io.Writer) error { return drift.WriteJSON(out, compared, version, failOn) },
			"markdown": func(out io.Writer) error { return drift.WriteMarkdown(out, compared) },
		}[file.Format]
		if err := file.WriteWith(write, terminal.raw); err != nil {
			return &text.UsageError{Place: "--report", Message: file.Path + " was not written: " + err.Error()}
		}
		terminal.wrote(file)
	}
	return nil
}
