package emulator

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/spec"
)

// edited loads the shipped description with texts in it replaced.
func edited(t *testing.T, replacements ...string) *spec.Method {
	t.Helper()
	text := string(spec.Default().Text)
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(text, replacements[i]) {
			t.Fatalf("the description has no %q", replacements[i])
		}
	}
	text = strings.NewReplacer(replacements...).Replace(text)
	method, err := spec.Load(spec.Description{Name: "edited.yaml", Text: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return method
}

func TestTheDescriptionDrivesTheServer(t *testing.T) {
	method := edited(t,
		"/v1/archiveJobs/{archiveJob}:retry:", "/v2/exports/{archiveJob}:again:",
		"/v1/archiveJobs/{archiveJob}/portabilityArchiveState:", "/v2/exports/{archiveJob}/progress:",
		"    post:\n", "    put:\n",
		"archiveJobId", "exportId",
		"FAILED,", "BROKEN,", "[FAILED]", "[BROKEN]", "IN_PROGRESS,", "UNDER_WAY,",
		"      required: [state]", "      required: [phase]",
		"        state:\n          $ref", "        phase:\n          $ref",
		"FAILED_PRECONDITION: 400", "FAILED_PRECONDITION: 412",
		"https://www.googleapis.com/auth/dataportability.maps.reviews", "https://www.googleapis.com/auth/exports.reviews",
	)
	server, err := New(method, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, token string) *httptest.ResponseRecorder {
		return request{method: method, path: path, authorization: token}.send(t, server)
	}
	const token = "Bearer scope:exports.reviews"
	granted := ask("PUT", "/v2/exports/broken-1:again", token)
	id, found := strings.CutPrefix(granted.Body.String(), "{\n  \"exportId\": \"")
	if granted.Code != http.StatusOK || !found {
		t.Fatalf("%d %s", granted.Code, granted.Body)
	}
	id, _, _ = strings.Cut(id, `"`)
	if want, got := "{\n  \"name\": \"exports/"+id+"/progress\",\n  \"phase\": \"UNDER_WAY\"\n}\n", ask("GET", "/v2/exports/"+id+"/progress", token); got.Body.String() != want {
		t.Errorf("got %s, want %s", got.Body, want)
	}
	wantError(t, ask("PUT", "/v2/exports/complete-1:again", token), http.StatusPreconditionFailed, "FAILED_PRECONDITION")
	wantError(t, ask("PUT", "/v2/exports/broken-1:again", usualToken), http.StatusForbidden, "PERMISSION_DENIED")
}

func TestACodeWithoutAStatusIsRefused(t *testing.T) {
	method := edited(t, "        NOT_FOUND: 404\n", "")
	if _, err := New(method, Options{}); err == nil || !strings.Contains(err.Error(), "NOT_FOUND") {
		t.Errorf("error %v", err)
	}
	method = edited(t, "        ABORTED: 409\n", "")
	if _, err := New(method, Options{}); err != nil {
		t.Errorf("a code that is not needed: %v", err)
	}
	if _, err := New(method, Options{Fault: "wrong-state-conflict"}); err == nil || !strings.Contains(err.Error(), "ABORTED") {
		t.Errorf("a code that a fault needs: error %v", err)
	}
}
