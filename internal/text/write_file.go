package text

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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
	path = behindLinks(path)
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

// writeBeside writes a temporary file in the folder of another, and lets a
// function move it there.
func writeBeside(path string, permissions fs.FileMode, write func(io.Writer) error, prepare func(*os.File) error, move func(temporary, path string) error) (err error) {
	name := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8])
	temporary, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, permissions)
	if err != nil {
		return err
	}
	defer os.Remove(name)
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
	out, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(out), out.Close())
}

// behindLinks is the path that symbolic links lead to, even where nothing is
// there yet.
func behindLinks(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	next, err := os.Readlink(path)
	switch {
	case err != nil:
		return path
	case filepath.IsAbs(next):
		return next
	}
	return filepath.Join(filepath.Dir(path), next)
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
		return Mistake(origin, "there is no folder "+folder, "")
	}
	return nil
}

// FileExists says that a file is there that must be new.
func FileExists(origin, file string) error {
	return Mistake(origin, file+" is there already and is not written over", "give the name of a new file")
}
