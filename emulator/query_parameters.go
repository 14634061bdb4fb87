package emulator

import (
	"net/url"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

// The parameters that may carry the caller's token instead of the header
// Authorization (RFC 6750, 2.3, and the discovery document's words for them:
// "OAuth access token" and "OAuth 2.0 token for the current user").
const (
	accessTokenParameter = "access_token"
	oauthTokenParameter  = "oauth_token"
)

// furtherSystemParameters are the parameters that every method of the platform
// takes, beside those that the description gives an example of: `parameters` of
// https://dataportability.googleapis.com/$discovery/rest?version=v1
var furtherSystemParameters = []string{
	".xgafv", "ct", accessTokenParameter, "callback", "fields", "key", oauthTokenParameter, "quotaUser", "uploadType", "upload_protocol",
}

// queryParameter is one name of a query and its value, decoded.
type queryParameter struct{ name, value string }

// queryParameters reads a query in its order. A name or value that cannot be
// decoded is taken as it is written.
func queryParameters(query string) []queryParameter {
	var parameters []queryParameter
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		parameters = append(parameters, queryParameter{decodeQuery(name), decodeQuery(value)})
	}
	return parameters
}

func decodeQuery(text string) string {
	if decoded, err := url.QueryUnescape(text); err == nil {
		return decoded
	}
	return text
}

// IsSystemParameter reports whether every method of the platform takes a query
// parameter: one that the description gives an example of, or another of the
// discovery document.
func IsSystemParameter(contract *spec.Contract, name string) bool {
	return isSystemParameter(contract, name)
}

// isSystemParameter reports whether every method takes a query parameter. Each
// may be written with a $ before its name, which keeps it apart from the fields
// of a message: https://cloud.google.com/apis/docs/system-parameters
func isSystemParameter(contract *spec.Contract, name string) bool {
	name = strings.TrimPrefix(name, "$")
	return slices.Contains(furtherSystemParameters, name) ||
		slices.ContainsFunc(contract.SystemParameters, func(p spec.SystemParameter) bool { return p.Name == name })
}

// checkParameters refuses a query parameter that is none of the platform's: the
// message has no field that a query could bind, since the path and the body
// bind them all (http.proto, HttpRule.body).
func checkParameters(s *Server, c *call) *refusal {
	for _, parameter := range queryParameters(c.line.query) {
		if !isSystemParameter(s.contract, parameter.name) {
			return s.refuse(parameterUnknown, parameter.name)
		}
	}
	return nil
}
