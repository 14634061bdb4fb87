package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/diff"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

func newDiffCommand(terminal *terminal) *cobra.Command {
	var failOn string
	var reports []string
	command := &cobra.Command{
		Use:   "diff OLD.json NEW.json",
		Short: "Compare the reports of two runs",
		Long: `diff compares two JSON reports of run or client. It prints which checks started
to fail, pass or be skipped, and which responses changed in status, in a header
that matters, or in the structure of their body, each with the old and the new
evidence. One of the reports may be - for standard input.

Requests are matched by check and purpose, even if the runs used other jobs or
seeds. If the runs differ in target, description, level, selection or number of
jobs, diff prints that too.

It is a regression if a check newly fails, if an error now keeps it from
running, or if a documented requirement is no longer tested where it was.

Exit: 0 no regression, 1 a regression (see --fail-on), 2 wrong usage, or a file
that is not a report.`,
		Example: `  dpconform run --report json=monday.json
  dpconform run --report json=tuesday.json
  dpconform diff monday.json tuesday.json
  dpconform diff OLD.json NEW.json --fail-on changed --report markdown=-`,
		Args: twoReports,
		RunE: func(command *cobra.Command, names []string) error {
			return runDiff(command, terminal, names, failOn, reports)
		},
	}
	command.Flags().StringVar(&failOn, "fail-on", string(diff.OnRegression),
		"which `CHANGE` gives exit 1: regression, changed (anything, responses included) or never")
	command.Flags().StringArrayVar(&reports, "report", nil,
		"write a report, as `FORMAT=PATH` with FORMAT text, json, markdown or github. The path - is standard output. Repeatable")
	return command
}

// twoReports refuses any other number of files.
func twoReports(_ *cobra.Command, names []string) error {
	if len(names) == 2 {
		return nil
	}
	return text.Mistake("", fmt.Sprintf("diff takes two reports, not %d", len(names)),
		"give OLD.json and NEW.json, as dpconform run --report json=FILE writes them")
}

func runDiff(command *cobra.Command, terminal *terminal, names []string, failOnText string, reports []string) error {
	sources, err := sourcesOf(command)
	if err != nil {
		return err
	}
	failOn, err := config.OneOf(sources, "fail-on", "change", failOnText, diff.AllFailOn())
	if err != nil {
		return err
	}
	files, err := parseReports(sources, reports, "text", "json", "markdown", "github")
	if err != nil {
		return err
	}
	if err := refuseInputs(sources, files, "one of the reports that are compared", names...); err != nil {
		return err
	}
	before, after, err := diff.Read(names[0], names[1], command.InOrStdin())
	if err != nil {
		return err
	}
	if (before.Report.Client == nil) != (after.Report.Client == nil) {
		names := map[bool]string{true: "a server", false: "a client"}
		return text.Mistake(after.File, fmt.Sprintf("this is the report of a run against %s, and %s that of %s", names[after.Report.Client == nil], before.File, names[before.Report.Client == nil]),
			"give two reports of servers, or two of clients")
	}
	compared := diff.Compare(before, after)
	if writesToOutput(files) {
		terminal = terminal.onStandardError()
	}
	files = slices.DeleteFunc(files, func(file report.File) bool {
		if !toRunner(file) {
			return false
		}
		terminal.github.wanted, terminal.github.compared, terminal.github.failOn = true, &compared, failOn
		return true
	})
	writeText := func(out io.Writer, columns int) { diff.WriteText(out, columns, compared, failOn) }
	err = writeComparison(terminal, files, writeText, map[string]func(io.Writer) error{
		"json":     func(out io.Writer) error { return diff.WriteJSON(out, compared, version, failOn) },
		"markdown": func(out io.Writer) error { return diff.WriteMarkdown(out, compared) },
	})
	if err == nil && compared.Fails(failOn) {
		return exitCode(result.ExitFails)
	}
	return err
}
