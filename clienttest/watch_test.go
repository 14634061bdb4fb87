package clienttest

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// writeRaw sends bytes and reads until the server has answered.
func writeRaw(t *testing.T, endpoint, text string) {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, text); err != nil {
		t.Fatal(err)
	}
	if _, err := connection.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
}

func watchedBy(t *testing.T) (*Watch, func(method, target, token, body string) *httptest.ResponseRecorder) {
	t.Helper()
	watch, err := NewWatch(Options{Rules: Rules{Contract: contract}, Scenarios: shippedScenarios(t)}, "1", false)
	if err != nil {
		t.Fatal(err)
	}
	watch.Endpoint = "http://127.0.0.1:8090"
	return watch, func(method, target, token, body string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(method, target, strings.NewReader(body))
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		recorder := httptest.NewRecorder()
		watch.ServeHTTP(recorder, request)
		return recorder
	}
}

func TestThePageShowsWhatArrivedAndNoToken(t *testing.T) {
	watch, send := watchedBy(t)
	if page := send("GET", "/", "", "").Body.String(); !strings.Contains(page, "Nothing yet.") {
		t.Error(page)
	}
	send("POST", "/v1/archiveJobs/scenario-success-1:retry?a=%3Cscript%3E&b=<script>alert(1)</script>", watch.Token(), "")
	send("PUT", "/v1/archiveJobs/scenario-not-found-1:retry?access_token="+watch.Token(), "somebody-elses-token", `{"a":"<b>"}`)
	send("GET", "/favicon.ico", "", "")
	send("GET", "/robots.txt", "", "")
	answer := send("GET", "/", "", "")
	page := answer.Body.String()
	for _, want := range []string{"scenario-success-1", pathMethod, queryNoToken, "2 calls", "&lt;script&gt;"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, not := range []string{"<script", watch.Token(), "somebody-elses-token", "robots.txt"} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %q", not)
		}
	}
	if policy := answer.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %q", policy)
	}
}

func TestAClientThatWasStartedByHandTells(t *testing.T) {
	watch, send := watchedBy(t)
	answer := send("POST", "/v1/archiveJobs/scenario-success-1:retry", watch.Token(), "")
	id := newID(contract, Answer{Body: answer.Body.Bytes()})
	if watch.Outcomes().Exit() != ExitInconclusive {
		t.Error("what was not told is taken for judged")
	}
	for body, want := range map[string]string{
		`{"job":"another","archiveJobId":"x"}`: "dpconform: no request of the job another has arrived; there is scenario-success-1\n",
		`{"job":`:                              `dpconform: line 1 is no JSON, at its byte 7: unexpected end of JSON input (an outcome stands in one line); an outcome is a line such as {"job":"scenario-success-1","archiveJobId":"NEW ID"}` + "\n",
		"":                                     `dpconform: the body is empty; an outcome is a line such as {"job":"scenario-success-1","archiveJobId":"NEW ID"}` + "\n",
	} {
		if got := send("POST", OutcomesPath, "", body); got.Code != http.StatusBadRequest || got.Body.String() != want {
			t.Errorf("%q: %d %q", body, got.Code, got.Body)
		}
	}
	if got := send("POST", OutcomesPath, "", `{"job":"scenario-success-1","archiveJobId":"`+id+`"}`).Code; got != http.StatusNoContent {
		t.Errorf("an outcome: %d", got)
	}
	if found := watch.Outcomes(); found.Exit() != ExitConforms || len(found.Results) != 1 {
		t.Errorf("%v", resultsOf(found))
	}
}
