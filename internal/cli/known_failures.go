package cli

import (
	"fmt"
	"time"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/knownfailures"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// writingFlag is the flag that names the list to be written.
const writingFlag = "write-known-failures"

// readKnownFailures reads the list that the settings name, and sees that the
// one to be written does not stand in the way of anything.
func readKnownFailures(sources *config.Sources, settings *config.Settings, contract *spec.Contract, began time.Time,
	files []report.File) (knownfailures.List, error) {
	if settings.WriteKnownFailures != "" {
		if err := knownfailures.CheckNew(sources.Origin(writingFlag), settings.WriteKnownFailures); err != nil {
			return knownfailures.List{}, err
		}
	}
	for _, file := range files {
		if file.Path == settings.WriteKnownFailures {
			return knownfailures.List{}, &text.UsageError{Place: sources.Origin(writingFlag), Message: "a report goes to " + file.Path + " too"}
		}
	}
	if settings.KnownFailures == "" {
		return knownfailures.List{}, nil
	}
	var ids []string
	for _, check := range suites.Checks(contract) {
		ids = append(ids, check.ID)
	}
	return knownfailures.Read(settings.KnownFailures, contract, ids, began)
}

// writeKnownFailures writes the list that the settings name, of what failed,
// and says so.
func writeKnownFailures(terminal *terminal, sources *config.Sources, settings *config.Settings, found result.Report) error {
	file := settings.WriteKnownFailures
	if file == "" {
		return nil
	}
	count, err := knownfailures.Write(sources.Origin(writingFlag), file, found)
	switch {
	case err != nil:
		return err
	case count == 0:
		fmt.Fprintf(terminal.out, "nothing failed: %s was not written\n", file)
	default:
		fmt.Fprintf(terminal.out, "wrote %s into %s: write a reason for each\n", countOf(count, "known failure", "known failures"), file)
	}
	return nil
}
