package tokens

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// write writes an answer.
func write(status int, text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name       string
		introspect bool
		answer     func(http.ResponseWriter)
		want       Information
		says       string
	}{
		{"tokeninfo", false, write(200, `{"scope":"a b","exp":"1800000000","expires_in":"3599"}`), Information{true, []string{"a", "b"}, time.Unix(1800000000, 0)}, ""},
		{"tokeninfo without a scope", false, write(200, `{"exp":"1800000000"}`), Information{true, nil, time.Unix(1800000000, 0)}, ""},
		{"tokeninfo that does not know it", false, write(400, `{"error":"invalid_token","error_description":"Invalid Value"}`), Information{}, ""},
		{"tokeninfo that fails", false, write(500, `{"error":"x"}`), Information{}, "returned HTTP 500 x"},
		{"tokeninfo that is none", false, write(200, `<html>`), Information{}, "sent a response that says nothing of a token"},
		{"introspection", true, write(200, `{"active":true,"scope":"a","exp":1800000000}`), Information{true, []string{"a"}, time.Unix(1800000000, 0)}, ""},
		{"introspection without an end", true, write(200, `{"active":true}`), Information{Active: true}, ""},
		{"introspection that does not know it", true, write(200, `{"active":false}`), Information{}, ""},
		{"introspection that says nothing", true, write(200, `{"scope":"a"}`), Information{}, "sent a response that says nothing of a token"},
		{"introspection that wants a client", true, write(401, `{"error":"invalid_client","error_description":"`+secret+`"}`), Information{},
			"returned HTTP 401 invalid_client: dpconform-redacted; it wants the client's --client-id and secret"},
		{"introspection that refuses", true, write(400, `{"error":"invalid_request"}`), Information{}, "returned HTTP 400 invalid_request"},
	} {
		t.Run(one.name, func(t *testing.T) {
			server := newTokenServer(t, func(w http.ResponseWriter, _ asked) { one.answer(w) })
			inspector := Inspector{TokenInformationURL: server.URL}
			if one.introspect {
				inspector = Inspector{IntrospectionURL: server.URL, Client: Client{ID: "an-id", Secret: "a-client-secret"}}
			}
			got, err := inspector.Inspect(t.Context(), secret)
			if one.says != "" {
				wantFailure(t, err, inspector.name()+" "+one.says)
			} else if fmt.Sprint(got) != fmt.Sprint(one.want) || err != nil {
				t.Errorf("%v, %v", got, err)
			}
			first := server.requests[0]
			if one.introspect && (first.form["token"] != secret || first.user != "an-id" || first.pass != "a-client-secret") ||
				!one.introspect && first.form["access_token"] != secret {
				t.Errorf("%v", first)
			}
		})
	}
}

// TestATokenOfOtherScopesIsFound: what a token was given for and what it carries
// are compared before it is used.
func TestATokenOfOtherScopesIsFound(t *testing.T) {
	t.Parallel()
	for carried, want := range map[string]string{
		reviews:                  "",
		reviews + " openid":      "",
		devices:                  "the token carries dataportability.play.devices instead, according to the tokeninfo of ",
		"":                       "the token carries no scope, according to the tokeninfo of ",
		reviews + " " + devices:  "the token also carries dataportability.play.devices, according to the tokeninfo of ",
		"invalid":                "the token is not valid, according to the tokeninfo of ",
		"nobody knows the token": "",
	} {
		server := newTokenServer(t, func(w http.ResponseWriter, _ asked) {
			switch carried {
			case "invalid":
				refuse(w, 400, "invalid_token")
			case "nobody knows the token":
				w.WriteHeader(503)
			default:
				_ = json.NewEncoder(w).Encode(map[string]string{"scope": carried})
			}
		})
		given := source(t, Fixed(secret, "--token"), Everything)
		given.Checker.Inspector.TokenInformationURL = server.URL
		for range 3 {
			token, err := tokenOf(t, List{given}, reviews)
			if want != "" {
				wantFailure(t, err, want)
			} else if token != secret || err != nil {
				t.Errorf("%s: %v", carried, err)
			}
		}
		if server.count() != 1 {
			t.Errorf("%s: asked %d times", carried, server.count())
		}
	}
}

// TestAnInspectorThatFailsIsAskedOnce: the tokens are used as they are.
func TestAnInspectorThatFailsIsAskedOnce(t *testing.T) {
	t.Parallel()
	server := newTokenServer(t, func(w http.ResponseWriter, _ asked) { w.WriteHeader(503) })
	given := source(t, Fixed(secret, "--token"), Everything)
	given.Checker.Inspector.TokenInformationURL = server.URL
	for _, scope := range []string{reviews, devices, reviews} {
		status, found := List{given}.Status(scope)
		if !found || status.Err != nil || status.Verified {
			t.Errorf("%+v", status)
		}
		wantFailure(t, status.Unverified, "the tokeninfo of "+hostOf(server.URL)+" returned HTTP 503")
	}
	if server.count() != 1 {
		t.Errorf("asked %d times", server.count())
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
			response := &http.Response{StatusCode: status, Header: http.Header{}, Body: &body{strings.NewReader(text)}}
			if _, err := inspector.read(response, secret); err != nil && strings.ContainsAny(err.Error(), "\n\r\x00\x1b") {
				t.Errorf("%q", err)
			}
		}
	})
}

type body struct{ *strings.Reader }

func (*body) Close() error { return nil }

// TestATokenOfAGroupIsChecked: one for several scopes must carry them all.
func TestATokenOfAGroupIsChecked(t *testing.T) {
	t.Parallel()
	for carried, want := range map[string]string{reviews + " " + devices: "", reviews: "the token carries dataportability.maps.reviews instead"} {
		server := newTokenServer(t, func(w http.ResponseWriter, _ asked) {
			_ = json.NewEncoder(w).Encode(map[string]string{"scope": carried})
		})
		group := source(t, Fixed("both", "here"), Exactly(reviews, devices), reviews, devices)
		group.Checker.Inspector.TokenInformationURL = server.URL
		scopes, token, found := List{group}.AnyToken()
		if _, err := token.Token(); !found || len(scopes) != 2 || (err == nil) != (want == "") {
			t.Errorf("%q, %v", scopes, err)
		} else if want != "" {
			wantFailure(t, err, want)
		}
	}
}
