package html

import (
	"fmt"
	"slices"
	"time"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// sampleStates are those of the sample reports.
var sampleStates = []report.State{{Name: "IN_PROGRESS", Jobs: 2}, {Name: "COMPLETE"}, {Name: "FAILED", Retryable: true, Jobs: 24}, {Name: "CANCELLED", Jobs: 1}}

// sample is a report of so many checks with two exchanges each, ten checks to a
// requirement, without a finding.
func sample(checks int) report.Report {
	made := report.Report{
		FormatVersion: report.FormatVersion, Tool: report.Tool{Name: "dpconform", Version: "1.2.3"},
		Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Milliseconds: 1234, Conclusion: "conforms",
		Target:      report.Target{Endpoint: "http://127.0.0.1:8080", Source: "network", Jobs: map[string]int{"FAILED": 24}},
		Description: report.Description{File: "spec/some.yaml", Digest: "sha256:0123456789abcdef", Title: "Some API, some.method", Revision: "2026-01-01", Scopes: 66},
		Settings:    report.Settings{Level: spec.Platform, Seed: 1, LimitSeconds: 10},
		States:      slices.Clone(sampleStates),
	}
	for i := range checks {
		made.Checks = append(made.Checks, sampleCheck(i))
		made.Exchanges = append(made.Exchanges, sampleExchange(i, 2*i+1, 200), sampleExchange(i, 2*i+2, 400))
		if i%10 == 0 {
			made.Requirements = append(made.Requirements, sampleRequirement(i/10))
		}
		last := &made.Requirements[len(made.Requirements)-1]
		last.Checks = append(last.Checks, made.Checks[i].ID)
	}
	for i := range 66 {
		made.Scopes = append(made.Scopes, report.Scope{Name: fmt.Sprintf("https://scopes.example/auth/some.family%d.thing%d", i%15, i), Verdict: result.Pass,
			Short: fmt.Sprintf("some.family%d.thing%d", i%15, i), Family: fmt.Sprintf("family%d", i%15), Description: "Move a copy of some things that you made"})
	}
	made.Counts = countsOf(made)
	return made
}

func sampleAspect(i int) string { return suites.Aspects()[i/10%len(suites.Aspects())] }

func sampleRequirement(i int) report.Requirement {
	aspect := sampleAspect(10 * i)
	return report.Requirement{Aspect: aspect, Verdict: result.Pass, Requirement: spec.Requirement{
		ID: fmt.Sprintf("retry.%s.number-%d", aspect, i), Level: spec.Documented, Statement: "A request of this kind MUST be answered as the description says, & not <otherwise>.",
		Quote: "Some sentence that is long enough to be one of a page of reference, with \"quotes\" in it.", Source: "https://pages.example/reference#part"}}
}

func sampleCheck(i int) report.Check {
	aspect := sampleAspect(i)
	return report.Check{ID: fmt.Sprintf("%s/check-%d", aspect, i), Aspect: aspect, Title: "something that is sent, and what comes back", Sends: "a retry of a job that failed, with something in it that should not be there",
		Requirements: []string{fmt.Sprintf("retry.%s.number-%d", aspect, i/10)}, Verdict: result.Pass, Exchanges: []int{2*i + 1, 2*i + 2}, Microseconds: 1500}
}

// sampleExchange has an answer as long as most of the service's refusals are.
func sampleExchange(check, number, status int) report.Exchange {
	body := fmt.Sprintf(`{
  "error": {
    "code": %d,
    "message": "Precondition check failed: the job %d is CANCELLED, and only a failed job is retried.",
    "status": "FAILED_PRECONDITION",
    "details": [
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "JOB_STATE_NOT_RETRYABLE",
        "metadata": {
          "service": "dataportability.googleapis.com"
        }
      }
    ]
  }
}
`, status, number)
	return report.Exchange{
		Number: number, Check: sampleCheck(check).ID, Purpose: fmt.Sprintf("retry cancelled-%d", number), Job: "cancelled-2", JobState: "CANCELLED", Retry: number%2 == 0,
		OffsetMicroseconds: int64(number) * 500, Microseconds: int64(300 + number%40),
		Request: report.Message{Method: "POST", URL: fmt.Sprintf("http://127.0.0.1:8080/v1/archiveJobs/cancelled-%d:retry", number),
			Credential: "token for dataportability.alerts.subscriptions", Header: map[string][]string{"Content-Type": {"application/json"}}, Body: "{}", BodyBytes: 2},
		Response: &report.Message{Status: status, Header: map[string][]string{"Content-Length": {"516"}, "Content-Type": {"application/json; charset=UTF-8"},
			"Date": {"Wed, 25 Nov 2026 03:26:55 GMT"}, "Vary": {"Origin, X-Origin, Referer"}}, Body: body, BodyBytes: len(body)},
	}
}

func countsOf(of report.Report) report.Counts {
	counts := report.Counts{Checks: map[result.Verdict]int{}, Requirements: map[result.Verdict]int{}}
	for _, check := range of.Checks {
		counts.Checks[check.Verdict]++
	}
	for _, requirement := range of.Requirements {
		counts.Requirements[requirement.Verdict]++
	}
	return counts
}
