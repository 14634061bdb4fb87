package cli

import (
	"fmt"
	"io"

	"github.com/charmbracelet/colorprofile"
	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/diff"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// diffFormats are the formats of its reports.
var diffFormats = []string{"text", "json", "markdown", "github"}

func newDiffCommand(terminal *terminal) *cobra.Command {
	var failOn string
	var reports []string
	command := &cobra.Command{
		Use:   "diff OLD.json NEW.json",
		Short: "Compare two reports of runs",
		Long: `diff shows in what two JSON reports of run, or of client, differ: what fails,
passes or is skipped now, and which responses changed in status, in a header that
matters, or in the shape of their body, each with the evidence of both. One of
the reports may be - for standard input.

Exchanges are compared with those of the same check and purpose, whatever jobs
and seeds the runs were given. What makes two runs unlike (another target,
description, level, selection or number of jobs) is listed.

A regression is what fails now and did not, what an error keeps from being
tested now, and what is documented and no longer tested.

Exit: 0 no regression, 1 a regression (see --fail-on), 2 wrong usage, or a file
that is no report.`,
		Example: `  dpconform run --report json=monday.json
  dpconform run --report json=tuesday.json
  dpconform diff monday.json tuesday.json
  dpconform diff monday.json tuesday.json --fail-on changed --report markdown=-`,
		Args: twoReports,
		RunE: func(command *cobra.Command, names []string) error {
			return runDiff(command, terminal, names, failOn, reports)
		},
	}
	command.Flags().StringVar(&failOn, "fail-on", string(diff.OnRegression),
		"which `CHANGE` gives exit 1: regression, changed (anything, responses included) or never")
	command.Flags().StringArrayVar(&reports, "report", nil,
		"write a report, as `FORMAT=PATH` with FORMAT text, json, markdown or github; - is standard output; repeatable")
	completeWith(command, "fail-on", cobra.ShellCompDirectiveNoFileComp, failOnNames)
	completeWith(command, "report", cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace,
		func() []string { return []string{"text=", "json=", "markdown=", "github"} })
	return command
}

func failOnNames() []string {
	var names []string
	for _, one := range diff.AllFailOn() {
		names = append(names, string(one))
	}
	return names
}

// twoReports refuses any other number of files.
func twoReports(command *cobra.Command, names []string) error {
	if len(names) == 2 {
		return nil
	}
	return &text.UsageError{Message: fmt.Sprintf("diff takes two reports, not %d", len(names)),
		Fix: "give OLD.json and NEW.json, as dpconform run --report json=FILE writes them"}
}

func runDiff(command *cobra.Command, terminal *terminal, names []string, failOnText string, reports []string) error {
	sources, err := sourcesOf(command)
	if err != nil {
		return err
	}
	failOn, err := failOnOf(sources, failOnText)
	if err != nil {
		return err
	}
	files, err := reportFiles(sources, reports, diffFormats...)
	if err != nil {
		return err
	}
	for _, file := range files {
		if file.Path != report.StandardOutput && (diff.SameFile(file.Path, names[0]) || diff.SameFile(file.Path, names[1])) {
			return &text.UsageError{Place: "--report", Message: file.Path + " is one of the reports that are compared", Fix: "give another file"}
		}
	}
	before, after, err := diff.Read(names[0], names[1], command.InOrStdin())
	if err != nil {
		return err
	}
	compared := diff.Compare(before, after)
	if writesToOutput(files) {
		terminal = terminal.onStandardError()
	}
	diff.WriteText(terminal.out, terminal.width(), compared, failOn)
	if err := writeDiff(terminal, files, compared, failOn); err != nil {
		return err
	}
	if compared.Fails(failOn) {
		return exitCode(result.ExitFails)
	}
	return nil
}

func failOnOf(sources *config.Sources, value string) (diff.FailOn, error) {
	for _, one := range diff.AllFailOn() {
		if string(one) == value {
			return one, nil
		}
	}
	return "", &text.UsageError{Place: sources.Origin("fail-on"), Message: fmt.Sprintf("unknown change %q", value),
		Fix: text.DidYouMean(value, failOnNames())}
}

func writeDiff(terminal *terminal, files []report.File, compared diff.Comparison, failOn diff.FailOn) error {
	for _, file := range files {
		if toRunner(file) {
			terminal.github.wanted, terminal.github.compared, terminal.github.failOn = true, &compared, failOn
			continue
		}
		write := map[string]func(io.Writer) error{
			"text": func(out io.Writer) error {
				plain := &colorprofile.Writer{Forward: out, Profile: colorprofile.NoTTY}
				diff.WriteText(plain, helpColumns, compared, failOn)
				return nil
			},
			"json":     func(out io.Writer) error { return diff.WriteJSON(out, compared, version, failOn) },
			"markdown": func(out io.Writer) error { return diff.WriteMarkdown(out, compared) },
		}[file.Format]
		if err := file.WriteWith(write, terminal.raw); err != nil {
			return &text.UsageError{Place: "--report", Message: file.Path + " was not written: " + err.Error()}
		}
	}
	return nil
}
