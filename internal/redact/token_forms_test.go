package redact

import (
	"strings"
	"testing"
)

// Libraries do not agree on what must be escaped, and each of them may be that
// of a server that repeats a token.
func TestATokenIsFoundHoweverItIsEscaped(t *testing.T) {
	const token = "SEKRET000/pl+ant=ed~Qw8Er7Ty0.zz000"
	hide := NewRedactor(map[string]string{token: "the-token"})
	for name, form := range map[string]string{
		"Python's quote":       "SEKRET000/pl%2Bant%3Ded~Qw8Er7Ty0.zz000",
		"Java's URLEncoder":    "SEKRET000%2Fpl%2Bant%3Ded%7EQw8Er7Ty0.zz000",
		"encodeURI":            "SEKRET000/pl+ant=ed~Qw8Er7Ty0.zz000",
		"small letters":        "SEKRET000%2fpl%2bant%3ded~Qw8Er7Ty0.zz000",
		"every byte":           spelled(token, "%%%02X"),
		"hexadecimal":          spelled(token, "%02x"),
		"decimal references":   spelled(token, "&#%d;"),
		"hexadecimal entities": spelled(token, "&#x%x;"),
	} {
		if got := hide.Text("before " + form + " behind"); got != "before the-token behind" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if forms := formsOf(strings.Repeat("!#$%&'()*+,-./:;<=>?@", 3)); len(forms) > 100 {
		t.Errorf("%d forms of a token of odd characters", len(forms))
	}
}

// A server clears a cookie by an empty value: its attributes are no secret.
func TestTheAttributesOfAClearedCookieStay(t *testing.T) {
	for _, line := range []string{"Set-Cookie: sid=; Path=/; Max-Age=0", `{"Set-Cookie": ["sid=; Path=/"]}`} {
		if got := NewRedactor(nil).Text(line); got != line {
			t.Error(got)
		}
	}
	if got := NewRedactor(nil).Text("Set-Cookie: sid=abc123def; Path=/"); got != "Set-Cookie: sid="+Mark+"; Path=/" {
		t.Error(got)
	}
}
