package clienttest

import (
	"net/url"
	"slices"
	"strings"
)

// The requirements of the query.
const (
	queryParameters = "client.query.parameters"
	queryValues     = "client.query.values"
	queryOnce       = "client.query.once"
	queryNoToken    = "client.query.no-token"
)

// parameterValues are the values that the platform documents of its parameters:
// https://cloud.google.com/apis/docs/system-parameters. Those that are not here
// take any text. That enumerations are numbers in the answer is what Google's own
// library asks for by the form of alt with a semicolon:
// https://github.com/googleapis/python-api-core/blob/main/google/api_core/rest_helpers.py
var parameterValues = map[string][]string{
	"alt":         {"json", "json;enum-encoding=int", "media", "proto", "sse"},
	"prettyPrint": {"true", "false"},
	".xgafv":      {"1", "2"},
}

// judgeQuery allows the platform's own parameters, each once, with the values
// that it documents and without a token in them.
func judgeQuery(j *judgement, call *Call, request *Arrived) {
	for _, id := range []string{queryParameters, queryValues, queryOnce, queryNoToken} {
		j.judge(id)
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(request.query(), "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, value = unescapedQuery(name), unescapedQuery(value)
		// Each may be written with a $ before its name.
		plain := strings.TrimPrefix(name, "$")
		known, limited := parameterValues[plain]
		switch {
		case isTokenParameter(plain) && value != "", holdsKnownToken(value, j.tokensOf(call)):
			j.find(queryNoToken, request.Number, "the token in the header Authorization alone", "the token in the parameter "+printable(name))
		case !takesParameter(j.rules.Contract, name):
			j.find(queryParameters, request.Number, "no parameter, or one of the platform's such as alt", "the parameter "+printable(name))
		case limited && !slices.Contains(known, value):
			j.find(queryValues, request.Number, printable(name)+" with one of "+strings.Join(known, ", "), printable(name+"="+value))
		}
		if seen[plain] && takesParameter(j.rules.Contract, name) {
			j.find(queryOnce, request.Number, "each parameter once", "the parameter "+printable(name)+" again")
		}
		seen[plain] = true
	}
}

func unescapedQuery(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// isTokenParameter knows the parameters of the discovery document that carry a
// token: https://dataportability.googleapis.com/$discovery/rest?version=v1
func isTokenParameter(name string) bool { return name == "access_token" || name == "oauth_token" }
