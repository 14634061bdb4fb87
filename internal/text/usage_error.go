package text

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/agnivade/levenshtein"
)

// UsageError is a mistake of the caller in one line: the place, what is wrong
// there, and how to fix it.
type UsageError struct {
	// Place is a flag, an environment variable, or a place in a file: "--job",
	// "DPCONFORM_JOB", "dpconform.yaml:4:3". It may be empty.
	Place   string
	Message string
	// Fix says what to do. It is empty where the message says what is wanted.
	Fix string
}

// Mistake makes a UsageError.
func Mistake(place, message, fix string) *UsageError { return &UsageError{place, message, fix} }

// Located gives an error that says how to fix it a place.
func Located(place string, err error) *UsageError {
	return &UsageError{Place: place, Message: err.Error()}
}

// Error is "place: message; fix" in one line.
func (e *UsageError) Error() string {
	text := e.Message
	if e.Place != "" {
		text = e.Place + ": " + text
	}
	if e.Fix != "" {
		text += "; " + e.Fix
	}
	return Line(text)
}

// AnotherPath is the fix for a file that cannot be written.
const AnotherPath = "give another path, or make this one writable"

// CheckPath is the fix for a file that cannot be read; empty if the error has one.
func CheckPath(err error) string {
	switch {
	case strings.Contains(err.Error(), "; "):
		return "" // It says so itself.
	case errors.Is(err, fs.ErrPermission):
		return "make it readable"
	case errors.Is(err, syscall.EISDIR):
		return "give a file"
	}
	return "check the path"
}

// Reason says why a file cannot be used, without its name.
func Reason(err error) string {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err.Error()
	}
	return err.Error()
}

// Nearest finds the known name with the fewest letters to change, whatever their
// case, and their number.
func Nearest(name string, known []string) (best string, distance int) {
	name = strings.ToLower(name)
	for i, candidate := range known {
		if d := levenshtein.ComputeDistance(name, strings.ToLower(candidate)); i == 0 || d < distance {
			best, distance = candidate, d
		}
	}
	return best, distance
}

// DidYouMean is the fix for an unknown name: the one that was probably meant, or
// the choice.
func DidYouMean(name string, known []string) string {
	const few, examples = 20, 3
	choice := "want " + List(known, "or")
	if len(known) > few {
		choice = "valid names include " + List(known[:examples], "and")
	}
	return DidYouMeanOr(name, known, choice)
}

// DidYouMeanOr is the fix for an unknown name: the one that was probably meant, or
// another fix where none is close.
func DidYouMeanOr(name string, known []string, otherwise string) string {
	best, distance := Nearest(name, known)
	begun := slices.DeleteFunc(slices.Clone(known), func(candidate string) bool {
		return len(name) <= 2 || len(candidate) <= len(name) || !strings.EqualFold(candidate[:len(name)], name)
	})
	if distance > 0 && len(begun) > 0 {
		// What continues the shortest one, as authorization.required does, is no other choice.
		first := slices.MinFunc(begun, func(a, b string) int { return len(a) - len(b) })
		another := slices.ContainsFunc(begun, func(candidate string) bool { return !strings.HasPrefix(candidate, first) })
		if !another || distance > closest(name) {
			best, distance = first, 0
		}
	}
	if name == "" || best == "" || distance > closest(name) {
		return otherwise
	}
	return fmt.Sprintf("did you mean %s?", best)
}

// closest is how many letters of a name may be wrong for it to be close to another.
func closest(name string) int {
	const short = 3
	if len(name) <= short {
		return 1
	}
	return max(2, len(name)/3)
}
