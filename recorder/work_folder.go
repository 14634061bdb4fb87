package recorder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

// workFolder is a folder that one recording has for itself until it is closed.
type workFolder struct {
	path string
	// made lists the levels of the path that did not exist, the deepest first.
	made []string
	lock *flock.Flock
}

// openFolder makes a folder where it is missing, keeps other recordings out of
// it, and finishes what an interrupted one left half done. The error says why
// no recording can be written there.
func openFolder(path string) (*workFolder, error) {
	if path == "" {
		return nil, errors.New("no folder is named for the recording")
	}
	made, err := makeFolder(path)
	folder := &workFolder{path: path, made: made}
	if err == nil {
		err = folder.occupy()
	}
	if err != nil {
		folder.close()
		var busy *CassetteError
		if errors.As(err, &busy) {
			return nil, busy
		}
		return nil, fmt.Errorf("a recording cannot be written into %s: %w", path, err)
	}
	return folder, nil
}

func (f *workFolder) occupy() error {
	locked, err := f.tryLock()
	switch {
	case err == nil && !locked:
		return &CassetteError{File: filepath.ToSlash(f.path), Message: "another recording into this folder is under way",
			Mend: "wait for its end, or record into another folder"}
	case err != nil:
		// Some network file systems know no locks. Two recordings at once are a
		// mistake that nothing else depends on being caught.
		f.lock = nil
	}
	if err := rollForward(f.path); err != nil {
		return err
	}
	if err := removeDrafts(f.path); err != nil {
		return err
	}
	draft, err := os.MkdirTemp(f.path, draftPattern)
	if err != nil {
		return err
	}
	return os.Remove(draft)
}

// lockFile is locked where a folder cannot be.
const lockFile = ".recording-lock"

// tryLock locks the folder itself, so that nothing of it stays behind. The
// system gives the lock up when the process ends, however it ends.
func (f *workFolder) tryLock() (bool, error) {
	if runtime.GOOS == "windows" {
		f.lock = flock.New(filepath.Join(f.path, lockFile))
	} else {
		f.lock = flock.New(f.path, flock.SetFlag(os.O_RDONLY))
	}
	return f.lock.TryLock()
}

// close lets other recordings in. Folders that were made for this one go where
// nothing is in them.
func (f *workFolder) close() {
	if f.lock != nil {
		// The lock ends with the process at the latest.
		_ = f.lock.Unlock()
		if f.lock.Path() != f.path {
			_ = os.Remove(f.lock.Path())
		}
	}
	for _, level := range f.made {
		// A level that is not empty holds the recording, or what somebody else
		// put there.
		_ = os.Remove(level)
	}
}

// makeFolder makes a folder with its parents and gives those that it made, the
// deepest first.
func makeFolder(folder string) ([]string, error) {
	var missing []string
	for level := filepath.Clean(folder); ; level = filepath.Dir(level) {
		_, err := os.Stat(level)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, level)
	}
	return missing, os.MkdirAll(folder, 0o755)
}

// removeDrafts removes what killed recordings have left. The caller holds the
// lock, so that none of them lives.
func removeDrafts(folder string) error {
	drafts, err := filepath.Glob(filepath.Join(globEscaped(folder), draftPattern))
	if err != nil {
		return err
	}
	for _, draft := range drafts {
		if err := os.RemoveAll(draft); err != nil {
			return err
		}
	}
	return nil
}

// Recover finishes what a recording that was killed has left half done in a
// folder. A replay does not need it: it reads the recording that was to come as
// if it were in place. Where another recording is under way, nothing is done.
// The error says what could not be moved or removed; the recording is whole all
// the same.
func Recover(path string) error {
	if !leftHalfDone(path) {
		return nil
	}
	folder := &workFolder{path: path}
	if locked, err := folder.tryLock(); err == nil && !locked {
		return nil
	}
	defer folder.close()
	if err := rollForward(path); err != nil {
		return err
	}
	return removeDrafts(path)
}

func leftHalfDone(path string) bool {
	drafts, err := filepath.Glob(filepath.Join(globEscaped(path), draftPattern))
	if err == nil && len(drafts) > 0 {
		return true
	}
	_, err = os.Stat(filepath.Join(path, committedName))
	return err == nil
}
