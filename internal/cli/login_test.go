package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/tokens"
)

// loginSecrets are secret in a login. None may stand in anything that is
// printed.
var loginSecrets = map[string]string{
	"code":          "planted-code-of-a-login-0123456789",
	"refresh token": "1//planted-refresh-token-of-a-login-0123456789",
	"client secret": "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ogin",
}

// authority is an authorization server of the tests of the commands. What a
// real one does is in tools/oauthserver.
type authority struct {
	address string
	mutex   sync.Mutex
	// granted are the scopes that a code is good for; all that are asked for,
	// where there are none.
	granted string
	// back changes what the browser brings back.
	back func(url.Values)
	// revoked are the tokens that were revoked; refuses says that none is.
	revoked []string
	refuses bool
	// asked is what the last browser was sent with.
	asked url.Values
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,"revocation_endpoint":%q}`,
			a.address, a.address+"/auth", a.address+"/token", a.address+"/revoke")
	})
	mux.HandleFunc("POST /token", a.token)
	mux.HandleFunc("POST /revoke", func(w http.ResponseWriter, r *http.Request) {
		a.mutex.Lock()
		defer a.mutex.Unlock()
		if a.refuses {
			http.Error(w, loginSecrets["refresh token"], http.StatusServiceUnavailable)
			return
		}
		a.revoked = append(a.revoked, r.FormValue("token"))
	})
	a.address = listen(t, mux)
	return a
}

// token gives tokens for codes and refresh tokens.
func (a *authority) token(w http.ResponseWriter, r *http.Request) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	scope := r.FormValue("scope")
	if r.FormValue("grant_type") == "authorization_code" {
		if scope = a.granted; scope == "" {
			scope = a.asked.Get("scope")
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "scope:" + strings.ReplaceAll(scope, "https://www.googleapis.com/auth/", ""),
		"token_type": "Bearer", "expires_in": 3600, "refresh_token": loginSecrets["refresh token"], "scope": scope})
}

// browse opens each address that is printed, as a person with a browser does.
func (a *authority) browse(address string) {
	opened, err := url.Parse(address)
	if err != nil {
		return
	}
	a.mutex.Lock()
	a.asked = opened.Query()
	back := url.Values{"state": {a.asked.Get("state")}, "code": {loginSecrets["code"]}}
	if a.back != nil {
		a.back(back)
	}
	a.mutex.Unlock()
	if response, err := http.Get(a.asked.Get("redirect_uri") + "?" + back.Encode()); err == nil {
		response.Body.Close()
	}
}

// person reads what is printed and opens each address of the server in it.
type person struct {
	bytes.Buffer
	of      *authority
	waiting sync.WaitGroup
}

func (p *person) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, p.of.address+"/auth?") {
			p.waiting.Go(func() { p.of.browse(line) })
		}
	}
	return p.Buffer.Write(text)
}

// login runs dpconform login with a person before the browser.
func (a *authority) login(t *testing.T, arguments ...string) called {
	t.Helper()
	raw := &person{of: a}
	defer raw.waiting.Wait()
	return callOn(t, t.Context(), 0, raw, append([]string{"login", "--no-browser", "--client-id", "an-id", "--wait", "10s"}, arguments...)...)
}

// homeVariables say where the configuration of a user is, on every system.
var homeVariables = []string{"XDG_CONFIG_HOME", "HOME", "AppData"}

// ownHome gives a test that logs in a configuration folder of its own.
func ownHome(t *testing.T) *tokens.Store {
	t.Helper()
	home := t.TempDir()
	for _, variable := range homeVariables {
		t.Setenv(variable, home)
	}
	folder, err := tokens.DefaultFolder()
	if err != nil {
		t.Fatal(err)
	}
	return tokens.NewStore(folder)
}

func wantLogins(t *testing.T, store *tokens.Store, want int) []tokens.Login {
	t.Helper()
	logins, err := store.Logins()
	if err != nil || len(logins) != want {
		t.Errorf("%d logins, want %d: %v", len(logins), want, err)
	}
	return logins
}

func TestLoginListRevoke(t *testing.T) {
	store, server := ownHome(t), newAuthority(t)
	t.Setenv("DPCONFORM_CLIENT_SECRET", loginSecrets["client secret"])
	got := server.login(t, "--issuer", server.address, "--endpoint", "https://api.example", "--scopes", "maps.reviews,youtube.*")
	if got.exit != 0 || got.complaints != "" || !strings.Contains(got.output, "kept: login 1 of ") || !strings.Contains(got.output, "https://api.example, with 16 scopes, in "+store.Path()) {
		t.Fatalf("exit %d\n%s%s", got.exit, got.output, got.complaints)
	}
	list := call(t, "login", "--list")
	if list.exit != 0 || !regexp.MustCompile(`^  1  \d{4}-\d\d-\d\d  https://api.example\n     16 scopes: maps.reviews,youtube.\*, refreshed when it expires\n$`).MatchString(list.output) {
		t.Errorf("%q", list.output)
	}
	server.refuses = true
	refused := call(t, "login", "--revoke", "1")
	if refused.exit != result.ExitInconclusive || !strings.Contains(refused.complaints, "is kept: the server ") || !strings.Contains(refused.complaints, "returned HTTP 503") {
		t.Errorf("exit %d: %s", refused.exit, refused.complaints)
	}
	wantLogins(t, store, 1)
	server.refuses = false
	done := call(t, "login", "--revoke", "all")
	if done.exit != 0 || !strings.HasPrefix(done.output, "revoked: login 1 of ") || len(server.revoked) != 1 || server.revoked[0] != loginSecrets["refresh token"] {
		t.Errorf("exit %d: %s%s", done.exit, done.output, done.complaints)
	}
	wantLogins(t, store, 0)
	call(t, "login", "--list").want(t, 0, "no logins are stored")
	server.login(t, "--issuer", server.address, "--endpoint", "https://api.example", "--scopes", "maps.reviews,play.devices", "--separately").want(t, 0)
	for _, login := range wantLogins(t, store, 2) {
		if len(login.Scopes) != 1 || !strings.HasSuffix(login.Scopes[0], login.Asked) {
			t.Errorf("%q", login.Scopes)
		}
	}
	for _, one := range []called{got, list, refused, done} {
		wantNoLoginSecret(t, one)
	}
}

// wantNoLoginSecret checks that no secret of a login is printed.
func wantNoLoginSecret(t *testing.T, got called) {
	t.Helper()
	for kind, value := range loginSecrets {
		if strings.Contains(got.all(), value) {
			t.Errorf("the %s is shown:\n%s", kind, got.all())
		}
	}
}

// TestLoginThatFailsIsOneLine: nothing is kept that was not granted.
func TestLoginThatFailsIsOneLine(t *testing.T) {
	const prefix = "https://www.googleapis.com/auth/dataportability."
	for _, one := range []struct {
		name    string
		back    func(url.Values)
		granted string
		says    string
		kept    int
	}{
		{"declined", func(v url.Values) { v.Set("error", "access_denied") }, "", "the login was declined in the browser (access_denied)", 0},
		{"a part granted", nil, prefix + "maps.reviews", "not granted: dataportability.play.devices; log in again and tick them in the browser", 1},
		{"another granted", nil, prefix + "maps.ev_profile", "granted in addition to what was requested: dataportability.maps.ev_profile", 1},
		{"none granted", nil, "openid", "none of the scopes was granted, so nothing is kept", 0},
	} {
		t.Run(one.name, func(t *testing.T) {
			store, server := ownHome(t), newAuthority(t)
			server.back, server.granted = one.back, one.granted
			got := server.login(t, "--issuer", server.address, "--endpoint", "https://api.example", "--scopes", "maps.reviews,play.devices")
			if got.exit != result.ExitInconclusive || !strings.Contains(got.complaints, one.says) {
				t.Errorf("exit %d: %s", got.exit, got.complaints)
			}
			wantLogins(t, store, one.kept)
			wantNoLoginSecret(t, got)
			if one.granted == "openid" && len(server.revoked) != 1 {
				t.Error("what nobody keeps was not revoked")
			}
		})
	}
}

func TestLoginThatCannotBegin(t *testing.T) {
	ownHome(t)
	const google = " --scopes maps.reviews --client-id x "
	for _, row := range [][]string{
		{"", "--scopes", "give --scopes 'SCOPE,PRODUCT.*'"},
		{"--scopes maps.reviws", "--scopes", "did you mean dataportability.maps.reviews?"},
		{"--scopes maps.reviews", "--client-id", "desktop app"},
		{google + "--endpoint https://api.example", "--endpoint", "give --issuer URL, or --auth-url and --token-url"},
		{google + "--token-url https://auth.example", "give --issuer URL, or --auth-url and --token-url"},
		{google + "--endpoint http://api.example", "--endpoint", "not encrypted"},
		{google + "--auth-url https://auth.example --token-url http://auth.example", "--token-url", "sent unencrypted"},
		{google + "--issuer http://auth.example", "--issuer", "sent unencrypted"},
		{google + "--port 70000", "--port"},
		{google + "--wait 0s", "--wait"},
		{"--forget", "--forget", "give --revoke ID"},
		{"--revoke 7", "--revoke", `"7"`, "login --list"},
	} {
		refused(t, "login "+row[0], row[1:]...)
	}
}

// TestLoginLooksAtTheStoreFirst: nobody is asked for what cannot be kept, and a
// broken store stays as it is.
func TestLoginLooksAtTheStoreFirst(t *testing.T) {
	store, server := ownHome(t), newAuthority(t)
	if err := os.MkdirAll(filepath.Dir(store.Path()), 0o700); err != nil {
		t.Fatal(err)
	}
	broken := `{"version":1,"logins":[{"refresh_token":"` + loginSecrets["refresh token"]
	if err := os.WriteFile(store.Path(), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	got := server.login(t, "--issuer", server.address, "--endpoint", "https://api.example", "--scopes", "maps.reviews")
	if got.exit != result.ExitUsage || !strings.Contains(got.complaints, "it is not a valid store of logins") || server.asked != nil {
		t.Errorf("exit %d: %s", got.exit, got.complaints)
	}
	wantNoLoginSecret(t, got)
	if text, err := os.ReadFile(store.Path()); string(text) != broken || err != nil {
		t.Error("the store was written over")
	}
}
