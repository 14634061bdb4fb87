// Command required links the libraries that dpconform is built on, and no others,
// and does nothing: a program of theirs cannot start faster.
package main

import (
	"os"

	"github.com/dnaeon/go-vcr/v2/recorder"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"github.com/pb33f/libopenapi"
	"golang.org/x/oauth2"
)

func main() {
	// Naming them keeps the linker from leaving them out.
	linked := []any{libopenapi.NewDocument, ginkgo.RunSpecs, gomega.Expect, recorder.New, oauth2.StaticTokenSource}
	if len(linked) == 0 {
		os.Exit(1)
	}
}
