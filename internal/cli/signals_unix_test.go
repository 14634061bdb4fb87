//go:build unix

package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/result"
)

// TestAClosedTerminalEndsARunInOrder, but not where the run was started to survive
// that, as with nohup.
func TestAClosedTerminalEndsARunInOrder(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	// A process that this one starts would survive as well where the tests run with nohup.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	for name, start := range map[string][]string{
		"in a terminal": {os.Args[0]},
		"with nohup":    {"sh", "-c", `trap "" HUP; exec "$0" "$@"`, os.Args[0]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			began, proceed, report := filepath.Join(folder, "began"), filepath.Join(folder, "proceed"), filepath.Join(folder, "report.json")
			mint := filepath.Join(folder, "mint")
			if err := os.WriteFile(mint, []byte("#!/bin/sh\necho $$ >>'"+began+"'\nuntil test -e '"+proceed+"'; do sleep 0.02; done\necho token\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			var complaints strings.Builder
			arguments := append(start[1:], "run", "--endpoint", server.URL, "--token-command", mint+" {short}", "--focus", "authorization", "--max-requests", "1", "--report", report)
			command := exec.CommandContext(t.Context(), start[0], arguments...)
			command.Env = append(os.Environ(), commandVariable+"=1", "HOME="+folder)
			command.Stderr = &complaints
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			for ; ; time.Sleep(5 * time.Millisecond) {
				if _, err := os.Stat(began); err == nil {
					break
				}
			}
			// The system and the shell each send one.
			for range 2 {
				if err := command.Process.Signal(syscall.SIGHUP); err != nil {
					t.Fatal(err)
				}
			}
			if name == "with nohup" {
				if err := os.WriteFile(proceed, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			// The exit code says it.
			_ = command.Wait()
			_, missing := os.Stat(report)
			if interrupted := command.ProcessState.ExitCode() == result.ExitInterrupted; interrupted != (name == "in a terminal") || missing != nil {
				t.Errorf("%v, %v: %s", command.ProcessState, missing, complaints.String())
			}
		})
	}
}
