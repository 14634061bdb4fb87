package redact

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	redactor := NewRedactor(map[string]string{"tok-abc/123": Mark + ":maps", "tok-abc/123-longer": "", "short": Mark + ":s", "maps.reviews": Mark + ":maps.reviews"})
	for text, want := range map[string]string{
		"":                                         "",
		"nothing to hide, key or token":            "nothing to hide, key or token",
		"a tok-abc/123 b":                          "a dpconform-redacted:maps b",
		"a tok-abc/123-longer b":                   "a dpconform-redacted:unlabelled b",
		"tok-abc%2F123":                            "dpconform-redacted:maps",
		`tok-abc\/123`:                             "dpconform-redacted:maps",
		"a short word of maps.reviews":             "a short word of maps.reviews",
		"access_token=x1&alt=json":                 "access_token=dpconform-redacted&alt=json",
		"a?alt=json&key=x1#f":                      "a?alt=json&key=dpconform-redacted#f",
		"monkey=1&turkey=2":                        "monkey=1&turkey=2",
		"signature=plain text":                     "signature=plain text",
		"u?Expires=17&Signature=a%2Bb&x=":          "u?Expires=dpconform-redacted&Signature=dpconform-redacted&x=",
		"next=https%3A%2F%2Fh%3Faccess_token%3Dx1": "next=https%3A%2F%2Fh%3Faccess_token%3Ddpconform-redacted",
		`{"a":"u?x=1\u0026Signature=abc"`:          `{"a":"u?x=1\u0026Signature=dpconform-redacted"`,
		`{"access_token":"x1`:                      `{"access_token":"dpconform-redacted`,
		`{'refresh_token': 'x"1'}`:                 `{'refresh_token': 'dpconform-redacted'}`,
		`{\"clientSecret\": \"x1\", \"a\": 1}`:     `{\"clientSecret\": \"dpconform-redacted\", \"a\": 1}`,
		"client_secret: x1, a: b":                  "client_secret: dpconform-redacted, a: b",
		"<access_token>x1</access_token>":          "<access_token>dpconform-redacted</access_token>",
		"Bearer abc123, then":                      "Bearer dpconform-redacted:unlabelled, then",
		`"Bearer abc123"`:                          `"Bearer dpconform-redacted:unlabelled"`,
		"Basic YTpi":                               "Basic YTpi",
		"Basic YTpiMQ==":                           "Basic dpconform-redacted:unlabelled",
		"Bearer token required.":                   "Bearer token required.",
		`Bearer realm="https://a/", error="x"`:     `Bearer realm="https://a/", error="x"`,
		"Bearer dpconform-redacted:maps":           "Bearer dpconform-redacted:maps",
		"ya29.a0-x":                                "dpconform-redacted",
		"1//0abcdefghijklmnopqrstuv":               "dpconform-redacted",
		"a jwt eyJhbGciOi.eyJpc3Mi.c2ln here":      "a jwt dpconform-redacted here",
		"GOCSPX-abc":                               "dpconform-redacted",
		"key AIzaSyA0123456789abcdefghijklmnopqrs": "key dpconform-redacted",
		"Unknown name \"foo\": Cannot find field.": "Unknown name \"foo\": Cannot find field.",
	} {
		if got := redactor.Text(text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
		if again := redactor.Text(want); again != want {
			t.Errorf("%s is changed again, to %s", want, again)
		}
	}
}

func TestBody(t *testing.T) {
	redactor := NewRedactor(map[string]string{"tok<abc>/123": Mark + ":maps", "1234567": ""})
	for body, want := range map[string]string{
		"{\n  \"id\": \"a\"\n}\n":                                           "{\n  \"id\": \"a\"\n}\n",
		`{"m": "\u003ctok\u003cabc\u003e/123\u003e"}`:                       `{"m": "<dpconform-redacted:maps>"}`,
		`{"m": "\u0041 \/ \u003c"}`:                                         `{"m": "\u0041 \/ \u003c"}`,
		`{"tok<abc>\/123": 1}`:                                              `{"dpconform-redacted:maps": 1}`,
		`[ 1234567, 91234567, 123456, -1.5e3, true,null]`:                   `[ "dpconform-redacted:unlabelled", "9dpconform-redacted:unlabelled", 123456, -1.5e3, true,null]`,
		`{"access_token" : {"a": ["x", 1, null, true], "b": ""}, "c": "x"}`: `{"access_token" : {"a": ["dpconform-redacted", "dpconform-redacted", null, true], "b": ""}, "c": "x"}`,
		`{"\u006bey": "x"}`:                                                 `{"\u006bey": "dpconform-redacted"}`,
		`{"m": "say \"Bearer abc1\""}`:                                      `{"m": "say \"Bearer dpconform-redacted:unlabelled\""}`,
		`{"m": "{\"key\": \"x\"}"}`:                                         `{"m": "{\"key\": \"dpconform-redacted\"}"}`,
		`"Bearer abc1"`:                                                     `"Bearer dpconform-redacted:unlabelled"`,
		`{}`:                                                                `{}`,
		` [ ] `:                                                             ` [ ] `,
		`{"key": "x"} trailing`:                                             `{"key": "dpconform-redacted"} trailing`,
		`client_secret=a&grant_type=b`:                                      `client_secret=dpconform-redacted&grant_type=b`,
		"dpconform: 5000 bytes, sha256:00112233":                            "dpconform: 5000 bytes, sha256:00112233",
	} {
		got := redactor.Body(body)
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", body, got, want)
		}
		if again := redactor.Body(want); again != want {
			t.Errorf("%s is changed again, to %s", want, again)
		}
	}
}

func TestHeader(t *testing.T) {
	redactor := NewRedactor(map[string]string{"tok-abc": Mark + ":maps", "whole secret": Mark + ":whole", "odd": "a \"b\"\n"})
	header := http.Header{
		"Authorization":       {"Bearer tok-abc", "bearer  tok-abc", "Bearer other", "Bearer", "Bearer ", "whole secret", "Basic eDp5", "", "Bearer odd"},
		"Cookie":              {"a=1; b=2", "", "x"},
		"Set-Cookie":          {"sid=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT"},
		"X-Goog-Api-Key":      {"k", ""},
		"Proxy-Authorization": {"Basic eDp5"},
		"Www-Authenticate":    {`Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="a b"`},
		"Location":            {"/x?key=1&a=b"},
	}
	want := http.Header{
		"Authorization":       {"Bearer dpconform-redacted:maps", "bearer  dpconform-redacted:maps", "Bearer dpconform-redacted:unlabelled", "Bearer", "Bearer ", "dpconform-redacted:whole", "Basic dpconform-redacted:unlabelled", "", "Bearer a--b--"},
		"Cookie":              {"a=dpconform-redacted; b=dpconform-redacted", "", "dpconform-redacted"},
		"Set-Cookie":          {"sid=dpconform-redacted; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT"},
		"X-Goog-Api-Key":      {Mark, ""},
		"Proxy-Authorization": {Mark},
		"Www-Authenticate":    {`Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="a b"`},
		"Location":            {"/x?key=dpconform-redacted&a=b"},
	}
	before := header.Clone()
	if got := redactor.Header(header); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if !reflect.DeepEqual(header, before) {
		t.Error("the caller's header changed")
	}
}

func TestRequestTarget(t *testing.T) {
	redactor := NewRedactor(map[string]string{"tok-abc": Mark + ":maps"})
	for target, want := range map[string]string{
		"/v1/archiveJobs/a%2Fb:retry": "/v1/archiveJobs/a%2Fb:retry",
		"/v1/x?":                      "/v1/x?",
		"/v1/x?alt=json&prettyPrint=false&%24.xgafv=1":    "/v1/x?alt=json&prettyPrint=false&%24.xgafv=1",
		"/v1/x?access%5Ftoken=1&Key=2&KEY&oauth_token=&a": "/v1/x?access%5Ftoken=dpconform-redacted&Key=dpconform-redacted&KEY=dpconform-redacted&oauth_token=dpconform-redacted&a",
		"/v1/tok-abc?foo=tok-abc":                         "/v1/dpconform-redacted:maps?foo=dpconform-redacted:maps",
		"/v1/x?a=%zz;key=1":                               "/v1/x?a=%zz;key=dpconform-redacted",
	} {
		if got := redactor.RequestTarget(target); got != want {
			t.Errorf("%s\n got %s\nwant %s", target, got, want)
		}
	}
}

func TestEachSecretNameIsLookedFor(t *testing.T) {
	for _, secret := range append(slices.Clone(longNames), wordNames...) {
		if len(newPage(secret.name+"=").near(nameWords)) == 0 {
			t.Errorf("%s is passed over", secret.name)
		}
	}
}

// FuzzBody holds Body to its promises: no token that was sent is left, JSON
// stays JSON, and a second time changes nothing, without which a replay would
// not find what was recorded.
func FuzzBody(f *testing.F) {
	f.Add(`{"id": "a", "m": "Bearer secret-token"}`, "secret-token")
	f.Add(`["\u0073ecret-token", 1]`, "secret-token")
	f.Add(`{"key": {"a": [1, "secret/token"]}} secret\/token`, "secret/token")
	f.Add(`access_token=secret%2Btoken&Signature=x`, "secret+token")
	f.Add(`{"a": "{\"refresh_token\": \"x\\\"y\"}"}`, "abcdef")
	f.Add("12345678", "234567")
	f.Fuzz(func(t *testing.T, body, token string) {
		if len(token) < shortestSecret || !isTokenText(token) || overlapsRedacted(token) {
			t.Skip()
		}
		redactor := NewRedactor(map[string]string{token: Mark + ":maps"})
		got := redactor.Body(body)
		if strings.Contains(got, token) {
			t.Errorf("%q still holds %q: %q", body, token, got)
		}
		if json.Valid([]byte(body)) && !json.Valid([]byte(got)) {
			t.Errorf("%q is no JSON any more: %q", body, got)
		}
		if again := NewRedactor(nil).Body(got); again != got {
			t.Errorf("%q became %q and then %q", body, got, again)
		}
	})
}

// isTokenText reports whether a text is one that can be sent as a bearer token
// (RFC 6750, section 2.1), or that a token template makes of a scope.
func isTokenText(text string) bool {
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=:") == ""
}

// overlapsRedacted reports whether a token shares so much with what stands for
// a secret that it could arise at its edge.
func overlapsRedacted(token string) bool {
	const mark = Mark + ":unlabelled"
	for _, character := range []string{":", "="} {
		if strings.Contains(token, character) {
			return true
		}
	}
	for length := 3; length <= len(token); length++ {
		if strings.Contains(mark+Mark+":maps", token[len(token)-length:]) || strings.Contains(mark+Mark+":maps", token[:length]) {
			return true
		}
	}
	return false
}
