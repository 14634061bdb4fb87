package recorder

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/dnaeon/go-vcr/v2/cassette"
)

// shortestParameterSecret is the length from which the value of a secret
// parameter is looked for everywhere. It is longer than shortestSecret because
// checks send harmless parameters, such as key=example.
const shortestParameterSecret = 16

// tokensOf lists the tokens in the Authorization of a request.
func tokensOf(headers http.Header) []string {
	var tokens []string
	for name, values := range headers {
		if !strings.EqualFold(name, "Authorization") {
			continue
		}
		for _, value := range values {
			if _, token := splitAuthorization(value); token != "" {
				tokens = append(tokens, token)
			}
		}
	}
	return tokens
}

// parameterSecrets lists the secrets that a request carries elsewhere: in
// parameters of the query or of a form, in other headers, in cookies. A server
// may repeat them.
func parameterSecrets(request cassette.Request) []string {
	var secrets []string
	add := func(value string) {
		if len(value) >= shortestParameterSecret {
			secrets = append(secrets, value)
		}
	}
	_, query, _ := strings.Cut(request.URL, "?")
	for _, text := range []string{query, request.Body} {
		for parameter := range strings.SplitSeq(text, "&") {
			name, value, _ := strings.Cut(parameter, "=")
			if plain, err := url.QueryUnescape(name); err == nil && isSecretName(plain) {
				add(value)
				if decoded, err := url.QueryUnescape(value); err == nil {
					add(decoded)
				}
			}
		}
	}
	for name, values := range request.Headers {
		for _, value := range values {
			switch {
			case isSecretHeader(name):
				add(value)
			case strings.EqualFold(name, "Cookie"):
				for cookie := range strings.SplitSeq(value, ";") {
					_, content, _ := strings.Cut(cookie, "=")
					add(strings.TrimSpace(content))
				}
			}
		}
	}
	return secrets
}
