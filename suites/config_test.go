package suites

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
)

// TestConfigMistakes: each is one line that names the field and the fix.
func TestConfigMistakes(t *testing.T) {
	t.Parallel()
	const endpoint = "http://127.0.0.1:1"
	for want, config := range map[string]Config{
		"Endpoint is missing":                     {},
		"give one such as http://":                {Endpoint: "127.0.0.1:8080"},
		`the template "scope" has no placeholder`: {Endpoint: endpoint, Tokens: TokenTemplate("scope")},
		`the template "" has no placeholder`:      {Endpoint: endpoint, Tokens: TokenTemplate("")},
		`Jobs: the id "x" is given twice`:         {Endpoint: endpoint, Jobs: map[string][]string{"FAILED": {"x", "x"}}},
		`invalid id "a/b" of state COMPLETE`:      {Endpoint: endpoint, Jobs: map[string][]string{"COMPLETE": {"a/b"}}},
		"Transport or Tokens holds a nil pointer": {Endpoint: endpoint, Transport: (*http.Transport)(nil)},
		`unknown level "strict"`:                  {Endpoint: endpoint, Level: "strict"},
		"must not be negative":                    {Endpoint: endpoint, MaxRequests: -1},
		"nowhere.yaml: no such file or directory": {Endpoint: endpoint, KnownFailures: "nowhere.yaml"},
		`unknown state "DONE"`:                    {Endpoint: endpoint, Jobs: map[string][]string{"DONE": {"x"}}},
		`unknown state "OPEN": jobs of orders.confirm have none: give their ids under ""`: {Endpoint: endpoint, Jobs: map[string][]string{"OPEN": {"x"}}, Method: described(t, noStates...)},
		`invalid id "a/b": want a bare id`:                                                {Endpoint: endpoint, Jobs: map[string][]string{"": {"a/b"}}, Method: described(t, noStates...)},
	} {
		if _, err := newSession(config); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want one line with %q, got %v", want, err)
		}
	}
}

// lines are tokens as a file gives them, with its line break.
type lines struct{}

func (lines) Token(context.Context, ...string) (string, error) { return "secret\n", nil }

// TestUnusableToken: a token that cannot be sent is the mistake of whoever
// supplies it, and no failure of the server.
func TestUnusableToken(t *testing.T) {
	t.Parallel()
	for _, found := range runAll(t, Config{Endpoint: "http://127.0.0.1:1", Transport: unused{t}, Tokens: lines{}}, "authorization/scope/", "body/empty") {
		if found.Verdict != result.Error || !strings.Contains(found.Reason, "has white space in it") || strings.Contains(found.Reason, "secret") {
			t.Errorf("%s: %s %q", found.ID, found.Verdict, found.Reason)
		}
	}
}

// unused is a transport that must not be asked.
type unused struct{ t *testing.T }

func (u unused) RoundTrip(request *http.Request) (*http.Response, error) {
	u.t.Errorf("%s was sent", request.URL)
	return nil, http.ErrServerClosed
}

// TestUnreachableServer: one check says so, the others are skipped.
func TestUnreachableServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	errors := 0
	for _, found := range runAll(t, Config{Endpoint: "http://" + listener.Addr().String()}, "") {
		switch found.Verdict {
		case result.Error:
			errors++
			if !strings.Contains(found.Reason, "cannot be reached") {
				t.Errorf("%s: %q", found.ID, found.Reason)
			}
		case result.Skip:
		default:
			t.Errorf("%s: %s", found.ID, found.Verdict)
		}
	}
	if errors != 1 {
		t.Errorf("%d checks say that the server cannot be reached, want one", errors)
	}
}

// runAll runs the checks whose ids begin with one of the prefixes.
func runAll(t *testing.T, config Config, prefixes ...string) []result.Check {
	t.Helper()
	session, err := newSession(config)
	if err != nil {
		t.Fatal(err)
	}
	var found []result.Check
	for _, check := range session.checks {
		for _, prefix := range prefixes {
			if strings.HasPrefix(check.ID, prefix) {
				found = append(found, session.run(t.Context(), check))
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("no check begins with %q", prefixes)
	}
	return found
}
