// Package platform has what the emulator and the tests of servers both know of Google's
// platform: what it adds to every method, and tokens that have expired.
package platform

import (
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

// The parameters that may carry the caller's token instead of the header
// Authorization (RFC 6750, 2.3, and the discovery document's words for them:
// "OAuth access token" and "OAuth 2.0 token for the current user").
const (
	AccessToken = "access_token"
	OAuthToken  = "oauth_token"
)

// TokenTemplate is the form of the tokens of the reference emulator, which contain their
// scopes, and TokenJoin separates several of them: scope:service.a+service.b.
const (
	TokenTemplate = "scope:{short}"
	TokenJoin     = "+"
)

// Expired is used in place of a list of scopes, for a token that has expired.
const Expired = "expired"

// parameters are the parameters that every method of the platform takes:
// `parameters` of https://dataportability.googleapis.com/$discovery/rest?version=v1
var parameters = []string{
	".xgafv", "alt", "ct", AccessToken, "callback", "fields", "key", OAuthToken, "prettyPrint", "quotaUser", "uploadType", "upload_protocol",
}

// IsParameter reports whether name is a query parameter that every method of the
// platform accepts: one with an example in the description, or another one of the
// discovery document. A $ before the name is allowed, and distinguishes it from a
// field of a message: https://cloud.google.com/apis/docs/system-parameters
func IsParameter(method *spec.Method, name string) bool {
	name = strings.TrimPrefix(name, "$")
	return slices.Contains(parameters, name) ||
		slices.ContainsFunc(method.SystemParameters, func(p string) bool { return strings.HasPrefix(p, name+"=") })
}
