package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/spec"
)

// In a test of a client, the emulator stands in for the service.
func Example() {
	server, err := emulator.New(spec.MustLoadEmbedded(), emulator.Options{
		Jobs:   map[string][]string{"FAILED": {"job-1"}, "COMPLETE": {"job-2"}},
		Tokens: map[string][]string{"my-token": {"https://www.googleapis.com/auth/dataportability.maps.reviews"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	service := httptest.NewServer(server)
	defer service.Close()

	// In place of these lines stands the client under test.
	for _, job := range []string{"job-1", "job-2", "job-3"} {
		request, _ := http.NewRequest(http.MethodPost, service.URL+"/v1/archiveJobs/"+job+":retry", nil)
		request.Header.Set("Authorization", "Bearer my-token")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			fmt.Println(err)
			return
		}
		response.Body.Close()
		fmt.Println(job, response.Status)
	}
	// Output:
	// job-1 200 OK
	// job-2 400 Bad Request
	// job-3 404 Not Found
}

// A fault makes the server break one requirement, and do all else right.
func Example_fault() {
	server, err := emulator.New(spec.MustLoadEmbedded(), emulator.Options{Fault: "response-in-envelope", Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	request := httptest.NewRequest(http.MethodPost, "/v1/archiveJobs/failed-1:retry", nil)
	request.Header.Set("Authorization", "Bearer scope:dataportability.maps.reviews")
	recorder := httptest.NewRecorder()
	server.ServeHTTP(recorder, request)
	body, _ := io.ReadAll(recorder.Body)
	fmt.Print(string(body))
	// Output:
	// {
	//   "response": {
	//     "archiveJobId": "64cb3f0e-199f-8bac-90e8-0ec5be87b2a6"
	//   }
	// }
}

func ExampleFaults() {
	for _, fault := range emulator.Faults(spec.MustLoadEmbedded()) {
		if fault.Name == "trailing-slash-accepted" {
			fmt.Println(fault.Breaks)
			fmt.Println(fault.Text)
		}
	}
	// Output:
	// path.trailing-slash
	// The server ignores a slash after the verb.
}
