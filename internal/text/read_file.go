package text

import (
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

// ReadBytes reads a file that a person named, of at most so many bytes. It does
// not wait for a named pipe that nothing has open for writing, and reads no more
// of a device than of a file. Reason has the error without the name.
func ReadBytes(name string, most int) ([]byte, error) {
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	information, err := file.Stat()
	content, reading := await(program, func() ([]byte, error) {
		defer file.Close()
		return io.ReadAll(io.LimitReader(file, int64(most)+1))
	})
	if reading != nil {
		return nil, reading
	}
	if len(content) > most {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("it is longer than %d MiB; is it the right file?", most>>20)}
	}
	if err == nil && len(content) == 0 && information.Mode()&fs.ModeNamedPipe != 0 {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("it is not a regular file but a pipe that nothing is written to")}
	}
	return content, nil
}
