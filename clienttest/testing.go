package clienttest

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/dpconform/dpconform/spec"
)

// TB is what NewServer needs of a test: a *testing.T, *testing.B or *testing.F.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, arguments ...any)
	Fatalf(format string, arguments ...any)
	Logf(format string, arguments ...any)
}

// TestServer is a judging server for a Go test, in the way of
// net/http/httptest.
type TestServer struct {
	// URL is where the server is, without a slash at its end.
	URL string
	// Job is the id of a job that may be retried, for a test that needs no
	// scenario.
	Job string
	// Token and FreshToken are right; the fresh one is for after a 401.
	Token      string
	FreshToken string

	site      *Site
	rules     Rules
	scenarios []*Scenario
	calls     atomic.Int64
}

// TestCall is one call of a scenario.
type TestCall struct {
	// URL is where the call goes, Job what it retries.
	URL string
	Job string
	// Token and FreshToken are right; the fresh one is for after a 401.
	Token      string
	FreshToken string
	// Client trusts the certificate of the scenario that has one; any client will
	// do for the others.
	Client *http.Client

	call *Call
}

// NewServer starts a server that judges what arrives by the shipped description,
// with the shipped scenarios. When the test ends, the server does, and what was
// found of requests that no scenario is about fails the test.
func NewServer(t TB) *TestServer {
	t.Helper()
	rules := Rules{Contract: spec.MustLoadEmbedded()}
	scenarios, err := Scenarios(rules.Contract)
	if err != nil {
		t.Fatalf("dpconform: %s", err)
	}
	secrets := newSecrets()
	tested := &TestServer{Job: "failed-of-the-test", Token: secrets.token, FreshToken: secrets.fresh, rules: rules, scenarios: scenarios}
	tested.site = tested.open(t, Options{Job: tested.Job}, false)
	tested.URL = tested.site.Endpoint
	t.Cleanup(func() {
		t.Helper()
		tested.site.Close()
		for _, call := range tested.site.Server.Calls() {
			if call.Scenario == nil {
				express(t, rules.judgeCommand(call, nil, judging{wireOnly: true, sharedJob: true}))
			}
		}
	})
	return tested
}

func (s *TestServer) open(t TB, options Options, secure bool) *Site {
	t.Helper()
	options.Rules, options.Scenarios, options.Tokens = s.rules, s.scenarios, []string{s.Token, s.FreshToken}
	server, err := New(options)
	if err != nil {
		t.Fatalf("dpconform: %s", err)
	}
	site, err := Serve(server, "127.0.0.1:0", secure, nil)
	if err != nil {
		t.Fatalf("dpconform: %s", err)
	}
	return site
}

// Scenarios lists the names of the scenarios.
func (s *TestServer) Scenarios() []string {
	names := make([]string, len(s.scenarios))
	for i, scenario := range s.scenarios {
		names[i] = scenario.Name
	}
	return names
}

// Scenario begins one call of a scenario, for the test to make through its
// client, once. When the test ends, the call is judged: a finding fails the test,
// a warning is logged, as is what could not be judged because the test did not
// tell the outcome.
func (s *TestServer) Scenario(t TB, name string) *TestCall {
	t.Helper()
	scenario, known := FindScenario(s.scenarios, name)
	if !known {
		t.Fatalf("dpconform: there is no scenario %q", name)
		return nil
	}
	made := &TestCall{URL: s.URL, Job: JobOf(scenario, fmt.Sprint(s.calls.Add(1))), Token: s.Token, FreshToken: s.FreshToken,
		Client: &http.Client{}}
	site := s.site
	if scenario.Secure {
		site = s.open(t, Options{Only: scenario, Job: made.Job}, true)
		t.Cleanup(site.Close)
		made.URL, made.Client.Transport = site.Endpoint, trusting(site.Authority)
	}
	made.call = site.Server.Begin(scenario, made.Job)
	t.Cleanup(func() {
		t.Helper()
		if transport, is := made.Client.Transport.(*http.Transport); is {
			transport.CloseIdleConnections()
		}
		made.call.settle()
		express(t, s.rules.Judge(made.call))
	})
	return made
}

// trusting makes a transport that trusts an authority.
func trusting(authority []byte) *http.Transport {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
}

// Succeeded tells that the client gave the id of a new job.
func (c *TestCall) Succeeded(newID string) { c.call.Tell(Succeeded(c.Job, newID)) }

// Failed tells that the client gave an error; members that it does not show are
// left zero.
func (c *TestCall) Failed(told ToldError) { c.call.Tell(Failed(c.Job, told)) }

// express says a result in the words of a test.
func express(t TB, result Result) {
	t.Helper()
	for _, finding := range result.Findings {
		if finding.Verdict == Fail {
			t.Errorf("%s: %s", result.Name(), finding.Text())
		} else {
			t.Logf("%s: warning: %s", result.Name(), finding.Text())
		}
	}
	for _, one := range result.Unjudged {
		t.Logf("%s: %s was not judged: %s; call Succeeded or Failed", result.Name(), one.ID, one.Reason)
	}
	if result.Note != "" {
		t.Logf("%s: %s", result.Name(), result.Note)
	}
}
