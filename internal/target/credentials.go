package target

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/spec"
)

// Credential is what a request authorises itself with. Its label may be shown
// everywhere, its token nowhere.
type Credential struct {
	// Label says what it is: "token for photos.readonly".
	Label string
	// Scopes are the scopes that its token carries; none for a token that
	// nobody issued.
	Scopes []string
	// source is a function so that no format verb, however deep, prints what is
	// behind it.
	source func() (*oauth2.Token, error)
	// field is the name of the header field that carries the token, scheme what
	// stands before it and behind what follows; an empty field means the usual ones.
	field, scheme, behind string
	// quotaProject is the project that its requests count for, or empty.
	quotaProject string
}

// As gives the credential in another spelling: its header field is written as it
// is here, the scheme with the space behind it, and what follows the token.
func (c Credential) As(field, scheme, behind string) Credential {
	c.field, c.scheme, c.behind = field, scheme, behind
	return c
}

// Spelling is the header field with $TOKEN for the token, where it is not the
// usual one.
func (c Credential) Spelling() string {
	if c.field == "" {
		return ""
	}
	return c.field + ": " + c.scheme + "$TOKEN" + c.behind
}

// QuotaProject is the member of a token that names the project which requests with
// it count for, and QuotaProjectHeader the field that says so.
// Source: https://cloud.google.com/docs/quotas/set-quota-project
const (
	QuotaProject       = "quota_project_id"
	QuotaProjectHeader = "X-Goog-User-Project"
)

// ProjectFix shows the two forms of a project.
const ProjectFix = "give it as in my-project-1 or 123456789"

// IsProject reports whether a text is the number or the id of a project, which
// may have a domain before it: https://cloud.google.com/resource-manager/docs/creating-managing-projects
func IsProject(text string) bool {
	return regexp.MustCompile(`^([0-9]{1,20}|([a-z0-9.-]{1,253}:)?[a-z][a-z0-9-]{0,28}[a-z0-9])$`).MatchString(text)
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
	if project := quotaProjectOf(token); project != "" {
		request.Header.Set(QuotaProjectHeader, project)
	}
	if c.field != "" {
		// net/http sends the name as it stands in the map.
		request.Header[c.field] = []string{c.scheme + token.AccessToken + c.behind}
		return token.AccessToken, nil
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
	// AnyToken gives a token that carries several documented scopes at once, or false
	// where there is none. It shows nothing of a single scope, but is enough for a
	// request that any of them would do for.
	AnyToken() (scopes []string, source oauth2.TokenSource, found bool)
}

// Credential gives the credential for exactly these scopes, in this order. The
// error is a *NoTokenError where there is no such token, or it is unavailable.
func (t *Target) Credential(scopes ...string) (Credential, error) {
	if t.config.Credentials == nil {
		return Credential{}, &NoTokenError{}
	}
	source, found := t.config.Credentials.Token(scopes...)
	if !found {
		return Credential{}, &NoTokenError{}
	}
	// Asked for now, so that an unavailable token is no request that failed.
	token, err := source.Token()
	if err != nil {
		var setup interface{ NotSetUp() bool }
		if errors.As(err, &setup) && setup.NotSetUp() {
			t.endForSetup(err.Error(), "")
		}
		return Credential{}, &NoTokenError{Reason: err.Error()}
	}
	if problem := TokenProblem(token.AccessToken); problem != "" {
		return Credential{}, &NoTokenError{Reason: "the " + labelOf(scopes) + " " + problem + ": " + TokenFix, Unusable: true}
	}
	return Credential{Label: labelOf(scopes), Scopes: scopes, source: source.Token, quotaProject: quotaProjectOf(token)}, nil
}

// quotaProjectOf is the project that requests with a token count for; empty where
// it names none.
func quotaProjectOf(token *oauth2.Token) string {
	project, _ := token.Extra(QuotaProject).(string)
	return project
}

// TokenFix says what a token is.
const TokenFix = "a token is one word, without Bearer"

// TokenProblem says what a text has in it that no token has, such as an invisible
// character, and nothing else of it; empty where it may be a token. Tokens of
// emulators may have more in them than RFC 6750, 2.1 allows.
func TokenProblem(text string) string {
	at := strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
	if at < 0 {
		return ""
	}
	switch character, _ := utf8.DecodeRuneInString(text[at:]); character {
	case ' ', '\t', '\r', '\n':
		return "has white space in it"
	default:
		return fmt.Sprintf("has a character in it that no token has, %U", character)
	}
}

// labelOf names a token by its scopes, or by the number of many.
func labelOf(scopes []string) string {
	const most = 3
	switch {
	case slices.Contains(scopes, platform.Expired):
		return "expired token"
	case len(scopes) > most:
		return fmt.Sprintf("token for %d scopes", len(scopes))
	}
	short := make([]string, len(scopes))
	for i, scope := range scopes {
		short[i] = spec.Scope{Name: scope}.Short()
	}
	return "token for " + strings.Join(short, " and ")
}

// GroupCredential gives a credential whose token carries several documented
// scopes, for a request that any of them would do for, or false where there is
// none.
func (t *Target) GroupCredential() (Credential, bool) {
	if t.config.Credentials == nil {
		return Credential{}, false
	}
	scopes, source, found := t.config.Credentials.AnyToken()
	if !found {
		return Credential{}, false
	}
	token, err := source.Token()
	if err != nil {
		return Credential{}, false
	}
	return Credential{Label: labelOf(scopes), Scopes: scopes, source: source.Token, quotaProject: quotaProjectOf(token)}, true
}

// NoTokenError says that there is no token.
type NoTokenError struct {
	// Reason says in one line why one that should be there cannot be had; empty
	// where none was given. It carries no secret.
	Reason string
	// Unusable says that there is one, and that it cannot be sent: a mistake of
	// whoever supplies it.
	Unusable bool
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

// AnyToken gives none: a template has a token for each scope.
func (t TokenTemplate) AnyToken() ([]string, oauth2.TokenSource, bool) { return nil, nil, false }

// Name is the text of the template with the scopes in it.
func (t TokenTemplate) Name(scopes ...string) string {
	short := make([]string, len(scopes))
	for i, scope := range scopes {
		short[i] = spec.Scope{Name: scope}.Short()
	}
	before, behind, found := strings.Cut(t.Text, "{short}")
	if found && !strings.Contains(before, "{scope}") && !strings.Contains(behind, "{") {
		return before + strings.Join(short, t.Join) + behind // Most templates, for which a replacer takes long to make.
	}
	return strings.NewReplacer("{scope}", strings.Join(scopes, t.Join), "{short}", strings.Join(short, t.Join)).Replace(t.Text)
}

func staticToken(value string) oauth2.TokenSource {
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: value, TokenType: "Bearer"})
}
