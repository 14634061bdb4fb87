package redact

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// Address is an address as an error message may show it: without a user, a query
// and a fragment, which may be secrets. It takes any text, also what is no
// address.
func Address(address string) string {
	begin := originStart(address)
	scheme, rest := address[:begin], address[begin:]
	end := strings.IndexAny(rest, "?#")
	shown := rest
	if end >= 0 {
		shown = rest[:end]
		// A password may hold these characters, and then its host follows.
		if strings.Contains(rest[end:], "@") && strings.ContainsAny(shown, ":@") {
			return scheme + "…"
		}
	}
	// So it may a slash.
	shown = shown[strings.LastIndexByte(shown, '@')+1:]
	return NewRedactor(nil).Text(scheme + shown)
}

// originStart is where the user and host of an address begin; 0 where there is
// no scheme.
func originStart(address string) int {
	if strings.HasPrefix(address, "//") {
		return len("//")
	}
	if scheme := strings.Index(address, "://"); scheme >= 0 {
		return scheme + len("://")
	}
	return 0
}

// splitOrigin splits an address before its path, query or fragment.
func splitOrigin(address string) (origin, rest string) {
	begin := originStart(address)
	if begin == 0 {
		return "", address
	}
	if end := strings.IndexAny(address[begin:], "/?#"); end >= 0 {
		return address[:begin+end], address[begin+end:]
	}
	return address, ""
}

var quotedPart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(` ?"(?:[^"\\]|\\.)*"`) })

// ErrorText is the text of an error of net/url or net/http, with its address as
// Address shows it. What the package url quotes of an address that it cannot
// parse is left out: it may be a part of a password.
func ErrorText(err error) string {
	var asked *url.Error
	if !errors.As(err, &asked) {
		return err.Error()
	}
	if asked.Op == "parse" {
		return "not a valid address: " + strings.TrimSpace(quotedPart().ReplaceAllString(asked.Err.Error(), ""))
	}
	return strings.ToUpper(asked.Op) + " " + Address(asked.URL) + ": " + ErrorText(asked.Err)
}
