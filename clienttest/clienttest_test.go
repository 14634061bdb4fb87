package clienttest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/clienttest"
)

// recordedTest is a test that keeps what it is given.
type recordedTest struct {
	testing.TB
	errors, logs []string
	cleanups     []func()
}

func (r *recordedTest) Helper()                {}
func (r *recordedTest) Cleanup(cleanup func()) { r.cleanups = append(r.cleanups, cleanup) }
func (r *recordedTest) Logf(format string, arguments ...any) {
	r.logs = append(r.logs, fmt.Sprintf(format, arguments...))
}
func (r *recordedTest) Errorf(format string, arguments ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, arguments...))
}
func (r *recordedTest) Failed() bool                           { return len(r.errors) > 0 }
func (r *recordedTest) Fatalf(format string, arguments ...any) { r.Errorf(format, arguments...) }

func (r *recordedTest) end() {
	for _, cleanup := range slices.Backward(r.cleanups) {
		cleanup()
	}
}

// send makes a request with a token.
func send(t *testing.T, client *http.Client, method, address, token string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}

func TestAWrongClientFailsItsTest(t *testing.T) {
	t.Parallel()
	recorded := &recordedTest{}
	server := clienttest.NewServer(recorded)
	call := server.Scenario(recorded, "not-found")
	send(t, call.Client, http.MethodGet, call.URL+"/v1/archiveJobs/"+call.Job+":retry", call.Token)
	send(t, call.Client, http.MethodGet, server.URL+"/v1/archiveJobs/"+server.Job+":retry", "another")
	call.Succeeded("an-id")
	server.Scenario(recorded, "success")
	server.Scenario(recorded, "nothing")
	recorded.end()
	text := strings.Join(recorded.errors, "\n")
	for _, want := range []string{"not-found: client.path.method", "not-found: client.outcome.error", "job job-of-the-test: client.path.method",
		"client.authorization.scope", "success: scenario.called", `unknown scenario "nothing" for dataportability.archiveJobs.retry; Server.Scenarios lists all`, "\n  fix:  Use the HTTP method"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing is said of %s:\n%s", want, text)
		}
	}
	if len(recorded.errors) != 6 {
		t.Errorf("%d errors:\n%s", len(recorded.errors), text)
	}
}

func TestAnOutcomeHasToBeReported(t *testing.T) {
	t.Parallel()
	recorded := &recordedTest{}
	call := clienttest.NewServer(recorded).Scenario(recorded, "success")
	send(t, call.Client, http.MethodPost, call.URL+"/v1/archiveJobs/"+call.Job+":retry", call.FreshToken)
	recorded.end()
	const want = "success: the outcome of the call was not reported: call Succeeded or Failed; not tested: client.outcome.new-id"
	if len(recorded.errors) != 1 || recorded.errors[0] != want {
		t.Errorf("%q, %q", recorded.errors, recorded.logs)
	}
}

// TestAnIDThatIsWrittenWrong is a request of its scenario all the same, and of the
// right one of two.
func TestAnIDThatIsWrittenWrong(t *testing.T) {
	t.Parallel()
	recorded, right := &recordedTest{}, &recordedTest{}
	server := clienttest.NewServer(t)
	call := server.Scenario(recorded, "special-characters")
	other := server.Scenario(right, "special-characters")
	for range 2 {
		send(t, call.Client, http.MethodPost, call.URL+"/v1/archiveJobs/"+url.QueryEscape(call.Job)+":retry", call.Token)
	}
	send(t, other.Client, http.MethodPost, other.URL+"/v1/archiveJobs/"+url.PathEscape(other.Job)+":retry", other.Token)
	recorded.end()
	right.end()
	text := strings.Join(recorded.errors, "\n")
	if !strings.Contains(text, "special-characters: client.path.id") || strings.Contains(text, "no request arrived") || strings.Contains(strings.Join(right.errors, ""), "client.path") {
		t.Errorf("%s\n%q", text, right.errors)
	}
}
