package main

import (
	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/report"
)

func newListCommand(terminal *terminal) *cobra.Command {
	var settings configuration.Settings
	var asJSON, all, traceability bool
	command := &cobra.Command{
		Use:   "list",
		Short: "List the requirements and the checks that judge them",
		Example: `  dpconform list
  dpconform list --json
  dpconform list --spec my.openapi.yaml`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			_, contract, err := prepare(command, &settings)
			if err != nil {
				return err
			}
			catalogue := report.NewCatalogue(contract)
			switch {
			case asJSON:
				return catalogue.WriteJSON(terminal.raw)
			case traceability:
				return report.WriteTraceability(terminal.raw, catalogue)
			}
			report.Console{Out: terminal.out, Width: terminal.width()}.List(catalogue, all)
			return nil
		},
	}
	settings.AddSpecFlag(command.Flags())
	command.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	command.Flags().BoolVar(&all, "all", false, "print every check of a requirement that many checks judge")
	command.Flags().BoolVar(&traceability, "traceability", false, "print a Markdown page from sentence to requirement to check")
	command.MarkFlagsMutuallyExclusive("json", "traceability")
	return command
}
