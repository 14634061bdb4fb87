package emulator

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func retryWith(t *testing.T, server *Server, authorization string) (status int, challenge string) {
	t.Helper()
	recorder := request{path: "/v1/archiveJobs/complete-1:retry", header: map[string]string{"Authorization": authorization}}.send(t, server)
	return recorder.Code, recorder.Header().Get("WWW-Authenticate")
}

func TestEachScopeIsEnough(t *testing.T) {
	server := newServer(t, Options{})
	for _, scope := range server.contract.Scopes {
		if status, _ := retryWith(t, server, "Bearer scope:"+scope.Short()); status != http.StatusBadRequest {
			t.Errorf("%s: %d, want the refusal of the job", scope.Name, status)
		}
	}
}

func TestTokens(t *testing.T) {
	const granted, unknown, forbidden = http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden
	server := newServer(t, Options{Tokens: map[string][]string{
		"given": {"https://www.googleapis.com/auth/dataportability.maps.reviews"}, "empty": {},
	}})
	for authorization, want := range map[string]int{
		"Bearer scope:dataportability.maps.reviews":                          granted,
		"bearer  scope:dataportability.maps.reviews ":                        granted,
		"Bearer scope:userinfo.email+dataportability.maps.reviews":           granted,
		"Bearer scope:dataportability.maps.reviews+userinfo.email":           granted,
		"Bearer scope:dataportability.maps.reviews+https://mail.google.com/": granted,
		"Bearer given":                                           granted,
		"Bearer empty":                                           forbidden,
		"Bearer scope:userinfo.email":                            forbidden,
		"Bearer scope:https://mail.google.com/":                  forbidden,
		"Bearer scope:dataportability.foo.bar":                   forbidden,
		"Bearer scope:dataportability":                           forbidden,
		"Bearer scope:dataportability.maps":                      forbidden,
		"Bearer scope:dataportability.maps.review":               forbidden,
		"Bearer scope:dataportability.maps.reviews.x":            forbidden,
		"Bearer scope:dataportability.maps.reviewsx":             forbidden,
		"Bearer scope:DATAPORTABILITY.MAPS.REVIEWS":              forbidden,
		"Bearer scope:":                                          unknown,
		"Bearer scope:dataportability.maps.reviews+":             unknown,
		"Bearer nobody-issued-this":                              unknown,
		"Bearer":                                                 unknown,
		"Bearer ":                                                unknown,
		"Basic c2NvcGU6ZGF0YXBvcnRhYmlsaXR5Lm1hcHMucmV2aWV3cw==": unknown,
		"scope:dataportability.maps.reviews":                     unknown,
		"":                                                       unknown,
	} {
		if status, _ := retryWith(t, server, authorization); status != want {
			t.Errorf("%q: %d, want %d", authorization, status, want)
		}
	}
}

func TestTokenTemplates(t *testing.T) {
	for _, test := range []struct{ template, join, token, want string }{
		{"{scope}", "", "https://www.googleapis.com/auth/dataportability.maps.reviews", "https://www.googleapis.com/auth/dataportability.maps.reviews"},
		{"{scope}", " ", "https://a/b https://c/d", "https://a/b https://c/d"},
		{"{scope}", "", "nobody-issued-this", ""},
		{"{short}", "", "dataportability.maps.reviews", "https://www.googleapis.com/auth/dataportability.maps.reviews"},
		{"{short}", "", "nobody-issued-this", ""},
		{"<{short}>", ",", "<userinfo.email,a>", "https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/a"},
		{"<{short}>", ",", "<userinfo.email", ""},
		{"<{short}>", ",", "<>", ""},
		{"ab{short}ba", ",", "aba", ""},
	} {
		reader, err := newTokenReader(shipped(), Options{TokenTemplate: test.template, TokenJoin: test.join}.completed(shipped()))
		if err != nil {
			t.Fatal(err)
		}
		scopes, known := reader.scopes(test.token)
		if got := strings.Join(scopes, " "); got != test.want || known != (test.want != "") {
			t.Errorf("%s of %s: %q, %v", test.token, test.template, got, known)
		}
	}
}

func TestChallenges(t *testing.T) {
	server := newServer(t, Options{})
	const realm = `Bearer realm="https://accounts.google.com/"`
	if _, challenge := retryWith(t, server, ""); challenge != realm {
		t.Errorf("no token: %s", challenge)
	}
	if _, challenge := retryWith(t, server, "Bearer x"); challenge != realm+`, error="invalid_token"` {
		t.Errorf("unknown token: %s", challenge)
	}
	_, challenge := retryWith(t, server, "Bearer scope:userinfo.email")
	list, found := strings.CutPrefix(challenge, realm+`, error="insufficient_scope", scope="`)
	var want []string
	for _, scope := range server.contract.Scopes {
		want = append(want, scope.Name)
	}
	if !found || !slices.Equal(strings.Fields(strings.TrimSuffix(list, `"`)), want) {
		t.Errorf("missing scope: %s", challenge)
	}
	if _, challenge := retryWith(t, server, usualToken); challenge != "" {
		t.Errorf("right scope: %s", challenge)
	}
}

func TestTheReasonsOfTheAuthorization(t *testing.T) {
	server := newServer(t, Options{})
	for authorization, want := range map[string]string{
		"": "CREDENTIALS_MISSING", "Bearer x": "ACCESS_TOKEN_TYPE_UNSUPPORTED", "Bearer scope:userinfo.email": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
	} {
		recorder := request{path: "/v1/archiveJobs/x:retry", header: map[string]string{"Authorization": authorization}}.send(t, server)
		if body := readError(t, recorder); body.Error.Details[0].Reason != want {
			t.Errorf("%q: %s", authorization, recorder.Body)
		}
	}
}

func TestATokenInTheQuery(t *testing.T) {
	server := newServer(t, Options{})
	for _, name := range []string{"access_token", "oauth_token"} {
		asked := request{path: "/v1/archiveJobs/complete-1:retry?" + name + "=scope:dataportability.maps.reviews", anonymous: true}
		wantError(t, asked.send(t, server), http.StatusBadRequest, "FAILED_PRECONDITION")
	}
}

// TestIntrospectedTokensAreOneSourceAmongOthers: the table and the template come
// first, and nobody is asked about what they know.
func TestIntrospectedTokensAreOneSourceAmongOthers(t *testing.T) {
	scopes := newServer(t, Options{}).contract.Scopes
	var asked []string
	server := newServer(t, Options{
		Tokens: map[string][]string{"given": {scopes[0].Name}},
		Introspect: func(token string) ([]string, bool) {
			asked = append(asked, token)
			return []string{scopes[1].Name}, token == "theirs"
		},
	})
	for token, want := range map[string]int{
		"given": http.StatusBadRequest, "scope:" + scopes[2].Short(): http.StatusBadRequest, "theirs": http.StatusBadRequest,
		"nobody's": http.StatusUnauthorized,
	} {
		if status, _ := retryWith(t, server, "Bearer "+token); status != want {
			t.Errorf("%s: %d, want %d", token, status, want)
		}
	}
	slices.Sort(asked)
	if !slices.Equal(asked, []string{"nobody's", "theirs"}) {
		t.Errorf("asked about %q", asked)
	}
}
