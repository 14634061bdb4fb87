package report

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// secret begins every token of these tests. No report may show it.
const secret = "s3cr3t-t0ken"

var contract = spec.MustLoadEmbedded()

// echo is a server that repeats the token of each request wherever it can.
func echo(w http.ResponseWriter, r *http.Request) {
	authorization := r.Header.Get("Authorization")
	token := strings.TrimPrefix(authorization, "Bearer ")
	w.Header().Set("WWW-Authenticate", fmt.Sprintf("Bearer error_description=%q", token))
	w.Header().Set("X-Echo", authorization)
	w.Header().Set("Set-Cookie", "session="+token)
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasPrefix(r.URL.Path, "/text"):
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "the token "+token+" may not")
	case strings.HasPrefix(r.URL.Path, "/cut"):
		w.Header().Set("Content-Length", "999")
		_, _ = io.WriteString(w, `{"token": "`+token)
	case strings.HasPrefix(r.URL.Path, "/big"):
		_, _ = io.WriteString(w, strings.Repeat("x", longestBody-8)+token+strings.Repeat("ä", longestBody))
	case strings.HasPrefix(r.URL.Path, "/binary"):
		_, _ = w.Write([]byte{0, 1, 0xff, 0xfe, 0x1b, '[', '3', '1', 'm', '<', '&', '\u2028' & 0xff})
	default:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"error": {"code": 401, "message": "no such token: %s", "status": "UNAUTHENTICATED"}}`, token)
	}
}

// scenario is a run in the making: a server, and results by hand.
type scenario struct {
	t       testing.TB
	judged  *target.Target
	results []suites.Result
}

func newScenario(t testing.TB) *scenario {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(server.Close)
	judged, err := target.New(target.Config{
		Endpoint: server.URL, Credentials: target.TokenTemplate{Text: secret + ":{short}", Join: "+"}, Limit: time.Minute,
		Jobs: map[string][]string{"FAILED": {"a", "b"}, "COMPLETE": {"c"}}, Loopback: true, UserAgent: "dpconform/test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return &scenario{t: t, judged: judged}
}

// send sends a request with a token of the first scope.
func (s *scenario) send(method, path, body string) *target.Exchange {
	s.t.Helper()
	credential, _ := s.judged.Credential("token for "+contract.Scopes[0].Short(), contract.Scopes[0].Name)
	return s.judged.Send(context.Background(), "path/example", target.Request{
		Purpose: "an example", Method: method, Path: path, Body: []byte(body), Credential: credential,
		Header: http.Header{"Content-Type": {"application/json"}},
	})
}

// requirementOf gives the first requirement of an aspect.
func requirementOf(aspect string) spec.Requirement {
	for _, requirement := range contract.Requirements {
		if requirement.Aspect() == aspect {
			return requirement
		}
	}
	panic("no requirement of " + aspect)
}

// add keeps the result of a check that judges the first requirement of its
// aspect.
func (s *scenario) add(id string, verdict result.Verdict, reason, flag string, findings ...suites.Finding) {
	aspect, _, _ := strings.Cut(id, "/")
	result := suites.Result{
		Check: suites.Check{ID: id, Aspect: aspect, Title: "the title of " + id, Sends: "what " + id + " sends",
			Requirements: []string{requirementOf(aspect).ID}},
		Verdict: verdict, Reason: reason, Flag: flag, Findings: findings, Took: 1500 * time.Microsecond,
	}
	for _, finding := range findings {
		if finding.Exchange != nil {
			result.Exchanges = append(result.Exchanges, finding.Exchange)
		}
	}
	s.results = append(s.results, result)
}

// finding makes a finding about the first requirement of an aspect.
func finding(aspect string, verdict result.Verdict, exchange *target.Exchange, want, got string) suites.Finding {
	return suites.Finding{Requirement: requirementOf(aspect), Verdict: verdict, Want: want, Got: got, Exchange: exchange, Count: 1}
}

// run ends the run: each requirement gets the verdict of its last check.
func (s *scenario) run(exit int) Run {
	outcome := suites.Outcome{Results: s.results, Exit: exit}
	for _, requirement := range contract.Requirements {
		rolled := suites.RequirementResult{Requirement: requirement}
		for _, result := range s.results {
			if result.Check.Requirements[0] == requirement.ID {
				rolled.Verdict, rolled.Reason = result.Verdict, result.Reason
				rolled.Checks = append(rolled.Checks, result.Check.ID)
				rolled.Findings = append(rolled.Findings, result.Findings...)
			}
		}
		if len(rolled.Checks) > 0 {
			outcome.Requirements = append(outcome.Requirements, rolled)
		}
	}
	return Run{
		Version: "1.2.3-test", Started: time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.FixedZone("east", 3600)), Took: 1234 * time.Millisecond,
		Contract: contract, Target: s.judged, Source: "network", Level: spec.Platform, Seed: 7, Outcome: outcome,
		Selection: suites.Selection{Focus: []string{"path"}, LabelFilter: "path && documented"},
	}
}

func conforming(t testing.TB) Run {
	s := newScenario(t)
	s.send("POST", "/v1/a:retry", "")
	s.add("path/example", result.Pass, "", "")
	s.add("body/example", result.Pass, "", "")
	return s.run(result.ExitConforms)
}

// failing is a run with every verdict, and with tokens in what was found.
func failing(t testing.TB) Run {
	s := newScenario(t)
	refused, cut := s.send("POST", "/v1/a:retry", "{}"), s.send("GET", "/cut", "")
	s.send("POST", "/text", "it's")
	s.send("POST", "/binary", strings.Repeat("x", longestArgument+1))
	token := secret + ":" + contract.Scopes[0].Short()
	many := finding("path", result.Warn, nil, "no token", token+" in it")
	many.Count = 3
	s.add("path/example", result.Fail, "", "",
		finding("path", result.Fail, refused, "404 or 403", "401, and the token "+token), many)
	s.add("path/other", result.Pass, "", "")
	s.add("body/example", result.Warn, "", "", finding("body", result.Warn, cut, "a whole body", cut.Fault.Detail))
	s.add("semantics/example", result.Skip, "no job in state CANCELLED was given", "--job CANCELLED=ID")
	s.add("errors/example", result.Error, "the proxy is away", "")
	return s.run(result.ExitFails)
}

func skipping(t testing.TB) Run {
	s := newScenario(t)
	s.send("POST", "/v1/a:retry", "")
	s.add("authorization/example", result.Skip, "no token for "+contract.Scopes[0].Short()+" was given", "--token SCOPE=VALUE")
	s.add("authorization/other", result.Skip, "no token for "+contract.Scopes[0].Short()+" was given", "--token SCOPE=VALUE")
	s.add("body/example", result.Pass, "", "")
	return s.run(result.ExitInconclusive)
}

func unreachable(t testing.TB) Run {
	s := newScenario(t)
	s.send("POST", "/v1/a:retry", "")
	s.add("path/example", result.Error, "connection refused", "")
	return s.run(result.ExitUnreachable)
}

// everyRun gives a run for each exit code that a run has.
func everyRun(t testing.TB) map[string]Run {
	return map[string]Run{"conforming": conforming(t), "failing": failing(t), "skipping": skipping(t), "unreachable": unreachable(t)}
}

// written gives what a function writes.
func written(t testing.TB, report Report, write func(io.Writer, Report) error) string {
	t.Helper()
	var text strings.Builder
	if err := write(&text, report); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
