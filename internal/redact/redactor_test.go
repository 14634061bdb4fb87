package redact

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// planted are secrets in texts: the redactor takes them out.
var planted = []struct {
	secret string
	texts  []string
}{
	// Authorization in every spelling.
	{"s3cr3t-0a1b2c", []string{
		"Authorization: Bearer s3cr3t-0a1b2c", "authorization:bearer s3cr3t-0a1b2c\r\nAccept: */*",
		"            Authorization:\n                - Bearer s3cr3t-0a1b2c\n", "Authorization:\n    - Bearer dpconform-redacted:maps\n    - Bearer s3cr3t-0a1b2c\n",
		`{"Authorization": ["Bearer s3cr3t-0a1b2c"]}`, `{"name": "Authorization", "value": "Bearer s3cr3t-0a1b2c"}`,
		`curl -H 'Authorization: Bearer s3cr3t-0a1b2c' https://h`, `said\nBearer s3cr3t-0a1b2c`, "you sent Bearer%20s3cr3t-0a1b2c", `token Bearer "s3cr3t-0a1b2c"`,
		"DPoP s3cr3t-0a1b2c",
	}},
	{"dXNlcjpzM2NyM3Q=", []string{
		"AUTHORIZATION: Basic dXNlcjpzM2NyM3Q=", "Proxy-Authorization: Basic dXNlcjpzM2NyM3Q=",
	}},
	{"s3cr3t0a1b2c", []string{
		"Authorization: s3cr3t0a1b2c", "X-Forwarded-Authorization: token s3cr3t0a1b2c",
	}},
	{"6629fae49393a05397450978507c4ef1", []string{`Authorization: Digest username="Mufasa", response="6629fae49393a05397450978507c4ef1"`}},
	{"fe5f80f77d5fa3beca038a248ff027d0", []string{"Authorization: AWS4-HMAC-SHA256 Credential=AK/2026, Signature=fe5f80f77d5fa3beca038a248ff027d0"}},
	{"abcdefghijklmnopqrstuvwxyzabcdef", []string{"Bearer abcdefghijklmnopqrstuvwxyzabcdef"}},
	// Other headers.
	{"s3cr3t-0a1b2c", []string{
		"X-Goog-Api-Key: s3cr3t-0a1b2c", "x-goog-iam-authorization-token: s3cr3t-0a1b2c", "X-Goog-Api-Key:\n    - s3cr3t-0a1b2c\n",
		"Cookie: SID=s3cr3t-0a1b2c; theme=s3cr3t-0a1b2c", "Set-Cookie: SID=s3cr3t-0a1b2c; Path=/; HttpOnly",
		"            Set-Cookie:\n                - a=dpconform-redacted; Path=/\n                - SID=s3cr3t-0a1b2c; Path=/",
		`{"Set-Cookie": ["SID=s3cr3t-0a1b2c; Path=/"]}`, `{"cookies": [{"name": "SID", "value": "s3cr3t-0a1b2c"}]}`,
	}},
	// Parameters: query, form, fragment, Location, Link, escaped for URLs, JSON and HTML.
	{"s3cr3t-0a1b2c", []string{
		"GET /v1/a?access_token=s3cr3t-0a1b2c HTTP/1.1", "Location: https://h/cb#access_token=s3cr3t-0a1b2c&state=x",
		`Link: <https://h/?access_token=s3cr3t-0a1b2c>; rel="next"`, "`access_token=s3cr3t-0a1b2c`", "next=https%3A%2F%2Fh%3Foauth_token%3Ds3cr3t-0a1b2c",
		"next=https%253A%252F%252Fh%253Faccess_token%253Ds3cr3t-0a1b2c", `<a href="/?a=1&amp;access_token=s3cr3t-0a1b2c">`,
		`{"u": "/?a=1\u0026access_token\u003ds3cr3t-0a1b2c`, "GOOGLE_ACCESS_TOKEN=s3cr3t-0a1b2c", `/?access%5Ftoken=s3cr3t-0a1b2c`, "/v1/a?alt=json&key=s3cr3t-0a1b2c",
		"grant_type=refresh_token&refresh_token=s3cr3t-0a1b2c", `sent\nclient_secret=s3cr3t-0a1b2c`, "GET /callback?code=s3cr3t-0a1b2c&state=x",
		"code_verifier=s3cr3t-0a1b2c", "device_code=s3cr3t-0a1b2c", "grant_type=x&assertion=s3cr3t-0a1b2c", "client_assertion=s3cr3t-0a1b2c",
		"username=u&password=s3cr3t-0a1b2c", "POST /revoke?token=s3cr3t-0a1b2c", "https://user:s3cr3t-0a1b2c@host/", "https%3A%2F%2Fuser%3As3cr3t-0a1b2c%40host",
	}},
	{"AfJohXkabcdefghijklmnop", []string{"code=4%2F0AfJohXkabcdefghijklmnop&grant_type=authorization_code"}},
	{"s3cr3t-0a1b2c3d4e5f", []string{"https://s3cr3t-0a1b2c3d4e5f@host/"}},
	// Signed URLs.
	{"s3cr3t0a1b2c", []string{
		"https://s/b/o?X-Goog-Algorithm=a&X-Goog-Signature=s3cr3t0a1b2c", "https://s/b/o?X-Goog-Credential=s3cr3t0a1b2c%2F2026",
		"https://s/b/o?GoogleAccessId=s3cr3t0a1b2c", "https://s/b/o?Signature=s3cr3t0a1b2c", "https://cdn/o?Policy=s3cr3t0a1b2c",
		"https://cdn/o?Key-Pair-Id=s3cr3t0a1b2c", "https://b.blob/o?sv=1&sig=s3cr3t0a1b2c%3D",
	}},
	{"s3cr3t-0a1b2c", []string{
		"/upload?uploadType=resumable&upload_id=s3cr3t-0a1b2c", `{"urls": ["https://h/s3cr3t-0a1b2c", "https://h/s3cr3t-0a1b2c?b"], "state": "COMPLETE"}`,
		"body: |\n  {\n    \"urls\": [\n      \"https://h/s3cr3t-0a1b2c\",\n      \"https://h/s3cr3t-0a1b2c?b\"\n    ]\n  }\n",
		`"body": "{\"urls\":[\"https://h/s3cr3t-0a1b2c\",\"https://h/s3cr3t-0a1b2c\"]}`, `{"urls":["https://h/s3cr3t-0a1b2c`,
		"urls:\n  - https://h/s3cr3t-0a1b2c\n  - 'https://h/s3cr3t-0a1b2c'\n",
	}},
	// Members: JSON, broken JSON, JSON in JSON, YAML, XML, HTML.
	{"s3cr3t-0a1b2c", []string{
		`{"access_token": "s3cr3t-0a1b2c"}`, `{"a": "{\"b\": \"{\\\"access_token\\\": \\\"s3cr3t-0a1b2c\\\"}\"}"}`, `&#34;access_token&#34;: &#34;s3cr3t-0a1b2c&#34;`,
		`%7B%22access_token%22%3A%22s3cr3t-0a1b2c%22%7D`, `<auth:access_token type="x">s3cr3t-0a1b2c</auth:access_token>`,
		`<access_token><![CDATA[s3cr3t-0a1b2c]]></access_token>`, `&lt;access_token&gt;s3cr3t-0a1b2c&lt;/access_token&gt;`,
		`<input type="hidden" name="access_token" value="s3cr3t-0a1b2c">`, `{"name": "access_token", "value": "s3cr3t-0a1b2c"}`, "refresh_token: \"s3cr3t-0a1b2c\"",
		"refresh_token: s3cr3t-0a1b2c", `{'refresh_token': 's3cr3t-0a1b2c'}`, `client_secret = "s3cr3t-0a1b2c"`, `{"client_secret": ["a", "s3cr3t-0a1b2c"], `,
		`{"id_token": "s3cr3t-0a1b2c"}`, `{"type": "service_account", "private_key_id": "s3cr3t-0a1b2c"}`,
		`x {"access_token":` + strings.Repeat(" ", 900) + `"s3cr3t-0a1b2c"}`,
	}},
	{"0a1b2c", []string{
		`x {\"access_token\": \"s3cr3t\\\"-0a1b2c\"}`, `x {"access_token": "s3cr3t\"-0a1b2c"}`,
	}},
	{"s3cr3t", []string{
		"?access_token=" + strings.Repeat("ab12", 500) + "s3cr3t", "Bearer " + strings.Repeat("ab12", 500) + "s3cr3t",
	}},
	{"s3cr3t-0a1b2c3d4e5f", []string{`{"code": "s3cr3t-0a1b2c3d4e5f"}`}},
	{"s3cr3t0a1b2c", []string{`x {"private_key": "-----BEGIN PRIVATE KEY-----\ns3cr3t0a1b2c\n-----END PRIVATE KEY-----\n"}`}},
	// Forms.
	{"0gs3cr3t0a1b2c3d4e5f6a", []string{
		"1//0gs3cr3t0a1b2c3d4e5f6a", `\n1\/\/0gs3cr3t0a1b2c3d4e5f6a`, "1%2F%2F0gs3cr3t0a1b2c3d4e5f6a",
	}},
	{"s3cr3t0a1b2c", []string{
		"GOCSPX-s3cr3t0a1b2c", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\ns3cr3t0a1b2c==\n-----END RSA PRIVATE KEY-----",
		"-----BEGIN EC PRIVATE KEY-----\r\ns3cr3t0a1b2c",
	}},
	{"a0AfB_s3cr3t", []string{"x ya29.a0AfB_s3cr3t y"}}, {"AfJohXkabcdefghijklmnop", []string{"4/0AfJohXkabcdefghijklmnop"}},
	{"SyA0123456789abcdefghijklmnopqrs", []string{"AIzaSyA0123456789abcdefghijklmnopqrs"}}, {"c2lnbmF0dXJl", []string{"eyJhbGciOi.eyJpc3Mi.c2lnbmF0dXJl"}},
	{"abc.def", []string{"eyJhbGciOi.abc.def.ghi.jkl"}},
	{"s3cr3t0A1b2C3d4E5f6", []string{
		"g.a000-s3cr3t0A1b2C3d4E5f6", "sidts-s3cr3t0A1b2C3d4E5f6", "ghp_s3cr3t0A1b2C3d4E5f6", "gho_s3cr3t0A1b2C3d4E5f6", "github_pat_11AB_s3cr3t0A1b2C3d4E5f6",
		"glpat-s3cr3t0A1b2C3d4E5f6", "xoxb-12-s3cr3t0A1b2C3d4E5f6", "xoxe.xoxp-1-s3cr3t0A1b2C3d4E5f6", "sk-proj-s3cr3t0A1b2C3d4E5f6", "sk_live_s3cr3t0A1b2C3d4E5f6",
		"the session (sidts-s3cr3t0A1b2C3d4E5f6) is unknown", "npm_s3cr3t0A1b2C3d4E5f6aaaaaaaaaa",
	}},
	{"T00aa/B00bb/s3cr3t", []string{"https://hooks.slack.com/services/T00aa/B00bb/s3cr3t"}},
	{"K1B2C3D4E5F6G7H8", []string{"AKIAK1B2C3D4E5F6G7H8 has no access"}},
}

// A word that was sent stands in texts for other reasons.
func TestWordsAreNotLookedFor(t *testing.T) {
	t.Parallel()
	hide := NewRedactor(map[string]string{"FAILED": Mark, "archiveJobs": Mark, "IN_PROGRESS": Mark, "Hunter2-planted": Mark})
	const text = "FAILED_PRECONDITION of /v1/archiveJobs/a in IN_PROGRESS, FAILED"
	if got := hide.Text(text); got != text {
		t.Errorf("became %s", got)
	}
	if got := hide.Header(http.Header{"X-State": {"FAILED"}}).Get("X-State"); got != Mark+" (6 bytes)" {
		t.Errorf("the header became %s", got)
	}
	if got := hide.Text("Hunter2-planted"); got != Mark {
		t.Errorf("became %s", got)
	}
	// One that is spread over the values of a field is hidden with them.
	for _, name := range []string{"Via", "Server"} {
		got := hide.Header(http.Header{name: {"1.1 Hunter2", "-planted"}})[name]
		if strings.Join(got, "|") != Mark+" (11 bytes)|"+Mark+" (8 bytes)" {
			t.Errorf("%s became %q", name, got)
		}
		if kept := hide.Header(http.Header{name: {"a", "b"}})[name]; strings.Join(kept, "|") != "a|b" {
			t.Errorf("%s became %q", name, kept)
		}
	}
}

// escapes are ways in which a text is a part of another.
var escapes = map[string]func(string) string{
	"plain":          func(text string) string { return text },
	"between lines":  func(text string) string { return "a\nb\n" + text + "\n" },
	"JSON":           Literal,
	"JSON in JSON":   func(text string) string { return Literal(Literal(text)) },
	"query":          url.QueryEscape,
	"path":           url.PathEscape,
	"query in query": func(text string) string { return url.QueryEscape(url.QueryEscape(text)) },
	"HTML":           html.EscapeString,
	"JSON in HTML":   func(text string) string { return html.EscapeString(Literal(text)) },
	"URL in JSON":    func(text string) string { return "{\"a\": " + Literal(url.PathEscape(text)) },
}

// plainTexts are no secrets, and stay as they are.
var plainTexts = []string{
	"", "nothing to hide, key or token", "Bearer token required.", "Authorization: Bearer $TOKEN", `-H "Authorization: Bearer $TOKEN"`,
	"the Authorization: header is missing", "Authorization: required", "Cookie: none", "an Authorization: Bearer token is sent",
	`Bearer realm="https://accounts.google.com/", error="invalid_token"`, `{"error": {"code": 401, "status": "UNAUTHENTICATED"}}`,
	`{"code": "UNAUTHENTICATED", "message": "status code=401"}`, "rpc error: code = Unauthenticated desc = x", `{"code": "E1234"}`,
	"code=404", "run || code=$?", "/v1/archiveJobs/a:retry?alt=json&dpconformUnknown=1", "monkey=1&turkey=2", "signature=plain text",
	"Bearer dpconform-redacted:maps", "Bearer dpconform-unknown-token-9927a129abed2903",
	"dpconform-unknown-8e32528bbc6b0984", "access_token=dpconform-redacted", `{"urls": ["dpconform-redacted", "dpconform-redacted"]}`,
	`{"urls": []}`, "next_page_token is unknown", `{"nextPageToken": "abc123"}`, "grant_type=refresh_token", "client_assertion_type=urn:x",
	"client_secret: |", "password: required", "it may be a password: it is not shown", "http://127.0.0.1:8080/v1", "user@example.com", "https://h/@scope/package",
	"<code>access</code>", `{"token_type": "Bearer", "expires_in": 3599}`, "Basic YTpi", "basic HTTP/1.1 semantics",
	"Set-Cookie: dpconform", `{"Authorization": ["Bearer dpconform-redacted:maps.reviews"]}`,
	"-----BEGIN CERTIFICATE-----\nabc", "Set-Cookie: sid=; Path=/; Max-Age=0", `{"Set-Cookie": ["sid=; Path=/"]}`,
	"Access-Control-Allow-Headers: Authorization, X-Goog-Api-Key", "Vary: Origin, X-Origin, Cookie", "Www-Authenticate: Bearer",
	`the member "key" is no string`, `want "token": a string`,
}

func TestText(t *testing.T) {
	t.Parallel()
	redactor := NewRedactor(map[string]string{"tok-abc/123": Mark + ":maps", "tok-abc/123-longer": "", "short": Mark + ":s", "maps.reviews": Mark + ":maps.reviews"})
	for text, want := range map[string]string{
		"a tok-abc/123 b":                          "a dpconform-redacted:maps b",
		"a tok-abc/123-longer b":                   "a dpconform-redacted:unlabelled b",
		"tok-abc%2F123":                            "dpconform-redacted:maps",
		`tok-abc\/123`:                             "dpconform-redacted:maps",
		"a short word of maps.reviews":             "a short word of maps.reviews",
		"access_token=x1&alt=json":                 "access_token=dpconform-redacted&alt=json",
		"a?alt=json&key=x1#f":                      "a?alt=json&key=dpconform-redacted#f",
		"u?Expires=17&Signature=a%2Bb&x=":          "u?Expires=dpconform-redacted&Signature=dpconform-redacted&x=",
		"next=https%3A%2F%2Fh%3Faccess_token%3Dx1": "next=https%3A%2F%2Fh%3Faccess_token%3Ddpconform-redacted",
		`{"a":"u?x=1\u0026Signature=abc"`:          `{"a":"u?x=1\u0026Signature=dpconform-redacted"`,
		`{"access_token":"x1`:                      `{"access_token":"dpconform-redacted`,
		`{'refresh_token': 'x"1'}`:                 `{'refresh_token': 'dpconform-redacted'}`,
		`{\"clientSecret\": \"x1\", \"a\": 1}`:     `{\"clientSecret\": \"dpconform-redacted\", \"a\": 1}`,
		"client_secret: x1, a: b":                  "client_secret: dpconform-redacted, a: b",
		"<access_token>x1</access_token>":          "<access_token>dpconform-redacted</access_token>",
		"key=value1; token=missing; x":             "key=dpconform-redacted; token=dpconform-redacted; x",
		"Bearer abc123, then":                      "Bearer dpconform-redacted:unlabelled, then",
		`"Bearer abc123"`:                          `"Bearer dpconform-redacted:unlabelled"`,
		"Basic YTpiMQ==":                           "Basic dpconform-redacted:unlabelled",
		"ya29.a0-x":                                "dpconform-redacted",
		"1//0abcdefghijklmnopqrstuv":               "dpconform-redacted",
		"a jwt eyJhbGciOi.eyJpc3Mi.c2ln here":      "a jwt dpconform-redacted here",
		"GOCSPX-abc":                               "dpconform-redacted",
		"key AIzaSyA0123456789abcdefghijklmnopqrs": "key dpconform-redacted",
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
	t.Parallel()
	redactor := NewRedactor(map[string]string{"tok<abc>/123": Mark + ":maps", "1234567": ""}, "archiveJobId", "parts", "urls", "access_token")
	long := strings.Repeat("word ", 400)
	for body, want := range map[string]string{
		// JSON: what is known stays, with its layout; of all else the name, type and size.
		"{\n  \"archiveJobId\": \"a\"\n}\n":                                       "{\n  \"archiveJobId\": \"a\"\n}\n",
		`{"message": "\u0041 \/ \u003c"}`:                                         `{"message": "\u0041 \/ \u003c"}`,
		`{"message": "\u003ctok\u003cabc\u003e/123\u003e"}`:                       `{"message": "<dpconform-redacted:maps>"}`,
		`{"message": "say \"Bearer abc1\""}`:                                      `{"message": "say \"Bearer dpconform-redacted:unlabelled\""}`,
		`{"error": {"code": 404, "status": "NOT_FOUND", "session": "x"}}`:         `{"error": {"code": 404, "status": "NOT_FOUND", "session": "dpconform-redacted (string, 1 byte)"}}`,
		`{"error": {"details": ["a", {"@type": "t", "b": "c"}], "errors": null}}`: `{"error": {"details": ["a", {"@type": "t", "b": "dpconform-redacted (string, 1 byte)"}], "errors": null}}`,
		`{"session": {"message": "x", "status": ["y", {"code": 4}]}}`: `{"session": {"message": "dpconform-redacted (string, 1 byte)", "status": ["dpconform-redacted (string, 1 byte)", ` +
			`{"code": "dpconform-redacted (number, 1 byte)"}]}}`,
		`{"a" : {"b": ["x", 1, null, true], "c": ""}}`:      `{"a" : {"b": ["dpconform-redacted (string, 1 byte)", "dpconform-redacted (number, 1 byte)", null, true], "c": ""}}`,
		`[{"error": {"message": "x"}}, "y", 12]`:            `[{"error": {"message": "x"}}, "dpconform-redacted (string, 1 byte)", "dpconform-redacted (number, 2 bytes)"]`,
		`{"debug": "got tok<abc>\/123"}`:                    `{"debug": "dpconform-redacted (string, 16 bytes, with dpconform-redacted:maps)"}`,
		`{"parts": [1234567, 9, -1.5e3]}`:                   `{"parts": ["dpconform-redacted:unlabelled", 9, -1.5e3]}`,
		`{"tok<abc>\/123": 1}`:                              `{"dpconform-redacted:maps": "dpconform-redacted (number, 1 byte)"}`,
		`{"k1j2h3g4f5d6s7a8": true, "dpconformUnknown": 1}`: `{"dpconform-redacted": true, "dpconformUnknown": 1}`,
		// A schema cannot say that a secret is none.
		`{"urls": ["https://h/1"], "access_token": "x"}`: `{"urls": ["dpconform-redacted (string, 11 bytes)"], "access_token": "dpconform-redacted (string, 1 byte)"}`,
		`{"code": "E1234"}`:                                   `{"code": "E1234"}`,
		`{"code": "4/0AfJohXkabcdefghijklmnop"}`:              `{"code": "dpconform-redacted (string, 26 bytes)"}`,
		`{"message": "{\"key\": \"x\", \"message\": \"y\"}"}`: `{"message": "{\"key\": \"dpconform-redacted (string, 1 byte)\", \"message\": \"y\"}"}`,
		// A token may hold what looks like a tag.
		`<p>not tok<abc>/123 here</p>`: `<p>not dpconform-redacted:maps here</p>`,
		// A value without a name is not known.
		`"planted"`:                  `"dpconform-redacted (string, 7 bytes)"`,
		`17`:                         `"dpconform-redacted (number, 2 bytes)"`,
		")]}'\n{\"a\": \"planted\"}": ")]}'\n{\"a\": \"dpconform-redacted (string, 7 bytes)\"}",
		`for(;;);["planted"]`:        `for(;;);["dpconform-redacted (string, 7 bytes)"]`,
		`callback({"a": "planted"})`: `callback({"a": "dpconform-redacted (string, 7 bytes)"}dpconform-redacted (text, 1 byte)`,
		`{}`:                         `{}`,
		` [ ] `:                      ` [ ] `,
		// Of an address, what a Location keeps; of a stack nothing.
		`{"type": "https://u:planted@h/p?q=planted", "instance": "/x?k=planted", "error_uri": "https://h/;p=planted?alt=json#planted"}`: `{"type": "https://h/p?q=dpconform-redacted", ` +
			`"instance": "/x?k=dpconform-redacted", "error_uri": "https://h/;p=dpconform-redacted?alt=json#planted"}`,
		`{"error": {"details": [{"links": [{"url": "https://h/p?project=1&k=planted"}]}, {"stackEntries": ["planted"], "detail": "planted"}]}, "detail": "no"}`: `{"error": {"details": ` +
			`[{"links": [{"url": "https://h/p?project=1&k=dpconform-redacted"}]}, {"stackEntries": ["dpconform-redacted (string, 7 bytes)"], "detail": "dpconform-redacted (string, 7 bytes)"}]}, "detail": "dpconform-redacted (string, 2 bytes)"}`,
		`{"@type": "type.googleapis.com/google.rpc.DebugInfo", "detail": "planted"}`:                      `{"@type": "type.googleapis.com/google.rpc.DebugInfo", "detail": "dpconform-redacted (string, 7 bytes)"}`,
		`{"detail": "planted", "error": {"detail": "no"}, "stack_entries": ["planted"]}`:                  `{"detail": "dpconform-redacted (string, 7 bytes)", "error": {"detail": "dpconform-redacted (string, 2 bytes)"}, "stack_entries": ["dpconform-redacted (string, 7 bytes)"]}`,
		`{"message": "Get \"http://h/x?q=planted\": no (see https://h/a?project=1&k=planted). Why? a=b"}`: `{"message": "Get \"http://h/x?q=dpconform-redacted\": no (see https://h/a?project=1&k=dpconform-redacted). Why? a=b"}`,
		// What is no JSON any more has no names.
		`{"key": "x"} trailing`:                           `{"key": "dpconform-redacted (string, 1 byte)"} dpconform-redacted (text, 8 bytes)`,
		`{"message": "x", "session": "planted in what br`: `{"message": "x", "session": dpconform-redacted (text, 19 bytes)`,
		`{'message': 'x'}`:                                `{dpconform-redacted (text, 15 bytes)`,
		"{\"message\": \"\xff\", \"a\": \"\xff\"}":        "{\"message\": \"\xff\", \"a\": \"dpconform-redacted (string, 3 bytes)\"}",
		// Forms.
		`client_secret=a&grant_type=b&c=&d`:                                                          `client_secret=dpconform-redacted&grant_type=b&c=&d`,
		`tok%3Cabc%3E%2F123=a&b=tok%3Cabc%3E%2F123`:                                                  `dpconform-redacted:maps=dpconform-redacted&b=dpconform-redacted:maps`,
		"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nplanted tok<abc>/123\r\n--b--\r\n": "dpconform-redacted (multipart, 78 bytes, with dpconform-redacted:maps)",
		// Pages.
		"<!DOCTYPE html>\n<html lang=en><title>Error 411</title><p><b>411.</b> That’s an error.": "<!DOCTYPE html>\n<html lang=en><title>Error 411</title><p><b>411.</b> That’s an error.",
		`<script>var s = "planted"</script><!-- planted --><a href="/planted">next</a>`: `<script>dpconform-redacted (string, 17 bytes)</script><!-- dpconform-redacted (comment, 7 bytes) -->` +
			`<a href="dpconform-redacted (string, 8 bytes)">next</a>`,
		`<input name="csrf" value="planted"/><p>x`:                   `<input name="dpconform-redacted (string, 4 bytes)" value="dpconform-redacted (string, 7 bytes)"/><p>x`,
		`<x:Error><Message>no</Message><Key>planted</Key></x:Error>`: `<x:Error><Message>no</Message><Key>dpconform-redacted (string, 7 bytes)</Key></x:Error>`,
		`<!DOCTYPE a [<!ENTITY x "planted">]><?p planted?><Message>no</Message>`: `<!DOCTYPE a dpconform-redacted (declaration, 21 bytes)>dpconform-redacted (string, 2 bytes)` +
			`<!-- dpconform-redacted (comment, 13 bytes) --><Message>no</Message>`,
		`<Message><![CDATA[a>planted]]>planted</Message planted="planted">`: `<Message><!-- dpconform-redacted (comment, 11 bytes) -->dpconform-redacted (string, 17 bytes)</message>`,
		`<p>x<a href="planted`: `<p>xdpconform-redacted (text, 16 bytes)`,
		// Other texts.
		"GET /v1/x?q=planted#k=planted: no":      "GET /v1/x?q=dpconform-redacted#k=dpconform-redacted: no",
		"not found: tok<abc>/123":                "not found: dpconform-redacted:maps",
		long:                                     long[:1019] + "\ndpconform-redacted (text, 981 bytes)",
		"\x1f\x8b\xff":                           "dpconform-redacted (binary, 3 bytes)",
		"dpconform: 5000 bytes, sha256:00112233": "dpconform: 5000 bytes, sha256:00112233",
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
	t.Parallel()
	redactor := NewRedactor(map[string]string{"Tok-abc": Mark + ":maps", "whole secret": Mark + ":whole", "odd": Mark + ":a \"b\"\n"})
	header := http.Header{
		"Authorization":       {"Bearer Tok-abc", "bearer  Tok-abc", "Bearer other", "Bearer", "Bearer ", "whole secret", "Basic eDp5", "", "Bearer odd"},
		"Cookie":              {"a=1; b=2", "", "x"},
		"Set-Cookie":          {"sid=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Hint=1", "Tok-abc=1; secure", "k1j2h3g4f5d6s7a8=1", "planted"},
		"X-Goog-Api-Key":      {"k", ""},
		"X-Session-Id":        {"planted, or Tok-abc"},
		"X-Tok-Abc-Seen":      {"1"},
		"Proxy-Authorization": {"Basic eDp5"},
		"Www-Authenticate": {`Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="a b"`, `Negotiate cGxhbnRlZA==`,
			`Bearer realm=x,echo="Bearer \"planted\"", nonce=planted, error_description="no Tok-abc"`, `Digest qop="auth", opaque="planted`, "planted"},
		"Location":       {"/x?key=1&a=b&alt=json#a=b", "https://me:planted@h/p?x", "http://me:pa/planted@h", "//me@h/a"},
		"Content-Type":   {"application/json; charset=UTF-8"},
		"Server":         {"nginx/1.2 Tok-abc"},
		"Dpconform-Seen": {"x"},
	}
	want := http.Header{
		"Authorization":                  {"Bearer dpconform-redacted:maps", "bearer  dpconform-redacted:maps", "Bearer dpconform-redacted:unlabelled", "Bearer", "Bearer ", "dpconform-redacted:whole", "Basic dpconform-redacted:unlabelled", "", "Bearer dpconform-redacted:a--b--"},
		"Cookie":                         {"a=dpconform-redacted; b=dpconform-redacted", "", "dpconform-redacted"},
		"Set-Cookie":                     {"sid=dpconform-redacted; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Hint=dpconform-redacted", "dpconform-redacted:maps=dpconform-redacted; secure", "dpconform-redacted=dpconform-redacted", "dpconform-redacted"},
		"X-Goog-Api-Key":                 {"dpconform-redacted (1 byte)", ""},
		"X-Session-Id":                   {"dpconform-redacted (19 bytes, with dpconform-redacted:maps)"},
		"X-dpconform-redacted:maps-Seen": {"dpconform-redacted (1 byte)"},
		"Proxy-Authorization":            {"Basic dpconform-redacted:unlabelled"},
		"Www-Authenticate": {`Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="a b"`, `Negotiate dpconform-redacted`,
			`Bearer realm=x,echo="dpconform-redacted (18 bytes)", nonce=dpconform-redacted, error_description="no dpconform-redacted:maps"`,
			`Digest qop="auth", opaque="dpconform-redacted (7 bytes)"`, "dpconform-redacted"},
		"Location":       {"/x?key=dpconform-redacted&a=dpconform-redacted&alt=json#a=dpconform-redacted", "https://h/p?x", "http://h", "//h/a"},
		"Content-Type":   {"application/json; charset=UTF-8"},
		"Server":         {"nginx/1.2 dpconform-redacted:maps"},
		"Dpconform-Seen": {"x"},
	}
	before := header.Clone()
	got := redactor.Header(header)
	for name := range got {
		if !reflect.DeepEqual(got[name], want[name]) {
			t.Errorf("%s:\n got %q\nwant %q", name, got[name], want[name])
		}
	}
	if len(got) != len(want) || !reflect.DeepEqual(header, before) {
		t.Errorf("%d headers, or the caller's changed", len(got))
	}
	if again := redactor.Header(want); !reflect.DeepEqual(again, want) {
		t.Errorf("changed again:\n%q\n%q", again, want)
	}
}

func TestRequestTarget(t *testing.T) {
	t.Parallel()
	redactor := NewRedactor(map[string]string{"tok-abc": Mark + ":maps"}, "archiveJob")
	for target, want := range map[string]string{
		"/v1/archiveJobs/a%2Fb:retry": "/v1/archiveJobs/a%2Fb:retry",
		"/v1/x?":                      "/v1/x?",
		"/v1/x?alt=json&prettyPrint=false&%24.xgafv=1":    "/v1/x?alt=json&prettyPrint=false&%24.xgafv=1",
		"/v1/x?archiveJob=a&dpconformUnknown=1&session=1": "/v1/x?archiveJob=a&dpconformUnknown=1&session=dpconform-redacted",
		"/v1/x?access%5Ftoken=1&Key=2&KEY&oauth_token=&a": "/v1/x?access%5Ftoken=dpconform-redacted&Key=dpconform-redacted&KEY&oauth_token=&a",
		"/v1/tok-abc?foo=tok-abc":                         "/v1/dpconform-redacted:maps?foo=dpconform-redacted:maps",
		"/v1/x?a=%zz;key=1#state=1":                       "/v1/x?a=dpconform-redacted#state=dpconform-redacted",
	} {
		if got := redactor.RequestTarget(target); got != want {
			t.Errorf("%s\n got %s\nwant %s", target, got, want)
		}
	}
}

func TestEachSecretNameIsLookedFor(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Concat(longNames, wordNames) {
		if !slices.ContainsFunc(nameWords, func(word string) bool { return strings.Contains(name, word) }) {
			t.Errorf("%s is passed over", name)
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
		if len(token) < shortestSecret || isWord(token) || !isTokenText(token) || overlapsRedacted(token) {
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
