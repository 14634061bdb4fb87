// Package knownfailures reads and writes lists of failures that somebody knows
// of, each with a reason, so that a run fails only for what is new.
package knownfailures

import (
	"fmt"
	"time"
)

// List is a file of known failures.
type List struct {
	// File is the name that it was read by.
	File    string
	Entries []Entry
}

// Entry is one known failure, or several with one reason.
type Entry struct {
	// Requirement or Check is an id or a pattern; the other one is empty.
	Requirement string
	Check       string
	// Reason says, in one line, why the failure is expected.
	Reason string
	// Expires is the last day on which the entry holds; zero where it has none.
	Expires time.Time
	// Issue is a link to where the failure is followed up, or empty.
	Issue string
	// Name is where it stands, and no other entry's: "known.yaml:3".
	Name string
	// Line is where it begins, 1-based.
	Line int
}

// String gives what the entry names as the file does: "check: body/empty".
func (e Entry) String() string {
	if e.Check != "" {
		return checkKey + ": " + e.Check
	}
	return requirementKey + ": " + e.Requirement
}

// Covers reports whether the entry expects that a check finds a requirement not
// kept.
func (e Entry) Covers(check, requirement string) bool {
	if e.Check != "" {
		return matches(e.Check, check)
	}
	return matches(e.Requirement, requirement)
}

// expiredOn reports whether the entry no longer holds on a day.
func (e Entry) expiredOn(day time.Time) bool {
	return !e.Expires.IsZero() && e.Expires.Before(day)
}

// dayOf is midnight of the day that a moment has where it was taken, in the
// form that days of a file have.
func dayOf(moment time.Time) time.Time {
	year, month, day := moment.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// dayFormat is how days are written.
const dayFormat = time.DateOnly

// day writes the last day of an entry, or nothing.
func (e Entry) day() string {
	if e.Expires.IsZero() {
		return ""
	}
	return e.Expires.Format(dayFormat)
}

// place is a line of a file.
func place(file string, line int) string { return fmt.Sprintf("%s:%d", file, line) }
