package spec

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
)

// EmbeddedName is the name of the description that the product ships.
const EmbeddedName = "spec/archivejobs-retry.openapi.yaml"

//go:embed archivejobs-retry.openapi.yaml
var embedded []byte

// Description is the text of an OpenAPI document, not yet understood.
type Description struct {
	// Name is the file it was read from, or EmbeddedName.
	Name string
	Text []byte
}

// Embedded is the description that the product ships.
func Embedded() Description {
	return Description{Name: EmbeddedName, Text: embedded}
}

// ReadDescription reads a description from a file. A file that cannot be read
// is a *DescriptionError.
func ReadDescription(file string) (Description, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		var pathError *fs.PathError
		if errors.As(err, &pathError) {
			err = pathError.Err
		}
		return Description{}, &DescriptionError{File: file, Message: err.Error() + "; give a file that can be read, such as dpconform spec print writes"}
	}
	return Description{Name: file, Text: text}, nil
}

// Digest identifies the very bytes of the description: "sha256:" and 64
// hexadecimal digits.
func (d Description) Digest() string {
	sum := sha256.Sum256(d.Text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
