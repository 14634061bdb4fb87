package recorder

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// CassetteError says what is wrong with a recording on disk, where, and what
// mends it.
type CassetteError struct {
	// File is the file that is wrong, with the folder as the caller named it.
	File string
	// Line is 1-based; 0 means that the mistake belongs to the file as a whole.
	Line int
	// Message says what is wrong.
	Message string
	// Mend says what to do about it, with the command to run.
	Mend string
}

// Error gives one line: "file:line: message; mend".
func (e *CassetteError) Error() string {
	place := e.File
	if e.Line > 0 {
		place = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	return oneLine(place + ": " + e.Message + "; " + e.Mend)
}

// folderName is how a person calls the folder of a recording.
type folderName string

// fault makes an error whose mend is to record again.
func (f folderName) fault(file string, line int, format string, values ...any) *CassetteError {
	return &CassetteError{File: f.file(file), Line: line, Message: fmt.Sprintf(format, values...), Mend: f.recordAgain()}
}

// unreadable says why a file could not be read, without the path, which the
// error already starts with.
func (f folderName) unreadable(file string, err error) *CassetteError {
	var inPath *fs.PathError
	if errors.As(err, &inPath) {
		err = inPath.Err
	}
	return f.fault(file, 0, "cannot be read: %s", err)
}

func (f folderName) file(name string) string { return path.Join(string(f), name) }

// recordAgain is the command that makes the folder anew.
func (f folderName) recordAgain() string {
	return "record again: dpconform record --cassettes " + f.argument()
}

// argument is the folder as one word of a command line.
func (f folderName) argument() string {
	switch {
	case f == "":
		return "DIR"
	case strings.ContainsAny(string(f), " \t\n'\"\\$&;|<>()*?[]#~`!"):
		return "'" + strings.ReplaceAll(string(f), "'", `'\''`) + "'"
	}
	return string(f)
}

// oneLine keeps a message on its line, whatever a file or a server put in it.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
