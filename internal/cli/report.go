package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/diff"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/report/kinds"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

func newReportCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	var asTheRun bool
	command := &cobra.Command{
		Use:   "report FROM.json",
		Short: "Make reports of any kind from the JSON report of a run",
		Long: `report makes of a JSON report what run would have written beside it, with the
same verdicts and counts: nothing is sent, and nothing is judged anew. FROM.json
may be - for standard input. Without --report it prints what run printed.

The kinds are:
` + kindsText() + `
Without KIND= the ending says the kind: .json, .xml, .md, .html, .har, .sarif,
.svg.

Exit: 0 where the reports were made, whatever they say; with --exit-code that of
the run. 2 wrong usage, or a file that is no report of a run.`,
		Example: `  dpconform run --report json=run.json
  dpconform report run.json
  dpconform report run.json --report html=run.html --report sarif=run.sarif
  dpconform report run.json --report badge=badge.svg --exit-code
  ssh ci cat run.json | dpconform report - --report run.html`,
		Args: oneReport,
		RunE: func(command *cobra.Command, names []string) error {
			return makeReports(command, terminal, names[0], &settings, asTheRun)
		},
	}
	settings.AddReportFlag(command.Flags())
	settings.AddQuietFlag(command.Flags())
	command.Flags().BoolVar(&asTheRun, "exit-code", false, "end with the exit code of the run")
	completeWith(command, "report", cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace, kinds.Starts)
	return command
}

// kindsText lists the kinds of report for a person, a line each.
func kindsText() string {
	var text strings.Builder
	for _, kind := range kinds.All() {
		fmt.Fprintf(&text, "  %-12s %s\n", kind.Name, kind.What)
	}
	return text.String()
}

// oneReport refuses any other number of files.
func oneReport(_ *cobra.Command, names []string) error {
	if len(names) == 1 {
		return nil
	}
	return &text.UsageError{Message: fmt.Sprintf("report takes one report, not %d", len(names)),
		Fix: "give FROM.json, as dpconform run --report json=FILE writes it, or - for standard input"}
}

func makeReports(command *cobra.Command, terminal *terminal, name string, settings *config.Settings, asTheRun bool) error {
	sources, err := sourcesOf(command)
	if err != nil {
		return err
	}
	if err := terminal.heed(sources, settings.OutputSettings); err != nil {
		return err
	}
	files, err := reportsOfRun(sources, settings.Reports)
	if err != nil {
		return err
	}
	for _, file := range files {
		if file.Path != report.StandardOutput && diff.SameFile(file.Path, name) {
			return &text.UsageError{Place: sources.Origin("report"), Message: file.Path + " is the report that others are made from", Fix: "give another file"}
		}
	}
	found, err := savedReport(command, name)
	if err != nil {
		return err
	}
	if err := showSaved(terminal, found, files); err != nil {
		return err
	}
	if asTheRun && found.Exit != result.ExitConforms {
		return exitCode(found.Exit)
	}
	return nil
}

// savedReport reads the report of a run.
func savedReport(command *cobra.Command, name string) (report.Report, error) {
	found, err := diff.ReadReportFrom(name, command.InOrStdin())
	if err != nil {
		return found, err
	}
	if contradiction := report.Contradiction(found); contradiction != "" {
		return found, &text.UsageError{Place: name, Message: "this report was changed after it was written: " + contradiction,
			Fix: "give the file as dpconform run --report json=FILE wrote it"}
	}
	return found, nil
}

// showSaved writes the wanted reports, or prints the report where none is
// wanted.
func showSaved(terminal *terminal, found report.Report, files []report.File) error {
	if len(files) == 0 {
		console := report.Console{Out: terminal.out, Width: terminal.width(), Quiet: terminal.quiet}
		console.SavedHeader(found)
		console.Result(found)
		return nil
	}
	if writesToOutput(files) {
		terminal = terminal.onStandardError()
	}
	if err := writeReports(terminal, found, files); err != nil {
		return err
	}
	for _, file := range files {
		terminal.wrote(file)
	}
	return nil
}
