//go:build external

package oauthserver

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// TestTokensOfARealServer goes through the life of logins and tokens as a person
// would, against an OAuth server that others wrote.
func TestTokensOfARealServer(t *testing.T) {
	s := startAll(t)
	for _, step := range []struct {
		name string
		run  func(*testing.T, *surroundings)
	}{
		{"a login for all scopes is kept", loginForAll},
		{"a login that is declined keeps nothing", loginDeclined},
		{"the doctor finds a narrowed token for each scope", doctorNarrowed},
		{"a run is judged with narrowed tokens", runNarrowed},
		{"tokens that expire are refreshed", refreshed},
		{"a login without a refresh token lasts as long as its token", loginOnce},
		{"a refresh token of a token file", refreshTokenOfFile},
		{"client credentials", clientCredentials},
		{"a wrong client secret is one line", wrongSecret},
		{"a refresh token that was revoked elsewhere is one line", revokedElsewhere},
		{"a login is revoked", revoked},
	} {
		passed := t.Run(step.name, func(t *testing.T) {
			s.t = t
			step.run(t, s)
		})
		if !passed {
			break
		}
	}
	s.t = t
	s.logins()
	for name, secret := range s.secrets {
		for _, text := range s.printed {
			if strings.Contains(text, secret) {
				t.Errorf("the %s is shown", name)
			}
		}
	}
}

func loginForAll(t *testing.T, s *surroundings) {
	got, page := s.login(newBrowser(t), "--client-id", "person", "--scopes", "*,unrelated")
	if got.exit != 0 || !strings.Contains(got.output, "kept: login 1 of ") || !strings.Contains(page, "Thank you") {
		t.Fatalf("exit %d\n%s%s\n%s", got.exit, got.output, got.complaints, page)
	}
	kept := s.logins()
	if len(kept) != 1 || len(kept[0].Scopes) != len(spec.MustLoadEmbedded().Scopes)+1 || kept[0].RefreshToken == "" {
		t.Errorf("%d logins, %d scopes", len(kept), len(kept[0].Scopes))
	}
	if list := s.call("", "login", "--list"); list.exit != 0 || !strings.Contains(list.output, s.endpoint) || !strings.Contains(list.output, "67 scopes: *,unrelated") {
		t.Errorf("exit %d: %s", list.exit, list.output)
	}
}

func loginDeclined(t *testing.T, s *surroundings) {
	person := newBrowser(t)
	person.declines = true
	got, page := s.login(person, "--client-id", "person", "--scopes", "maps.reviews")
	if got.exit != result.ExitInconclusive || got.complaints != "dpconform: the login was declined in the browser (access_denied)\n" ||
		!strings.Contains(page, "did not succeed") {
		t.Errorf("exit %d: %s\n%s", got.exit, got.complaints, page)
	}
	if kept := s.logins(); len(kept) != 1 {
		t.Errorf("%d logins", len(kept))
	}
}

// findings are what dpconform doctor --json prints.
type findings struct {
	Endpoint struct {
		Reached       bool
		TLS, Protocol string
	}
	Scopes []scopeFinding
	Jobs   []struct{ State string }
	Exit   int
}

type scopeFinding struct {
	Name     string `json:"scope"`
	State    string
	From     string
	Until    *time.Time
	Carries  []string
	Reason   string
	Verified bool
}

// examine calls the doctor and reads what it found.
func examine(t *testing.T, s *surroundings, secret string, arguments ...string) findings {
	t.Helper()
	got := s.call(secret, append([]string{"doctor", "--json", "--endpoint", s.endpoint, "--ca-cert", s.authority}, arguments...)...)
	var found findings
	if err := json.Unmarshal([]byte(got.output), &found); err != nil {
		t.Fatalf("exit %d: %s%s", got.exit, got.output, got.complaints)
	}
	if found.Exit != got.exit {
		t.Errorf("exit %d, and %d in the findings", got.exit, found.Exit)
	}
	return found
}

// asResource are the flags with which the OAuth server says what a token is.
func asResource(s *surroundings) []string {
	return []string{"--introspection-url", s.issuer + "/token/introspection", "--client-id", "resource"}
}

func doctorNarrowed(t *testing.T, s *surroundings) {
	found := examine(t, s, "the-secret-of-resource", append(asResource(s), "--job", "FAILED=failed-1,failed-2", "--job", "COMPLETE=complete-1")...)
	// More jobs than these are needed for a whole run.
	if found.Exit != result.ExitInconclusive || !found.Endpoint.Reached || found.Endpoint.TLS == "" || found.Endpoint.Protocol != "HTTP/2.0" || len(found.Jobs) != 3 {
		t.Errorf("exit %d, %+v, %+v", found.Exit, found.Endpoint, found.Jobs)
	}
	for _, scope := range found.Scopes {
		if scope.State != "there" || !scope.Verified || !slices.Equal(scope.Carries, []string{scope.Name}) || scope.Until == nil {
			t.Errorf("%+v", scope)
		}
	}
	if len(found.Scopes) != len(spec.MustLoadEmbedded().Scopes)+1 {
		t.Errorf("%d scopes", len(found.Scopes))
	}
}

// judge runs the suite and reads its report.
func judge(t *testing.T, s *surroundings, secret string, arguments ...string) result.Report {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	got := s.call(secret, append([]string{"run", "--endpoint", s.endpoint, "--ca-cert", s.authority, "--report", "json=" + path}, arguments...)...)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	s.printed = append(s.printed, string(text))
	found, err := result.ReadJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// judgedScopes counts the rows of single scopes by their verdicts.
func judgedScopes(t *testing.T, found result.Report) map[result.Verdict]int {
	t.Helper()
	rows := map[result.Verdict]int{}
	for _, check := range found.Checks {
		if strings.HasPrefix(check.ID, "authorization/scope/") {
			rows[check.Verdict]++
		}
		if check.Verdict == result.Fail || check.Verdict == result.Error {
			t.Errorf("%s: %s: %s", check.ID, check.Verdict, check.Reason)
		}
	}
	return rows
}

func runNarrowed(t *testing.T, s *surroundings) {
	found := judge(t, s, "the-secret-of-resource", append(asResource(s), "--job", "FAILED=failed-3,failed-4", "--job", "COMPLETE=complete-1")...)
	rows := judgedScopes(t, found)
	if rows[result.Pass] != len(spec.MustLoadEmbedded().Scopes) || len(rows) != 1 {
		t.Errorf("the scopes' rows are %v", rows)
	}
}

func refreshed(t *testing.T, s *surroundings) {
	if got, _ := s.login(newBrowser(t), "--client-id", "hasty", "--scopes", "maps.reviews"); got.exit != 0 {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	before := s.logins()[1].RefreshToken
	found := judge(t, s, "", "--focus", "authorization/scope/dataportability.maps.reviews", "--focus", "response", "--job", "FAILED=failed-5,failed-6", "--job", "COMPLETE=complete-1")
	if rows := judgedScopes(t, found); rows[result.Pass] != 1 {
		t.Errorf("the scope's row is %v", rows)
	}
	if after := s.logins()[1].RefreshToken; after == before {
		t.Error("the server changes a refresh token at each use, and the store has the old one")
	}
}

func loginOnce(t *testing.T, s *surroundings) {
	got, _ := s.login(newBrowser(t), "--client-id", "once", "--scopes", "play.devices")
	if got.exit != 0 || !strings.Contains(got.output, "no refresh token: it ends ") {
		t.Fatalf("exit %d: %s%s", got.exit, got.output, got.complaints)
	}
	kept := s.logins()[2]
	if kept.RefreshToken != "" || kept.AccessToken == "" || kept.Expiry.IsZero() {
		t.Error("the login does not say until when it lasts")
	}
	found := examine(t, s, "the-secret-of-resource", asResource(s)...)
	index := slices.IndexFunc(found.Scopes, func(scope scopeFinding) bool { return strings.HasSuffix(scope.Name, "play.devices") })
	if scope := found.Scopes[index]; scope.State != "there" || !strings.HasPrefix(scope.From, "login 3 ") || !scope.Verified {
		t.Errorf("%+v", scope)
	}
}

func refreshTokenOfFile(t *testing.T, s *surroundings) {
	if got, _ := s.login(newBrowser(t), "--client-id", "person", "--scopes", "youtube.*"); got.exit != 0 {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	refreshToken := string(s.logins()[3].RefreshToken)
	tokens := filepath.Join(t.TempDir(), "tokens.yaml")
	text := `"youtube.*": {refresh-token: "` + refreshToken + `", client-id: person, token-url: "` + s.issuer + `/token"}`
	if err := os.WriteFile(tokens, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	found := examine(t, s, "the-secret-of-resource", append(asResource(s), "--token-file", tokens)...)
	for _, scope := range found.Scopes {
		if strings.Contains(scope.Name, "youtube.") && (scope.State != "there" || scope.From != "the refresh token of "+tokens+":1:1" || len(scope.Carries) != 1) {
			t.Errorf("%+v", scope)
		}
	}
}

// asService are the flags for client credentials.
func asService(s *surroundings) []string {
	return []string{"--token-url", s.issuer + "/token", "--client-id", "service"}
}

// withoutLogins lets a step have a home without logins.
func withoutLogins(t *testing.T, s *surroundings) {
	home := s.home
	s.home = t.TempDir()
	t.Cleanup(func() { s.home = home })
}

func clientCredentials(t *testing.T, s *surroundings) {
	withoutLogins(t, s)
	arguments := append(asService(s), "--introspection-url", s.issuer+"/token/introspection")
	found := examine(t, s, "the-secret-of-service", arguments...)
	for _, scope := range found.Scopes {
		if scope.State != "there" || !scope.Verified || !strings.HasPrefix(scope.From, "client credentials at ") {
			t.Errorf("%+v", scope)
		}
	}
	rows := judgedScopes(t, judge(t, s, "the-secret-of-service", append(asService(s), "--job", "FAILED=failed-7,failed-8", "--job", "COMPLETE=complete-1")...))
	if rows[result.Pass] != len(spec.MustLoadEmbedded().Scopes) {
		t.Errorf("the scopes' rows are %v", rows)
	}
}

func wrongSecret(t *testing.T, s *surroundings) {
	withoutLogins(t, s)
	s.secrets["wrong secret"] = "a-secret-that-is-wrong"
	found := examine(t, s, "a-secret-that-is-wrong", asService(s)...)
	if found.Exit != result.ExitInconclusive {
		t.Errorf("exit %d", found.Exit)
	}
	for _, scope := range found.Scopes {
		if scope.State != "unusable" || !strings.Contains(scope.Reason, "returned HTTP 401 invalid_client") ||
			!strings.HasSuffix(scope.Reason, "; check the client's id and secret") {
			t.Errorf("%+v", scope)
		}
	}
	found2 := judge(t, s, "a-secret-that-is-wrong", append(asService(s), "--focus", "authorization")...)
	if rows := judgedScopes(t, found2); rows[result.Skip] != len(spec.MustLoadEmbedded().Scopes) {
		t.Errorf("the scopes' rows are %v", rows)
	}
}

// revokeByHand takes a refresh token back behind the program's back.
func revokeByHand(t *testing.T, s *surroundings, token string) {
	t.Helper()
	response, err := http.PostForm(s.issuer+"/token/revocation", url.Values{"token": {token}, "client_id": {"person"}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatal(response.Status)
	}
}

func revokedElsewhere(t *testing.T, s *surroundings) {
	kept := s.logins()[0]
	revokeByHand(t, s, string(kept.RefreshToken))
	found := examine(t, s, "")
	want := "the refresh token of " + kept.Name() + " is no longer valid (HTTP 400 invalid_grant: "
	lost := 0
	for _, scope := range found.Scopes {
		if scope.State == "unusable" && scope.From == kept.Name() {
			lost++
			if !strings.HasPrefix(scope.Reason, want) || !strings.HasSuffix(scope.Reason, "; log in again: dpconform login --scopes '*,unrelated'") {
				t.Errorf("%+v", scope)
			}
		}
	}
	if lost == 0 {
		t.Errorf("no scope lost its token: %+v", found.Scopes)
	}
	if len(s.logins()) != 4 {
		t.Error("a login was lost")
	}
}

func revoked(t *testing.T, s *surroundings) {
	refreshToken := string(s.logins()[1].RefreshToken)
	got := s.call("", "login", "--revoke", "2")
	if got.exit != 0 || !strings.HasPrefix(got.output, "revoked: login 2 of ") {
		t.Fatalf("exit %d: %s%s", got.exit, got.output, got.complaints)
	}
	response, err := http.PostForm(s.issuer+"/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}, "client_id": {"hasty"}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("the server still takes the refresh token: %s", response.Status)
	}
	if got := s.call("", "login", "--revoke", "all"); got.exit != 0 || strings.Count(got.output, "revoked: ") != 3 {
		t.Errorf("exit %d: %s%s", got.exit, got.output, got.complaints)
	}
	if kept := s.logins(); len(kept) != 0 {
		t.Errorf("%d logins are left", len(kept))
	}
}
