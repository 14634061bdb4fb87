package tokens

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestClientCredentialsAreAskedForEachSet(t *testing.T) {
	t.Parallel()
	server := newTokenServer(t, func(writer http.ResponseWriter, one asked) { grant(writer, map[string]any{"scope": one.form["scope"]}) })
	list := List{source(t, ClientCredentials(server.server()), Everything)}
	for range 2 {
		for _, scope := range []string{reviews, devices} {
			if _, err := tokenOf(t, list, scope); err != nil {
				t.Fatal(err)
			}
		}
	}
	last := server.last()
	if server.count() != 2 || last.form["grant_type"] != "client_credentials" || last.form["scope"] != devices || last.user != "an-id" {
		t.Errorf("%d requests, the last %v", server.count(), last)
	}
}

// TestWhatATokenServerRefusesIsOneLine: status, code and a harmless description,
// and whether the source is asked again for other scopes.
func TestWhatATokenServerRefusesIsOneLine(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name   string
		answer func(http.ResponseWriter)
		says   string
		whole  bool
	}{
		{"a wrong secret", func(w http.ResponseWriter) { refuse(w, 401, "invalid_client") },
			"returned HTTP 401 invalid_client: you sent dpconform-redacted and more; check the client's id and secret", true},
		{"a scope that the client may not have", func(w http.ResponseWriter) { refuse(w, 400, "invalid_scope") }, "returned HTTP 400 invalid_scope: you sent dpconform-redacted and more", false},
		{"an error without a code", func(w http.ResponseWriter) { http.Error(w, "<p>"+secret, 503) }, "returned HTTP 503", true},
		{"a redirect", func(w http.ResponseWriter) { w.Header().Set("Location", "/elsewhere"); w.WriteHeader(302) },
			"returned HTTP 302: a redirect, which is not followed: it would carry secrets along", false},
		{"no JSON", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("x" + secret))
		}, "sent a response without a token (RFC 6749, 5.1)", true},
		{"no token", func(w http.ResponseWriter) { grant(w, map[string]any{"access_token": ""}) }, "sent a response without a token (RFC 6749, 5.1)", true},
		{"a code with a line in it", func(w http.ResponseWriter) { refuse(w, 400, "in\nvalid\x1b[31m"+secret) }, "returned HTTP 400 in valid\uFFFD[31mdpconform-redacted: you", false},
		{"a long description", func(w http.ResponseWriter) {
			w.WriteHeader(400)
			_, _ = w.Write([]byte(`{"error":"invalid_request","error_description":"` + strings.Repeat("long ", 200) + `"}`))
		}, "returned HTTP 400 invalid_request: long long", false},
	} {
		t.Run(one.name, func(t *testing.T) {
			server := newTokenServer(t, func(w http.ResponseWriter, _ asked) { one.answer(w) })
			err := issued(t, ClientCredentials(server.server()), reviews)
			failure := wantFailure(t, err, "the token server "+hostOf(server.URL)+" "+one.says)
			if failure.Whole != one.whole {
				t.Errorf("whole: %v", failure.Whole)
			}
			if len(failure.Error()) > 300 {
				t.Errorf("%d characters", len(failure.Error()))
			}
			for _, request := range server.requests {
				if request.path != "/token" {
					t.Errorf("%s was asked", request.path)
				}
			}
		})
	}
}

// TestARedirectGetsNoSecret: neither the token server's nor the revocation's is
// followed, whatever the method.
func TestARedirectGetsNoSecret(t *testing.T) {
	t.Parallel()
	other := newTokenServer(t, func(w http.ResponseWriter, _ asked) { grant(w, nil) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := newTokenServer(t, func(w http.ResponseWriter, _ asked) {
			w.Header().Set("Location", other.URL+"/token")
			w.WriteHeader(status)
		})
		if err := issued(t, RefreshToken(server.server(), secret, "here"), reviews); err == nil {
			t.Errorf("%d gave a token", status)
		}
		login := Login{ID: 1, RefreshToken: secret, RevocationURL: server.URL + "/revoke", ClientID: "an-id", ClientSecret: secret}
		if failure := login.Revoke(t.Context(), NewHTTPClient(nil)); failure == nil {
			t.Errorf("%d revoked", status)
		}
		if _, err := (Inspector{TokenInformationURL: server.URL}).Inspect(t.Context(), secret); err == nil {
			t.Errorf("%d informed", status)
		}
	}
	if other.count() != 0 {
		t.Errorf("the other server was asked %d times", other.count())
	}
}

func TestAServerThatIsNotThereIsAskedOnce(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	list := List{source(t, ClientCredentials(&TokenServer{Address: closed.URL, Client: Client{ID: "an-id", Secret: secret}}), Everything)}
	for _, scope := range []string{reviews, devices} {
		_, err := tokenOf(t, list, scope)
		if failure := wantFailure(t, err, "the token server "+hostOf(closed.URL)+" cannot be reached: connection refused"); !failure.Whole {
			t.Error("it would be asked for each scope")
		}
	}
}

func TestARefreshTokenIsNarrowedAndRotated(t *testing.T) {
	t.Parallel()
	next := "first"
	server := newTokenServer(t, func(w http.ResponseWriter, one asked) {
		if one.form["refresh_token"] != next {
			refuse(w, 400, "invalid_grant")
			return
		}
		next += "+"
		grant(w, map[string]any{"scope": one.form["scope"], "refresh_token": next})
	})
	list := List{source(t, RefreshToken(server.server(), "first", "tokens.yaml:1"), Within(reviews, devices))}
	for _, scope := range []string{reviews, devices} {
		if _, err := tokenOf(t, list, scope); err != nil {
			t.Fatal(err)
		}
		if last := server.last(); last.form["grant_type"] != "refresh_token" || last.form["scope"] != scope {
			t.Errorf("%v", last)
		}
	}
}

func TestARefusedRefreshTokenSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"invalid_grant": "the refresh token of tokens.yaml:1 is no longer valid (HTTP 400 invalid_grant: you sent dpconform-redacted and more); obtain another one",
		"invalid_scope": "the refresh token of tokens.yaml:1 gives no token for this scope (HTTP 400 invalid_scope: you sent dpconform-redacted and more); " +
			"obtain one for this scope alone",
	} {
		server := newTokenServer(t, func(w http.ResponseWriter, _ asked) { refuse(w, 400, code) })
		err := issued(t, RefreshToken(server.server(), secret, "tokens.yaml:1"), reviews)
		if failure := wantFailure(t, err, want); failure.Error() != want {
			t.Errorf("got %s", failure)
		}
	}
}

// TestATokenWithOtherScopesIsNone: a token that carries more than was asked for
// proves nothing of a single scope.
func TestATokenWithOtherScopesIsNone(t *testing.T) {
	t.Parallel()
	for scope, want := range map[string]string{
		reviews + " " + vehicles:                 "also carries dataportability.maps.vehicles",
		reviews + " " + vehicles + " " + devices: "also carries dataportability.maps.vehicles and dataportability.play.devices",
		devices:                                  "also carries dataportability.play.devices",
		email:                                    "does not carry what was asked for",
		reviews + " openid " + email:             "",
		"":                                       "",
		reviews:                                  "",
		reviews + "\x00" + "\x1b[31m":            "does not carry",
	} {
		server := newTokenServer(t, func(w http.ResponseWriter, _ asked) { grant(w, map[string]any{"scope": scope}) })
		err := issued(t, ClientCredentials(server.server()), reviews)
		if want != "" {
			wantFailure(t, err, "the token of client credentials at "+hostOf(server.URL)+" "+want)
		} else if err != nil {
			t.Errorf("%q: %v", scope, err)
		}
	}
}

func TestAClockThatIsOffIsNamed(t *testing.T) {
	t.Parallel()
	for offset, want := range map[time.Duration]string{
		time.Hour:         "(this machine's clock is 1 h behind the server's)",
		-90 * time.Minute: "(this machine's clock is 1 h 30 min ahead of the server's)",
		time.Minute:       "",
		49 * time.Hour:    "(this machine's clock is 2 days behind the server's)",
	} {
		server := newTokenServer(t, func(w http.ResponseWriter, _ asked) {
			w.Header().Set("Date", time.Now().Add(offset).UTC().Format(http.TimeFormat))
			refuse(w, 400, "invalid_grant")
		})
		err := issued(t, RefreshToken(server.server(), secret, "here"), reviews)
		failure := wantFailure(t, err, "the refresh token of here is no longer valid")
		if !strings.Contains(failure.Message, want) || want == "" && strings.Contains(failure.Message, "clock") {
			t.Errorf("%s: %s", offset, failure)
		}
	}
}

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	for address, right := range map[string]bool{
		"https://accounts.example/token": true, "http://127.0.0.1:1/token": true, "http://localhost/": true, "http://[::1]:3/": true,
		"http://accounts.example/token": false, "accounts.example": false, "": false, "ftp://127.0.0.1/": false, "https://": false,
		"https://user:" + secret + "@accounts.example/": false, "https://accounts.example/#x": false, "http://127.0.0.1.example/": false,
		"https://%zz/": false,
	} {
		err := CheckAddress(address)
		if (err == nil) != right {
			t.Errorf("%s: %v", address, err)
		}
		if err != nil {
			wantNoSecret(t, err.Error())
		}
	}
}
