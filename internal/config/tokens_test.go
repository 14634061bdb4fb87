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
	// secret is a token that must stand in no error.
	secret = "s3cr3t-t0ken"
)

func wantNoSecret(t *testing.T, err error) {
	t.Helper()
	if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, secret) {
		t.Errorf("the token is shown: %s", text)
	}
}

// tokenOf gives the token that the settings have for scopes, "" for none.
func tokenOf(t *testing.T, settings *Settings, scopes ...string) string {
	t.Helper()
	credentials, err := settings.credentials(&Sources{}, method)
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
	const maps, both = "dataportability.maps.reviews", "dataportability.maps.reviews+dataportability.play.devices"
	for _, test := range []struct {
		token  string
		scopes []string
		want   string
	}{
		{maps + "=one", []string{reviews}, "one"},
		{reviews + "=one", []string{reviews}, "one"},
		{"maps.reviews=a=b==", []string{reviews}, "a=b=="},
		{maps + "=one", []string{devices}, ""},
		{both + "=both", []string{devices, reviews}, "both"},
		{maps + "+" + devices + "=both", []string{reviews, devices}, "both"},
		{both + "=both", []string{reviews}, ""},
		{"unrelated=other", []string{userinfo}, "other"},
		{userinfo + "=other", []string{userinfo}, "other"},
		{maps + "+unrelated=mixed", []string{reviews, userinfo}, "mixed"},
	} {
		if got := tokenOf(t, &Settings{Tokens: []string{test.token, "youtube.music=another"}}, test.scopes...); got != test.want {
			t.Errorf("%q for %q: %q, want %q", test.token, test.scopes, got, test.want)
		}
	}
	if got := tokenOf(t, &Settings{}, reviews); got != "" {
		t.Errorf("nothing was given, and there is %q", got)
	}
	// A file may be YAML or JSON, and what is given comes before the template.
	for _, text := range []string{
		maps + ": one\nunrelated: '2'\n" + both + ": three\n",
		`{"` + reviews + `": "one", "unrelated": 2, "dataportability.play.devices+dataportability.maps.reviews": "three"}`,
	} {
		settings := &Settings{TokenFile: writeFile(t, text), TokenTemplate: "scope:{short}", TokenJoin: "+"}
		for want, scopes := range map[string][]string{
			"one": {reviews}, "2": {userinfo}, "three": {reviews, devices},
			"scope:dataportability.play.devices": {devices}, "scope:dataportability.play.devices+userinfo.email": {devices, userinfo},
		} {
			if got := tokenOf(t, settings, scopes...); got != want {
				t.Errorf("%q: %q, want %q", scopes, got, want)
			}
		}
	}
}

// TestAnEmulatorTakesTokensAlone: it knows tokens, and asks nobody for them.
func TestAnEmulatorTakesTokensAlone(t *testing.T) {
	t.Parallel()
	settings := &Settings{Tokens: []string{"dataportability.maps.reviews+dataportability.play.devices=both", "unrelated=other"}, TokenFile: writeFile(t, "play.*: many\n")}
	scopes, err := settings.ScopesByToken(&Sources{}, method)
	if err != nil || len(scopes) != 3 || !slices.Equal(scopes["both"], []string{reviews, devices}) || !slices.Equal(scopes["other"], []string{userinfo}) ||
		len(scopes["many"]) < 2 || !slices.Contains(scopes["many"], devices) {
		t.Errorf("%q, %v", scopes, err)
	}
	if _, err := (&Settings{Tokens: []string{"x"}}).ScopesByToken(&Sources{}, method); err == nil {
		t.Error("a wrong token is no mistake")
	}
	_, err = (&Settings{TokenFile: writeFile(t, "play.*: {command: mint}\n")}).ScopesByToken(&Sources{}, method)
	wantUsage(t, err, "FILE:1: play.* has a source of tokens, and an emulator needs the tokens themselves; write `SCOPE: TOKEN`")
}

func TestWrongTokensAreRefusedWithoutShowingThem(t *testing.T) {
	t.Parallel()
	const (
		lost      = "--token: the scope or the token is missing; give SCOPE=VALUE"
		oneWord   = "a token is one word, without Bearer"
		space     = "the token of dataportability.maps.reviews has white space in it; " + oneWord
		strange   = "the token of dataportability.maps.reviews has a character in it that no token has, "
		noToken   = "dataportability.maps.reviews has no token; write `SCOPE: TOKEN`"
		none      = "FILE: it contains no tokens; write one line `SCOPE: TOKEN` for each scope"
		otherName = "unknown scope; name a scope, such as dataportability.alerts.subscriptions, or unrelated"
	)
	refused := func(settings Settings, want string) {
		t.Helper()
		_, err := settings.credentials(&Sources{}, method)
		wantUsage(t, err, want)
		wantNoSecret(t, err)
	}
	for token, want := range map[string]string{
		secret:                                  lost,
		"":                                      lost,
		"dataportability.maps.reviews=":         lost,
		"dataportability.maps.review=" + secret: `--token: unknown scope "dataportability.maps.review"; did you mean dataportability.maps.reviews?`,
		strings.TrimSuffix(reviews, "s") + "=" + secret:   `--token: unknown scope "` + strings.TrimSuffix(reviews, "s") + `"; did you mean dataportability.maps.reviews?`,
		"unrelate=" + secret:                              `--token: unknown scope "unrelate"; did you mean unrelated?`,
		"dataportability.maps.reviews+unrelatd=" + secret: `--token: unknown scope "unrelatd"; did you mean unrelated?`,
		"added.scope=" + secret:                           "--token: " + otherName,
		"dataportability.maps.reviews=Bearer " + secret:   "--token: " + space,
		"dataportability.maps.reviews=" + secret + "\n":   "--token: " + space,
		"dataportability.maps.reviews=\t" + secret:        "--token: " + space,
		"dataportability.maps.reviews=\ufeff" + secret:    "--token: " + strange + "U+FEFF; " + oneWord,
		"dataportability.maps.reviews=" + secret + "\x1b": "--token: " + strange + "U+001B; " + oneWord,
	} {
		refused(Settings{Tokens: []string{"dataportability.play.devices=" + secret, token}}, want)
	}
	for text, want := range map[string]string{
		"": none, "# nothing\n": none, "{}\n": none, "- " + secret + "\n": none, secret + "\n": none,
		"dataportability.maps.reviews: ''\n":                                                                                      "FILE:1: " + noToken,
		"unrelated: " + secret + "\ndataportability.maps.reviews:\n":                                                              "FILE:2: " + noToken,
		"dataportability.maps.reviews: [" + secret + "]\n":                                                                        "FILE:1: " + noToken,
		"dataportability.maps.reviews: {a: " + secret + "}\n":                                                                     "FILE:1: " + noToken,
		"# a\nreviews: " + secret + "\n":                                                                                          "FILE:2: " + otherName,
		"dataportability.maps.reviews: Bearer " + secret + "\n":                                                                   "FILE:1: " + space,
		"unrelated: 1\ndataportability.maps.reviews: \"" + secret + "\\u200b\"\n":                                                 "FILE:2: " + strange + "U+200B; " + oneWord,
		"dataportability.maps.reviews: {refresh-token: \"" + secret + "\u00a0\", client-id: a, token-url: 'https://a.example'}\n": "FILE:1: refresh-token of dataportability.maps.reviews has a character in it that no token has, U+00A0; it is one word",
		"a: 1\nb: " + secret + ": c\n":                                                                                            "FILE:2: invalid YAML: a colon stands where no key can be; quote a value that has a colon in it",
	} {
		refused(Settings{TokenFile: writeFile(t, text)}, want)
	}
	gone := t.TempDir()
	refused(Settings{TokenFile: gone}, gone+": is a directory; give a file")
	// Scopes of another description are its own.
	other := *method
	other.Scopes = append(slices.Clone(method.Scopes), spec.Scope{Name: "https://example.com/auth/added.scope"})
	if _, err := (&Settings{Tokens: []string{"added.scope=" + secret}}).credentials(&Sources{}, &other); err != nil {
		t.Error(err)
	}
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
			_, err = settings.TargetConfig(sources, method)
		}
		if err == nil {
			t.Errorf("%q is no mistake", text)
		}
		wantNoSecret(t, err)
	}
}
