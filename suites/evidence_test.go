package suites

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// always responds to every request alike, without a body to HEAD.
func always(status int, body string) roundTripper {
	return func(request *http.Request) (*http.Response, error) {
		sent := body
		if request.Method == http.MethodHead {
			sent = ""
		}
		return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request, ContentLength: int64(len(sent)),
			Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(sent))}, nil
	}
}

// runOver runs all checks, with all inputs.
func runOver(t *testing.T, transport http.RoundTripper) result.Report {
	t.Helper()
	method := spec.MustLoadEmbedded()
	asked := emulated(t, method, emulator.Options{}, func(config *target.Config, _ http.Handler) { config.Transport = transport })
	return tested(t, method, asked, 1)
}

// findings lists the findings of a run.
func findings(outcome result.Report) (all []result.Finding) {
	for _, check := range outcome.Checks {
		all = append(all, check.Findings...)
	}
	return all
}

func TestNothingPassesWithoutAResponse(t *testing.T) {
	t.Parallel()
	outcome := runOver(t, roundTripper(func(*http.Request) (*http.Response, error) { return nil, io.EOF }))
	for _, check := range outcome.Checks {
		if check.Verdict == result.Pass {
			t.Errorf("%s passes", check.ID)
		}
	}
	for _, requirement := range outcome.Requirements {
		if requirement.Verdict == result.Pass {
			t.Errorf("%s passes", requirement.ID)
		}
	}
}

// TestASkipAsksForNoInputThatWouldNotHelp: all inputs are given.
func TestASkipAsksForNoInputThatWouldNotHelp(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]roundTripper{
		"no response": func(*http.Request) (*http.Response, error) { return nil, io.EOF },
		"no HTTP":     func(*http.Request) (*http.Response, error) { return nil, errors.New("malformed HTTP response \"x\"") },
		"200":         always(200, `{"archiveJobId":"new-1"}`),
		"404":         always(404, `{"error":{"code":404,"status":"NOT_FOUND","message":"x"}}`),
		"500":         always(500, `{}`),
	} {
		for _, check := range runOver(t, transport).Checks {
			if check.Verdict == result.Skip && (check.Flag != "" || !strings.Contains(check.Reason, "fix what failed first")) {
				t.Errorf("%s: %s is skipped: %s", name, check.ID, check.SkipText())
			}
		}
	}
}

// The response to HEAD has no body: RFC 9110, 9.3.2.
func TestAResponseToHEADNeedsNoBody(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 404} {
		for _, finding := range findings(runOver(t, always(status, `{"archiveJobId":"new-1","error":{}}`))) {
			aspect, _, _ := strings.Cut(finding.Requirement, ".")
			if aspect != "path" && strings.Contains(finding.Got, "empty") {
				t.Errorf("%d: %s: got %s", status, finding.Requirement, finding.Got)
			}
		}
	}
}

func TestAServerErrorIsNotWhatIsWanted(t *testing.T) {
	t.Parallel()
	for _, finding := range findings(runOver(t, always(500, `{}`))) {
		if strings.Contains(finding.Want, "500") {
			t.Errorf("%s: want %s", finding.Requirement, finding.Want)
		}
	}
}

// sufficientJobs is how many jobs of the accepted state suffice for all checks of the
// default method, as the guide says.
const sufficientJobs = 17

func TestMissingJobsAreCounted(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	state := method.AcceptedStates[0]
	for _, row := range []struct {
		given  int
		reason string
	}{{0, "none was given"}, {1, "the one given job is used up"}, {2, "all 2 given jobs are used up"}} {
		options := emulator.Options{Jobs: emulator.DefaultJobs(method)}
		options.Jobs[state] = options.Jobs[state][:row.given]
		outcome := tested(t, method, emulated(t, method, options), 1)
		missing := row.given
		for _, check := range outcome.Checks {
			missing += check.MissingJobs
			if check.ID == "semantics/concurrent-jobs" && (!strings.Contains(check.Reason, row.reason) || check.Flag == "") {
				t.Errorf("%d given: %s", row.given, check.SkipText())
			}
		}
		if missing > sufficientJobs || missing < sufficientJobs-3 {
			t.Errorf("%d given: at least %d are needed in all, where %d suffice", row.given, missing, sufficientJobs)
		}
	}
}

// TestSkipsNameEachFieldOfConfigOnce: several flags can stand for one field.
func TestSkipsNameEachFieldOfConfigOnce(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	server := emulated(t, method, emulator.Options{}, func(config *target.Config, _ http.Handler) { config.Credentials, config.Jobs = nil, nil })
	named := false
	for _, check := range tested(t, method, server, 1).Checks {
		said := skipText(check)
		named = named || strings.Contains(said, "Config.Tokens")
		if strings.Contains(said, "Config.Tokens or Config.Tokens") || strings.Contains(said, "--") {
			t.Errorf("%s: %s", check.ID, said)
		}
	}
	if !named {
		t.Error("no skip names Config.Tokens")
	}
}

// TestNothingPassesUnseen: what all responses break keeps the checks of its parts from
// seeing anything.
func TestNothingPassesUnseen(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	for _, test := range []struct {
		see     string
		changes func(request *http.Request, response *http.Response) bool
		body    string
		skipped []string
	}{
		{"errors.json", func(_ *http.Request, response *http.Response) bool { return response.StatusCode >= 400 }, `{"detail":"x"}`,
			[]string{"errors/code", "errors/status", "errors/message", "errors/details", "errors/error-info"}},
		{"response.id-present", startsJob(method), `{"data":{"archiveJobId":"x"}}`, []string{"response/id-bare", "response/id-new", "response/new-job-readable",
			"response/new-job-state", "response/new-job-initial-state", "path/last-character-new", "semantics/concurrent-one-job"}},
		{"response.id-bare", startsJob(method), `{"archiveJobId":"a/b"}`, []string{"response/new-job-readable", "response/new-job-state", "path/last-character-new"}},
		{"response.schema", startsJob(method), `"x"`, []string{"response/documented-fields", "response/unique-names"}},
		{"response.new-job-readable", func(request *http.Request, _ *http.Response) bool { return request.Method == http.MethodGet }, `{}`,
			[]string{"response/new-job-state", "response/new-job-initial-state"}},
		{"errors.json", func(_ *http.Request, response *http.Response) bool {
			response.Header.Set("Content-Type", "text/plain")
			return false
		}, "", []string{"robustness/one-value"}},
	} {
		asked := emulated(t, method, emulator.Options{}, func(config *target.Config, handler http.Handler) {
			config.Transport = rewriting(handler, test.changes, 0, test.body)
		})
		outcome := tested(t, method, asked, 1)
		if broken := verdictsByRequirement(outcome)[test.see]; broken.Verdict != result.Fail {
			t.Errorf("%s: %s", test.see, broken.Verdict)
		}
		for _, check := range outcome.Checks {
			skipped := check.Verdict == result.Skip && strings.HasSuffix(check.Reason, seeFirst(test.see))
			if slices.Contains(test.skipped, check.ID) && !skipped {
				t.Errorf("%s: %s: %s: %s", test.see, check.ID, check.Verdict, check.Reason)
			}
		}
	}
}

// startsJob reports whether a response says that a job was started.
func startsJob(method *spec.Method) func(*http.Request, *http.Response) bool {
	return func(_ *http.Request, response *http.Response) bool { return started(method, response, nil) }
}

// rewriting makes a server whose responses of some kind have another body, with the PATH
// and a TIME in it, and another status unless that is 0.
func rewriting(handler http.Handler, changes func(*http.Request, *http.Response) bool, status int, body string) roundTripper {
	return func(request *http.Request) (*http.Response, error) {
		response, err := inProcess{handler}.RoundTrip(request)
		if err != nil || !changes(request, response) || request.Method == http.MethodHead {
			return response, err
		}
		response.StatusCode = cmp.Or(status, response.StatusCode)
		number := fmt.Sprintf("2026-01-01T00:00:00.%06d", target.PlaceOf(request.Context()).Number)
		sent := strings.NewReplacer("PATH", request.URL.EscapedPath(), "TIME", number).Replace(body)
		response.ContentLength, response.Body = int64(len(sent)), io.NopCloser(strings.NewReader(sent))
		response.Header.Del("Content-Length")
		return response, nil
	}
}

// TestARefusalOfTheJobProvesNothing: without a job that the method accepts, whatever the
// refusal of its state looks like.
func TestARefusalOfTheJobProvesNothing(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	for _, test := range []struct {
		fault  string
		status int
		want   map[string]result.Verdict
	}{
		{"", 400, map[string]result.Verdict{"authorization.required": result.Pass, "path.case": result.Pass, "path.unknown-parameter": result.Pass, "body.unknown-field": result.Pass}},
		{"", 409, map[string]result.Verdict{"authorization.required": result.Pass, "path.case": result.Pass, "path.unknown-parameter": result.Pass, "body.unknown-field": result.Pass}},
		{"verb-case-ignored", 400, map[string]result.Verdict{"path.case": result.Skip, "authorization.required": result.Pass}},
		{"verb-case-ignored", 409, map[string]result.Verdict{"path.case": result.Fail, "authorization.required": result.Pass}},
		{"unknown-parameter-ignored", 400, map[string]result.Verdict{"path.unknown-parameter": result.Skip}},
		{"unknown-field-ignored", 409, map[string]result.Verdict{"body.unknown-field": result.Skip}},
		{"unknown-token-accepted", 0, map[string]result.Verdict{"authorization.required": result.Skip, "authorization.unknown-token": result.Fail}},
		{"any-scope-accepted", 400, map[string]result.Verdict{"authorization.required": result.Skip, "authorization.unrelated-scope": result.Fail}},
		{"any-scope-accepted", 409, map[string]result.Verdict{"authorization.required": result.Skip, "authorization.unrelated-scope": result.Fail}},
	} {
		options := emulator.Options{Fault: test.fault, Jobs: map[string][]string{"COMPLETE": {"complete-1"}}}
		asked := emulated(t, method, options, func(config *target.Config, handler http.Handler) {
			ofState := func(_ *http.Request, response *http.Response) bool {
				body, _ := io.ReadAll(response.Body)
				response.Body = io.NopCloser(bytes.NewReader(body))
				return test.status > 0 && bytes.Contains(body, []byte("FAILED_PRECONDITION"))
			}
			config.Transport = rewriting(handler, ofState, test.status, `{"detail":"not failed","path":"PATH","time":"TIME"}`)
		})
		verdicts := verdictsByRequirement(tested(t, method, asked, 1))
		for id, want := range test.want {
			if got := verdicts[id]; got.Verdict != want {
				t.Errorf("%s %d: %s: %s, want %s: %s", test.fault, test.status, id, got.Verdict, want, got.Reason)
			}
		}
	}
}
