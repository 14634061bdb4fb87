// Package clienttest tests a client of a method inside go test, in the way of
// net/http/httptest. NewServer starts a server that responds as the description
// of the method says; each scenario makes it respond in another way, such as with
// a 503 or a reset connection. What the client sends, whether and when it repeats it, and
// what it returns to its caller is checked against the requirements of the
// description.
package clienttest

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/dpconform/dpconform/internal/clientrun"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/spec"
)

// Server tests the clients that call it.
type Server struct {
	// URL is where the server is, without a slash at its end.
	URL string
	// Job is the id of a job that the method accepts, for a test that needs no
	// scenario.
	Job string
	// Token and FreshToken are right; the fresh one is for after a 401.
	Token      string
	FreshToken string

	site      *clientrun.Site
	rules     clientrun.Rules
	scenarios []*scenario.Scenario
	calls     atomic.Int64
}

// Call is one call of a scenario, which the test makes through its client, once.
type Call struct {
	// URL is where the call goes, Job the id that it names.
	URL string
	Job string
	// WarmJob is the job of a first call that the test makes through the client, where
	// the scenario is about a connection that is used again; empty elsewhere.
	WarmJob string
	// Token and FreshToken are right; the fresh one is for after a 401.
	Token      string
	FreshToken string
	// Client trusts the certificate of the scenario that has one; any client will
	// do for the others.
	Client *http.Client

	call *clientrun.Call
}

// Error is an error as a client shows it to its caller. Members that it does not
// show are left zero.
type Error struct {
	// Code is the HTTP status, Status the name of a google.rpc.Code such as
	// NOT_FOUND.
	Code    int
	Status  string
	Message string
}

// NewServer starts a server with the default description and those shipped
// scenarios that make sense for its method. When the test ends, the server does,
// and findings of requests that no scenario is about fail the test.
func NewServer(t testing.TB) *Server {
	t.Helper()
	return NewServerFor(t, spec.MustLoadEmbedded())
}

// NewServerFor is NewServer for the method of another description.
func NewServerFor(t testing.TB, method *spec.Method) *Server {
	t.Helper()
	rules := clientrun.Rules{Method: scenario.Narrow(method)}
	all, err := scenario.Shipped(method)
	if err != nil {
		t.Fatalf("dpconform: %s", err)
	}
	scenarios, _ := scenario.Applicable(method, all)
	secrets := clientrun.NewSecrets()
	server := &Server{Job: "job-of-the-test", Token: secrets.Token, FreshToken: secrets.Fresh, rules: rules, scenarios: scenarios}
	server.site = server.open(t, clientrun.Options{Job: server.Job})
	server.URL = server.site.Endpoint
	t.Cleanup(func() {
		t.Helper()
		server.site.Close()
		for _, call := range server.site.Server.Calls() {
			if call.Plain() {
				show(t, server.rules, rules.EvaluateWire(call))
			}
		}
	})
	return server
}

func (s *Server) open(t testing.TB, options clientrun.Options) *clientrun.Site {
	t.Helper()
	options.Rules, options.Scenarios, options.Tokens = s.rules, s.scenarios, []string{s.Token, s.FreshToken}
	server, err := clientrun.New(options)
	if err != nil {
		t.Fatalf("dpconform: %s", err)
	}
	site, err := clientrun.Serve(server, "127.0.0.1:0")
	if err != nil {
		t.Fatalf("dpconform: %s", err)
	}
	return site
}

// Scenarios lists the names of the scenarios.
func (s *Server) Scenarios() []string { return scenario.Names(s.scenarios) }

// Scenario begins one call of a scenario. When the test ends, a finding fails the
// test, and a warning is logged, as is what could not be tested because the test
// did not report the outcome.
func (s *Server) Scenario(t testing.TB, name string) *Call {
	t.Helper()
	chosen, known := scenario.Find(s.scenarios, name)
	if !known {
		t.Fatalf("dpconform: there is no scenario %q for %s", name, s.rules.Method.Operation.ID)
		return nil
	}
	number := strconv.FormatInt(s.calls.Add(1), 10)
	job := clientrun.JobOf(chosen, number)
	made := &Call{URL: s.URL, Job: job, WarmJob: clientrun.WarmJobOf(chosen, number), Token: s.Token, FreshToken: s.FreshToken, Client: &http.Client{}}
	site := s.site
	if chosen.Secure || chosen.First != nil {
		site = s.open(t, clientrun.Options{Only: chosen, Job: job, WarmJob: made.WarmJob})
		t.Cleanup(site.Close)
		made.URL = site.Endpoint
	}
	if chosen.Secure {
		authorities := x509.NewCertPool()
		authorities.AppendCertsFromPEM(site.Authority)
		made.Client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities}, ForceAttemptHTTP2: true}
	}
	made.call = site.Server.Begin(chosen, job)
	t.Cleanup(func() {
		t.Helper()
		made.Client.CloseIdleConnections()
		made.call.Settle()
		show(t, s.rules, s.rules.Evaluate(made.call))
	})
	return made
}

// Succeeded reports that the client returned the id of a new job. It is empty
// where the method returns none.
func (c *Call) Succeeded(newID string) { c.call.Succeeded(newID) }

// Failed reports that the client returned an error.
func (c *Call) Failed(e Error) { c.call.Failed(result.ClientError(e)) }

// show logs what was found of a call, and fails the test where it fails.
func show(t testing.TB, rules clientrun.Rules, found clientrun.Result) {
	t.Helper()
	check := found.Check
	for _, finding := range check.Findings {
		if finding.Verdict == result.Fail {
			t.Errorf("%s: %s", check.ID, rules.Explain(finding))
		} else {
			t.Logf("%s: warning: %s", check.ID, rules.Explain(finding))
		}
	}
	for _, one := range check.Call.Untested {
		t.Logf("%s: %s was not tested: %s; call Succeeded or Failed", check.ID, one.Requirement, one.Reason)
	}
	if check.Reason != "" {
		t.Logf("%s: %s", check.ID, check.Reason)
	}
}
