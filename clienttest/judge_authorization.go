package clienttest

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/spec"
)

// The requirements of the authorization.
const (
	authorizationToken     = "client.authorization.token"
	authorizationBearer    = "client.authorization.bearer"
	authorizationOneMethod = "client.authorization.one-method"
	authorizationScope     = "client.authorization.scope"
	authorizationOtherHost = "client.authorization.other-host"
)

// bearerCredentials is how a token stands in the header: "Bearer" 1*SP b64token
// (RFC 6750, 2.1). The scheme is compared without regard to case (RFC 9110,
// 11.1).
var bearerCredentials = regexp.MustCompile(`^(?i:bearer) +([A-Za-z0-9\-._~+/:]+=*)$`)

// judgeAuthorization judges where the token stands, and which it is.
func judgeAuthorization(j *judgement, call *Call, request *Arrived) {
	for _, id := range []string{authorizationToken, authorizationBearer, authorizationOneMethod} {
		j.judge(id)
	}
	headers := request.Header.Values("Authorization")
	token, isBearer := bearerToken(headers)
	inQuery, field := tokenInQuery(request), fieldWithToken(j.tokensOf(call), request)
	switch {
	case len(headers) == 0 && inQuery == "" && field != "":
		j.find(authorizationBearer, request.Number, "Authorization: Bearer and the token", "the token in the field "+field)
		return
	case len(headers) == 0 && inQuery == "":
		j.find(authorizationToken, request.Number, "Authorization: Bearer and the token", "no token")
		return
	case len(headers) > 1:
		j.find(authorizationOneMethod, request.Number, "one header Authorization", "several")
	case len(headers) == 1 && inQuery != "":
		j.find(authorizationOneMethod, request.Number, "the token in the header alone", "the token in the header and in the query")
	}
	if field != "" {
		j.find(authorizationOneMethod, request.Number, "the token in the header Authorization alone", "the token in the field "+field+" too")
	}
	if len(headers) > 0 && !isBearer {
		j.find(authorizationBearer, request.Number, "Authorization: Bearer and the token", "Authorization: "+shapeOf(headers[0]))
		return
	}
	if token == "" {
		token = inQuery
	}
	if len(call.Tokens) == 0 {
		return
	}
	j.judge(authorizationScope)
	if !call.accepts(token) {
		j.find(authorizationScope, request.Number, "the token that the client was given", "another token")
	}
}

// judgeElsewhere judges what came to another host.
func judgeElsewhere(j *judgement, call *Call, request *Arrived) {
	j.judge(authorizationOtherHost)
	if request.Header.Get("Authorization") != "" || tokenInQuery(request) != "" || fieldWithToken(j.tokensOf(call), request) != "" {
		j.find(authorizationOtherHost, request.Number, "no token at another host than the one that it is for", "the token, behind a redirect")
	}
}

// bearerToken takes the token out of a header Authorization.
func bearerToken(headers []string) (token string, isBearer bool) {
	if len(headers) == 0 {
		return "", false
	}
	found := bearerCredentials.FindStringSubmatch(headers[0])
	if found == nil {
		return "", false
	}
	return found[1], true
}

// shortestToken is the length in bytes from which a token is looked for in other
// fields: a shorter one may stand there for other reasons.
const shortestToken = 8

// fieldWithToken names a field beside Authorization that carries the token, such
// as Cookie or Referer; empty for none.
func fieldWithToken(tokens []string, request *Arrived) string {
	tokens = append(slices.Clone(tokens), bearerTokens([]*Arrived{request})...)
	for _, name := range slices.Sorted(maps.Keys(request.Header)) {
		if name == "Authorization" {
			continue
		}
		for _, value := range request.Header[name] {
			if slices.ContainsFunc(tokens, func(token string) bool { return len(token) >= shortestToken && holdsToken(value, token) }) {
				return name
			}
		}
	}
	return ""
}

// tokensOf gives all that is known to be a token of a call.
func (j *judgement) tokensOf(call *Call) []string { return slices.Concat(call.Tokens, j.tokens) }

// bearerTokens gives the tokens that requests have in the header Authorization.
func bearerTokens(requests []*Arrived) []string {
	var tokens []string
	for _, request := range requests {
		if token, isBearer := bearerToken(request.Header.Values("Authorization")); isBearer && !slices.Contains(tokens, token) {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// holdsKnownToken reports whether a value is one of the tokens, or has one in it
// that is long enough to stand there for no other reason.
func holdsKnownToken(value string, tokens []string) bool {
	return value != "" && slices.ContainsFunc(tokens, func(token string) bool {
		return value == token || len(token) >= shortestToken && holdsToken(value, token)
	})
}

// holdsToken looks for a token as it is, and percent-encoded.
func holdsToken(text, token string) bool {
	return strings.Contains(text, token) || strings.Contains(unescapedQuery(text), token)
}

func tokenInQuery(request *Arrived) string {
	for part := range strings.SplitSeq(request.query(), "&") {
		name, value, _ := strings.Cut(part, "=")
		if isTokenParameter(strings.TrimPrefix(unescapedQuery(name), "$")) && value != "" {
			return unescapedQuery(value)
		}
	}
	return ""
}

// tokenOf is the token of a request, wherever it stands; empty for none.
func tokenOf(request *Arrived) string {
	if token, isBearer := bearerToken(request.Header.Values("Authorization")); isBearer {
		return token
	}
	return tokenInQuery(request)
}

// shapeOf says what a credential looks like without showing it.
func shapeOf(credential string) string {
	scheme, rest, found := strings.Cut(credential, " ")
	switch {
	case credential == "":
		return "nothing"
	case !found:
		return "one word without a scheme, or a scheme without a token"
	case !strings.EqualFold(scheme, "Bearer"):
		return "another scheme than Bearer"
	case strings.TrimSpace(rest) == "":
		return "Bearer without a token"
	}
	return "Bearer and what is no token"
}

// takesParameter reports whether every method of the platform takes a query
// parameter.
func takesParameter(contract *spec.Contract, name string) bool {
	return emulator.IsSystemParameter(contract, name)
}
