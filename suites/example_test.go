package suites_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/onsi/ginkgo/v2"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// t is that of the test function, such as func TestMyServer(t *testing.T).
var t *testing.T

// In a test of your own server, start it here instead of the reference emulator.
func ExampleTest() {
	handler, err := emulator.New(spec.MustLoadEmbedded(), emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()

	suites.Test(t, suites.Config{
		Endpoint: server.URL,
		Tokens:   suites.TokenTemplate("scope:{short}"),
		Jobs:     map[string][]string{"FAILED": {"failed-1", "failed-2"}, "COMPLETE": {"complete-1"}},
	})
}

// In a Ginkgo suite, the server may start in BeforeSuite: Connect is called
// before the first check.
func ExampleRegister() {
	var server *httptest.Server
	_ = ginkgo.BeforeSuite(func() {
		handler, err := emulator.New(spec.MustLoadEmbedded(), emulator.Options{})
		if err != nil {
			ginkgo.Fail(err.Error())
		}
		server = httptest.NewServer(handler)
		ginkgo.DeferCleanup(server.Close)
	})
	_ = suites.Register(suites.Config{
		Connect: func(context.Context) (string, error) { return server.URL, nil },
		Tokens:  suites.TokenTemplate("scope:{short}"),
		Jobs:    emulator.DefaultJobs(spec.MustLoadEmbedded()),
	})
}

// A check says what it sends and which requirements it can fail.
func ExampleChecks() {
	for _, check := range suites.Checks(spec.MustLoadEmbedded()) {
		if check.ID == "path/trailing-slash" {
			fmt.Println(check.Aspect, check.Level, check.Requirements)
			fmt.Println(check.Sends)
		}
	}
	// Output:
	// path inferred [path.trailing-slash]
	// POST /v1/archiveJobs/ID:retry/
}

func ExampleTokenTemplate() {
	token, err := suites.TokenTemplate("scope:{short}").Token(context.Background(),
		"https://www.googleapis.com/auth/dataportability.maps.reviews", "https://www.googleapis.com/auth/dataportability.search.notes")
	fmt.Println(token, err)
	// Output: scope:dataportability.maps.reviews+dataportability.search.notes <nil>
}
