package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// updateGuides puts the real output into the guides, as does the variable
// UPDATE_GUIDES=1. What is left out is put in again and has to be taken out by
// hand, where the rest is not the same.
var updateGuides = flag.Bool("update", os.Getenv("UPDATE_GUIDES") == "1", "put the real output into the guides")

// TestGuides types every command of the guides and holds what it prints against
// what stands there.
func TestGuides(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands of the guides are for a POSIX shell")
	}
	program := built(t)
	for _, name := range []string{"guide-ci.md", "guide-emulator.md", "guide-client.md", "reports.md"} {
		t.Run(name, func(t *testing.T) {
			page := filepath.Join(root, "docs", name)
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(string(text), "\n")
			changed := tryPage(t, newShell(t, program), name, lines)
			if *updateGuides && !slices.Equal(changed, lines) {
				if err := os.WriteFile(page, []byte(strings.Join(changed, "\n")), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// tryPage runs the commands of a page and gives its lines with the real output.
func tryPage(t *testing.T, in *shell, name string, lines []string) []string {
	t.Helper()
	var changed []string
	kept := 0
	for _, one := range blocksOf(lines) {
		switch {
		case one.name != "":
			if err := os.WriteFile(filepath.Join(in.folder, one.name), []byte(in.used(t, strings.Join(one.lines, "\n"))+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		case one.language == "console":
			changed = append(changed, lines[kept:one.from]...)
			for _, command := range typedIn(one.lines) {
				got := in.run(t, command)
				changed = append(changed, command.shown...)
				if sameOutput(command.output, got) {
					changed = append(changed, command.output...)
					continue
				}
				if !*updateGuides {
					t.Errorf("docs/%s:%d: %s\nprints\n%s\nand not\n%s\nif that is meant: go test ./documentation -run Guides -update",
						name, one.from, command.line, got, strings.Join(command.output, "\n"))
				}
				changed = append(changed, strings.Split(strings.TrimRight(got, "\n"), "\n")...)
			}
			kept = one.to
		}
	}
	return append(changed, lines[kept:]...)
}

// built builds the program, once for all tests, and gives its path.
func built(t *testing.T) string {
	t.Helper()
	program, err := building()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// binary is where the program is built.
var binary string

var building = sync.OnceValues(func() (string, error) {
	program := filepath.Join(binary, "dpconform")
	command := exec.Command("go", "build", "-o", program, "./cmd/dpconform")
	command.Dir = root
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", command, err, output)
	}
	return program, nil
})

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "dpconform-documentation-")
	if err != nil {
		panic(err)
	}
	binary = folder
	code := m.Run()
	if err := os.RemoveAll(folder); err != nil {
		panic(err)
	}
	os.Exit(code)
}
