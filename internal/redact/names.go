package redact

import (
	"regexp"
	"slices"
	"strings"
)

// Kind says in plain words what sort of secret something is.
type Kind string

// The kinds of secrets that are told apart.
const (
	AccessToken       Kind = "access token"
	RefreshToken      Kind = "refresh token"
	IDToken           Kind = "ID token"
	WebToken          Kind = "JSON web token"
	SomeToken         Kind = "token"
	ClientSecret      Kind = "client secret"
	Assertion         Kind = "assertion"
	AuthorizationCode Kind = "authorization code"
	CodeVerifier      Kind = "code verifier"
	DeviceCode        Kind = "device code"
	PrivateKey        Kind = "private key"
	APIKey            Kind = "API key"
	Password          Kind = "password"
	Cookie            Kind = "cookie"
	Credentials       Kind = "credentials"
	Signature         Kind = "signature of a URL"
	DownloadURL       Kind = "download URL"
)

// secretName is the name of a parameter or member whose value is a secret.
type secretName struct {
	name string
	kind Kind
}

// longNames are no words of prose. One that ends with such a name, as
// google_client_secret, is secret too. They are those of OAuth 2.0 (RFC 6749,
// RFC 7521, RFC 7636, RFC 8628, RFC 8693), of service accounts and of uploads:
// https://cloud.google.com/storage/docs/resumable-uploads#session-uris
var longNames = []secretName{
	{"access_token", AccessToken}, {"auth_token", AccessToken}, {"session_token", AccessToken}, {"security_token", AccessToken},
	{"subject_token", AccessToken}, {"actor_token", AccessToken}, {"refresh_token", RefreshToken},
	{"client_secret", ClientSecret}, {"client_assertion", Assertion}, {"code_verifier", CodeVerifier}, {"device_code", DeviceCode},
	{"private_key", PrivateKey}, {"private_key_id", PrivateKey}, {"api_key", APIKey}, {"secret_key", APIKey}, {"access_key", APIKey},
	{"session_id", Cookie}, {"csrf_token", Cookie}, {"xsrf_token", Cookie},
	{"password", Password}, {"passwd", Password}, {"passphrase", Password}, {"upload_id", Signature},
}

// wordNames are words of prose as well, so they count only where they stand as
// a name by themselves.
var wordNames = []secretName{
	{"id_token", IDToken}, {"id_token_hint", IDToken}, {"token", SomeToken}, {"secret", ClientSecret}, {"assertion", Assertion},
	{"key", APIKey}, {"rapt", SomeToken}, {"code", AuthorizationCode},
}

// signatureNames are the query parameters of signed URLs that make them work.
// Cloud Storage: https://cloud.google.com/storage/docs/authentication/signatures
var signatureNames = []string{
	"signature", "sig", "expires", "googleaccessid", "awsaccesskeyid", "policy", "key-pair-id",
}

// kindOfName reports whether a parameter or member of this name is secret, and
// what it is.
func kindOfName(name string) (Kind, bool) {
	letters := lettersOf(name)
	for _, secret := range wordNames {
		if letters == lettersOf(secret.name) {
			return secret.kind, true
		}
	}
	for _, secret := range longNames {
		if strings.HasSuffix(letters, lettersOf(secret.name)) {
			return secret.kind, true
		}
	}
	return "", false
}

// isSignatureName reports whether a parameter of this name signs a URL.
func isSignatureName(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(signatureNames, name) || strings.HasPrefix(name, "x-goog-") || strings.HasPrefix(name, "x-amz-")
}

// errorCode is what "code" says of an error instead of an authorization code:
// a number of google.rpc.Code or of HTTP, or the name of an error.
var errorCode = regexp.MustCompile(`^(?:\d{1,6}|[A-Za-z_.-]{1,30})$`)

// shortestCode is the length under which the member "code" of an answer is the
// name of an error, such as E1234. An authorization code is much longer.
const shortestCode = 16

// isHarmlessValue reports whether what stands beside a secret name is none: a
// variable of a shell, a verb of a format, the name of an error.
func isHarmlessValue(kind Kind, value string) bool {
	return value == "" || placeholder.MatchString(value) || kind == AuthorizationCode && errorCode.MatchString(value)
}

var placeholder = regexp.MustCompile(`^(?:\$\{?[A-Z][A-Z0-9_]*\}?|\$[?0-9]|%[sqv])$`)

// anyName is a pattern for names in each spelling: access_token, accessToken.
func anyName(names []secretName) string {
	patterns := make([]string, len(names))
	for i, secret := range names {
		patterns[i] = strings.ReplaceAll(secret.name, "_", `(?:[_-]|%5[fF])?`)
	}
	// The longest first: id_token_hint begins with id_token.
	slices.SortStableFunc(patterns, func(a, b string) int { return len(b) - len(a) })
	return strings.Join(patterns, "|")
}

// nameWords are words of which each secret name has one.
var nameWords = names("token", "secret", "key", "assertion", "verifier", "code", "pass", "upload", "rapt", "session")

// secretHeaderParts are what the names of headers with secrets have in them.
var secretHeaderParts = []string{"token", "secret", "apikey", "password", "authorization", "assertion", "cookie"}

// isSecretHeader knows headers by their names: X-Goog-Api-Key, X-Auth-Token,
// Proxy-Authorization, X-Goog-IAP-JWT-Assertion and the like.
func isSecretHeader(name string) bool {
	name = lettersOf(name)
	return slices.ContainsFunc(secretHeaderParts, func(part string) bool { return strings.Contains(name, part) })
}

var withoutJoiners = strings.NewReplacer("_", "", "-", "", ".", "")

// lettersOf writes access_token, access-token and accessToken alike.
func lettersOf(name string) string { return strings.ToLower(withoutJoiners.Replace(name)) }

// isSecretName reports whether a parameter or member of this name is secret.
func isSecretName(name string) bool {
	_, secret := kindOfName(name)
	return secret
}
