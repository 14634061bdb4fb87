package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/dpconform/dpconform/spec"
)

// TestAnyRequestIsAnsweredByTheDescription sends requests of which every part
// may be right or not: the server that conforms never fails, never starts a job
// that it must not, and says every refusal as the platform's standard demands.
func TestAnyRequestIsAnsweredByTheDescription(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		server := newGenerated(t, oddJobs())
		for _, sent := range rapid.SliceOfN(anyRequest(), 1, 4).Draw(t, "requests") {
			if answer := sent.send(server); answer != nil {
				if problem := problemOf(server, sent, answer); problem != "" {
					t.Fatalf("%s\nto %s\nthe server answered %d %q\n%s", problem, sent, answer.Code, answer.Header(), answer.Body)
				}
			}
		}
		for state, ids := range oddJobs() {
			for _, id := range ids {
				if now := readState(server, id); now != state {
					t.Fatalf("job %q was %s before the requests and is %q after them", id, state, now)
				}
			}
		}
	})
}

// TestARightRequestIsGranted sends what a server must take, in any of the ways
// that it can be written: the job is found however its id is escaped.
func TestARightRequestIsGranted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfNDistinct(anyID(), 2, 4, rapid.ID).Draw(t, "ids")
		refused := rapid.SampledFrom(shipped().RefusedStates()).Draw(t, "state of the first job")
		retryable := rapid.SampledFrom(shipped().RetryableStates).Draw(t, "state of the others")
		server := newGenerated(t, map[string][]string{refused: ids[:1], retryable: ids[1:]})

		seen := slices.Clone(ids)
		for _, id := range ids[1:] {
			for range 2 {
				sent := rightRequest(t, id)
				answer := sent.send(server)
				if answer == nil || answer.Code != shipped().Retry.Success {
					t.Fatalf("job %q, %s, is not retried by %s:\n%s", id, retryable, sent, shown(answer))
				}
				if problem := problemOf(server, sent, answer); problem != "" {
					t.Fatalf("%s\nto %s\nthe server answered %s", problem, sent, shown(answer))
				}
				started := memberOf(answer.Body.Bytes(), shipped().IDField)
				if slices.Contains(seen, started) {
					t.Fatalf("the new job's id %q is not new: %q", started, seen)
				}
				seen = append(seen, started)
			}
		}
		sent := rightRequest(t, ids[0])
		answer := sent.send(server)
		if answer == nil || memberOf(answer.Body.Bytes(), errorField, statusField) != codeFailedPrecondition {
			t.Fatalf("job %q, %s, is not refused as such to %s:\n%s", ids[0], refused, sent, shown(answer))
		}
	})
}

func newGenerated(t *rapid.T, jobs map[string][]string) *Server {
	server, err := New(shipped(), Options{Jobs: jobs, Clock: noon})
	if err != nil {
		t.Fatalf("a server with the jobs %q: %v", jobs, err)
	}
	return server
}

func shown(answer *answered) string {
	if answer == nil {
		return "it is no HTTP request"
	}
	return fmt.Sprintf("%d %q\n%s", answer.Code, answer.Header(), answer.Body)
}

// problemOf says what is wrong with an answer, or is empty.
func problemOf(server *Server, sent generated, answer *answered) string {
	header := answer.Header()
	operation, segment, found := reached(answer.request.URL.EscapedPath())
	length, err := strconv.Atoi(header.Get("Content-Length"))
	switch {
	case answer.Code < http.StatusOK || answer.Code >= http.StatusInternalServerError:
		return "the status is no answer of a server that works"
	case err != nil || sent.method != http.MethodHead && length != answer.Body.Len():
		return "the length is not that of the body"
	case header.Get("Date") != noon().Format(http.TimeFormat):
		return "the date is not the clock's"
	case !utf8.Valid(answer.Body.Bytes()):
		return "the body is no UTF-8"
	case !found:
		return pageProblem(answer, http.StatusNotFound)
	case operation.Method != sent.method:
		if header.Get("Allow") != operation.Method {
			return "another HTTP method is not answered with the allowed one"
		}
		return pageProblem(answer, http.StatusMethodNotAllowed)
	case header.Get("Content-Type") != operation.MediaType+jsonParameter:
		return "the method does not answer in its media type"
	case answer.Code == operation.Success:
		return successProblem(server, operation, segment, sent, answer)
	}
	return refusalProblem(sent, answer)
}

// pageProblem says what is wrong with a page of the front end.
func pageProblem(answer *answered, status int) string {
	if answer.Code != status || !strings.HasPrefix(answer.Header().Get("Content-Type"), "text/html") {
		return fmt.Sprintf("the front end does not answer with a page and %d", status)
	}
	return ""
}

// successProblem says what is wrong with a good answer, or why there should
// be none.
func successProblem(server *Server, operation spec.Operation, segment string, sent generated, answer *answered) string {
	body := answer.Body.Bytes()
	if problems := append(operation.Answer.Violations(body), operation.Answer.Undocumented(body)...); len(problems) > 0 {
		return "the answer is not what the description says: " + strings.Join(problems, "; ")
	}
	if sent.credential != rightToken || !sent.parametersKnown {
		return "the answer is good and the token or the query is not"
	}
	if operation.ID != shipped().Retry.ID {
		return ""
	}
	id, err := url.PathUnescape(segment)
	started := memberOf(body, shipped().IDField)
	switch {
	case !sent.emptyMessage || len(sent.body) > 0 && !sent.mediaTypeTaken && !emptiedByDecoding(sent):
		return "a job was started for a body that is no empty message"
	case err != nil || !isRetryable(readState(server, id)):
		return fmt.Sprintf("a job was started from %q, which is %q", id, readState(server, id))
	case started == id || !shipped().IDPattern.MatchString(started):
		return fmt.Sprintf("the new job's id is %q", started)
	case isRetryable(readState(server, started)) || !slices.Contains(shipped().States, readState(server, started)):
		return fmt.Sprintf("the new job is %q", readState(server, started))
	}
	return ""
}

func isRetryable(state string) bool { return slices.Contains(shipped().RetryableStates, state) }

// emptiedByDecoding reports whether nothing is left of a body once it is
// decompressed: what it is named does not matter then.
func emptiedByDecoding(sent generated) bool { return slices.Equal(sent.body, gzipped(nil)) }

// refusalProblem says what is wrong with a refusal of the method (AIP-193).
func refusalProblem(sent generated, answer *answered) string {
	var body errorBody
	if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil {
		return "the refusal is no error object: " + err.Error()
	}
	infos := 0
	for _, detail := range body.Error.Details {
		if detail.Type == "" {
			return "a detail has no type"
		}
		if detail.Type == errorInfoType && detail.Reason != "" && detail.Domain != "" {
			infos++
		}
	}
	mapped, known := shipped().CodeStatus[body.Error.Status]
	// No code maps to these.
	unmapped := answer.Code == http.StatusRequestEntityTooLarge || answer.Code == http.StatusUnsupportedMediaType
	unauthorized := answer.Code == http.StatusUnauthorized || answer.Code == http.StatusForbidden
	switch {
	case answer.Code < http.StatusBadRequest:
		return "the answer is neither the good one nor a refusal"
	case body.Error.Code != answer.Code:
		return "error.code is not the HTTP status"
	case !known || mapped != answer.Code && !unmapped:
		return "error.status does not map to the HTTP status"
	case body.Error.Message == "":
		return "there is no message"
	case infos != 1:
		return fmt.Sprintf("%d ErrorInfo, want one", infos)
	case answer.Code == http.StatusUnauthorized && answer.Header().Get(challengeHeader) == "":
		return "401 comes without a challenge"
	case unauthorized != (sent.credential != rightToken):
		return "the token is not judged by its scopes"
	}
	return ""
}

// memberOf gives the text at a place in a JSON object, or an empty one.
func memberOf(body []byte, path ...string) string {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return ""
	}
	for _, name := range path {
		members, _ := value.(map[string]any)
		value = members[name]
	}
	text, _ := value.(string)
	return text
}

// readState gives the state of a job as the server tells it; empty for none.
func readState(server *Server, id string) string {
	sent := generated{
		method: shipped().ReadState.Method, path: shipped().ReadState.Path.Expand(id), framing: withoutBody,
		header: []string{"Authorization: " + usualToken},
	}
	answer := sent.send(server)
	if answer == nil {
		return ""
	}
	return memberOf(answer.Body.Bytes(), shipped().StateField)
}
