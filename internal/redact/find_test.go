package redact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// planted is a secret in a text: the redactor takes it out, and the finder says
// where it is and what.
var planted = []struct {
	kind   Kind
	text   string
	secret string
}{
	// Authorization in every spelling.
	{Credentials, "Authorization: Bearer s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{Credentials, "authorization:bearer s3cr3t-0a1b2c\r\nAccept: */*", "s3cr3t-0a1b2c"},
	{Credentials, "AUTHORIZATION: Basic dXNlcjpzM2NyM3Q=", "dXNlcjpzM2NyM3Q="},
	{Credentials, `Authorization: Digest username="Mufasa", response="6629fae49393a05397450978507c4ef1"`, "6629fae49393a05397450978507c4ef1"},
	{Credentials, "Authorization: AWS4-HMAC-SHA256 Credential=AK/2026, Signature=fe5f80f77d5fa3beca038a248ff027d0", "fe5f80f77d5fa3beca038a248ff027d0"},
	{Credentials, "Authorization: s3cr3t0a1b2c", "s3cr3t0a1b2c"},
	{Credentials, "Proxy-Authorization: Basic dXNlcjpzM2NyM3Q=", "dXNlcjpzM2NyM3Q="},
	{Credentials, "X-Forwarded-Authorization: token s3cr3t0a1b2c", "s3cr3t0a1b2c"},
	{Credentials, "            Authorization:\n                - Bearer s3cr3t-0a1b2c\n", "s3cr3t-0a1b2c"},
	{Credentials, "Authorization:\n    - Bearer dpconform-redacted:maps\n    - Bearer s3cr3t-0a1b2c\n", "s3cr3t-0a1b2c"},
	{Credentials, `{"Authorization": ["Bearer s3cr3t-0a1b2c"]}`, "s3cr3t-0a1b2c"},
	{Credentials, `{"name": "Authorization", "value": "Bearer s3cr3t-0a1b2c"}`, "s3cr3t-0a1b2c"},
	{Credentials, `curl -H 'Authorization: Bearer s3cr3t-0a1b2c' https://h`, "s3cr3t-0a1b2c"},
	{Credentials, `said\nBearer s3cr3t-0a1b2c`, "s3cr3t-0a1b2c"},
	{Credentials, "you sent Bearer%20s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{Credentials, `token Bearer "s3cr3t-0a1b2c"`, "s3cr3t-0a1b2c"},
	{Credentials, "DPoP s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{Credentials, "Bearer abcdefghijklmnopqrstuvwxyzabcdef", "abcdefghijklmnopqrstuvwxyzabcdef"},
	// Other headers.
	{APIKey, "X-Goog-Api-Key: s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{SomeToken, "x-goog-iam-authorization-token: s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{SomeToken, "X-Goog-Api-Key:\n    - s3cr3t-0a1b2c\n", "s3cr3t-0a1b2c"},
	{Cookie, "Cookie: SID=s3cr3t-0a1b2c; theme=s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{Cookie, "Set-Cookie: SID=s3cr3t-0a1b2c; Path=/; HttpOnly", "s3cr3t-0a1b2c"},
	{Cookie, "            Set-Cookie:\n                - a=dpconform-redacted; Path=/\n                - SID=s3cr3t-0a1b2c; Path=/", "s3cr3t-0a1b2c"},
	{Cookie, `{"Set-Cookie": ["SID=s3cr3t-0a1b2c; Path=/"]}`, "s3cr3t-0a1b2c"},
	{Cookie, `{"cookies": [{"name": "SID", "value": "s3cr3t-0a1b2c"}]}`, "s3cr3t-0a1b2c"},
	// Parameters: query, form, fragment, Location, Link, escaped for URLs, JSON and HTML.
	{AccessToken, "GET /v1/a?access_token=s3cr3t-0a1b2c HTTP/1.1", "s3cr3t-0a1b2c"},
	{AccessToken, "Location: https://h/cb#access_token=s3cr3t-0a1b2c&state=x", "s3cr3t-0a1b2c"},
	{AccessToken, `Link: <https://h/?access_token=s3cr3t-0a1b2c>; rel="next"`, "s3cr3t-0a1b2c"},
	{AccessToken, "`access_token=s3cr3t-0a1b2c`", "s3cr3t-0a1b2c"},
	{AccessToken, "next=https%3A%2F%2Fh%3Foauth_token%3Ds3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{AccessToken, "next=https%253A%252F%252Fh%253Faccess_token%253Ds3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{AccessToken, `<a href="/?a=1&amp;access_token=s3cr3t-0a1b2c">`, "s3cr3t-0a1b2c"},
	{AccessToken, `{"u": "/?a=1\u0026access_token\u003ds3cr3t-0a1b2c`, "s3cr3t-0a1b2c"},
	{AccessToken, "GOOGLE_ACCESS_TOKEN=s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{AccessToken, `/?access%5Ftoken=s3cr3t-0a1b2c`, "s3cr3t-0a1b2c"},
	{APIKey, "/v1/a?alt=json&key=s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{RefreshToken, "grant_type=refresh_token&refresh_token=s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{ClientSecret, `sent\nclient_secret=s3cr3t-0a1b2c`, "s3cr3t-0a1b2c"},
	{AuthorizationCode, "GET /callback?code=s3cr3t-0a1b2c&state=x", "s3cr3t-0a1b2c"},
	{AuthorizationCode, "code=4%2F0AfJohXkabcdefghijklmnop&grant_type=authorization_code", "AfJohXkabcdefghijklmnop"},
	{CodeVerifier, "code_verifier=s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{DeviceCode, "device_code=s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{Assertion, "grant_type=x&assertion=s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{Assertion, "client_assertion=s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{Password, "username=u&password=s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{SomeToken, "POST /revoke?token=s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{Password, "https://user:s3cr3t-0a1b2c@host/", "s3cr3t-0a1b2c"},
	{Password, "https%3A%2F%2Fuser%3As3cr3t-0a1b2c%40host", "s3cr3t-0a1b2c"},
	{SomeToken, "https://s3cr3t-0a1b2c3d4e5f@host/", "s3cr3t-0a1b2c3d4e5f"},
	// Signed URLs.
	{Signature, "https://s/b/o?X-Goog-Algorithm=a&X-Goog-Signature=s3cr3t0a1b2c", "s3cr3t0a1b2c"},
	{Signature, "https://s/b/o?X-Goog-Credential=s3cr3t0a1b2c%2F2026", "s3cr3t0a1b2c"},
	{Signature, "https://s/b/o?GoogleAccessId=s3cr3t0a1b2c", "s3cr3t0a1b2c"},
	{Signature, "https://s/b/o?Signature=s3cr3t0a1b2c", "s3cr3t0a1b2c"},
	{Signature, "https://cdn/o?Policy=s3cr3t0a1b2c", "s3cr3t0a1b2c"},
	{Signature, "https://cdn/o?Key-Pair-Id=s3cr3t0a1b2c", "s3cr3t0a1b2c"},
	{Signature, "https://b.blob/o?sv=1&sig=s3cr3t0a1b2c%3D", "s3cr3t0a1b2c"},
	{Signature, "/upload?uploadType=resumable&upload_id=s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{DownloadURL, `{"urls": ["https://h/s3cr3t-0a1b2c", "https://h/s3cr3t-0a1b2c?b"], "state": "COMPLETE"}`, "s3cr3t-0a1b2c"},
	{DownloadURL, "body: |\n  {\n    \"urls\": [\n      \"https://h/s3cr3t-0a1b2c\",\n      \"https://h/s3cr3t-0a1b2c?b\"\n    ]\n  }\n", "s3cr3t-0a1b2c"},
	{DownloadURL, `"body": "{\"urls\":[\"https://h/s3cr3t-0a1b2c\",\"https://h/s3cr3t-0a1b2c\"]}`, "s3cr3t-0a1b2c"},
	{DownloadURL, `{"urls":["https://h/s3cr3t-0a1b2c`, "s3cr3t-0a1b2c"},
	{DownloadURL, "urls:\n  - https://h/s3cr3t-0a1b2c\n  - 'https://h/s3cr3t-0a1b2c'\n", "s3cr3t-0a1b2c"},
	// Members: JSON, broken JSON, JSON in JSON, YAML, XML, HTML.
	{AccessToken, `{"access_token": "s3cr3t-0a1b2c"}`, "s3cr3t-0a1b2c"},
	{AccessToken, `{"a": "{\"b\": \"{\\\"access_token\\\": \\\"s3cr3t-0a1b2c\\\"}\"}"}`, "s3cr3t-0a1b2c"},
	{AccessToken, `x {\"access_token\": \"s3cr3t\\\"-0a1b2c\"}`, "0a1b2c"},
	{AccessToken, `x {"access_token": "s3cr3t\"-0a1b2c"}`, "0a1b2c"},
	{AccessToken, `&#34;access_token&#34;: &#34;s3cr3t-0a1b2c&#34;`, "s3cr3t-0a1b2c"},
	{AccessToken, `%7B%22access_token%22%3A%22s3cr3t-0a1b2c%22%7D`, "s3cr3t-0a1b2c"},
	{AccessToken, `<auth:access_token type="x">s3cr3t-0a1b2c</auth:access_token>`, "s3cr3t-0a1b2c"},
	{AccessToken, `<access_token><![CDATA[s3cr3t-0a1b2c]]></access_token>`, "s3cr3t-0a1b2c"},
	{AccessToken, `&lt;access_token&gt;s3cr3t-0a1b2c&lt;/access_token&gt;`, "s3cr3t-0a1b2c"},
	{AccessToken, `<input type="hidden" name="access_token" value="s3cr3t-0a1b2c">`, "s3cr3t-0a1b2c"},
	{AccessToken, `{"name": "access_token", "value": "s3cr3t-0a1b2c"}`, "s3cr3t-0a1b2c"},
	{RefreshToken, "refresh_token: \"s3cr3t-0a1b2c\"", "s3cr3t-0a1b2c"},
	{RefreshToken, "refresh_token: s3cr3t-0a1b2c", "s3cr3t-0a1b2c"},
	{RefreshToken, `{'refresh_token': 's3cr3t-0a1b2c'}`, "s3cr3t-0a1b2c"},
	{ClientSecret, `client_secret = "s3cr3t-0a1b2c"`, "s3cr3t-0a1b2c"},
	{ClientSecret, `{"client_secret": ["a", "s3cr3t-0a1b2c"], `, "s3cr3t-0a1b2c"},
	{IDToken, `{"id_token": "s3cr3t-0a1b2c"}`, "s3cr3t-0a1b2c"},
	{AuthorizationCode, `{"code": "s3cr3t-0a1b2c3d4e5f"}`, "s3cr3t-0a1b2c3d4e5f"},
	{PrivateKey, `{"type": "service_account", "private_key_id": "s3cr3t-0a1b2c"}`, "s3cr3t-0a1b2c"},
	{PrivateKey, `x {"private_key": "-----BEGIN PRIVATE KEY-----\ns3cr3t0a1b2c\n-----END PRIVATE KEY-----\n"}`, "s3cr3t0a1b2c"},
	{AccessToken, `x {"access_token":` + strings.Repeat(" ", 900) + `"s3cr3t-0a1b2c"}`, "s3cr3t-0a1b2c"},
	{AccessToken, "?access_token=" + strings.Repeat("ab12", 500) + "s3cr3t", "s3cr3t"},
	{Credentials, "Bearer " + strings.Repeat("ab12", 500) + "s3cr3t", "s3cr3t"},
	// Forms.
	{AccessToken, "x ya29.a0AfB_s3cr3t y", "a0AfB_s3cr3t"},
	{RefreshToken, "1//0gs3cr3t0a1b2c3d4e5f6a", "0gs3cr3t0a1b2c3d4e5f6a"},
	{RefreshToken, `\n1\/\/0gs3cr3t0a1b2c3d4e5f6a`, "0gs3cr3t0a1b2c3d4e5f6a"},
	{RefreshToken, "1%2F%2F0gs3cr3t0a1b2c3d4e5f6a", "0gs3cr3t0a1b2c3d4e5f6a"},
	{AuthorizationCode, "4/0AfJohXkabcdefghijklmnop", "AfJohXkabcdefghijklmnop"},
	{APIKey, "AIzaSyA0123456789abcdefghijklmnopqrs", "SyA0123456789abcdefghijklmnopqrs"},
	{ClientSecret, "GOCSPX-s3cr3t0a1b2c", "s3cr3t0a1b2c"},
	{WebToken, "eyJhbGciOi.eyJpc3Mi.c2lnbmF0dXJl", "c2lnbmF0dXJl"},
	{WebToken, "eyJhbGciOi.abc.def.ghi.jkl", "abc.def"},
	{PrivateKey, "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\ns3cr3t0a1b2c==\n-----END RSA PRIVATE KEY-----", "s3cr3t0a1b2c"},
	{PrivateKey, "-----BEGIN EC PRIVATE KEY-----\r\ns3cr3t0a1b2c", "s3cr3t0a1b2c"},
	{RefreshToken, "    body: 'dpconform: base64 " + base64.StdEncoding.EncodeToString([]byte("{\n \"refresh_token\":\"s3cr3t-0a1b2c\"}")) + "'",
		base64.StdEncoding.EncodeToString([]byte("{\n \"refresh_token\":\"s3cr3t-0a1b2c\"}"))},
}

func TestEachPlantedSecretIsTakenOutAndFound(t *testing.T) {
	redactor := NewRedactor(nil)
	for _, one := range planted {
		for form, text := range map[string]string{"alone": one.text, "on the third line": "a\nb\n" + one.text + "\n"} {
			harmless := redactor.Text(text)
			if strings.Contains(harmless, one.secret) {
				t.Errorf("%s: %q stays in %q", form, one.text, harmless)
			}
			if again := redactor.Text(harmless); again != harmless {
				t.Errorf("%q became %q and then %q", one.text, harmless, again)
			}
			if body := redactor.Body(text); strings.Contains(body, one.secret) {
				t.Errorf("%s: %q stays in the body %q", form, one.text, body)
			}
			checkFound(t, text, one.kind, one.secret, form != "alone")
		}
		whole, err := json.Marshal(map[string]any{"log": []string{one.text}})
		if err != nil {
			t.Fatal(err)
		}
		if body := redactor.Body(string(whole)); strings.Contains(body, one.secret) || !json.Valid([]byte(body)) {
			t.Errorf("in JSON: %q stays in %q", one.text, body)
		}
	}
}

func checkFound(t *testing.T, text string, kind Kind, secret string, onThirdLine bool) {
	t.Helper()
	found := Find(text)
	named := false
	for _, one := range found {
		named = named || one.Kind == kind && (!onThirdLine || one.Line >= 3)
		if strings.Contains(one.Excerpt, secret) || !strings.Contains(one.Excerpt, Mark) || strings.ContainsAny(one.Excerpt, "\r\n") {
			t.Errorf("excerpt of %q: %q", text, one.Excerpt)
		}
	}
	if !named {
		t.Errorf("%q: no %s in %+v", text, kind, found)
	}
}

// What is no secret stays as it is, and is not found.
var harmlessTexts = []string{
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
	"dpconform: base64 " + base64.StdEncoding.EncodeToString([]byte("{\n}")), "dpconform: base64 not", "-----BEGIN CERTIFICATE-----\nabc",
	"Access-Control-Allow-Headers: Authorization, X-Goog-Api-Key", "Vary: Origin, X-Origin, Cookie", "Www-Authenticate: Bearer",
	`the member "key" is no string`, `want "token": a string`,
}

func TestWhatIsHarmlessStays(t *testing.T) {
	redactor := NewRedactor(nil)
	for _, text := range harmlessTexts {
		if got := redactor.Text(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
		if got := redactor.Body(text); got != text {
			t.Errorf("the body %q became %q", text, got)
		}
		if found := Find(text); len(found) > 0 {
			t.Errorf("%q: found %+v", text, found)
		}
	}
}

// A token that was sent is taken out in each form that a server may repeat it in.
func TestATokenIsTakenOutInEachForm(t *testing.T) {
	const token = "tok/en+s3cr3t=0a1b2c"
	redactor := NewRedactor(map[string]string{token: Mark + ":maps"})
	for form, text := range map[string]string{
		"plain": token, "query": url.QueryEscape(token), "path": url.PathEscape(token), "twice": url.QueryEscape(url.QueryEscape(token)),
		"lower": strings.ToLower(url.QueryEscape("/+=")) + " " + lowerEscapes(url.QueryEscape(token)), "json": `tok\/en+s3cr3t=0a1b2c`,
		"html": strings.ReplaceAll(token, "+", "&#43;"),
		"b64":  base64.StdEncoding.EncodeToString([]byte("me:" + token)), "b64 1": base64.StdEncoding.EncodeToString([]byte("user:" + token + "!!")),
		"b64 2": base64.URLEncoding.EncodeToString([]byte("u1:a" + token)), "b64 in a query": url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("a" + token))),
	} {
		got := redactor.Text("<" + text + ">")
		if !strings.Contains(got, Mark+":maps") || strings.Contains(got, "s3cr3t") || len(got) > len(Mark)+40 {
			t.Errorf("%s: %q became %q", form, text, got)
		}
	}
}

// FuzzFind holds the finder and the redactor to each other.
func FuzzFind(f *testing.F) {
	for _, one := range planted {
		f.Add(one.text)
	}
	for _, text := range harmlessTexts {
		f.Add(text)
	}
	redactor := NewRedactor(nil)
	f.Fuzz(func(t *testing.T, text string) {
		found := Find(text)
		harmless, body := redactor.Text(text), redactor.Body(text)
		if changed := harmless != text || body != text; changed != (len(found) > 0) {
			t.Errorf("%q becomes %q, %q, and found is %+v", text, harmless, body, found)
		}
		if again := redactor.Text(harmless); again != harmless {
			t.Errorf("%q became %q and then %q", text, harmless, again)
		}
		if left := Find(redactor.Text(body)); len(left) > 0 {
			t.Errorf("%q became %q, in which %+v is left", text, redactor.Text(body), left)
		}
		for _, one := range found {
			if one.Line < 1 || one.Line > strings.Count(text, "\n")+1 || one.Kind == "" || strings.Contains(one.Excerpt, "\n") {
				t.Errorf("%q: %+v", text, one)
			}
		}
	})
}

func TestFindNamesTheLineOfEachSecret(t *testing.T) {
	text := "a\n  client_secret: s3cr3t-0a1b2c\n\n{\"urls\": [\"https://h/1\",\n \"https://h/2\"]}\n\xff Bearer s3cr3t-0a1b2c \x1b[31m"
	var lines []string
	for _, one := range Find(text) {
		lines = append(lines, fmt.Sprintf("%d %s: %s", one.Line, one.Kind, one.Excerpt))
	}
	want := []string{
		"2 client secret: client_secret: dpconform-redacted",
		`4 download URL: {"urls": ["dpconform-redacted",`,
		`5 download URL: "dpconform-redacted"]}`,
		"6 credentials: Bearer dpconform-redacted  [31m",
	}
	if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s", got)
	}
}

func TestDoubtfulSecrets(t *testing.T) {
	for text, doubtful := range map[string]bool{
		"client_secret: config.ClientSecret": true, "?key=example": true, "?access_token=x1": true, "password: ${secrets}": true,
		"?key=s3cr3t-0a1b2c": false, "ya29.a0AfB_s3cr3t0a1b2c": false, `{"urls": ["u"]}`: true, `{"urls": ["https://h/a"]}`: false,
		"-----BEGIN PRIVATE KEY-----": true, "-----BEGIN PRIVATE KEY-----\n" + strings.Repeat("MIIa", 40): false,
	} {
		found := Find(text)
		if len(found) != 1 || found[0].Doubtful != doubtful {
			t.Errorf("%q: %+v", text, found)
		}
	}
}

// TestFindInAPageThatShowsATextThatBrokeOff: behind what stands for a secret the
// page goes on, and that is no part of it.
func TestFindInAPageThatShowsATextThatBrokeOff(t *testing.T) {
	for value, want := range map[string]int{
		Mark: 0, Mark + "</mark>": 0, "1//0gabcdefghijklmnopqrstuvwxyz": 1, Mark + "abcdefghijklmnop</mark>": 1, Mark + "</mark>abcdefghijklmnop": 1,
	} {
		if found := Find(`<pre>{"a": 1, "refresh_token": "` + value + "</pre></details>\n"); len(found) != want {
			t.Errorf("%s: %+v", value, found)
		}
	}
}
