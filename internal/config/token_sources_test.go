package config

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/tokens"
	"github.com/dpconform/dpconform/spec"
)

// kept makes a store of logins in a configuration folder of the test's own.
func kept(t *testing.T, logins ...tokens.Login) *tokens.Store {
	t.Helper()
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("HOME", home)
	t.Setenv("AppData", home)
	folder, err := tokens.DefaultFolder()
	if err != nil {
		t.Fatal(err)
	}
	store := tokens.NewStore(folder)
	for _, login := range logins {
		if _, err := store.Add(t.Context(), login); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// found are the credentials of what a person gives.
func (g given) credentials(t *testing.T) (target.Credentials, error) {
	t.Helper()
	settings, sources, err := g.fill(t)
	if err != nil {
		t.Fatal(err)
	}
	config, err := settings.TargetConfig(sources, method)
	return config.Credentials, err
}

// origin says where the token for scopes comes from; "" for none.
func origin(t *testing.T, found target.Credentials, scopes ...string) string {
	t.Helper()
	status, there := found.(tokens.List).Status(scopes...)
	if !there {
		return ""
	}
	return status.Origin
}

// TestSourcesStandInOrder: given tokens, the environment, the command, logins,
// client credentials, the machine's, the template.
func TestSourcesStandInOrder(t *testing.T) {
	kept(t, tokens.Login{Endpoint: "https://api.example", Scopes: []string{reviews}, Obtained: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)},
		tokens.Login{Endpoint: "https://other.example", Scopes: []string{devices}})
	all := given{flags: []string{"--endpoint", "https://api.example"}, environment: map[string]string{"DPCONFORM_CLIENT_SECRET": secret}}
	// Each source is added in front of those that it wins over.
	for _, step := range []struct {
		flags, variable, scope, from string
	}{
		{"--token-template {short}", "", devices, "the token template"},
		{"--application-default", "", devices, "application default credentials"},
		{"--token-url https://auth.example/token --client-id x", "", devices, "client credentials at auth.example"},
		{"", "", reviews, "login 1 of 2026-11-24"},
		{"--token-command mint-{scope}", "", reviews, "the command mint-{scope}"},
		{"", "DPCONFORM_TOKEN_MAPS_REVIEWS", reviews, "the variable DPCONFORM_TOKEN_MAPS_REVIEWS"},
		{"--token maps.reviews=x", "", reviews, "--token"},
	} {
		all.flags = append(all.flags, strings.Fields(step.flags)...)
		if step.variable != "" {
			all.environment[step.variable] = "x"
		}
		found, err := all.credentials(t)
		if err != nil {
			t.Fatal(err)
		}
		if got := origin(t, found, step.scope); got != step.from {
			t.Errorf("from %q, want %q", got, step.from)
		}
	}
	file := writeFile(t, "maps.*: {command: mint}\ndataportability.maps.reviews: x\n")
	found, err := given{flags: []string{"--endpoint", "https://api.example", "--token-file", file}}.credentials(t)
	if err != nil || origin(t, found, reviews) != file+":2:1" {
		t.Errorf("a pattern comes before the scope itself, or %v", err)
	}
}

func TestPatternsAndGroupsInATokenFile(t *testing.T) {
	kept(t)
	text := `
"dataportability.maps.*": {environment: MAPS}
"*.devices": one-token
"*": {command: "mint {scope}"}
`
	found, err := given{flags: []string{"--endpoint", "https://api.example", "--token-file", writeFile(t, text)}, environment: map[string]string{"MAPS": "x"}}.credentials(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		want   string
		scopes []string
	}{
		{"the variable MAPS", []string{reviews}}, {"the variable MAPS", []string{reviews, "https://www.googleapis.com/auth/dataportability.maps.vehicles"}},
		{"the command mint", []string{userinfo}}, {"the command mint", []string{reviews, userinfo}},
	} {
		if got := origin(t, found, test.scopes...); got != test.want {
			t.Errorf("%q: from %q, want %q", test.scopes, got, test.want)
		}
	}
	scopes, source, there := found.AnyToken()
	if token, err := source.Token(); !there || err != nil || token.AccessToken != "one-token" || len(scopes) != 1 || scopes[0] != devices {
		t.Errorf("%q, %v, %v", scopes, there, err)
	}
}

func TestWrongSourcesAreRefusedWithoutShowingThem(t *testing.T) {
	kept(t)
	for _, test := range []struct{ text, want string }{
		{"x.*: {command: mint}\n", "FILE:1: no scope matches the pattern; write alerts.* for all scopes of a product"},
		{"\"" + secret + "*\": x\n", "FILE:1: no scope matches the pattern; write alerts.* for all scopes of a product"},
		{"maps.*: x\n'maps.*': y\n", "FILE:2: the same key is already in line 1; remove one of them"},
		{"maps.*: {comand: " + secret + "}\n", `FILE:1: maps.* has an unknown key "comand"; did you mean command?`},
		{"maps.*: {command: mint, " + secret + ": x}\n", "FILE:1: maps.* has a key that no source has; " + sourceFix},
		{"maps.*: {command: mint, environment: X}\n", "FILE:1: environment of maps.* cannot be combined with command; remove one of them"},
		{"maps.*: {command: mint, command: mint}\n", "FILE:1: the same key is already in line 1; remove one of them"},
		{"maps.*: {command: }\n", "FILE:1: command of maps.* has no value; give one, or remove it"},
		{"maps.*: {command: [mint]}\n", "FILE:1: command of maps.* has no value; give one, or remove it"},
		{"maps.*: {command: 'mint | x'}\n", "FILE:1: the token command: no shell runs it, so it has no | ; & < or >; put them into a script, or into quotes"},
		{"maps.*: {refresh-token: " + secret + ", client-id: x}\n", "FILE:1: refresh-token of maps.* needs token-url too; add it"},
		{"maps.*: {refresh-token: " + secret + ", token-url: 'https://a.example'}\n", "FILE:1: refresh-token of maps.* needs client-id too; add it"},
		{"maps.*: {refresh-token: " + secret + ", client-id: x, token-url: 'http://a.example'}\n", "FILE:1: token-url: secrets would be sent unencrypted to a.example; give an https URL"},
		{"maps.*: {refresh-token-env: NONE, client-id: x, token-url: 'https://a.example'}\n", "FILE:1: the variable of refresh-token-env is not set; set the variable"},
		{"maps.*: {client-id: x, token-url: 'https://a.example'}\n", "FILE:1: client credentials of maps.* need client-secret or client-secret-env; add one"},
		{"maps.*: {client-id: x, token-url: 'https://a.example', client-secret: " + secret + ", client-secret-env: X}\n", "FILE:1: client-secret-env of maps.* cannot be combined with client-secret; remove one of them"},
		{"maps.*: {client-id: x, client-secret: " + secret + "}\n", "FILE:1: maps.* has no source of tokens; " + sourceFix},
		{"maps.*: {service-account: no-such-file}\n", "FILE:1: no-such-file: no such file or directory; check the path"},
		{"maps.*: {application-default: maybe}\n", "FILE:1: application-default takes true; write application-default: true"},
	} {
		_, err := given{flags: []string{"--endpoint", "https://api.example", "--token-file", writeFile(t, test.text)}}.credentials(t)
		wantUsage(t, err, test.want)
		wantNoSecret(t, err)
	}
	key := writeFile(t, "{")
	_, err := given{flags: []string{"--endpoint", "https://api.example", "--token-file", writeFile(t, "maps.*: {service-account: "+key+"}")}}.credentials(t)
	wantUsage(t, err, "FILE:1: FILE: it is not JSON; give the JSON key of a service account")
}

func TestWrongCredentialFlagsAreOneLine(t *testing.T) {
	kept(t)
	large, tokens := writeFile(t, strings.Repeat("x", 64<<10+1)), writeFile(t, strings.Repeat("x", 1<<20+1))
	empty, client := writeFile(t, "\n"), writeFile(t, `{"web":{"client_id":"another","client_secret":"`+secret+`"}}`)
	for _, test := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--token-command", "mint"}, "--token-command: it has neither {scope} nor {short}, so it would give the same token for every scope; put {scope} or {short} where the scope belongs"},
		{[]string{"--token-command", "'mint"}, "--token-command: a quote or a bracket in it is not closed; close it"},
		{[]string{"--token-url", "http://a.example"}, "--token-url: secrets would be sent unencrypted to a.example; give an https URL"},
		{[]string{"--token-url", "https://a.example"}, "--token-url: no client id is given; give --client-id ID"},
		{[]string{"--token-url", "https://a.example", "--client-id", "x"}, "--token-url: the client x has no secret; put it into DPCONFORM_CLIENT_SECRET or into a file for --client-secret-file"},
		{[]string{"--token-url", "https://a.example", "--client-id", "x", "--client-secret-file", empty}, "--client-secret-file: FILE holds no secret; put the secret alone into it"},
		{[]string{"--token-url", "https://a.example", "--client-id", "x", "--client-secret-file", "no-such-file"}, "--client-secret-file: no-such-file: no such file or directory; check the path"},
		{[]string{"--token-url", "https://a.example", "--client-id", "x", "--client-secret-file", large}, "--client-secret-file: FILE: it is longer than 64 KiB; is it the right file?"},
		{[]string{"--client-secret-file", "no-such-file"}, "--client-secret-file: nothing asks for a client's secret; give --token-url or --introspection-url too, or leave it out"},
		{[]string{"--token-file", tokens}, "FILE: it is longer than 1 MiB; is it the right file?"},
		{[]string{"--token-url", "https://a.example", "--client-id", "x", "--client-secret-file", client},
			"--client-secret-file: FILE: it is of another client than --client-id; give the JSON file of a client of type desktop app, or the secret alone"},
		{[]string{"--tokeninfo-url", "a.example"}, "--tokeninfo-url: it is not an address; give one that starts with https://"},
		{[]string{"--introspection-url", "http://a.example"}, "--introspection-url: secrets would be sent unencrypted to a.example; give an https URL"},
	} {
		_, err := given{flags: append([]string{"--endpoint", "https://api.example"}, test.flags...)}.credentials(t)
		wantUsage(t, err, test.want)
		wantNoSecret(t, err)
	}
}

// TestTokensOfPeopleGoToEncryptedEndpointsAlone, unless they are on this machine.
func TestTokensOfPeopleGoToEncryptedEndpointsAlone(t *testing.T) {
	kept(t, tokens.Login{Endpoint: "http://api.example", Scopes: []string{reviews}})
	refresh := writeFile(t, "maps.*: {refresh-token: x, client-id: x, token-url: 'https://a.example'}")
	for _, test := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--application-default"}, "--application-default: tokens of the application default credentials are not sent to http://api.example, which is not encrypted; give an endpoint with https://"},
		{[]string{"--token-url", "https://a.example", "--client-id", "x"}, "--token-url: tokens of a token server are not sent to http://api.example, which is not encrypted; give an endpoint with https://"},
		{[]string{"--token-file", refresh}, "FILE:1: tokens of a token server are not sent to http://api.example, which is not encrypted; give an endpoint with https://"},
	} {
		environment := map[string]string{"DPCONFORM_CLIENT_SECRET": secret}
		_, err := given{flags: append([]string{"--endpoint", "http://api.example"}, test.flags...), environment: environment}.credentials(t)
		wantUsage(t, err, test.want)
		if _, err := (given{flags: append([]string{"--endpoint", "http://127.0.0.1:1"}, test.flags...), environment: environment}).credentials(t); err != nil {
			t.Errorf("%q on this machine: %v", test.flags, err)
		}
	}
	found, err := given{flags: []string{"--endpoint", "http://api.example"}}.credentials(t)
	if err != nil || origin(t, found, reviews) != "" {
		t.Errorf("the login is used, or %v", err)
	}
}

func TestABrokenStoreIsOneLine(t *testing.T) {
	store := kept(t, tokens.Login{Endpoint: "https://api.example", Scopes: []string{reviews}, RefreshToken: secret})
	if err := os.Truncate(store.Path(), 100); err != nil {
		t.Fatal(err)
	}
	_, err := given{flags: []string{"--endpoint", "https://api.example"}}.credentials(t)
	wantUsage(t, err, store.Path()+": it is not a valid store of logins: its JSON cannot be read; move it away and log in again")
	wantNoSecret(t, err)
}

func TestAVariableThatNamesNoScopeIsAMistake(t *testing.T) {
	kept(t)
	settings, sources := given{flags: []string{"--endpoint", "https://api.example"}, environment: map[string]string{"DPCONFORM_TOKEN_MAPS_REVIEW": secret}}.mustFill(t)
	sources.Variables = func() []string {
		return []string{"PATH", "DPCONFORM_TOKEN_TEMPLATE", "DPCONFORM_TOKEN_UNRELATED", "DPCONFORM_TOKEN_MAPS_REVIEW"}
	}
	_, err := settings.TargetConfig(sources, method)
	wantUsage(t, err, "DPCONFORM_TOKEN_MAPS_REVIEW: it names none of the description's scopes; did you mean DPCONFORM_TOKEN_MAPS_REVIEWS?")
	wantNoSecret(t, err)
}

func TestTokenVariables(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, scope := range method.Scopes {
		variable := TokenVariable(method, scope.Name)
		if other, twice := seen[variable]; twice {
			t.Errorf("%s is that of %s and %s", variable, scope.Name, other)
		}
		seen[variable] = scope.Name
	}
	if seen["DPCONFORM_TOKEN_MAPS_REVIEWS"] != reviews || TokenVariable(method, userinfo) != "DPCONFORM_TOKEN_UNRELATED" {
		t.Error("the variables have other names")
	}
}

func TestWhoKnowsATokenIsAsked(t *testing.T) {
	kept(t)
	for endpoint, want := range map[string]string{
		"https://dataportability.googleapis.com": tokens.GoogleTokenInformationURL, "https://googleapis.com.evil.example": "",
		"http://dataportability.googleapis.com": "", "http://127.0.0.1:1": "",
	} {
		settings, sources := given{flags: []string{"--endpoint", endpoint}}.mustFill(t)
		if inspector, err := settings.Inspector(sources); err != nil || inspector.TokenInformationURL != want {
			t.Errorf("%s: %q, %v", endpoint, inspector.TokenInformationURL, err)
		}
	}
	file := writeFile(t, `{"installed":{"client_id":"of-the-file","client_secret":"`+secret+`"}}`)
	settings, sources := given{flags: []string{"--endpoint", "https://api.example", "--introspection-url", "https://auth.example/i", "--client-secret-file", file}}.mustFill(t)
	inspector, err := settings.Inspector(sources)
	if err != nil || inspector.Client.ID != "of-the-file" || string(inspector.Client.Secret) != secret || inspector.TokenInformationURL != "" {
		t.Errorf("%+v, %v", inspector, err)
	}
}

func TestScopesNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"maps.reviews": 1, reviews: 1, "dataportability.maps.reviews": 1, "maps.reviews, play.devices": 2, "maps.reviews,maps.reviews": 1,
		"*": len(method.Scopes), "unrelated": 1, "*,unrelated": len(method.Scopes) + 1, "maps.reviews,maps.*": 10, "*.devices": 1,
	} {
		if scopes, err := ScopesNamed(method, "--scopes", text); err != nil || len(scopes) != want {
			t.Errorf("%s: %d scopes, %v", text, len(scopes), err)
		}
	}
	for text, want := range map[string]string{
		"":                   "--scopes: a scope is empty; separate scopes with commas: SCOPE,PRODUCT.*",
		"maps.reviews,":      "--scopes: a scope is empty; separate scopes with commas: SCOPE,PRODUCT.*",
		"maps.review":        `--scopes: unknown scope "maps.review"; did you mean dataportability.maps.reviews?`,
		"mapz.*":             "--scopes: unknown scope \"mapz.*\"; did you mean maps.*?",
		"something.else.yet": "--scopes: unknown scope \"something.else.yet\"; name a scope, such as dataportability.alerts.subscriptions",
	} {
		_, err := ScopesNamed(method, "--scopes", text)
		wantUsage(t, err, want)
	}
}

// TestInsecureIsForThisMachine: another server's certificate is looked at
// whatever is allowed for the target.
func TestInsecureIsForThisMachine(t *testing.T) {
	kept(t)
	settings, sources := given{flags: []string{"--endpoint", "https://127.0.0.1:1", "--insecure"}}.mustFill(t)
	client, err := settings.OAuthClient(sources)
	if err != nil {
		t.Fatal(err)
	}
	if transport, both := client.Transport.(strictElsewhere); !both || transport.here == transport.elsewhere {
		t.Errorf("%T", client.Transport)
	}
	if err := client.CheckRedirect(nil, nil); err == nil {
		t.Error("redirects are followed")
	}
}

// TestAMethodWithoutScopes: no token is asked for, whatever other methods need, and
// one that is given names a scope that is not there.
func TestAMethodWithoutScopes(t *testing.T) {
	t.Parallel()
	sources := &Sources{
		Environment: func(name string) (string, bool) { return "secret-1", name == "DPCONFORM_TOKEN_MAPS_REVIEWS" },
		Variables:   func() []string { return []string{"DPCONFORM_TOKEN_MAPS_REVIEWS"} },
	}
	settings := &Settings{Endpoint: "http://127.0.0.1:1", Timeout: time.Second, Jobs: []string{"a,b"}}
	if _, err := settings.TargetConfig(sources, &spec.Method{}); err != nil {
		t.Error(err)
	}
	for _, given := range []string{"maps.reviews=secret-1", "maps.*=secret-1", "unrelated=secret-1"} {
		settings.Tokens = []string{given}
		_, err := settings.TargetConfig(sources, &spec.Method{})
		if err == nil || !strings.Contains(err.Error(), "the description has no scopes") || strings.Contains(err.Error(), "secret-1") {
			t.Errorf("%s: %v", given, err)
		}
	}
}
