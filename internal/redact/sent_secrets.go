package redact

import (
	"encoding/base64"
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
// parameters of the query or of a form, in other headers, in cookies, and
// within the base64 of a Basic authorization. A server may repeat them.
func OtherSecrets(pathAndQuery, body string, headers http.Header) []string {
	var secrets []string
	add := func(value string) {
		if len(value) >= shortestParameterSecret && !strings.HasPrefix(value, Mark) {
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
			for _, secret := range secretsOfHeader(name, value) {
				add(secret)
			}
		}
	}
	return secrets
}

// secretsOfHeader lists the secrets in a header, but for the token of an
// Authorization, which TokensOf lists.
func secretsOfHeader(name, value string) []string {
	isAuthorization := strings.HasSuffix(strings.ToLower(name), "authorization")
	switch {
	case isAuthorization:
		scheme, token := splitAuthorization(value)
		secrets := []string{}
		if !strings.EqualFold(name, "Authorization") {
			secrets = append(secrets, token)
		}
		if strings.EqualFold(strings.TrimSpace(scheme), "basic") {
			if plain, err := base64.StdEncoding.DecodeString(token); err == nil {
				_, password, _ := strings.Cut(string(plain), ":")
				secrets = append(secrets, string(plain), password)
			}
		}
		return secrets
	case strings.EqualFold(name, "Cookie"):
		var secrets []string
		for cookie := range strings.SplitSeq(value, ";") {
			_, content, _ := strings.Cut(cookie, "=")
			secrets = append(secrets, strings.TrimSpace(content))
		}
		return secrets
	case isSecretHeader(name):
		return []string{value}
	}
	return nil
}
