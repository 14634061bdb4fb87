// Package kinds is the one list of the kinds of report that can be made of a
// run: what every command that writes reports offers, completes and makes.
package kinds

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/report/badge"
	"github.com/dpconform/dpconform/internal/report/har"
	"github.com/dpconform/dpconform/internal/report/html"
	"github.com/dpconform/dpconform/internal/report/sarif"
)

// Kind is a kind of report.
type Kind struct {
	// Name stands before the = of KIND=PATH.
	Name string
	// What says in a few words what it is.
	What string
	// writer gives what writes it into a file of this path.
	writer func(path string) writer
}

// writer writes a report in its form.
type writer func(io.Writer, report.Report) error

// always is the writer whatever the path.
func always(write writer) func(string) writer { return func(string) writer { return write } }

// All lists every kind, the one that all others are made of first.
func All() []Kind {
	return []Kind{
		{"json", "everything, for programs; the source of all others", always(report.WriteJSON)},
		{"junit", "JUnit XML, for CI systems", always(report.WriteJUnit)},
		{"markdown", "a page for the summary of a CI job", always(report.WriteMarkdown)},
		{"annotations", "workflow commands of GitHub Actions", always(report.WriteAnnotations)},
		{"html", "a page to look at, and to share", always(html.Write)},
		{"har", "every exchange, as an HTTP archive", always(har.Write)},
		{"sarif", "each failure at its line of the description, for code scanning", always(sarif.Write)},
		{"badge", "JSON, for an endpoint badge of shields.io", always(badge.WriteJSON)},
	}
}

// Names lists the names of all kinds.
func Names() []string {
	var names []string
	for _, kind := range All() {
		names = append(names, kind.Name)
	}
	return names
}

// Starts lists how the values of --report begin, for a shell that completes them.
func Starts() []string {
	var starts []string
	for _, kind := range All() {
		starts = append(starts, kind.Name+"=")
	}
	return starts
}

// Parse reads KIND=PATH, or a path that ends like a kind. The error is that of
// report.ParseFile, or tells that a badge cannot be written so.
func Parse(text string) (report.File, error) {
	file, err := report.ParseFile(text, Names()...)
	if err != nil {
		return file, err
	}
	ending := strings.ToLower(filepath.Ext(file.Path))
	if file.Kind == "badge" && file.Path != report.StandardOutput && ending != ".json" {
		return report.File{}, fmt.Errorf("a badge is a .json file for shields.io, and %s is not", file.Path)
	}
	return file, nil
}

// Write writes a report into the file that is wanted. A file is there whole or,
// after an error, as it was before. The error is that of writing, or names a
// kind that there is not.
func Write(file report.File, found report.Report, standardOutput io.Writer) error {
	for _, kind := range All() {
		if kind.Name == file.Kind {
			write := kind.writer(file.Path)
			return file.WriteWith(func(out io.Writer) error { return write(out, found) }, standardOutput)
		}
	}
	return &report.UnknownKindError{Kind: file.Kind}
}
