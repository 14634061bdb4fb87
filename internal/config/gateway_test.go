package config

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

func TestHeadersOfAGateway(t *testing.T) {
	t.Parallel()
	const endpoint = "https://api.example"
	for name, test := range map[string]struct {
		given given
		want  http.Header
	}{
		"flags": {given{flags: []string{"--header", "X-Api-Key: k:1=2", "--header", "x-other:  two words ", "--header", "x-other: again"}},
			http.Header{"X-Api-Key": {"k:1=2"}, "X-Other": {"two words", "again"}}},
		"a variable": {given{environment: map[string]string{"DPCONFORM_HEADER": "Cookie: a=1; b=2\nX-Api-Key: k"}}, http.Header{"Cookie": {"a=1; b=2"}, "X-Api-Key": {"k"}}},
		"a list":     {given{file: "header: ['X-Api-Key: k', 'Cookie: a=1; b=2']\n"}, http.Header{"X-Api-Key": {"k"}, "Cookie": {"a=1; b=2"}}},
		"a mapping":  {given{file: "header:\n  X-Api-Key: k\n  Cookie: a=1\nquota-project: mine\n"}, http.Header{"X-Api-Key": {"k"}, "Cookie": {"a=1"}, "X-Goog-User-Project": {"mine"}}},
		"a project":  {given{environment: map[string]string{"DPCONFORM_QUOTA_PROJECT": "mine"}}, http.Header{"X-Goog-User-Project": {"mine"}}},
	} {
		test.given.flags = append(test.given.flags, "--endpoint", endpoint)
		settings, sources, err := test.given.fill(t)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		options, err := settings.NetworkOptions(sources)
		if err != nil || !reflect.DeepEqual(options.Header, test.want) {
			t.Errorf("%s: %v, %v", name, options.Header, err)
		}
	}
}

// TestRefusedHeaders names no value: it is a secret.
func TestRefusedHeaders(t *testing.T) {
	t.Parallel()
	for value, says := range map[string]string{
		"s3cr3t":                      "--header: a header field has no name, or one that is not valid; give 'NAME: VALUE'",
		": s3cr3t":                    "has no name",
		"X Key: s3cr3t":               "has no name, or one that is not valid",
		"X-Key:":                      "--header: X-Key has no value",
		"X-Key: s3cr3t\r\nHost: evil": "X-Key has no value, or one with a control character",
		"authorization: s3cr3t":       "--header: Authorization is set by dpconform itself; give --token",
		"content-type: s3cr3t":        "--header: Content-Type is set by dpconform itself",
		"CONTENT-LENGTH: 3":           "Content-Length is set by dpconform itself",
		"host: s3cr3t":                "Host is set by dpconform itself",
		"transfer-encoding: chunked":  "Transfer-Encoding is set by dpconform itself",
		"user-agent: s3cr3t":          "User-Agent is set by dpconform itself",
		"proxy-authorization: s3cr3t": "Proxy-Authorization is set by dpconform itself; put the user into HTTP_PROXY",
		"x-goog-user-project: mine":   "X-Goog-User-Project is set by dpconform itself; give --quota-project ID",
	} {
		settings, sources, err := given{flags: []string{"--endpoint", "https://api.example", "--header", value}}.fill(t)
		if err != nil {
			t.Fatal(err)
		}
		_, err = settings.NetworkOptions(sources)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", value, err)
		}
	}
	settings, sources, err := given{flags: []string{"--endpoint", "https://api.example", "--quota-project", "two words"}}.fill(t)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := settings.NetworkOptions(sources); err == nil || err.Error() != `--quota-project: "two words" is not the id of a project; give the id of a project` {
		t.Error(err)
	}
}

// TestNobodyElseGetsWhatIsForTheTarget: token servers see neither the gateway's
// header nor the client certificate.
func TestNobodyElseGetsWhatIsForTheTarget(t *testing.T) {
	t.Parallel()
	seen := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header }))
	t.Cleanup(server.Close)
	settings, sources, err := given{flags: []string{"--endpoint", "https://api.example", "--header", "X-Api-Key: k", "--quota-project", "mine"}}.fill(t)
	if err != nil {
		t.Fatal(err)
	}
	client, err := settings.OAuthClient(sources)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if header := <-seen; header.Get("X-Api-Key")+header.Get("X-Goog-User-Project") != "" {
		t.Errorf("%v", header)
	}
}
