package target

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestParseEndpoint(t *testing.T) {
	for text, want := range map[string]string{
		"http://127.0.0.1:8080":                  "http://127.0.0.1:8080",
		"https://dataportability.googleapis.com": "https://dataportability.googleapis.com",
		"http://[::1]:80/":                       "http://[::1]:80",
		"HTTPS://example.com/base/":              "https://example.com/base",
	} {
		endpoint, err := ParseEndpoint(text)
		if err != nil || endpoint.String() != want {
			t.Errorf("%s: %v, %v", text, endpoint, err)
		}
	}
	for text, reason := range map[string]string{
		"":                                  "must start with http:// or https://",
		"localhost:8080":                    "must start with http:// or https://",
		"127.0.0.1:8080":                    "is not an address",
		"ftp://example.com":                 "must start with http:// or https://",
		"//example.com":                     "must start with http:// or https://",
		"http://":                           "names no host",
		"http:///v1":                        "names no host",
		"http:example.com":                  "names no host",
		"http://exa mple.com":               "is not an address",
		"http://[::1":                       "is not an address",
		"http://example.com:port":           "is not an address",
		"http://example.com/%zz":            "is not an address",
		"http://user:s3cr3t@example.com":    "no user, query or fragment",
		"http://example.com/?key=s3cr3t":    "no user, query or fragment",
		"http://example.com/#part":          "no user, query or fragment",
		"http://example.com/\n":             "is not an address",
		"http://127.0.0.1:1/a b?key=s3cr3t": "no user, query or fragment",
	} {
		endpoint, err := ParseEndpoint(text)
		if err == nil {
			t.Errorf("%q gave %v", text, endpoint)
			continue
		}
		if !strings.Contains(err.Error(), reason) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: %v", text, err)
		}
		if _, err := New(Config{Endpoint: text}); err == nil {
			t.Errorf("%q made a target", text)
		}
	}
}

func TestIsLoopback(t *testing.T) {
	for text, want := range map[string]bool{
		"http://127.0.0.1:8080":         true,
		"http://127.8.9.10":             true,
		"http://[::1]:8080":             true,
		"http://[::ffff:127.0.0.1]":     true,
		"http://localhost":              true,
		"https://api.localhost:1":       true,
		"http://localhost.example.com":  false,
		"http://notlocalhost":           false,
		"http://127.0.0.1.example.com":  false,
		"http://0.0.0.0":                false,
		"http://10.0.0.1":               false,
		"http://169.254.169.254":        false,
		"http://[fe80::1]":              false,
		"https://www.googleapis.com":    false,
		"http://example.com/127.0.0.1":  false,
		"http://example.com/@localhost": false,
	} {
		endpoint, err := ParseEndpoint(text)
		if err != nil {
			t.Fatal(err)
		}
		if IsLoopback(endpoint) != want {
			t.Errorf("%s: loopback %v", text, !want)
		}
	}
}

func TestReach(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = discardLog()
	secure.StartTLS()
	t.Cleanup(secure.Close)
	closed := closedPort(t)
	for name, test := range map[string]struct{ endpoint, want string }{
		"plain":         {plain.URL, ""},
		"nobody":        {closed, closed + " cannot be reached: connection refused"},
		"no TLS":        {strings.Replace(plain.URL, "http", "https", 1), " cannot be reached: no TLS: "},
		"another paper": {secure.URL, secure.URL + " cannot be reached: no TLS: x509: "},
	} {
		t.Run(name, func(t *testing.T) {
			endpoint, err := url.Parse(test.endpoint)
			if err != nil {
				t.Fatal(err)
			}
			err = Reach(context.Background(), endpoint, NetworkOptions{})
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n")):
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}

func TestReachEndsWithItsContext(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	endpoint, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Reach(ctx, endpoint, NetworkOptions{}); err == nil || !strings.HasPrefix(err.Error(), server.URL+" cannot be reached: ") {
		t.Errorf("got %v", err)
	}
}
