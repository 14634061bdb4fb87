package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/client"
	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

func newExplainCommand(terminal *terminal) *cobra.Command {
	var settings configuration.Settings
	command := &cobra.Command{
		Use:   "explain ID",
		Short: "Explain a requirement or a check: quote, source, what is sent",
		Example: `  dpconform explain retry.body.empty
  dpconform explain path/two-segments`,
		Args: func(command *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return &configuration.UsageError{Message: "explain takes the id of one requirement or check", Mend: "see dpconform list"}
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return suites.KnownNames(spec.MustLoadEmbedded()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(command *cobra.Command, arguments []string) error {
			_, contract, err := prepare(command, &settings)
			if err != nil {
				return err
			}
			console := report.Console{Out: terminal.out, Width: terminal.width()}
			if console.Explain(report.NewCatalogue(contract), arguments[0]) {
				return nil
			}
			if requirement, ofClients := contract.ClientRequirement(arguments[0]); ofClients {
				// Scenarios that the description does not fit are about nothing of it.
				scenarios, _ := client.Scenarios(contract)
				client.Console{Out: terminal.out, Width: terminal.width()}.Explain(requirement, scenarios)
				return nil
			}
			return &configuration.UsageError{Message: fmt.Sprintf("unknown requirement or check %q", arguments[0]),
				Mend: configuration.DidYouMean(arguments[0], suites.KnownNames(contract))}
		},
	}
	settings.AddSpecFlag(command.Flags())
	return command
}
