package diff

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// run is a report in the making.
type run struct{ result.Report }

func newRun() *run {
	return &run{result.Report{
		FormatVersion: result.FormatVersion, Tool: result.Tool{Name: "dpconform", Version: "1.2.3"},
		Started:     time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Target:      result.Target{Endpoint: "http://old.example", Source: "network", Jobs: map[string]int{"FAILED": 2}},
		Description: result.Description{File: "x.yaml", Digest: "sha256:" + strings.Repeat("0", 64), Title: "x", Revision: "2025", Scopes: 1},
		Settings:    result.Settings{Level: spec.Platform, LimitSeconds: 10}, Conclusion: "conforms",
		Counts:       result.Counts{Checks: map[result.Verdict]int{}, Requirements: map[result.Verdict]int{}},
		Requirements: []result.Requirement{}, Checks: []result.Check{}, Exchanges: []result.Exchange{},
	}}
}

// requirement adds one of a level, or gives it another verdict.
func (r *run) requirement(id string, level spec.Level, verdict result.Verdict) *run {
	r.Requirements = append(r.Requirements, result.Requirement{Requirement: spec.Requirement{ID: id, Level: level, Statement: "It MUST be " + id + ".",
		Quote: "quote", Source: "https://example/" + id, Line: 7}, Aspect: "path", Verdict: verdict, Checks: []string{}})
	return r
}

// check adds one that judges a requirement by its own exchanges.
func (r *run) check(id, requirement string, verdict result.Verdict, findings ...result.Finding) *run {
	check := result.Check{ID: id, Aspect: "path", Title: "the title of " + id, Sends: "something", Requirements: []string{requirement}, Verdict: verdict,
		Findings: findings, Exchanges: []int{}}
	for _, exchange := range r.Exchanges {
		if exchange.Check == id {
			check.Exchanges = append(check.Exchanges, exchange.Number)
		}
	}
	r.Checks = append(r.Checks, check)
	return r
}

// response is what a server says in a test.
type response struct {
	status int
	header map[string]string
	body   string
}

// exchange adds one of a check about a job.
func (r *run) exchange(check, purpose, job, credential string, came response) *run {
	header := map[string][]string{"Date": {fmt.Sprint(len(r.Exchanges))}}
	for name, value := range maps.All(came.header) {
		header[name] = []string{value}
	}
	r.Exchanges = append(r.Exchanges, result.Exchange{
		Number: len(r.Exchanges) + 1, Check: check, Purpose: purpose,
		Request: result.Message{Method: "POST", URL: r.Target.Endpoint + "/v1/archiveJobs/" + job + ":retry", Credential: credential,
			Header: map[string][]string{}},
		Response: &result.Message{Status: came.status, Header: header, Body: came.body, BodyBytes: len(came.body)},
	})
	return r
}

// judged is a check with one exchange and one requirement, all with a verdict.
func judgedOnce(verdict result.Verdict, came response) *run {
	r := newRun().requirement("retry.path.one", spec.Documented, verdict)
	r.exchange("path/one", "retry a", "a", "token for x", came)
	var findings []result.Finding
	switch verdict {
	case result.Fail, result.Warn, result.ExpectedFail:
		findings = []result.Finding{{Requirement: "retry.path.one", Verdict: verdict, Want: "400", Got: fmt.Sprint(came.status), Exchange: 1, Count: 1, Curl: "curl it"}}
	}
	return r.check("path/one", "retry.path.one", verdict, findings...)
}

func compare(old, new *run) Comparison {
	return Compare(Source{"old.json", old.Report}, Source{"new.json", new.Report})
}

// refusal is a usual response.
func refusal(status int) response {
	return response{status, map[string]string{"Content-Type": "application/json"}, fmt.Sprintf(`{"error":{"code":%d,"message":"no"}}`, status)}
}

func wantSummary(t *testing.T, comparison Comparison, want string) {
	t.Helper()
	if got := Summary(comparison); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
