// Package cassettes holds the recordings that come with dpconform, so that the
// suite runs without a server: a folder for each method whose description is
// shipped. They were recorded from the reference emulator and hold no response of
// Google's: their provenance says so.
package cassettes

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed */*.yaml
var embedded embed.FS

// Methods lists the methods that there are recordings of, sorted, by their names
// in spec.Shipped.
func Methods() []string {
	folders, err := embedded.ReadDir(".")
	if err != nil {
		panic(err)
	}
	var methods []string
	for _, folder := range folders {
		methods = append(methods, folder.Name())
	}
	return methods
}

// Embedded returns the recording of a method, for recorder.Open, and its folder in
// the product's repository: by the method's name, or by the id of its operation,
// which ends in the name. It is read only, and nil where there is none.
func Embedded(method string) (files fs.FS, folder string) {
	for _, name := range Methods() {
		if strings.HasSuffix("."+method, "."+name) {
			files, err := fs.Sub(embedded, name)
			if err != nil {
				panic(err)
			}
			return files, "cassettes/" + name
		}
	}
	return nil, ""
}
