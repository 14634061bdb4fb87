package config

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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
		"content-type: s3cr3t":        "--header: Content-Type is set by dpconform itself; remove it",
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
	if _, err := settings.NetworkOptions(sources); err == nil || err.Error() != "--quota-project: the value is not the id or the number of a project; give it as in my-project-1 or 123456789" {
		t.Error(err)
	}
}

// TestFilesThatAreNotPEM: the error says what a file is, and converts it.
func TestFilesThatAreNotPEM(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	legacy := &pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}, Bytes: []byte("x")}
	for content, says := range map[string]string{
		string(certificate):                " is a certificate in DER, not PEM; convert it: openssl x509 -inform der -in FILE -out FILE.pem",
		string(keyDER):                     " is a private key in DER, not PEM; convert it: openssl pkey -inform der -in FILE -out FILE.pem",
		"0\x82\x01\x00\x02":                " is in DER or PKCS#12, not PEM; convert it: openssl pkcs12 -nodes -in FILE -out FILE.pem",
		string(pem.EncodeToMemory(legacy)): " is encrypted; decrypt it: openssl pkey -in FILE -out FILE.pem",
		string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})): " is encrypted; decrypt it: ",
	} {
		name := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, flags := range [][]string{{"--client-cert", name, "--client-key", name}, {"--ca-cert", name}} {
			settings, sources, err := given{flags: append(flags, "--endpoint", "https://api.example")}.fill(t)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = settings.NetworkOptions(sources); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v: %v, want %q", flags, err, says)
			}
		}
	}
}

// TestOneValueIsNoList names the line.
func TestOneValueIsNoList(t *testing.T) {
	t.Parallel()
	for file, says := range map[string]string{
		"seed: 1\nmax-duration: [1s]\n":         ":2:15: max-duration: want one value, got a list",
		"seed: 1\nheader: {X-A: [1, s3cr3t]}\n": ":2:15: header: want one value, got a list",
	} {
		if _, _, err := (given{file: file}).fill(t); err == nil || !strings.HasSuffix(err.Error(), says) {
			t.Errorf("%q: %v", file, err)
		}
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
