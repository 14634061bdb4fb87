package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/doctor"
	"github.com/dpconform/dpconform/internal/text"
)

func newDoctorCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	var asJSON bool
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Say whether all is there that a run needs",
		Long: `doctor looks at what run would need, with the same flags: whether the endpoint
is reached and how, whether this machine's clock is right, for each scope whether
there is a token, from where, until when and what it carries by those who know,
and which state each job is in.

Exit: 0 all is there, 2 wrong usage or configuration, 3 something is missing or
wrong, 4 the endpoint cannot be reached.`,
		Example: `  dpconform doctor --endpoint https://dataportability.googleapis.com
  dpconform doctor --config dpconform.yaml --json`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return examine(command, terminal, &settings, asJSON)
		},
	}
	settings.AddTargetFlags(command.Flags())
	command.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return command
}

func examine(command *cobra.Command, terminal *terminal, settings *config.Settings, asJSON bool) error {
	sources, contract, err := prepare(command, settings)
	if err != nil {
		return err
	}
	if settings.Endpoint == "" {
		return &text.UsageError{Place: sources.Origin("endpoint"), Message: "there is no server to look at", Fix: "give --endpoint URL"}
	}
	config, err := settings.TargetConfig(sources, contract)
	if err != nil {
		return err
	}
	config.UserAgent = "dpconform/" + version
	total := 2 + len(contract.Scopes)
	for _, jobs := range config.Jobs {
		total += len(jobs)
	}
	line := terminal.progress(command.Context(), total)
	defer line.end()
	findings, err := doctor.Examine(command.Context(), doctor.Options{Contract: contract, Target: config, Observe: line.show})
	line.end()
	if err != nil {
		return err
	}
	if asJSON {
		err = findings.WriteJSON(terminal.raw)
	} else {
		fmt.Fprintln(terminal.out)
		doctor.Printer{Out: terminal.out, Width: terminal.width()}.Print(findings)
	}
	if err == nil && findings.Exit != 0 {
		return exitCode(findings.Exit)
	}
	return err
}
