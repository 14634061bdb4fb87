package suites

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// reply makes a response from outside.
func reply(status int, body string, header ...string) *http.Response {
	made := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(header); i += 2 {
		made.Header.Set(header[i], header[i+1])
	}
	return made
}

const goodError = `{"error": {"code": 404, "status": "NOT_FOUND", "message": "no such job",
	"details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "NONE"}]}}`

// errorWith is goodError with another text in place of one of its texts.
func errorWith(old, replacement string) string {
	return strings.Replace(goodError, old, replacement, 1)
}

func TestMatchers(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	unknownJob, _ := method.Requirement("semantics.unknown-job")
	status, body, challenge := result.InStatus, result.InBody, result.InHeader("WWW-Authenticate")
	contentType, id, state := result.InHeader("Content-Type"), result.InMember(method.IDField), result.InMember(method.StateField)
	const page, bearer = "<html>", `Bearer realm="x", error="invalid_token"`
	for name, test := range map[string]struct {
		matcher  types.GomegaMatcher
		response *http.Response
		ok       bool
		want     string
		got      string
		place    result.Place
	}{
		"allowed":                     {Meet(unknownJob), reply(404, goodError), true, "404 or 403 with error.status NOT_FOUND or PERMISSION_DENIED", "404 NOT_FOUND", status},
		"another status":              {Meet(unknownJob), reply(400, goodError), false, "404 or 403 with", "400 NOT_FOUND", status},
		"another code":                {Meet(unknownJob), reply(404, errorWith("NOT_FOUND", "ABORTED")), false, "404 or 403 with", "404 ABORTED", status},
		"a page":                      {Meet(unknownJob), reply(404, page, "Content-Type", "text/html"), false, "404", "404 with an HTML page and no error.status", status},
		"no body":                     {Meet(unknownJob), reply(404, " "), false, "404", "404 with an empty body and no error.status", status},
		"any response is allowed":     {meet(spec.Requirement{}), reply(500, ""), true, "any response", "500 with an empty body and no error.status", status},
		"refused":                     {BeRefused(), reply(404, page), true, "a refusal of the request (4xx", "404 with a body that is not JSON and no error.status", status},
		"refused for the token":       {BeRefused(), reply(401, "{}"), false, "a refusal of the request (4xx", "401 with a JSON body and no error.status", status},
		"refused with the code":       {BeRefused("ABORTED", "NOT_FOUND"), reply(404, goodError), true, "4xx with error.status ABORTED or NOT_FOUND", "404 NOT_FOUND", status},
		"refused with 401":            {BeRefused("UNAUTHENTICATED"), reply(401, errorWith("NOT_FOUND", "UNAUTHENTICATED")), true, "4xx", "401 UNAUTHENTICATED", status},
		"refused with another code":   {BeRefused("ABORTED"), reply(404, goodError), false, "4xx with error.status ABORTED", "404 NOT_FOUND", status},
		"a code, but no refusal":      {BeRefused("NOT_FOUND"), reply(500, goodError), false, "4xx", "500 NOT_FOUND", status},
		"no job":                      {HaveNoEffect(), reply(404, goodError), true, "4xx", "404 NOT_FOUND", status},
		"a job":                       {HaveNoEffect(), reply(202, ""), false, "4xx", "202 (success)", status},
		"media type":                  {HaveMediaType("application/json"), reply(200, "{}", "Content-Type", "Application/JSON; charset=UTF-8"), true, "Content-Type application/json in UTF-8", "Content-Type: Application/JSON; charset=UTF-8", contentType},
		"another media type":          {HaveMediaType("application/json"), reply(200, "{}", "Content-Type", "text/html"), false, "Content-Type", "Content-Type: text/html", contentType},
		"another charset":             {HaveMediaType("application/json"), reply(200, "{}", "Content-Type", "application/json; charset=latin1"), false, "Content-Type", "Content-Type: application/json; charset=latin1", contentType},
		"no media type":               {HaveMediaType("application/json"), &http.Response{StatusCode: 200}, false, "Content-Type", "no Content-Type header", contentType},
		"challenge":                   {HaveBearerChallenge(), reply(401, "", "WWW-Authenticate", bearer), true, "a challenge with the scheme Bearer", "WWW-Authenticate: " + bearer, challenge},
		"challenge after another":     {HaveBearerChallenge(), reply(401, "", "WWW-Authenticate", "Basic realm=x, bearer"), true, "a challenge", "WWW-Authenticate: Basic realm=x, bearer", challenge},
		"challenge of another scheme": {HaveBearerChallenge(), reply(401, "", "WWW-Authenticate", `Basic realm="bearer token"`), false, "a challenge", `WWW-Authenticate: Basic realm="bearer token"`, challenge},
		"no challenge":                {HaveBearerChallenge(), reply(401, ""), false, "a challenge", "no WWW-Authenticate header", challenge},
		"challenge with the error":    {HaveBearerChallenge("invalid_token"), reply(401, "", "WWW-Authenticate", bearer), true, `a challenge with the scheme Bearer with error="invalid_token"`, "WWW-Authenticate: " + bearer, challenge},
		"challenge without the error": {HaveBearerChallenge("invalid_token"), reply(401, "", "WWW-Authenticate", "Bearer"), false, `a challenge`, "WWW-Authenticate: Bearer", challenge},
		"schema":                      {MatchResponseSchema(method), reply(200, `{"archiveJobId": "a"}`), true, "a body that matches the schema", "a valid body", body},
		"no id by the schema":         {MatchResponseSchema(method), reply(200, `{}`), false, "a body", "the body: missing property 'archiveJobId'", body},
		"no JSON by the schema":       {MatchResponseSchema(method), reply(200, ``), false, "a body", "the body is empty", body},
		"id":                          {HaveJobID(method), reply(200, `{"archiveJobId": "a"}`), true, "a job id in archiveJobId that matches ", `archiveJobId "a"`, id},
		"id of two segments":          {HaveJobID(method), reply(200, `{"archiveJobId": "a/b"}`), false, "a job id", `archiveJobId "a/b"`, id},
		"id that is a number":         {HaveJobID(method), reply(200, `{"archiveJobId": [ 1 ]}`), false, "a job id", `archiveJobId [1]`, id},
		"no id":                       {HaveJobID(method), reply(200, `{}`), false, "a job id", `no archiveJobId in a JSON body`, id},
		"state":                       {HaveState(method, "FAILED", "COMPLETE"), reply(200, `{"state": "COMPLETE"}`), true, "the state FAILED or COMPLETE", `state "COMPLETE"`, state},
		"another state":               {HaveState(method, "FAILED"), reply(200, `{"state": "COMPLETE"}`), false, "the state FAILED", `state "COMPLETE"`, state},
		"any state":                   {HaveState(method), reply(200, `{"state": "x"}`), true, "the name of a state in state", `state "x"`, state},
		"no state":                    {HaveState(method), reply(200, `[]`), false, "the name of a state in state", `no state in a JSON body`, state},
		"a refusal with a state":      {HaveState(method), reply(404, `{"state": "x"}`), false, "the name of a state in state", "404 with a JSON body and no error.status", status},
		"one value":                   {BeOneJSONValue(), reply(200, " [1] \n"), true, "one JSON value in UTF-8", "one JSON value", body},
		"two values":                  {BeOneJSONValue(), reply(200, "{}[]"), false, "one JSON value", "2 bytes after the JSON value", body},
		"half a value":                {BeOneJSONValue(), reply(200, `{"a`), false, "one JSON value", "no JSON: unexpected EOF", body},
		"no value":                    {BeOneJSONValue(), reply(200, ""), false, "one JSON value", "an empty body", body},
		"not UTF-8":                   {BeOneJSONValue(), reply(200, "\"\xff\""), false, "one JSON value", "bytes that are not UTF-8", body},
		"error model":                 {MatchErrorModel(method), reply(404, goodError), true, "an error as AIP-193 describes it", "404 NOT_FOUND", body},
		"no error object":             {MatchErrorModel(method), reply(404, `{"error": "x"}`), false, "an error", "404 with a JSON body and no error object, instead of a JSON body with an error object", body},
		"no JSON media type":          {MatchErrorModel(method), reply(404, goodError, "Content-Type", "text/plain"), false, "an error", "Content-Type: text/plain, instead of Content-Type application/json in UTF-8", contentType},
		"another error.code":          {MatchErrorModel(method), reply(404, errorWith("404", "400")), false, "an error", "error.code 400 in a response with status 404, instead of the HTTP status, as a number, in error.code", result.InMember("error", "code")},
		"error.code as text":          {MatchErrorModel(method), reply(404, errorWith("404", `"404"`)), false, "an error", `error.code "404" in`, result.InMember("error", "code")},
		"error.status for another":    {MatchErrorModel(method), reply(404, errorWith("NOT_FOUND", "ABORTED")), false, "an error", `error.status "ABORTED" in a response with status 404, instead of a google.rpc.Code`, result.InMember("error", "status")},
		"error.status unknown":        {MatchErrorModel(method), reply(404, errorWith("NOT_FOUND", "Not Found")), false, "an error", `error.status "Not Found" in`, result.InMember("error", "status")},
		"no error.message":            {MatchErrorModel(method), reply(404, errorWith("message", "text")), false, "an error", "no error.message, instead of a non-empty string in error.message", result.InMember("error", "message")},
		"blank error.message":         {MatchErrorModel(method), reply(404, errorWith("no such job", " ")), false, "an error", `error.message " "`, result.InMember("error", "message")},
		"details that are no list":    {MatchErrorModel(method), reply(404, `{"error": {"code": 404, "status": "NOT_FOUND", "message": "x", "details": {"a": 1}}}`), false, "an error", `error.details {"a":"dpconform-redacted (number, 1 byte)"}, instead of a list of objects with an @type`, result.InMember("error", "details")},
		"details without type":        {MatchErrorModel(method), reply(404, errorWith("@type", "type")), false, "an error", "error.details[0] {", result.InMember("error", "details", "0")},
		"no ErrorInfo":                {MatchErrorModel(method), reply(404, errorWith("ErrorInfo", "Help")), false, "an error", "no ErrorInfo in error.details, instead of one ErrorInfo in error.details", result.InMember("error", "details")},
		"a status no code maps to":    {MatchErrorModel(method), reply(418, errorWith("404", "418")), true, "an error", "418 NOT_FOUND", body},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read, err := responseOf(test.response)
			if err != nil {
				t.Fatal(err)
			}
			ok, seen := explain(test.matcher, read)
			if ok != test.ok || !strings.HasPrefix(seen.want, test.want) || !strings.HasPrefix(seen.got, test.got) || seen.place != test.place {
				t.Errorf("got %t, want %q, got %q at %q", ok, seen.want, seen.got, seen.place)
			}
			matched, err := test.matcher.Match(test.response)
			if err != nil || matched != test.ok {
				t.Errorf("Match: %t, %v", matched, err)
			}
			if got, want := test.matcher.FailureMessage(test.response), "Unexpected response\n    want: "+seen.want+"\n    got:  "+seen.got; got != want {
				t.Errorf("failure message %q, want %q", got, want)
			}
			if got := test.matcher.NegatedFailureMessage(test.response); !strings.Contains(got, "want: anything but "+seen.want+"\n") {
				t.Errorf("negated failure message %q", got)
			}
		})
	}
}

// TestCombinedMatchers: And, Or and Not have the want and got of what failed in
// them.
func TestCombinedMatchers(t *testing.T) {
	t.Parallel()
	yes, no, refused := BeRefused(), HaveNoEffect(), BeRefused("ABORTED")
	const missing, started = 404, 200
	for name, test := range map[string]struct {
		matcher   types.GomegaMatcher
		status    int
		ok        bool
		want, got string
	}{
		"and":              {gomega.And(yes, no), missing, true, "a refusal of the request (4xx, not 401, 407, 408 or 429) and 4xx", "404 NOT_FOUND"},
		"and, the second":  {gomega.And(yes, refused, no), missing, false, "4xx with error.status ABORTED", "404 NOT_FOUND"},
		"or":               {gomega.Or(refused, yes), missing, true, "a refusal of the request (4xx, not 401, 407, 408 or 429)", "404 NOT_FOUND"},
		"or, none":         {gomega.Or(refused, no), started, false, "4xx with error.status ABORTED or 4xx", "200 (success)"},
		"not":              {gomega.Not(refused), missing, true, "anything but 4xx with error.status ABORTED", "404 NOT_FOUND"},
		"not, matched":     {gomega.Not(no), missing, false, "anything but 4xx", "404 NOT_FOUND"},
		"not and, matched": {gomega.Not(gomega.And(yes, no)), missing, false, "anything but a refusal of the request (4xx, not 401, 407, 408 or 429) and 4xx", "404 NOT_FOUND"},
		"not or, matched":  {gomega.Not(gomega.Or(refused, no)), missing, false, "anything but 4xx", "404 NOT_FOUND"},
		"not not":          {gomega.Not(gomega.Not(refused)), missing, false, "anything but anything but 4xx with error.status ABORTED", "404 NOT_FOUND"},
		"and of or":        {gomega.And(gomega.Or(refused, yes), gomega.Not(yes)), missing, false, "anything but a refusal of the request (4xx, not 401, 407, 408 or 429)", "404 NOT_FOUND"},
	} {
		t.Run(name, func(t *testing.T) {
			response := reply(test.status, goodError)
			read, err := responseOf(response)
			if err != nil {
				t.Fatal(err)
			}
			ok, seen := explain(test.matcher, read)
			if ok != test.ok || !strings.HasPrefix(seen.want, test.want) || seen.got != test.got || seen.place != result.InStatus {
				t.Errorf("got %t, want %q, got %q at %q", ok, seen.want, seen.got, seen.place)
			}
			message := ""
			gomega.NewGomega(func(text string, _ ...int) { message = text }).Expect(response).To(test.matcher)
			if (message == "") != test.ok {
				t.Errorf("Gomega fails with %q", message)
			}
		})
	}
}

type brokenOff struct{ closed bool }

func (*brokenOff) Read([]byte) (int, error) { return 0, errors.New("reset") }
func (b *brokenOff) Close() error           { b.closed = true; return nil }

// TestWhatMatchersRead: a body is read and put back, and what is no response is
// an error and no panic.
func TestWhatMatchersRead(t *testing.T) {
	t.Parallel()
	response, recorder := reply(404, goodError), httptest.NewRecorder()
	recorder.WriteHeader(http.StatusNotFound)
	_, _ = recorder.WriteString(goodError)
	for range 2 {
		for _, actual := range []any{response, recorder} {
			if ok, err := BeRefused("NOT_FOUND").Match(actual); !ok || err != nil {
				t.Errorf("%T: %t, %v", actual, ok, err)
			}
		}
	}
	if left, err := io.ReadAll(response.Body); string(left) != goodError || err != nil || recorder.Body.String() != goodError {
		t.Errorf("left %q and %q, %v", left, recorder.Body, err)
	}

	broken := &brokenOff{}
	large := reply(200, strings.Repeat("x", largestBody+2))
	for want, actual := range map[string]any{
		"there is no response: the *http.Response is nil":             (*http.Response)(nil),
		"there is no response: the *httptest.ResponseRecorder is nil": (*httptest.ResponseRecorder)(nil),
		"expected an *http.Response or":                               nil,
		"got\n    <string>: 404":                                      "404",
		"broke off after 0 bytes: reset":                              &http.Response{StatusCode: 200, Body: broken},
		"the body of the response has more than 4 MiB":                large,
	} {
		ok, err := HaveNoEffect().Match(actual)
		if ok || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%t, %v, want %q", ok, err, want)
		}
		if message := HaveNoEffect().FailureMessage(actual); !strings.Contains(message, want) {
			t.Errorf("failure message %q, want %q", message, want)
		}
	}
	if ok, err := Meet(spec.Requirement{ID: "misspelled"}).Match(reply(200, "")); ok || err == nil || !strings.Contains(err.Error(), `"misspelled" does not say`) {
		t.Errorf("a requirement that allows anything: %t, %v", ok, err)
	}
	if all, err := io.ReadAll(large.Body); len(all) != largestBody+2 || err != nil {
		t.Errorf("%d bytes are left of the large body, %v", len(all), err)
	}
	if large.Body.Close() != nil || !closes(broken) {
		t.Error("the body that was put back does not close the connection's")
	}
}

func closes(broken *brokenOff) bool {
	response := &http.Response{StatusCode: 200, Body: broken}
	_, _ = HaveNoEffect().Match(response)
	_ = response.Body.Close()
	return broken.closed
}

// TestHostileBodies: whatever a server sends, a message is one that a terminal
// can show.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	for _, body := range []string{
		"\x1b[31m", "\xff\xfe", "null", `{"error": null}`, `{"error": []}`, `{"error": {"code": null, "status": 1, "message": [], "details": null}}`,
		`{"error": {"status": "\u001b[31m` + strings.Repeat("x", 5000) + `"}}`, strings.Repeat("[", 20_000), `{"archiveJobId": {"archiveJobId": "\u001b"}}`,
		`{"error": {"details": [null, 1, {"@type": 1}]}}`,
	} {
		for _, matcher := range []types.GomegaMatcher{
			BeRefused("X"), HaveNoEffect(), meet(spec.Requirement{}), HaveMediaType("x/y"), HaveBearerChallenge("x"), MatchResponseSchema(method),
			HaveJobID(method), HaveState(method), HaveState(method, "FAILED"), BeOneJSONValue(), MatchErrorModel(method),
		} {
			response := reply(400, body, "Content-Type", "\x1b", "WWW-Authenticate", "\x80\n")
			if _, err := matcher.Match(response); err != nil {
				t.Error(err)
			}
			for _, message := range []string{matcher.FailureMessage(response), matcher.NegatedFailureMessage(response)} {
				if strings.Contains(message, "\x1b") || !utf8.ValidString(message) || len(message) > 2000 || strings.Count(message, "\n") != 2 {
					t.Errorf("%q: message %q", body, message)
				}
			}
		}
	}
}
