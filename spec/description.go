package spec

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"unicode"
)

// Description is the text of an OpenAPI document, not yet parsed.
type Description struct {
	// Name is the file that the text was read from. A shipped one has the name of its
	// file in the product's repository.
	Name string
	Text []byte
	// Overlays are the files of the overlays that the text comes of, in the order in
	// which they were applied.
	Overlays []string

	// origins are where the nodes of an overlaid text were written, by line and
	// column.
	origins map[[2]int]origin
}

// ReadDescription reads a description from a file. The error for a file that
// cannot be read is an [*Error].
func ReadDescription(file string) (Description, error) {
	text, err := readFile(file)
	if err != nil {
		var pathError *fs.PathError
		if errors.As(err, &pathError) {
			err = pathError.Err
		}
		return Description{}, &Error{File: file, Message: err.Error() + "; give a file that can be read"}
	}
	return Description{Name: file, Text: text}, nil
}

// largestFile is the length in bytes of the largest file that is read.
const largestFile = 8 << 20

// readFile reads a file. It does not wait for a named pipe that nothing has open
// for writing, and reads no more of a device than of a file.
func readFile(name string) ([]byte, error) {
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, largestFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > largestFile {
		return nil, fmt.Errorf("it is longer than %d MiB", largestFile>>20)
	}
	if information, err := file.Stat(); err == nil && len(text) == 0 && information.Mode()&fs.ModeNamedPipe != 0 {
		return nil, errors.New("it is not a regular file but a pipe that nothing is written to")
	}
	return text, nil
}

// Error is a mistake in a description, with its location.
type Error struct {
	File string
	// Line and Column are 1-based. Both are 0 where the mistake belongs to the file
	// as a whole, and Column is 0 where it belongs to a whole line.
	Line, Column int
	// Message is one line.
	Message string
}

// Error returns "file:line:column: message", the form that editors jump to. It
// replaces control characters, which a terminal would obey.
func (e *Error) Error() string {
	place := e.File
	if e.Line > 0 {
		place = fmt.Sprintf("%s:%d", place, e.Line)
	}
	if e.Column > 0 {
		place = fmt.Sprintf("%s:%d", place, e.Column)
	}
	return strings.Map(func(character rune) rune {
		if unicode.IsControl(character) {
			return unicode.ReplacementChar
		}
		return character
	}, place+": "+e.Message)
}
