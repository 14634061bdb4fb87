package redact

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://h/v1/a@b":             "https://h/v1/a@b",
		"https://h:8080/v1":            "https://h:8080/v1",
		"http://me:12/planted@h":       "http://h",
		"https://h/p?k=planted#x":      "https://h/p",
		"https://me:planted@h/p":       "https://h/p",
		"https://planted@h":            "https://h",
		"http://me:pa/planted@h/p?x=y": "http://h/p",
		"http://me:pa?planted@h/p?x":   "http://h/p",
		"http://h/%zz?k=planted":       "http://h/%zz",
		"http://h?mail=planted@x":      "http://h",
		"//me:planted@h/p?x":           "//h/p",
		"me:planted@h":                 "h",
		"127.0.0.1:80?k=planted":       "127.0.0.1:80",
		"http://h/ghp_k1j2h3g4f5d6s7":  "http://h/dpconform-redacted",
		"http://h/x;k=planted":         "http://h/x",
		"127.0.0.1:1/?k=planted":       "127.0.0.1:1/",
		"http://[fe80::1%planted]/v1":  "http://[fe80::1]/v1",
		"":                             "",
		"://":                          "://",
	} {
		if got := Address(address); got != want {
			t.Errorf("%s became %s, want %s", address, got, want)
		}
		for _, part := range HiddenInAddress(address) {
			if strings.Contains(want, part) && len(part) >= shortestSecret {
				t.Errorf("%s: %q is hidden, and shown in %s", address, part, want)
			}
		}
		if hidden := HiddenInAddress(address); strings.Contains(address, "planted") && !slices.ContainsFunc(hidden, func(part string) bool { return strings.Contains(part, "planted") }) {
			t.Errorf("%s: hidden are %q", address, hidden)
		}
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	mistake := func(address string) error {
		_, err := url.Parse(address)
		return err
	}
	for _, one := range []struct {
		err  error
		want string
	}{
		{mistake("http://me:planted/x@h"), "not a valid address: invalid port after host"},
		{mistake("http://h/%zz?k=planted"), "not a valid address: invalid URL escape"},
		{&url.Error{Op: "Get", URL: "http://me:planted@h/p?k=planted", Err: errors.New("EOF")}, "http://h/p: EOF"},
		{&url.Error{Op: "Get", URL: "http://h", Err: errors.New(`failed to parse Location header "http://h?planted": parse "http://h?planted": bad`)},
			"http://h: failed to parse Location header: parse: bad"},
		{errors.New("plain"), "plain"},
	} {
		if got := ErrorText(one.err); got != one.want {
			t.Errorf("%v became %s", one.err, got)
		}
	}
}
