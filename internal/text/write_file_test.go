package text

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// content lets WriteFile write a text.
func content(text string) func(io.Writer) error {
	return func(out io.Writer) error {
		_, err := io.WriteString(out, text)
		return err
	}
}

// wantOnly checks what a folder holds: no temporary file is left.
func wantOnly(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != len(files) {
		t.Errorf("%v, %v; want %v", entries, err, files)
	}
	for name, want := range files {
		if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestAFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "file")
	broken := errors.New("broken")
	half := func(out io.Writer) error { return errors.Join(content("ha")(out), broken) }
	if err := WriteFile(path, 0o600, half); !errors.Is(err, broken) {
		t.Error(err)
	}
	wantOnly(t, folder, nil)
	for _, text := range []string{"something longer", "short"} {
		if err := WriteFile(path, 0o600, content(text)); err != nil {
			t.Fatal(err)
		}
		if err := WriteFile(path, 0o600, half); !errors.Is(err, broken) {
			t.Error(err)
		}
		wantOnly(t, folder, map[string]string{"file": text})
	}
	if err := WriteFile(filepath.Join(folder, "gone", "file"), 0o600, content("")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := WriteFile(folder, 0o600, content("")); err == nil {
		t.Error("written over a folder")
	}
}

func TestWhoMayReadAFileStays(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	for _, mode := range []fs.FileMode{0o600, 0o640, 0o400} {
		if err := errors.Join(WriteFile(path, 0o600, content("text")), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		before, _ := os.Stat(path)
		if err := WriteFile(path, 0o666, content("more")); err != nil {
			t.Fatal(err)
		}
		if after, err := os.Stat(path); err != nil || after.Mode() != before.Mode() {
			t.Errorf("mode %v became %v, %v", before.Mode(), after.Mode(), err)
		}
	}
	other := filepath.Join(t.TempDir(), "new")
	if err := WriteFile(other, 0o600, content("text")); err != nil {
		t.Fatal(err)
	}
	if information, err := os.Stat(other); err != nil || information.Mode().Perm()&0o077 != 0 {
		t.Errorf("a new file has mode %v, %v", information.Mode(), err)
	}
}

func TestALinkStaysAndWhatItLeadsToIsWritten(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := WriteFile(filepath.Join(folder, "old"), 0o600, content("old")); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"old", "new", filepath.Join(folder, "far")} {
		link := filepath.Join(folder, "link-to-"+filepath.Base(target))
		if err := os.Symlink(target, link); err != nil {
			t.Skip("links cannot be made here: ", err)
		}
		writing := WriteFile(link, 0o600, content("text"))
		information, err := os.Lstat(link)
		if writing != nil || err != nil || information.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s is a link no more: %v, %v", link, writing, err)
		}
		if got, err := os.ReadFile(filepath.Join(folder, filepath.Base(target))); err != nil || string(got) != "text" {
			t.Errorf("%s: %q, %v", target, got, err)
		}
	}
}

// A shell gives a pipe as a path: --report json=>(jq .counts).
func TestAPipeIsWrittenInto(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/dev/fd/%d", writer.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Skip("pipes have no paths here")
	}
	if err := WriteFile(path, 0o600, content("text")); err != nil {
		t.Error(err)
	}
	writer.Close()
	if got, err := io.ReadAll(reader); err != nil || string(got) != "text" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestCreateFileReplacesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "file")
	if err := CreateFile(path, 0o644, content("first")); err != nil {
		t.Fatal(err)
	}
	if err := CreateFile(path, 0o644, content("second")); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	// One that comes into being meanwhile.
	other := filepath.Join(folder, "other")
	err := CreateFile(other, 0o644, func(out io.Writer) error {
		return errors.Join(content("late")(out), os.WriteFile(other, []byte("early"), 0o600))
	})
	if !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	wantOnly(t, folder, map[string]string{"file": "first", "other": "early"})
}

// TestNoLinkIsFollowedToAFileOfOurOwn: somebody else may have put it there.
func TestNoLinkIsFollowedToAFileOfOurOwn(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	elsewhere, link, own := filepath.Join(folder, "elsewhere"), filepath.Join(folder, "link"), filepath.Join(folder, "own")
	if err := WriteNew(elsewhere, 0o644, []byte("theirs")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Skip(err) // Windows asks for a privilege.
	}
	for _, path := range []string{link, folder} {
		if file, err := OwnFile(path); err == nil || CheckOwnFile(path) == nil {
			t.Errorf("%s was opened: %v", path, file.Close())
		}
		if err := WriteNew(path, 0o600, []byte("ours")); err == nil {
			t.Errorf("%s was written", path)
		}
	}
	if err := CheckOwnFile(link); err == nil || Reason(err) != "it is a link, not a file of dpconform" {
		t.Error(err)
	}
	if err := WriteNew(own, 0o600, []byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(own, 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := OwnFile(own)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(file, "b")
	information, missing := os.Stat(own)
	if errors.Join(err, missing, file.Close()) != nil || information.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: %v", err, missing, information.Mode())
	}
	wantOnly(t, folder, map[string]string{"elsewhere": "theirs", "link": "theirs", "own": "ab"})
}

func TestAFileIsAppendedTo(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for range 2 {
		if err := AppendFile(filepath.Join(folder, "file"), content("a line\n")); err != nil {
			t.Fatal(err)
		}
	}
	wantOnly(t, folder, map[string]string{"file": "a line\na line\n"})
}

// TestLinksThatNothingCanBeWrittenThrough: what they name is said before a run, and
// they stay.
func TestLinksThatNothingCanBeWrittenThrough(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, target := range map[string]string{
		"self": "self", "a": "b", "b": "a", "away": "no/such/file", "chain": "away", "new": "file", "further": "new",
	} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Skip(err) // Windows asks for a privilege.
		}
	}
	for name, says := range map[string]string{
		"self": "leads to itself", "a": "leads to itself", "away": "there is no such folder", "chain": "there is no such folder", "new": "", "further": "", "plain": "", "no/file": "there is no folder ",
	} {
		path := filepath.Join(folder, name)
		checked, written := CheckFile(path), WriteFile(path, 0o600, func(out io.Writer) error { return nil })
		if (checked == nil) != (says == "") || (written == nil) != (says == "") || checked != nil && !strings.Contains(checked.Error(), says) {
			t.Errorf("%s: %v, %v", name, checked, written)
		}
		if information, err := os.Lstat(path); name != "plain" && name != "no/file" && (err != nil || information.Mode()&fs.ModeSymlink == 0) {
			t.Errorf("%s is no link any more: %v", name, err)
		}
	}
}
