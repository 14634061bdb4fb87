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
		{"tokeninfo that fails", false, write(500, `{"error":"x"}`), Information{}, "answered HTTP 500 x"},
		{"tokeninfo that is none", false, write(200, `<html>`), Information{}, "gave an answer that says nothing of a token"},
		{"introspection", true, write(200, `{"active":true,"scope":"a","exp":1800000000}`), Information{true, []string{"a"}, time.Unix(1800000000, 0)}, ""},
		{"introspection without an end", true, write(200, `{"active":true}`), Information{Active: true}, ""},
		{"introspection that does not know it", true, write(200, `{"active":false}`), Information{}, ""},
		{"introspection that says nothing", true, write(200, `{"scope":"a"}`), Information{}, "gave an answer that says nothing of a token"},
		{"introspection that wants a client", true, write(401, `{"error":"invalid_client","error_description":"`+secret+`"}`), Information{},
			"answered HTTP 401 invalid_client: dpconform-redacted; it wants the client's --client-id and secret"},
		{"introspection that refuses", true, write(400, `{"error":"invalid_request"}`), Information{}, "answered HTTP 400 invalid_request"},
	} {
		t.Run(one.name, func(t *testing.T) {
			server := newTokenServer(t, func(w http.ResponseWriter, _ asked) { one.answer(w) })
			inspector := Inspector{TokenInformationURL: server.URL, HTTP: NewHTTPClient(nil)}
			if one.introspect {
				inspector = Inspector{IntrospectionURL: server.URL, ClientID: "an-id", ClientSecret: "a-client-secret"}
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
	for carried, want := range map[string]string{
		reviews:                  "",
		reviews + " openid":      "",
		devices:                  "the token carries dataportability.play.devices instead, says the tokeninfo of ",
		"":                       "the token carries no scope, says the tokeninfo of ",
		reviews + " " + devices:  "the token carries also dataportability.play.devices, says the tokeninfo of ",
		"invalid":                "the token is not valid, says the tokeninfo of ",
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
		given := NewSource(t.Context(), Fixed{secret, "--token"}, Exactly(reviews))
		verified := NewVerified(t.Context(), List{given}, Inspector{TokenInformationURL: server.URL}, documented)
		for range 3 {
			token, err := tokenOf(t, verified, reviews)
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

func TestAVerifiedTokenOfAGroup(t *testing.T) {
	server := newTokenServer(t, func(w http.ResponseWriter, _ asked) {
		_ = json.NewEncoder(w).Encode(map[string]string{"scope": reviews + " " + devices})
	})
	group := NewSource(t.Context(), Fixed{"both", "here"}, Exactly(reviews, devices), reviews, devices)
	inspector := Inspector{TokenInformationURL: server.URL}
	scopes, source, found := NewVerified(t.Context(), List{group}, inspector, documented).AnyToken()
	if token, err := source.Token(); !found || err != nil || token.AccessToken != "both" || len(scopes) != 2 {
		t.Errorf("%q, %v", scopes, err)
	}
	if origin, found := NewVerified(t.Context(), List{group}, inspector, documented).Origin(devices, reviews); origin != "here" || !found {
		t.Errorf("from %q", origin)
	}
	if _, _, found := NewVerified(t.Context(), List{}, inspector, documented).AnyToken(); found {
		t.Error("there is no group")
	}
	if _, found := NewVerified(t.Context(), List{}, inspector, documented).Token(reviews); found {
		t.Error("there is no token")
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
