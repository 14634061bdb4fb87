package clientrun

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/internal/wire"
	"github.com/dpconform/dpconform/spec"
)

const (
	givenToken = "a-token-that-was-given"
	goodTarget = "/v1/archiveJobs/job-1:retry"
)

func zipped(text string) []byte {
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	_, _ = writer.Write([]byte(text))
	_ = writer.Close()
	return out.Bytes()
}

// requestWith makes a request that is right but for one change.
func requestWith(change func(*request)) *request {
	arrived := &request{number: 1, purpose: attempt, method: http.MethodPost, target: goodTarget, protocol: "HTTP/1.1", framed: true,
		header: http.Header{"Authorization": {"Bearer " + givenToken}}}
	change(arrived)
	return arrived
}

func target(text string) func(*request) { return func(a *request) { a.target = text } }

func body(text, mediaType string) func(*request) {
	return func(a *request) {
		a.body = []byte(text)
		if mediaType != "" {
			a.header.Set("Content-Type", mediaType)
		}
	}
}

func TestOneRequest(t *testing.T) {
	for _, row := range []struct {
		name   string
		job    string
		change func(*request)
		want   []string
	}{
		{"right", "job-1", func(*request) {}, nil},
		{"lower case method", "job-1", func(a *request) { a.method = "post" }, []string{pathMethod}},
		{"other case", "job-1", target("/v1/archivejobs/job-1:retry"), []string{pathCollection}},
		{"no version", "job-1", target("/archiveJobs/job-1:retry"), []string{pathCollection}},
		{"escaped colon in lower case", "job-1", target("/v1/archiveJobs/job-1%3aretry"), []string{pathVerb}},
		{"id that nobody knows", "", func(*request) {}, nil},
		{"colon in the id as it is", "a:b", target("/v1/archiveJobs/a:b:retry"), nil},
		{"colon in the id escaped", "a:b", target("/v1/archiveJobs/a%3Ab:retry"), nil},
		{"escaped slash in the id", "a/b", target("/v1/archiveJobs/a%2fb:retry"), nil},
		{"escaped twice", "a b", target("/v1/archiveJobs/a%2520b:retry"), []string{pathID}},
		{"plus for a space", "a b", target("/v1/archiveJobs/a+b:retry"), []string{pathID}},
		{"half an escape", "a%2", target("/v1/archiveJobs/a%2:retry"), []string{pathEscaping, pathID}},
		{"id cut at a question mark", "a 5%25?ü#1", target("/v1/archiveJobs/a%205%25?%C3%BC"), []string{pathID}},
		{"id cut at a hash", "a#1", target("/v1/archiveJobs/a"), []string{pathID}},
		{"another id without the verb", "a#1", target("/v1/archiveJobs/b?x"), []string{pathVerb, queryParameters}},
		{"platform's parameters", "job-1", target(goodTarget + "?alt=json&prettyPrint=false&%24.xgafv=2&key=AIza"), nil},
		{"enumerations as numbers", "job-1", target(goodTarget + "?%24alt=json%3Benum-encoding%3Dint"), nil},
		{"enumerations as numbers, as it is", "job-1", target(goodTarget + "?alt=json;enum-encoding=int"), nil},
		{"enumerations as letters", "job-1", target(goodTarget + "?alt=json;enum-encoding=text"), []string{queryValues}},
		{"empty parameter", "job-1", target(goodTarget + "?&="), []string{queryParameters}},
		{"token under another name", "job-1", target(goodTarget + "?key=" + givenToken), []string{queryNoToken}},
		{"token in the query", "job-1", func(a *request) {
			a.target += "?oauth_token=" + givenToken
			a.header.Del("Authorization")
		}, []string{queryNoToken}},
		{"empty header", "job-1", func(a *request) { a.header.Set("Authorization", "") }, []string{authorizationBearer}},
		{"scheme alone", "job-1", func(a *request) { a.header.Set("Authorization", "Bearer ") }, []string{authorizationBearer}},
		{"lower case scheme", "job-1", func(a *request) { a.header.Set("Authorization", "bearer "+givenToken) }, nil},
		{"twice", "job-1", func(a *request) { a.header.Add("Authorization", "Bearer other") }, []string{authorizationOneMethod}},
		{"empty message", "job-1", body("{}\n", "application/json"), nil},
		{"empty message with charset", "job-1", body(" { } ", "application/json; charset=UTF-8"), nil},
		{"empty message compressed", "job-1", func(a *request) {
			a.body = zipped("{}")
			a.header.Set("Content-Encoding", "gzip")
			a.header.Set("Content-Type", "application/json")
		}, nil},
		{"type without a body", "job-1", func(a *request) { a.header.Set("Content-Type", "application/json") }, nil},
		{"white space", "job-1", body(" \n", "application/json"), nil},
		{"other coding", "job-1", func(a *request) {
			body("{}", "application/json")(a)
			a.header.Set("Content-Encoding", "br")
		}, []string{bodyEmpty}},
		{"broken off", "job-1", func(a *request) { a.bodyProblem = "it broke off"; a.header.Set("Content-Type", "application/json") }, []string{bodyEmpty}},
		{"type that is none", "job-1", body("{}", ";"), []string{bodyMediaType}},
		{"method override that changes nothing", "job-1", func(a *request) { a.header.Set("X-HTTP-Method-Override", "POST") }, nil},
		{"what Google's clients send", "job-1", func(a *request) {
			a.target += "?alt=json&prettyPrint=false&$.xgafv=2"
			a.header.Set("X-Goog-Api-Client", "gl-go/1.26 gdcl/0.311.0")
			a.header.Set("User-Agent", "google-api-go-client/0.5")
		}, nil},
		{"own parameter twice", "job-1", target(goodTarget + "?a=1&a=1"), []string{queryParameters}},
		{"token with a dollar", "job-1", target(goodTarget + "?$access_token=x"), []string{queryNoToken, authorizationOneMethod}},
		{"same length twice", "job-1", func(a *request) {
			a.head = wire.Read([]byte("POST / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"), true)
		}, []string{httpFieldOnce}},
		{"read of the state", "job-1", func(a *request) {
			a.purpose, a.method, a.target = stateRead, http.MethodGet, "/v1/archiveJobs/x/portabilityArchiveState"
		}, nil},
		{"elsewhere without", "job-1", func(a *request) { a.purpose = elsewhere; a.header.Del("Authorization") }, nil},
		{"something else", "job-1", func(a *request) { a.purpose, a.target = other, "/" }, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			one := requestWith(row.change)
			e := &evaluation{rules: rules, tokens: append(bearerTokens([]*request{one}), givenToken)}
			e.checkRequest(&Call{job: row.job, tokens: []string{givenToken}}, one)
			wantFindings(t, e.findings, row.want)
		})
	}
}

// TestACredentialIsDescribed and not shown.
func TestACredentialIsDescribed(t *testing.T) {
	t.Parallel()
	e := &evaluation{tokens: []string{givenToken}}
	for credential, want := range map[string]string{
		"": "Authorization: nothing", givenToken: "the token without the scheme Bearer", "other": "Authorization: one word without the scheme Bearer",
		"bearer": "Authorization: Bearer without a token", "Bearer ": "Authorization: Bearer without a token", "Basic x": "Authorization: another scheme than Bearer",
		"Bearer a b": "Authorization: Bearer and something that is not a token",
	} {
		if got := e.credentialForm(credential); got != want {
			t.Errorf("%q: %s, want %s", credential, got, want)
		}
	}
}

func TestWhatTheDescriptionDoesNotDemandIsNotTested(t *testing.T) {
	silent := *method
	silent.ClientRequirements = nil
	e := &evaluation{rules: Rules{Method: &silent}}
	e.checkRequest(&Call{}, requestWith(func(a *request) { a.method, a.target = "GET", "/" }))
	if len(e.findings) > 0 || len(e.tested) > 0 {
		t.Errorf("%v, %v", e.findings, e.tested)
	}
}

func FuzzCheckRequest(f *testing.F) {
	f.Add("POST", goodTarget, "Bearer x", "application/json", "gzip", []byte("{}"))
	f.Add("", "//%3a?a=%zz&access_token=", "Basic", ";", "", []byte("null"))
	f.Fuzz(func(t *testing.T, method, target, authorization, mediaType, coding string, body []byte) {
		e := &evaluation{rules: rules}
		e.checkRequest(&Call{job: "job-1", tokens: []string{givenToken}}, &request{number: 1, purpose: attempt, method: method, target: target, body: body,
			header: http.Header{"Authorization": {authorization}, "Content-Type": {mediaType}, "Content-Encoding": {coding}}})
		clean := method == http.MethodPost && target == goodTarget && authorization == "Bearer "+givenToken && len(body) == 0
		if clean != (len(idsOf(e.findings)) == 0) && clean {
			t.Errorf("found %v", e.findings)
		}
		for _, finding := range e.findings {
			if printable(finding.Got) != finding.Got && len(finding.Got) < longestKept {
				t.Errorf("%s: %q may move a cursor", finding.Requirement, finding.Got)
			}
		}
	})
}

// responded makes a response that was sent at second 100.
func responded(status int, code string, header http.Header) response {
	made := response{delivery: whole, status: status, header: header, at: time.Unix(100, 0)}
	if code != "" {
		made.body = refusal(method, scenario.Error{Code: code, Message: "m"}).body
	}
	if made.header == nil {
		made.header = http.Header{}
	}
	return made
}

func TestWhatFollowsAResponse(t *testing.T) {
	unavailable := responded(503, "UNAVAILABLE", nil)
	for _, row := range []struct {
		name   string
		before response
		// wait is how long after the response the next request came.
		wait  time.Duration
		token string
		want  []string
	}{
		{"success", responded(200, "", nil), time.Minute, "", []string{repeatAfterSuccess}},
		{"reset", response{delivery: reset}, time.Minute, "", []string{repeatUnknownEffect}},
		{"truncated", response{delivery: truncated, status: 200}, time.Minute, "", []string{repeatUnknownEffect}},
		{"not awaited", response{delivery: notAwaited, status: 200}, time.Minute, "", []string{repeatUnknownEffect}},
		{"no response yet", response{delivery: pending}, 0, "", []string{repeatUnknownEffect}},
		{"precondition", responded(400, "FAILED_PRECONDITION", nil), time.Minute, "", []string{repeatFailedPrecondition}},
		{"invalid argument", responded(400, "INVALID_ARGUMENT", nil), time.Minute, "", nil},
		{"not found", responded(404, "NOT_FOUND", nil), time.Minute, "", []string{repeatNotFound}},
		{"not found without an error object", responded(404, "", nil), time.Minute, "", []string{repeatNotFound}},
		{"bad request without an error object", responded(400, "", nil), time.Minute, "", nil},
		{"forbidden, same token", responded(403, "PERMISSION_DENIED", nil), time.Minute, "", []string{repeatPermissionDenied}},
		{"forbidden, other token", responded(403, "PERMISSION_DENIED", nil), 0, "other", nil},
		{"unauthenticated, same token", responded(401, "UNAUTHENTICATED", nil), time.Minute, "", []string{repeatUnauthenticated}},
		{"unauthenticated, other token", responded(401, "UNAUTHENTICATED", nil), 0, "other", nil},
		{"too early", responded(429, "RESOURCE_EXHAUSTED", http.Header{"Retry-After": {"2"}}), 1999 * time.Millisecond, "", []string{repeatRetryAfter}},
		{"in time", responded(429, "RESOURCE_EXHAUSTED", http.Header{"Retry-After": {"2"}}), 2 * time.Second, "", nil},
		{"before the date", responded(503, "UNAVAILABLE", http.Header{"Retry-After": {time.Unix(111, 0).UTC().Format(http.TimeFormat)}}), 9 * time.Second, "",
			[]string{repeatRetryAfter}},
		{"after the date", responded(503, "UNAVAILABLE", http.Header{"Retry-After": {time.Unix(90, 0).UTC().Format(http.TimeFormat)}}), 0, "", nil},
		{"Retry-After that is none", responded(429, "RESOURCE_EXHAUSTED", http.Header{"Retry-After": {"soon"}}), 0, "", nil},
		{"unavailable at once, and once", unavailable, 0, "", nil},
		{"redirect", responded(307, "", nil), 0, "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			first := requestWith(func(a *request) { a.response = row.before })
			second := requestWith(func(a *request) {
				a.number, a.at, a.response = 2, row.before.at.Add(row.wait), responded(404, "", nil)
				if row.token != "" {
					a.header.Set("Authorization", "Bearer "+row.token)
				}
			})
			e := &evaluation{rules: rules, scenario: &scenario.Scenario{AtMost: 2, Steps: []scenario.Step{{}}}}
			e.checkRepeats([]*request{first, second})
			wantFindings(t, e.findings, row.want)
			once := &evaluation{rules: rules, scenario: e.scenario}
			once.checkRepeats([]*request{first})
			if len(once.findings) > 0 {
				t.Errorf("one request alone: %v", once.findings)
			}
		})
	}
}

// busy makes requests that each got a 503, the first of them at second 100 and
// each other one after a wait.
func busy(waits ...time.Duration) []*request {
	at := time.Unix(100, 0)
	var attempts []*request
	for i, wait := range append([]time.Duration{0}, waits...) {
		at = at.Add(wait)
		attempts = append(attempts, requestWith(func(a *request) {
			a.number, a.at, a.response = i+1, at, responded(503, "UNAVAILABLE", nil)
			a.response.at = at
		}))
	}
	return attempts
}

func TestTooManyRequests(t *testing.T) {
	e := &evaluation{rules: rules, scenario: &scenario.Scenario{AtMost: 2, Steps: []scenario.Step{{}}}}
	e.checkRepeats(busy(time.Second, time.Second))
	wantFindings(t, e.findings, []string{repeatBounded})
	if e.findings[0].Exchange != 3 || e.findings[0].Verdict != result.Warn {
		t.Errorf("%+v", e.findings)
	}
}

func TestWaitsOfABusyServer(t *testing.T) {
	const unit = time.Millisecond
	for _, row := range []struct {
		name  string
		waits []time.Duration
		least time.Duration
		want  []string
	}{
		{"once at once", []time.Duration{0}, 0, nil},
		{"a short first wait", []time.Duration{unit, 20 * unit}, 0, nil},
		{"a jittered beginning", []time.Duration{20 * unit, 4 * unit, 90 * unit}, 0, nil},
		{"twice at once", []time.Duration{unit, unit}, 0, []string{repeatBackoff}},
		{"three times within 30 ms", []time.Duration{9 * unit, 9 * unit, 9 * unit}, 0, []string{repeatBackoff}},
		{"four times within 60 ms", []time.Duration{10 * unit, 10 * unit, 11 * unit, 10 * unit}, 0, []string{repeatBackoff}},
		{"four times in 60 ms", []time.Duration{15 * unit, 15 * unit, 15 * unit, 15 * unit}, 0, nil},
		{"a burst behind waits", []time.Duration{100 * unit, 200 * unit, unit, unit}, 0, []string{repeatBackoff}},
		{"as long as the scenario says", []time.Duration{100 * unit, 100 * unit}, 100 * unit, nil},
		{"shorter than the scenario says", []time.Duration{99 * unit}, 100 * unit, []string{repeatBackoff}},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := &evaluation{rules: rules, scenario: &scenario.Scenario{AtMost: 9, Steps: []scenario.Step{{}}, Wait: row.least}}
			e.checkRepeats(busy(row.waits...))
			wantFindings(t, e.findings, row.want)
		})
	}
}

// TestTheRuleOfBurstsIsWritten compares the numbers of the catalogue with those
// that are tested by.
func TestTheRuleOfBurstsIsWritten(t *testing.T) {
	requirement, _ := method.ClientRequirement(repeatBackoff)
	inWords := map[int]string{2: "two waits in a row whose sum is", 3: "three", 4: "four"}
	for _, one := range bursts {
		if want := fmt.Sprintf("%s below %d ms", inWords[one.repeats], one.waits.Milliseconds()); inWords[one.repeats] == "" || !strings.Contains(requirement.Note, want) {
			t.Errorf("the note does not say %q: %s", want, requirement.Note)
		}
	}
	if count := strings.Count(requirement.Note, " below "); count != len(bursts) {
		t.Errorf("the note has %d bursts, and the check %d", count, len(bursts))
	}
}

func TestWhatAClientReports(t *testing.T) {
	success := responded(200, "", nil)
	success.body = []byte(`{"archiveJobId":"new"}`)
	more := success
	more.body = []byte(`{"archiveJobId":"new","more":1}`)
	none := success
	none.body = []byte(`{}`)
	cut := success
	cut.delivery = truncated
	refused := responded(404, "NOT_FOUND", nil)
	page := responded(404, "", nil)
	moved := responded(307, "", nil)
	ok := func(id string) view { one := succeeded(method, "old", id); return view{outcome: &one} }
	broken := func(e result.ClientError) view { one := failed("old", e); return view{outcome: &one} }
	right := result.ClientError{Code: 404, Status: "NOT_FOUND", Message: "the server says: m"}
	for _, row := range []struct {
		name     string
		response response
		seen     view
		want     []string
		skips    []string
	}{
		{"the id", success, ok("new"), nil, nil},
		{"the old id", success, ok("old"), []string{outcomeNewID}, nil},
		{"no id", success, ok(""), []string{outcomeNewID}, nil},
		{"an error for a success", success, broken(result.ClientError{Message: "x"}), []string{outcomeNewID}, nil},
		{"an exit for a success", success, view{failedByExit: true}, []string{outcomeNewID}, nil},
		{"an exit for more", more, view{failedByExit: true}, []string{outcomeUnknownFields}, []string{outcomeNewID}},
		{"nothing", success, view{}, nil, []string{outcomeNewID}},
		{"exit 0 alone", success, view{succeededByExit: true}, nil, []string{outcomeNewID}},
		{"the id beside more", more, ok("new"), nil, nil},
		{"an error for more", more, broken(result.ClientError{Message: "x"}), []string{outcomeUnknownFields}, nil},
		{"nothing of more", more, view{}, nil, []string{outcomeNewID, outcomeUnknownFields}},
		{"no id of none", none, ok(""), nil, nil},
		{"an error of none", none, broken(result.ClientError{Message: "x"}), nil, nil},
		{"an id of none", none, ok("old"), []string{outcomeNoInventedID}, nil},
		{"nothing of none", none, view{}, nil, []string{outcomeNoInventedID}},
		{"an error of a cut response", cut, broken(result.ClientError{Message: "x"}), nil, nil},
		{"an exit of a cut response", cut, view{failedByExit: true}, nil, nil},
		{"a success of a cut response", cut, ok("new"), []string{outcomeIncomplete}, nil},
		{"exit 0 of a cut response", cut, view{succeededByExit: true}, []string{outcomeIncomplete}, nil},
		{"nothing of a cut response", cut, view{}, nil, []string{outcomeIncomplete}},
		{"the error", refused, broken(right), nil, nil},
		{"a success for an error", refused, ok(""), []string{outcomeError}, nil},
		{"exit 0 for an error", refused, view{succeededByExit: true}, []string{outcomeError}, nil},
		{"an exit for an error", refused, view{failedByExit: true}, nil, []string{outcomeCode, outcomeStatus, outcomeMessage}},
		{"nothing of an error", refused, view{}, nil, []string{outcomeError, outcomeCode, outcomeStatus, outcomeMessage}},
		{"another code", refused, broken(result.ClientError{Code: 500, Status: "NOT_FOUND", Message: "m"}), []string{outcomeCode}, nil},
		{"no status", refused, broken(result.ClientError{Code: 404, Message: "m"}), []string{outcomeStatus}, nil},
		{"an own message", refused, broken(result.ClientError{Code: 404, Status: "NOT_FOUND", Message: "oh"}), []string{outcomeMessage}, nil},
		{"the code of a page", page, broken(result.ClientError{Code: 404}), nil, nil},
		{"an error for a redirect", moved, broken(result.ClientError{Message: "x"}), nil, nil},
		{"a success for a redirect", moved, ok("x"), []string{outcomeError}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := &evaluation{rules: rules}
			e.checkOutcome(requestWith(func(a *request) { a.response = row.response }), row.seen)
			wantFindings(t, e.findings, row.want)
			var skips []string
			for _, one := range e.untested {
				skips = append(skips, one.Requirement)
				if slices.Contains(e.tested, one.Requirement) && len(row.want) == 0 {
					t.Errorf("%s is tested and skipped", one.Requirement)
				}
			}
			if !slices.Equal(skips, row.skips) {
				t.Errorf("skipped %v, want %v", skips, row.skips)
			}
		})
	}
}

// TestTheLevelSaysWhatFails: a MUST and what the scenario demands fail where
// they are as strong as the level, and everything does with inferred. Without a
// level it is platform, and the scenario's demands of any level.
func TestTheLevelSaysWhatFails(t *testing.T) {
	refused := &scenario.Scenario{Name: "mine", Must: []string{outcomeError, outcomeCode, repeatBackoff}}
	for _, row := range []struct {
		id      string
		about   *scenario.Scenario
		failing []spec.Level
	}{
		{pathMethod, nil, []spec.Level{"", spec.Documented, spec.Platform, spec.Inferred}},
		{outcomeError, refused, []spec.Level{"", spec.Platform, spec.Inferred}},
		{outcomeError, nil, []spec.Level{"", spec.Platform, spec.Inferred}},
		{repeatBackoff, refused, []spec.Level{"", spec.Platform, spec.Inferred}},
		{repeatBackoff, nil, []spec.Level{spec.Inferred}},
		{outcomeCode, refused, []spec.Level{"", spec.Inferred}},
		{outcomeCode, nil, []spec.Level{spec.Inferred}},
	} {
		for _, level := range append(spec.Levels(), "") {
			e := &evaluation{rules: Rules{Method: method, Level: level}, scenario: row.about}
			e.find(row.id, &request{number: 1}, "a", "b")
			want := result.Warn
			if slices.Contains(row.failing, level) {
				want = result.Fail
			}
			if got := e.findings[0]; got.Verdict != want || got.Demanded != (row.about != nil) {
				t.Errorf("%s at the level %q: %s, demanded %v, want %s", row.id, level, got.Verdict, got.Demanded, want)
			}
			requirement, _ := method.ClientRequirement(row.id)
			documented := requirement.Level == spec.Documented
			if needed := e.needed(row.id); needed != (documented || row.about != nil && want == result.Fail) {
				t.Errorf("%s at the level %q: needed %v", row.id, level, needed)
			}
		}
	}
}

// idsOf lists what was found, without repetition.
func idsOf(findings []result.Finding) []string {
	var ids []string
	for _, finding := range findings {
		if !slices.Contains(ids, finding.Requirement) {
			ids = append(ids, finding.Requirement)
		}
	}
	return ids
}

func wantFindings(t *testing.T, findings []result.Finding, want []string) {
	t.Helper()
	if !slices.Equal(idsOf(findings), want) {
		t.Errorf("found %v, want %v", findings, want)
	}
}
