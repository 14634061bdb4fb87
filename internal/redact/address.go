package redact

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// Address is an address as an error message may show it: without a user, a zone,
// parameters and a fragment, which may be secrets. It takes any text, also what is no
// address.
func Address(address string) string {
	begin, host, end := addressParts(address)
	return NewRedactor(nil).Text(address[:begin] + zone().ReplaceAllString(address[host:end], "]"))
}

// HiddenInAddress lists the parts of an address that Address leaves out, for those
// who must hide them wherever else they are repeated.
func HiddenInAddress(address string) []string {
	begin, host, end := addressParts(address)
	user, parameters := address[begin:host], address[end:]
	hidden := []string{strings.TrimSuffix(user, "@")}
	if _, password, found := strings.Cut(hidden[0], ":"); found {
		// The package url quotes what it takes for a port.
		before, _, _ := strings.Cut(password, "/")
		hidden = append(hidden, password, before)
	}
	for _, zone := range zone().FindAllString(address[host:end], -1) {
		hidden = append(hidden, strings.Trim(zone, "%]"))
	}
	for parameter := range strings.FieldsFuncSeq(parameters, func(c rune) bool { return strings.ContainsRune("?&#;", c) }) {
		_, value, _ := strings.Cut(parameter, "=")
		hidden = append(hidden, parameter, value)
	}
	return slices.DeleteFunc(hidden, func(part string) bool { return part == "" })
}

// zone is that of an address of IPv6, with what ends it.
var zone = lazy(`%[^\][/]*\]`)

// addressParts says where the user of an address begins, where its host begins,
// and where its path ends.
func addressParts(address string) (begin, host, end int) {
	begin = originStart(address)
	rest := address[begin:]
	end = len(rest)
	if at := strings.IndexAny(rest, "?#;"); at >= 0 {
		end = at
	}
	// A password may hold a slash, and then its host follows; it may hold a question
	// mark, too.
	host = strings.LastIndexByte(rest[:end], '@') + 1
	if authority, _, _ := strings.Cut(rest[:end], "/"); !strings.ContainsAny(authority, ":@") {
		host = 0 // Only a path has it.
	}
	if at := strings.LastIndexByte(rest, '@'); at > end && strings.Contains(rest[:end], ":") {
		host, end = at+1, len(rest)
		if at := strings.IndexAny(rest[host:], "?#;&"); at >= 0 {
			end = host + at
		}
	}
	return begin, begin + host, begin + end
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

// SplitOrigin splits an address before its path, query or fragment.
func SplitOrigin(address string) (origin, rest string) {
	begin := originStart(address)
	if begin == 0 {
		return "", address
	}
	if end := strings.IndexAny(address[begin:], "/?#"); end >= 0 {
		return address[:begin+end], address[begin+end:]
	}
	return address, ""
}

var quotedPart = lazy(` ?"(?:[^"\\]|\\.)*"`)

// ErrorText is the text of an error of net/url or net/http, with its address as
// Address shows it. What those packages quote is left out: it may be a part of an
// address that they cannot parse, and so of a password.
func ErrorText(err error) string {
	var asked *url.Error
	if !errors.As(err, &asked) {
		return quotedPart().ReplaceAllString(err.Error(), "")
	}
	if asked.Op == "parse" {
		return "not a valid address: " + ErrorText(asked.Err)
	}
	return Address(asked.URL) + ": " + ErrorText(asked.Err)
}
