package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/comparison"
	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/report/kinds"
	"github.com/dpconform/dpconform/report/merging"
	"github.com/dpconform/dpconform/suites"
)

func newMergeCommand(terminal *terminal) *cobra.Command {
	var settings configuration.Settings
	command := &cobra.Command{
		Use:   "merge REPORT.json|FOLDER...",
		Short: "Join the reports of the shards of a run",
		Long: `merge joins the JSON reports of run --shard 1/8 to 8/8 to the report of the
whole run, prints its result and ends with its exit code. Of a folder, and of
the folders in it, it takes all files named *.json.

Each check is judged by one shard. What looks at the exchanges of the whole run
(response, errors, robustness) is judged by each shard over its own and added
up here, so that only the whole says what a known failure, or a skip, is worth.

All shards get the same flags but for --shard; what the flags say is of all of
them together. The FAILED jobs are dealt out, so that no two shards retry the
same one: 15, and one for each shard, judge everything of a server that
conforms. --max-requests and --rate are shared out too.

A shard that is missing or there twice, or shards of different targets,
descriptions or flags, are a mistake: one line, exit 2, and nothing written.

Exit: that of the whole run, 2 for wrong usage, 130 where a shard was
interrupted.`,
		Example: `  for shard in 1 2 3 4; do
    dpconform run --shard $shard/4 --report json=shards/$shard.json ... &
  done; wait
  dpconform merge shards --report junit=report.xml --report json=whole.json`,
		Args: someReports,
		RunE: func(command *cobra.Command, names []string) error {
			return merge(command, terminal, names, &settings)
		},
	}
	settings.AddSpecFlag(command.Flags())
	settings.AddReportFlag(command.Flags())
	settings.AddQuietFlag(command.Flags())
	completeWith(command, "report", cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace, kinds.Starts)
	return command
}

// someReports refuses no file at all.
func someReports(_ *cobra.Command, names []string) error {
	if len(names) > 0 {
		return nil
	}
	return &configuration.UsageError{Message: "merge takes the reports of all shards, and none is given",
		Mend: "give the files that dpconform run --shard NUMBER/TOTAL --report json=FILE wrote, or a folder with them"}
}

func merge(command *cobra.Command, terminal *terminal, names []string, settings *configuration.Settings) error {
	sources, contract, err := prepare(command, settings)
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
	inputs, err := merging.Files(names)
	if err != nil {
		return err
	}
	for _, file := range files {
		for _, input := range inputs {
			if file.Path != report.StandardOutput && comparison.SameFile(file.Path, input) {
				return &configuration.UsageError{Place: sources.Origin("report"), Message: file.Path + " is one of the reports that are joined", Mend: "give another file"}
			}
		}
	}
	parts, err := merging.Read(inputs)
	if err != nil {
		return err
	}
	whole, warnings, err := merging.Merge(contract, version, parts)
	if err != nil {
		return err
	}
	for _, warning := range warnings {
		fmt.Fprintln(terminal.err, "dpconform: "+warning)
	}
	return showMerged(terminal, whole, files)
}

func showMerged(terminal *terminal, whole report.Report, files []report.File) error {
	if writesToOutput(files) {
		terminal = terminal.onStandardError()
	}
	console := report.Console{Out: terminal.out, Width: terminal.width(), Quiet: terminal.quiet}
	console.MergedHeader(whole)
	err := writeReports(terminal, whole, files)
	if err == nil {
		console.Written = files
	}
	console.Result(whole)
	if err == nil && whole.Exit != suites.ExitConforms {
		return exitCode(whole.Exit)
	}
	return err
}
