package report

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// StandardOutput is the path that stands for standard output.
const StandardOutput = "-"

// File is a report that is wanted: of a kind, at a path.
type File struct {
	Kind string
	Path string
}

// ParseFile reads KIND=PATH with one of the kinds, or a path alone that ends as
// reports of one of the kinds do. It returns an error for an unknown kind, an
// ending that says none, a missing path, or a path in a folder that is not there.
func ParseFile(text string, kinds ...string) (File, error) {
	kind, path, found := strings.Cut(text, "=")
	switch {
	case !found && slices.Contains(kinds, text):
		return File{}, fmt.Errorf("%q names no file", text)
	case !found:
		path = text
		if kind = guessedKind(path, kinds); kind == "" {
			return File{}, &UnclearKindError{path}
		}
	case !slices.Contains(kinds, kind):
		return File{}, &UnknownKindError{kind}
	case path == "":
		return File{}, fmt.Errorf("%q names no file", text)
	case path == StandardOutput:
		return File{kind, path}, nil
	}
	folder := filepath.Dir(path)
	if information, err := os.Stat(folder); err != nil || !information.IsDir() {
		return File{}, fmt.Errorf("there is no folder %s", folder)
	}
	if information, err := os.Stat(path); err == nil && information.IsDir() {
		return File{}, fmt.Errorf("%s is a folder", path)
	}
	return File{kind, path}, nil
}

// endings are those of files that say of which kind they are, the longer ones
// first. Workflow commands of a CI system have no ending of their own.
var endings = []struct{ ending, kind string }{
	{".sarif.json", "sarif"}, {".sarif", "sarif"}, {".har", "har"}, {".json", "json"}, {".xml", "junit"},
	{".html", "html"}, {".htm", "html"}, {".md", "markdown"}, {".svg", "badge"}, {".txt", "text"},
}

// guessedKind is the one of the kinds that a path ends like, or empty.
func guessedKind(path string, kinds []string) string {
	name := strings.ToLower(filepath.Base(path))
	for _, one := range endings {
		if strings.HasSuffix(name, one.ending) && slices.Contains(kinds, one.kind) {
			return one.kind
		}
	}
	return ""
}

// UnknownKindError names a kind of report that there is not.
type UnknownKindError struct{ Kind string }

// Error names the kind.
func (e *UnknownKindError) Error() string { return fmt.Sprintf("unknown kind of report %q", e.Kind) }

// UnclearKindError names a path without a kind, of which the ending says none.
type UnclearKindError struct{ Path string }

// Error names the path.
func (e *UnclearKindError) Error() string {
	return fmt.Sprintf("%q says no kind of report", e.Path)
}

// WriteWith writes what a function writes. A file is there whole or, after an
// error, as it was before; where a link leads to it, the link stays. What is no
// file, as a pipe or a device, is written into.
func (f File) WriteWith(write func(io.Writer) error, standardOutput io.Writer) error {
	if f.Path == StandardOutput {
		return write(standardOutput)
	}
	if information, err := os.Stat(f.Path); err == nil && !information.Mode().IsRegular() {
		return writeInto(f.Path, write)
	}
	return replace(behindLinks(f.Path), write)
}

// behindLinks is the path that symbolic links lead to, also where nothing is
// there yet.
func behindLinks(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	led, err := os.Readlink(path)
	switch {
	case err != nil:
		return path
	case filepath.IsAbs(led):
		return led
	}
	return filepath.Join(filepath.Dir(path), led)
}

// writeInto writes into what is there and no file.
func writeInto(path string, write func(io.Writer) error) error {
	out, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(out), out.Close())
}

// replace puts a file in the place of another at once. It may be read by those
// who might read the other, or else by those whom the caller's umask lets.
func replace(path string, write func(io.Writer) error) error {
	name := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8])
	temporary, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	defer temporary.Close()
	if err := write(temporary); err != nil {
		return err
	}
	if information, err := os.Stat(path); err == nil {
		if err := temporary.Chmod(information.Mode().Perm()); err != nil {
			return err
		}
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}
