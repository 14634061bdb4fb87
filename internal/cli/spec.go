package cli

import (
	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/spec"
)

// newSpecCommand groups the commands about the description.
func newSpecCommand(terminal *terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "spec",
		Short: "Print the OpenAPI description",
		Args:  noSuchCommand,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(&cobra.Command{
		Use:   "print",
		Short: "Print the built-in description",
		Long: `print writes the built-in OpenAPI description to standard output, byte for byte.
Save it as a file, edit it, and pass it to --spec.`,
		Example: `  dpconform spec print > my.openapi.yaml`,
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := terminal.raw.Write(spec.Embedded().Text)
			return err
		},
	})
	return command
}
