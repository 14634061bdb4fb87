package clientrun

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/result"
)

// Many clients are given a cookie on their command line.
func TestACookieOnTheCommandLineIsNotReported(t *testing.T) {
	t.Parallel()
	arrived := requestWith(func(one *request) {
		one.header.Set("Cookie", "a=planted-01; sid=planted-cookie-value")
		one.header.Set("X-Key", "planted-key-of-a-gateway")
	})
	made := Outcomes{rules: rules, command: []string{"sh", "-c", `curl -b "a=planted-01; sid=planted-cookie-value" -H planted-key-of-a-gateway`},
		results: []Result{{Check: result.Check{ID: "success", Reason: "planted-cookie-value", Call: &result.Call{}}, requests: []*request{arrived}}}}.Report("1", nil)
	written, err := json.Marshal(made)
	if err != nil || strings.Contains(string(written), "planted") || !strings.Contains(made.Target.Endpoint, "curl -b") {
		t.Errorf("%s, %v", written, err)
	}
}

// What a client sends is in a report only where its name is on the list of those that keep their values.
func TestSecretsOfAClientAreNotReported(t *testing.T) {
	t.Parallel()
	hide := redact.NewRedactor(map[string]string{givenToken: redact.Unlabelled})
	for kind, content := range map[string]string{
		"application/json":                  `{"session": "planted", "debug": {"message": ["planted", 17]}}`,
		"application/x-www-form-urlencoded": "session=planted&client_secret=planted",
		"multipart/mixed; boundary=b":       "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nplanted\r\n--b--",
		"text/html":                         `<script>planted</script><input value="planted">`,
		"application/octet-stream":          "\x00planted, which is longer than what is shown of bytes",
	} {
		one := requestWith(body(content, kind))
		one.header.Set("X-Session-Id", "planted")
		one.header.Set("X-Access-Key", "planted")
		one.header.Set("X-"+givenToken, "planted")
		one.header.Set("Cookie", givenToken+"=planted; a=planted")
		one.target += "?session=planted&access_token=" + givenToken
		one.response = response{status: 403, header: http.Header{"X-Upstream-Session": {"planted"}, "Set-Cookie": {"sid=planted"}}, body: []byte(content)}
		shown := Outcomes{}.exchange(1, "success", "job-1", one, hide)
		written, err := json.Marshal(shown)
		if err != nil || strings.Contains(strings.ToLower(string(written)), "planted") || strings.Contains(strings.ToLower(string(written)), strings.ToLower(givenToken)) {
			t.Errorf("%s: %s, %v", kind, written, err)
		}
		for _, name := range []string{"X-Session-Id", "X-Access-Key", "session"} {
			if !strings.Contains(string(written), name) {
				t.Errorf("%s: %s is not shown", kind, name)
			}
		}
	}
}
