package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/diff"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

func newReportCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	var asTheRun bool
	command := &cobra.Command{
		Use:   "report FROM.json",
		Short: "Write reports in any format from the JSON report of a run",
		Long: `report generates other formats from the JSON report of a run, with the same
verdicts and counts. It sends no request. FROM.json may be - for standard input.
Without --report it prints what run printed.

The formats are:
` + formatsText() + `
Without FORMAT=, the extension selects the format: .json, .xml, .md, .html,
.har, .sarif. github needs no path.

Exit: 0 the reports were written, whatever the verdict; with --exit-code, that
of the run. 2 wrong usage, or a file that is not a report of a run.`,
		Example: `  dpconform run --report json=run.json
  dpconform report run.json
  dpconform report run.json --report html=run.html --report sarif=run.sarif
  dpconform report run.json --report badge=badge.json --exit-code
  ssh ci cat run.json | dpconform report - --report run.html`,
		Args: oneReport,
		RunE: func(command *cobra.Command, names []string) error {
			return makeReports(command, terminal, names[0], &settings, asTheRun)
		},
	}
	settings.AddReportFlag(command.Flags())
	settings.AddQuietFlag(command.Flags())
	settings.AddVerboseFlag(command.Flags())
	command.Flags().BoolVar(&asTheRun, "exit-code", false, "exit with the exit code of the run")
	return command
}

// formatsText lists the formats for a person, a line each.
func formatsText() string {
	var text strings.Builder
	for _, format := range report.Formats() {
		fmt.Fprintf(&text, "  %-12s %s\n", format.Name, format.About)
	}
	return text.String()
}

// oneReport refuses any other number of files.
func oneReport(_ *cobra.Command, names []string) error {
	if len(names) == 1 {
		return nil
	}
	return text.Mistake("", fmt.Sprintf("report takes one report, not %d", len(names)), "give FROM.json, as dpconform run --report json=FILE writes it, or - for standard input")
}

func makeReports(command *cobra.Command, terminal *terminal, name string, settings *config.Settings, asTheRun bool) error {
	sources, err := sourcesOf(command)
	if err != nil {
		return err
	}
	if err := terminal.setVerbosity(sources, settings); err != nil {
		return err
	}
	files, err := parseReports(sources, settings.Reports, report.Names()...)
	if err != nil {
		return err
	}
	if err := refuseInputs(sources, files, "the report that others are made from", name); err != nil {
		return err
	}
	found, err := diff.ReadReport(name, command.InOrStdin())
	if err != nil {
		return err
	}
	if contradiction := result.Contradiction(found); contradiction != "" {
		return text.Mistake(name, "this report was changed after it was written: "+contradiction, "give the file as dpconform run --report json=FILE wrote it")
	}
	if err := showSaved(terminal, found, files); err != nil {
		return err
	}
	if asTheRun && found.Exit != result.ExitConforms {
		return exitCode(found.Exit)
	}
	return nil
}

// showSaved writes the wanted reports, or prints the report where none is
// wanted.
func showSaved(terminal *terminal, found result.Report, files []report.File) error {
	if len(files) == 0 {
		console := report.Console{Program: programName(), Printer: text.Printer{Out: terminal.out, Width: terminal.width()}, Quiet: terminal.quiet, Verbose: terminal.verbose}
		console.Header(found, len(found.Requirements), true)
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
