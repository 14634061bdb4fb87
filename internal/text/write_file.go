package text

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// WriteFile puts what a function writes into a file: all of it or, after an
// error, nothing, and then what was there before stays. A symbolic link stays
// and leads to the new content. A pipe or a device is written into. A file that
// was there keeps its permissions; a new one gets those given, less the umask.
//
// It is our own because github.com/google/renameio does not build for Windows
// and replaces symbolic links.
func WriteFile(path string, permissions fs.FileMode, write func(io.Writer) error) error {
	if information, err := os.Stat(path); err == nil && !information.Mode().IsRegular() {
		return writeInto(path, write)
	}
	path, err := behindLinks(path)
	if err != nil {
		return err
	}
	return writeBeside(path, permissions, write, func(temporary *os.File) error {
		if information, err := os.Stat(path); err == nil {
			return os.Chmod(temporary.Name(), information.Mode().Perm())
		}
		return nil
	}, os.Rename)
}

// CreateFile is WriteFile for a file that must not be there: one that is, even
// one that comes into being meanwhile, stays, and the error is fs.ErrExist.
func CreateFile(path string, permissions fs.FileMode, write func(io.Writer) error) error {
	return writeBeside(path, permissions, write, nil, func(temporary, path string) error {
		// A link, unlike a new name, never replaces a file.
		if err := os.Link(temporary, path); err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
		// A file system without links.
		if _, err := os.Lstat(path); err == nil {
			return fs.ErrExist
		}
		return os.Rename(temporary, path)
	})
}

// unfinished has the names of the temporary files.
var unfinished sync.Map

// RemoveUnfinished removes what would be left of files that are being written, for
// a program that exits at once.
func RemoveUnfinished() {
	unfinished.Range(func(name, _ any) bool {
		_ = os.Remove(name.(string))
		return true
	})
}

// writeBeside writes a temporary file in the folder of another, and lets a
// function move it there.
func writeBeside(path string, permissions fs.FileMode, write func(io.Writer) error, prepare func(*os.File) error, move func(temporary, path string) error) (err error) {
	name := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8])
	temporary, err := NewFile(name, permissions)
	if err != nil {
		return err
	}
	unfinished.Store(name, nil)
	defer func() {
		_ = os.Remove(name)
		unfinished.Delete(name)
	}()
	defer temporary.Close()
	if err := write(temporary); err != nil {
		return err
	}
	if prepare != nil {
		if err := prepare(temporary); err != nil {
			return err
		}
	}
	if err := errors.Join(temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	return move(name, path)
}

func writeInto(path string, write func(io.Writer) error) error {
	var content bytes.Buffer
	if err := write(&content); err != nil {
		return err
	}
	return transfer(path, os.O_WRONLY, content.Bytes())
}

// transfer writes into a file whose other end may have to be waited for.
func transfer(path string, flags int, content []byte) error {
	_, err := await(program, func() (int, error) {
		out, err := os.OpenFile(path, flags, 0o644)
		if err != nil {
			return 0, err
		}
		written, err := out.Write(content)
		return written, errors.Join(err, out.Close())
	})
	return err
}

// AppendFile appends to a file what a function writes, or makes it.
func AppendFile(path string, write func(io.Writer) error) error {
	var content bytes.Buffer
	if err := write(&content); err != nil {
		return err
	}
	return transfer(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, content.Bytes())
}

// WriteNew writes a file in a folder of this program's own. One that is there, or
// a link of its name, is an error: nothing is followed.
func WriteNew(path string, permissions fs.FileMode, content []byte) error {
	file, err := NewFile(path, permissions)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}

// NewFile makes a file. One that is there, or a link of its name, is an error.
func NewFile(path string, permissions fs.FileMode) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, permissions)
}

// OwnFile opens a file that this program made, to append to it, and lets nobody but
// its owner read it. Anything else of its name, such as a link or a pipe, is an
// error.
func OwnFile(path string) (*os.File, error) {
	if err := CheckOwnFile(path); err != nil {
		return nil, err
	}
	before, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	after, err := file.Stat()
	if err == nil && !os.SameFile(before, after) {
		err = &fs.PathError{Op: "open", Path: path, Err: errors.New("it was replaced while it was opened")}
	}
	if err == nil {
		err = file.Chmod(0o600)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// CheckOwnFile says why a file is none that this program made: it is a link, a
// folder or a device. One that is not there is none of these.
func CheckOwnFile(path string) error {
	information, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && !information.Mode().IsRegular():
		return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("it is %s, not a file of dpconform", kind(information.Mode()))}
	}
	return err
}

// CheckFolder says why a path is no folder, without opening it: opening a pipe
// waits for its other end. One that is not there may become a folder.
func CheckFolder(path string) error {
	information, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(path); err == nil {
			return &fs.PathError{Op: "open", Path: path, Err: errors.New("it is a link that leads nowhere")}
		}
		return nil
	case err == nil && !information.IsDir():
		return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("it is %s, not a folder", kind(information.Mode()))}
	}
	return err
}

// kind says in words what a path leads to.
func kind(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "a file"
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeSymlink != 0:
		return "a link"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// behindLinks is the path that symbolic links lead to, even where nothing is
// there yet.
func behindLinks(path string) (string, error) {
	// As many as Linux follows.
	const most = 40
	for range most {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return real, nil
		}
		next, err := os.Readlink(path)
		switch {
		case err != nil:
			return path, nil
		case filepath.IsAbs(next):
			path = next
		default:
			path = filepath.Join(filepath.Dir(path), next)
		}
	}
	return "", &fs.PathError{Op: "open", Path: path, Err: errors.New("it is a link that leads to itself")}
}

// createFolder is the fix for a missing folder.
const createFolder = "create it, or give another path"

// CheckFile says, before anything is done, why WriteFile cannot write a file: it is a
// folder, or there is no folder for it or for what it links to.
func CheckFile(path string) error {
	folder := filepath.Dir(path)
	if information, err := os.Stat(folder); err != nil || !information.IsDir() {
		return fmt.Errorf("there is no folder %s; %s", folder, createFolder)
	}
	if information, err := os.Stat(path); err == nil && information.IsDir() {
		return fmt.Errorf("%s is a folder; give a file", path)
	}
	real, err := behindLinks(path)
	if err != nil {
		return fmt.Errorf("%s: %s; give another path", path, Reason(err))
	}
	if information, err := os.Stat(filepath.Dir(real)); err != nil || !information.IsDir() {
		return fmt.Errorf("%s is a link into %s, and there is no such folder; give another path", path, filepath.Dir(real))
	}
	return nil
}

// CheckNewFile says, before anything is done, why no new file can be written:
// there is one already, or no folder for it. The origin is what named it, such as
// "--write-known-failures".
func CheckNewFile(origin, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return FileExists(origin, file)
	}
	folder := filepath.Dir(file)
	if information, err := os.Stat(folder); err != nil || !information.IsDir() {
		return Mistake(origin, "there is no folder "+folder, createFolder)
	}
	return nil
}

// FileExists says that a file is there that must be new.
func FileExists(origin, file string) error {
	return Mistake(origin, file+" already exists and is not overwritten", "give the name of a new file")
}
