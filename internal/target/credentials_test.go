package target

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

const (
	mapsReviews = "https://www.googleapis.com/auth/dataportability.maps.reviews"
	playDevices = "https://www.googleapis.com/auth/dataportability.play.devices"
)

func TestNoFormOfACredentialShowsItsToken(t *testing.T) {
	const token = "s3cr3t-token"
	judged := newTarget(t, Config{Endpoint: "http://127.0.0.1:1", Credentials: TokenTemplate{Text: token + "{short}"}})
	given, _ := judged.Credential("token for maps", mapsReviews)
	for _, credential := range []Credential{given, UnknownCredential(token)} {
		request := Request{Method: "POST", Path: "/", Credential: credential}
		exchange := &Exchange{Request: request}
		for _, value := range []any{credential, &credential, request, &request, exchange, []Credential{credential},
			map[string]Credential{"a": credential}, struct{ C Credential }{credential}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				if text := fmt.Sprintf(verb, value); strings.Contains(text, token) || strings.Contains(text, fmt.Sprintf("%x", token)) {
					t.Errorf("%s of %T shows the token: %s", verb, value, text)
				}
			}
			text, err := json.Marshal(value)
			if err != nil || strings.Contains(string(text), token) {
				t.Errorf("JSON of %T: %s, %v", value, text, err)
			}
		}
	}
	if text, _ := json.Marshal(given); string(text) != `"token for maps"` {
		t.Errorf("JSON %s", text)
	}
	if got := fmt.Sprintf("%v %s %+v %#v", given, given, given, given); got != strings.TrimSpace(strings.Repeat("token for maps ", 4)) {
		t.Errorf("shown as %s", got)
	}
}

func TestPresence(t *testing.T) {
	for label, test := range map[string]struct {
		credential Credential
		present    bool
	}{
		"no token":      {NoCredential, false},
		"":              {Credential{}, false},
		"unknown token": {UnknownCredential("x"), true},
	} {
		if test.credential.Present() != test.present || test.credential.String() != label || len(test.credential.Scopes) != 0 {
			t.Errorf("%q: present %v, scopes %q", test.credential, test.credential.Present(), test.credential.Scopes)
		}
	}
}

func TestTokenTemplate(t *testing.T) {
	for _, test := range []struct {
		template TokenTemplate
		scopes   []string
		want     string
	}{
		{TokenTemplate{"scope:{short}", "+"}, []string{mapsReviews}, "scope:dataportability.maps.reviews"},
		{TokenTemplate{"{scope}", "+"}, []string{mapsReviews}, mapsReviews},
		{TokenTemplate{"{scope}", " "}, []string{mapsReviews, playDevices}, mapsReviews + " " + playDevices},
		{TokenTemplate{"{short}!", "+"}, []string{playDevices, "openid", mapsReviews}, "dataportability.play.devices+openid+dataportability.maps.reviews!"},
		{TokenTemplate{"{short}-{scope}", ","}, []string{"a/auth/b", "c"}, "b,c-a/auth/b,c"},
		{TokenTemplate{"{short}{short}", "+"}, []string{"a"}, "aa"},
		{TokenTemplate{"{short}", "+"}, []string{"{scope}"}, "{scope}"},
		{TokenTemplate{"{short}", "+"}, nil, ""},
		{TokenTemplate{"{Scope}", "+"}, []string{"a"}, "{Scope}"},
	} {
		if got := test.template.Name(test.scopes...); got != test.want {
			t.Errorf("%+v with %q: %q, want %q", test.template, test.scopes, got, test.want)
		}
		source, found := test.template.Token(test.scopes...)
		if !found || accessToken(t, source) != test.want {
			t.Errorf("%+v with %q gives no such token", test.template, test.scopes)
		}
	}
}

// accessToken reads the token of a source.
func accessToken(t *testing.T, source oauth2.TokenSource) string {
	t.Helper()
	token, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	if token.Type() != "Bearer" {
		t.Errorf("a token of type %s", token.Type())
	}
	return token.AccessToken
}

func TestACredentialNeedsItsToken(t *testing.T) {
	none := newTarget(t, Config{Endpoint: "http://127.0.0.1:1"})
	if credential, err := none.Credential("x", mapsReviews); err == nil || credential.Present() {
		t.Errorf("found %v", credential)
	}
	some := newTarget(t, Config{Endpoint: "http://127.0.0.1:1", Credentials: TokenTemplate{Text: "{short}"}})
	credential, err := some.Credential("x", mapsReviews, playDevices)
	if err != nil || !credential.Present() || !slices.Equal(credential.Scopes, []string{mapsReviews, playDevices}) {
		t.Errorf("found %v: %v with %q", err, credential, credential.Scopes)
	}
}
