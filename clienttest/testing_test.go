package clienttest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// recordedTest is a TB that keeps what it is told.
type recordedTest struct {
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
func (r *recordedTest) Fatalf(format string, arguments ...any) { r.Errorf(format, arguments...) }

func (r *recordedTest) end() {
	for _, cleanup := range slices.Backward(r.cleanups) {
		cleanup()
	}
}

func TestNewServerFailsATestOfAWrongClient(t *testing.T) {
	recorded := &recordedTest{}
	server := NewServer(recorded)
	call := server.Scenario(recorded, "not-found")
	get := func(address, token string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		answer, err := call.Client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
	}
	get(call.URL+"/v1/archiveJobs/"+call.Job+":retry", call.Token)
	get(server.URL+"/v1/archiveJobs/"+server.Job+":retry", "another")
	call.Succeeded("an-id")
	server.Scenario(recorded, "success")
	server.Scenario(recorded, "nothing")
	recorded.end()
	text := strings.Join(recorded.errors, "\n")
	for _, want := range []string{"not-found: " + pathMethod, "not-found: " + outcomeError, "job failed-of-the-test: " + pathMethod,
		authorizationScope, "success: " + ConditionCalled, `there is no scenario "nothing"`} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing is said of %s:\n%s", want, text)
		}
	}
	if len(recorded.errors) != 6 {
		t.Errorf("%d errors:\n%s", len(recorded.errors), text)
	}
}

func TestNewServerSaysWhatWasNotTold(t *testing.T) {
	recorded := &recordedTest{}
	call := NewServer(recorded).Scenario(recorded, "success")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, call.URL+"/v1/archiveJobs/"+call.Job+":retry", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+call.FreshToken)
	answer, err := call.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	recorded.end()
	if len(recorded.errors) > 0 || len(recorded.logs) != 1 || !strings.Contains(recorded.logs[0], outcomeNewID+" was not judged") {
		t.Errorf("%q, %q", recorded.errors, recorded.logs)
	}
}
