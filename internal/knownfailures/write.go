package knownfailures

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// toBeWritten stands where a person has to write a reason; Read refuses it.
const toBeWritten = "TODO"

// CheckNew says, before a run, why no new file can be written: there is one
// already, or no folder for it. The origin is what named it, such as
// "--write-known-failures".
func CheckNew(origin, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return exists(origin, file)
	}
	folder := filepath.Dir(file)
	if information, err := os.Stat(folder); err != nil || !information.IsDir() {
		return &text.UsageError{Place: origin, Message: "there is no folder " + folder}
	}
	return nil
}

func exists(origin, file string) error {
	return &text.UsageError{Place: origin, Message: file + " is there already and is not written over", Fix: "give the name of a new file"}
}

// Write writes a new file with an entry for everything that failed in a run,
// and gives their number. The reasons are still to be written. Where nothing
// failed, no file is written. The file is there whole or not at all, and one
// that is there already stays as it is. Errors are *config.UsageErrors.
func Write(origin, file string, found result.Report) (int, error) {
	entries := draftsOf(found)
	if len(entries) == 0 {
		return 0, nil
	}
	err := writeNew(file, render(file, found, entries))
	switch {
	case errors.Is(err, fs.ErrExist):
		return 0, exists(origin, file)
	case err != nil:
		return 0, &text.UsageError{Place: origin, Message: fmt.Sprintf("%s was not written: %s", file, err)}
	}
	return len(entries), nil
}

// writeNew writes beside the file first. A link, unlike a new name, never
// replaces a file that came into being meanwhile.
func writeNew(file, text string) error {
	temporary, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.WriteString(text)
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err != nil {
		return err
	}
	if err := os.Link(temporary.Name(), file); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// A file system without links: what is left is to look first.
	if _, err := os.Lstat(file); err == nil {
		return fs.ErrExist
	}
	return os.Rename(temporary.Name(), file)
}

// render writes the entries in the form that Read takes.
func render(file string, found result.Report, entries []draft) string {
	var text strings.Builder
	fmt.Fprintf(&text, "# What failed at %s on %s.\n", oneLine(found.Target.Endpoint), found.Started.Format(dayFormat))
	fmt.Fprintf(&text, "# Write a reason for each entry, and where it helps `%s: 2027-01-31` (the last day on which\n", expiresKey)
	fmt.Fprintf(&text, "# it holds) and `%s: https://...`. Then: dpconform run --known-failures %s\n", issueKey, oneLine(file))
	fmt.Fprintf(&text, "%s:\n", listKey)
	for _, entry := range entries {
		fmt.Fprintf(&text, "  # %s\n  - %s: %s\n    %s: %s\n", entry.comment, entry.key, scalar(entry.id), reasonKey, toBeWritten)
	}
	return text.String()
}

// scalar writes an id as YAML reads it back.
func scalar(id string) string {
	written, err := yaml.Marshal(id)
	if text := strings.TrimSpace(string(written)); err == nil && !strings.Contains(text, "\n") {
		return text
	}
	return fmt.Sprintf("%q", id)
}
