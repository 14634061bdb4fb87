package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// libraries are the modules that dpconform is built on.
var libraries = []string{"github.com/dnaeon/go-vcr", "github.com/onsi/ginkgo", "github.com/onsi/gomega", "github.com/pb33f/libopenapi", "golang.org/x/oauth2"}

// The start of dpconform is compared with that of a program that must not be
// smaller than what it stands for, nor larger.
func TestTheLibrariesAloneAreThoseOfTheProgram(t *testing.T) {
	t.Parallel()
	imports := func(program string) []string {
		output, err := exec.Command("go", "list", "-deps", "-f",
			`{{if .Module}}{{if eq .Module.Path "github.com/dpconform/dpconform"}}{{join .Imports "\n"}}{{end}}{{end}}`, program).Output()
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for path := range strings.FieldsSeq(string(output)) {
			if slices.ContainsFunc(libraries, func(library string) bool { return path == library || strings.HasPrefix(path, library+"/") }) {
				found = append(found, path)
			}
		}
		slices.Sort(found)
		return slices.Compact(found)
	}
	if got, want := imports("./required"), imports("../../cmd/dpconform"); !slices.Equal(got, want) {
		t.Errorf("required imports\n%s\nand dpconform\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
