// Package configuration turns flags, environment variables and a YAML file into
// what a command needs, and says every mistake in one line.
package config

import (
	"fmt"

	"github.com/agnivade/levenshtein"
)

// UsageError is a mistake of the person who called: it names the place (a flag,
// an environment variable, a line of a file), what is wrong, and the mend.
type UsageError struct {
	// Place is where the mistake is: "--job", "DPCONFORM_JOB",
	// "dpconform.yaml:4: job".
	Place   string
	Message string
	// Mend says what to do, or is empty.
	Mend string
}

// Error is one line.
func (e *UsageError) Error() string {
	text := e.Message
	if e.Place != "" {
		text = e.Place + ": " + text
	}
	if e.Mend != "" {
		text += "; " + e.Mend
	}
	return text
}

// DidYouMean suggests the known name that is nearest to a wrong one, or lists a
// few where none is near.
func DidYouMean(name string, known []string) string {
	best, distance := Nearest(name, known)
	if best != "" && distance <= max(2, len(name)/3) {
		return fmt.Sprintf("did you mean %s?", best)
	}
	const few = 8
	if len(known) <= few {
		return "it must be one of " + join(known)
	}
	return fmt.Sprintf("the nearest is %s", best)
}

// Nearest finds the known name with the fewest edits, and their number.
func Nearest(name string, known []string) (string, int) {
	best, distance := "", -1
	for _, candidate := range known {
		if d := levenshtein.ComputeDistance(name, candidate); distance < 0 || d < distance {
			best, distance = candidate, d
		}
	}
	return best, distance
}

func join(names []string) string {
	text := ""
	for i, name := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			text += " or "
		default:
			text += ", "
		}
		text += name
	}
	return text
}
