package clienttest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/dpconform/dpconform/clienttest"
	"github.com/dpconform/dpconform/spec"
)

// apiError is an error as the client under test returns it.
type apiError struct {
	Code    int    `json:"code"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.Code, e.Status, e.Message) }

// retry is the client under test: put your own in its place.
func retry(library *http.Client, endpoint, token, job string) (newID string, err error) {
	request, err := http.NewRequest(http.MethodPost, endpoint+"/v1/archiveJobs/"+url.PathEscape(job)+":retry", http.NoBody)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := library.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var body struct {
		ArchiveJobID string   `json:"archiveJobId"`
		Error        apiError `json:"error"`
	}
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", &body.Error
	}
	if body.ArchiveJobID == "" {
		return "", errors.New("the response names no job")
	}
	return body.ArchiveJobID, nil
}

// TestMyClient makes one call for each scenario, and reports what came of it. A
// finding fails the test.
func TestMyClient(t *testing.T) {
	server := clienttest.NewServer(t)
	for _, name := range server.Scenarios() {
		t.Run(name, func(t *testing.T) {
			call := server.Scenario(t, name)
			if call.WarmJob != "" {
				// The next call reuses the connection.
				if _, err := retry(call.Client, call.URL, call.Token, call.WarmJob); err != nil {
					t.Fatal(err)
				}
			}
			newID, err := retry(call.Client, call.URL, call.Token, call.Job)
			var refused *apiError
			switch {
			case errors.As(err, &refused):
				call.Failed(clienttest.Error{Code: refused.Code, Status: refused.Status, Message: refused.Message})
			case err != nil:
				call.Failed(clienttest.Error{Message: err.Error()})
			default:
				call.Succeeded(newID)
			}
		})
	}
}

// A test of a client has the form of TestMyClient in this file. Here the test is
// one that keeps its failures, to show what is found of a client that uses GET.
func Example() {
	t := &recordedTest{}
	server := clienttest.NewServer(t)
	call := server.Scenario(t, "success")
	request, _ := http.NewRequest(http.MethodGet, call.URL+"/v1/archiveJobs/"+call.Job+":retry", http.NoBody)
	request.Header.Set("Authorization", "Bearer "+call.Token)
	response, err := call.Client.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = response.Body.Close()
	call.Failed(clienttest.Error{Code: response.StatusCode})
	t.end()
	for _, failure := range t.errors {
		fmt.Println(failure)
	}
	// Output:
	// success: client.path.method (documented): The request MUST have the HTTP method of the description.
	//   want: POST
	//   got:  GET
	//   "Retries a failed Portability Archive job using a POST request to the specified endpoint with the job ID."
	//   https://developers.google.com/data-portability/reference/rest/v1/archiveJobs/retry#body.HTTP_TEMPLATE
	//   fix:  Use the HTTP method of the description, also after a redirect, and send no X-HTTP-Method-Override.
}

// The client of another method, of which a description is built in. It returns no
// id.
func ExampleNewServerFor() {
	description, err := spec.Embedded("archiveJobs.cancel")
	if err != nil {
		fmt.Println(err)
		return
	}
	method, err := spec.Load(description)
	if err != nil {
		fmt.Println(err)
		return
	}
	t := &recordedTest{}
	server := clienttest.NewServerFor(t, method)
	call := server.Scenario(t, "refused-state")
	request, _ := http.NewRequest(http.MethodPost, call.URL+"/v1/archiveJobs/"+call.Job+":cancel", http.NoBody)
	request.Header.Set("Authorization", "Bearer "+call.Token)
	response, err := call.Client.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = response.Body.Close()
	call.Succeeded("")
	t.end()
	for _, failure := range t.errors {
		fmt.Println(failure)
	}
	// Output:
	// refused-state: client.outcome.error (platform, demanded by the scenario): The client MUST report a refusal as an error.
	//   want: an error, since the response was 400
	//   got:  a success
	//   "a client MUST understand the class of any status code, as indicated by the first digit"
	//   https://www.rfc-editor.org/rfc/rfc9110.html#section-15
	//   fix:  Look at the status before the body, and return or raise an error for 4xx and 5xx, and for a redirect that you do not follow.
}
