package suites

import (
	"errors"
	"io"
	"net/http"
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
