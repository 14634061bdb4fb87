package report

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// StandardOutput is the path that stands for standard output.
const StandardOutput = "-"

// Kinds lists the kinds of report.
func Kinds() []string { return []string{"json", "junit", "markdown", "annotations"} }

// File is a report that is wanted: of a kind, at a path.
type File struct {
	Kind string
	Path string
}

// ParseFile reads KIND=PATH with one of the kinds. It returns an error for an
// unknown kind, a missing path, or a path in a folder that is not there.
func ParseFile(text string, kinds ...string) (File, error) {
	kind, path, found := strings.Cut(text, "=")
	switch {
	case !slices.Contains(kinds, kind):
		return File{}, &UnknownKindError{kind}
	case !found || path == "":
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

// UnknownKindError names a kind of report that there is not.
type UnknownKindError struct{ Kind string }

// Error names the kind.
func (e *UnknownKindError) Error() string { return fmt.Sprintf("unknown kind of report %q", e.Kind) }

// Write writes the report. A file is there whole or, after an error, as it was
// before.
func (f File) Write(report Report, standardOutput io.Writer) error {
	write := map[string]func(io.Writer, Report) error{"json": WriteJSON, "junit": WriteJUnit,
		"markdown": WriteMarkdown, "annotations": WriteAnnotations}[f.Kind]
	return f.WriteWith(func(out io.Writer) error { return write(out, report) }, standardOutput)
}

// WriteWith is Write for whatever a function writes.
func (f File) WriteWith(write func(io.Writer) error, standardOutput io.Writer) error {
	if f.Path == StandardOutput {
		return write(standardOutput)
	}
	temporary, err := os.CreateTemp(filepath.Dir(f.Path), "."+filepath.Base(f.Path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	defer temporary.Close()
	if err := write(temporary); err != nil {
		return err
	}
	if err := temporary.Chmod(0o644); err != nil {
		return err
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), f.Path)
}
