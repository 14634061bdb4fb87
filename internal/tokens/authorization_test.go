package tokens

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

const (
	oauthPath  = "/.well-known/oauth-authorization-server"
	openIDPath = "/.well-known/openid-configuration"
)

// discover asks an issuer at a path that serves a text, with ISSUER for its
// address.
func discover(t *testing.T, suffix, path, text string) (issuer string, found AuthorizationServer, err error) {
	t.Helper()
	server := newTokenServer(t, func(w http.ResponseWriter, one sent) {
		if one.path != path {
			w.WriteHeader(404)
			return
		}
		_, _ = io.WriteString(w, strings.ReplaceAll(text, "ISSUER", issuer))
	})
	issuer = server.URL + suffix
	found, err = Discover(t.Context(), NewHTTPClient(nil), issuer)
	return issuer, found, err
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		suffix, path, more string
		want               AuthorizationServer
	}{
		"by RFC 8414": {"", oauthPath, `,"revocation_endpoint":"http://127.0.0.1/r","scopes_supported":["openid","offline_access"],"token_endpoint_auth_methods_supported":["client_secret_post"]`,
			AuthorizationServer{RevocationURL: "http://127.0.0.1/r", OfflineScope: true, Style: oauth2.AuthStyleInParams}},
		"by OpenID Connect":               {"", openIDPath, `,"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"]`, AuthorizationServer{}},
		"an issuer with a path, RFC 8414": {"/tenant", oauthPath + "/tenant", "", AuthorizationServer{Style: oauth2.AuthStyleInHeader}},
		"an issuer with a path, OpenID": {"/tenant", "/tenant" + openIDPath, `,"code_challenge_methods_supported":["plain","S256"],"authorization_response_iss_parameter_supported":true`,
			AuthorizationServer{Style: oauth2.AuthStyleInHeader, NamesItself: true}},
	} {
		issuer, got, err := discover(t, one.suffix, one.path, `{"issuer":"ISSUER","authorization_endpoint":"ISSUER/auth","token_endpoint":"ISSUER/token"`+one.more+`}`)
		one.want.Issuer, one.want.AuthURL, one.want.TokenURL = issuer, issuer+"/auth", issuer+"/token"
		if got != one.want || err != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for text, want := range map[string]string{
		"":                                    "it does not say where its endpoints are (RFC 8414): a response that is not JSON, then HTTP 404",
		`{"issuer":"https://evil.example\n"}`: "it calls itself https://evil.example",
		`{"issuer":"ISSUER","code_challenge_methods_supported":["plain"]}`: "it does not support PKCE with S256 (RFC 7636)",
		`{"issuer":"ISSUER"}`: "the authorization endpoint: it is not an address",
		`{"issuer":"ISSUER","authorization_endpoint":"https://a.example","token_endpoint":"http://a.example"}`:                                           "the token endpoint: secrets would be sent unencrypted to a.example",
		`{"issuer":"ISSUER","authorization_endpoint":"https://a.example","token_endpoint":"https://a.example","revocation_endpoint":"http://a.example"}`: "the revocation endpoint: secrets would be sent unencrypted to a.example",
		`{"issuer":"ISSUER","authorization_endpoint":"https://a:b@a.example"}`:                                                                           "the authorization endpoint: it has a user in it",
	} {
		if _, _, err := discover(t, "", oauthPath, text); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := Discover(t.Context(), NewHTTPClient(nil), "http://auth.example"); err == nil || !strings.Contains(err.Error(), "sent unencrypted") {
		t.Errorf("%v", err)
	}
}

// person follows an address in a browser: it gives the query of the way back.
type person func(query url.Values) url.Values

// consents brings a code back.
func consents(query url.Values) url.Values {
	return url.Values{"state": {query.Get("state")}, "code": {secret}}
}

// obtain logs in at a token server with a person, and gives the page that the
// person sees and the query that the browser was sent with.
func obtain(t *testing.T, authorization Authorization, follow person) (granted Granted, page string, query url.Values, err error) {
	t.Helper()
	seen := make(chan string, 1)
	authorization.Wait = time.Minute
	authorization.Server.AuthURL = "https://auth.example/auth"
	authorization.Announce = func(address string) {
		opened, err := url.Parse(address)
		if err != nil {
			t.Error(err)
		}
		query = opened.Query()
		go func() {
			response, err := http.Get(query.Get("redirect_uri") + "?" + follow(query).Encode())
			if err != nil {
				seen <- err.Error()
				return
			}
			defer response.Body.Close()
			text, _ := io.ReadAll(response.Body)
			seen <- response.Status + " " + string(text)
		}()
	}
	granted, err = authorization.Obtain(t.Context(), []string{reviews, devices})
	return granted, <-seen, query, err
}

func TestALoginIsObtained(t *testing.T) {
	t.Parallel()
	server := newTokenServer(t, granting(map[string]any{"refresh_token": "a-refresh-token", "scope": reviews}))
	granted, page, query, err := obtain(t, Authorization{Server: AuthorizationServer{TokenURL: server.URL, OfflineScope: true}, Client: Client{ID: "an-id"}}, consents)
	if err != nil || granted.RefreshToken != "a-refresh-token" || granted.AccessToken != "granted" || strings.Join(granted.Scopes, " ") != reviews {
		t.Errorf("%v, %v", granted, err)
	}
	if !strings.HasPrefix(page, "200 ") || !strings.Contains(page, "You can close this window") {
		t.Error(page)
	}
	for name, want := range map[string]string{"response_type": "code", "client_id": "an-id", "scope": reviews + " " + devices + " offline_access",
		"code_challenge_method": "S256", "access_type": "offline", "prompt": "consent"} {
		if query.Get(name) != want {
			t.Errorf("%s is %q", name, query.Get(name))
		}
	}
	form := server.last().form
	digest := sha256.Sum256([]byte(form["code_verifier"]))
	if form["code"] != secret || form["grant_type"] != "authorization_code" || form["redirect_uri"] != query.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(digest[:]) != query.Get("code_challenge") {
		t.Errorf("%v", form)
	}
}

// TestALoginThatFailsIsOneLine: whatever the browser or the token server says.
func TestALoginThatFailsIsOneLine(t *testing.T) {
	t.Parallel()
	server := newTokenServer(t, refusing(401, "invalid_client"))
	for want, change := range map[string]map[string]string{
		"the login was declined in the browser (access_denied)":                                                              {"error": "access_denied"},
		"the response in the browser is from another server than auth.example (wrong iss)":                                   {"iss": "https://evil.example"},
		"the authorization server returned invalid_scope; the client may not ask for these scopes":                           {"error": "invalid_scope"},
		"the authorization server returned server_error x: <b>\\x1b[31m":                                                     {"error": "server_error\nx", "error_description": "<b>\x1b[31m"},
		"the response in the browser has neither a code nor an error":                                                        {"code": ""},
		"the token server " + hostOf(server.URL) + " returned HTTP 401 invalid_client: you sent dpconform-redacted and more": {},
	} {
		_, page, _, err := obtain(t, Authorization{Server: AuthorizationServer{Issuer: "https://auth.example", TokenURL: server.URL}, Client: Client{ID: "an-id", Secret: secret}},
			func(query url.Values) url.Values {
				back := consents(query)
				for name, value := range change {
					back.Set(name, value)
				}
				return back
			})
		wantFailure(t, err, want)
		if wantNoSecret(t, page); strings.Contains(page, "<b>") {
			t.Errorf("the page repeats what came: %s", page)
		}
	}
}

func TestNobodyComesBack(t *testing.T) {
	t.Parallel()
	authorization := Authorization{Server: AuthorizationServer{AuthURL: "https://auth.example/auth"}, Wait: time.Millisecond, Announce: func(string) {}}
	_, err := authorization.Obtain(t.Context(), []string{reviews})
	wantFailure(t, err, "the browser sent no response within 1ms; open the address")
	authorization.Wait, authorization.Announce = time.Millisecond, func(address string) {
		opened, _ := url.Parse(address)
		if response, err := http.Get(opened.Query().Get("redirect_uri") + "?state=another&code=c"); err != nil || response.StatusCode != http.StatusBadRequest {
			t.Errorf("%v, %v", response, err)
		}
	}
	_, err = authorization.Obtain(t.Context(), []string{reviews})
	wantFailure(t, err, "the browser sent no response within 1ms, only with a response to another login (wrong state); open the address")
	ctx, cancel := context.WithCancel(t.Context())
	authorization.Wait, authorization.Announce = time.Minute, func(string) { cancel() }
	if _, err := authorization.Obtain(ctx, []string{reviews}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	authorization.Port = taken.Addr().(*net.TCPAddr).Port
	var listening *net.OpError
	if _, err := authorization.Obtain(t.Context(), []string{reviews}); !errors.As(err, &listening) {
		t.Errorf("%v", err)
	}
}

// TestOnlyTheResponseToTheLoginEndsIt: whatever else any page sends a browser
// with is refused, and the login waits on; what comes after it changes nothing.
func TestOnlyTheResponseToTheLoginEndsIt(t *testing.T) {
	t.Parallel()
	const host = "127.0.0.1:7777"
	for name, one := range map[string]struct {
		method, host, target string
		status               int
	}{
		"a favicon": {"GET", host, "/favicon.ico", 404}, "no query": {"GET", host, "/", 404}, "another path": {"GET", host, "/other?state=s&code=x", 404},
		"a form": {"POST", host, "/?state=s&code=x", 405}, "a preview": {"HEAD", host, "/?state=s&code=x", 405}, "OPTIONS": {"OPTIONS", host, "/?state=s&code=x", 405},
		"another name": {"GET", "evil.example:7777", "/?state=s&code=x", 421}, "localhost": {"GET", "localhost:7777", "/?state=s&code=x", 421},
		"another port": {"GET", "127.0.0.1", "/?state=s&code=x", 421}, "no host": {"GET", "", "/?state=s&code=x", 421},
		"a wrong state": {"GET", host, "/?state=t&code=x", 400}, "no state": {"GET", host, "/?code=x", 400}, "an empty state": {"GET", host, "/?state=&code=x", 400},
		"an error of another login": {"GET", host, "/?state=t&error=access_denied", 400}, "an error without a state": {"GET", host, "/?error=access_denied", 400},
		"two states": {"GET", host, "/?state=s&state=t&code=x", 400}, "two states, the right one last": {"GET", host, "/?state=t&state=s&code=x", 400},
		"the same state twice": {"GET", host, "/?state=s&state=s&code=x", 400}, "a state that is escaped, too": {"GET", host, "/?state=s&st%61te=s&code=x", 400},
		"two codes": {"GET", host, "/?state=s&code=x&code=y", 400}, "two errors": {"GET", host, "/?state=s&error=a&error=b", 400},
		"two issuers": {"GET", host, "/?state=s&code=x&iss=a&iss=b", 400}, "a query that cannot be read": {"GET", host, "/?state=s&code=x;a=b&%zz", 400},
	} {
		handler := &callbackHandler{host: host, state: "s", returned: make(chan callback, 1)}
		visit := func(method, from, target string) *httptest.ResponseRecorder {
			recorder, request := httptest.NewRecorder(), httptest.NewRequest(method, target, nil)
			request.Host = from
			handler.ServeHTTP(recorder, request)
			return recorder
		}
		if got := visit(one.method, one.host, one.target); got.Code != one.status || len(handler.returned) != 0 || strings.Contains(got.Body.String(), "Thank you") {
			t.Errorf("%s: %d, and it ends: %t", name, got.Code, len(handler.returned) != 0)
		}
		right := visit("GET", host, "/?state=s&code=first")
		if right.Code != 200 || right.Header().Get("Referrer-Policy") != "no-referrer" || right.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: then the right one has %d, %v", name, right.Code, right.Header())
		}
		for _, late := range []string{"/?state=s&code=second", "/?state=s&error=access_denied"} {
			if got := visit("GET", host, late); got.Code != http.StatusGone {
				t.Errorf("%s: then %s has %d", name, late, got.Code)
			}
		}
		if back := <-handler.returned; back.code != "first" || len(handler.returned) != 0 {
			t.Errorf("%s: %q counts", name, back.code)
		}
	}
	for issuer, right := range map[string]bool{"": false, "https://auth.example": true, "https://auth.example/": false} {
		query := url.Values{"state": {"s"}, "code": {"c"}}
		if issuer != "" {
			query.Set("iss", issuer)
		}
		if got := readCallback(query, AuthorizationServer{Issuer: "https://auth.example", NamesItself: true}); (got.failure == nil) != right {
			t.Errorf("a server that names itself as %q: %v", issuer, got.failure)
		}
	}
}

func TestALoginKeepsWhatWasGranted(t *testing.T) {
	t.Parallel()
	authorization := Authorization{Server: Google(), Client: Client{ID: "an-id"}}
	login, missing, others := authorization.NewLogin(Granted{Scopes: []string{reviews, vehicles, "openid"}, RefreshToken: "r", AccessToken: "a"},
		"https://api.example", "maps.reviews,play.devices", []string{reviews, devices}, documented)
	if got := fmt.Sprint(login.Scopes, Names(missing), Names(others)); got != fmt.Sprint([]string{reviews, vehicles}, "dataportability.play.devices", "dataportability.maps.vehicles") {
		t.Error(got)
	}
	if login.AccessToken != "" || login.RevocationURL != Google().RevocationURL {
		t.Error("what a refresh token gives anew is kept")
	}
}

func FuzzCallback(f *testing.F) {
	f.Add("state=s&code=c")
	f.Add("state=s&error=access_denied&error_description=%0a%00")
	f.Add("%zz&state=s&error=a;b")
	f.Fuzz(func(t *testing.T, text string) {
		query, _ := url.ParseQuery(text)
		got := readCallback(query, AuthorizationServer{Issuer: "https://auth.example"})
		if (got.failure == nil) != (got.code != "") {
			t.Errorf("%q: %q, %v", text, got.code, got.failure)
		}
		if got.failure != nil && strings.ContainsAny(got.failure.Error(), "\n\r\x1b\x00") {
			t.Errorf("%q: %q", text, got.failure)
		}
	})
}
