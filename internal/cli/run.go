package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

func newRunCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	command := &cobra.Command{
		Use:   "run",
		Short: "Test a server, or recorded responses, requirement by requirement",
		Long: `run sends what the description demands and tests what comes back. Without
--endpoint it tests the cassettes that the program carries.

Every flag can also be a key of the YAML file of --config, or an environment
variable: DPCONFORM_TOKEN_TEMPLATE for --token-template. Flags win over
variables, variables over the file. Several values of one variable are
separated by semicolons.

Exit: 0 conforms, 1 does not, 2 wrong usage or configuration, 3 inconclusive
(nothing failed, and something documented could not be tested), 4 unreachable.`,
		Example: `  dpconform run
  dpconform run --endpoint http://127.0.0.1:8080 \
      --token-template 'scope:{short}' --job FAILED=failed-1,failed-2 \
      --job COMPLETE=complete-1 --report junit=report.xml
  dpconform run --config dpconform.yaml --focus body --focus authorization
  dpconform run --label-filter 'path && documented'`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return run(command, terminal, &settings)
		},
	}
	settings.AddTargetFlags(command.Flags())
	settings.AddRunFlags(command.Flags())
	settings.AddQuietFlag(command.Flags())
	settings.AddVerboseFlag(command.Flags())
	command.Flags().BoolVar(&settings.DryRun, "dry-run", false, "print every request that would be sent, in order and with the reason, and send none")
	const more = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	completeLevel(command)
	completeWith(command, "focus", cobra.ShellCompDirectiveNoFileComp, func() []string { return knownNames(spec.MustLoadEmbedded()) })
	completeReport(command)
	completeWith(command, "job", more, func() []string {
		var states []string
		for _, state := range spec.MustLoadEmbedded().States {
			states = append(states, state+"=")
		}
		return states
	})
	return command
}

// completeWith lets a shell complete the value of a flag from a list.
func completeWith(command *cobra.Command, flag string, directive cobra.ShellCompDirective, values func() []string) {
	// The error is that of a flag that does not exist, which every call shows.
	if err := command.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values(), directive
	}); err != nil {
		panic(err)
	}
}

// completeLevel lets a shell complete --level.
func completeLevel(command *cobra.Command) {
	completeWith(command, "level", cobra.ShellCompDirectiveNoFileComp, func() []string { return namesOf(spec.Levels()) })
}

// completeReport lets a shell complete --report with the formats of a run.
func completeReport(command *cobra.Command) {
	completeWith(command, "report", cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace,
		func() []string { return formatStarts(report.Names()...) })
}

func run(command *cobra.Command, terminal *terminal, settings *config.Settings) error {
	began := time.Now()
	sources, contract, err := prepare(command, terminal, settings)
	if err != nil {
		return err
	}
	selected, err := selectChecks(contract, settings.Focus, settings.LabelFilter)
	if err != nil {
		return selectionMistake(sources, contract, err)
	}
	level, err := settings.StrictLevel(sources)
	if err != nil {
		return err
	}
	files, err := reportsOfRun(sources, settings.Reports)
	if err != nil {
		return err
	}
	known, err := readKnownFailures(sources, settings, contract.Requirements, checkIDs(contract), began, files)
	if err != nil {
		return err
	}
	if settings.DryRun {
		return dryRun(command.Context(), terminal, sources, settings, contract, selected)
	}
	server, err := findServer(command.Context(), sources, settings, contract)
	if err != nil {
		return leftBehind(err, files)
	}
	terminal.hide(server.target.Secrets)
	if writesToOutput(files) {
		terminal = terminal.onStandardError()
	}
	console := report.Console{Out: terminal.out, Width: terminal.width(), Quiet: terminal.quiet, Verbose: terminal.verbose}
	whole := finished{
		started: began, contract: contract, target: server.target, source: server.source, provenance: server.provenance,
		allowRetry: server.allowRetry, level: level, seed: server.seed, focus: settings.Focus, labelFilter: settings.LabelFilter,
	}
	console.Header(whole.beginning(), len(contract.Requirements), false)
	whole.outcome, err = runShown(command.Context(), terminal, suiteRun{
		contract: contract, target: server.target, level: level, seed: server.seed, known: known, selected: selected,
	})
	whole.outcome.Stale = server.stale
	if err == nil && !whole.outcome.Interrupted {
		err = server.complaint(len(whole.outcome.Checks) == len(whole.outcome.Catalogue))
	}
	if err != nil {
		return leftBehind(err, files)
	}
	whole.took = time.Since(began)
	found := whole.report()
	err = writeReports(terminal, found, files)
	if err == nil {
		console.Written = files
	}
	console.Width = terminal.width()
	console.Result(found)
	if err != nil {
		return err
	}
	if found.Exit == result.ExitInterrupted {
		return exitCode(found.Exit)
	}
	if err := writeKnownFailures(terminal, sources, settings, found); err != nil {
		return err
	}
	if found.Exit != result.ExitConforms {
		return exitCode(found.Exit)
	}
	return nil
}

// runShown runs the suite and shows how far it is.
func runShown(ctx context.Context, terminal *terminal, suite suiteRun) (result.Run, error) {
	line := terminal.progress(ctx, suite.total())
	defer line.end()
	line.watch(suite.target)
	suite.observe = line.tested
	return suite.run(ctx)
}

// selectionMistake says which of the two selecting flags is wrong.
func selectionMistake(sources *config.Sources, contract *spec.Contract, err error) error {
	var unknown *unknownNameError
	if errors.As(err, &unknown) {
		return text.Mistake(sources.Origin("focus"), err.Error(), text.DidYouMean(unknown.name, knownNames(contract)))
	}
	return text.Mistake(sources.Origin("label-filter"), strings.TrimSpace(err.Error()), "")
}
