package recorder

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// recordOnFullDisk makes a recording under a limit on the size of files, which
// makes a write fail half-way, as a full disk does.
func recordOnFullDisk(folder string) error {
	recording, err := NewRecording(RecordingOptions{Folder: folder, Provenance: testProvenance("http://127.0.0.1:8080"), Transport: sayingPath})
	if err != nil {
		return err
	}
	for _, check := range []string{"path/a", "body/a"} {
		request, err := requestOf(check, "GET", "http://127.0.0.1:8080/v1/x")
		if err != nil {
			return err
		}
		if _, err := recording.RoundTrip(request); err != nil {
			return err
		}
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100, Max: 100}); err != nil {
		return err
	}
	err = recording.Save()
	if !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("another error: %w", err)
	}
	return err
}

func TestAFullDiskLeavesTheOldRecording(t *testing.T) {
	folder := t.TempDir()
	recordPaths(t, folder, hello, "path/a", "/v1/x")
	before := filesIn(t, folder)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program)
	command.Env = append(os.Environ(), fullFolder+"="+folder)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	mustContain(t, strings.TrimSpace(string(output)), "the recording was not saved, "+folder+" is as it was: write ", ": file too large")
	mustBeSameFiles(t, before, filesIn(t, folder))
	openReplay(t, folder)
}
