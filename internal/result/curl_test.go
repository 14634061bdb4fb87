package result

import (
	"context"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestCurlSendsTheSame(t *testing.T) {
	const begin = "curl -i --path-as-is -X "
	header := http.Header{"X-B": {"2"}, "Content-Type": {"text/plain"}, "X-A": {"it's", "two"}}
	for want, exchange := range map[string]Message{
		begin + "GET 'http://h/v1'":                                   {URL: "http://h/v1", Method: "GET"},
		begin + "POST 'http://h/v1?a=b&c=%2F' -H 'Content-Length: 0'": {URL: "http://h/v1?a=b&c=%2F", Method: "POST"},
		begin + `POST 'http://h/it'\''s' --data-raw '{"a": "it'\''s $HOME \ ` + "`x`" + `"}' -H 'Content-Type:'`:             {URL: "http://h/it's", Method: "POST", Body: `{"a": "it's $HOME \ ` + "`x`" + `"}`},
		begin + `PUT 'http://h/' -H 'Content-Type: text/plain' -H 'X-A: it'\''s' -H 'X-A: two' -H 'X-B: 2' --data-raw 'x'`:   {URL: "http://h/", Method: "PUT", Header: header, Body: "x"},
		begin + `POST 'http://h/' -H "Authorization: Bearer $TOKEN" -H 'Content-Length: 0'  # set TOKEN to an unknown token`: {URL: "http://h/", Method: "POST", Credential: "unknown token"},
		begin + `GET 'http://h/' -H "Authorization: Bearer $TOKEN" -H "X-G: $HEADER_X_G"  # set TOKEN to a token for x`:      {URL: "http://h/", Method: "GET", Credential: "token for x", Added: []string{"X-G: $HEADER_X_G"}},
		begin + "POST 'http://h/' --data-raw '" + strings.Repeat("x", longestArgument) + "' -H 'Content-Type:'":              {URL: "http://h/", Method: "POST", Body: strings.Repeat("x", longestArgument)},
		begin + "POST 'http://h/' --data-binary @- < body-of-201-bytes -H 'Content-Type:'":                                   {URL: "http://h/", Method: "POST", Body: "cut…", BodyBytes: 201},
		"curl -i --path-as-is --head 'http://h/{a}' --globoff":                                                               {URL: "http://h/{a}", Method: "HEAD"},
	} {
		got := exchange.Curl()
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A shell is asked what it makes of the words; no curl is needed.
func TestAShellReadsTheWordsOfCurlAsTheyWere(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	body := "it's \"quoted\" $TOKEN `id` \\ ! # * ~ ; & | < >"
	line := Message{URL: "http://h/a'b?c=$d", Method: "POST", Body: body,
		Header: http.Header{"X-A": {"' ; exit 1 ; '"}}, Credential: "unknown token"}.Curl()
	command := exec.CommandContext(ctx, shell, "-c", `curl() { for word; do printf '%s\0' "$word"; done; }; TOKEN=given; `+line)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v of %s", err, line)
	}
	want := []string{"-i", "--path-as-is", "-X", "POST", "http://h/a'b?c=$d", "-H", "Authorization: Bearer given", "-H", "X-A: ' ; exit 1 ; '", "--data-raw", body, "-H", "Content-Type:"}
	if got := strings.TrimSuffix(string(out), "\x00"); got != strings.Join(want, "\x00") {
		t.Errorf("got  %q\nwant %q", got, strings.Join(want, "\x00"))
	}
}

// A header field with a control character is one printable line, from which Bash makes
// the field again.
func TestCurlQuotesControlCharactersInHeaders(t *testing.T) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	for name, test := range map[string]struct {
		message Message
		line    string
		fields  []string
	}{
		"tab after the scheme": {Message{Authorization: "Authorization: Bearer\t$TOKEN"}, `$'Authorization: Bearer\t'"$TOKEN"`, []string{"Authorization: Bearer\tgiven"}},
		"behind the token":     {Message{Authorization: "authorization: Bearer $TOKEN\x01"}, `'authorization: Bearer '"$TOKEN"$'\001'`, []string{"authorization: Bearer given\x01"}},
		"quotes around it":     {Message{Authorization: "Authorization: Bearer \"$TOKEN\""}, `'Authorization: Bearer "'"$TOKEN"'"'`, []string{`Authorization: Bearer "given"`}},
		"an added field":       {Message{Added: []string{"X-A: \t$HEADER_X_A"}}, `$'X-A: \t'"$HEADER_X_A"`, []string{"X-A: \tadded"}},
		"every other control":  {Message{Header: http.Header{"X-B": {"\x01\b\t\n\v\f\r\x1b\x7f\u0085"}}}, `$'X-B: \001\010\t\012\013\014\015\033\177\302\205'`, []string{"X-B: \x01\b\t\n\v\f\r\x1b\x7f\u0085"}},
		"no UTF-8":             {Message{Header: http.Header{"X-B": {"a\xff1"}}}, `$'X-B: a\3771'`, []string{"X-B: a\xff1"}},
		"with quotes":          {Message{Header: http.Header{"X-B": {"\ta'b\\c"}}}, `$'X-B: \ta\'b\\c'`, []string{"X-B: \ta'b\\c"}},
	} {
		test.message.URL, test.message.Method = "http://h/", http.MethodGet
		if test.message.Authorization != "" {
			test.message.Credential = "token for x"
		}
		line := test.message.Curl()
		if !strings.Contains(line, "-H "+test.line) {
			t.Errorf("%s: got %s, want %s", name, line, test.line)
		}
		script := `curl() { shift 5; for word; do [ "$word" = -H ] || printf '%s\0' "$word"; done; }; TOKEN=given HEADER_X_A=added; ` + line
		if out, err := exec.CommandContext(t.Context(), shell, "-c", script).Output(); err != nil || string(out) != strings.Join(test.fields, "\x00")+"\x00" {
			t.Errorf("%s: %v: Bash reads %q from %s", name, err, out, line)
		}
	}
}

func TestALongBodyIsOneLineOfCurl(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	for _, body := range []string{"{\n\t'50%': \"\\n\u00fc\"\r\n}\n", `{"it's":"50%` + strings.Repeat("x", 16384) + `x\"}`, "\x1f\x8b\xff", "a\xff",
		"{" + strings.Repeat(" ", 2<<20) + "}", strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000), strings.Repeat("[", 100_000),
		strings.Repeat("-n\n", 100), strings.Repeat("'", 300), strings.Repeat("--", 300), "--x\r\n"} {
		line := Message{URL: "http://h/", Method: "POST", Body: body}.Curl()
		if strings.ContainsAny(line, "\n\r\t") || !utf8.ValidString(line) {
			t.Errorf("more than a line: %q", line)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		out, err := exec.CommandContext(ctx, shell, "-c", "curl() { cat; }; "+line).Output()
		if err != nil || string(out) != body || strings.Contains(line, "body-of") {
			t.Errorf("%v: got %.300q\nwant %.300q\nby %.300s", err, out, body, line)
		}
	}
}

// TestWhatBecomesOfAConnectionIsShown: curl opens another one without a word.
func TestWhatBecomesOfAConnectionIsShown(t *testing.T) {
	t.Parallel()
	read, call := Message{Method: "GET", URL: "http://127.0.0.1/a"}, Message{Method: "POST", URL: "http://127.0.0.1/b", Credential: "token for x"}
	for _, test := range []struct{ curl, beginning, end string }{
		{Watched(call.CurlAfter(read)), "curl -v -i --path-as-is -X GET", `# set TOKEN to a token for x; then look for a second "Connected to"`},
		{Watched(read.CurlAfter(read)), "curl -v -i --path-as-is -X GET", `'  # look for a second "Connected to"`},
	} {
		if !strings.HasPrefix(test.curl, test.beginning) || !strings.HasSuffix(test.curl, test.end) {
			t.Error(test.curl)
		}
	}
}

// TestALongPathIsShort: a shell makes the same of the command.
func TestALongPathIsShort(t *testing.T) {
	t.Parallel()
	address := "http://127.0.0.1/v1/a-" + strings.Repeat("x", 7000) + "'b:go"
	command := Message{Method: "GET", URL: address}.Curl()
	if part := `'http://127.0.0.1/v1/a-'"$(yes 'x' | head -n 7000 | tr -d '\n')"''\''b:go'`; !strings.Contains(command, part) {
		t.Error(command)
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh")
	}
	printed, err := exec.CommandContext(t.Context(), shell, "-c", "printf %s "+argument(address)).Output()
	if err != nil || string(printed) != address {
		t.Errorf("%d bytes, %v", len(printed), err)
	}
}
