package knownfailures

import (
	"fmt"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/suites"
)

// FromReport makes a known failure of what a report says of it, so that a report
// can be added up anew. It returns an error for an entry that names nothing.
func FromReport(described result.KnownFailure) (suites.Known, error) {
	key, name, found := strings.Cut(described.Entry, ": ")
	entry := Entry{Reason: described.Reason, Name: described.Name}
	switch {
	case found && name != "" && key == checkKey:
		entry.Check = name
	case found && name != "" && key == requirementKey:
		entry.Requirement = name
	default:
		return suites.Known{}, fmt.Errorf("the known failure %s has no entry that names a check or a requirement", described.Name)
	}
	return suites.Known{Name: entry.Name, Reason: entry.Reason, Covers: entry.Covers}, nil
}
