package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/report/kinds"
	"github.com/dpconform/dpconform/internal/text"
)

// reportsOfRun reads the reports that are wanted of a run, each of a kind that
// can be made of one.
func reportsOfRun(sources *config.Sources, wanted []string) ([]report.File, error) {
	return parseReports(sources, wanted, kinds.Names(), kinds.Parse)
}

// reportFiles reads the reports that are wanted of anything else, each of one of
// the kinds.
func reportFiles(sources *config.Sources, wanted []string, names ...string) ([]report.File, error) {
	return parseReports(sources, wanted, names, func(text string) (report.File, error) { return report.ParseFile(text, names...) })
}

func parseReports(sources *config.Sources, wanted, names []string, parse func(string) (report.File, error)) ([]report.File, error) {
	place := sources.Origin("report")
	var files []report.File
	seen := map[string]bool{}
	for _, value := range wanted {
		file, err := parse(value)
		if err != nil {
			return nil, &text.UsageError{Place: place, Message: err.Error(), Fix: mendOfReport(err, names)}
		}
		path := filepath.Clean(file.Path)
		if seen[path] {
			return nil, &text.UsageError{Place: place, Message: fmt.Sprintf("two reports go to %s", file.Path), Fix: "give each a path of its own"}
		}
		seen[path] = true
		files = append(files, file)
	}
	return files, nil
}

// mendOfReport says how to write what cannot be read.
func mendOfReport(err error, names []string) string {
	var unknown *report.UnknownKindError
	var unclear *report.UnclearKindError
	switch {
	case errors.As(err, &unknown):
		return text.DidYouMean(unknown.Kind, names)
	case errors.As(err, &unclear):
		return fmt.Sprintf("write KIND=%s with KIND %s or %s", unclear.Path, strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
	}
	return ""
}

// writeReports writes what was found into all files that are wanted.
func writeReports(terminal *terminal, found report.Report, files []report.File) error {
	for _, file := range files {
		if err := kinds.Write(file, found, terminal.raw); err != nil {
			return &text.UsageError{Place: "--report", Message: fmt.Sprintf("%s was not written: %s", file.Path, err)}
		}
	}
	return nil
}

func writesToOutput(files []report.File) bool {
	return slices.ContainsFunc(files, func(file report.File) bool { return file.Path == report.StandardOutput })
}

// leftBehind adds to an error that kept a run from its end which of its reports
// are still those of an earlier run, and would be taken for its own.
func leftBehind(err error, files []report.File) error {
	var old []string
	for _, file := range files {
		if information, missing := os.Stat(file.Path); missing == nil && information.Mode().IsRegular() {
			old = append(old, file.Path)
		}
	}
	if len(old) == 0 {
		return err
	}
	return fmt.Errorf("%w; still of an earlier run: %s", err, strings.Join(old, ", "))
}
