package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// installable is a program in a folder of its own whose installation makes one
// file, with the Go that runs the tests.
func installable(t *testing.T) (one program, root string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range map[string]string{"go.mod": "module made\n", "main.go": "package main\n\nfunc main() {}\n"} {
		if err := os.MkdirAll(filepath.Join(root, "made"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "made", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return program{name: "Made", folder: "made", library: "a-library", tools: []string{"go"}, runtime: []string{"go", "version"},
		brought: [][]string{{"go", "mod", "edit", "-go=1.24"}}, built: [][]string{{"go", "list", "-f", "{{.Name}}", "."}},
		pins: []string{"main.go"}, made: "target", installed: "go.mod"}, root
}

func installs(t *testing.T, one program, root string) (printed string, err error) {
	t.Helper()
	var out bytes.Buffer
	err = installAll(context.Background(), &out, root, time.Minute, []program{one})[one.folder]
	return out.String(), err
}

// TestWhatIsInstalledIsNotInstalledAgain: not until a pin, a command or what was
// made is another, and then without what was there before.
func TestWhatIsInstalledIsNotInstalledAgain(t *testing.T) {
	one, root := installable(t)
	for _, step := range []struct {
		name   string
		change func()
		again  bool
	}{
		{"first", func() {}, true},
		{"the same", func() {}, false},
		{"another pin", func() {
			if err := os.WriteFile(filepath.Join(root, "made", "main.go"), []byte("package main // changed\n\nfunc main() {}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"another command", func() { one.brought[0] = append(one.brought[0], "-go=1.25") }, true},
		{"nothing there", func() { one.installed = "target/absent" }, true},
	} {
		left := filepath.Join(root, "made", "target", "left")
		if err := os.MkdirAll(left, 0o700); err != nil {
			t.Fatal(err)
		}
		step.change()
		printed, err := installs(t, one, root)
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if strings.Contains(printed, "installed made: a-library") != step.again {
			t.Errorf("%s: want again %v, printed %q", step.name, step.again, printed)
		}
		if _, err := os.Stat(left); (err != nil) != step.again {
			t.Errorf("%s: what was left is there: %v", step.name, err)
		}
	}
}

// TestWhatCannotBeHadIsNoFaultOfTheProgram: a registry that is slow or refuses
// skips a client. A program that cannot be built is an error.
func TestWhatCannotBeHadIsNoFaultOfTheProgram(t *testing.T) {
	one, root := installable(t)
	var absent *notBrought
	built := one
	built.built = [][]string{{"go", "no-such-command"}}
	if _, err := installs(t, built, root); err == nil || errors.As(err, &absent) || !strings.Contains(err.Error(), "unknown command") {
		t.Errorf("not built: %v", err)
	}
	refused := one
	refused.brought = [][]string{{"go", "no-such-command"}}
	if _, err := installs(t, refused, root); !errors.As(err, &absent) {
		t.Errorf("refused: %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, "made", markFile)); err == nil {
		t.Error("it is marked as installed")
	}
	err := installAll(context.Background(), &bytes.Buffer{}, root, time.Nanosecond, []program{one})[one.folder]
	if !errors.As(err, &absent) || absent.Error() != "could not be installed (go was not done within 1ns)" {
		t.Errorf("slow: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := installAll(ctx, &bytes.Buffer{}, root, time.Minute, []program{one})[one.folder]; !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestTheComplaintOfARegistry: one line of what it printed.
func TestTheComplaintOfARegistry(t *testing.T) {
	for printed, want := range map[string]string{
		"":                                     "exit 1",
		"one\ntwo\n":                           "two",
		"warn x\nnpm error code E503\nsee log": "npm error code E503",
		"ERROR: " + strings.Repeat("x", 999):   "ERROR: " + strings.Repeat("x", longestReason-7) + "…",
	} {
		if got := complaint([]byte(printed), errors.New("exit 1")); got != want {
			t.Errorf("%.60q: want %q, got %q", printed, want, got)
		}
	}
}

// TestEveryInstallationIsBounded: each program says what its pins are and what it
// makes, and the folder of the programs has the pins.
func TestEveryInstallationIsBounded(t *testing.T) {
	for _, one := range programs {
		if one.google && (len(one.brought) == 0 || len(one.pins) == 0 || one.made == "" || one.installed == "") {
			t.Errorf("%s: %+v", one.folder, one)
		}
		for _, pin := range one.pins {
			if _, err := os.Stat(filepath.Join(one.folder, pin)); err != nil {
				t.Error(err)
			}
		}
	}
}
