package redaction

import (
	"net/http"
	"net/url"
	"strings"
)

// shortestParameterSecret is the length from which the value of a secret
// parameter is looked for everywhere. It is longer than shortestSecret because
// checks send harmless parameters, such as key=example.
const shortestParameterSecret = 16

// TokensOf lists the tokens in the Authorization of a request.
func TokensOf(headers http.Header) []string {
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

// OtherSecrets lists the secrets that a request carries elsewhere: in
// parameters of the query or of a form, in other headers, in cookies. A server
// may repeat them.
func OtherSecrets(pathAndQuery, body string, headers http.Header) []string {
	var secrets []string
	add := func(value string) {
		if len(value) >= shortestParameterSecret {
			secrets = append(secrets, value)
		}
	}
	_, query, _ := strings.Cut(pathAndQuery, "?")
	for _, text := range []string{query, body} {
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
	for name, values := range headers {
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
