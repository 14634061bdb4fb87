package recorder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// draftPattern names the folder in which a recording is written before it is
// moved into place. It lies inside the folder of the recording: only there is
// it sure to be on the same file system, since that folder may be a mount.
const draftPattern = ".recording-*"

// inFolder makes a folder where it is missing, and a draft folder in it, and
// takes both away again: the draft always, the rest where the work fails.
func inFolder(folder string, work func(folder, draft string) error) error {
	made, err := makeFolder(folder)
	if err == nil {
		err = withDraft(folder, work)
	}
	if err != nil {
		for _, level := range made {
			// A level that is not empty holds what somebody else put there.
			_ = os.Remove(level)
		}
	}
	return err
}

func withDraft(folder string, work func(folder, draft string) error) error {
	draft, err := os.MkdirTemp(folder, draftPattern)
	if err != nil {
		return err
	}
	err = work(folder, draft)
	var stuck *stuckError
	if errors.As(err, &stuck) {
		return err
	}
	return errors.Join(err, os.RemoveAll(draft))
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

// tryFolder finds out whether a recording can be written into a folder, and
// leaves nothing behind.
func tryFolder(folder string) error {
	errTried := errors.New("tried")
	if folder == "" {
		return errors.New("no folder is named for the recording")
	}
	err := inFolder(folder, func(string, string) error { return errTried })
	if errors.Is(err, errTried) {
		return nil
	}
	return fmt.Errorf("a recording cannot be written into %s: %w", folder, err)
}

// removable lists the cassettes of the recording that a folder holds, which a
// new one may replace. YAML files that are not a recording's are somebody's
// own: they are never removed, and nothing is recorded beside them.
func removable(folder string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(globEscaped(folder), "*"+cassetteExtension))
	if err != nil {
		return nil, err
	}
	named, err := namedCassettes(folder)
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

func namedCassettes(folder string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(folder, ProvenanceFile))
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

// swap puts new files in the place of old ones, all or none.
type swap struct {
	draft, folder, aside string
	// touched lists the files that may differ from what they were.
	touched []string
	// rename is os.Rename; a test makes it fail.
	rename func(from, to string) error
}

// stuckError says that a folder could not be brought back to what it was, and
// where its files are.
type stuckError struct {
	aside string
	cause error
}

func (e *stuckError) Error() string {
	return fmt.Sprintf("%v; what was there could not be put back and is in %s", e.cause, e.aside)
}

func (e *stuckError) Unwrap() error { return e.cause }

func newSwap(draft, folder string) *swap {
	return &swap{draft: draft, folder: folder, aside: filepath.Join(draft, "old"), rename: os.Rename}
}

// install moves files from the draft into the folder, in their order, and then
// removes those that are obsolete. On an error the folder is as it was.
func (s *swap) install(files, obsolete []string) error {
	if err := s.prepare(files, obsolete); err != nil {
		return err
	}
	err := s.move(files, obsolete)
	if err == nil {
		return nil
	}
	if undone := s.restore(); undone != nil {
		return &stuckError{aside: s.aside, cause: errors.Join(err, undone)}
	}
	return err
}

// prepare gets everything onto the disk and keeps the old files aside.
func (s *swap) prepare(files, obsolete []string) error {
	for _, name := range files {
		if err := flush(filepath.Join(s.draft, name)); err != nil {
			return err
		}
	}
	if err := os.Mkdir(s.aside, 0o755); err != nil {
		return err
	}
	for _, name := range append(slices.Clone(obsolete), files...) {
		if err := keepAside(filepath.Join(s.folder, name), filepath.Join(s.aside, name)); err != nil {
			return err
		}
	}
	return nil
}

func (s *swap) move(files, obsolete []string) error {
	for _, name := range files {
		s.touched = append(s.touched, name)
		if err := s.rename(filepath.Join(s.draft, name), filepath.Join(s.folder, name)); err != nil {
			return err
		}
	}
	for _, name := range obsolete {
		if slices.Contains(files, name) {
			continue
		}
		s.touched = append(s.touched, name)
		if err := os.Remove(filepath.Join(s.folder, name)); err != nil {
			return err
		}
	}
	return nil
}

// restore puts back what the touched files were.
func (s *swap) restore() error {
	var failed error
	for _, name := range s.touched {
		path := filepath.Join(s.folder, name)
		err := os.Rename(filepath.Join(s.aside, name), path)
		if errors.Is(err, fs.ErrNotExist) {
			err = os.Remove(path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// keepAside gives a file a second name, or copies it where the file system has
// no hard links. A file that does not exist needs no keeping.
func keepAside(path, aside string) error {
	information, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !information.Mode().IsRegular():
		return fmt.Errorf("%s is not a plain file", path)
	}
	err = os.Link(path, aside)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(aside, data, information.Mode().Perm())
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
