// Command required links the libraries that dpconform is built on, and no others,
// and does nothing: a program of theirs cannot start faster. It imports the packages
// of them that dpconform imports, as all of these are initialized at each start,
// whatever is called. With an argument it would call what dpconform calls most: the
// linker leaves out what nothing can call.
package main

import (
	"context"
	"os"

	"github.com/dnaeon/go-vcr/v2/cassette"
	"github.com/onsi/ginkgo/v2"
	_ "github.com/onsi/ginkgo/v2/extensions/globals"
	_ "github.com/onsi/ginkgo/v2/formatter"
	_ "github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"
	_ "github.com/onsi/gomega/format"
	_ "github.com/onsi/gomega/matchers"
	_ "github.com/onsi/gomega/types"
	"github.com/pb33f/libopenapi"
	_ "github.com/pb33f/libopenapi/datamodel"
	_ "github.com/pb33f/libopenapi/datamodel/high/base"
	_ "github.com/pb33f/libopenapi/datamodel/high/overlay"
	_ "github.com/pb33f/libopenapi/datamodel/high/v3"
	_ "github.com/pb33f/libopenapi/datamodel/low/base"
	_ "github.com/pb33f/libopenapi/json"
	_ "github.com/pb33f/libopenapi/orderedmap"
	"github.com/pb33f/libopenapi/overlay"
	_ "github.com/pb33f/libopenapi/utils"
	"github.com/pb33f/libopenapi/what-changed/model"
	_ "golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/oauth2/google"
)

func main() {
	if len(os.Args) > 1 {
		call(context.Background(), os.Args[1])
	}
}

func call(ctx context.Context, text string) {
	var failures []error
	document, err := libopenapi.NewDocument([]byte(text))
	failures = append(failures, err)
	described, err := document.BuildV3Model()
	failures = append(failures, err)
	changes, err := libopenapi.NewOverlayDocument([]byte(text))
	failures = append(failures, err)
	_, err = overlay.Apply([]byte(text), changes)
	failures = append(failures, err)
	schema := described.Model.Components.Schemas.First().Value().GoLow()
	recorded, err := cassette.Load(text)
	failures = append(failures, err)
	_, err = google.FindDefaultCredentials(ctx)
	failures = append(failures, err)
	_, err = new(clientcredentials.Config).Token(ctx)
	ginkgo.It(text, func() {
		gomega.Expect(append(failures, err)).To(gomega.And(gomega.HaveLen(len(recorded.Interactions)), gomega.Not(gomega.BeNil())))
		gomega.Expect(model.CompareSchemas(schema, schema)).To(gomega.BeNil())
	})
	ginkgo.RunSpecs(ginkgo.GinkgoT(), text)
}
