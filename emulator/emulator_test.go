package emulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/spec"
)

// shipped is the description that the product ships. It is read only.
var shipped = sync.OnceValue(spec.MustLoadEmbedded)

// noon is the time of every answer in these tests.
func noon() time.Time { return time.Date(2026, time.January, 2, 12, 0, 0, 0, time.UTC) }

func newServer(t testing.TB, options Options) *Server {
	t.Helper()
	options.Clock = noon
	server, err := New(shipped(), options)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// request is one request of a test; empty parts get the usual value.
type request struct {
	method, path, body string
	header             map[string]string
	anonymous          bool
}

const usualToken = "Bearer scope:dataportability.maps.reviews"

func (r request) send(t testing.TB, server http.Handler) *httptest.ResponseRecorder {
	t.Helper()
	if r.method == "" {
		r.method = http.MethodPost
	}
	sent := httptest.NewRequest(r.method, r.path, strings.NewReader(r.body))
	if !r.anonymous {
		sent.Header.Set("Authorization", usualToken)
	}
	for name, value := range r.header {
		sent.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	server.ServeHTTP(recorder, sent)
	return recorder
}

// errorBody is the error model of AIP-193.
type errorBody struct {
	Error struct {
		Code    int
		Message string
		Status  string
		Details []struct {
			Type   string `json:"@type"`
			Reason string
			Domain string
		}
	}
}

func readError(t testing.TB, recorder *httptest.ResponseRecorder) errorBody {
	t.Helper()
	var body errorBody
	if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil {
		t.Fatalf("%d: the body is no error object: %v\n%s", recorder.Code, err, recorder.Body)
	}
	return body
}

// wantError checks everything that each refusal of the method has.
func wantError(t *testing.T, recorder *httptest.ResponseRecorder, status int, code string) errorBody {
	t.Helper()
	body := readError(t, recorder)
	if recorder.Code != status || body.Error.Status != code {
		t.Errorf("answer %d %s, want %d %s", recorder.Code, body.Error.Status, status, code)
	}
	if body.Error.Code != recorder.Code {
		t.Errorf("error.code %d in an answer %d", body.Error.Code, recorder.Code)
	}
	if body.Error.Message == "" {
		t.Error("no message")
	}
	infos := 0
	for _, detail := range body.Error.Details {
		if detail.Type == errorInfoType && detail.Reason != "" && detail.Domain != "" {
			infos++
		}
	}
	if infos != 1 {
		t.Errorf("%d ErrorInfo, want one:\n%s", infos, recorder.Body)
	}
	wantJSONHeader(t, recorder)
	return body
}

func wantJSONHeader(t *testing.T, recorder *httptest.ResponseRecorder) {
	t.Helper()
	if got := recorder.Header().Get("Content-Type"); got != "application/json; charset=UTF-8" {
		t.Errorf("Content-Type %q", got)
	}
	if got := recorder.Header().Get("Vary"); got != "Origin, X-Origin, Referer" {
		t.Errorf("Vary %q", got)
	}
	if !strings.HasSuffix(recorder.Body.String(), "}\n") {
		t.Errorf("the body does not end in a newline: %q", recorder.Body)
	}
}

// startedID gives the new job's id of an answer that must be a granted retry.
func startedID(t testing.TB, recorder *httptest.ResponseRecorder) string {
	t.Helper()
	var body map[string]string
	if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil || recorder.Code != http.StatusOK {
		t.Fatalf("answer %d, want a granted retry: %s", recorder.Code, recorder.Body)
	}
	if len(body) != 1 || body["archiveJobId"] == "" {
		t.Fatalf("want an id and nothing else, got %s", recorder.Body)
	}
	return body["archiveJobId"]
}

func stateOf(t testing.TB, server *Server, id string) string {
	t.Helper()
	recorder := request{method: http.MethodGet, path: "/v1/archiveJobs/" + id + "/portabilityArchiveState"}.send(t, server)
	var body struct{ State string }
	if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil || recorder.Code != http.StatusOK {
		t.Fatalf("the state of %s: answer %d %s", id, recorder.Code, recorder.Body)
	}
	return body.State
}

func TestResponsesAreWrittenAsGoogleWritesThem(t *testing.T) {
	server := newServer(t, Options{})
	recorder := request{path: "/v1/archiveJobs/failed-1:retry"}.send(t, server)
	if want := "{\n  \"archiveJobId\": \"" + startedID(t, recorder) + "\"\n}\n"; recorder.Body.String() != want {
		t.Errorf("got %q, want %q", recorder.Body, want)
	}
	wantJSONHeader(t, recorder)
	if got := recorder.Header().Get("Date"); got != "Fri, 02 Jan 2026 12:00:00 GMT" {
		t.Errorf("Date %q, want the clock's", got)
	}
	refusal := request{path: "/v1/archiveJobs/failed-1:retry", body: `{"<x>":1}`}.send(t, server)
	want := `{
  "error": {
    "code": 400,
    "message": "Invalid JSON payload received. Unknown name \"\u003cx\u003e\": Cannot find field.",
    "status": "INVALID_ARGUMENT",
    "details": [
      {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [
          {
            "description": "Invalid JSON payload received. Unknown name \"\u003cx\u003e\": Cannot find field."
          }
        ]
      },
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "FIELD_UNKNOWN",
        "domain": "googleapis.com",
        "metadata": {
          "service": "dataportability.googleapis.com",
          "method": "dataportability.archiveJobs.retry"
        }
      }
    ]
  }
}
`
	if refusal.Body.String() != want {
		t.Errorf("got\n%s\nwant\n%s", refusal.Body, want)
	}
}

func TestTheStateMethodNamesTheResource(t *testing.T) {
	server := newServer(t, Options{})
	recorder := request{method: http.MethodGet, path: "/v1/archiveJobs/complete-1/portabilityArchiveState"}.send(t, server)
	want := "{\n  \"name\": \"archiveJobs/complete-1/portabilityArchiveState\",\n  \"state\": \"COMPLETE\"\n}\n"
	if recorder.Code != http.StatusOK || recorder.Body.String() != want {
		t.Errorf("answer %d %s", recorder.Code, recorder.Body)
	}
	if violations := server.contract.ReadState.Answer.Violations(recorder.Body.Bytes()); violations != nil {
		t.Error(violations)
	}
	unknown := request{method: http.MethodGet, path: "/v1/archiveJobs/nobody/portabilityArchiveState"}.send(t, server)
	wantError(t, unknown, http.StatusNotFound, "NOT_FOUND")
	anonymous := request{method: http.MethodGet, path: "/v1/archiveJobs/complete-1/portabilityArchiveState", anonymous: true}.send(t, server)
	wantError(t, anonymous, http.StatusUnauthorized, "UNAUTHENTICATED")
}

func TestTheAuthorizationComesBeforeEverythingElse(t *testing.T) {
	server := newServer(t, Options{})
	for _, asked := range []request{
		{path: "/v1/archiveJobs/failed-1:retry"},
		{path: "/v1/archiveJobs/complete-1:retry"},
		{path: "/v1/archiveJobs/nobody:retry"},
		{path: "/v1/archiveJobs/failed-1:retry?foo=1"},
		{path: "/v1/archiveJobs/failed-1:retry", body: `[`},
	} {
		asked.anonymous = true
		wantError(t, asked.send(t, server), http.StatusUnauthorized, "UNAUTHENTICATED")
		asked.header = map[string]string{"Authorization": "Bearer scope:userinfo.email"}
		wantError(t, asked.send(t, server), http.StatusForbidden, "PERMISSION_DENIED")
	}
}

// FuzzServer sends whatever comes: the server never fails, and whatever is its
// method's answer is JSON.
func FuzzServer(f *testing.F) {
	f.Add("POST", "/v1/archiveJobs/failed-1:retry", "alt=json", "{}\n", "application/json", "", usualToken)
	f.Add("POST", "/v1/archiveJobs/failed%2D1:retry", "", "{\"a\":", "application/json", "gzip", usualToken)
	f.Add("GET", "/v1/archiveJobs/x/portabilityArchiveState", "%zz=%", "", "", "identity", "Basic eDp5")
	f.Add("HEAD", "/v1/archiveJobs/%:retry", "&&=&", "\ufeff{}", "text/;;", "br", "Bearer scope:")
	f.Add("", "", "", "nul", "", "", "Bearer")
	f.Add("OPTIONS", "*", "access_token=scope:a.b", "\xff", "application/json; charset=\"", "x-gzip", "")
	server := newServer(f, Options{})
	f.Fuzz(func(t *testing.T, method, path, query, body, kind, coding, authorization string) {
		decoded, err := url.PathUnescape(path)
		if err != nil {
			decoded = path
		}
		sent := &http.Request{
			Method: method, URL: &url.URL{Path: decoded, RawPath: path, RawQuery: query},
			Header: http.Header{"Content-Type": {kind}, "Content-Encoding": {coding}, "Authorization": {authorization}},
			Body:   io.NopCloser(strings.NewReader(body)),
		}
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, sent)
		switch code := recorder.Code; {
		case code < 200 || code >= 500:
			t.Errorf("answer %d", code)
		case strings.HasPrefix(recorder.Header().Get("Content-Type"), "text/html"):
			if !slices.Contains([]int{http.StatusNotFound, http.StatusMethodNotAllowed}, code) {
				t.Errorf("a page with %d", code)
			}
		case code != http.StatusOK:
			if got := readError(t, recorder); got.Error.Code != code {
				t.Errorf("error.code %d in an answer %d", got.Error.Code, code)
			}
		}
	})
}
