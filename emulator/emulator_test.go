package emulator

import (
	"encoding/json"
	"fmt"
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

// noon is the time of every response in these tests.
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

// request is one request of a test. The path is escaped already.
type request struct {
	method, path, query, authorization, body string
	// header has names and values in turn.
	header []string
}

const usualToken = "Bearer scope:dataportability.maps.reviews"

// retry asks for the retry of a job, state for its state.
func retry(id string) request {
	return request{method: http.MethodPost, path: "/v1/archiveJobs/" + id + ":retry", authorization: usualToken}
}

func state(id string) request {
	return request{method: http.MethodGet, path: "/v1/archiveJobs/" + id + "/portabilityArchiveState", authorization: usualToken}
}

// with is the same request with something changed.
func (r request) with(change func(*request)) request {
	change(&r)
	return r
}

func (r request) withBody(body string) request { r.body = body; return r }

func (r request) as(authorization string) request { r.authorization = authorization; return r }

func (r request) send(t testing.TB, server http.Handler) *httptest.ResponseRecorder {
	t.Helper()
	decoded, err := url.PathUnescape(r.path)
	if err != nil {
		t.Fatal(err)
	}
	sent := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(r.body))
	sent.Method, sent.URL = r.method, &url.URL{Path: decoded, RawPath: r.path, RawQuery: r.query}
	if r.authorization != "" {
		sent.Header.Set("Authorization", r.authorization)
	}
	for pair := range slices.Chunk(r.header, 2) {
		sent.Header.Set(pair[0], pair[1])
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
	if problem := refusalProblem(part{status: status, code: code}, recorder); problem != "" {
		t.Errorf("%s: %d %s", problem, recorder.Code, recorder.Body)
	}
	return readError(t, recorder)
}

// refusalProblem says what is wrong with a refusal, or is empty.
func refusalProblem(want part, recorder *httptest.ResponseRecorder) string {
	var body errorBody
	if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil {
		return "the body is no error object: " + err.Error()
	}
	infos := 0
	for _, detail := range body.Error.Details {
		if detail.Type == errorInfoType && detail.Reason != "" && detail.Domain != "" {
			infos++
		}
	}
	challenge := recorder.Header().Get(challengeHeader)
	switch {
	case recorder.Code != want.status || body.Error.Status != want.code:
		return fmt.Sprintf("want %d %s", want.status, want.code)
	case body.Error.Code != recorder.Code:
		return "error.code is not the status"
	case body.Error.Message == "" || !strings.Contains(body.Error.Message, want.message):
		return fmt.Sprintf("the message does not have %q", want.message)
	case infos != 1:
		return fmt.Sprintf("%d ErrorInfo, want one", infos)
	case (challenge != "") != (want.status == http.StatusUnauthorized || want.status == http.StatusForbidden):
		return fmt.Sprintf("the challenge is %q", challenge)
	}
	return jsonHeaderProblem(recorder)
}

// jsonHeaderProblem says what is wrong with the form of a JSON response.
func jsonHeaderProblem(recorder *httptest.ResponseRecorder) string {
	switch header := recorder.Header(); {
	case header.Get("Content-Type") != "application/json; charset=UTF-8":
		return "the media type is " + header.Get("Content-Type")
	case header.Get("Vary") != "Origin, X-Origin, Referer":
		return "the header Vary is " + header.Get("Vary")
	case !strings.HasSuffix(recorder.Body.String(), "}\n"):
		return "the body does not end in a newline"
	}
	return ""
}

// startedID gives the new job's id of a response that must grant a retry.
func startedID(t testing.TB, recorder *httptest.ResponseRecorder) string {
	t.Helper()
	var body map[string]string
	if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil || recorder.Code != http.StatusOK {
		t.Fatalf("%d, want a granted retry: %s", recorder.Code, recorder.Body)
	}
	if len(body) != 1 || body["archiveJobId"] == "" {
		t.Fatalf("want an id and nothing else, got %s", recorder.Body)
	}
	return body["archiveJobId"]
}

func stateOf(t testing.TB, server *Server, id string) string {
	t.Helper()
	recorder := state(id).send(t, server)
	var body struct{ State string }
	if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil || recorder.Code != http.StatusOK {
		t.Fatalf("the state of %s: %d %s", id, recorder.Code, recorder.Body)
	}
	return body.State
}

func TestResponsesAreWrittenAsGoogleWritesThem(t *testing.T) {
	server := newServer(t, Options{})
	granted := retry("failed-1").send(t, server)
	for _, test := range []struct {
		recorder *httptest.ResponseRecorder
		want     string
	}{
		{granted, "{\n  \"archiveJobId\": \"" + startedID(t, granted) + "\"\n}\n"},
		{state("complete-1").send(t, server), "{\n  \"name\": \"archiveJobs/complete-1/portabilityArchiveState\",\n  \"state\": \"COMPLETE\"\n}\n"},
		{retry("failed-1").withBody(`{"<x>":1}`).send(t, server), `{
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
`},
	} {
		if got := test.recorder.Body.String(); got != test.want || jsonHeaderProblem(test.recorder) != "" {
			t.Errorf("got\n%s\nwant\n%s\n%s", got, test.want, jsonHeaderProblem(test.recorder))
		}
		if got := test.recorder.Header().Get("Date"); got != "Fri, 02 Jan 2026 12:00:00 GMT" {
			t.Errorf("Date %q, want the clock's", got)
		}
	}
}

func TestTheStateMethod(t *testing.T) {
	server := newServer(t, Options{})
	recorder := state("complete-1").send(t, server)
	if violations := shipped().ReadState.Response.Violations(recorder.Body.Bytes()); recorder.Code != http.StatusOK || violations != nil {
		t.Error(recorder.Code, violations)
	}
	wantError(t, state("nobody").send(t, server), http.StatusNotFound, "NOT_FOUND")
	wantError(t, state("complete-1").as("").send(t, server), http.StatusUnauthorized, "UNAUTHENTICATED")
	posted := state("failed-1").with(func(r *request) { r.method = http.MethodPost }).send(t, server)
	if posted.Code != http.StatusMethodNotAllowed || posted.Header().Get("Allow") != "GET" {
		t.Errorf("POST: %d, Allow %q", posted.Code, posted.Header().Get("Allow"))
	}
}

func TestPathPatterns(t *testing.T) {
	for path, want := range map[string]string{
		"/v1/archiveJobs/a:retry":                         "a",
		"/v1/archiveJobs/a-b_c.d~e:retry":                 "a-b_c.d~e",
		"/v1/archiveJobs/a:b:retry":                       "a:b",
		"/v1/archiveJobs/a%3Ab:retry":                     "a:b",
		"/v1/archiveJobs/a%2Fb:retry":                     "a%2Fb",
		"/v1/archiveJobs/a%2fb:retry":                     "a%2fb",
		"/v1/archiveJobs/%2561:retry":                     "%61",
		"/v1/archiveJobs/%C3%A4:retry":                    "ä",
		"/v1/archiveJobs/a%:retry":                        "a%",
		"/v1/archiveJobs/a%6:retry":                       "a%6",
		"/v1/archiveJobs/a%zz:retry":                      "a%zz",
		"/v1/archiveJobs/::retry":                         ":",
		"/v1/archiveJobs/a/:retry":                        "",
		"/v1/archiveJobs//a:retry":                        "",
		"//v1/archiveJobs/a:retry":                        "",
		"v1/archiveJobs/a:retry":                          "",
		"/v1/archiveJobs/a:retryx":                        "",
		"/v1/archiveJobs/a:":                              "",
		"/v1/archiveJobsx/a:retry":                        "",
		"/v1beta/archiveJobs/a:retry":                     "",
		"/v1/archiveJobs/a/portabilityArchiveState:retry": "",
		"*": "",
		"":  "",
	} {
		if id, matches := matchPath(shipped().Operation.Path, path); id != want || matches != (want != "") {
			t.Errorf("%s: id %q, %v; want %q", path, id, matches, want)
		}
	}
	withoutVerb := spec.PathTemplate{Prefix: "/v1/jobs/"}
	for path, want := range map[string]string{"/v1/jobs/a": "a", "/v1/jobs/a:b": "", "/v1/jobs/a/": "", "/v1/jobs/": "", "/v1/jobs/a%3Ab": "a:b"} {
		if id, matches := matchPath(withoutVerb, path); id != want || matches != (want != "") {
			t.Errorf("%s: id %q, %v; want %q", path, id, matches, want)
		}
	}
	method := *shipped()
	method.Operation.Path = spec.PathTemplate{Prefix: "/v1/archiveJobs/", Parameter: "archiveJob", Suffix: "-retry"}
	if _, err := New(&method, Options{}); err == nil || !strings.Contains(err.Error(), "-retry") {
		t.Errorf("a verb in the segment of the id: error %v", err)
	}
}
