// Package redaction takes secrets out of what is written or shown: tokens that
// were sent, and whatever its name or form gives away as a secret.
package redact

import (
	"maps"
	"sync"
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const (
	// Mark stands for a secret, and begins the harmless name of a token.
	Mark = "dpconform-redacted"
	// Unlabelled is the harmless name of a token that nobody names.
	Unlabelled = Mark + ":unlabelled"
)

// shortestSecret is the length from which a token that was sent is looked for
// everywhere. A shorter one is a word such as "test", which stands in answers
// for other reasons, and no server that keeps secrets takes one (RFC 6749,
// section 10.10: tokens must not be guessable).
const shortestSecret = 6

// Redactor takes secrets out of texts. The same text always becomes the same,
// and what it made it leaves alone, so a replay finds what a recording wrote.
// It is safe for use by many goroutines.
type Redactor struct {
	labels  map[string]string
	secrets []string
	replace *strings.Replacer
}

// NewRedactor makes a redactor that knows tokens, each with its harmless name.
// An empty name stands for "unlabelled". A token that its own name contains is
// no secret.
func NewRedactor(labels map[string]string) *Redactor {
	redactor := &Redactor{labels: map[string]string{}}
	var tokens []string
	for token, label := range labels {
		label = cmp.Or(harmlessLabel(label), redactor.label(token))
		redactor.labels[token] = label
		if len(token) >= shortestSecret && !strings.Contains(label, token) {
			tokens = append(tokens, token)
		}
	}
	// The longest comes first: one token may be the beginning of another.
	slices.SortFunc(tokens, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	var pairs []string
	for _, token := range tokens {
		for _, form := range formsOf(token) {
			redactor.secrets = append(redactor.secrets, form)
			pairs = append(pairs, form, redactor.labels[token])
		}
	}
	redactor.replace = strings.NewReplacer(pairs...)
	return redactor
}

var unharmless = regexp.MustCompile(`[^\w.:~+/=-]`)

// harmlessLabel makes a label fit for a header, a URL and a JSON string alike.
func harmlessLabel(label string) string { return unharmless.ReplaceAllString(label, "-") }

// mostRounds is how often a text is looked through. What one round puts in may
// show what stood behind it, and then the next takes that out; more than two
// are the work of somebody who tries.
const mostRounds = 8

// Text takes the secrets out of a text of any kind: the tokens that were sent,
// the values of parameters, members and headers whose names say that they are
// secret, the URLs of downloads, the signatures of signed URLs, tokens behind
// their scheme, passwords in URLs, and what has the form of a credential.
func (r *Redactor) Text(text string) string {
	text = r.replace.Replace(text)
	for range mostRounds {
		spans := r.textSpans(text)
		if len(spans) == 0 {
			break
		}
		text = rewrite(text, spans)
	}
	return text
}

// Holds reports whether a text holds a token that was sent.
func (r *Redactor) Holds(text string) bool {
	return slices.ContainsFunc(r.secrets, func(secret string) bool { return strings.Contains(text, secret) })
}

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
		if err != nil {
			continue
		}
		kind, secret := kindOfName(plain)
		if secret && !(kind == AuthorizationCode && isErrorCode(kind, value)) || isSignatureName(plain) {
			parameters[i] = name + "=" + Mark
		}
	}
	return path + r.Text("?"+strings.Join(parameters, "&"))
}

// Header takes the secrets out of the values of a header and returns a new
// one. Of an Authorization the scheme and the harmless name of the token stay,
// of a cookie its name and attributes.
func (r *Redactor) Header(header http.Header) http.Header {
	harmless := make(http.Header, len(header))
	for name, values := range header {
		kept := make([]string, len(values))
		for i, value := range values {
			kept[i] = r.headerValue(name, value)
		}
		harmless[name] = kept
	}
	return harmless
}

func (r *Redactor) headerValue(name, value string) string {
	switch {
	case strings.EqualFold(name, "Authorization"):
		return r.authorization(value)
	case strings.EqualFold(name, "Cookie"):
		return redactCookies(value)
	case strings.EqualFold(name, "Set-Cookie") || strings.EqualFold(name, "Set-Cookie2"):
		cookie, attributes, found := strings.Cut(value, ";")
		if found {
			attributes = ";" + r.replace.Replace(attributes)
		}
		return redactCookies(cookie) + attributes
	case isSecretHeader(name) && value != "":
		return Mark
	}
	return r.Text(value)
}

// authorization keeps the scheme of an Authorization, and the token's name.
func (r *Redactor) authorization(value string) string {
	scheme, token := splitAuthorization(value)
	if token == "" {
		return value
	}
	return scheme + r.label(token)
}

// splitAuthorization gives the scheme with its space, and the token. Without a
// scheme that is one, all of it is the token.
func splitAuthorization(value string) (scheme, token string) {
	scheme, token, found := strings.Cut(value, " ")
	switch {
	case !isScheme(scheme):
		return "", value
	case !found:
		return value, ""
	}
	trimmed := strings.TrimLeft(token, " ")
	return value[:len(value)-len(trimmed)], trimmed
}

// isScheme knows the schemes of the IANA registry that a client may meet here:
// https://www.iana.org/assignments/http-authschemes
func isScheme(word string) bool {
	return slices.Contains([]string{"basic", "bearer", "digest", "dpop", "gnap", "negotiate", "oauth"}, strings.ToLower(word))
}

// label is the harmless name of a token. What is a harmless name already stays.
func (r *Redactor) label(token string) string {
	if label, found := r.labels[token]; found {
		return label
	}
	if strings.HasPrefix(token, Mark+":") {
		return harmlessLabel(token)
	}
	if unknownToken.MatchString(token) {
		return token
	}
	return Unlabelled
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

// Learn shim.
func (r *Redactor) Learn(token, name string) {
	shim.Lock()
	defer shim.Unlock()
	if _, known := r.labels[token]; known {
		return
	}
	labels := maps.Clone(r.labels)
	labels[token] = name
	*r = *NewRedactor(labels)
}

var shim sync.Mutex

// Names shim.
func (r *Redactor) Names() map[string]string { return maps.Clone(r.labels) }
