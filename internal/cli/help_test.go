package cli

import (
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/result"
)

// commandsBelow lists a command and those below it.
func commandsBelow(command *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{command}
	for _, inner := range command.Commands() {
		if inner.IsAvailableCommand() {
			all = append(all, commandsBelow(inner)...)
		}
	}
	return all
}

func TestHelpFitsATerminalAndNamesEveryFlag(t *testing.T) {
	t.Parallel()
	for _, command := range commandsBelow(newRootCommand(quiet())) {
		path := strings.Fields(command.CommandPath())[1:]
		short, full := call(t, append(path, "--help")...), call(t, append(path, "--help-all")...)
		if short.exit != result.ExitConforms || full.exit != result.ExitConforms {
			t.Errorf("%s: exits %d and %d: %s%s", command.CommandPath(), short.exit, full.exit, short.complaints, full.complaints)
		}
		if lines := strings.Count(short.raw, "\n"); lines > helpLines {
			t.Errorf("%s --help has %d lines", command.CommandPath(), lines)
		}
		for line := range strings.Lines(short.raw + full.raw) {
			if ansi.StringWidth(strings.TrimRight(line, "\n")) > helpColumns || strings.Contains(line, "\t") {
				t.Errorf("%s: the help is wider than a terminal: %q", command.CommandPath(), line)
			}
		}
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			named := regexp.MustCompile(`--` + flag.Name + `\b`)
			if visible := !flag.Hidden && flag.Deprecated == ""; visible && (!named.MatchString(short.raw) && flag.Name != helpFlag || !named.MatchString(full.raw)) {
				t.Errorf("%s: the help does not name --%s", command.CommandPath(), flag.Name)
			}
		})
	}
}

func TestNamesOfFaultsAndProfilesAreCompleted(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"run --profile": "consumer\n", "doctor --profile": "live\n", "emulate --fault": "unknown-field-ignored\t", "init --for": "client\n",
		"run --scopes": "maps.*\nmyactivity.*\n", "doctor --scopes": "maps.reviews\n", "run --method archiveJobs.cancel --scopes": "maps.*\n",
	} {
		if got := call(t, append(append([]string{"__complete"}, strings.Fields(line)...), "")...); !strings.Contains(got.raw, want) {
			t.Errorf("%s: %s", line, got.raw)
		}
	}
	if got := call(t, "__complete", "run", "--scopes", "maps.*,my"); !strings.Contains(got.raw, "maps.*,myactivity.search\n") {
		t.Errorf("a second scope: %s", got.raw)
	}
}

func TestAFlagOfAnotherCommandIsNamed(t *testing.T) {
	t.Parallel()
	refused(t, "record --focus body", "dpconform: record has no flag --focus; these commands have it: doctor, run")
	refused(t, "record --nothing", "unknown flag --nothing; see dpconform record --help")
}

func TestFlagsOfGroupsExist(t *testing.T) {
	t.Parallel()
	known := map[string]bool{helpFlag: true, "version": true}
	for _, command := range commandsBelow(newRootCommand(quiet())) {
		command.Flags().VisitAll(func(flag *pflag.Flag) { known[flag.Name] = true })
		command.PersistentFlags().VisitAll(func(flag *pflag.Flag) { known[flag.Name] = true })
	}
	for _, group := range flagGroups {
		for _, name := range append(group.common, group.others...) {
			if !known[name] {
				t.Errorf("no command has --%s, of the group %s", name, group.title)
			}
		}
	}
	run, _, err := newRootCommand(quiet()).Find([]string{"run"})
	if err != nil {
		t.Fatal(err)
	}
	if own := groupedFlags(run)[0]; own.title == ownFlags {
		t.Errorf("flags of run that are in no group: %v", flagForm(own.common[0]))
	}
}
