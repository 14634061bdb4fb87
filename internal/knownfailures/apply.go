package knownfailures

import "github.com/dpconform/dpconform/internal/result"

// Known gives the list as a run takes it and a report shows it.
func (l List) Known() result.KnownFailures {
	var known result.KnownFailures
	for _, entry := range l.Entries {
		known = append(known, result.KnownFailure{
			Name: entry.Name, Entry: entry.String(), File: l.File, Line: entry.Line,
			Reason: entry.Reason, Expires: entry.day(), Issue: entry.Issue,
		})
	}
	return known
}
