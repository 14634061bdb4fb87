package cli

import (
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

// helpColumns is the width of the help: that of the narrowest usual terminal.
const helpColumns = 80

// newRootCommand puts all commands together.
func newRootCommand(terminal *terminal) *cobra.Command {
	root := &cobra.Command{
		Use:   "dpconform",
		Short: "Test servers and clients of a method against its OpenAPI description",
		Long: `dpconform tests any server of a method against the method's OpenAPI description,
requirement by requirement: a live endpoint, an emulator, or recorded responses.
And it tests any client that calls the method.

Built in are the descriptions of ` + text.List(spec.Shipped(), "and") + `.
--method chooses one, --spec takes one of your own.`,
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
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", fmt.Sprintf(".FlagUsagesWrapped %d ", helpColumns)))
	root.CompletionOptions.HiddenDefaultCmd = false
	addColorFlag(root, terminal)
	root.AddCommand(
		newRunCommand(terminal), newRecordCommand(terminal), newDoctorCommand(terminal), newLoginCommand(terminal),
		newEmulateCommand(terminal), newClientCommand(terminal),
		newReportCommand(terminal), newDriftCommand(terminal), newDiffCommand(terminal), newSpecCommand(terminal),
		newListCommand(terminal), newExplainCommand(terminal), newVersionCommand(terminal),
	)
	completeDescriptions(root)
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
	return text.Mistake("", fmt.Sprintf("unknown command %q", arguments[0]), text.DidYouMean(arguments[0], known))
}

// noArguments refuses words that a command has no use for.
func noArguments(command *cobra.Command, arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}
	return text.Mistake("", fmt.Sprintf("%s takes no %q", command.CommandPath(), arguments[0]), "see "+command.CommandPath()+" --help")
}

// flagMistake says what is wrong with a flag and what it takes, or names the
// nearest one.
func flagMistake(command *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return text.Mistake("--"+invalid.GetFlag().Name, config.Refusal(invalid.GetFlag(), invalid.GetValue()), "")
	}
	message := err.Error()
	name, unknown := strings.CutPrefix(message, "unknown flag: --")
	if !unknown {
		return text.Mistake("", message, "see "+command.CommandPath()+" --help")
	}
	var known []string
	command.Flags().VisitAll(func(flag *pflag.Flag) { known = append(known, "--"+flag.Name) })
	return text.Mistake("", "unknown flag --"+name, text.DidYouMean("--"+name, known))
}

// sourcesOf fills the flags of a command from environment and file.
func sourcesOf(command *cobra.Command) (*config.Sources, error) {
	sources := &config.Sources{Known: configurationKeys(command.Root()), Context: command.Context()}
	return sources, sources.Fill(command.Flags())
}

// prepare is how every command begins: it fills the flags, lets them say how much
// is printed, and loads the description.
func prepare(command *cobra.Command, terminal *terminal, settings *config.Settings) (*config.Sources, *spec.Method, error) {
	sources, err := sourcesOf(command)
	if err != nil {
		return nil, nil, err
	}
	if err := terminal.setVerbosity(sources, settings); err != nil {
		return nil, nil, err
	}
	method, err := settings.Method(sources)
	endInOrder(command.Context())
	return sources, method, err
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
		Long: `version prints the version and the methods whose descriptions are built in.
dpconform list prints the digest of a description, which binds cassettes and
reports to it.`,
		Example: "  dpconform version",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(terminal.raw, "dpconform %s\nbuilt in: %s\n%s %s/%s\n", version, text.List(spec.Shipped(), "and"),
				runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}

// completeDescriptions lets a shell complete the flags that name a built-in
// description, of every command that has them.
func completeDescriptions(command *cobra.Command) {
	if command.Flags().Lookup(config.RevisionFlag) != nil {
		completeWith(command, config.MethodFlag, cobra.ShellCompDirectiveNoFileComp, spec.Shipped)
		completeWith(command, config.RevisionFlag, cobra.ShellCompDirectiveNoFileComp, func() []string {
			method := command.Flag(config.MethodFlag).Value.String()
			// Of an unknown method there are none.
			description, _ := spec.Embedded(method)
			return description.Revisions()
		})
	}
	for _, inner := range command.Commands() {
		completeDescriptions(inner)
	}
}
