package emulator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/spec"
)

// bearerToken gives the caller's token, or false where there is none.
func (c *call) bearerToken() (token string, given bool) {
	if token := c.behaviour.tokenOf(c.authorization()); token != "" {
		return token, true
	}
	for _, parameter := range queryParameters(c.line.query) {
		if carries := parameter.name == platform.AccessToken || parameter.name == platform.OAuthToken; carries && parameter.value != "" {
			return parameter.value, true
		}
	}
	return "", false
}

// authorization gives the header field of the token: its name as it was sent, as
// far as that is known, and its value.
func (c *call) authorization() (name, value string) {
	for name, values := range c.request.Header {
		if strings.EqualFold(name, authorizationHeader) && len(values) > 0 {
			return name, values[0]
		}
	}
	return "", ""
}

const authorizationHeader = "Authorization"

// tokenOf gives the token of a header field, or nothing. The scheme is compared
// without regard to case (RFC 9110, 11.1); another scheme than Bearer is no
// credential here (RFC 6750, 3.1: "attempted using an unsupported authentication
// method").
func tokenOf(_, value string) string {
	scheme, token, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	token = strings.TrimSpace(token)
	if strings.Contains(token, " ") {
		return "" // RFC 6750, 2.1: one b64token and nothing behind it.
	}
	return token
}

// authorize lets a caller pass whose token carries one of the scopes. It comes
// before anything about the job is looked up: "Permission must be checked prior
// to checking if the resource or parent exists"
// (https://google.aip.dev/193#permission-denied).
func authorize(c *call) *refusal {
	if !c.isProtected() {
		return nil
	}
	token, given := c.bearerToken()
	if !given {
		return c.refuse(credentialMissing, "")
	}
	c.token = token
	scopes, known := c.tokens.scopes(token)
	if !known {
		return c.refuse(credentialUnknown, "")
	}
	if slices.Contains(scopes, platform.Expired) {
		if refused := c.refuse(credentialExpired, ""); !c.behaviour.overlooks(c, refused) {
			return refused
		}
		scopes = []string{c.method.Scopes[0].Name}
	}
	c.scopes = c.behaviour.countedScopes(scopes)
	if !slices.ContainsFunc(c.scopes, c.accepts) {
		return c.refuse(scopeMissing, "")
	}
	return nil
}

// isProtected reports whether every description that has the operation names
// scopes for it.
func (r *route) isProtected() bool {
	return !slices.ContainsFunc(r.sharers, func(s *served) bool { return len(s.method.Scopes) == 0 })
}

// accepts reports whether a scope is enough for one of the methods that the
// operation belongs to.
func (r *route) accepts(scope string) bool {
	return slices.ContainsFunc(r.sharers, func(s *served) bool { return s.behaviour.accepts(scope) })
}

// The places in a token template where the scopes stand.
const (
	fullPlace  = "{scope}"
	shortPlace = "{short}"
)

// tokenReader finds the scopes that a token carries.
type tokenReader struct {
	given map[string][]string
	// introspect asks somebody else; it may be nil.
	introspect func(token string) ([]string, bool)

	before, after, join string
	// short says that the template holds short scopes; then known gives the
	// full one of each that the description knows, and prefix makes the rest.
	short  bool
	known  map[string]string
	prefix string
}

// newTokenReader reads the token template. It returns an error unless the
// template has exactly one place for scopes.
func newTokenReader(methods []*spec.Method, options Options) (*tokenReader, error) {
	template := options.TokenTemplate
	if strings.Count(template, fullPlace)+strings.Count(template, shortPlace) != 1 {
		return nil, fmt.Errorf("token template %q must have %s or %s in it, once", template, fullPlace, shortPlace)
	}
	reader := &tokenReader{given: options.Tokens, introspect: options.Introspect, join: options.TokenJoin, known: map[string]string{}}
	reader.before, reader.after, reader.short = strings.Cut(template, shortPlace)
	if !reader.short {
		reader.before, reader.after, _ = strings.Cut(template, fullPlace)
	}
	reader.known[platform.Expired] = platform.Expired
	for _, method := range methods {
		for _, scope := range method.Scopes {
			reader.known[scope.Short()] = scope.Name
			reader.prefix = strings.TrimSuffix(scope.Name, scope.Short())
		}
		for _, scope := range method.UnrelatedScopes {
			reader.known[spec.Scope{Name: scope}.Short()] = scope
		}
	}
	return reader, nil
}

// scopes gives the scopes that a token carries, in full, or false for a token
// that nobody issued.
func (t *tokenReader) scopes(token string) ([]string, bool) {
	if scopes, given := t.given[token]; given {
		return slices.Clone(scopes), true
	}
	if scopes, named := t.named(token); named {
		return scopes, true
	}
	if t.introspect != nil {
		return t.introspect(token)
	}
	return nil, false
}

// named gives the scopes of a token that names them itself.
func (t *tokenReader) named(token string) ([]string, bool) {
	inner, begins := strings.CutPrefix(token, t.before)
	inner, ends := strings.CutSuffix(inner, t.after)
	if !begins || !ends {
		return nil, false
	}
	scopes := strings.Split(inner, t.join)
	if slices.ContainsFunc(scopes, t.isNoScope) {
		return nil, false
	}
	if t.short {
		for i, scope := range scopes {
			scopes[i] = t.full(scope)
		}
	}
	return scopes, true
}

// isNoScope reports whether a text cannot be a scope. Where nothing else in the
// template distinguishes a token from any other text, a scope must have the look of
// one: parts with dots between them, or an address, or be one of the description.
func (t *tokenReader) isNoScope(text string) bool {
	_, known := t.known[text]
	return text == "" || t.before == "" && t.after == "" && !known && !strings.ContainsAny(text, ".:")
}

// full gives the full scope of a short one. A scope that is an address of its
// own has no short form.
func (t *tokenReader) full(short string) string {
	if full, known := t.known[short]; known {
		return full
	}
	if strings.Contains(short, ":") {
		return short
	}
	return t.prefix + short
}
