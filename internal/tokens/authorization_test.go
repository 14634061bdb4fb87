package tokens

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// person answers an address in a browser: it gives the query of the way back.
type person func(query url.Values) url.Values

// consents brings a code back.
func consents(query url.Values) url.Values {
	return url.Values{"state": {query.Get("state")}, "code": {secret}}
}

// obtain logs in at a token server with a person, and gives the page that the
// person sees and the query that the browser was sent with.
func obtain(t *testing.T, authorization Authorization, answers person) (granted Granted, page string, sent url.Values, err error) {
	t.Helper()
	seen := make(chan string, 1)
	authorization.Wait = 10 * time.Second
	authorization.Server.AuthURL = "https://auth.example/auth"
	authorization.Announce = func(address string) {
		opened, err := url.Parse(address)
		if err != nil {
			t.Error(err)
		}
		sent = opened.Query()
		go func() {
			response, err := http.Get(sent.Get("redirect_uri") + "?" + answers(sent).Encode())
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
	return granted, <-seen, sent, err
}

func TestALoginIsObtained(t *testing.T) {
	t.Parallel()
	server := newTokenServer(t, func(w http.ResponseWriter, one asked) {
		grant(w, map[string]any{"refresh_token": "a-refresh-token", "scope": reviews})
	})
	granted, page, sent, err := obtain(t, Authorization{Server: AuthorizationServer{TokenURL: server.URL, OfflineScope: true}, Client: Client{ID: "an-id"}}, consents)
	if err != nil || granted.RefreshToken != "a-refresh-token" || granted.AccessToken != "granted" || strings.Join(granted.Scopes, " ") != reviews {
		t.Errorf("%v, %v", granted, err)
	}
	if !strings.HasPrefix(page, "200 ") || !strings.Contains(page, "You can close this window") {
		t.Error(page)
	}
	for name, want := range map[string]string{"response_type": "code", "client_id": "an-id", "scope": reviews + " " + devices + " offline_access",
		"code_challenge_method": "S256", "access_type": "offline", "prompt": "consent"} {
		if sent.Get(name) != want {
			t.Errorf("%s is %q", name, sent.Get(name))
		}
	}
	form := server.last().form
	digest := sha256.Sum256([]byte(form["code_verifier"]))
	if form["code"] != secret || form["grant_type"] != "authorization_code" || form["redirect_uri"] != sent.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(digest[:]) != sent.Get("code_challenge") {
		t.Errorf("%v", form)
	}
}

// TestALoginThatFailsIsOneLine: whatever the browser or the token server says.
func TestALoginThatFailsIsOneLine(t *testing.T) {
	t.Parallel()
	refusing := newTokenServer(t, func(w http.ResponseWriter, _ asked) { refuse(w, 401, "invalid_client") })
	with := func(name, value string) person {
		return func(query url.Values) url.Values {
			back := consents(query)
			back.Set(name, value)
			return back
		}
	}
	for _, one := range []struct {
		name    string
		answers person
		says    string
	}{
		{"declined", with("error", "access_denied"), "the login was declined in the browser (access_denied)"},
		{"another login's state", with("state", "another"), "what came back from the browser belongs to another login (wrong state); log in again"},
		{"no state", func(url.Values) url.Values { return url.Values{"code": {secret}} }, "what came back from the browser belongs to another login (wrong state)"},
		{"another server", with("iss", "https://evil.example"), "what came back from the browser is of another server than auth.example (wrong iss)"},
		{"a scope that the client may not have", with("error", "invalid_scope"), "the authorization server returned invalid_scope; the client may not ask for these scopes"},
		{"an error of somebody's", func(query url.Values) url.Values {
			return url.Values{"state": {query.Get("state")}, "error": {"server_error\nx"}, "error_description": {"<b>\x1b[31m"}}
		}, "the authorization server returned server_error x: <b>\uFFFD[31m"},
		{"nothing", func(query url.Values) url.Values { return url.Values{"state": {query.Get("state")}} }, "what came back from the browser has neither a code nor an error"},
		{"a code that is refused", consents, "the token server " + hostOf(refusing.URL) + " returned HTTP 401 invalid_client: you sent dpconform-redacted and more; check the client's id and secret"},
	} {
		t.Run(one.name, func(t *testing.T) {
			_, page, _, err := obtain(t, Authorization{Server: AuthorizationServer{Issuer: "https://auth.example", TokenURL: refusing.URL}, Client: Client{ID: "an-id", Secret: secret}}, one.answers)
			wantFailure(t, err, one.says)
			wantNoSecret(t, page)
			if strings.Contains(page, "<b>") {
				t.Errorf("the page repeats what came: %s", page)
			}
		})
	}
}

func TestAServerThatNamesItselfMustDoSo(t *testing.T) {
	t.Parallel()
	server := AuthorizationServer{Issuer: "https://auth.example", NamesItself: true}
	for issuer, right := range map[string]bool{"": false, "https://auth.example": true, "https://auth.example/": false} {
		query := url.Values{"state": {"s"}, "code": {"c"}}
		if issuer != "" {
			query.Set("iss", issuer)
		}
		if got := readCallback(query, "s", server); (got.failure == nil) != right {
			t.Errorf("%q: %v", issuer, got.failure)
		}
	}
}

func TestNobodyComesBack(t *testing.T) {
	t.Parallel()
	authorization := Authorization{Server: AuthorizationServer{AuthURL: "https://auth.example/auth"}, Wait: time.Millisecond, Announce: func(string) {}}
	_, err := authorization.Obtain(t.Context(), []string{reviews})
	wantFailure(t, err, "the browser did not come back within 1ms; open the address")
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

// TestTheWayBackIsTakenOnce: what else a browser asks for is no answer.
func TestTheWayBackIsTakenOnce(t *testing.T) {
	t.Parallel()
	answers := make(chan callback, 1)
	handler := callbackHandler("s", AuthorizationServer{}, answers)
	for _, one := range []struct {
		method, target string
		status         int
	}{
		{"GET", "/favicon.ico", 404}, {"GET", "/", 404}, {"POST", "/?state=s&code=x", 404}, {"GET", "/other?state=s&code=x", 404},
		{"GET", "/?state=s&code=first", 200}, {"GET", "/?state=s&code=second", 200},
	} {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(one.method, one.target, nil))
		if recorder.Code != one.status {
			t.Errorf("%s %s: %d", one.method, one.target, recorder.Code)
		}
		if one.status == 200 && (recorder.Header().Get("Referrer-Policy") != "no-referrer" || recorder.Header().Get("Cache-Control") != "no-store") {
			t.Errorf("%v", recorder.Header())
		}
	}
	if answer := <-answers; answer.code != "first" {
		t.Errorf("%q", answer.code)
	}
}

func TestALoginKeepsWhatWasGranted(t *testing.T) {
	t.Parallel()
	authorization := Authorization{Server: Google(), Client: Client{ID: "an-id"}}
	login, missing, others := authorization.NewLogin(Granted{Scopes: []string{reviews, vehicles, "openid"}, RefreshToken: "r", AccessToken: "a"},
		"https://api.example", "maps.reviews,play.devices", []string{reviews, devices}, documented)
	if strings.Join(login.Scopes, " ") != reviews+" "+vehicles || Names(missing) != "dataportability.play.devices" || Names(others) != "dataportability.maps.vehicles" {
		t.Errorf("%q, missing %q, others %q", login.Scopes, missing, others)
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
		got := readCallback(query, "s", AuthorizationServer{Issuer: "https://auth.example"})
		if (got.failure == nil) != (got.code != "") {
			t.Errorf("%q: %q, %v", text, got.code, got.failure)
		}
		if got.failure != nil && strings.ContainsAny(got.failure.Error(), "\n\r\x1b\x00") {
			t.Errorf("%q: %q", text, got.failure)
		}
		if got.code != "" && query.Get("state") != "s" {
			t.Errorf("%q is taken", text)
		}
	})
}
