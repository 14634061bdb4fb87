package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/openapi"
	"github.com/dpconform/dpconform/internal/text"
)

// newSpecCommand groups the commands about the description.
func newSpecCommand(terminal *terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "spec",
		Short: "Print the OpenAPI description, or write a new one",
		Args:  noSuchCommand,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(newSpecPrintCommand(terminal), newSpecNewCommand(terminal))
	return command
}

// olderVersion is the only version of OpenAPI that descriptions are converted to.
const olderVersion = "3.0"

func newSpecPrintCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	var form openapi.Form
	var version string
	command := &cobra.Command{
		Use:   "print",
		Short: "Print the description, also in forms for other tools",
		Long: `print writes the OpenAPI description to standard output, unchanged unless an
overlay is applied. Save it as a file, edit it, and pass it to --spec.

Code generators and other tools read it in other forms: without the extensions
of dpconform, as JSON, and as OpenAPI 3.0. What OpenAPI 3.0 cannot express is
left out, with a note on standard error.`,
		Example: `  dpconform spec print > my.openapi.yaml
  dpconform spec print --overlay my.overlay.yaml
  dpconform spec print --plain --openapi 3.0 > for-generators.yaml`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			if form.Version30 = version == olderVersion; version != "" && !form.Version30 {
				return text.Mistake("--openapi", fmt.Sprintf("invalid value %q", version), "give "+olderVersion+", or leave it out")
			}
			sources, err := sourcesOf(command)
			if err != nil {
				return err
			}
			description, err := settings.Description(sources)
			if err != nil {
				return err
			}
			if err := description.Validate(); err != nil {
				return err
			}
			written, notes, err := openapi.Convert(description, form)
			if err != nil {
				return err
			}
			for _, note := range notes {
				fmt.Fprintln(terminal.err, "dpconform:", note)
			}
			_, err = terminal.raw.Write(written)
			return err
		},
	}
	settings.AddDescriptionFlags(command.Flags())
	command.Flags().BoolVar(&form.Plain, "plain", false, "leave out the extensions of dpconform")
	command.Flags().BoolVar(&form.JSON, "json", false, "print JSON instead of YAML")
	command.Flags().StringVar(&version, "openapi", "", "convert to this `VERSION` of OpenAPI: 3.0")
	return command
}
