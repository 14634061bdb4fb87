package emulator

import (
	"slices"
	"strings"
)

// bearerToken gives the caller's token, or false where there is none. The
// scheme is compared without regard to case (RFC 9110, 11.1); another scheme
// than Bearer is no credential here (RFC 6750, 3.1: "attempted using an
// unsupported authentication method").
func (c *call) bearerToken() (token string, given bool) {
	scheme, token, _ := strings.Cut(c.request.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); token != "" && strings.EqualFold(scheme, "Bearer") {
		return token, true
	}
	for _, parameter := range queryParameters(c.line.query) {
		if carries := parameter.name == accessTokenParameter || parameter.name == oauthTokenParameter; carries && parameter.value != "" {
			return parameter.value, true
		}
	}
	return "", false
}

// authorize lets a caller pass whose token carries one of the scopes. It comes
// before anything about the job is looked up: "Permission must be checked prior
// to checking if the resource or parent exists"
// (https://google.aip.dev/193#permission-denied).
func authorize(s *Server, c *call) *refusal {
	token, given := c.bearerToken()
	if !given {
		return s.refuse(credentialMissing, "")
	}
	c.token = token
	scopes, known := s.tokens.scopes(token)
	if !known {
		return s.refuse(credentialUnknown, "")
	}
	c.scopes = s.behaviour.countedScopes(scopes)
	if !slices.ContainsFunc(c.scopes, s.behaviour.accepts) {
		return s.refuse(scopeMissing, "")
	}
	return nil
}
