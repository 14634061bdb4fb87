package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// writingFlag is the flag that names the list to be written.
const writingFlag = "write-known-failures"

// readKnownFailures reads the list that the settings name, of the requirements
// of a description and of the checks that it can name, and sees that the one to be
// written does not stand in the way of anything.
func readKnownFailures(sources *config.Sources, settings *config.Settings, requirements []spec.Requirement,
	nameable func() (checks []string, not []result.NotApplicable), began time.Time, files []report.File) (result.KnownFailures, error) {
	if settings.WriteKnownFailures != "" {
		if err := text.CheckNewFile(sources.Origin(writingFlag), settings.WriteKnownFailures); err != nil {
			return nil, err
		}
	}
	for _, file := range files {
		if file.Path == settings.WriteKnownFailures {
			return nil, text.Mistake(sources.Origin(writingFlag), "a report goes to "+file.Path+" too", "give another path")
		}
	}
	if settings.KnownFailures == "" {
		return nil, nil
	}
	if _, err := os.Stat(settings.KnownFailures); errors.Is(err, fs.ErrNotExist) {
		return nil, text.Mistake(sources.Origin("known-failures"), "there is no file "+settings.KnownFailures, "check the path, or write it with --"+writingFlag)
	}
	checks, not := nameable()
	return result.ReadKnownFailures(settings.KnownFailures, requirements, checks, began, not...)
}

// nameableChecks lists the checks of a description, and those that do not apply to it.
func nameableChecks(method *spec.Method) func() ([]string, []result.NotApplicable) {
	return func() ([]string, []result.NotApplicable) { return checkIDs(method), notApplicable(method) }
}

// notApplicable groups what does not apply to a description.
func notApplicable(method *spec.Method) []result.NotApplicable {
	var all []result.Check
	for _, check := range slices.Concat(suites.Checks(method), suites.NotApplicable(method)) {
		all = append(all, result.Check{ID: check.ID, Requirements: check.Requirements, Reason: check.Reason})
	}
	return result.GroupNotApplicable(method, all)
}

// checkIDs lists the checks of a description.
func checkIDs(method *spec.Method) []string {
	var ids []string
	for _, check := range suites.Checks(method) {
		ids = append(ids, check.ID)
	}
	return ids
}

// writeKnownFailures writes the list that the settings name, of what failed,
// and says so.
func writeKnownFailures(terminal *terminal, sources *config.Sources, settings *config.Settings, found result.Report) error {
	file := settings.WriteKnownFailures
	if file == "" {
		return nil
	}
	count, err := result.WriteKnownFailures(sources.Origin(writingFlag), file, found)
	switch {
	case err != nil:
		return err
	case count == 0:
		fmt.Fprintf(terminal.out, "nothing failed: %s was not written\n", file)
	default:
		fmt.Fprintf(terminal.out, "wrote %s to %s: write a reason for each\n", text.Counted(count, "known failure"), file)
	}
	return nil
}
