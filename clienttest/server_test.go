package clienttest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
)

// site serves something for one test.
func site(t *testing.T, options Options) *Site {
	t.Helper()
	options.Rules = Rules{Contract: contract}
	server, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := Serve(server, "127.0.0.1:0", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.Close)
	return opened
}

// post makes a call and gives its status, or 0 where no whole answer came.
func post(t *testing.T, address string, header http.Header) (status int, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(read)
}

func bearer() http.Header { return http.Header{"Authorization": {"Bearer " + givenToken}} }

func TestAClientChoosesAScenario(t *testing.T) {
	opened := site(t, Options{Scenarios: shippedScenarios(t), Tokens: []string{givenToken}, Job: "plain-1"})
	named := bearer()
	named.Set(ScenarioHeader, "forbidden")
	for _, row := range []struct {
		path   string
		header http.Header
		want   int
	}{
		{"/v1/archiveJobs/scenario-not-found-1:retry", bearer(), 404},
		{"/v1/archiveJobs/scenario-not-found:retry", bearer(), 404},
		{"/scenarios/rate-limited/v1/archiveJobs/any:retry", bearer(), 429},
		{"/v1/archiveJobs/other:retry", named, 403},
		{"/v1/archiveJobs/plain-1:retry", bearer(), 200},
		{"/v1/archiveJobs/scenario-not-failed-1:retry", bearer(), 400},
		{"/v1/archiveJobs/scenario-reset-1:retry", bearer(), 0},
		{"/v1/archiveJobs/scenario-truncated-1:retry", bearer(), 0},
		{"/v1/archiveJobs/scenario-nothing-1:retry", bearer(), 404},
		{"/scenarios/nothing/v1/archiveJobs/any:retry", bearer(), 404},
	} {
		if status, text := post(t, opened.Endpoint+row.path, row.header); status != row.want {
			t.Errorf("%s: %d, want %d: %s", row.path, status, row.want, text)
		}
	}
}

// TestCallsAreKeptApart makes the calls of two clients in turn.
func TestCallsAreKeptApart(t *testing.T) {
	opened := site(t, Options{Scenarios: shippedScenarios(t), Tokens: []string{givenToken}})
	var got []int
	for range 3 {
		for _, end := range []string{"a", "b"} {
			status, _ := post(t, opened.Endpoint+"/v1/archiveJobs/scenario-unavailable-"+end+":retry", bearer())
			got = append(got, status)
		}
	}
	if !slices.Equal(got, []int{503, 503, 503, 503, 200, 200}) {
		t.Errorf("answers %v", got)
	}
	calls := opened.Server.Calls()
	if len(calls) != 2 || len(calls[0].Requests()) != 3 || len(calls[1].Requests()) != 3 {
		t.Errorf("%d calls", len(calls))
	}
}

// TestTheNewJobHasAState reads the states of a call's two jobs.
func TestTheNewJobHasAState(t *testing.T) {
	opened := site(t, Options{Scenarios: shippedScenarios(t), Tokens: []string{givenToken}})
	_, text := post(t, opened.Endpoint+"/v1/archiveJobs/scenario-success-1:retry", bearer())
	id := newID(contract, Answer{Body: []byte(text)})
	for _, job := range []string{id, "scenario-success-1"} {
		request, _ := http.NewRequestWithContext(t.Context(), contract.ReadState.Method, opened.Endpoint+contract.ReadState.Path.Expand(job), nil)
		request.Header = bearer()
		answer, err := http.DefaultClient.Do(request)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v, %v", job, answer, err)
		}
		_ = answer.Body.Close()
	}
	calls := opened.Server.Calls()
	if len(calls) != 1 {
		t.Fatalf("%d calls", len(calls))
	}
	calls[0].Tell(Succeeded("scenario-success-1", id))
	if result := (Rules{Contract: contract}).Judge(calls[0]); result.Verdict != Pass || len(result.Requests) != 3 {
		t.Errorf("%+v", result)
	}
}

func TestARequestIsTakenAsItWasSent(t *testing.T) {
	opened := site(t, Options{Scenarios: shippedScenarios(t), Tokens: []string{givenToken}})
	for target, want := range map[string][]string{
		"//v1/archiveJobs/scenario-success-1:retry":                   {pathCollection},
		"/v1/archiveJobs/scenario-success-2%3Aretry":                  {pathVerb},
		"/v1/./archiveJobs/scenario-success-3:retry":                  {pathCollection},
		"/v1/archiveJobs//scenario-success-4:retry":                   {pathOneSegment},
		"http://elsewhere.example/v1/archiveJobs/scenario-success-5/": {httpTarget, pathVerb},
	} {
		before := len(opened.Server.Calls())
		writeRaw(t, opened.Endpoint, "POST "+target+" HTTP/1.1\r\nHost: "+strings.TrimPrefix(opened.Endpoint, "http://")+
			"\r\nAuthorization: Bearer "+givenToken+"\r\nContent-Length: 0\r\n\r\n")
		calls := opened.Server.Calls()
		if len(calls) != before+1 || calls[before].Scenario == nil {
			t.Errorf("%s: %d calls", target, len(calls)-before)
			continue
		}
		if got := idsOf((Rules{Contract: contract}).Judge(calls[before]).Findings); !slices.Equal(got, want) {
			t.Errorf("%s: found %v, want %v", target, got, want)
		}
	}
}

func TestUpstream(t *testing.T) {
	reference, err := emulator.New(contract, emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Host+" "+r.RequestURI+" "+r.Header.Get("Authorization"))
		if strings.Contains(r.RequestURI, "away") {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		reference.ServeHTTP(w, r)
	}))
	defer upstream.Close()
	address, err := ParseUpstream(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	opened := site(t, Options{Scenarios: shippedScenarios(t), Upstream: address})
	token := http.Header{"Authorization": {"Bearer scope:dataportability.maps.reviews"}}
	for target, want := range map[string]int{
		"/v1/archiveJobs/failed-1:retry?alt=json":    200,
		"/v1/archiveJobs/%66ailed-2:retry":           200,
		"/v1/archiveJobs/away%2F:retry":              307,
		"/v1/archiveJobs/scenario-not-found-1:retry": 404,
		"/v1/portabilityArchive:initiate":            404,
	} {
		if status, text := post(t, opened.Endpoint+target, token.Clone()); status != want {
			t.Errorf("%s: %d, want %d: %s", target, status, want, text)
		}
		line := address.Host + " " + target + " Bearer scope:dataportability.maps.reviews"
		if chosen := strings.Contains(target, "scenario-"); slices.Contains(seen, line) == chosen {
			t.Errorf("%s: upstream saw %q", target, seen)
		}
	}
	for _, call := range opened.Server.Calls() {
		if call.Scenario != nil {
			continue
		}
		if result := (Rules{Contract: contract}).judgeCommand(call, nil, judging{wireOnly: true}); result.Verdict != Pass {
			t.Errorf("%s: %+v", call.Job, result.Findings)
		}
	}
	if status, _ := post(t, site(t, Options{Upstream: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}}).Endpoint+goodTarget, token); status != http.StatusBadGateway {
		t.Errorf("%d where nobody is upstream", status)
	}
}

func TestParseUpstream(t *testing.T) {
	for _, text := range []string{"", "localhost:80", "ftp://x", "http://", "http://a:b@x", "http://x?y", "http://x#y", "http://x y"} {
		if _, err := ParseUpstream(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	if parsed, err := ParseUpstream("https://x/base/"); err != nil || parsed.Path != "/base" {
		t.Errorf("%v, %v", parsed, err)
	}
}

func TestABodyThatIsTooLong(t *testing.T) {
	opened := site(t, Options{Scenarios: shippedScenarios(t), Tokens: []string{givenToken}})
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, opened.Endpoint+"/v1/archiveJobs/scenario-forbidden-1:retry",
		bytes.NewReader(make([]byte, bodyLimit+100)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = bearer()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	result := (Rules{Contract: contract}).Judge(opened.Server.Calls()[0])
	if got := idsOf(result.Findings); !slices.Contains(got, bodyEmpty) || len(result.Requests[0].Body) > bodyLimit {
		t.Errorf("found %v, kept %d bytes", got, len(result.Requests[0].Body))
	}
}
