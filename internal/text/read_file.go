package text

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// LargestFile is the length in bytes of the largest file that is read as a whole,
// where nothing else is said.
const LargestFile = 8 << 20

// ReadFile is ReadBytes for text, which it returns as Decode does.
func ReadFile(name string, most int) ([]byte, error) {
	content, err := ReadBytes(name, most)
	if err != nil {
		return nil, err
	}
	if content, err = Decode(content); err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return content, nil
}

// ReadBytes reads a file that a person named, of at most so many bytes, as
// ReadNamed does.
func ReadBytes(name string, most int) ([]byte, error) {
	return ReadNamed(name, most, func(in io.Reader) ([]byte, error) { return ReadAll(in, most) })
}

// ReadNamed reads a file that a person named with a function. It does not wait for a
// named pipe that nothing has open for writing, and reads no more of a device than
// of a file. Reason has the error without the name.
func ReadNamed(name string, most int, read func(io.Reader) ([]byte, error)) ([]byte, error) {
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	information, unknown := file.Stat()
	content, err := await(program, func() ([]byte, error) {
		defer file.Close()
		if unknown == nil && information.Mode().IsRegular() && information.Size() > int64(most) {
			return nil, &TooLongError{most}
		}
		return read(file)
	})
	if _, ok := errors.AsType[*TooLongError](err); ok {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("it is %w; is it the right file?", err)}
	}
	if err != nil {
		return nil, err
	}
	if unknown == nil && len(content) == 0 && information.Mode()&fs.ModeNamedPipe != 0 {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("it is not a regular file but a pipe that nothing is written to")}
	}
	return content, nil
}

// TooLongError says that there are more bytes than may be read.
type TooLongError struct{ most int }

// Error gives the limit.
func (e *TooLongError) Error() string {
	if e.most < 1<<20 {
		return fmt.Sprintf("longer than %d KiB", e.most>>10)
	}
	return fmt.Sprintf("longer than %d MiB", e.most>>20)
}

// ReadAll is io.ReadAll for at most so many bytes; the error for more is a
// *TooLongError. It keeps what it has read in parts, so that what is refused takes
// no more memory than the limit.
func ReadAll(in io.Reader, most int) ([]byte, error) {
	const first, largest = 4 << 10, 4 << 20
	var parts [][]byte
	for total := 0; ; {
		part := make([]byte, min(max(first, total), largest, most+1-total))
		n, err := io.ReadFull(in, part)
		total += n
		parts = append(parts, part[:n])
		switch {
		case total > most:
			return nil, &TooLongError{most}
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			return bytes.Join(parts, nil), nil
		case err != nil:
			return nil, err
		}
	}
}
