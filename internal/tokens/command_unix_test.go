//go:build unix

package tokens

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestWhatACommandStartedEndsWithIt, whether it gave a token or not.
func TestWhatACommandStartedEndsWithIt(t *testing.T) {
	t.Parallel()
	// One that keeps the output open ends with it, too, and is no error.
	const apart = " >/dev/null 2>&1"
	for _, test := range []struct{ output, end string }{{apart, "echo token"}, {apart, "exit 3"}, {apart, "yes"}, {"", "echo token"}, {"", "exit 3"}, {"", "yes"}} {
		end := test.end
		t.Run(end+test.output, func(t *testing.T) {
			t.Parallel()
			note := filepath.Join(t.TempDir(), "note")
			command, err := Command(script(t, "sleep 600"+test.output+" &\necho $! >'"+note+"'\n"+end))
			if err != nil {
				t.Fatal(err)
			}
			token, err := command.Issue(t.Context(), nil)
			if (err == nil) != (end == "echo token") {
				t.Errorf("%v, %v", token, err)
			}
			content, err := os.ReadFile(note)
			if err != nil {
				t.Fatal(err)
			}
			child, err := strconv.Atoi(strings.TrimSpace(string(content)))
			if err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(time.Minute); syscall.Kill(child, 0) == nil; time.Sleep(5 * time.Millisecond) {
				// One that waits for its parent has ended, too.
				if state, err := os.ReadFile("/proc/" + strconv.Itoa(child) + "/stat"); err == nil && strings.Contains(string(state), ") Z ") {
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("process %d still runs", child)
				}
			}
		})
	}
}
