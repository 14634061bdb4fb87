package tokens

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestInspect(t *testing.T) {
	t.Parallel()
	end := time.Unix(1800000000, 0)
	for _, one := range []struct {
		introspect bool
		status     int
		text       string
		want       Information
		says       string
	}{
		{false, 200, `{"scope":"a b","exp":"1800000000","expires_in":"3599"}`, Information{true, []string{"a", "b"}, end}, ""},
		{false, 200, `{"exp":"1800000000"}`, Information{true, nil, end}, ""},
		{false, 400, `{"error":"invalid_token","error_description":"Invalid Value"}`, Information{}, ""},
		{false, 500, `{"error":"x"}`, Information{}, "returned HTTP 500 x"},
		{false, 200, `<html>`, Information{}, "sent a response that does not describe a token"},
		{true, 200, `{"active":true,"scope":"a","exp":1800000000}`, Information{true, []string{"a"}, end}, ""},
		{true, 200, `{"active":true}`, Information{Active: true}, ""},
		{true, 200, `{"active":false}`, Information{}, ""},
		{true, 200, `{"scope":"a"}`, Information{}, "sent a response that does not describe a token"},
		{true, 401, `{"error":"invalid_client","error_description":"` + secret + `"}`, Information{}, "returned HTTP 401 invalid_client: dpconform-redacted; it requires the client's --client-id and secret"},
		{true, 400, `{"error":"invalid_request"}`, Information{}, "returned HTTP 400 invalid_request"},
	} {
		server := newTokenServer(t, saying(one.status, one.text))
		inspector := Inspector{TokenInformationURL: server.URL}
		if one.introspect {
			inspector = Inspector{IntrospectionURL: server.URL, Client: Client{ID: "an-id", Secret: "a-client-secret"}}
		}
		got, err := inspector.Inspect(t.Context(), secret)
		if one.says != "" {
			wantFailure(t, err, inspector.name()+" "+one.says)
		} else if fmt.Sprint(got) != fmt.Sprint(one.want) || err != nil {
			t.Errorf("%s: %v, %v", one.text, got, err)
		}
		first := server.requests[0]
		if one.introspect && (first.form["token"] != secret || first.user != "an-id" || first.pass != "a-client-secret") ||
			!one.introspect && first.form["access_token"] != secret {
			t.Errorf("%v", first)
		}
	}
}

// TestATokenOfOtherScopesIsFound before it is used; one that nobody says
// anything of is used as it is. The inspector is asked once for a token, and
// never again where it fails.
func TestATokenOfOtherScopesIsFound(t *testing.T) {
	t.Parallel()
	carries := func(scopes string) responder { return saying(200, `{"scope":"`+scopes+`"}`) }
	for _, one := range []struct {
		respond    responder
		want       string
		unverified bool
	}{
		{carries(reviews), "", false},
		{carries(reviews + " openid"), "", false},
		{carries(devices), "the token has dataportability.play.devices instead, according to the tokeninfo of ", false},
		{carries(""), "the token has no scope, according to the tokeninfo of ", false},
		{carries(reviews + " " + devices), "the token also has dataportability.play.devices, according to the tokeninfo of ", false},
		{refusing(400, "invalid_token"), "the token is not valid, according to the tokeninfo of ", false},
		{saying(503, ""), "", true},
	} {
		server := newTokenServer(t, one.respond)
		given := source(t, Fixed(secret, "--token"), Everything)
		given.Checker.Inspector.TokenInformationURL = server.URL
		for range 3 {
			status, found := List{given}.Status(reviews)
			if one.want != "" {
				wantFailure(t, status.Err, one.want)
			} else if !found || status.Err != nil || status.Token.AccessToken != secret || status.Verified == one.unverified {
				t.Errorf("%+v", status)
			}
			if one.unverified {
				_, _ = tokenOf(t, List{given}, devices)
				wantFailure(t, status.Unverified, "the tokeninfo of "+hostOf(server.URL)+" returned HTTP 503")
			}
		}
		if server.count() != 1 {
			t.Errorf("asked %d times", server.count())
		}
	}
	// One for several scopes must carry them all.
	for carried, want := range map[string]string{reviews + " " + devices: "", reviews: "the token has dataportability.maps.reviews instead"} {
		group := source(t, Fixed("both", "here"), Exactly(reviews, devices), reviews, devices)
		group.Checker.Inspector.TokenInformationURL = newTokenServer(t, carries(carried)).URL
		scopes, token, found := List{group}.AnyToken()
		if _, err := token.Token(); !found || len(scopes) != 2 || (err == nil) != (want == "") {
			t.Errorf("%q, %v", scopes, err)
		} else if want != "" {
			wantFailure(t, err, want)
		}
	}
}

// FuzzTokenInformation: whatever such a server says becomes one line or
// something that is known of a token.
func FuzzTokenInformation(f *testing.F) {
	for _, text := range []string{`{"scope":"a","exp":"1"}`, `{"active":true}`, `{"exp":1e400}`, `{"exp":"x"}`, `[]`, "", `{"error":{"code":1}}`, `{"error":"invalid_\u0000"}`} {
		f.Add(200, text)
		f.Add(400, text)
	}
	f.Fuzz(func(t *testing.T, status int, text string) {
		for _, inspector := range []Inspector{{TokenInformationURL: "https://a.example"}, {IntrospectionURL: "https://a.example"}} {
			response := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text))}
			if _, err := inspector.read(response, secret); err != nil && strings.ContainsAny(err.Error(), "\n\r\x00\x1b") {
				t.Errorf("%q", err)
			}
		}
	})
}
