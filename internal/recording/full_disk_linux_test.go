package recording

import (
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// childDisk says at which step the disk becomes full.
const childDisk = "DPCONFORM_TEST_FULL_DISK"

// init lets a write fail half-way, as a full disk does, by a limit on the size
// of files, as soon as the first cassette is written.
func init() {
	fillDisk = func() {
		left, err := strconv.Atoi(os.Getenv(childDisk))
		if err != nil {
			return
		}
		afterStep = func() {
			if left--; left > 0 {
				return
			}
			signal.Ignore(syscall.SIGXFSZ)
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 300, Max: 300}); err != nil {
				panic(err)
			}
		}
	}
}

func TestAFullDiskLeavesTheOldRecording(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := recordOneOfTwo(folder, 0); err != nil {
		t.Fatal(err)
	}
	before := filesIn(t, folder)
	output, err := child(t, folder, childDisk+"=5")
	if err == nil || !strings.Contains(output, "the recording was not saved, "+folder+" is as it was: write ") || !strings.Contains(output, "file too large") {
		t.Fatalf("%v: %s", err, output)
	}
	after := filesIn(t, folder)
	if !strings.Contains(after[journalName], "response:") {
		t.Error("what was exchanged is lost")
	}
	delete(after, journalName)
	mustBeSameFiles(t, before, after)
}
