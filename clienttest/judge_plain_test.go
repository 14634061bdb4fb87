package clienttest

import (
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCallsWithoutAScenario judges calls by the answers that they got.
func TestCallsWithoutAScenario(t *testing.T) {
	success := answered(200, "", nil)
	success.Body = []byte(`{"archiveJobId":"new"}`)
	refused := answered(400, "FAILED_PRECONDITION", nil)
	limited := answered(429, "RESOURCE_EXHAUSTED", http.Header{"Retry-After": {"9"}})
	zippedAnswer := answered(200, "", http.Header{"Content-Encoding": {"gzip"}})
	zippedAnswer.Body = zipped(`{"archiveJobId":"new"}`)
	told := func(outcome Outcome) *Outcome { return &outcome }
	right := told(Succeeded("job-1", "new"))
	wrong := told(Succeeded("job-1", "another"))
	for _, row := range []struct {
		name    string
		answers []Answer
		told    *Outcome
		how     judging
		want    []string
		verdict Verdict
	}{
		{"right", []Answer{success}, right, judging{}, nil, Pass},
		{"an id that the server never gave", []Answer{success}, wrong, judging{}, []string{outcomeNewID}, Fail},
		{"compressed", []Answer{zippedAnswer}, right, judging{}, nil, Pass},
		{"a refusal as a success", []Answer{refused}, wrong, judging{}, []string{outcomeError}, Fail},
		{"a refusal told", []Answer{refused}, told(Failed("job-1", ToldError{Code: 400, Status: "FAILED_PRECONDITION", Message: "m"})), judging{}, nil, Pass},
		{"a refusal told as another", []Answer{refused}, told(Failed("job-1", ToldError{Code: 500})), judging{},
			[]string{outcomeCode, outcomeStatus, outcomeMessage}, Fail},
		{"nothing told", []Answer{success}, nil, judging{}, nil, Skip},
		{"nothing told, and not asked", []Answer{success}, nil, judging{wireOnly: true}, nil, Pass},
		{"a redirect", []Answer{answered(307, "", nil)}, right, judging{}, nil, Skip},
		{"nothing came", []Answer{{Delivery: ConnectionClosed}}, right, judging{}, []string{outcomeIncomplete}, Fail},
		{"again after a refusal", []Answer{refused, refused}, nil, judging{wireOnly: true}, []string{repeatFailedPrecondition}, Fail},
		{"again after nothing came", []Answer{{Delivery: ConnectionClosed}, success}, right, judging{}, []string{repeatUnknownEffect}, Fail},
		{"too early", []Answer{limited, success}, right, judging{}, []string{repeatRetryAfter}, Fail},
		{"once more after 503", []Answer{answered(503, "UNAVAILABLE", nil), success}, right, judging{}, nil, Pass},
		{"many calls of one job", []Answer{success, success}, nil, judging{wireOnly: true, sharedJob: true}, nil, Pass},
	} {
		t.Run(row.name, func(t *testing.T) {
			call := &Call{Job: "job-1", Tokens: []string{givenToken}, told: row.told}
			for _, answer := range row.answers {
				answer.At = time.Unix(100, 0)
				call.add(arrivedAs(func(a *Arrived) { a.At, a.Answer = answer.At.Add(time.Second), answer }))
			}
			result := (Rules{Contract: contract}).judgeCommand(call, nil, row.how)
			if got := idsOf(result.Findings); !slices.Equal(got, append([]string{}, row.want...)) || result.Verdict != row.verdict {
				t.Errorf("%s, found %v, want %s, %v", result.Verdict, got, row.verdict, row.want)
			}
			exit := (Outcomes{Results: []Result{result}}).Exit()
			if want := map[Verdict]int{Pass: ExitConforms, Fail: ExitFails, Skip: ExitInconclusive}[row.verdict]; exit != want {
				t.Errorf("exit %d, want %d", exit, want)
			}
		})
	}
}

func TestAScenarioThatThereIsNot(t *testing.T) {
	opened := site(t, Options{Scenarios: shippedScenarios(t), Tokens: []string{givenToken}})
	typo := bearer()
	typo.Set(ScenarioHeader, "forbiden")
	for _, row := range []struct {
		path   string
		header http.Header
		want   string
	}{
		{"/v1/archiveJobs/scenario-sucess-1:retry", bearer(), `there is no scenario "sucess"; did you mean "success"?`},
		{"/v1/archiveJobs/scenario-rate-limted-1:retry", bearer(), `there is no scenario "rate-limted"; did you mean "rate-limited"?`},
		{"/v1/archiveJobs/any:retry", typo, `there is no scenario "forbiden"; did you mean "forbidden"?`},
		{"/scenarios/resett/v1/archiveJobs/any-2:retry", bearer(), `there is no scenario "resett"; did you mean "reset"?`},
		{"/scenarios/weather/v1/archiveJobs/any-3:retry", bearer(), `there is no scenario "weather"; dpconform client --list has all`},
	} {
		before := len(opened.Server.Calls())
		status, text := post(t, opened.Endpoint+row.path, row.header)
		sent, _ := errorOf(Answer{Body: []byte(text)})
		if status != 404 || sent.Message != "dpconform: "+row.want {
			t.Errorf("%s: answered %d %s", row.path, status, text)
		}
		calls := opened.Server.Calls()
		if len(calls) != before+1 {
			t.Fatalf("%s: %d calls", row.path, len(calls)-before)
		}
		result := (Rules{Contract: contract}).Judge(calls[before])
		if len(result.Findings) != 1 || result.Findings[0].ID != ConditionKnown || result.Findings[0].Got != row.want || result.Verdict != Fail {
			t.Errorf("%s: found %+v", row.path, result.Findings)
		}
	}
}

// upstreamOf serves a handler and gives its address.
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

func TestACommandInFrontOfAServerUpstream(t *testing.T) {
	var tokens []string
	upstream := upstreamOf(t, func(w http.ResponseWriter, r *http.Request) {
		tokens = append(tokens, r.Header.Get("Authorization"))
		if r.Header.Get("Accept-Encoding") == "gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			writer := gzip.NewWriter(w)
			_, _ = writer.Write([]byte(`{"archiveJobId":"new"}`))
			_ = writer.Close()
			return
		}
		_, _ = w.Write([]byte(`{"archiveJobId":"new"}`))
	})
	for _, row := range []struct {
		program, token string
		want           []string
		exit           int
	}{
		{"right", "a-token-of-mine", []string{"job mine-1 pass", "the command pass"}, ExitConforms},
		{"quiet", "a-token-of-mine", []string{"job mine-1 skip", "the command pass"}, ExitInconclusive},
		{"chooses", "a-token-of-mine", []string{"success pass", "not-found pass", "the command pass"}, ExitConforms},
	} {
		options := runOf(t, row.program)
		options.Scenarios, options.Upstream, options.Job, options.Token = shippedScenarios(t), upstream, "mine-1", row.token
		found := runAll(t, options)
		if got := resultsOf(found); !slices.Equal(got, row.want) || found.Exit() != row.exit {
			t.Errorf("%s: %v, exit %d: %+v", row.program, got, found.Exit(), found.Results)
		}
		var out strings.Builder
		if err := WriteJSON(&out, found.Report("1")); err != nil || strings.Contains(out.String(), row.token) {
			t.Errorf("%v, or the report has the token", err)
		}
	}
	if !slices.Equal(tokens, []string{"Bearer a-token-of-mine", "Bearer a-token-of-mine"}) {
		t.Errorf("upstream saw %q", tokens)
	}
}

func TestAnOutcomeOfAJobThatWasNeverSent(t *testing.T) {
	run := &run{options: RunOptions{Rules: Rules{Contract: contract}}}
	known := []Result{{Job: "a"}}
	found := run.invented([]Outcome{Succeeded("a", "x"), Succeeded("b", "x"), Succeeded("b", "y"), Failed("c", ToldError{})}, known)
	if len(found) != 2 || found[0].Job != "b" || found[1].Job != "c" || found[0].Verdict != Fail {
		t.Errorf("%+v", found)
	}
}

func TestABodyThatIsNoText(t *testing.T) {
	hide := Outcomes{Results: []Result{{tokens: []string{givenToken}}}}.redactor()
	for _, row := range []struct {
		name   string
		change func(*Arrived)
		base64 string
	}{
		{"text", body("{}", "application/json"), ""},
		{"bytes", body("\xff\x00", ""), "/wA="},
		{"bytes with a token", body("\xff"+givenToken, ""), ""},
		{"a token in gzip", func(a *Arrived) { a.Body = zipped(givenToken); a.Header.Set("Content-Encoding", "gzip") }, ""},
	} {
		request := arrivedAs(row.change)
		request.Wire = readWire([]byte("POST http://me:hidden@x/?access_token="+givenToken+" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"), true)
		request.Authority = "me:hidden@x"
		shown := reportedRequest(request, hide)
		if shown.BodyBase64 != row.base64 || shown.BodyBytes != len(request.Body) {
			t.Errorf("%s: %q, %d bytes", row.name, shown.BodyBase64, shown.BodyBytes)
		}
		if shown.Framing.TransferEncoding[0] != "chunked" || shown.Framing.Host[0] != "x" ||
			strings.Contains(shown.Framing.Line, givenToken) || strings.Contains(shown.Framing.Line, "hidden") {
			t.Errorf("%s: %+v", row.name, shown.Framing)
		}
	}
}
