package recording

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/dpconform/dpconform/internal/text"
)

// A recording is written into a draft inside its folder: only there is it sure
// to be on the same file system, since the folder may be a mount. When all of it
// is on the disk, one rename makes the draft the committed one. From then on it
// is what the folder holds, and its files are moved into place, one by one. A
// process that is killed before the rename leaves the old recording, after it
// the new one; the next recording finishes the moving, and a replay reads the
// files where they are.
const (
	draftName     = ".recording-draft"
	committedName = ".recording-committed"
	// lockName is locked where a folder cannot be.
	lockName = ".recording-lock"
)

// afterStep is called after each step that changes the folder; a test ends the
// process there.
var afterStep = func() {}

// workFolder is a folder that one recording has for itself until it is closed.
type workFolder struct {
	path string
	// made says that the folder did not exist.
	made bool
	lock *flock.Flock
}

// openFolder makes a folder where it is missing, keeps other recordings out of
// it, and finishes what an interrupted one left half done.
func openFolder(path string) (*workFolder, error) {
	if path == "" {
		return nil, errors.New("no folder is named for the recording")
	}
	_, missing := os.Stat(path)
	folder := &workFolder{path: path, made: errors.Is(missing, fs.ErrNotExist)}
	err := text.CheckFolder(path)
	if err == nil {
		err = os.MkdirAll(path, 0o755)
	}
	if err == nil {
		err = folder.occupy()
	}
	if err != nil {
		folder.close()
		var busy *Error
		if errors.As(err, &busy) {
			return nil, busy
		}
		return nil, fmt.Errorf("a recording cannot be written into %s: %w", path, err)
	}
	return folder, nil
}

// occupy locks the folder itself, so that nothing of the lock stays behind. The
// system gives it up when the process ends, however it ends.
func (f *workFolder) occupy() error {
	lock := flock.New(f.path, flock.SetFlag(os.O_RDONLY))
	if runtime.GOOS == "windows" {
		lock = flock.New(filepath.Join(f.path, lockName))
	}
	locked, err := lock.TryLock()
	switch {
	case err == nil && !locked:
		return &Error{File: filepath.ToSlash(f.path), Message: "another recording into this folder is under way",
			Fix: "wait for its end, or record into another folder"}
	case err == nil:
		f.lock = lock
	}
	// Some network file systems have no locks: two recordings at once are a
	// mistake that nothing else depends on being found.
	if err := rollForward(f.path); err != nil {
		return err
	}
	draft, err := f.makeDraft()
	return errors.Join(err, os.Remove(draft))
}

// makeDraft makes an empty folder for the files of a recording.
func (f *workFolder) makeDraft() (string, error) {
	draft := filepath.Join(f.path, draftName)
	return draft, errors.Join(os.RemoveAll(draft), os.Mkdir(draft, 0o755))
}

// close removes what is of no use any more, and lets other recordings in.
func (f *workFolder) close() {
	// What cannot be removed is removed by the next recording.
	_ = os.RemoveAll(filepath.Join(f.path, draftName))
	if f.lock != nil {
		// The lock ends with the process at the latest.
		_ = f.lock.Unlock()
		if f.lock.Path() != f.path {
			_ = os.Remove(f.lock.Path())
		}
	}
	if f.made {
		// A folder that is not empty holds the recording, or what somebody else put
		// there.
		_ = os.Remove(f.path)
	}
}

// removable lists the cassettes of the recording that a folder holds, which a
// new one may replace. YAML files that are not a recording's are somebody's
// own: they are never removed, and nothing is recorded beside them.
func removable(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	named, err := namedCassettes(filepath.Join(folder, ProvenanceFile))
	if err != nil {
		return nil, err
	}
	var cassettes []string
	for _, entry := range entries {
		switch name := entry.Name(); {
		case slices.Contains(named, name):
			cassettes = append(cassettes, name)
		case strings.HasSuffix(name, cassetteExtension) && name != ProvenanceFile:
			return nil, &Error{
				File: filepath.ToSlash(filepath.Join(folder, name)), Message: "is not a cassette of the recording in this folder, so it is not replaced",
				Fix: "move it away, or record into another folder",
			}
		}
	}
	return cassettes, nil
}

// namedLine finds the cassettes in a provenance without decoding it: one that
// is broken or of another format must be replaceable too.
var namedLine = text.Pattern(`(?m)^[ \t]*(?:- )?file: *["']?([A-Za-z0-9_-]+\` + cassetteExtension + `)["']?[ \t\r]*$`)

// namedCassettes lists the cassettes that a provenance names; none where there
// is no such file.
func namedCassettes(provenance string) ([]string, error) {
	data, err := text.ReadFile(provenance, text.LargestFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, match := range namedLine().FindAllSubmatch(data, -1) {
		names = append(names, string(match[1]))
	}
	return names, nil
}

// commit makes a draft the recording of the folder. Until the one rename that
// decides, an error leaves the folder as it was.
func (f *workFolder) commit(draft string, files, obsolete []string) error {
	var err error
	for _, name := range append(slices.Clone(files), obsolete...) {
		err = errors.Join(err, mayReplace(filepath.Join(f.path, name)))
	}
	for _, name := range files {
		err = errors.Join(err, flush(filepath.Join(draft, name), os.O_RDWR))
	}
	err = errors.Join(err, flushFolder(draft))
	afterStep()
	if err == nil {
		err = os.Rename(draft, filepath.Join(f.path, committedName))
	}
	if err != nil {
		return f.unsaved(err)
	}
	afterStep()
	if err := errors.Join(flushFolder(f.path), rollForward(f.path)); err != nil {
		return fmt.Errorf("the new recording is complete in %s and is replayed from there, but could not be moved into place: %w",
			filepath.Join(f.path, committedName), err)
	}
	// The recording can do without it.
	_ = f.writeAttributes()
	return nil
}

// attributesFile keeps git from changing the line ends of a recording, so that it
// shows no changes that nobody made (https://git-scm.com/docs/gitattributes).
const (
	attributesFile = ".gitattributes"
	attributes     = "# A recording of dpconform: git must not change its line endings.\n*.yaml -text\n"
)

// writeAttributes writes the attributes of the folder, unless somebody has.
func (f *workFolder) writeAttributes() error {
	const newFile = 0o644
	return text.CreateFile(filepath.Join(f.path, attributesFile), newFile, func(out io.Writer) error {
		_, err := io.WriteString(out, attributes)
		return err
	})
}

func (f *workFolder) unsaved(err error) error {
	return fmt.Errorf("the recording was not saved, %s is as it was: %w", f.path, err)
}

// rollForward moves a committed recording into place, as far as that is still
// to be done. The provenance comes last: once it is there, so is the rest.
func rollForward(folder string) error {
	committed := filepath.Join(folder, committedName)
	if _, err := os.Lstat(committed); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Lstat(filepath.Join(committed, ProvenanceFile)); err == nil {
		if err := moveIntoPlace(folder, committed); err != nil {
			return err
		}
	}
	// What was exchanged is in the recording now.
	if err := removeJournal(folder); err != nil {
		return err
	}
	afterStep()
	return os.RemoveAll(committed)
}

func moveIntoPlace(folder, committed string) error {
	files, err := namedCassettes(filepath.Join(committed, ProvenanceFile))
	if err != nil {
		return err
	}
	before, err := namedCassettes(filepath.Join(folder, ProvenanceFile))
	if err != nil {
		return err
	}
	for _, name := range files {
		err := os.Rename(filepath.Join(committed, name), filepath.Join(folder, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		afterStep()
	}
	for _, name := range before {
		if slices.Contains(files, name) {
			continue
		}
		if err := os.Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		afterStep()
	}
	if err := flushFolder(folder); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(committed, ProvenanceFile), filepath.Join(folder, ProvenanceFile)); err != nil {
		return err
	}
	afterStep()
	return flushFolder(folder)
}

// readInForce reads a file of a recording where it is now, and says whether that
// is the committed one, whose files may be moved at any time.
func readInForce(fsys fs.FS, file string) (data []byte, committed bool, err error) {
	if _, err := fs.Stat(fsys, committedName+"/"+ProvenanceFile); err == nil {
		if data, err := readRegular(fsys, committedName+"/"+file); !errors.Is(err, fs.ErrNotExist) {
			return data, true, err
		}
		committed = true
	}
	data, err = readRegular(fsys, file)
	return data, committed, err
}

// largestFile is the length in bytes of the largest file of a recording; a whole
// run has some 400 KiB.
const largestFile = 64 << 20

// readRegular reads the text of a file of a recording, but no device and no pipe, of which
// nobody knows the length.
func readRegular(fsys fs.FS, file string) ([]byte, error) {
	information, err := fs.Stat(fsys, file)
	switch {
	case err != nil:
		return nil, err
	case !information.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case information.Size() > largestFile:
		return nil, fmt.Errorf("it is longer than %d MiB", largestFile>>20)
	}
	content, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	// What git or an editor made of the line ends changes neither the recording nor
	// its digests.
	return text.Decode(content)
}

// mayReplace says why a file cannot be replaced or removed, or nil. One that
// does not exist needs no replacing.
func mayReplace(path string) error {
	information, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !information.Mode().IsRegular():
		return fmt.Errorf("%s is not a plain file", path)
	}
	return nil
}

// flush waits until a file is on the disk. A disk that is full may say so only
// now. Windows flushes only what is open for writing, a folder opens for reading
// only.
func flush(path string, access int) error {
	file, err := os.OpenFile(path, access, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// flushFolder waits until the names in a folder are on the disk, where the
// system can do that. Windows cannot, and keeps the order of renames by itself.
func flushFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	err := flush(path, os.O_RDONLY)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
