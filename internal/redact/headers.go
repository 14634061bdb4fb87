package redact

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// RequestTarget takes the secrets out of the path, query and fragment of a request
// that somebody else made. The order and the escapes of all else stay.
func (r *Redactor) RequestTarget(target string) string {
	return r.target(target, true)
}

func (r *Redactor) target(target string, described bool) string {
	target, fragment, hasFragment := r.cut(target, "#")
	path, query, hasQuery := r.cut(target, "?")
	path = matrixParameter().ReplaceAllStringFunc(r.Text(path), func(parameter string) string {
		name, value, _ := strings.Cut(parameter, "=")
		return name + "=" + r.briefly(value)
	})
	if hasQuery {
		path += "?" + r.parameters(query, described)
	}
	if hasFragment {
		path += "#" + r.parameters(fragment, described)
	}
	return path
}

// matrixParameter is a parameter of a segment of a path (RFC 3986, section 3.3).
var matrixParameter = lazy(`;[^;/=]*=[^;/]*`)

// split cuts a text at each separator that is no part of a token that was sent.
func (r *Redactor) split(text, separator string, most int) []string {
	masked := text
	if strings.Contains(text, separator) {
		spans := r.tokensIn(text)
		for i := range spans {
			spans[i].with = strings.Repeat("x", spans[i].end-spans[i].start)
		}
		masked = rewrite(text, spans)
	}
	parts := strings.SplitN(masked, separator, most)
	at := 0
	for i, part := range parts {
		parts[i] = text[at : at+len(part)]
		at += len(part) + len(separator)
	}
	return parts
}

// cut is strings.Cut that leaves tokens whole.
func (r *Redactor) cut(text, separator string) (before, after string, found bool) {
	if parts := r.split(text, separator, 2); len(parts) > 1 {
		return parts[0], parts[1], true
	}
	return text, "", false
}

// parameters takes the secrets out of a query or a form. Where the description
// names parameters of it, those are kept.
func (r *Redactor) parameters(text string, described bool) string {
	parameters := r.split(text, "&", -1)
	for i, parameter := range parameters {
		name, value, found := r.cut(parameter, "=")
		parameters[i] = r.Name(name)
		plain, err := url.QueryUnescape(name)
		switch {
		case !found:
		case err == nil && (described && r.keeps(keptParameters, plain) || keptParameters[strings.ToLower(plain)] || isErrorCode(plain, value)):
			parameters[i] += "=" + r.Text(value)
		default:
			parameters[i] += "=" + r.briefly(value)
		}
	}
	return strings.Join(parameters, "&")
}

// Header takes the secrets out of a header and returns a new one. Of an
// Authorization the scheme and the name of the token stay, of a cookie its name
// and attributes, of an address its path, of a challenge what it says of the
// refusal, and of a field that is not kept its size.
func (r *Redactor) Header(header http.Header) http.Header {
	redacted := make(http.Header, len(header))
	for name, values := range header {
		shown, spread := r.Name(name), r.spread(values)
		for _, value := range values {
			if spread {
				redacted[shown] = append(redacted[shown], r.hidden("", value))
				continue
			}
			redacted[shown] = append(redacted[shown], r.headerValue(name, value))
		}
	}
	return redacted
}

// spread reports whether a token begins in one value of a field and ends in another.
func (r *Redactor) spread(values []string) bool {
	if len(values) < 2 {
		return false
	}
	whole := 0
	for _, value := range values {
		whole += len(r.tokensIn(value))
	}
	return len(r.tokensIn(strings.Join(values, ""))) > whole
}

func (r *Redactor) headerValue(name, value string) string {
	switch name = strings.ToLower(name); name {
	case "authorization", "proxy-authorization":
		scheme, token := splitAuthorization(value)
		if token == "" {
			return value
		}
		if first, _, several := strings.Cut(token, " "); several {
			if name := r.nameOf(first); name != Unlabelled {
				return scheme + name + " " + Unlabelled
			}
		}
		return scheme + r.nameOf(token)
	case "cookie", "set-cookie", "set-cookie2":
		return r.cookies(value, name != "cookie")
	case "location", "content-location", "referer", "origin":
		return r.location(value)
	case "www-authenticate", "proxy-authenticate":
		return r.challenge(value)
	}
	if keptHeaders[name] || strings.HasPrefix(name, ownPrefix) {
		return r.Text(value)
	}
	return r.hidden("", value)
}

// cookies keeps the names of cookies and, where they are set, their attributes.
func (r *Redactor) cookies(value string, set bool) string {
	cookies := r.split(value, ";", -1)
	for i, cookie := range cookies {
		name, content, found := r.cut(cookie, "=")
		plain := strings.TrimSpace(name)
		switch {
		case set && i > 0 && keptAttributes[strings.ToLower(plain)]:
			cookies[i] = r.Text(cookie)
		case found:
			cookies[i] = strings.Replace(name, plain, r.Name(plain), 1) + "=" + r.briefly(content)
		case plain != "":
			cookies[i] = strings.Replace(name, plain, r.briefly(plain), 1)
		}
	}
	return strings.Join(cookies, ";")
}

// location is an address that a server sends to: without a user, and with the
// names of its parameters alone.
func (r *Redactor) location(value string) string {
	if _, err := url.Parse(value); err != nil {
		return Address(value)
	}
	origin, rest := SplitOrigin(value)
	return r.Text(Address(origin)) + r.target(rest, false)
}

// Message is a text that is kept. One that is an address, and each address in it,
// keeps no more than a Location does.
func (r *Redactor) Message(text string) string {
	if strings.ContainsAny(text, "?#;@") && address().MatchString(text) {
		return r.location(text)
	}
	if strings.ContainsAny(text, "?#") {
		text = addressWithin().ReplaceAllStringFunc(text, r.location)
	}
	return r.Text(text)
}

// addressWithin is an address with parameters in a text, without what ends the
// sentence.
var addressWithin = lazy(`(?:[A-Za-z][A-Za-z0-9+.-]*:/)?/[^\s"'<>{}\\?#]*[?#][^\s"'<>{}\\]*=[^\s"'<>{}\\]*[^\s"'<>{}\\.,;:!?)]`)

var address = lazy(`^(?:[A-Za-z][A-Za-z0-9+.-]*:/|[/?])[^\s"<>{}]*$`)

// challenge keeps the schemes of a challenge and what it says of the refusal (RFC
// 9110, 11.6.1).
func (r *Redactor) challenge(value string) string {
	var shown strings.Builder
	end := 0
	for _, at := range challengePart().FindAllStringSubmatchIndex(value, -1) {
		shown.WriteString(value[end:at[0]])
		end = at[1]
		part := value[at[0]:at[1]]
		switch {
		case at[2] < 0:
			// A scheme, or what follows one instead of parameters.
			if !slices.Contains(schemeNames, strings.ToLower(part)) {
				part = r.briefly(part)
			}
		case keptChallenges[strings.ToLower(value[at[2]:at[3]])]:
			if part = r.Text(part); at[6] >= 0 && r.Message(value[at[6]:at[7]]) != value[at[6]:at[7]] {
				part = r.Name(value[at[2]:at[3]]) + `="` + r.Message(value[at[6]:at[7]]) + value[at[7]:at[5]]
			}
		case at[6] < 0:
			part = r.Name(value[at[2]:at[3]]) + "=" + r.briefly(value[at[4]:at[5]])
		default:
			part = r.Name(value[at[2]:at[3]]) + `="` + r.hidden("", value[at[6]:at[7]]) + `"`
		}
		shown.WriteString(part)
	}
	return shown.String() + value[end:]
}

// challengePart is a parameter with its name (1), its value (2) and what is in its
// quotes (3), or a word.
var challengePart = lazy(`([\w!#$%&'*+.^|~-]+)[ \t]*=[ \t]*("((?:[^"\\]|\\.)*)"?|[^\s,="][^\s,]*)|[^\s,]+`)

// schemeNames are those of the IANA registry that a client may meet here:
// https://www.iana.org/assignments/http-authschemes, and two more: one in wide use, one of a draft.
var schemeNames = []string{"basic", "bearer", "digest", "dpop", "gnap", "hoba", "mac", "mutual", "negotiate", "ntlm", "oauth", "token"}

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

// TokensOf lists the tokens in the Authorization of a request.
func TokensOf(headers http.Header) []string {
	var tokens []string
	for name, values := range headers {
		if !strings.EqualFold(name, "Authorization") {
			continue
		}
		for _, value := range values {
			_, token := splitAuthorization(value)
			if strings.HasPrefix(token, Mark+":") {
				token, _, _ = strings.Cut(token, " ") // A name has no space in it.
			}
			if token != "" {
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
			if strings.EqualFold(name, "Cookie") {
				secrets = append(secrets, slices.DeleteFunc(secretsOfHeader(name, value), func(value string) bool { return !IsOpaque(value) })...)
			}
		}
	}
	return secrets
}

// secretsOfHeader lists the secrets in a header, but for the token of an
// Authorization, which TokensOf lists.
func secretsOfHeader(name, value string) []string {
	switch name = strings.ToLower(name); name {
	case "authorization", "proxy-authorization":
		scheme, token := splitAuthorization(value)
		var secrets []string
		if name != "authorization" {
			secrets = append(secrets, token)
		}
		if strings.EqualFold(strings.TrimSpace(scheme), "basic") {
			if plain, err := base64.StdEncoding.DecodeString(token); err == nil {
				_, password, _ := strings.Cut(string(plain), ":")
				secrets = append(secrets, string(plain), password)
			}
		}
		return secrets
	case "cookie":
		var secrets []string
		for cookie := range strings.SplitSeq(value, ";") {
			_, content, _ := strings.Cut(cookie, "=")
			secrets = append(secrets, strings.TrimSpace(content))
		}
		return secrets
	case "location", "content-location", "referer", "origin":
		return nil
	}
	if keptHeaders[name] || strings.HasPrefix(name, ownPrefix) {
		return nil
	}
	return []string{value}
}
