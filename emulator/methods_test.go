package emulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dpconform/dpconform/spec"
)

// changing is a second method over the jobs of the shipped one: it stops a job
// that is in progress, and responds with an empty message.
func changingMethod() *spec.Method {
	method := *shipped()
	method.Operation.ID = "dataportability.archiveJobs.stop"
	method.Operation.Path.Suffix = ":stop"
	method.Operation.Response = method.Operation.Request
	method.IDField, method.Effect = "", spec.Changes
	method.AcceptedStates, method.ResultingStates = []string{"IN_PROGRESS"}, []string{"CANCELLED"}
	return &method
}

// plainMethod has no states, no security and no method that reads states.
func plainMethod() *spec.Method {
	method := changingMethod()
	method.Effect, method.ReadState, method.StateField = "", spec.Operation{}, ""
	method.States, method.AcceptedStates, method.ResultingStates, method.Scopes = nil, nil, nil, nil
	return method
}

func stop(id string) request {
	return retry(id).with(func(r *request) { r.path = strings.Replace(r.path, ":retry", ":stop", 1) })
}

func wantEmptyMessage(t *testing.T, server http.Handler, asked request) {
	t.Helper()
	if got := asked.send(t, server); got.Code != http.StatusOK || got.Body.String() != "{}\n" || jsonHeaderProblem(got) != "" {
		t.Errorf("%s: %d %s %s", asked.path, got.Code, got.Body, jsonHeaderProblem(got))
	}
}

func TestAMethodChangesItsJob(t *testing.T) {
	server, err := New(changingMethod(), Options{Clock: noon})
	if err != nil {
		t.Fatal(err)
	}
	wantEmptyMessage(t, server, stop("in-progress-1"))
	if got := stateOf(t, server, "in-progress-1"); got != "CANCELLED" {
		t.Errorf("it is %s", got)
	}
	refused := wantError(t, stop("in-progress-1").send(t, server), http.StatusBadRequest, "FAILED_PRECONDITION")
	if want := "Precondition check failed: the job is CANCELLED, and is only accepted if it is IN_PROGRESS."; refused.Error.Message != want {
		t.Errorf("%q, want %q", refused.Error.Message, want)
	}
	wantError(t, stop("failed-1").send(t, server), http.StatusBadRequest, "FAILED_PRECONDITION")
	if got := stateOf(t, server, "failed-1"); got != "FAILED" {
		t.Errorf("a refused job is %s", got)
	}
	wantError(t, stop("nobody").send(t, server), http.StatusNotFound, "NOT_FOUND")
}

// TestOneOfManyCallsChangesAJob: all that a success does is one step.
func TestOneOfManyCallsChangesAJob(t *testing.T) {
	server, err := New(changingMethod(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	codes := make([]int, 20)
	var waiting sync.WaitGroup
	for i := range codes {
		waiting.Go(func() { codes[i] = stop("in-progress-1").send(t, server).Code })
	}
	waiting.Wait()
	slices.Sort(codes)
	if codes[0] != http.StatusOK || codes[1] != http.StatusBadRequest {
		t.Errorf("%v, want one success", codes)
	}
}

func TestMethodsShareTheirJobs(t *testing.T) {
	server, err := New(shipped(), Options{Clock: noon, Methods: []*spec.Method{changingMethod()}})
	if err != nil {
		t.Fatal(err)
	}
	id := startedID(t, retry("failed-1").send(t, server))
	wantEmptyMessage(t, server, stop(id))
	if got := stateOf(t, server, id); got != "CANCELLED" {
		t.Errorf("the new job is %s", got)
	}
	for method, allowed := range map[string]string{"/v1/archiveJobs/a:stop": "POST", "/v1/archiveJobs/a/portabilityArchiveState": "GET"} {
		page := request{method: http.MethodPut, path: method, authorization: usualToken}.send(t, server)
		if page.Code != http.StatusMethodNotAllowed || page.Header().Get("Allow") != allowed {
			t.Errorf("%s: %d, Allow %q", method, page.Code, page.Header().Get("Allow"))
		}
	}
	jobs := DefaultJobs(shipped(), changingMethod())
	if len(jobs["FAILED"]) != defaultAccepted || len(jobs["IN_PROGRESS"]) != defaultAccepted || len(jobs["COMPLETE"]) != defaultOthers {
		t.Errorf("default jobs: %v", jobs)
	}
	if _, err := New(shipped(), Options{Methods: []*spec.Method{shipped()}}); err == nil || !strings.Contains(err.Error(), "two methods have the path POST /v1/archiveJobs/{archiveJob}:retry") {
		t.Errorf("the same method twice: error %v", err)
	}
}

// TestEachMethodHasItsOwnScopes: and the state is readable by the scopes of each.
func TestEachMethodHasItsOwnScopes(t *testing.T) {
	own := changingMethod()
	own.Scopes = []spec.Scope{{Name: "https://www.googleapis.com/auth/stopping"}}
	server, err := New(shipped(), Options{Methods: []*spec.Method{own}})
	if err != nil {
		t.Fatal(err)
	}
	const stopping = "Bearer scope:stopping"
	wantEmptyMessage(t, server, stop("in-progress-1").as(stopping))
	for _, asked := range []request{stop("in-progress-2"), retry("failed-1").as(stopping), state("failed-1").as("Bearer scope:neither.one")} {
		wantError(t, asked.send(t, server), http.StatusForbidden, "PERMISSION_DENIED")
	}
	for _, asked := range []request{state("failed-1"), state("failed-1").as(stopping)} {
		if got := asked.send(t, server); got.Code != http.StatusOK {
			t.Errorf("%s: %d", asked.authorization, got.Code)
		}
	}
}

// TestAFaultBreaksEveryMethodThatCanHaveIt, and takes no path away from another
// method.
func TestAFaultBreaksEveryMethodThatCanHaveIt(t *testing.T) {
	for _, test := range []struct {
		fault         string
		retried, stop int
	}{
		{"created", http.StatusCreated, http.StatusCreated},
		{"any-verb-accepted", http.StatusOK, http.StatusOK},
		{"method-not-served", http.StatusNotFound, http.StatusNotFound},
		{"id-missing", http.StatusOK, http.StatusOK},
	} {
		server, err := New(shipped(), Options{Fault: test.fault, Methods: []*spec.Method{changingMethod()}})
		if err != nil {
			t.Fatal(err)
		}
		retried, stopped := retry("failed-1").send(t, server), stop("in-progress-1").send(t, server)
		if retried.Code != test.retried || stopped.Code != test.stop {
			t.Errorf("%s: %d and %d", test.fault, retried.Code, stopped.Code)
		}
		if test.stop == http.StatusOK && stateOf(t, server, "in-progress-1") != "CANCELLED" {
			t.Errorf("%s: the job was not stopped", test.fault)
		}
	}
}

func TestAMethodWithoutStatesAndSecurity(t *testing.T) {
	server, err := New(plainMethod(), Options{Clock: noon, Jobs: map[string][]string{"": {"a"}}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		wantEmptyMessage(t, server, stop("a").as(""))
	}
	wantError(t, stop("b").send(t, server), http.StatusNotFound, "NOT_FOUND")
	if got := state("a").send(t, server); got.Code != http.StatusNotFound {
		t.Errorf("a state: %d", got.Code)
	}
	if jobs := DefaultJobs(plainMethod()); len(jobs) != 1 || len(jobs[""]) != defaultAccepted || jobs[""][0] != "job-1" {
		t.Errorf("default jobs: %v", jobs)
	}
	_, err = New(plainMethod(), Options{Jobs: map[string][]string{"FAILED": {"a"}}})
	if want := `unknown state "FAILED" of jobs: the description has no states`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestTheResponseIsTheSmallestThatTheSchemaAllows, and the request may have the
// members that the description names.
func TestTheResponseIsTheSmallestThatTheSchemaAllows(t *testing.T) {
	method := plainMethod()
	method.Operation.Response = shipped().ReadState.Response
	method.Operation.Request = shipped().ReadState.Response
	server, err := New(method, Options{Clock: noon})
	if err != nil {
		t.Fatal(err)
	}
	got := stop("job-1").withBody(`{"urls":[],"state":"FAILED"}`).send(t, server)
	var message map[string]string
	if err := json.Unmarshal(got.Body.Bytes(), &message); err != nil || len(message) != 1 || message["state"] != "STATE_UNSPECIFIED" {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if refused := wantError(t, stop("job-1").withBody(`{"urls":[],"x":1}`).send(t, server), http.StatusBadRequest, "INVALID_ARGUMENT"); !strings.Contains(refused.Error.Message, `"x"`) {
		t.Errorf("%+v", refused)
	}
}

// TestFaultsFitTheirMethod: a method has no fault that needs what it lacks.
func TestFaultsFitTheirMethod(t *testing.T) {
	has := func(method *spec.Method, name string) bool { return slices.ContainsFunc(Faults(method), named(name)) }
	for _, test := range []struct {
		fault                      string
		starting, changing, simple bool
	}{
		{"trailing-slash-accepted", true, true, true},
		{"created", true, true, true},
		{"last-scope-refused", true, true, false},
		{"every-state-accepted", true, true, false},
		{"id-missing", true, false, false},
		{"new-job-not-kept", true, false, false},
		{"success-forgets-old-job", true, false, false},
		{"error-object-in-success", false, true, true},
	} {
		for kind, one := range map[string]struct {
			method *spec.Method
			want   bool
		}{"starting": {shipped(), test.starting}, "changing": {changingMethod(), test.changing}, "simple": {plainMethod(), test.simple}} {
			if got := has(one.method, test.fault); got != one.want {
				t.Errorf("%s of the %s method: %v", test.fault, kind, got)
			}
		}
	}
	_, err := New(plainMethod(), Options{Fault: "last-scope-refused"})
	if err == nil || !strings.Contains(err.Error(), "last-scope-refused") || !strings.Contains(err.Error(), "authorization.scope") {
		t.Errorf("error %v", err)
	}
}
