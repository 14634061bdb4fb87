package clientrun

import (
	"bytes"
	"compress/gzip"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/report/html"
	"github.com/dpconform/dpconform/internal/result"
)

var rules = Rules{Method: method}

// post makes a call and returns its status, or 0 where no whole response came.
func post(t *testing.T, address string, header http.Header, body []byte) (status int, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(read)
}

func bearer() http.Header { return http.Header{"Authorization": {"Bearer " + givenToken}} }

// choosing is the header of a request that chooses a scenario.
func choosing(name string) http.Header {
	header := bearer()
	header.Set(scenarioHeader, name)
	return header
}

func TestAClientChoosesAScenario(t *testing.T) {
	t.Parallel()
	opened := site(t, Options{Scenarios: shipped(t), Known: []string{"unselected"}, Tokens: []string{givenToken}, Job: "plain-1"})
	for _, row := range []struct {
		path    string
		header  http.Header
		want    int
		unknown string
	}{
		{"/v1/archiveJobs/scenario-not-found-1:retry", bearer(), 404, ""},
		{"/v1/archiveJobs/scenario-not-found:retry", bearer(), 404, ""},
		{"/scenarios/rate-limited/v1/archiveJobs/any:retry", bearer(), 429, ""},
		{"/v1/archiveJobs/other:retry", choosing("forbidden"), 403, ""},
		{"/v1/archiveJobs/plain-1:retry", bearer(), 200, ""},
		{"/v1/archiveJobs/scenario-refused-state-1:retry", bearer(), 400, ""},
		{"/v1/archiveJobs/scenario-reset-1:retry", bearer(), 0, ""},
		{"/v1/archiveJobs/scenario-truncated-1:retry", bearer(), 0, ""},
		{"/v1/archiveJobs/scenario-sucess-1:retry", bearer(), 404, `unknown scenario "sucess"; did you mean "success"?`},
		{"/v1/archiveJobs/scenario-rate-limted-1:retry", bearer(), 404, `unknown scenario "rate-limted"; did you mean "rate-limited"?`},
		{"/v1/archiveJobs/any:retry", choosing("forbiden"), 404, `unknown scenario "forbiden"; did you mean "forbidden"?`},
		{"/scenarios/resett/v1/archiveJobs/any-2:retry", bearer(), 404, `unknown scenario "resett"; did you mean "reset"?`},
		{"/scenarios/weather/v1/archiveJobs/any-3:retry", bearer(), 404, `unknown scenario "weather"; dpconform client --list prints all`},
		{"/v1/archiveJobs/scenario-unselected:retry", bearer(), 404, `the scenario "unselected" was not selected by --scenario`},
		{"/scenarios/unselected/v1/archiveJobs/x:retry", bearer(), 404, `the scenario "unselected" was not selected by --scenario`},
	} {
		before := len(opened.Server.Calls())
		status, text := post(t, opened.Endpoint+row.path, row.header, nil)
		if status != row.want {
			t.Errorf("%s: %d, want %d: %s", row.path, status, row.want, text)
		}
		if row.unknown == "" {
			continue
		}
		sent, _ := response{body: []byte(text)}.errorObject()
		calls := opened.Server.Calls()
		if len(calls) != before+1 {
			t.Fatalf("%s: %d calls", row.path, len(calls)-before)
		}
		check := rules.Evaluate(calls[before]).Check
		if sent.Message != "dpconform: "+row.unknown || len(check.Findings) != 1 || check.Findings[0].Requirement != result.ConditionKnown ||
			check.Findings[0].Got != row.unknown || check.Verdict != result.Fail {
			t.Errorf("%s: %s, found %+v", row.path, text, check.Findings)
		}
	}
}

// TestCallsAreKeptApart makes the calls of two clients in turn.
func TestCallsAreKeptApart(t *testing.T) {
	t.Parallel()
	opened := site(t, Options{Scenarios: shipped(t), Tokens: []string{givenToken}})
	var got []int
	for range 3 {
		for _, end := range []string{"a", "b"} {
			status, _ := post(t, opened.Endpoint+"/v1/archiveJobs/scenario-unavailable-"+end+":retry", bearer(), nil)
			got = append(got, status)
		}
	}
	calls := opened.Server.Calls()
	if !slices.Equal(got, []int{503, 503, 503, 503, 200, 200}) || len(calls) != 2 || len(calls[0].requests) != 3 || len(calls[1].requests) != 3 {
		t.Errorf("%d calls, responses %v", len(calls), got)
	}
}

// TestTheNewJobHasAState reads the states of a call's two jobs.
func TestTheNewJobHasAState(t *testing.T) {
	t.Parallel()
	opened := site(t, Options{Scenarios: shipped(t), Tokens: []string{givenToken}})
	_, text := post(t, opened.Endpoint+"/v1/archiveJobs/scenario-success-1:retry", bearer(), nil)
	id, _ := response{body: []byte(text)}.newID(method)
	for _, job := range []string{id, "scenario-success-1"} {
		request, _ := http.NewRequestWithContext(t.Context(), method.ReadState.Method, opened.Endpoint+method.ReadState.Path.Expand(job), nil)
		request.Header = bearer()
		response, err := http.DefaultClient.Do(request)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v, %v", job, response, err)
		}
		_ = response.Body.Close()
	}
	calls := opened.Server.Calls()
	if len(calls) != 1 {
		t.Fatalf("%d calls", len(calls))
	}
	calls[0].Succeeded(id)
	if found := rules.Evaluate(calls[0]); found.Check.Verdict != result.Pass || len(found.requests) != 3 {
		t.Errorf("%+v", found)
	}
}

func TestARequestIsTakenAsItWasSent(t *testing.T) {
	t.Parallel()
	opened := site(t, Options{Scenarios: shipped(t), Tokens: []string{givenToken}})
	for target, want := range map[string][]string{
		"//v1/archiveJobs/scenario-success-1:retry":                   {pathCollection},
		"/v1/archiveJobs/scenario-success-2%3Aretry":                  {pathVerb},
		"/v1/./archiveJobs/scenario-success-3:retry":                  {pathCollection},
		"/v1/archiveJobs//scenario-success-4:retry":                   {pathOneSegment},
		"http://elsewhere.example/v1/archiveJobs/scenario-success-5/": {httpTarget, pathVerb},
	} {
		before := len(opened.Server.Calls())
		sendRaw(t, opened.Endpoint, "POST "+target+" HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer "+givenToken+"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		calls := opened.Server.Calls()
		if len(calls) != before+1 || calls[before].Plain() {
			t.Errorf("%s: %d calls", target, len(calls)-before)
			continue
		}
		if got := idsOf(rules.Evaluate(calls[before]).Check.Findings); !slices.Equal(got, want) {
			t.Errorf("%s: found %v, want %v", target, got, want)
		}
	}
}

func TestABodyThatIsTooLong(t *testing.T) {
	t.Parallel()
	opened := site(t, Options{Scenarios: shipped(t), Tokens: []string{givenToken}})
	post(t, opened.Endpoint+"/v1/archiveJobs/scenario-forbidden-1:retry", bearer(), make([]byte, bodyLimit+100))
	found := rules.Evaluate(opened.Server.Calls()[0])
	if got := idsOf(found.Check.Findings); !slices.Contains(got, bodyEmpty) || len(found.requests[0].body) > bodyLimit {
		t.Errorf("found %v, kept %d bytes", got, len(found.requests[0].body))
	}
}

// TestCallsWithoutAScenario tests calls by the responses that they got.
func TestCallsWithoutAScenario(t *testing.T) {
	t.Parallel()
	success := responded(200, "", nil)
	success.body = []byte(`{"archiveJobId":"new"}`)
	compressed := responded(200, "", http.Header{"Content-Encoding": {"gzip"}})
	compressed.body = zipped(`{"archiveJobId":"new"}`)
	refused, limited := responded(400, "FAILED_PRECONDITION", nil), responded(429, "RESOURCE_EXHAUSTED", http.Header{"Retry-After": {"9"}})
	right := succeeded(method, "job-1", "new")
	refusal, other := failed("job-1", result.ClientError{Code: 400, Status: "FAILED_PRECONDITION", Message: "m"}), failed("job-1", result.ClientError{Code: 500})
	for _, row := range []struct {
		name      string
		responses []response
		reported  *outcome
		known     evidence
		want      []string
		verdict   result.Verdict
	}{
		{"right", []response{success}, &right, evidence{}, nil, result.Pass},
		{"compressed", []response{compressed}, &right, evidence{}, nil, result.Pass},
		{"a refusal", []response{refused}, &refusal, evidence{}, nil, result.Pass},
		{"a refusal as another", []response{refused}, &other, evidence{}, []string{outcomeCode, outcomeStatus, outcomeMessage}, result.Fail},
		{"nothing reported", []response{success}, nil, evidence{}, nil, result.Skip},
		{"nothing reported, and not asked for", []response{success}, nil, evidence{wireOnly: true}, nil, result.Pass},
		{"a redirect", []response{responded(307, "", nil)}, &right, evidence{}, nil, result.Skip},
		{"nothing came", []response{{delivery: hungUp}}, &right, evidence{}, []string{outcomeIncomplete}, result.Fail},
		{"again after nothing came", []response{{delivery: hungUp}, success}, &right, evidence{}, []string{repeatUnknownEffect}, result.Fail},
		{"too early", []response{limited, success}, &right, evidence{}, []string{repeatRetryAfter}, result.Fail},
		{"once more after 503", []response{responded(503, "UNAVAILABLE", nil), success}, &right, evidence{}, nil, result.Pass},
		{"many calls of one job", []response{success, success}, nil, evidence{wireOnly: true, sharedJob: true}, nil, result.Pass},
	} {
		call := &Call{job: "job-1", tokens: []string{givenToken}, reported: row.reported}
		for _, one := range row.responses {
			one.at = time.Unix(100, 0)
			call.add(requestWith(func(a *request) { a.at, a.response = one.at.Add(time.Second), one }))
		}
		found := rules.evaluate(call, row.known)
		if got := idsOf(found.Check.Findings); !slices.Equal(got, row.want) || found.Check.Verdict != row.verdict {
			t.Errorf("%s: %s, found %v, want %s, %v", row.name, found.Check.Verdict, got, row.verdict, row.want)
		}
		exit := Outcomes{rules: rules, results: []Result{found}}.Report("1", nil).Exit
		if want := map[result.Verdict]int{result.Pass: 0, result.Fail: 1, result.Skip: 3}[row.verdict]; exit != want {
			t.Errorf("%s: exit %d, want %d", row.name, exit, want)
		}
	}
}

func TestUpstream(t *testing.T) {
	t.Parallel()
	reference, err := emulator.New(method, emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	upstream := upstreamOf(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Host+" "+r.RequestURI+" "+r.Header.Get("Authorization"))
		if strings.Contains(r.RequestURI, "away") {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		reference.ServeHTTP(w, r)
	})
	opened := site(t, Options{Scenarios: shipped(t), Upstream: upstream})
	token := http.Header{"Authorization": {"Bearer scope:dataportability.maps.reviews"}}
	for target, want := range map[string]int{
		"/v1/archiveJobs/failed-1:retry?alt=json":    200,
		"/v1/archiveJobs/%66ailed-2:retry":           200,
		"/v1/archiveJobs/away%2F:retry":              307,
		"/v1/archiveJobs/scenario-not-found-1:retry": 404,
		"/v1/portabilityArchive:initiate":            404,
	} {
		if status, text := post(t, opened.Endpoint+target, token.Clone(), nil); status != want {
			t.Errorf("%s: %d, want %d: %s", target, status, want, text)
		}
		line := upstream.Host + " " + target + " Bearer scope:dataportability.maps.reviews"
		if chosen := strings.Contains(target, "scenario-"); slices.Contains(seen, line) == chosen {
			t.Errorf("%s: upstream saw %q", target, seen)
		}
	}
	for _, call := range opened.Server.Calls() {
		if check := rules.evaluate(call, evidence{wireOnly: true}).Check; call.Plain() && check.Verdict != result.Pass {
			t.Errorf("%s: %+v", call.Job(), check.Findings)
		}
	}
	nobody := site(t, Options{Upstream: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}})
	if status, _ := post(t, nobody.Endpoint+goodTarget, token, nil); status != http.StatusBadGateway {
		t.Errorf("%d where nobody is upstream", status)
	}
}

// TestWhatIsWrongUpstreamIsNotTheClients: it reports another code than that of the
// response that takes the place of a broken one.
func TestWhatIsWrongUpstreamIsNotTheClients(t *testing.T) {
	t.Parallel()
	switching := upstreamOf(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "other")
		w.WriteHeader(http.StatusSwitchingProtocols)
	})
	for reason, upstream := range map[string]*url.URL{
		"the server upstream gave no valid response": switching, "the server upstream could not be reached": {Scheme: "http", Host: "127.0.0.1:1"},
	} {
		opened := site(t, Options{Upstream: upstream})
		token := http.Header{"Authorization": {"Bearer scope:dataportability.maps.reviews"}}
		if status, text := post(t, opened.Endpoint+goodTarget, token, nil); status != http.StatusBadGateway || text != "dpconform: "+reason+"\n" {
			t.Errorf("%d %s", status, text)
		}
		for _, call := range opened.Server.Calls() {
			call.report(failed(call.Job(), result.ClientError{Code: 403}))
			found := rules.evaluate(call, evidence{})
			if len(found.Check.Findings) > 0 || !slices.ContainsFunc(found.Check.Call.Untested, func(one result.Untested) bool { return one.Requirement == outcomeCode && one.Reason == reason }) {
				t.Errorf("%+v, %+v", found.Check.Findings, found.Check.Call.Untested)
			}
		}
	}
}

// upstreamOf serves a handler and returns its address.
func upstreamOf(t *testing.T, handler http.HandlerFunc) *url.URL {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	address, err := ParseUpstream(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// compressing is a server upstream that compresses where it may, and notes the
// tokens it gets.
func compressing(tokens *[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*tokens = append(*tokens, r.Header.Get("Authorization"))
		if r.Header.Get("Accept-Encoding") == "gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			writer := gzip.NewWriter(w)
			_, _ = writer.Write([]byte(`{"archiveJobId":"new"}`))
			_ = writer.Close()
			return
		}
		_, _ = w.Write([]byte(`{"archiveJobId":"new"}`))
	}
}

func TestParseUpstream(t *testing.T) {
	for _, text := range []string{"", "localhost:80", "ftp://x", "http://", "http://a:b@x", "http://x?y", "http://x#y", "http://x y"} {
		if _, err := ParseUpstream(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
	if parsed, err := ParseUpstream("https://x/base/"); err != nil || parsed.Path != "/base" {
		t.Errorf("%v, %v", parsed, err)
	}
}

// TestTokensInQueries sends the token in a parameter of its own name, where only
// the header says which it is, or another call, or the environment.
func TestTokensInQueries(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, token string
		known       []string
		want        []string
	}{
		{"of the environment", "a-token-of-mine", []string{"a-token-of-mine"}, []string{queryNoToken, authorizationToken}},
		{"within more", "Bearer%20a-token-of-mine", []string{"a-token-of-mine"}, []string{queryNoToken, authorizationToken}},
		{"unknown", "a-token-of-mine", nil, []string{authorizationToken}},
		{"too short to be one within more", "abcd", []string{"abc"}, []string{authorizationToken}},
	} {
		call := &Call{job: "job-1"}
		call.add(requestWith(func(a *request) { a.target += "?key=" + row.token; a.header.Del("Authorization") }))
		wantFindings(t, rules.evaluate(call, evidence{wireOnly: true, tokens: row.known}).Check.Findings, row.want)
	}
}

func TestTheHostOfARequest(t *testing.T) {
	t.Parallel()
	opened := site(t, Options{Tokens: []string{givenToken}})
	port := opened.Endpoint[strings.LastIndex(opened.Endpoint, ":"):]
	for host, foreign := range map[string]bool{
		"127.0.0.1" + port: false, "localhost" + port: false, "LOCALHOST" + port: false, "[::1]" + port: false, "127.9.9.9" + port: false,
		"127.0.0.1": true, "127.0.0.1:1": true, "evil.example" + port: true, "dataportability.googleapis.com": true, "me@localhost" + port: true,
	} {
		if got := !opened.Server.isOwnHost(host); got != foreign {
			t.Errorf("%s is foreign: %v", host, got)
		}
	}
}

// watching serves clients that are started by hand.
func watching(t *testing.T, change ...func(*WatchOptions)) (*Watch, func(method, path, token, body string, change ...func(*http.Request)) (*http.Response, string)) {
	t.Helper()
	options := WatchOptions{Options: Options{Rules: rules, Scenarios: shipped(t)}, Version: "1", JSON: result.WriteJSON, HTML: html.Write}
	for _, one := range change {
		one(&options)
	}
	watch, err := NewWatch("127.0.0.1:0", options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watch.Close)
	return watch, func(method, path, token, body string, change ...func(*http.Request)) (*http.Response, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, watch.Endpoint+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		for _, one := range change {
			one(request)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return response, string(text)
	}
}

func TestThePageShowsWhatArrivedAndNoToken(t *testing.T) {
	t.Parallel()
	watch, send := watching(t)
	if _, page := send("GET", "/", "", ""); !strings.Contains(page, "Nothing yet.") {
		t.Error(page)
	}
	send("POST", "/v1/archiveJobs/scenario-success-1:retry?a=%3Cscript%3E&b=%3Cscript>alert(1)%3C/script>", watch.Secrets.Token, "")
	send("PUT", "/v1/archiveJobs/scenario-not-found-1:retry?access_token="+watch.Secrets.Token, "somebody-elses-token", `{"a":"<b>"}`)
	send("GET", "/favicon.ico", "", "")
	send("GET", "/robots.txt", "", "")
	response, page := send("GET", "/", "", "")
	for _, want := range []string{"scenario-success-1", pathMethod, queryNoToken, "<title>dpconform: 2 calls so far<", "MUST", "</html>",
		template.HTMLEscapeString(`{"job":"scenario-not-found-1","archiveJobId":"NEW ID"} after a success, or {"job":"scenario-not-found-1","error":{`)} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q:\n%s", want, page)
		}
	}
	for _, not := range []string{"<script", watch.Secrets.Token, "somebody-elses-token", "robots.txt"} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %q", not)
		}
	}
	if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %q", policy)
	}
}

func TestAClientThatWasStartedByHandReports(t *testing.T) {
	t.Parallel()
	watch, send := watching(t)
	_, text := send("POST", "/v1/archiveJobs/scenario-success-1:retry", watch.Secrets.Token, "")
	id, _ := response{body: []byte(text)}.newID(method)
	if watch.Outcomes().Report("1", nil).Exit != result.ExitInconclusive {
		t.Error("what was not reported passes")
	}
	const example = `; an outcome is a line such as {"job":"scenario-success-1","archiveJobId":"NEW ID"}`
	for body, want := range map[string]string{
		`{"job":"another","archiveJobId":"x"}`: "no request of the job another has arrived; there is scenario-success-1",
		"\n\n" + `{"job":`:                     `line 3 of the body is not JSON, at its byte 7: unexpected end of JSON input (an outcome must be in one line)` + example,
		"[1]":                                  `the body has no outcome` + example,
		"":                                     `the body has no outcome` + example,
	} {
		if got, text := send("POST", outcomesPath, "", body); got.StatusCode != http.StatusBadRequest || !strings.Contains(text, strings.ReplaceAll(want, `"`, `\"`)) {
			t.Errorf("%q: %d %q", body, got.StatusCode, text)
		}
	}
	if got, _ := send("POST", outcomesPath, "", `{"job":"scenario-success-1","archiveJobId":"`+id+`"}`); got.StatusCode != http.StatusNoContent {
		t.Errorf("an outcome: %d", got.StatusCode)
	}
	if report := watch.Outcomes().Report("1", nil); report.Exit != result.ExitConforms || len(report.Checks) != 1 {
		t.Errorf("exit %d, %+v", report.Exit, report.Checks)
	}
}

func TestThePageIsForWhoeverTypedItsAddress(t *testing.T) {
	t.Parallel()
	_, send := watching(t)
	for _, row := range []struct {
		method, path, host, origin string
		refused                    bool
	}{
		{"GET", "/", "", "", false},
		{"GET", "/", "localhost:1", "", false},
		{"GET", "/", "evil.example", "", true},
		{"POST", outcomesPath, "evil.example", "", true},
		{"POST", outcomesPath, "", "http://evil.example", true},
		{"POST", outcomesPath, "", "", false},
		{"POST", "/v1/archiveJobs/scenario-not-found-1:retry", "evil.example", "", false},
	} {
		response, _ := send(row.method, row.path, "", "", func(request *http.Request) {
			request.Host = row.host
			if row.origin != "" {
				request.Header.Set("Origin", row.origin)
			}
		})
		if (response.StatusCode == http.StatusForbidden) != row.refused {
			t.Errorf("%s %s at %q from %q: %d", row.method, row.path, row.host, row.origin, response.StatusCode)
		}
	}
}
