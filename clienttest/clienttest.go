// Package clienttest tests a client of a described method inside go test.
// [NewServer] starts a server, much as [httptest.NewServer] does, and
// [Server.Scenario] begins one test: a scenario makes the server respond in a
// certain way, such as with a 503 or a reset connection.
//
// The requirements of the description apply to what the client sends, to whether and
// when it repeats a call, and to the result that it returns to its caller. A broken
// requirement fails the test.
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
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Server is a server for the clients under test.
type Server struct {
	// URL is the base URL of the server, without a trailing slash.
	URL string
	// Job is the id of a job that the method accepts, for a test without a scenario.
	Job string
	// Token is valid. FreshToken is a second valid token, for use after a 401.
	Token      string
	FreshToken string

	site      *clientrun.Site
	rules     clientrun.Rules
	scenarios []*scenario.Scenario
	calls     atomic.Int64
}

// Call is one call that the test has to make once, through its client, and then
// report with Succeeded or Failed.
type Call struct {
	// URL is the base URL for this call, without a slash at its end.
	URL string
	// Job is the id to call the method for.
	Job string
	// WarmJob is set in scenarios about a connection that is used again: the test
	// first calls the method for this job, through the same client.
	WarmJob string
	// Token is valid for the call. FreshToken is a second valid token, for use after a
	// 401.
	Token      string
	FreshToken string
	// Client trusts the certificate authority of a scenario with TLS, except in
	// untrusted-authority. In scenarios without TLS, any client works.
	Client *http.Client

	call *clientrun.Call
}

// Error is an error as the client presents it to its caller. Leave out what the
// client does not show.
type Error struct {
	// Code is the HTTP status. Status is the name of a google.rpc.Code, such as
	// NOT_FOUND.
	Code    int
	Status  string
	Message string
}

// NewServer starts a server with the default description and the shipped scenarios
// that apply to its method. The server stops when the test ends. Broken requirements
// in requests outside any scenario fail the test.
func NewServer(t testing.TB) *Server {
	t.Helper()
	return NewServerFor(t, spec.MustLoadEmbedded())
}

// NewServerFor is like NewServer, for the method of another description. Without a
// method, it ends the test.
func NewServerFor(t testing.TB, method *spec.Method) *Server {
	t.Helper()
	if method == nil || method.Operation.Method == "" {
		t.Fatal("dpconform: the method is empty: load one with spec.Load")
	}
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

// Scenarios lists the names of the scenarios that apply to the method.
func (s *Server) Scenarios() []string { return scenario.Names(s.scenarios) }

// Scenario begins one call of a scenario. When the test ends, a broken requirement
// fails it and a warning is logged. A test that does not report the outcome of the
// call, and has not failed otherwise, fails: it did not test what the client returns.
func (s *Server) Scenario(t testing.TB, name string) *Call {
	t.Helper()
	if s.site == nil {
		t.Fatal("clienttest: an empty Server: make one with NewServer")
		return nil
	}
	chosen, known := scenario.Find(s.scenarios, name)
	if !known {
		t.Fatalf("dpconform: unknown scenario %q for %s; %s", name, s.rules.Method.Operation.ID, text.DidYouMeanOr(name, s.Scenarios(), "Server.Scenarios lists all"))
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

// Succeeded reports that the client returned the id of a new job; newID is empty if
// the method returns none.
func (c *Call) Succeeded(newID string) { c.begun().Succeeded(newID) }

// Failed reports that the client returned an error.
func (c *Call) Failed(e Error) { c.begun().Failed(result.ClientError(e)) }

// begun panics for a call that belongs to no test: there is none to fail.
func (c *Call) begun() *clientrun.Call {
	if c.call == nil {
		panic("clienttest: an empty Call: make one with Server.Scenario")
	}
	return c.call
}

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
	var untested []string
	for _, one := range check.Call.Untested {
		untested = append(untested, one.Requirement)
	}
	if len(untested) > 0 {
		report := t.Errorf
		if t.Failed() {
			report = t.Logf // It may have ended before it could report anything.
		}
		report("%s: the outcome of the call was not reported: call Succeeded or Failed; not tested: %s", check.ID, text.List(untested, "and"))
	}
	if check.Reason != "" {
		t.Logf("%s: %s", check.ID, check.Reason)
	}
}
