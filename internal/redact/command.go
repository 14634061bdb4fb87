package redact

import (
	"slices"
	"strings"
)

// shortNames are names of flags that take a secret, beside those that a member of a
// body may have: there, such a name stands for other things too.
var shortNames = []string{"p", "pw", "pwd", "pass", "pin", "auth", "cred", "creds", "credentials", "tok", "u", "user", "login", "key"}

// Command takes the secrets out of the words of a command: what follows a flag with the
// name of a secret, in the same word or the next, and values that no person would
// write. What has a placeholder such as {token}, or names a file, stays.
func (r *Redactor) Command(words []string) []string {
	var shown []string
	secret := false
	for _, word := range words {
		flag, value, joined := strings.Cut(word, "=")
		isFlag := strings.HasPrefix(word, "-")
		switch {
		case isFlag && joined, !isFlag && joined && isVariable(flag):
			if takesSecret(flag) && !isShown(value) || IsOpaque(value) && !strings.ContainsAny(value, "{./\\") {
				value = Mark
			}
			shown, secret = append(shown, flag+"="+r.word(value)), false
			continue
		case isFlag:
			secret = takesSecret(word)
		default:
			if secret && !isShown(word) {
				word = Mark
			}
			secret = false
		}
		shown = append(shown, r.word(word))
	}
	return shown
}

// word takes the secrets out of a word of a command. A placeholder such as {token} is
// none, though it stands in the place of one, as in "Authorization: Bearer {token}".
func (r *Redactor) word(word string) string {
	if without := commandPlaceholder().ReplaceAllString(word, ""); r.Text(without) == without {
		return word
	}
	return r.Text(word)
}

var commandPlaceholder = lazy(`\{[a-z_]+\}`)

// shownValue is a placeholder, an address, whose own secrets are known by their form, or
// a file.
var shownValue = lazy(`\{|://|^(?:\.|\.\.|~)[/\\]|\.[a-z]{2,5}$`)

func isShown(value string) bool { return shownValue().MatchString(value) }

// isVariable reports whether a text is the name of a variable of the environment.
func isVariable(name string) bool {
	return name != "" && strings.ToUpper(name) == name && !strings.ContainsAny(name, " ./")
}

func takesSecret(flag string) bool {
	name := strings.ToLower(strings.TrimLeft(flag, "-"))
	parts := strings.FieldsFunc(name, func(c rune) bool { return c == '-' || c == '_' })
	if len(parts) == 0 || parts[len(parts)-1] == "file" {
		return false
	}
	return slices.Contains(shortNames, parts[len(parts)-1]) || isSecretName(name)
}
