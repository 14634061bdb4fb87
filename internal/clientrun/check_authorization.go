package clientrun

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/text"
)

// The requirements of the authorization.
const (
	authorizationToken     = "client.authorization.token"
	authorizationBearer    = "client.authorization.bearer"
	authorizationOneMethod = "client.authorization.one-method"
	authorizationScope     = "client.authorization.scope"
	authorizationOtherHost = "client.authorization.other-host"
)

// bearerCredentials is the form of a token in the header: "Bearer" 1*SP b64token
// (RFC 6750, 2.1). The scheme is not case-sensitive (RFC 9110, 11.1).
var bearerCredentials = text.Pattern(`^(?i:bearer) +([A-Za-z0-9\-._~+/:]+=*)$`)

// checkAuthorization checks where the token is, and which it is.
func (e *evaluation) checkAuthorization(call *Call, one *request) {
	const want = "Authorization: Bearer and the token"
	e.test(authorizationToken, authorizationBearer, authorizationOneMethod)
	headers := one.header.Values("Authorization")
	token := bearerToken(headers)
	inQuery, field := tokenInQuery(one), e.fieldWithToken(one)
	switch {
	case len(headers) == 0 && inQuery == "" && field != "":
		e.find(authorizationBearer, one, want, "the token in the field "+field)
		return
	case len(headers) == 0 && inQuery == "":
		e.find(authorizationToken, one, want, "no token")
		return
	case len(headers) > 1:
		e.find(authorizationOneMethod, one, "one Authorization header", "several")
	case len(headers) == 1 && inQuery != "":
		e.find(authorizationOneMethod, one, "only the token in the header", "the token in the header and in the query")
	}
	if field != "" {
		e.find(authorizationOneMethod, one, "the token only in the Authorization header", "the token in the field "+field+" too")
	}
	if len(headers) > 0 && token == "" {
		e.find(authorizationBearer, one, want, e.credentialForm(headers[0]))
		return
	}
	if len(call.tokens) == 0 {
		return
	}
	e.test(authorizationScope)
	if !slices.Contains(call.tokens, cmp.Or(token, inQuery)) {
		e.find(authorizationScope, one, "the token that the client was given", "another token")
	}
}

// checkElsewhere checks what arrived at another host.
func (e *evaluation) checkElsewhere(one *request) {
	e.test(authorizationOtherHost)
	if one.header.Get("Authorization") != "" || tokenInQuery(one) != "" || e.fieldWithToken(one) != "" {
		e.find(authorizationOtherHost, one, "no token sent to another host", "the token, after a redirect")
	}
}

// bearerToken takes the token out of a header Authorization; empty where it has
// none.
func bearerToken(headers []string) string {
	if len(headers) > 0 {
		if found := bearerCredentials().FindStringSubmatch(headers[0]); found != nil {
			return found[1]
		}
	}
	return ""
}

// bearerTokens lists the tokens that requests have in the header Authorization.
func bearerTokens(requests []*request) []string {
	var tokens []string
	for _, one := range requests {
		if token := bearerToken(one.header.Values("Authorization")); token != "" && !slices.Contains(tokens, token) {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// shortestToken is the length in bytes from which a token is looked for in other
// values: a shorter one may be there for other reasons.
const shortestToken = 8

// fieldWithToken names a field beside Authorization that carries the token, such
// as Cookie or Referer; empty for none.
func (e *evaluation) fieldWithToken(one *request) string {
	for _, name := range slices.Sorted(maps.Keys(one.header)) {
		if name != "Authorization" && slices.ContainsFunc(one.header[name], func(value string) bool {
			return slices.ContainsFunc(e.tokens, func(token string) bool { return contains(value, token) })
		}) {
			return name
		}
	}
	return ""
}

// holdsToken reports whether a value is a token, or has one in it.
func (e *evaluation) holdsToken(value string) bool {
	return value != "" && slices.ContainsFunc(e.tokens, func(token string) bool { return value == token || contains(value, token) })
}

// contains looks for a token as it is, and percent-encoded.
func contains(text, token string) bool {
	return len(token) >= shortestToken && (strings.Contains(text, token) || strings.Contains(unescapedQuery(text), token))
}

// isTokenParameter knows the parameters that carry a token in the discovery
// document of every Google API.
func isTokenParameter(name string) bool {
	return name == platform.AccessToken || name == platform.OAuthToken
}

func tokenInQuery(one *request) string {
	for part := range strings.SplitSeq(one.query(), "&") {
		name, value, _ := strings.Cut(part, "=")
		if isTokenParameter(strings.TrimPrefix(unescapedQuery(name), "$")) && value != "" {
			return unescapedQuery(value)
		}
	}
	return ""
}

// token is the token of a request, wherever it is; empty for none.
func (r *request) token() string {
	return cmp.Or(bearerToken(r.header.Values("Authorization")), tokenInQuery(r))
}

// credentialForm describes a credential without showing it.
func (e *evaluation) credentialForm(credential string) string {
	const field = "Authorization: "
	scheme, rest, found := strings.Cut(credential, " ")
	switch {
	case credential == "":
		return field + "nothing"
	case !found && e.holdsToken(credential):
		return "the token without the scheme Bearer"
	case !found && strings.EqualFold(scheme, "Bearer"), found && strings.EqualFold(scheme, "Bearer") && strings.TrimSpace(rest) == "":
		return field + "Bearer without a token"
	case !found:
		return field + "one word without the scheme Bearer"
	case !strings.EqualFold(scheme, "Bearer"):
		return field + "another scheme than Bearer"
	}
	return field + "Bearer and something that is not a token"
}
