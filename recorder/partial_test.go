package recorder

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dpconform/dpconform/internal/target"
)

func TestALineThatIsTornOffIsDropped(t *testing.T) {
	folder := t.TempDir()
	first := beginEcho(t, folder, &echo{}, Refuse)
	ask(first, "/a", "/b")
	first.Suspend()
	path := filepath.Join(folder, partialName)
	text := strings.TrimRight(filesIn(t, folder)[partialName], "\n") + "\n"
	for cut := range len(text) {
		for _, spare := range []string{"", "\n\n\n"} {
			content, _, err := decodePartial([]byte(text[:cut] + spare))
			if err != nil {
				t.Fatalf("cut after %d bytes: %v", cut, err)
			}
			whole := strings.Count(text[:cut]+spare[:min(1, len(spare))], "\n")
			if content == nil && whole > 1 {
				t.Fatalf("cut after %d bytes, nothing is read", cut)
			}
		}
	}
	// What goes on behind it can be read again.
	writeFile(t, path, text[:len(text)-10]+"\n\n")
	server := &echo{paths: []string{"/a"}}
	second := beginEcho(t, folder, server, Resume)
	ask(second, "/a", "/b")
	second.Suspend()
	third := beginEcho(t, folder, server, Resume)
	ask(third, "/a", "/b")
	mustSay(t, server.paths, []string{"/a", "/b"})
	third.Discard()

	lines := strings.SplitAfter(text, "\n")
	lines[2] = "{\n"
	writeFile(t, path, strings.Join(lines, ""))
	_, err := NewRecording(echoOptions(folder, server, Resume))
	if err == nil {
		t.Fatal("a broken line in the middle is taken")
	}
	mustContain(t, err.Error(), partialName+":3: is not what an interrupted recording leaves: the line is broken; begin anew with --discard")
}

func TestOnlyItsOwnerReadsWhatIsInterrupted(t *testing.T) {
	folder := t.TempDir()
	recording := beginEcho(t, folder, &echo{}, Refuse)
	defer recording.Discard()
	information, err := os.Stat(filepath.Join(folder, partialName))
	if err != nil {
		t.Fatal(err)
	}
	if information.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %s", information.Mode())
	}
}

// fullDisk takes no byte beyond a size.
type fullDisk struct {
	partialStorage
	size int64
}

func (f *fullDisk) WriteAt(data []byte, at int64) (int, error) {
	room := max(0, min(int64(len(data)), f.size-at))
	written, err := f.partialStorage.WriteAt(data[:room], at)
	if err == nil && written < len(data) {
		err = &os.PathError{Op: "write", Path: "DIR/" + partialName, Err: syscall.ENOSPC}
	}
	return written, err
}

// Wherever the disk becomes full: what was answered is not lost, and nothing is
// sent whose answer could not be kept.
func TestAFullDiskLosesNoAnswer(t *testing.T) {
	paths := []string{"/a", "/once/b", "/c", "/once/d", "/e"}
	for size := int64(600); size < 14_000; size += 397 {
		folder := t.TempDir()
		server := &echo{}
		first := beginEcho(t, folder, server, Refuse)
		first.partial.storage = &fullDisk{first.partial.storage, size}
		ask(first, paths...)
		sent := len(server.paths)
		stopped := first.Stopped()
		if sent == len(paths) {
			first.Discard()
			continue
		}
		if !errors.Is(stopped, syscall.ENOSPC) {
			t.Fatalf("size %d: stopped by %v", size, stopped)
		}
		if err := first.Save(); err == nil {
			t.Fatal("saved")
		} else {
			mustContain(t, err.Error(), "no space left on device")
		}
		if sent == 0 {
			continue
		}
		second := beginEcho(t, folder, server, Resume)
		ask(second, paths...)
		mustSay(t, server.paths, paths)
		if err := second.Save(); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzDecodePartial: whatever stands in the file, reading it gives an error in
// one line or something to go on with, and no panic.
func FuzzDecodePartial(f *testing.F) {
	head := `{"head":{"format":1,"dpconform":"0.1.0"}}` + "\n"
	f.Add([]byte(head + `{"begun":{"id":1,"check":"path/a","number":1,"request":{"method":"GET","url":"/"}}}` + "\n" + `{"answered":{"id":1,"response":{"code":200,"status":"200 OK"}}}` + "\n"))
	f.Add([]byte(head + `{"undone":{"id":1}}` + "\n\n\n"))
	f.Add([]byte(head + `{"answered":{"id":9}}`))
	f.Add([]byte("{\"head\":{\"format\":2}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		content, _, err := decodePartial(data)
		if err != nil || content == nil {
			return
		}
		known := earlierOf(content, AspectOf)
		for _, kept := range content.exchanges {
			if _, err := known.take(target.Place{Check: kept.begun.Check, Number: kept.begun.Number}, AspectOf(kept.begun.Check), kept.begun.Request.original()); err != nil && strings.Contains(err.Error(), "\n\n") {
				t.Error(err)
			}
		}
	})
}
