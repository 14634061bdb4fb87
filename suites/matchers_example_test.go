package suites_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/onsi/gomega"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// retry sends a request to the server under test, here in the same process.
func retry(server http.Handler, job, token, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, "/v1/archiveJobs/"+job+":retry", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response := httptest.NewRecorder()
	server.ServeHTTP(response, request)
	return response
}

// A test of your own can use the matchers: here, a FAILED job is accepted, a COMPLETE
// job is refused, and an unknown token is challenged.
func ExampleMatchErrorModel() {
	method := spec.MustLoadEmbedded()
	server, err := emulator.New(method, emulator.Options{Jobs: map[string][]string{"FAILED": {"mine"}, "COMPLETE": {"done"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	// In a test function this is gomega.NewWithT(t).
	g := gomega.NewGomega(func(message string, _ ...int) { fmt.Println(message) })

	first := retry(server, "mine", "scope:dataportability.maps.reviews", "")
	g.Expect(first).To(gomega.And(suites.MatchResponseSchema(method), suites.HaveJobID(method)))

	done := retry(server, "done", "scope:dataportability.maps.reviews", "")
	g.Expect(done).To(gomega.And(suites.BeRefused("FAILED_PRECONDITION"), suites.MatchErrorModel(method), suites.HaveNoEffect()))

	stranger := retry(server, "done", "nobody", "")
	g.Expect(stranger).To(suites.HaveBearerChallenge("invalid_token"))
	fmt.Println("all as expected")
	// Output: all as expected
}

// Meet takes what is allowed from the description's catalogue. A failure says
// what was wanted and what came.
func ExampleMeet() {
	method := spec.MustLoadEmbedded()
	server, err := emulator.New(method, emulator.Options{Fault: "unknown-field-ignored"})
	if err != nil {
		fmt.Println(err)
		return
	}
	g := gomega.NewGomega(func(message string, _ ...int) { fmt.Println(message) })

	response := retry(server, "failed-1", "scope:dataportability.maps.reviews", `{"color": "red"}`)
	requirement, _ := method.Requirement("body.unknown-field")
	g.Expect(response).To(suites.Meet(requirement), requirement.Statement)
	// Output:
	// An unknown field in the request body MUST be refused as 400 INVALID_ARGUMENT.
	// Unexpected response
	//     want: 400 with error.status INVALID_ARGUMENT
	//     got:  200 (success)
}
