package cli

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const commandsPage = "../../docs/commands.md"

// TestTheCommandsPage: the page has the help of each command in full. -update writes
// it.
func TestTheCommandsPage(t *testing.T) {
	t.Parallel()
	var table, sections strings.Builder
	for _, command := range commandsBelow(newRootCommand(quiet())) {
		name, below := strings.CutPrefix(command.CommandPath(), "dpconform ")
		if below {
			fmt.Fprintf(&table, "| [`%s`](#%s) | %s |\n", name, strings.ReplaceAll(name, " ", "-"), command.Short)
			fmt.Fprintf(&sections, "\n## %s\n\n```text\n%s```\n", name, call(t, append(strings.Fields(name), "--help-all")...).raw)
		}
	}
	page := "# Commands and flags\n\n[Documentation](README.md) › Reference\n\n" +
		"What `dpconform COMMAND --help-all` prints. `make docs` writes this page. [Configuration](configuration.md) says\n" +
		"which flags belong together.\n\n| command | what it does |\n| --- | --- |\n" + table.String() + sections.String()
	if *updateGolden {
		const newFile = 0o644
		if err := os.WriteFile(commandsPage, []byte(page), newFile); err != nil {
			t.Fatal(err)
		}
	}
	if page != withoutCR(readFile(t, commandsPage)) {
		t.Error("docs/commands.md is not what the commands print: run make docs")
	}
}
