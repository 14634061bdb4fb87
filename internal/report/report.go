// Package report writes a result in every format: for a console, CI systems,
// browsers, and other programs. It decides no verdict.
package report

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/report/html"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// Format is a format that a result is written in.
type Format struct {
	// Name stands before the = of FORMAT=PATH.
	Name string
	// About says in a few words what it is for.
	About string
	Write func(io.Writer, result.Report) error
}

// Formats lists every format, the one that all others are generated from first.
func Formats() []Format {
	return []Format{
		{"json", "everything, for programs; the source of all others", result.WriteJSON},
		{"junit", "JUnit XML, for CI systems", WriteJUnit},
		{"markdown", "a page for the summary of a CI job", WriteMarkdown},
		{"github", "annotations, job summary and outputs of GitHub Actions", WriteAnnotations},
		{"html", "a page to read, and to share", html.Write},
		{"har", "every exchange, as an HTTP archive", WriteHAR},
		{"sarif", "each failure at its line of the description, for code scanning", WriteSARIF},
		{"badge", "JSON, for an endpoint badge of shields.io", WriteBadge},
	}
}

// Names lists the names of all formats.
func Names() []string {
	var names []string
	for _, format := range Formats() {
		names = append(names, format.Name)
	}
	return names
}

// StandardOutput is the path that stands for standard output.
const StandardOutput = "-"

// File is a report to write: its format and its path.
type File struct {
	Format string
	Path   string
}

// endings are those of files by which a format is known, the longer ones first.
var endings = []struct{ ending, format string }{
	{".sarif.json", "sarif"}, {".sarif", "sarif"}, {".har", "har"}, {".json", "json"}, {".xml", "junit"},
	{".html", "html"}, {".htm", "html"}, {".md", "markdown"}, {".txt", "text"},
}

// ParseFile reads FORMAT=PATH with one of the formats, or a path alone that ends
// like a file of one of them. It returns a *text.UsageError without a place for an
// unknown format, an ending that gives none, a missing path, or a path in a missing
// folder. The format "github" needs no path: it is for the runner.
func ParseFile(given string, formats ...string) (File, error) {
	format, path, found := strings.Cut(given, "=")
	switch {
	case given == "github" && slices.Contains(formats, given):
		return File{given, StandardOutput}, nil
	case !found && slices.Contains(formats, given), found && path == "" && slices.Contains(formats, format):
		return File{}, text.Mistake("", fmt.Sprintf("%q names no file", given), "give "+strings.TrimSuffix(given, "=")+"=FILE")
	case !found:
		path = given
		if format = formatByEnding(path, formats); format == "" {
			return File{}, text.Mistake("", fmt.Sprintf("unknown report format for %q", path),
				fmt.Sprintf("write FORMAT=%s with FORMAT %s or %s", path, strings.Join(formats[:len(formats)-1], ", "), formats[len(formats)-1]))
		}
	case !slices.Contains(formats, format):
		return File{}, text.Mistake("", fmt.Sprintf("unknown report format %q", format), text.DidYouMean(format, formats))
	case path == StandardOutput:
		return File{format, path}, nil
	}
	if err := text.CheckFile(path); err != nil {
		return File{}, text.Located("", err)
	}
	if format == "badge" && strings.ToLower(filepath.Ext(path)) != ".json" {
		return File{}, text.Mistake("", fmt.Sprintf("a badge is a .json file for shields.io, and %s is not", path), "give badge=FILE.json")
	}
	return File{format, path}, nil
}

func formatByEnding(path string, formats []string) string {
	name := strings.ToLower(filepath.Base(path))
	for _, one := range endings {
		if strings.HasSuffix(name, one.ending) && slices.Contains(formats, one.format) {
			return one.format
		}
	}
	return ""
}

// Write writes a result. A file is there whole or, after an error, as it was
// before.
func (f File) Write(found result.Report, standardOutput io.Writer) error {
	for _, format := range Formats() {
		if format.Name == f.Format {
			return f.WriteWith(func(out io.Writer) error { return format.Write(out, found) }, standardOutput)
		}
	}
	return fmt.Errorf("unknown report format %q", f.Format)
}

// WriteWith is Write for what a function writes.
func (f File) WriteWith(write func(io.Writer) error, standardOutput io.Writer) error {
	if f.Path == StandardOutput {
		return write(standardOutput)
	}
	return text.WriteFile(f.Path, 0o666, write)
}
