package cli

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// newRootCommand puts all commands together.
func newRootCommand(terminal *terminal) *cobra.Command {
	root := &cobra.Command{
		Use:   "dpconform",
		Short: "Test servers and clients of a method against its OpenAPI description",
		Long: `dpconform tests a server against the OpenAPI description of a method,
requirement by requirement. The server may be a live endpoint, an emulator or
recorded responses. It also tests clients that call the method.

The methods ` + text.List(spec.Shipped(), "and") + ` are built in;
--method selects one. --spec takes a description of your own.`,
		Example: `  dpconform run
  dpconform run --endpoint http://127.0.0.1:8080 \
      --token-template 'scope:{short}' --job STATE=ID,ID
  dpconform explain body.empty`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSuchCommand,
		RunE:          func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	root.SetVersionTemplate("dpconform {{.Version}}\n")
	root.SetOut(terminal.raw)
	root.SetErr(terminal.err)
	root.SetFlagErrorFunc(flagMistake)
	root.CompletionOptions.HiddenDefaultCmd = false
	root.PersistentFlags().Var(terminal.color, config.ColorFlag, "`WHEN` to use colors: auto, always or never")
	root.AddCommand(
		newInitCommand(terminal), newRunCommand(terminal), newProfilesCommand(terminal), newRecordCommand(terminal), newDoctorCommand(terminal), newLoginCommand(terminal),
		newEmulateCommand(terminal), newClientCommand(terminal),
		newReportCommand(terminal), newDriftCommand(terminal), newDiffCommand(terminal), newSpecCommand(terminal),
		newListCommand(terminal), newExplainCommand(terminal), newVersionCommand(terminal),
	)
	addHelp(root)
	addCompletion(root)
	return root
}

// noSuchCommand refuses a word that is not a command.
func noSuchCommand(command *cobra.Command, arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}
	var known []string
	for _, one := range command.Commands() {
		if one.IsAvailableCommand() {
			known = append(known, one.Name())
		}
	}
	const few = 4
	fix := "want " + text.List(known, "or")
	if len(known) > few {
		fix = text.DidYouMeanOr(arguments[0], known, fix)
	}
	return text.Mistake("", fmt.Sprintf("unknown %s %q", strings.ToLower(subject(command)), arguments[0]), fix)
}

// noArguments refuses words that a command has no use for.
func noArguments(command *cobra.Command, arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}
	return text.Mistake("", fmt.Sprintf("unexpected argument %q", arguments[0]), "see "+command.CommandPath()+" --help")
}

// instead is what to give for a flag of other commands that one might expect here too.
var instead = map[string]string{"drift spec": "give the description as --from FILE"}

// flagMistake says what is wrong with a flag and what it takes, or names the
// nearest one.
func flagMistake(command *cobra.Command, err error) error {
	if errors.Is(err, errHelpAll) {
		fmt.Fprint(command.OutOrStdout(), fullHelp(command))
		return exitCode(0)
	}
	var invalid *pflag.InvalidValueError
	var valueless *pflag.ValueRequiredError
	var unknown *pflag.NotExistError
	see := "see " + command.CommandPath() + " --" + helpFlag
	switch {
	case errors.As(err, &invalid):
		return text.Located("--"+invalid.GetFlag().Name, config.Refusal(invalid.GetFlag(), invalid.GetValue()))
	case errors.As(err, &valueless):
		value, _ := pflag.UnquoteUsage(valueless.GetFlag())
		return text.Mistake("--"+valueless.GetFlag().Name, "it has no value", "give "+value)
	case !errors.As(err, &unknown):
		return text.Mistake("", "a flag that cannot be read", see)
	case unknown.GetSpecifiedShortnames() != "":
		return text.Mistake("", "unknown flag -"+unknown.GetSpecifiedName(), see)
	}
	known := []string{}
	command.Flags().VisitAll(func(flag *pflag.Flag) { known = append(known, flag.Name) })
	name := unknown.GetSpecifiedName()
	var others []string
	for _, other := range command.Root().Commands() {
		if other.Flags().Lookup(name) != nil {
			others = append(others, other.Name())
		}
	}
	if len(others) > 0 {
		return text.Mistake("", strings.TrimPrefix(command.CommandPath(), "dpconform ")+" has no flag --"+name, cmp.Or(instead[command.Name()+" "+name], "these commands have it: "+strings.Join(others, ", ")))
	}
	fix := text.DidYouMeanOr(name, known, "")
	return text.Mistake("", "unknown flag --"+name, cmp.Or(strings.Replace(fix, "mean ", "mean --", 1), see))
}

// sourcesOf fills the flags of a command from environment and file.
func sourcesOf(command *cobra.Command) (*config.Sources, error) {
	sources := &config.Sources{Known: configurationKeys(command.Root()), Context: command.Context()}
	return sources, sources.Fill(command.Flags())
}

// prepare is how every command begins: it fills the flags, lets them say how much
// is printed, and loads the description.
func prepare(command *cobra.Command, terminal *terminal, settings *config.Settings) (*config.Sources, *spec.Method, error) {
	sources, err := fill(command, terminal, settings)
	if err != nil {
		return nil, nil, err
	}
	method, err := describe(command, sources, settings)
	return sources, method, err
}

// fill is the part of prepare that comes before the description.
func fill(command *cobra.Command, terminal *terminal, settings *config.Settings) (*config.Sources, error) {
	sources, err := sourcesOf(command)
	if err != nil {
		return nil, err
	}
	sources.Pause = terminal.pause
	return sources, terminal.setVerbosity(sources, settings)
}

// describe loads the description that the settings name.
func describe(command *cobra.Command, sources *config.Sources, settings *config.Settings) (*spec.Method, error) {
	defer endInOrder(command.Context())
	return settings.Method(sources)
}

// configurationKeys lists the flags of all commands that read a file, so that
// one file serves them all.
func configurationKeys(root *cobra.Command) []string {
	// What a file must not say: nobody wants to revoke logins by a file.
	seen := map[string]bool{"help": true, "version": true, config.ConfigFlag: true, "list": true, "revoke": true, "forget": true}
	keys := []string{config.ColorFlag}
	for _, command := range root.Commands() {
		if command.Flags().Lookup(config.ConfigFlag) == nil {
			continue
		}
		command.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
			if !seen[flag.Name] {
				seen[flag.Name] = true
				keys = append(keys, flag.Name)
			}
		})
	}
	return keys
}

func newVersionCommand(terminal *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version and the methods whose descriptions are built in",
		Long: `version prints the version and the built-in methods. dpconform list prints the
digest of a description, which cassettes and reports contain.`,
		Example: "  dpconform version",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(terminal.raw, "dpconform %s\nbuilt in: %s\n%s %s/%s\n", version, text.List(spec.Shipped(), "and"),
				runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}
