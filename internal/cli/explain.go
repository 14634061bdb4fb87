package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

func newExplainCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	command := &cobra.Command{
		Use:   "explain ID",
		Short: "Explain a requirement or a check: quote, source, what is sent",
		Example: `  dpconform explain retry.body.empty
  dpconform explain path/two-segments
  dpconform explain client.repeat.backoff`,
		Args: func(command *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return &text.UsageError{Message: "explain takes the id of one requirement or check", Fix: "see dpconform list"}
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return explained(spec.MustLoadEmbedded()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(command *cobra.Command, arguments []string) error {
			_, contract, err := prepare(command, &settings)
			if err != nil {
				return err
			}
			console := catalogueConsole{text.Printer{Out: terminal.out, Width: terminal.width()}}
			if console.Explain(wholeCatalogue(contract), arguments[0]) {
				return nil
			}
			return &text.UsageError{Message: fmt.Sprintf("unknown requirement or check %q", arguments[0]),
				Fix: text.DidYouMean(arguments[0], explained(contract))}
		},
	}
	settings.AddSpecFlag(command.Flags())
	return command
}

// explained lists the ids that can be explained: those of aspects, checks and
// requirements, also of clients.
func explained(contract *spec.Contract) []string {
	names := knownNames(contract)
	for _, requirement := range contract.ClientRequirements {
		names = append(names, requirement.ID)
	}
	return names
}
