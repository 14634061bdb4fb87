package report

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// hostile is what a server may say to break a page or the log of a CI job.
const hostile = "</code></td></script></style><script>alert(1)</script><img src=x onerror=alert(2)> | `` | ``` \n# heading\n| a | b |\n::error::x\r\n##[error]y %0A %25 \x1b[31m\u202e [x](http://evil.example) <!-- \x00"

func requirement(id string, level spec.Level, statement string) result.Requirement {
	return result.Requirement{Requirement: spec.Requirement{ID: id, Level: level, Statement: statement, Quote: "so *it* is",
		Source: "https://example.com/page#part", Line: 12}, Aspect: strings.Split(id, ".")[1]}
}

// report makes a report of checks, each about the requirement of its aspect; a
// requirement has the verdict of its last check.
func report(exit int, conclusion string, checks ...result.Check) result.Report {
	made := result.Report{
		FormatVersion: result.FormatVersion, Tool: result.Tool{Name: "dpconform", Version: "1.2.3-test"},
		Started: time.Date(2026, 1, 2, 2, 4, 5, 678e6, time.UTC), Milliseconds: 1234, Exit: exit, Conclusion: conclusion,
		Target: result.Target{Endpoint: "http://127.0.0.1:8080", Source: "network", Jobs: map[string]int{"FAILED": 2}},
		Description: result.Description{File: "api/mine.yaml", Digest: "sha256:" + strings.Repeat("a", 64), Title: "An API", Revision: "2026-01-01",
			Scopes: 3, Method: "some.things.retry"},
		Settings:     result.Settings{Level: spec.Platform, Seed: 7, LimitSeconds: 10},
		Counts:       result.Counts{Checks: map[result.Verdict]int{}, Requirements: map[result.Verdict]int{}},
		Requirements: []result.Requirement{}, Checks: checks, Exchanges: []result.Exchange{}, Scopes: []result.Scope{}, States: []result.State{},
	}
	all := []result.Requirement{requirement("x.path.one", spec.Documented, "A path MUST be one."), requirement("x.body.one", spec.Inferred, "A body SHOULD be one."),
		requirement("x.semantics.one", spec.Platform, "It MUST mean one."), requirement("x.errors.one", spec.Documented, "An error MUST be `one`.")}
	for _, one := range all {
		for i := range checks {
			check := &checks[i]
			if check.Aspect != one.Aspect {
				continue
			}
			check.Requirements = []string{one.ID}
			one.Checks, one.Verdict, one.Reason = append(one.Checks, check.ID), check.Verdict, check.Reason
		}
		if one.Verdict != "" {
			made.Requirements = append(made.Requirements, one)
			made.Counts.Requirements[one.Verdict]++
		}
	}
	for i, check := range checks {
		made.Counts.Checks[check.Verdict]++
		number := len(made.Exchanges) + 1
		made.Checks[i].Exchanges = []int{number}
		made.Exchanges = append(made.Exchanges, result.Exchange{Number: number, Check: check.ID, Purpose: "an example", Microseconds: int64(100 * number),
			JobState: "FAILED", Job: "j", Retry: true, OffsetMicroseconds: int64(1000 * number),
			Request: result.Message{Method: "POST", URL: made.Target.Endpoint + "/v1/a:retry", Credential: "token for maps", Header: map[string][]string{"X-A": {"1"}}, Body: "{}", BodyBytes: 2},
			Response: &result.Message{Status: 401, Header: map[string][]string{"Content-Type": {"application/json"}},
				Body: `{"error": {"code": 401}}`, BodyBytes: 24}})
	}
	return made
}

func check(id string, verdict result.Verdict, reason, flag string, findings ...result.Finding) result.Check {
	aspect, _, _ := strings.Cut(id, "/")
	return result.Check{ID: id, Aspect: aspect, Title: "the title of " + id, Sends: "what " + id + " sends", Verdict: verdict, Reason: reason, Flag: flag,
		Findings: findings, Microseconds: 1500}
}

func finding(id string, verdict result.Verdict, exchange int, want, got string) result.Finding {
	made := result.Finding{Requirement: id, Verdict: verdict, Want: want, Got: got, Exchange: exchange, Count: 1}
	if exchange > 0 {
		made.Place, made.Curl = "body /error/code", "curl -i --path-as-is -X POST 'http://127.0.0.1:8080/v1/a:retry'"
	}
	return made
}

func conforming() result.Report {
	return report(result.ExitConforms, "conforms", check("path/example", result.Pass, "", ""), check("body/example", result.Pass, "", ""))
}

// failing has every verdict.
func failing() result.Report {
	many := finding("x.path.one", result.Warn, 0, "no token", "a token")
	many.Count = 3
	made := report(result.ExitFails, "does not conform",
		check("path/other", result.Pass, "", ""),
		check("path/example", result.Fail, "", "", finding("x.path.one", result.Fail, 2, "404 or 403", "401, and more"), many),
		check("body/example", result.Warn, "", "", finding("x.body.one", result.Warn, 3, "a whole body", "it broke off")),
		check("semantics/example", result.Skip, "no job in state CANCELLED was given", "--job CANCELLED=ID"),
		check("errors/example", result.Error, "the proxy is away", ""))
	made.Exchanges[2].Fault = &result.FaultOf{Kind: "truncated", Detail: "the body broke off"}
	made.Exchanges[3].Earlier = []result.Attempt{{Response: &result.Message{Status: 503, Header: map[string][]string{}, Body: "busy", BodyBytes: 4}, Microseconds: 50}}
	made.Scopes = []result.Scope{{Name: "https://x/maps", Short: "maps.all", Family: "maps", Check: "path/example", Verdict: result.Fail}, {Name: "https://x/play", Short: "play.all", Family: "play"}}
	made.States = []result.State{{Name: "FAILED", Retryable: true, Jobs: 2}, {Name: "COMPLETE"}}
	made.NotApplicable = []result.NotApplicable{{Reason: "no security", Checks: []string{"authorization/a", "authorization/b"}, Requirements: []string{"authorization.a"}},
		{Reason: "no 404 response", Checks: []string{"path/c"}}}
	made.Drafts, made.Untested = []string{"x.draft.one", "x.draft.two"}, []string{"x.own.one"}
	return made
}

func skipping() result.Report {
	const reason, flag = "no token for maps was given", "--token SCOPE=VALUE"
	return report(result.ExitInconclusive, "inconclusive: nothing failed, but something documented could not be tested",
		check("path/example", result.Skip, reason, flag), check("path/other", result.Skip, reason, flag), check("body/example", result.Pass, "", ""))
}

func unreachable() result.Report {
	return report(result.ExitUnreachable, "not tested: the target could not be reached", check("path/example", result.Error, "connection refused", ""))
}

// withKnown adds known failures of each state.
func withKnown(made result.Report) result.Report {
	for i, state := range []result.KnownState{result.KnownUsed, result.KnownPassed, result.KnownNotJudged} {
		made.KnownFailures = append(made.KnownFailures, result.KnownFailure{Name: fmt.Sprintf("known.yaml:%d", 3+i), Entry: "check: path/" + string(state),
			File: "known.yaml", Line: 3 + i, Reason: "a proxy", Issue: "https://issues.example/1", Expires: "2027-01-31", Checks: []string{"path/example"}, State: state, NotJudged: "no job"})
	}
	return made
}

// hostileReport is one in which everything that a server or a file may say is
// hostile.
func hostileReport() result.Report {
	made := withKnown(report(result.ExitFails, "does not conform",
		check("path/example", result.Fail, hostile, hostile, finding("x.path.one", result.Fail, 1, hostile, hostile)),
		check("body/example", result.Warn, "", "", finding("x.body.one", result.Warn, 2, hostile, hostile)),
		check("semantics/example", result.Skip, hostile, hostile), check("errors/example", result.Error, hostile, "")))
	made.Checks[0].Findings[0].Place = "header " + hostile
	made.NotApplicable = []result.NotApplicable{{Reason: hostile, Checks: []string{hostile}}}
	made.Untested = []string{hostile}
	for i := range made.Exchanges {
		one := &made.Exchanges[i]
		one.Purpose, one.Request.URL, one.Request.Credential, one.Request.Body = hostile, "http://x/"+hostile, hostile, hostile
		one.Response.Body, one.Response.Header = hostile, map[string][]string{hostile: {hostile}}
		one.Fault = &result.FaultOf{Kind: hostile, Detail: hostile}
	}
	for i := range made.KnownFailures {
		made.KnownFailures[i].Reason, made.KnownFailures[i].Issue = hostile, "javascript:"+hostile
	}
	made.Requirements[0].Statement, made.Requirements[0].Source = hostile, "javascript:"+hostile
	made.Target.Provenance, made.Description.Revision = hostile, hostile
	made.Scopes, made.States = []result.Scope{{Short: hostile, Family: hostile, Reason: hostile}}, []result.State{{Name: hostile}}
	return made
}

// ofClient is the report of a client: no scopes, no states, no server.
func ofClient() result.Report {
	made := failing()
	made.Client = &result.Client{Command: []string{"node", "client.js"}, WireOnly: true}
	made.Target = result.Target{Jobs: map[string]int{}}
	made.Scopes, made.States = []result.Scope{}, []result.State{}
	return made
}

func reports() map[string]result.Report {
	stale := conforming()
	stale.Stale, stale.Exit, stale.Conclusion = "the cassettes are 40 days old", result.ExitFails, "stale: the cassettes are 40 days old"
	return map[string]result.Report{"conforming": conforming(), "failing": failing(), "skipping": skipping(), "unreachable": unreachable(),
		"known": withKnown(failing()), "client": ofClient(), "conditions": calling(result.ExitFails, result.Fail, result.Pass, result.Skip), "stale": stale, "hostile": hostileReport()}
}

// written gives what a function writes.
func written(t testing.TB, from result.Report, write func(io.Writer, result.Report) error) string {
	t.Helper()
	var out strings.Builder
	if err := write(&out, from); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
