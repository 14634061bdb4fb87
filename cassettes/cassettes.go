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

// Embedded returns the recording of a method, for recorder.Open, and the name of its
// folder in dpconform's repository. The method is a name from spec.Shipped or a whole
// operation id. If there is no recording, files is nil.
func Embedded(method string) (files fs.FS, folder string) {
	folders, err := embedded.ReadDir(".")
	if err != nil {
		panic(err)
	}
	for _, entry := range folders {
		if name := entry.Name(); strings.HasSuffix("."+method, "."+name) {
			files, err := fs.Sub(embedded, name)
			if err != nil {
				panic(err)
			}
			return files, "cassettes/" + name
		}
	}
	return nil, ""
}
