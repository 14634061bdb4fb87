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
	"sync/atomic"
	"testing"
	"time"
)

// serveTLS makes a server with HTTP/2 that counts its connections, and the
// authority of its certificate.
func serveTLS(t *testing.T, handler http.HandlerFunc) (server *httptest.Server, connections *atomic.Int32) {
	t.Helper()
	connections = &atomic.Int32{}
	server = httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = discardLog()
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, connections
}

func authorityOf(server *httptest.Server) NetworkOptions {
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return NetworkOptions{Authorities: pool}
}

func protocol(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }

func TestOverTLSConnectionsAreUsedAgainButNotForWhatIsSentOnce(t *testing.T) {
	server, connections := serveTLS(t, protocol)
	judged := newLocalTarget(t, Config{Endpoint: server.URL, Network: authorityOf(server)})
	send := func(times int, once bool) {
		for range times {
			exchange := judged.Send(context.Background(), "c", Request{Method: "POST", Path: "/", Once: once})
			if !exchange.Answered() || string(exchange.Body) != "HTTP/2.0" {
				t.Errorf("%q, %v", exchange.Body, exchange.Fault)
			}
		}
	}
	send(5, false)
	if connections.Load() != 1 {
		t.Errorf("%d connections for 5 requests", connections.Load())
	}
	send(3, true)
	if connections.Load() != 4 {
		t.Errorf("%d connections, want 4", connections.Load())
	}
}

func TestPlainHTTPGetsAConnectionForEachRequest(t *testing.T) {
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(protocol))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	judged := newLocalTarget(t, Config{Endpoint: server.URL})
	for range 3 {
		judged.Send(context.Background(), "c", Request{Method: "POST", Path: "/"})
	}
	if connections.Load() != 3 {
		t.Errorf("%d connections", connections.Load())
	}
}

func TestAServerWithoutTLSThatHoldsIsUnreachable(t *testing.T) {
	server, _ := serveTLS(t, protocol)
	silent := serveRaw(t, waiting)
	for name, test := range map[string]struct {
		endpoint string
		options  NetworkOptions
		kind     FaultKind
		detail   string
	}{
		"an unknown authority":   {server.URL, NetworkOptions{}, Unreachable, "--ca-cert FILE"},
		"any certificate":        {server.URL, NetworkOptions{Insecure: true}, "", ""},
		"no handshake":           {"https" + silent[len("http"):], NetworkOptions{HandshakeLimit: 30 * time.Millisecond}, Unreachable, "TLS handshake timeout"},
		"no head of a response":  {silent, NetworkOptions{HeaderLimit: 30 * time.Millisecond}, Slow, "head of the response"},
		"a name that is unknown": {"http://no-such-host.invalid", NetworkOptions{}, Unreachable, "no-such-host.invalid cannot be looked up"},
	} {
		t.Run(name, func(t *testing.T) {
			exchange := newTarget(t, Config{Endpoint: test.endpoint, Network: test.options}).Send(context.Background(), "c", Request{Method: "POST", Path: "/"})
			if test.kind == "" {
				if !exchange.Answered() {
					t.Error(exchange.Fault)
				}
				return
			}
			wantFault(t, exchange, test.kind, test.detail)
		})
	}
}

func TestReachTakesTheSameOptions(t *testing.T) {
	server, _ := serveTLS(t, protocol)
	endpoint, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, options := range []NetworkOptions{authorityOf(server), {Insecure: true}} {
		if err := Reach(context.Background(), endpoint, options); err != nil {
			t.Error(err)
		}
	}
	if err := Reach(context.Background(), endpoint, NetworkOptions{}); err == nil {
		t.Error("an unknown authority was taken")
	}
}

// TestAProxyThatRefusesIsNotTheServer sends over a proxy that will not connect.
// The proxy is set on the transport: net/http reads the environment once only.
func TestAProxyThatRefusesIsNotTheServer(t *testing.T) {
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Error(w, "who are you?", http.StatusProxyAuthRequired)
	}))
	t.Cleanup(proxy.Close)
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := newTransport(NetworkOptions{}, false)
	transport.Proxy = http.ProxyURL(address)
	judged := newTarget(t, Config{Endpoint: "https://api.example", Transport: transport})
	exchange := judged.Send(context.Background(), "c", Request{Method: "POST", Path: "/", Once: true})
	wantFault(t, exchange, Unreachable, "the proxy responded 407 Proxy Authentication Required instead of connecting")
	if asked.Load() == 0 {
		t.Error("the proxy was not asked")
	}
}

func TestACompressedAnswerIsRead(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		compressing := gzip.NewWriter(w)
		_, _ = io.WriteString(compressing, `{"a":1}`)
		_ = compressing.Close()
	}))
	t.Cleanup(server.Close)
	exchange := newLocalTarget(t, Config{Endpoint: server.URL}).Send(context.Background(), "c", Request{Method: "GET", Path: "/"})
	if !exchange.Answered() || string(exchange.Body) != `{"a":1}` {
		t.Errorf("%q, %v", exchange.Body, exchange.Fault)
	}
}

func TestIPv6(t *testing.T) {
	listener, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no IPv6: %v", err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(protocol))
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	endpoint, err := ParseEndpoint(server.URL)
	if err != nil || !IsLoopback(endpoint) {
		t.Fatalf("%s: %v", server.URL, err)
	}
	if err := Reach(context.Background(), endpoint, NetworkOptions{}); err != nil {
		t.Error(err)
	}
	exchange := newLocalTarget(t, Config{Endpoint: server.URL}).Send(context.Background(), "c", Request{Method: "POST", Path: "/"})
	if !exchange.Answered() {
		t.Error(exchange.Fault)
	}
}
