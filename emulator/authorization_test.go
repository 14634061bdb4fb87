package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/spec"
)

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
		reader, err := newTokenReader([]*spec.Method{shipped()}, Options{TokenTemplate: test.template, TokenJoin: test.join}.completed([]*spec.Method{shipped()}))
		if err != nil {
			t.Fatal(err)
		}
		scopes, known := reader.scopes(test.token)
		if got := strings.Join(scopes, " "); got != test.want || known != (test.want != "") {
			t.Errorf("%s of %s: %q, %v", test.token, test.template, got, known)
		}
	}
}

// TestRefusedCallers: the authorization comes before everything else, and says
// why, and what would be enough.
func TestRefusedCallers(t *testing.T) {
	server := newServer(t, Options{})
	const realm = `Bearer realm="https://accounts.google.com/"`
	var scopes []string
	for _, scope := range server.methods[0].method.Scopes {
		scopes = append(scopes, scope.Name)
	}
	for _, test := range []struct {
		authorization       string
		status              int
		code                string
		reason, wantedToken string
	}{
		{"", 401, "UNAUTHENTICATED", "CREDENTIALS_MISSING", realm},
		{"Bearer x", 401, "UNAUTHENTICATED", "ACCESS_TOKEN_TYPE_UNSUPPORTED", realm + `, error="invalid_token"`},
		{"Bearer scope:userinfo.email", 403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
			realm + `, error="insufficient_scope", scope="` + strings.Join(scopes, " ") + `"`},
	} {
		for _, asked := range []request{
			retry("failed-1"), retry("complete-1"), retry("nobody"), retry("failed-1").withBody("["),
			retry("failed-1").with(func(r *request) { r.query = "foo=1" }),
		} {
			recorder := asked.as(test.authorization).send(t, server)
			body := wantError(t, recorder, test.status, test.code)
			if got := recorder.Header().Get("WWW-Authenticate"); got != test.wantedToken || body.Error.Details[0].Reason != test.reason {
				t.Errorf("%q: reason %s, challenge %s", test.authorization, body.Error.Details[0].Reason, got)
			}
		}
	}
}

// TestTheChallengeStaysShort: thousands of scopes would make a header that many
// clients refuse, and a run whose cost grows with their square.
func TestTheChallengeStaysShort(t *testing.T) {
	many := *shipped()
	many.Scopes = nil
	for i := range 1000 {
		many.Scopes = append(many.Scopes, spec.Scope{Name: fmt.Sprintf("https://example.com/auth/some.scope%d", i)})
	}
	if challenge := conformingRefusals(&many)[scopeMissing].challenge; !strings.HasSuffix(challenge, `error="insufficient_scope"`) {
		t.Errorf("the challenge is %d bytes long", len(challenge))
	}
}

func TestATokenInTheQuery(t *testing.T) {
	server := newServer(t, Options{})
	for _, name := range []string{"access_token", "oauth_token"} {
		asked := retry("complete-1").as("").with(func(r *request) { r.query = name + "=scope:dataportability.maps.reviews" })
		wantError(t, asked.send(t, server), http.StatusBadRequest, "FAILED_PRECONDITION")
	}
}

// TestIntrospectedTokensAreOneSourceAmongOthers: the table and the template come
// first, and nobody is asked about what they know.
func TestIntrospectedTokensAreOneSourceAmongOthers(t *testing.T) {
	scopes := shipped().Scopes
	var asked []string
	server := newServer(t, Options{
		Tokens: map[string][]string{"given": {scopes[0].Name}},
		Introspect: func(token string) ([]string, bool) {
			asked = append(asked, token)
			return []string{scopes[1].Name}, token == "theirs"
		},
	})
	for token, want := range map[string]int{"given": 400, "scope:" + scopes[2].Short(): 400, "theirs": 400, "nobody's": 401} {
		if got := retry("complete-1").as("Bearer "+token).send(t, server); got.Code != want {
			t.Errorf("%s: %d, want %d", token, got.Code, want)
		}
	}
	slices.Sort(asked)
	if !slices.Equal(asked, []string{"nobody's", "theirs"}) {
		t.Errorf("asked about %q", asked)
	}
}
