package redaction

import (
	"regexp"
	"slices"
	"strings"
)

// secretNames are the parameters and members whose value is a secret: those of
// OAuth 2.0 (RFC 6749, RFC 7521, RFC 7636), the keys of Google's APIs, and the
// private key of a service account.
var secretNames = []string{
	"access_token", "oauth_token", "refresh_token", "id_token", "client_secret", "client_assertion", "assertion",
	"code_verifier", "private_key", "api_key", "key",
}

// signatureNames are the query parameters of signed URLs that make them work.
// Cloud Storage: https://cloud.google.com/storage/docs/authentication/signatures
var signatureNames = []string{
	"signature", "sig", "expires", "googleaccessid", "awsaccesskeyid", "policy", "key-pair-id",
}

var secretLetters = func() map[string]bool {
	letters := map[string]bool{}
	for _, name := range secretNames {
		letters[lettersOf(name)] = true
	}
	return letters
}()

// isSecretName reports whether a parameter or member of this name is secret.
func isSecretName(name string) bool { return secretLetters[lettersOf(name)] }

// isSignatureName reports whether a parameter of this name signs a URL.
func isSignatureName(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(signatureNames, name) || strings.HasPrefix(name, "x-goog-") || strings.HasPrefix(name, "x-amz-")
}

// anyName is a pattern for names in each spelling: access_token, accessToken.
func anyName(names []string) string {
	patterns := make([]string, len(names))
	for i, name := range names {
		patterns[i] = strings.NewReplacer("_", "[_-]?").Replace(name)
	}
	return strings.Join(patterns, "|")
}

const (
	// A parameter begins a text or follows a separator, which may be escaped for
	// a URL or for JSON: the text may be JSON that broke off.
	inURL   = `[?&;]|\\u0026|\\u003[fF]|%26|%3[fF]`
	inForm  = `^|[\s"'(,{\[#]|` + inURL
	equals  = `=|%3[dD]|\\u003[dD]`
	toEnd   = `(?:[^&\s"'<>#\\]|\\/|\\u[0-9a-fA-F]{4})*`
	xGoogle = `|x-goog-[\w-]+|x-amz-[\w-]+`
)

var (
	secretParameter    = regexp.MustCompile(`(?i)(` + inForm + `)(` + anyName(secretNames) + `)(` + equals + `)(` + toEnd + `)`)
	signatureParameter = regexp.MustCompile(`(?i)(` + inURL + `)(` + anyName(signatureNames) + xGoogle + `)(` + equals + `)(` + toEnd + `)`)
)

// redactParameters empties secret parameters of forms and queries, and those
// that sign a URL.
func redactParameters(text string) string {
	if !strings.Contains(text, "=") && !strings.Contains(text, "%3") && !strings.Contains(text, `\u003`) {
		return text
	}
	text = secretParameter.ReplaceAllString(text, "${1}${2}${3}"+Mark)
	return signatureParameter.ReplaceAllString(text, "${1}${2}${3}"+Mark)
}

// writtenNames are the secret names that are no words of prose, so that one of
// them with a colon is a member even without quotes.
var writtenNames = []string{
	"access_token", "oauth_token", "refresh_token", "id_token", "client_secret", "client_assertion", "code_verifier",
	"private_key", "api_key",
}

var (
	doubleQuoted = quotedMember(`"`)
	singleQuoted = quotedMember(`'`)
	unquoted     = regexp.MustCompile(`(?i)(\b(?:` + anyName(writtenNames) + `)\s*:\s*)([^\s"'\\,;&<>{}\[\]]+)`)
	element      = regexp.MustCompile(`(?i)(<(?:` + anyName(secretNames) + `)>)([^<]+)`)
)

// quotedMember finds `"name": "value"`. It may stand inside a string of JSON,
// and then its quotes are escaped, and its end may be missing.
func quotedMember(quote string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(` + quote + `(?:` + anyName(secretNames) + `)\\*` + quote + `\s*:\s*\\*` + quote + `)` +
		`((?:[^\\` + quote + `]|\\[^` + quote + `])*)`)
}

// mayNameSecret is a quick look that spares most texts the patterns. Each of
// the secret names has one of these words in it.
func mayNameSecret(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"token", "secret", "key", "assertion", "verifier"}, func(word string) bool { return strings.Contains(text, word) })
}

// redactMembers empties secret members of what is, or once was, JSON, YAML or
// XML.
func redactMembers(text string) string {
	if !mayNameSecret(text) {
		return text
	}
	if strings.Contains(text, ":") {
		text = doubleQuoted.ReplaceAllString(text, "${1}"+Mark)
		text = singleQuoted.ReplaceAllString(text, "${1}"+Mark)
		text = unquoted.ReplaceAllString(text, "${1}"+Mark)
	}
	if strings.Contains(text, "<") {
		text = element.ReplaceAllString(text, "${1}"+Mark)
	}
	return text
}

var (
	// The class ends before the quote that ends a string of JSON.
	bearer = regexp.MustCompile(`(?i)\b((?:bearer|basic)(?:[ \t]+|%20|\+))([\w.~+/=:-]+)`)
	// A challenge names parameters (RFC 6750, section 3), and prose goes on with
	// a word: neither is a token.
	challenge = regexp.MustCompile(`(?i)^(?:realm|error|error_description|error_uri|scope|charset|resource_metadata|algorithm)=`)
	prose     = regexp.MustCompile(`^[A-Za-z]+[.:]?$`)
)

// redactBearer takes out the tokens of schemes that are quoted in a text, such
// as the message of a server that repeats what it was sent.
func (r *Redactor) redactBearer(text string) string {
	lower := strings.ToLower(text)
	if !strings.Contains(lower, "bearer") && !strings.Contains(lower, "basic") {
		return text
	}
	return bearer.ReplaceAllStringFunc(text, func(found string) string {
		parts := bearer.FindStringSubmatch(found)
		token := parts[2]
		if strings.HasPrefix(token, Mark) || challenge.MatchString(token) || prose.MatchString(token) {
			return found
		}
		return parts[1] + r.label(token)
	})
}

// shape is a form in which Google writes a credential. The mark is a part of
// it that is quick to look for.
type shape struct {
	mark    string
	pattern *regexp.Regexp
}

// The forms of GitHub's list of secret scanning patterns for Google:
// https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
var shapes = []shape{
	{"ya29.", regexp.MustCompile(`ya29\.[\w.~+/=-]+`)},
	{"1//", regexp.MustCompile(`\b1//[\w-]{20,}`)},
	{"AIza", regexp.MustCompile(`AIza[\w-]{30,}`)},
	{"GOCSPX-", regexp.MustCompile(`GOCSPX-[\w-]+`)},
	{"eyJ", regexp.MustCompile(`eyJ[\w-]{6,}\.eyJ[\w-]+\.[\w-]*`)},
	{"PRIVATE KEY-----", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`)},
}

// redactShapes takes out what has the form of a credential, wherever it
// stands.
func redactShapes(text string) string {
	for _, shape := range shapes {
		if strings.Contains(text, shape.mark) {
			text = shape.pattern.ReplaceAllString(text, Mark)
		}
	}
	return text
}
