package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

func newListCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	var asJSON, all, clients bool
	command := &cobra.Command{
		Use:   "list",
		Short: "List the requirements for servers and clients, and their checks",
		Example: `  dpconform list
  dpconform list --client
  dpconform list --json
  dpconform list --spec my.openapi.yaml`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			_, method, err := prepare(command, terminal, &settings)
			if err != nil {
				return err
			}
			listed := newCatalogue(method)
			if asJSON {
				return text.WriteJSON(terminal.raw, listed)
			}
			console := catalogueConsole{text.Printer{Out: terminal.out, Width: terminal.width()}, listed}
			if !clients {
				console.list(all)
				fmt.Fprintln(terminal.out)
			}
			console.listClients()
			return nil
		},
	}
	settings.AddDescriptionFlags(command.Flags())
	command.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	command.Flags().BoolVar(&all, "all", false, "print every check of a requirement that has many")
	command.Flags().BoolVar(&clients, "client", false, "print only the requirements for clients")
	command.MarkFlagsMutuallyExclusive("json", "client")
	return command
}

func newExplainCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	command := &cobra.Command{
		Use:   "explain ID",
		Short: "Explain a requirement, check or aspect: quote, source, requests",
		Example: `  dpconform explain body.empty
  dpconform explain path/two-segments
  dpconform explain client.repeat.backoff`,
		Args: func(command *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return text.Mistake("", "explain takes the id of one requirement, check or aspect", "see dpconform list")
			}
			return nil
		},
		ValidArgsFunction: func(command *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return explained(completed(command)), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(command *cobra.Command, arguments []string) error {
			_, method, err := prepare(command, terminal, &settings)
			if err != nil {
				return err
			}
			console := catalogueConsole{text.Printer{Out: terminal.out, Width: terminal.width()}, newCatalogue(method)}
			if console.explain(arguments[0]) {
				return nil
			}
			if reason := whyNotDescribed(method, arguments[0]); reason != "" {
				console.notApplicable(arguments[0], reason)
				return nil
			}
			if scenarios, err := scenario.Shipped(method); err == nil && slices.Contains(scenario.Names(scenarios), arguments[0]) {
				return text.Mistake("", fmt.Sprintf("%q is a scenario", arguments[0]), "dpconform client --print-scenario "+arguments[0]+" prints it")
			}
			return text.Mistake("", fmt.Sprintf("unknown requirement, check or aspect %q", arguments[0]), text.DidYouMeanOr(arguments[0], explained(method), "dpconform list --all prints all"))
		},
	}
	settings.AddDescriptionFlags(command.Flags())
	return command
}

// explained lists the ids that can be explained: those of aspects, checks and
// requirements, also of clients, and test conditions.
func explained(method *spec.Method) []string {
	names := knownNames(method)
	for _, requirement := range method.ClientRequirements {
		names = append(names, requirement.ID)
	}
	for _, condition := range result.Conditions() {
		names = append(names, condition.ID)
	}
	return names
}
