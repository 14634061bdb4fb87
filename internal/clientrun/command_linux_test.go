package clientrun

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// escapedVariable names the file in which the client program below writes the
// id of a process that it starts in a session of its own.
const escapedVariable = "DPCONFORM_TEST_ESCAPED"

func init() {
	programs["escaping"] = func() int {
		own, err := os.Executable()
		if err != nil {
			return 9
		}
		escaped := exec.Command(own)
		escaped.Env = append(os.Environ(), programVariable+"=hanging")
		escaped.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		escaped.Stdout = os.Stdout
		if err := escaped.Start(); err != nil {
			return 9
		}
		name := os.Getenv(escapedVariable)
		if os.WriteFile(name+".new", []byte(strconv.Itoa(escaped.Process.Pid)), 0o600) != nil || os.Rename(name+".new", name) != nil {
			return 9
		}
		time.Sleep(time.Hour)
		return 0
	}
}

func TestWhatACommandLeftInAnotherSessionIsEnded(t *testing.T) {
	note := filepath.Join(t.TempDir(), "escaped")
	words := commandOf(t, "escaping")
	t.Setenv(escapedVariable, note)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := command{words: words, limit: 10 * time.Minute}.run(ctx)
		ended <- err
	}()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(note); err == nil {
			break
		}
	}
	text, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	if !runs(t, string(text)) {
		t.Fatalf("process %s did not start", text)
	}
	cancel()
	<-ended
	for deadline := time.Now().Add(time.Minute); runs(t, string(text)); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %s still runs", text)
		}
	}
}

// runs reports whether a process is there and is not only waited for.
func runs(t *testing.T, id string) bool {
	t.Helper()
	text, err := os.ReadFile("/proc/" + id + "/stat")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(rest, "Z")
}
