package tokens

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestATokenServerIsAskedOnceForEachSet(t *testing.T) {
	t.Parallel()
	granting := newTokenServer(t, func(w http.ResponseWriter, one sent) { granting(map[string]any{"scope": one.form["scope"]})(w, one) })
	rotates := newTokenServer(t, rotating("first"))
	for grantType, one := range map[string]struct {
		server *tokenServer
		issuer Issuer
	}{
		"client_credentials": {granting, ClientCredentials(granting.server())},
		"refresh_token":      {rotates, RefreshToken(rotates.server(), "first", "tokens.yaml:1")},
	} {
		list := List{source(t, one.issuer, Everything)}
		for range 2 {
			for _, scope := range []string{reviews, devices} {
				if _, err := tokenOf(t, list, scope); err != nil {
					t.Fatal(err)
				}
			}
		}
		last := one.server.last()
		if one.server.count() != 2 || last.form["grant_type"] != grantType || last.form["scope"] != devices || last.user != "an-id" {
			t.Errorf("%s: %d requests, the last %v", grantType, one.server.count(), last)
		}
	}
}

// TestWhatATokenServerRefusesIsOneLine: status, code and a redacted description,
// and whether the source is asked again for other scopes.
func TestWhatATokenServerRefusesIsOneLine(t *testing.T) {
	t.Parallel()
	const sentAndMore = ": you sent dpconform-redacted and more"
	for _, one := range []struct {
		respond responder
		says    string
		whole   bool
	}{
		{refusing(401, "invalid_client"), "returned HTTP 401 invalid_client" + sentAndMore + "; check the client's id and secret", true},
		{refusing(400, "invalid_scope"), "returned HTTP 400 invalid_scope" + sentAndMore, false},
		{saying(503, "<p>"+secret), "returned HTTP 503", true},
		{func(w http.ResponseWriter, _ sent) { w.Header().Set("Location", "/elsewhere"); w.WriteHeader(302) },
			"returned HTTP 302: a redirect, which is not followed: it would carry secrets along", false},
		{saying(200, "x"+secret), "sent a response without a token (RFC 6749, 5.1)", true},
		{granting(map[string]any{"access_token": ""}), "sent a response without a token (RFC 6749, 5.1)", true},
		{refusing(400, "in\nvalid\x1b[31m"+secret), "returned HTTP 400 in valid\\x1b[31mdpconform-redacted: you", false},
		{saying(400, `{"error":"invalid_request","error_description":"`+strings.Repeat("long ", 200)+`"}`), "returned HTTP 400 invalid_request: long long", false},
	} {
		server := newTokenServer(t, one.respond)
		failure := wantFailure(t, issued(t, ClientCredentials(server.server()), reviews), "the token server "+hostOf(server.URL)+" "+one.says)
		if failure.Whole != one.whole || len(failure.Error()) > 300 {
			t.Errorf("whole: %v, %d characters: %s", failure.Whole, len(failure.Error()), failure)
		}
		for _, request := range server.requests {
			if request.path != "/token" {
				t.Errorf("%s was asked", request.path)
			}
		}
	}
	for code, want := range map[string]string{
		"invalid_grant": "the refresh token of tokens.yaml:1 is no longer valid (HTTP 400 invalid_grant" + sentAndMore + "); obtain another one",
		"invalid_scope": "the refresh token of tokens.yaml:1 gives no token for this scope (HTTP 400 invalid_scope" + sentAndMore + "); obtain one for this scope alone",
	} {
		wantFailure(t, issued(t, RefreshToken(newTokenServer(t, refusing(400, code)).server(), secret, "tokens.yaml:1"), reviews), want)
	}
	// One that is not there is asked once.
	address := closedServer()
	failure := wantFailure(t, issued(t, ClientCredentials(&TokenServer{Address: address, Client: Client{ID: "an-id", Secret: secret}}), reviews),
		"the token server "+hostOf(address)+" cannot be reached: connection refused")
	if !failure.Whole {
		t.Error("it would be asked for each scope")
	}
}

// TestARedirectGetsNoSecret: neither the token server's nor the revocation's is
// followed, whatever the method.
func TestARedirectGetsNoSecret(t *testing.T) {
	t.Parallel()
	other := newTokenServer(t, granting(nil))
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := newTokenServer(t, func(w http.ResponseWriter, _ sent) {
			w.Header().Set("Location", other.URL+"/token")
			w.WriteHeader(status)
		})
		issuing := issued(t, RefreshToken(server.server(), secret, "here"), reviews)
		login := Login{ID: 1, RefreshToken: secret, RevocationURL: server.URL + "/revoke", ClientID: "an-id", ClientSecret: secret}
		revoking := login.Revoke(t.Context(), NewHTTPClient(nil))
		_, inspecting := (Inspector{TokenInformationURL: server.URL}).Inspect(t.Context(), secret)
		if issuing == nil || revoking == nil || inspecting == nil {
			t.Errorf("%d: %v, %v, %v", status, issuing, revoking, inspecting)
		}
	}
	if other.count() != 0 {
		t.Errorf("the other server was asked %d times", other.count())
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
		email:                                    "does not have the requested scopes",
		reviews + " openid " + email:             "",
		"":                                       "",
		reviews:                                  "",
		reviews + "\x00" + "\x1b[31m":            "does not have",
	} {
		server := newTokenServer(t, granting(map[string]any{"scope": scope}))
		if err := issued(t, ClientCredentials(server.server()), reviews); want != "" {
			wantFailure(t, err, "the token of client credentials at "+hostOf(server.URL)+" "+want)
		} else if err != nil {
			t.Errorf("%q: %v", scope, err)
		}
	}
}

func TestAClockThatIsOffIsNamed(t *testing.T) {
	t.Parallel()
	for offset, want := range map[time.Duration]string{
		time.Hour: "this machine's clock is 1 h ahead of the server's", -90 * time.Minute: "this machine's clock is 1 h 30 min behind the server's",
		time.Minute: "", 49 * time.Hour: "this machine's clock is 2 days ahead of the server's",
	} {
		if got := ClockText(offset); got != want {
			t.Errorf("%s: %s", offset, got)
		}
	}
	server := newTokenServer(t, func(w http.ResponseWriter, one sent) {
		w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		refusing(400, "invalid_grant")(w, one)
	})
	failure := wantFailure(t, issued(t, RefreshToken(server.server(), secret, "here"), reviews), "the refresh token of here is no longer valid")
	if !strings.Contains(failure.Message, "(this machine's clock is 1 h behind the server's)") {
		t.Error(failure)
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
