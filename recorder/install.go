package recorder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// A recording is written into a draft inside its folder: only there is it sure
// to be on the same file system, since the folder may be a mount. When all of it
// is on the disk, one rename makes the draft the committed one. From then on it
// is what the folder holds, and its files are moved into place, one by one. A
// process that is killed before the rename leaves the old recording, after it
// the new one; whoever comes next finishes the moving.
const (
	draftPattern  = ".recording-draft-*"
	committedName = ".recording-committed"
)

// afterStep is called after each step that changes the folder; a test makes it
// slow.
var afterStep = func() {}

// withDraft makes a draft folder for the work and takes it away again, unless
// the work has moved it.
func withDraft(folder string, work func(draft string) error) error {
	draft, err := os.MkdirTemp(folder, draftPattern)
	if err != nil {
		return err
	}
	// Once committed it is read by whoever may read the folder.
	err = errors.Join(os.Chmod(draft, 0o755), work(draft))
	return errors.Join(err, os.RemoveAll(draft))
}

// removable lists the cassettes of the recording that a folder holds, which a
// new one may replace. YAML files that are not a recording's are somebody's
// own: they are never removed, and nothing is recorded beside them.
func removable(folder string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(globEscaped(folder), "*"+cassetteExtension))
	if err != nil {
		return nil, err
	}
	named, err := namedCassettes(filepath.Join(folder, ProvenanceFile))
	if err != nil {
		return nil, err
	}
	var cassettes []string
	for _, path := range found {
		switch name := filepath.Base(path); {
		case slices.Contains(named, name):
			cassettes = append(cassettes, name)
		case name != ProvenanceFile:
			return nil, &CassetteError{
				File: filepath.ToSlash(path), Message: "is not a cassette of the recording in this folder, so it is not replaced",
				Mend: "move it away, or record into another folder",
			}
		}
	}
	return cassettes, nil
}

// globEscaped takes their meaning from the letters of a folder's name that
// filepath.Glob would read as a pattern.
func globEscaped(folder string) string {
	return strings.NewReplacer(`[`, `[[]`, `*`, `[*]`, `?`, `[?]`).Replace(folder)
}

// namedLine finds the cassettes in a provenance without decoding it: one that
// is broken or of a newer form must be replaceable too.
var namedLine = regexp.MustCompile(`(?m)^[ \t]*(?:- )?file: *["']?([A-Za-z0-9_-]+` + regexp.QuoteMeta(cassetteExtension) + `)["']?[ \t\r]*$`)

// namedCassettes lists the cassettes that a provenance names; none where there
// is no such file.
func namedCassettes(provenance string) ([]string, error) {
	data, err := os.ReadFile(provenance)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, match := range namedLine.FindAllSubmatch(data, -1) {
		names = append(names, string(match[1]))
	}
	return names, nil
}

// commit makes a draft the recording of its folder. Until the one rename that
// decides, an error leaves the folder as it was.
func commit(folder, draft string, files, obsolete []string) error {
	for _, name := range append(slices.Clone(files), obsolete...) {
		if err := mayReplace(filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	for _, name := range files {
		if err := flush(filepath.Join(draft, name)); err != nil {
			return err
		}
	}
	if err := flushFolder(draft); err != nil {
		return err
	}
	afterStep()
	if err := os.Rename(draft, filepath.Join(folder, committedName)); err != nil {
		return err
	}
	afterStep()
	err := flushFolder(folder)
	if err == nil {
		err = rollForward(folder)
	}
	if err != nil {
		return &unmovedError{where: filepath.Join(folder, committedName), cause: err}
	}
	return nil
}

// unmovedError says that a recording is whole and in force, but not in place.
type unmovedError struct {
	where string
	cause error
}

func (e *unmovedError) Error() string {
	return fmt.Sprintf("the new recording is whole in %s, from where it is replayed, but could not be moved into place: %v", e.where, e.cause)
}

func (e *unmovedError) Unwrap() error { return e.cause }

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
	if err := os.Remove(filepath.Join(folder, partialName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
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
// now.
func flush(path string) error {
	file, err := os.Open(path)
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
	err := flush(path)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
