package redact

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// RequestTarget takes the secrets out of the path and query of a request. The
// order and the escapes of all else stay.
func (r *Redactor) RequestTarget(pathAndQuery string) string {
	path, query, found := strings.Cut(pathAndQuery, "?")
	path = r.Text(path)
	if !found {
		return path
	}
	parameters := strings.Split(query, "&")
	for i, parameter := range parameters {
		name, value, _ := strings.Cut(parameter, "=")
		plain, err := url.QueryUnescape(name)
		// An empty value is no secret, and a check may send one on purpose.
		if err == nil && value != "" && (isSecretName(plain) && !isErrorCode(plain, value) || isSignatureName(plain)) {
			parameters[i] = name + "=" + Mark
		}
	}
	return path + r.Text("?"+strings.Join(parameters, "&"))
}

// Header takes the secrets out of the values of a header and returns a new one.
// Of an Authorization the scheme and the name of the token stay, of a cookie its
// name and attributes.
func (r *Redactor) Header(header http.Header) http.Header {
	redacted := make(http.Header, len(header))
	for name, values := range header {
		kept := make([]string, len(values))
		for i, value := range values {
			kept[i] = r.headerValue(name, value)
		}
		redacted[name] = kept
	}
	return redacted
}

func (r *Redactor) headerValue(name, value string) string {
	switch {
	case strings.EqualFold(name, "Authorization"):
		scheme, token := splitAuthorization(value)
		if token == "" {
			return value
		}
		return scheme + r.nameOf(token)
	case strings.EqualFold(name, "Cookie"):
		return redactCookies(value)
	case strings.EqualFold(name, "Set-Cookie") || strings.EqualFold(name, "Set-Cookie2"):
		cookie, attributes, found := strings.Cut(value, ";")
		if found {
			attributes = ";" + rewrite(attributes, r.tokensIn(attributes))
		}
		return redactCookies(cookie) + attributes
	case isSecretHeader(name) && value != "":
		return Mark
	}
	return r.Text(value)
}

// redactCookies keeps the names of cookies.
func redactCookies(value string) string {
	cookies := strings.Split(value, ";")
	for i, cookie := range cookies {
		name, content, found := strings.Cut(cookie, "=")
		switch {
		case found && content != "":
			cookies[i] = name + "=" + Mark
		case !found && strings.TrimSpace(cookie) != "":
			cookies[i] = Mark
		}
	}
	return strings.Join(cookies, ";")
}

// schemeNames are those of the IANA registry that a client may meet here:
// https://www.iana.org/assignments/http-authschemes, and one that is in wide use.
var schemeNames = []string{"basic", "bearer", "digest", "dpop", "gnap", "negotiate", "oauth", "token"}

// splitAuthorization gives the scheme with its space, and the token. Without a
// scheme that is one, all of it is the token.
func splitAuthorization(value string) (scheme, token string) {
	scheme, token, found := strings.Cut(value, " ")
	switch {
	case !slices.Contains(schemeNames, strings.ToLower(scheme)):
		return "", value
	case !found:
		return value, ""
	}
	trimmed := strings.TrimLeft(token, " ")
	return value[:len(value)-len(trimmed)], trimmed
}

var (
	cookiePair = lazy(`([^\s=;,"']+)=("?[^;\s"]+)`)
	// A challenge names parameters (RFC 6750, section 3), and prose goes on with
	// a word: neither is a token.
	challenge = lazy(`(?i)^(?:realm|error|error_description|error_uri|scope|charset|resource_metadata|algorithm|username|nonce|qop|uri)=`)
	prose     = lazy(`^[A-Za-z]{1,24}[.,:;!?)]*$`)
)

// headerSecrets finds the secrets in the value of a header that stands in a
// text. It may be no header but prose, so words are left alone.
func (r *Redactor) headerSecrets(name, value string, add func(start, end int, with string)) {
	name = letters(name)
	switch {
	case strings.Contains(name, "cookie"):
		if strings.HasPrefix(name, "setcookie") {
			value, _, _ = strings.Cut(value, ";") // What follows are attributes.
		}
		for _, at := range cookiePair().FindAllStringSubmatchIndex(value, -1) {
			if isSecretValue("", value[at[4]:at[5]]) {
				add(at[4], at[5], Mark)
			}
		}
	case strings.HasSuffix(name, "authorization"):
		if scheme, token := splitAuthorization(value); isCredentials(token) {
			add(len(scheme), len(value), r.nameOf(token))
		}
	case IsOpaque(value) && !strings.ContainsAny(value, " \t"):
		add(0, len(value), Mark)
	}
}

// isCredentials reports whether the text behind a scheme authorises somebody.
func isCredentials(text string) bool {
	word, _, several := strings.Cut(text, " ")
	switch {
	case isRedacted(word), placeholder().MatchString(word), challenge().MatchString(word), prose().MatchString(word) && !several:
		return false
	case several && !strings.Contains(word, "="):
		longest := slices.MaxFunc(strings.Fields(text), func(a, b string) int { return len(a) - len(b) })
		return strings.ContainsAny(text, "0123456789") && IsOpaque(longest)
	}
	return strings.ContainsFunc(word, isLetterOrDigit)
}

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

// shortestParameterSecret is the length from which the value of a secret
// parameter is looked for everywhere. It is longer than shortestSecret because
// checks send values that are no secrets, such as key=example.
const shortestParameterSecret = 16

// OtherSecrets lists the secrets that a request carries elsewhere: in parameters
// of the query or of a form, in other headers, in cookies, and within the base64
// of a Basic authorization. A server may repeat them.
func OtherSecrets(pathAndQuery, body string, headers http.Header) []string {
	var secrets []string
	add := func(values ...string) {
		for _, value := range values {
			if len(value) >= shortestParameterSecret && !strings.HasPrefix(value, Mark) {
				secrets = append(secrets, value)
			}
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
			add(secretsOfHeader(name, value)...)
		}
	}
	return secrets
}

// secretsOfHeader lists the secrets in a header, but for the token of an
// Authorization, which TokensOf lists.
func secretsOfHeader(name, value string) []string {
	switch {
	case strings.HasSuffix(strings.ToLower(name), "authorization"):
		scheme, token := splitAuthorization(value)
		var secrets []string
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
