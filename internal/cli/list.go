package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

func newListCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	var asJSON, all, markdown, clients bool
	command := &cobra.Command{
		Use:   "list",
		Short: "List the requirements, of servers and of clients, and what judges them",
		Example: `  dpconform list
  dpconform list --client
  dpconform list --json
  dpconform list --spec my.openapi.yaml`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			_, contract, err := prepare(command, &settings)
			if err != nil {
				return err
			}
			catalogue := wholeCatalogue(contract)
			switch {
			case asJSON:
				return catalogue.WriteJSON(terminal.raw)
			case markdown:
				return writeRequirementsPage(terminal.raw, catalogue)
			}
			console := catalogueConsole{text.Printer{Out: terminal.out, Width: terminal.width()}}
			if !clients {
				console.List(catalogue, all)
				fmt.Fprintln(terminal.out)
			}
			console.ListClients(catalogue)
			return nil
		},
	}
	settings.AddSpecFlag(command.Flags())
	command.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	command.Flags().BoolVar(&all, "all", false, "print every check of a requirement that many checks judge")
	command.Flags().BoolVar(&clients, "client", false, "print the requirements of clients alone")
	command.Flags().BoolVar(&markdown, "markdown", false, "print a Markdown page: from sentence to requirement to check")
	command.MarkFlagsMutuallyExclusive("json", "markdown", "client")
	return command
}

// wholeCatalogue lists what a description demands of servers and of clients.
func wholeCatalogue(contract *spec.Contract) Catalogue {
	catalogue := NewCatalogue(contract)
	catalogue.Clients = clientEntries(contract)
	return catalogue
}
