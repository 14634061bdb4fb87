package redact

import (
	"regexp"
	"strings"
)

// shape is a form in which a credential is written. One of the marks is a part
// of it; they are quick to look for.
type shape struct {
	kind    Kind
	marks   []string
	pattern *regexp.Regexp
}

const slash = `(?:\\*/|%(?:25)*2[fF])`

// The forms of GitHub's list of secret scanning patterns for Google, JSON Web
// Tokens and Encryption (RFC 7515, RFC 7516), keys in PEM (RFC 7468), and the
// ids of access keys of AWS:
// https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
var knownShapes = []shape{
	{AccessToken, []string{"ya29."}, regexp.MustCompile(`ya29\.(?:[\w.~+/=-]|%[0-9a-fA-F]{2})+`)},
	{RefreshToken, []string{"1//", `1\/`, "1%2"}, regexp.MustCompile(`(?:\b|\\[nrt])(1` + slash + slash + `[\w-]{20,})`)},
	{AuthorizationCode, []string{"4/0", "4/1", `4\/`, "4%2"}, regexp.MustCompile(`(?:\b|\\[nrt])(4` + slash + `[01][\w-]{20,})`)},
	{APIKey, []string{"AIza"}, regexp.MustCompile(`AIza[\w-]{30,}`)},
	{APIKey, []string{"AKIA", "ASIA"}, regexp.MustCompile(`\bA[KS]IA[A-Z0-9]{16}\b`)},
	{ClientSecret, []string{"GOCSPX-"}, regexp.MustCompile(`GOCSPX-[\w-]+`)},
	{WebToken, []string{"eyJ"}, regexp.MustCompile(`eyJ[\w-]{6,}\.(?:eyJ[\w-]+\.[\w-]*|[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+)`)},
	{PrivateKey, []string{"PRIVATE"}, regexp.MustCompile(`-----BEGIN(?:[A-Z0-9 +]|%20)*PRIVATE(?: |\+|%20)KEY-----(?:` + keyLetter + `*?-----END[^-]*-----|` + keyLetter + `*)`)},
}

// keyLetter is a letter of a key in PEM, with its headers and line ends, which
// may be escaped.
const keyLetter = `(?:[\w+/=\s:,-]|\\+[nr/]|%[0-9a-fA-F]{2}|&#(?:10|13|xA|xD);)`

// shapes finds what has the form of a credential, wherever it stands.
func shapes(_ *Redactor, page page, add func(span)) {
	text := page.text
	for _, shape := range knownShapes {
		for _, mark := range shape.marks {
			if !strings.Contains(text, mark) {
				continue
			}
			for _, at := range shape.pattern.FindAllStringSubmatchIndex(text, -1) {
				piece := at[len(at)-2:]
				add(span{start: piece[0], end: piece[1], kind: shape.kind, with: Mark})
			}
			break
		}
	}
}
