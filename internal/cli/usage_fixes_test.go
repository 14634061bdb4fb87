package cli

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/result"
)

// beside are what a command is given beside a wrong flag, so that it does nothing that
// takes time, whatever it makes of the flag.
var beside = map[string][]string{
	"run": {"--endpoint", nobody}, "doctor": {"--endpoint", nobody}, "record": {"--endpoint", nobody, "--cassettes", "missing/cassettes"},
	"emulate": {"--addr", "127.0.0.1:99999"}, "login": {"--endpoint", nobody, "--client-id", "x", "--issuer", nobody},
	"drift": {"--against", "missing.yaml"}, "init": {"--for", "nobody"}, "spec new": {"--from", "missing.json", "--method", "x"},
	"report": {"missing.json"}, "diff": {"missing.json", "other.json"}, "explain": {"nothing"}, "spec print": {"--openapi", "2.0"},
}

// TestEveryUsageErrorHasAFix gives every flag of every command values that it does not
// take. A flag that several commands have in common is tested in the first.
func TestEveryUsageErrorHasAFix(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	empty := writeFile(t, "empty", "")
	broken := writeFile(t, "broken.yaml", "a: [b")
	values := map[string][]string{"duration": {"x", "-1s", "0", "99999999h"}, "int": {"x", "-1", "99999999"}, "uint64": {"-1"}, "float64": {"x", "-1"}, "bool": {"=maybe"}}
	texts := []string{"", "\x7f ::/?#", folder, filepath.Join(folder, "missing"), empty, broken}
	tested, refused := map[string]bool{}, 0
	var visit func(command *cobra.Command)
	visit = func(command *cobra.Command) {
		for _, inner := range command.Commands() {
			visit(inner)
		}
		name := strings.TrimPrefix(command.CommandPath(), "dpconform ")
		if !command.Runnable() || name == "completion" || name == "help" {
			return
		}
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			if tested[flag.Name+flag.Usage] {
				return
			}
			tested[flag.Name+flag.Usage] = true
			wrong, known := values[flag.Value.Type()]
			if !known {
				wrong = texts
			}
			if flag.Name == "addr" {
				wrong = texts[1:] // Without an address, emulate serves at its default one.
			}
			for _, value := range wrong {
				line := slices.Concat(strings.Fields(name), beside[name], []string{"--" + flag.Name, value})
				if flag.Value.Type() == "bool" {
					line = append(line[:len(line)-2], "--"+flag.Name+value)
				}
				got := call(t, line...)
				if got.exit == result.ExitUsage {
					refused++
					got.wantOneLine(t)
				}
			}
		})
	}
	visit(newRootCommand(quiet()))
	if refused < 2*len(tested) {
		t.Errorf("only %d command lines for %d flags were refused", refused, len(tested))
	}
}
