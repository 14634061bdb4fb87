package target

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// counting makes a server that responds with the protocol and counts its
// connections, over TLS with HTTP/2, and the options that trust its certificate.
func counting(t *testing.T, secure bool) (endpoint string, connections *atomic.Int32, trusted NetworkOptions) {
	t.Helper()
	connections = &atomic.Int32{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	t.Cleanup(server.Close)
	if !secure {
		server.Start()
		return server.URL, connections, NetworkOptions{}
	}
	server.EnableHTTP2 = true
	server.StartTLS()
	trusted.Authorities = x509.NewCertPool()
	trusted.Authorities.AddCert(server.Certificate())
	return server.URL, connections, trusted
}

// TestConnections: over TLS they are used again, over plain HTTP where that is
// allowed, but not for what is sent once.
func TestConnections(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		protocol      string
		secure, reuse bool
		reused, all   int32
	}{"plain": {"HTTP/1.1", false, false, 5, 8}, "plain, allowed": {"HTTP/1.1", false, true, 1, 4}, "over TLS": {"HTTP/2.0", true, true, 1, 4}} {
		endpoint, connections, trusted := counting(t, test.secure)
		server := newTarget(t, Config{Endpoint: endpoint, Network: trusted})
		if !test.secure {
			server.ReuseConnections(test.reuse)
		}
		for i := range 8 {
			if exchange := sendTo(server, Request{Once: i >= 5}); string(exchange.Body) != test.protocol {
				t.Errorf("%q, %v", exchange.Body, exchange.Fault)
			}
			if i == 4 && connections.Load() != test.reused {
				t.Errorf("%s: %d connections for 5 requests", name, connections.Load())
			}
		}
		if connections.Load() != test.all {
			t.Errorf("%s: %d connections, want %d", name, connections.Load(), test.all)
		}
	}
}

// TestHowAServerIsReached: by a request, and by Reach without one.
func TestHowAServerIsReached(t *testing.T) {
	t.Parallel()
	plain, _, _ := counting(t, false)
	secure, _, trusted := counting(t, true)
	mute, closed := serveRaw(t, waiting), closedPort(t)
	withTLS := func(endpoint string) string { return "https" + strings.TrimPrefix(endpoint, "http") }
	for name, test := range map[string]struct {
		endpoint string
		options  NetworkOptions
		kind     FaultKind
		detail   string
		reach    string
	}{
		"plain":                  {plain, NetworkOptions{}, "", "", ""},
		"over TLS":               {secure, trusted, "", "", ""},
		"any certificate":        {secure, NetworkOptions{Insecure: true}, "", "", ""},
		"an unknown authority":   {secure, NetworkOptions{}, Unreachable, "--ca-cert FILE", secure + " cannot be reached: no TLS: x509: "},
		"no handshake":           {withTLS(mute), NetworkOptions{HandshakeLimit: 100 * time.Millisecond}, Unreachable, "TLS handshake timeout", withTLS(mute) + " cannot be reached: no TLS: "},
		"no head of a response":  {mute, NetworkOptions{HeaderLimit: 100 * time.Millisecond}, Slow, "head of the response", ""},
		"nobody":                 {closed, NetworkOptions{}, Unreachable, "connection refused", closed + " cannot be reached: connection refused"},
		"a name that is unknown": {"http://no-such-host.invalid", NetworkOptions{}, Unreachable, "no-such-host.invalid cannot be looked up", "http://no-such-host.invalid cannot be reached: the name no-such-host.invalid cannot be looked up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exchange := sendTo(newTarget(t, Config{Endpoint: test.endpoint, Network: test.options}), Request{})
			if test.kind == "" && !exchange.Complete() {
				t.Error(exchange.Fault)
			} else if test.kind != "" {
				wantFault(t, exchange, test.kind, test.detail)
			}
			endpoint, err := ParseEndpoint(test.endpoint)
			if err != nil {
				t.Fatal(err)
			}
			switch err := Reach(t.Context(), endpoint, test.options); {
			case test.reach == "" && err != nil:
				t.Error(err)
			case test.reach != "" && (err == nil || !strings.HasPrefix(err.Error(), test.reach) || strings.Contains(err.Error(), "\n")):
				t.Errorf("%v, want %s", err, test.reach)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	endpoint, _ := url.Parse(plain)
	if err := Reach(ctx, endpoint, NetworkOptions{}); err == nil || !strings.HasPrefix(err.Error(), plain+" cannot be reached: ") {
		t.Errorf("got %v", err)
	}
}

// TestAProxyThatRefusesIsNotTheServer sends over a proxy that will not connect.
// The proxy is set on the transport: net/http reads the environment once only.
func TestAProxyThatRefusesIsNotTheServer(t *testing.T) {
	t.Parallel()
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) })
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := newTransport(NetworkOptions{}, false)
	transport.Proxy = http.ProxyURL(address)
	exchange := sendTo(newTarget(t, Config{Endpoint: "https://api.example", Transport: transport}), Request{Once: true})
	wantFault(t, exchange, Unreachable, "the proxy "+proxy.URL+" responded 407 Proxy Authentication Required instead of connecting")
	refused := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) })
	options := NetworkOptions{Proxy: proxied(t, refused.URL)}
	wantFault(t, sendTo(newTarget(t, Config{Endpoint: "https://api.example", Network: options}), Request{}), Unreachable,
		"the proxy "+refused.URL+" responded 403 Forbidden instead of connecting; let it pass requests to api.example, or set NO_PROXY=api.example")
}

func proxied(t *testing.T, address string) func(*http.Request) (*url.URL, error) {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return http.ProxyURL(parsed)
}

// TestAProxyThatSpeaksNoHTTPIsNotTheServer has the port of another service for that of
// a proxy. What a real proxy says is not looked into.
func TestAProxyThatSpeaksNoHTTPIsNotTheServer(t *testing.T) {
	t.Parallel()
	real := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusBadRequest) }).URL
	for name, test := range map[string]struct {
		proxy, spoken string
	}{
		"SSH":     {serveRaw(t, greeting("SSH-2.0-OpenSSH_9.9\r\n")), `something that is not HTTP and begins with "SSH-2.0-"`},
		"Redis":   {serveRaw(t, saying("-ERR unknown command 'GET', with args beginning with: '/' 'HTTP/1.1'\r\n")), `something that is not HTTP and begins with "-ERR unk"`},
		"garbage": {serveRaw(t, saying("\x00\x01what?")), `something that is not HTTP and begins with "\x00\x01what?"`},
		"TLS":     {serveRaw(t, saying("\x15\x03\x01\x00\x02\x02\x16")), "TLS"},
		"a proxy": {real, ""},
	} {
		for _, endpoint := range []string{"http://api.example", "https://api.example"} {
			t.Run(name+" of "+endpoint, func(t *testing.T) {
				t.Parallel()
				exchange := sendTo(newTarget(t, Config{Endpoint: endpoint, Network: NetworkOptions{Proxy: proxied(t, test.proxy)}}), Request{})
				if test.spoken != "" {
					wantFault(t, exchange, Unreachable, "the proxy "+test.proxy+" cannot be used: it speaks "+test.spoken+"; give "+
						strings.ToUpper(strings.TrimSuffix(endpoint, "://api.example"))+"_PROXY the address of an HTTP proxy, or set NO_PROXY=api.example")
				} else if exchange.Fault != nil && strings.Contains(exchange.Fault.Detail, "it speaks") {
					t.Error(exchange.Fault)
				}
			})
		}
	}
}

// TestAProxyThatDoesNotConnectIsNotTheServer either, whenever it begins to.
func TestAProxyThatDoesNotConnectIsNotTheServer(t *testing.T) {
	t.Parallel()
	const malformed = "\x00 http garbage\r\n\r\n"
	for name, test := range map[string]struct{ says, does string }{
		"it hangs up":       {"", "it closes the connection instead of connecting to the server"},
		"a half head":       {"HTTP/1.1 200 OK\r\n", "it closes the connection instead of connecting to the server"},
		"malformed":         {malformed, "it speaks something that is not HTTP"},
		"a page":            {"<html>", `it speaks something that is not HTTP and begins with "<html>"`},
		"nothing after 200": {"HTTP/1.1 200 OK\r\n\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := serveRaw(t, saying(test.says))
			tested := newTarget(t, Config{Endpoint: "https://api.example", Network: NetworkOptions{Proxy: proxied(t, proxy)}})
			for range 2 {
				exchange := sendTo(tested, Request{})
				if test.does != "" {
					wantFault(t, exchange, Unreachable, "the proxy "+proxy+" cannot be used: "+test.does+"; give HTTPS_PROXY the address of an HTTP proxy, or set NO_PROXY=api.example")
				} else if exchange.Complete() || strings.Contains(exchange.Fault.Detail, "cannot be used") {
					t.Error(exchange.Fault)
				}
			}
		})
	}
}

// TestAProxyThatHangsUpIsNotTheServer where it would send the request itself either.
func TestAProxyThatHangsUpIsNotTheServer(t *testing.T) {
	t.Parallel()
	proxy := serveRaw(t, saying(""))
	tested := newTarget(t, Config{Endpoint: "http://api.example", Network: NetworkOptions{Proxy: proxied(t, proxy)}})
	for range 2 {
		wantFault(t, sendTo(tested, Request{}), Unreachable, "the proxy "+proxy+
			" cannot be used: it closes the connection instead of responding; give HTTP_PROXY the address of an HTTP proxy, or set NO_PROXY=api.example")
	}
}

func TestACompressedResponseIsRead(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		compressing := gzip.NewWriter(w)
		_, _ = io.WriteString(compressing, `{"a":1}`)
		_ = compressing.Close()
	})
	if exchange := send(t, Config{Endpoint: server.URL}, Request{Method: "GET"}); string(exchange.Body) != `{"a":1}` {
		t.Errorf("%q, %v", exchange.Body, exchange.Fault)
	}
}

func TestIPv6(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no IPv6: %v", err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{}}
	server.Start()
	t.Cleanup(server.Close)
	endpoint, err := ParseEndpoint(server.URL)
	if err != nil || !IsLoopback(endpoint) || Reach(t.Context(), endpoint, NetworkOptions{}) != nil {
		t.Fatalf("%s: %v", server.URL, err)
	}
	if exchange := send(t, Config{Endpoint: server.URL}, Request{}); !exchange.Complete() {
		t.Error(exchange.Fault)
	}
}

func TestParseEndpoint(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"http://127.0.0.1:8080":     "http://127.0.0.1:8080",
		"http://[::1]:80/":          "http://[::1]:80",
		"HTTPS://example.com/base/": "https://example.com/base",
	} {
		if endpoint, err := ParseEndpoint(text); err != nil || endpoint.String() != want {
			t.Errorf("%s: %v, %v", text, endpoint, err)
		}
	}
	const scheme, host, address, extra = "does not begin with http:// or https://", "names no host", "is not an address", "must not have a user, a query or a fragment"
	for text, reason := range map[string]string{
		"": scheme, "localhost:8080": scheme, "ftp://example.com": scheme, "//example.com": scheme,
		"http://": host, "http:///v1": host, "http:example.com": host,
		"127.0.0.1:8080": address, "http://exa mple.com": address, "http://[::1": address, "http://example.com:port": address,
		"http://example.com/%zz": address, "http://example.com/\n": address,
		"http://user:s3cr3t@example.com": extra, "http://example.com/?key=s3cr3t": extra, "http://example.com/#part": extra, "http://127.0.0.1:1/a b?key=s3cr3t": extra,
	} {
		_, err := New(Config{Endpoint: text})
		if err == nil || !strings.Contains(err.Error(), reason) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for want, texts := range map[bool][]string{
		true: {"http://127.0.0.1:8080", "http://127.8.9.10", "http://[::1]:8080", "http://[::ffff:127.0.0.1]", "http://localhost", "https://api.localhost:1"},
		false: {"http://localhost.example.com", "http://notlocalhost", "http://127.0.0.1.example.com", "http://0.0.0.0", "http://10.0.0.1", "http://169.254.169.254",
			"http://[fe80::1]", "https://www.googleapis.com", "http://example.com/127.0.0.1", "http://example.com/@localhost"},
	} {
		for _, text := range texts {
			if endpoint, err := ParseEndpoint(text); err != nil || IsLoopback(endpoint) != want {
				t.Errorf("%s: loopback %v, %v", text, !want, err)
			}
		}
	}
}

// TestWhatIsSentOnceIsNotSentAgain by net/http either, which repeats some methods
// by itself.
func TestWhatIsSentOnceIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "POST", "DELETE"} {
		var requests atomic.Int32
		endpoint := serveRaw(t, func(connection *net.TCPConn) {
			if strings.HasPrefix(readHead(connection), method+" ") {
				requests.Add(1)
			}
			_ = connection.Close()
		})
		wantFault(t, send(t, Config{Endpoint: endpoint}, Request{Method: method, Once: true}), HangUp, "closed")
		if requests.Load() != 1 {
			t.Errorf("%s: %d requests came", method, requests.Load())
		}
	}
}
