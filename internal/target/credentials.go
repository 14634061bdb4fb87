package target

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/spec"
)

// Credential is what a request authorises itself with. Its label may be shown
// everywhere, its token nowhere.
type Credential struct {
	// Label says what it is: "token for dataportability.maps.reviews".
	Label string
	// Scopes are the scopes that its token carries; none for a token that
	// nobody issued.
	Scopes []string
	// source is a function so that no format verb, however deep, prints what is
	// behind it.
	source func() (*oauth2.Token, error)
}

// NoCredential sends no Authorization header.
var NoCredential = Credential{Label: "no token"}

// Present reports whether there is a token to send.
func (c Credential) Present() bool { return c.source != nil }

// String gives the label, so that no format verb prints a token.
func (c Credential) String() string { return c.Label }

// GoString gives the label, so that no format verb prints a token.
func (c Credential) GoString() string { return c.Label }

// MarshalJSON gives the label.
func (c Credential) MarshalJSON() ([]byte, error) { return json.Marshal(c.Label) }

// authorize sets the Authorization header and returns the secret that it
// carries.
func (c Credential) authorize(request *http.Request) (string, error) {
	if c.source == nil {
		return "", nil
	}
	token, err := c.source()
	if err != nil {
		return "", err
	}
	token.SetAuthHeader(request)
	return token.AccessToken, nil
}

// UnknownCredential is a token that no server has given.
func UnknownCredential(value string) Credential {
	return Credential{Label: "unknown token", source: staticToken(value).Token}
}

// Credentials gives tokens by scope.
type Credentials interface {
	// Token gives a token that carries exactly these scopes, in this order, or
	// false where there is none.
	Token(scopes ...string) (oauth2.TokenSource, bool)
}

// Grouped are credentials that also have tokens which carry several documented
// scopes at once. Such a token shows nothing of a single scope, but is enough
// for a request that any of them would do for.
type Grouped interface {
	AnyToken() (scopes []string, source oauth2.TokenSource, found bool)
}

// NoTokenError says that there is no token.
type NoTokenError struct {
	// Reason says in one line why one that should be there cannot be had; empty
	// where none was given. It carries no secret.
	Reason string
}

// Error gives the reason.
func (e *NoTokenError) Error() string {
	if e.Reason == "" {
		return "no token was given"
	}
	return e.Reason
}

// TokenTemplate mints tokens by name, for emulators that read the scopes from
// the token itself. {scope} in the text is replaced by the full scope, {short}
// by the part after "/auth/"; several scopes are joined.
type TokenTemplate struct {
	Text string
	// Join stands between several scopes.
	Join string
}

// Token mints a token; it never fails.
func (t TokenTemplate) Token(scopes ...string) (oauth2.TokenSource, bool) {
	return staticToken(t.Name(scopes...)), true
}

// Name is the text of the template with the scopes in it.
func (t TokenTemplate) Name(scopes ...string) string {
	short := make([]string, len(scopes))
	for i, scope := range scopes {
		short[i] = spec.ShortScope(scope)
	}
	return strings.NewReplacer("{scope}", strings.Join(scopes, t.Join), "{short}", strings.Join(short, t.Join)).Replace(t.Text)
}

// GivenTokens holds tokens that somebody obtained, by the scopes they carry.
type GivenTokens map[string]string

// Add keeps a token for a set of scopes, in whatever order.
func (g GivenTokens) Add(token string, scopes ...string) { g[scopeSet(scopes)] = token }

// Token finds a token by its set of scopes.
func (g GivenTokens) Token(scopes ...string) (oauth2.TokenSource, bool) {
	token, found := g[scopeSet(scopes)]
	if !found {
		return nil, false
	}
	return staticToken(token), true
}

// ByToken gives the scopes of each token, of one that was given for several
// sets all of them.
func (g GivenTokens) ByToken() map[string][]string {
	scopes := make(map[string][]string, len(g))
	for set, token := range g {
		scopes[token] = append(scopes[token], strings.Fields(set)...)
	}
	for token, carried := range scopes {
		slices.Sort(carried)
		scopes[token] = slices.Compact(carried)
	}
	return scopes
}

func scopeSet(scopes []string) string {
	return strings.Join(slices.Sorted(slices.Values(scopes)), " ")
}

// FirstOf asks several sources in turn.
type FirstOf []Credentials

// Token gives the first token that one of the sources has.
func (f FirstOf) Token(scopes ...string) (oauth2.TokenSource, bool) {
	for _, credentials := range f {
		if source, found := credentials.Token(scopes...); found {
			return source, true
		}
	}
	return nil, false
}

func staticToken(value string) oauth2.TokenSource {
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: value, TokenType: "Bearer"})
}
