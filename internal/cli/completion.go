package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/diff"
	"github.com/dpconform/dpconform/internal/drift"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/spec"
)

// addCompletion adds the command that prints what lets a shell complete.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd("completion")
	completion, _, err := root.Find([]string{"completion"})
	if err != nil {
		panic(err)
	}
	completion.Args, completion.RunE = noSuchCommand, func(command *cobra.Command, _ []string) error { return command.Help() }
	completion.Short = "Print a shell completion script"
	completion.Long = `completion prints a script that lets a shell complete commands, flags and their
values, such as job states, checks, faults and report formats. The script for
bash needs the package bash-completion.`
	completion.Example = `  source <(dpconform completion bash)
  dpconform completion zsh > "${fpath[1]}/_dpconform"
  dpconform completion fish > ~/.config/fish/completions/dpconform.fish
  dpconform completion powershell | Out-String | Invoke-Expression`
	for _, shell := range completion.Commands() {
		line := strings.Split(completion.Example, "\n")[slices.Index([]string{"bash", "zsh", "fish", "powershell"}, shell.Name())]
		shell.Args = noArguments
		shell.Short, shell.Long, shell.Example = "Print the script for "+shell.Name(), "", line
	}
}

// flagValues lists what a shell completes a flag of a command with; nothing lets it
// complete the name of a file. With more, a value goes on behind what is listed.
func flagValues(command *cobra.Command, flag, typed string) (values []string, more bool) {
	switch flag {
	case config.MethodFlag:
		return spec.Shipped(), false
	case config.RevisionFlag:
		// Of an unknown method there are none.
		description, _ := spec.Embedded(command.Flag(config.MethodFlag).Value.String())
		return description.Revisions(), false
	case config.ProfileFlag:
		return config.Profiles(), false
	case config.ColorFlag:
		return config.Colors(), false
	case "level":
		return config.NamesOf(spec.Levels()), false
	case "for":
		return initUsers, false
	case "focus":
		return knownNames(completed(command)), false
	case "scenario", "print-scenario":
		scenarios, _ := scenario.Shipped(completed(command))
		return scenario.Names(scenarios), false
	case "fault":
		for _, fault := range emulator.Faults(completed(command)) {
			values = append(values, fault.Name+"\t"+fault.Text)
		}
		return append(values, "list\tprint all names"), false
	case "fail-on":
		if command.Name() == "drift" {
			return config.NamesOf(drift.Classes()), false
		}
		return config.NamesOf(diff.AllFailOn()), false
	case "job":
		return withSign(completed(command).States), true
	case "report":
		switch command.Name() {
		case "drift":
			return withSign(driftFormats), true
		case "diff":
			return append(withSign(driftFormats), "github"), true
		}
		return withSign(report.Names()), true
	case config.ScopesFlag:
		for _, name := range config.SelectableScopes(completed(command)) {
			values = append(values, typed[:strings.LastIndex(typed, ",")+1]+name)
		}
		return values, true
	}
	return nil, false
}

// completeFlags lets a shell complete the flags of a command and of those below it.
// Cobra keeps the flags for ever, and with them what a run received: only a shell's
// question needs that.
func completeFlags(command *cobra.Command) {
	complete := func(flag *pflag.Flag) {
		name := flag.Name
		if err := command.RegisterFlagCompletionFunc(name, func(command *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			values, more := flagValues(command, name, typed)
			switch {
			case values == nil:
				return nil, cobra.ShellCompDirectiveDefault
			case more:
				return values, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
			}
			return values, cobra.ShellCompDirectiveNoFileComp
		}); err != nil {
			panic(err) // It is that of a flag that does not exist.
		}
	}
	command.LocalNonPersistentFlags().VisitAll(complete)
	command.PersistentFlags().VisitAll(complete)
	for _, inner := range command.Commands() {
		completeFlags(inner)
	}
}

// completed is the description that the flags before a completion name, or the
// default one where they are wrong.
func completed(command *cobra.Command) *spec.Method {
	var settings config.Settings
	command.Flags().VisitAll(func(flag *pflag.Flag) {
		switch flag.Name {
		case "spec":
			settings.Spec = flag.Value.String()
		case config.MethodFlag:
			settings.MethodName = flag.Value.String()
		case config.RevisionFlag:
			settings.Revision = flag.Value.String()
		case overlayFlag:
			if several, are := flag.Value.(pflag.SliceValue); are {
				settings.Overlays = several.GetSlice()
			}
		}
	})
	if method, err := settings.Method(&config.Sources{}); err == nil {
		return method
	}
	return spec.MustLoadEmbedded()
}

// withSign puts the sign behind names that stands before the rest of a value.
func withSign(names []string) (beginnings []string) {
	for _, name := range names {
		beginnings = append(beginnings, name+"=")
	}
	return beginnings
}
