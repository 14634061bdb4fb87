package redact

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestAKnownShapeIsFoundBehindALetter(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t0A1b2C3d4E5f6aaaaaaaaaaaaaaa"
	for _, shape := range []string{"ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "xapp-", "sidts-", "g.a000-", "1//0", "AKIA", "ASIA", "sk-", "sk-proj-", "sk_live_", "ya29.", "AIza", "npm_"} {
		for _, front := range []string{"", "_", "token_", "key", "0", "A"} {
			form := secret
			if strings.HasSuffix(shape, "IA") {
				form = strings.ToUpper(secret)[:16]
			}
			if got := NewRedactor(nil).Text(front + shape + form); strings.Contains(got, form) {
				t.Errorf("%s stays", got)
			}
		}
	}
}

// A token may have the characters that end a name or a value.
func TestATokenIsLeftWholeWhereTextsAreSplit(t *testing.T) {
	t.Parallel()
	const token = "Zq9canary+/x~x=="
	hide := NewRedactor(map[string]string{token: "the-token"}, "state")
	for value, want := range map[string]string{
		token + "; Path=/": "the-token; Path=/", token + "=1; Path=/": "the-token=" + Mark + "; Path=/", "sid=" + token: "sid=the-token",
	} {
		if got := hide.Header(http.Header{"Set-Cookie": {value}}).Get("Set-Cookie"); got != want {
			t.Errorf("%s became %s", value, got)
		}
	}
	entities := spelled(token, "&#%d;")
	for value, want := range map[string]string{
		"/x?" + token + "=1": "/x?the-token=" + Mark, "https://h/" + entities + "?a=" + entities: "https://h/the-token?a=the-token",
		"/x?code=a&state=planted": "/x?code=a&state=" + Mark, "/x;p=planted/y;q?alt=json": "/x;p=" + Mark + "/y;q?alt=json",
	} {
		if got := hide.Header(http.Header{"Location": {value}}).Get("Location"); got != want {
			t.Errorf("%s became %s", value, got)
		}
	}
}

func TestEachPlantedSecretIsTakenOutHoweverItIsEscaped(t *testing.T) {
	t.Parallel()
	redactor := NewRedactor(nil)
	for name, escape := range escapes {
		plain := name == "plain" || name == "between lines"
		for _, one := range planted {
			for _, text := range one.texts {
				redacted := redactor.Text(escape(text))
				if strings.Contains(redacted, one.secret) || strings.Contains(redacted, escape(one.secret)) || plain && !strings.Contains(redacted, Mark) {
					t.Errorf("%s: %q stays in %q", name, one.secret, redacted)
				}
				if again := redactor.Text(redacted); again != redacted {
					t.Errorf("%s: %q became %q and then %q", name, text, redacted, again)
				}
				if body := redactor.Body(escape(text)); plain && strings.Contains(body, one.secret) {
					t.Errorf("%q stays in the body %q", text, body)
				}
				if body := redactor.Body(`{"log": [` + Literal(text) + `]}`); plain && (strings.Contains(body, one.secret) || !json.Valid([]byte(body))) {
					t.Errorf("in JSON: %q stays in %q", text, body)
				}
			}
		}
		for _, text := range plainTexts {
			// Elsewhere an escape may be taken for a value, which hides too much.
			if text = escape(text); (plain || name == "JSON" || name == "HTML") && redactor.Text(text) != text {
				t.Errorf("%s: %q became %q", name, text, redactor.Text(text))
			}
		}
	}
}

// A token that was sent is taken out in each form that a server may repeat it in.
// Libraries do not agree on what must be escaped.
func TestATokenIsFoundHoweverItIsEscaped(t *testing.T) {
	t.Parallel()
	const token = "SEKRET000/pl+ant=ed~Qw8Er7Ty0.zz000"
	hide := NewRedactor(map[string]string{token: "the-token"})
	for name, form := range map[string]string{
		"plain":                token,
		"Go's query":           url.QueryEscape(token),
		"Go's path":            url.PathEscape(token),
		"Python's quote":       "SEKRET000/pl%2Bant%3Ded~Qw8Er7Ty0.zz000",
		"Java's URLEncoder":    "SEKRET000%2Fpl%2Bant%3Ded%7EQw8Er7Ty0.zz000",
		"small letters":        "SEKRET000%2fpl%2bant%3ded~Qw8Er7Ty0.zz000",
		"escaped twice":        "SEKRET000%252Fpl%252Bant%253Ded~Qw8Er7Ty0.zz000",
		"JSON, then a URL":     `SEKRET000%5C%2Fpl+ant=ed~Qw8Er7Ty0.zz000`,
		"JSON":                 `SEKRET000\/pl+ant=ed~Qw8Er7Ty0.zz000`,
		"some of JSON's":       `SEKRET000\/pl\u002bant\u003ded~Qw8Er7Ty0.zz000`,
		"every byte":           spelled(token, "%%%02X"),
		"hexadecimal":          spelled(token, "%02x"),
		"decimal references":   spelled(token, "&#%d;"),
		"hexadecimal entities": spelled(token, "&#x%x;"),
		"HTML":                 strings.ReplaceAll(token, "+", "&#43;"),
		"entities that go on":  spelled(token, "&#%d"),
		"zeros in front":       spelled(token, "&#%09d;"),
		"zeros before digits":  spelled(token, "&#x%032x;"),
		"octal":                spelled(token, `\%03o`),
		"in braces":            spelled(token, `\u{%x}`),
		"%u":                   spelled(token, "%%u%04x"),
		"quoted-printable":     spelled(token, "=%02X")[1:],
		"hexadecimal pairs":    strings.TrimSuffix(spelled(token, "%02x:"), ":"),
		"a dump":               strings.TrimSuffix(spelled(token, "%02X "), " "),
		"Python's \\U":         spelled(token, `\U%08x`),
		"Go's []byte":          strings.TrimSuffix(spelled(token, "%d "), " "),
		"Java's byte[]":        strings.TrimSuffix(spelled(token, "%d, "), ", "),
		"a list in JSON":       strings.TrimSuffix(spelled(token, "%d,\n    "), ",\n    "),
		"Go's %#v":             strings.TrimSuffix(spelled(token, "0x%x, "), ", "),
		"several lines":        token[:9] + "\r\n " + token[9:],
		"a list":               token[:9] + ", " + token[9:],
		"a name":               strings.NewReplacer("/", "-", "+", "-", "=", "-", "~", "-", ".", "-").Replace(token),
	} {
		if got := hide.Text("before " + form + " behind"); got != "before the-token behind" {
			t.Errorf("%s: %s", name, got)
		}
	}
	// A dump shows each byte twice, and the number of the first one.
	for name, dump := range map[string]string{
		"hex.Dump": hex.Dump([]byte("sent " + token + " to us")),
		"xxd":      "00000000: 5345 4b52 4554 3030 302f 706c 2b61 6e74  SEKRET000/pl+ant\n00000010: 3d65 647e 5177 3845 7237 5479 302e 7a7a  =ed~Qw8Er7Ty0.zz\n00000020: 3030 30                                  000\n",
		"Netty":    "|00000000| 53 45 4b 52 45 54 30 30 30 2f 70 6c 2b 61 6e 74 |SEKRET000/pl+ant|\n|00000010| 3d 65 64 7e 51 77 38 45 72 37 54 79 30 2e 7a 7a |=ed~Qw8Er7Ty0.zz|\n|00000020| 30 30 30                                        |000             |",
	} {
		for _, got := range []string{hide.Text(dump), hide.Body(`{"log":` + Literal(dump) + `}`)} {
			if !strings.Contains(got, "the-token") || strings.Contains(got, "SEKRET") || strings.Contains(got, "Qw8Er7") || strings.Contains(got, "51 77") || strings.Contains(got, "5177") {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
	// In base64 the token begins at one of three places of a group.
	for _, form := range []string{base64.StdEncoding.EncodeToString([]byte("me:" + token)), base64.StdEncoding.EncodeToString([]byte("user:" + token + "!!")),
		base64.URLEncoding.EncodeToString([]byte("u1:a" + token)), url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("a" + token))),
		base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(token)))), base64.StdEncoding.EncodeToString([]byte("t=" + url.QueryEscape(token))),
		base64.StdEncoding.EncodeToString([]byte(`{"t":"` + strings.ReplaceAll(token, "/", `\/`) + `"}`)),
		base64.StdEncoding.EncodeToString([]byte("t=SEKRET000%2fpl%2bant%3ded~Qw8Er7Ty0.zz000")),
		base64.StdEncoding.EncodeToString([]byte(`{"t":"SEKRET000/pl+ant\u003ded~Qw8Er7Ty0.zz000"}`)),
		base64.StdEncoding.EncodeToString([]byte(`{"to":"SEKRET000/pl\u002bant\u003ded~Qw8Er7Ty0.zz000"}`)),
		base64.StdEncoding.EncodeToString([]byte(`{"toke":"SEKRET000\/pl\u002bant=ed~Qw8Er7Ty0.zz000"}`)),
		base64.StdEncoding.EncodeToString([]byte(`{"tok":"SEKRET000/pl\u002Bant=ed~Qw8Er7Ty0.zz000"}`)),
		base64.StdEncoding.EncodeToString([]byte(spelled(token, "%c\x00"))), base64.StdEncoding.EncodeToString([]byte(spelled("me:"+token, "\x00%c")))} {
		if got := hide.Text("<" + form + ">"); !strings.Contains(got, "the-token") || len(got) > 40 {
			t.Errorf("%q became %q", form, got)
		}
	}
}

func TestACommandIsShownWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"./client --pw=planted":                   "./client --pw=" + Mark,
		"./client --db-pass planted -p planted":   "./client --db-pass " + Mark + " -p " + Mark,
		"./client --pin=1234 --user me:planted":   "./client --pin=" + Mark + " --user " + Mark,
		"env PW=planted DB_PASSWORD=planted node": "env PW=" + Mark + " DB_PASSWORD=" + Mark + " node",
		"./client --option=pl4nted0 --dry-run":    "./client --option=" + Mark + " --dry-run",
		"curl -u {token}: {endpoint}/v1/{job}":    "curl -u {token}: {endpoint}/v1/{job}",
		"client --token={token} --retries=3 run":  "client --token={token} --retries=3 run",
		"client --key=/x+y/pl4nted= --secret x/y": "client --key=" + Mark + " --secret " + Mark,
		"client --token-file tokens.txt --verb":   "client --token-file tokens.txt --verb",
		"client --key=../key.pem --url=http://h/": "client --key=../key.pem --url=http://h/",
	} {
		if got := strings.Join(NewRedactor(nil).Command(strings.Fields(given)), " "); got != want {
			t.Errorf("%s became %s", given, got)
		}
	}
	for given, want := range map[string]string{
		"Authorization: Bearer {token}":         "Authorization: Bearer {token}",
		"Authorization: Bearer pl4nted0{token}": "Authorization: Bearer " + Unlabelled,
		"Cookie: sid=pl4nted0; t={token}":       "Cookie: sid=" + Mark + "; t=" + Mark,
	} {
		if got := NewRedactor(nil).Command([]string{"-H", given})[1]; got != want {
			t.Errorf("%s became %s", given, got)
		}
	}
}

// spelled writes each byte of a token by a format.
func spelled(token, format string) string {
	var text strings.Builder
	for i := range len(token) {
		fmt.Fprintf(&text, format, token[i])
	}
	return text.String()
}
