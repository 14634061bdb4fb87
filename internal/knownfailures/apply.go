package knownfailures

import (
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/suites"
)

// Known gives the list as a run of the suite takes it.
func (l List) Known() []suites.Known {
	var known []suites.Known
	for _, entry := range l.Entries {
		known = append(known, suites.Known{Name: entry.Name, Reason: entry.Reason, Covers: entry.Covers})
	}
	return known
}

// Described gives the list as a report shows it.
func (l List) Described() []result.KnownFailure {
	var described []result.KnownFailure
	for _, entry := range l.Entries {
		described = append(described, result.KnownFailure{
			Name: entry.Name, Entry: entry.String(), File: l.File, Line: entry.Line,
			Reason: entry.Reason, Expires: entry.day(), Issue: entry.Issue,
		})
	}
	return described
}
