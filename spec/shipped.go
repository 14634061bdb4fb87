package spec

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/pb33f/go-yaml"

	"github.com/dpconform/dpconform/internal/text"
)

// The files that the product ships are embedded under their names in this
// folder.
//
//go:embed *.yaml revisions/*.overlay.yaml sets/*.yaml
var shippedFiles embed.FS

const (
	// shippedList is the file that lists the shipped descriptions.
	shippedList = "shipped.yaml"
	// shippedFolder is where the files are in the product's repository.
	shippedFolder = "spec"
)

// shippedDescriptions reads the list. The tests of this package read the same
// bytes, so it cannot fail.
var shippedDescriptions = sync.OnceValue(func() (descriptions []shippedDescription) {
	var list yaml.Node
	if err := yaml.Unmarshal(mustReadShipped(shippedList), &list); err != nil {
		panic(err)
	}
	entries := list.Content[0].Content
	for i := 0; i < len(entries); i += 2 {
		descriptions = append(descriptions, shippedDescription{entries[i].Value, entries[i+1].Value})
	}
	return descriptions
})

type shippedDescription struct{ method, file string }

// read copies the text, for a caller may change it.
func (d shippedDescription) read() Description {
	return Description{Name: path.Join(shippedFolder, d.file), Text: bytes.Clone(mustReadShipped(d.file))}
}

// operation is the whole id of the operation under test.
func (d shippedDescription) operation() string {
	method, err := Load(d.read())
	if err != nil {
		panic(err)
	}
	return method.Operation.ID
}

func mustReadShipped(file string) []byte {
	content, err := readShipped(file)
	if err != nil {
		panic(err)
	}
	return content
}

// shippedTexts has what readShipped has read, by its file: a start reads the default
// description for a help text, and a run again and again to find out whether one is shipped.
var shippedTexts sync.Map

// readShipped reads a file as text.Decode does: git may have changed its line ends
// before it was embedded. Nobody may change the text.
func readShipped(file string) ([]byte, error) {
	if known, found := shippedTexts.Load(file); found {
		return known.([]byte), nil
	}
	content, err := shippedFiles.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if content, err = text.Decode(content); err == nil {
		shippedTexts.Store(file, content)
	}
	return content, err
}

// Shipped lists the methods that have a shipped description. Each name is the last
// two parts of the method's operation id. The first method is the default.
func Shipped() []string {
	var methods []string
	for _, shipped := range shippedDescriptions() {
		methods = append(methods, shipped.method)
	}
	return methods
}

// Embedded returns the shipped description of a method. The method is a name from
// [Shipped], a whole operation id, or "" for the default method. The error for an
// unknown method lists the known ones.
func Embedded(method string) (Description, error) {
	for _, shipped := range shippedDescriptions() {
		if method == "" || method == shipped.method || strings.HasSuffix(method, "."+shipped.method) && method == shipped.operation() {
			return shipped.read(), nil
		}
	}
	return Description{}, fmt.Errorf("no description of the method %q is built in, only of %s", method, strings.Join(Shipped(), ", "))
}

// Default returns the shipped description of the default method, the first of
// [Shipped].
func Default() Description { return shippedDescriptions()[0].read() }

// isShipped reports whether the description is a shipped one, and unchanged.
func (d Description) isShipped() bool {
	content, err := readShipped(strings.TrimPrefix(d.Name, shippedFolder+"/"))
	return err == nil && bytes.Equal(content, d.Text)
}
