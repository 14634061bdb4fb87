package redact

import (
	"bytes"
	"errors"
	"io"
)

// ErrBinary is the error of FindIn for what is no text.
var ErrBinary = errors.New("it is binary")

// Sizes in bytes of what is read of a text at once, and of what two pieces of a
// long one share, so that a secret on the edge of one is whole in the other.
const (
	pieceSize  = 16 << 20
	sharedSize = 64 << 10
	// binaryProbe is where a zero byte makes a file binary, as for git.
	binaryProbe = 8000
)

// FindIn is Find for a text of any length, of which it keeps no more than a
// piece in memory. Invalid UTF-8 is read like any other text. The error is
// ErrBinary for what is no text, or that of the reader.
func FindIn(reader io.Reader, yield func(Found)) error {
	return findInPieces(reader, pieceSize, sharedSize, yield)
}

func findInPieces(reader io.Reader, size, shared int, yield func(Found)) error {
	var piece []byte
	var told map[place]bool
	lines := 0
	for first := true; ; first = false {
		more, err := fill(reader, &piece, size)
		if err != nil {
			return err
		}
		if first && bytes.IndexByte(piece[:min(len(piece), binaryProbe)], 0) >= 0 {
			return ErrBinary
		}
		found := Find(string(piece))
		for _, one := range found {
			one.Line += lines
			if !told[place{one.Line, one.Kind}] {
				yield(one)
			}
		}
		if !more {
			return nil
		}
		kept := keptFrom(piece, shared)
		passed := bytes.Count(piece[:kept], []byte("\n"))
		told = map[place]bool{}
		for _, one := range found {
			if one.Line > passed {
				told[place{one.Line + lines, one.Kind}] = true
			}
		}
		lines += passed
		piece = append(piece[:0], piece[kept:]...)
	}
}

// place is where something was found already.
type place struct {
	line int
	kind Kind
}

// fill reads until a piece has its size, and reports whether there is more.
func fill(reader io.Reader, piece *[]byte, size int) (bool, error) {
	var buffer bytes.Buffer
	_, err := io.CopyN(&buffer, reader, int64(size-len(*piece)))
	*piece = append(*piece, buffer.Bytes()...)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	return true, err
}

// keptFrom is where the next piece begins: at a line near the end of this one.
func keptFrom(piece []byte, shared int) int {
	from := max(1, len(piece)-shared)
	if end := bytes.IndexByte(piece[from:], '\n'); end >= 0 && from+end+1 < len(piece) {
		return from + end + 1
	}
	return from
}
