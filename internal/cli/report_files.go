package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/charmbracelet/colorprofile"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/diff"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// refuseInputs refuses to write a report over one of the files that it is made of.
func refuseInputs(sources *config.Sources, files []report.File, what string, inputs ...string) error {
	for _, file := range files {
		for _, input := range inputs {
			if file.Path != report.StandardOutput && input != "" && diff.SameFile(file.Path, input) {
				return text.Mistake(sources.Origin("report"), file.Path+" is "+what, "give another file")
			}
		}
	}
	return nil
}

// writeComparison prints a comparison, and writes it into the files that are wanted,
// by format; a text has no colours there.
func writeComparison(terminal *terminal, files []report.File, writeText func(out io.Writer, columns int), writers map[string]func(io.Writer) error) error {
	writeText(terminal.out, terminal.width())
	writers["text"] = func(out io.Writer) error {
		writeText(&colorprofile.Writer{Forward: &text.Log{Out: out}, Profile: colorprofile.NoTTY}, helpColumns)
		return nil
	}
	for _, file := range files {
		if err := file.WriteWith(writers[file.Format], terminal.raw); err != nil {
			return notWritten(file, err)
		}
	}
	return nil
}

// writeNewFile writes a file that a flag names. One that is there stays.
func writeNewFile(flag, file string, content []byte) error {
	const newFile = 0o644
	err := text.CreateFile(file, newFile, func(out io.Writer) error { _, err := out.Write(content); return err })
	switch {
	case errors.Is(err, fs.ErrExist):
		return text.FileExists(flag, file)
	case err != nil:
		return text.Mistake(flag, file+" was not written: "+text.Reason(err), text.AnotherPath)
	}
	return nil
}

func notWritten(file report.File, err error) error {
	return text.Mistake("--report", file.Path+" was not written: "+err.Error(), text.AnotherPath)
}

// parseReports reads the reports that are wanted, each in one of the formats.
func parseReports(sources *config.Sources, wanted []string, formats ...string) ([]report.File, error) {
	place := sources.Origin("report")
	var files []report.File
	seen := map[string]bool{}
	for _, value := range wanted {
		file, err := report.ParseFile(value, formats...)
		if err != nil {
			return nil, text.Located(place, err)
		}
		path := filepath.Clean(file.Path)
		if seen[path] && !toRunner(file) {
			return nil, text.Mistake(place, fmt.Sprintf("two reports have the path %s", file.Path), "give each a path of its own")
		}
		seen[path] = !toRunner(file) || seen[path]
		files = append(files, file)
	}
	// Nothing may read a pipe, or standard output: what needs no reader is there by
	// then, even if somebody ends the program.
	slices.SortStableFunc(files, func(a, b report.File) int { return cmp.Compare(readers(a), readers(b)) })
	return files, nil
}

// readers is 1 for a report that somebody else has to read as it is written, 0 for
// one in a file of its own.
func readers(file report.File) int {
	if information, err := os.Stat(file.Path); file.Path == report.StandardOutput || err == nil && !information.Mode().IsRegular() {
		return 1
	}
	return 0
}

// writeReports writes what was found into all files that are wanted.
func writeReports(terminal *terminal, found result.Report, files []report.File) error {
	for _, file := range files {
		if file.Format == "json" && file.Path != report.StandardOutput {
			terminal.github.file = file.Path
		}
		if toRunner(file) {
			terminal.github.wanted, terminal.github.found = true, &found
			continue
		}
		if err := file.Write(found, terminal.raw); err != nil {
			return notWritten(file, err)
		}
	}
	return nil
}

func writesToOutput(files []report.File) bool {
	return slices.ContainsFunc(files, func(file report.File) bool { return file.Path == report.StandardOutput && !toRunner(file) })
}

// leftBehind adds to an error that kept a run from its end that its reports were
// not written, and which are from an earlier run and would be taken for its own.
func (o outputs) leftBehind(err error) error {
	var old []string
	for _, file := range o.files {
		if information, missing := os.Stat(file.Path); missing == nil && information.Mode().IsRegular() {
			old = append(old, file.Path)
		}
	}
	switch {
	case len(o.files) == 0:
		return err
	case len(old) == 0:
		return fmt.Errorf("%w; no report was written", err)
	}
	verb := "is"
	if len(old) > 1 {
		verb = "are"
	}
	return fmt.Errorf("%w; no report was written, and %s %s from an earlier run", err, text.List(old, "and"), verb)
}
