package redact

import (
	"slices"
	"strings"
)

// longNames are names of parameters and members whose values are secrets, and
// no words of prose. One that ends with such a name, as google_client_secret, is
// secret too. They are those of OAuth 2.0 (RFC 6749, RFC 7521, RFC 7636, RFC
// 8628, RFC 8693), of service accounts and of uploads:
// https://cloud.google.com/storage/docs/resumable-uploads#session-uris
var longNames = []string{
	"access_token", "auth_token", "session_token", "security_token", "subject_token", "actor_token", "refresh_token", "client_secret",
	"client_assertion", "code_verifier", "device_code", "private_key_id", "private_key", "api_key", "secret_key", "access_key",
	"session_id", "csrf_token", "xsrf_token", "password", "passwd", "passphrase", "upload_id",
}

// wordNames are words of prose as well, so they count only where they stand as
// a name by themselves. The last one may also be the code of an error.
var wordNames = []string{"id_token_hint", "id_token", "token", "secret", "assertion", "key", "rapt", "code"}

// nameWords are words of which each of these names has one.
var nameWords = []string{"token", "secret", "key", "assertion", "verifier", "code", "passw", "passphrase", "upload", "rapt", "session"}

// signatureNames are the query parameters of signed URLs that make them work.
// Cloud Storage: https://cloud.google.com/storage/docs/authentication/signatures
var signatureNames = []string{
	"signature", "sig", "expires", "googleaccessid", "awsaccesskeyid", "policy", "key-pair-id", "x-goog-", "x-amz-",
}

// anyName is a pattern for names in each spelling: access_token, accessToken.
func anyName(names []string) string {
	return strings.ReplaceAll(strings.Join(names, "|"), "_", "[_-]?")
}

var withoutJoiners = strings.NewReplacer("_", "", "-", "", ".", "")

// letters writes access_token, access-token and accessToken alike.
func letters(name string) string { return strings.ToLower(withoutJoiners.Replace(name)) }

// isSecretName reports whether a parameter or member of this name is secret.
func isSecretName(name string) bool {
	name = letters(name)
	return slices.ContainsFunc(wordNames, func(word string) bool { return name == letters(word) }) ||
		slices.ContainsFunc(longNames, func(long string) bool { return strings.HasSuffix(name, letters(long)) })
}

var (
	placeholder = lazy(`^(?:\$\{?[A-Z][A-Z0-9_]*\}?|\$[?0-9]|%[sqv])$`)
	// errorCode is what "code" says of an error instead of an authorization code:
	// a number of google.rpc.Code or of HTTP, or the name of an error.
	errorCode = lazy(`^(?:\d{1,6}|[A-Za-z_.-]{1,30})$`)
	// unknownToken is a token that dpconform makes up and nobody issued.
	unknownToken = lazy(`^dpconform-unknown-token-[0-9a-f]{16}$`)
)

// shortestCode is the length under which the member "code" of a response is the
// name of an error, such as E1234. An authorization code is much longer.
const shortestCode = 16

// isSecretValue reports whether what stands beside a secret name is a secret,
// and not a variable of a shell, a verb of a format or the name of an error.
func isSecretValue(name, value string) bool {
	return value != "" && !placeholder().MatchString(value) && !(letters(name) == "code" && errorCode().MatchString(value))
}

// isErrorCode reports whether a member "code" is the name of an error.
func isErrorCode(name, value string) bool {
	return letters(name) == "code" && (len(value) < shortestCode || errorCode().MatchString(value))
}

// isRedacted knows what dpconform itself puts in the place of a token.
func isRedacted(token string) bool {
	return token == "" || strings.HasPrefix(token, Mark) || unknownToken().MatchString(token)
}

// IsOpaque reports whether a word is one that no person would write: long, with
// letters and digits, or very long.
func IsOpaque(word string) bool {
	if isRedacted(word) || len(word) < 8 {
		return false
	}
	hasLetter := strings.ContainsFunc(word, func(r rune) bool { return isLetterOrDigit(r) && (r < '0' || r > '9') })
	return strings.ContainsAny(word, "0123456789") && hasLetter || len(word) > 24
}

// isWord reports whether a text is an ordinary word, or the name of a state or a
// member: it stands in texts for other reasons than that somebody sent it.
func isWord(text string) bool { return len(text) <= longestWord && word().MatchString(text) }

const longestWord = 24

var word = lazy(`^(?:[A-Z]+(?:_[A-Z]+)*|[a-z]+(?:_[a-z]+)*|[A-Z]?[a-z]+(?:[A-Z][a-z]{2,})*)$`)

func isLetterOrDigit(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
