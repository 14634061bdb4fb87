package recorder

import (
	"errors"
	"os/signal"
	"syscall"
	"testing"
)

// A limit on the size of files makes a write fail half-way, as a full disk
// does.
func TestAFullDiskLeavesTheOldRecording(t *testing.T) {
	folder := t.TempDir()
	recordPaths(t, folder, hello, "path/a", "/v1/x")
	before := filesIn(t, folder)
	server := serve(t, hello)
	recording := newRecording(t, folder, server.URL)
	send(t, recording, server.URL, "path/a")
	send(t, recording, server.URL, "body/a")

	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Skip(err)
	}
	full := limit
	full.Cur = 100
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		t.Skip(err)
	}
	err := recording.Save()
	if restored := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); restored != nil {
		t.Fatal(restored)
	}
	if !errors.Is(err, syscall.EFBIG) {
		t.Errorf("got %v", err)
	}
	mustBeSameFiles(t, before, filesIn(t, folder))
	openReplay(t, folder)
}
