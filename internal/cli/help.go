package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/text"
)

const (
	// helpColumns is the width of the help: that of the narrowest usual terminal.
	helpColumns = 80
	// helpLines is how long --help may be. A command whose whole help is longer
	// shows the rest with --help-all.
	helpLines   = 59
	helpFlag    = "help"
	helpAllFlag = "help-all"
	// The titles of the flags that one command alone has, and of those about help.
	ownFlags  = "Flags"
	helpTitle = "Help"
)

// flagGroup is a group of flags in the help. The common ones have a line of their
// own, the others only with --help-all.
type flagGroup struct {
	title          string
	common, others []string
}

// flagGroups are the groups of flags that several commands have, in the order of
// the help, the most important flags first. A flag that is in none of them is the
// command's own.
var flagGroups = []flagGroup{
	{"Target", []string{"endpoint", "config", "method", "spec", "cassettes"}, []string{"revision", "overlay", "max-age"}},
	{"Tokens", []string{"token-template", "token", "token-file", "token-command"},
		[]string{"token-join", "application-default", "token-url", "client-id", "client-secret-file", "tokeninfo-url", "introspection-url"}},
	{"Jobs", []string{"job", "job-command", "consume-jobs"}, nil},
	{"Selection", []string{"profile", "scopes", "no-auth", "focus", "known-failures", "dry-run"}, []string{"level", "label-filter", "write-known-failures", "seed"}},
	{"Reports and output", []string{"report", "quiet", "verbose", config.ColorFlag}, nil},
	{"Network", []string{"rate", "max-duration"},
		[]string{"timeout", "max-requests", "max-pause", "header", "quota-project", "ca-cert", "client-cert", "client-key", "insecure",
			"connect-timeout", "tls-timeout", "header-timeout"}},
	{helpTitle, nil, []string{helpFlag, helpAllFlag, "version"}},
}

// errHelpAll is what the flag --help-all stops the reading of flags with.
var errHelpAll = errors.New("help in full")

// addHelp lets all commands print their help, in short and in full.
func addHelp(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.BoolFunc(helpAllFlag, "print every flag, in full", func(string) error { return errHelpAll })
	if err := flags.SetAnnotation(helpAllFlag, config.CommandLineOnly, nil); err != nil {
		panic(err)
	}
	root.InitDefaultHelpCmd()
	command, _, err := root.Find([]string{helpFlag})
	if err != nil {
		panic(err)
	}
	command.Use, command.Short, command.Long = "help [COMMAND]", "Print the help of a command", ""
	command.Args = func(_ *cobra.Command, names []string) error {
		found, rest, _ := root.Find(names)
		if len(rest) > 0 {
			return noSuchCommand(found, rest)
		}
		return nil
	}
	root.SetHelpFunc(func(command *cobra.Command, _ []string) {
		command.InitDefaultHelpFlag()
		help := fullHelp(command)
		if strings.Count(help, "\n") > helpLines {
			help = shortHelp(command)
		}
		fmt.Fprint(command.OutOrStdout(), help)
	})
}

// fullHelp is all that there is to say of a command.
func fullHelp(command *cobra.Command) string { return help(command, command.Long, true) }

// shortHelp is the first paragraph and the one about exit codes, with one line for
// each common flag.
func shortHelp(command *cobra.Command) string {
	paragraphs := strings.Split(command.Long, "\n\n")
	paragraphs = slices.DeleteFunc(paragraphs[1:], func(paragraph string) bool { return !strings.HasPrefix(paragraph, "Exit: ") })
	first, _, _ := strings.Cut(command.Long, "\n\n")
	return help(command, strings.Join(append([]string{first}, paragraphs...), "\n\n"), false)
}

// subject is what a command takes as its first argument.
func subject(command *cobra.Command) string {
	if command.Name() == "completion" {
		return "SHELL"
	}
	return "COMMAND"
}

func help(command *cobra.Command, description string, full bool) string {
	var out strings.Builder
	if description == "" {
		description = command.Short
	}
	usage := command.UseLine()
	if command.HasAvailableSubCommands() {
		usage = command.CommandPath() + " " + subject(command) + " [flags]"
	}
	fmt.Fprintf(&out, "%s\n\nUsage: %s\n", description, usage)
	if command.HasExample() {
		fmt.Fprintf(&out, "\nExamples:\n%s\n", command.Example)
	}
	if command.HasAvailableSubCommands() {
		fmt.Fprint(&out, "\nCommands:\n")
		for _, one := range command.Commands() {
			if one.IsAvailableCommand() || one.Name() == helpFlag {
				fmt.Fprintf(&out, "  %-*s %s\n", command.NamePadding(), one.Name(), one.Short)
			}
		}
	}
	writeFlags(&out, command, full)
	switch {
	case command.HasAvailableSubCommands():
		fmt.Fprintf(&out, "\n%s %s --%s prints its flags.\n", command.CommandPath(), subject(command), helpFlag)
	case !full:
		fmt.Fprintf(&out, "\n%s --%s explains every flag.\n", command.CommandPath(), helpAllFlag)
	}
	return out.String()
}

// writeFlags writes the flags of a command in their groups: in short, the first
// sentence about each.
func writeFlags(out io.Writer, command *cobra.Command, full bool) {
	groups, width := groupedFlags(command), 0
	for _, group := range groups {
		for _, flag := range group.shown(full) {
			width = max(width, len(flagForm(flag)))
		}
	}
	for _, group := range groups {
		if group.title == helpTitle && !full {
			continue
		}
		if len(group.shown(full)) == 0 {
			fmt.Fprintf(out, "\n%s\n", text.Paragraph(group.title+": ", group.names(), helpColumns))
			continue
		}
		fmt.Fprintf(out, "\n%s:\n", group.title)
		for _, flag := range group.shown(full) {
			_, usage := pflag.UnquoteUsage(flag)
			if !full {
				usage, _, _ = strings.Cut(usage, ". ")
			}
			if full && !slices.Contains([]string{"", "false", "0", "0s", "[]"}, flag.DefValue) {
				usage += " (default " + flag.DefValue + ")"
			}
			fmt.Fprintln(out, text.Paragraph(fmt.Sprintf("  %-*s  ", width, flagForm(flag)), usage, helpColumns))
		}
		if len(group.others) > 0 && !full {
			fmt.Fprintln(out, text.Paragraph("  also ", group.names(), helpColumns))
		}
	}
}

// flagsInGroup are the flags of a command that belong together.
type flagsInGroup struct {
	title          string
	common, others []*pflag.Flag
}

func (g flagsInGroup) shown(full bool) []*pflag.Flag {
	if full {
		return slices.Concat(g.common, g.others)
	}
	return g.common
}

// names lists the flags that are not common.
func (g flagsInGroup) names() string {
	names := make([]string, len(g.others))
	for i, flag := range g.others {
		names[i] = "--" + flag.Name
	}
	return strings.Join(names, ", ")
}

// groupedFlags puts the flags of a command in groups, its own first.
func groupedFlags(command *cobra.Command) []flagsInGroup {
	rest := map[string]*pflag.Flag{}
	var own flagsInGroup
	command.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden && flag.Deprecated == "" {
			rest[flag.Name] = flag
		}
	})
	take := func(names []string) (found []*pflag.Flag) {
		for _, name := range names {
			// Where --overlay takes one file, it writes it: a flag of the command's own.
			if flag := rest[name]; flag != nil && (name != overlayFlag || flag.Value.Type() == "stringArray") {
				found = append(found, flag)
				delete(rest, name)
			}
		}
		return found
	}
	var groups []flagsInGroup
	for _, group := range flagGroups {
		if found := (flagsInGroup{group.title, take(group.common), take(group.others)}); len(found.common)+len(found.others) > 0 {
			groups = append(groups, found)
		}
	}
	command.Flags().VisitAll(func(flag *pflag.Flag) {
		if rest[flag.Name] != nil {
			own.common = append(own.common, flag)
		}
	})
	if own.title = ownFlags; len(own.common) > 0 {
		groups = slices.Insert(groups, 0, own)
	}
	return groups
}

// flagForm is "--name VALUE".
func flagForm(flag *pflag.Flag) string {
	form := "--" + flag.Name
	if flag.Shorthand != "" {
		form = "-" + flag.Shorthand + ", " + form
	}
	if value, _ := pflag.UnquoteUsage(flag); value != "" {
		form += " " + value
	}
	return form
}
