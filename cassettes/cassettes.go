// Package cassettes contains the recordings that are shipped with dpconform, one for
// each shipped method, so that the suite runs without a server. They were recorded
// from the reference emulator and are not Google's responses, as their provenance
// says.
package cassettes

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed */*.yaml
var embedded embed.FS

// Methods lists the methods that have a recording, sorted, by their names in
// spec.Shipped.
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

// Embedded returns the recording of a method, for recorder.Open, and the name of its
// folder in dpconform's repository. The method is a name from [Methods] or a whole
// operation id. If there is no recording, files is nil.
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
