package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/spec"
)

const (
	reviews  = "https://www.googleapis.com/auth/dataportability.maps.reviews"
	devices  = "https://www.googleapis.com/auth/dataportability.play.devices"
	userinfo = "https://www.googleapis.com/auth/userinfo.email"
)

// tokenOf gives the token that the settings have for scopes, "" for none.
func tokenOf(t *testing.T, settings *Settings, scopes ...string) string {
	t.Helper()
	credentials, err := settings.credentials(&Sources{}, contract)
	if err != nil {
		t.Fatal(err)
	}
	source, found := credentials.Token(scopes...)
	if !found {
		return ""
	}
	token, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	return token.AccessToken
}

func TestGivenTokensAreFoundByTheirScopes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		tokens []string
		scopes []string
		want   string
	}{
		{[]string{"dataportability.maps.reviews=one"}, []string{reviews}, "one"},
		{[]string{reviews + "=one"}, []string{reviews}, "one"},
		{[]string{"maps.reviews=one"}, []string{reviews}, "one"},
		{[]string{"dataportability.maps.reviews=one"}, []string{devices}, ""},
		{[]string{"dataportability.maps.reviews=a=b=="}, []string{reviews}, "a=b=="},
		{[]string{"dataportability.maps.reviews+dataportability.play.devices=both"}, []string{devices, reviews}, "both"},
		{[]string{"dataportability.maps.reviews+" + devices + "=both"}, []string{reviews, devices}, "both"},
		{[]string{"dataportability.maps.reviews+dataportability.play.devices=both"}, []string{reviews}, ""},
		{[]string{"unrelated=other"}, []string{userinfo}, "other"},
		{[]string{userinfo + "=other"}, []string{userinfo}, "other"},
		{[]string{"dataportability.maps.reviews+unrelated=mixed"}, []string{reviews, userinfo}, "mixed"},
		{[]string{"dataportability.maps.reviews=one", "dataportability.play.devices=two"}, []string{devices}, "two"},
		{nil, []string{reviews}, ""},
	} {
		if got := tokenOf(t, &Settings{Tokens: test.tokens}, test.scopes...); got != test.want {
			t.Errorf("%q for %q: %q, want %q", test.tokens, test.scopes, got, test.want)
		}
	}
}

func TestATokenFileIsReadAsYAMLOrJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"dataportability.maps.reviews: one\nunrelated: '2'\ndataportability.maps.reviews+dataportability.play.devices: three\n",
		`{"` + reviews + `": "one", "unrelated": 2, "dataportability.play.devices+dataportability.maps.reviews": "three"}`,
	} {
		settings := &Settings{TokenFile: writeFile(t, text)}
		one, two, three := tokenOf(t, settings, reviews), tokenOf(t, settings, userinfo), tokenOf(t, settings, reviews, devices)
		if one != "one" || two != "2" || three != "three" {
			t.Errorf("%s: %q, %q, %q", text, one, two, three)
		}
	}
}

func TestGivenTokensComeBeforeTheTemplate(t *testing.T) {
	t.Parallel()
	settings := &Settings{Tokens: []string{"dataportability.maps.reviews=given"}, TokenTemplate: "scope:{short}", TokenJoin: "+",
		TokenFile: writeFile(t, "dataportability.play.devices: filed\n")}
	for want, scopes := range map[string][]string{
		"given": {reviews},
		"filed": {devices},
		"scope:dataportability.maps.reviews+dataportability.play.devices": {reviews, devices},
		"scope:userinfo.email": {userinfo},
	} {
		if got := tokenOf(t, settings, scopes...); got != want {
			t.Errorf("%q: %q, want %q", scopes, got, want)
		}
	}
}

func TestScopesByToken(t *testing.T) {
	t.Parallel()
	settings := &Settings{Tokens: []string{"dataportability.maps.reviews+dataportability.play.devices=both", "unrelated=other"}}
	scopes, err := settings.ScopesByToken(&Sources{}, contract)
	if err != nil || len(scopes) != 2 || !slices.Equal(scopes["both"], []string{reviews, devices}) || !slices.Equal(scopes["other"], []string{userinfo}) {
		t.Errorf("%q, %v", scopes, err)
	}
	if _, err := (&Settings{Tokens: []string{"x"}}).ScopesByToken(&Sources{}, contract); err == nil {
		t.Error("a wrong token is no mistake")
	}
}

// secret is a token that must stand in no error.
const secret = "s3cr3t-t0ken"

func TestWrongTokensAreRefusedWithoutShowingThem(t *testing.T) {
	t.Parallel()
	const lost = "--token: a token without its scope, or a scope without a token; give SCOPE=VALUE"
	for _, test := range []struct{ token, want string }{
		{secret, lost},
		{"", lost},
		{"dataportability.maps.reviews=", lost},
		{"dataportability.maps.review=" + secret, `--token: unknown scope "dataportability.maps.review"; did you mean dataportability.maps.reviews?`},
		{strings.TrimSuffix(reviews, "s") + "=" + secret, `--token: unknown scope "` + strings.TrimSuffix(reviews, "s") + `"; did you mean dataportability.maps.reviews?`},
		{"unrelate=" + secret, `--token: unknown scope "unrelate"; did you mean unrelated?`},
		{"dataportability.maps.reviews+unrelatd=" + secret, `--token: unknown scope "unrelatd"; did you mean unrelated?`},
		{"dataportability.maps.reviews=Bearer " + secret, "--token: the token of dataportability.maps.reviews has white space in it; a token is one word, without Bearer"},
		{"dataportability.maps.reviews=" + secret + "\n", "--token: the token of dataportability.maps.reviews has white space in it; a token is one word, without Bearer"},
		{"dataportability.maps.reviews=\t" + secret, "--token: the token of dataportability.maps.reviews has white space in it; a token is one word, without Bearer"},
	} {
		_, err := (&Settings{Tokens: []string{"dataportability.play.devices=" + secret, test.token}}).credentials(&Sources{}, contract)
		wantUsage(t, err, test.want)
		wantNoSecret(t, err)
	}
}

func wantNoSecret(t *testing.T, err error) {
	t.Helper()
	if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, secret) {
		t.Errorf("the token is shown: %s", text)
	}
}

func TestWrongTokenFilesAreRefusedWithoutShowingTheirTokens(t *testing.T) {
	t.Parallel()
	const none = "FILE: it holds no tokens; write one line `SCOPE: TOKEN` for each scope"
	for _, test := range []struct{ text, want string }{
		{"", none},
		{"# nothing\n", none},
		{"{}\n", none},
		{"- " + secret + "\n", none},
		{secret + "\n", none},
		{"dataportability.maps.reviews: ''\n", "FILE:1: dataportability.maps.reviews has no token; write `SCOPE: TOKEN`"},
		{"unrelated: " + secret + "\ndataportability.maps.reviews:\n", "FILE:2: dataportability.maps.reviews has no token; write `SCOPE: TOKEN`"},
		{"dataportability.maps.reviews: [" + secret + "]\n", "FILE:1: dataportability.maps.reviews has no token; write `SCOPE: TOKEN`"},
		{"dataportability.maps.reviews: {a: " + secret + "}\n", "FILE:1: dataportability.maps.reviews has no token; write `SCOPE: TOKEN`"},
		{"# a\nreviews: " + secret + "\n", `FILE:2: a name that is none of the description's scopes; name a scope, such as dataportability.alerts.subscriptions, or unrelated`},
		{"dataportability.maps.reviews: Bearer " + secret + "\n", "FILE:1: the token of dataportability.maps.reviews has white space in it; a token is one word, without Bearer"},
		{"a: 1\nb: " + secret + ": c\n", "FILE:2: not readable as YAML: mapping values are not allowed in this context"},
	} {
		_, err := (&Settings{TokenFile: writeFile(t, test.text)}).credentials(&Sources{}, contract)
		wantUsage(t, err, test.want)
		wantNoSecret(t, err)
	}
	gone := t.TempDir()
	_, err := (&Settings{TokenFile: gone}).credentials(&Sources{}, contract)
	wantUsage(t, err, gone+": is a directory")
}

func TestNoMistakeOfTheFileShowsATokenInIt(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"token: [[" + secret + "]]\n", "token: {unrelated: {a: " + secret + "}}\n", "token: {unrelated: [[" + secret + "]]}\n",
		"token: {unrelated: " + secret + "}\nseed: x\n", "token: {unrelated: " + secret + "}\ntoken: " + secret + "\n",
		"token: {unrelated: " + secret + "}\nsead: x\n", "token: {unrelated: " + secret + "\n", "token: {unrelated: '" + secret + " x'}\n",
		"token: " + secret + "\n", "token: [" + secret + "]\n", "token: {no-scope: " + secret + "}\n", "token-template: " + secret + "\n",
		"tokens: {unrelated: " + secret + "}\n", "token-file: [" + secret + ", b]\n",
	} {
		settings, sources, err := given{flags: []string{"--endpoint", "http://127.0.0.1:1"}, file: text}.fill(t)
		if err == nil {
			_, err = settings.TargetConfig(sources, contract)
		}
		if err == nil {
			t.Errorf("%q is no mistake", text)
		}
		wantNoSecret(t, err)
	}
}

func TestScopesOfAnotherDescriptionAreItsOwn(t *testing.T) {
	t.Parallel()
	other := *contract
	other.Scopes = append(slices.Clone(contract.Scopes), spec.Scope{Name: "https://example.com/auth/added.scope"})
	settings := &Settings{Tokens: []string{"added.scope=" + secret}}
	if _, err := settings.credentials(&Sources{}, &other); err != nil {
		t.Error(err)
	}
	_, err := settings.credentials(&Sources{}, contract)
	wantUsage(t, err, `--token: a name that is none of the description's scopes; name a scope, such as dataportability.alerts.subscriptions, or unrelated`)
}
