package target

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// clientCertificate makes a certificate that signs itself, and a pool of it.
func clientCertificate(t testing.TB) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(signed)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: key}, pool
}

// asking serves HTTPS for those who show a certificate of the pool.
func asking(t testing.TB, pool *x509.CertPool, version uint16, h2 bool) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.EnableHTTP2 = h2
	server.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MaxVersion: version}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// TestAWrongProtocol is found by the first request, whatever the server does
// about it, and is no fault of the server.
func TestAWrongProtocol(t *testing.T) {
	t.Parallel()
	plain := serve(t, http.NotFound).URL
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	onlyHTTP2 := httptest.NewUnstartedServer(http.NotFoundHandler())
	onlyHTTP2.Config.Protocols = new(http.Protocols)
	onlyHTTP2.Config.Protocols.SetUnencryptedHTTP2(true)
	onlyHTTP2.Start()
	t.Cleanup(onlyHTTP2.Close)
	own, pool := clientCertificate(t)
	stranger, _ := clientCertificate(t)
	required, before, withHTTP2 := asking(t, pool, 0, false), asking(t, pool, tls.VersionTLS12, false), asking(t, pool, 0, true)
	trusting := func(server *httptest.Server, certificate *tls.Certificate) NetworkOptions {
		options := NetworkOptions{Authorities: x509.NewCertPool(), Certificate: certificate}
		options.Authorities.AddCert(server.Certificate())
		return options
	}
	// alert is what a TLS server says that has no words for HTTP: it expects a
	// handshake.
	alert, closing := serveRaw(t, saying("\x15\x03\x01\x00\x02\x02\x16")), serveRaw(t, answeringTLSAlone(t, secure.TLS))
	other := func(beginning string) string {
		return `it speaks something that is not HTTP and begins with "` + beginning + `"; give the address of an HTTP server, whose responses begin with a line such as HTTP/1.1 200 OK`
	}
	for name, test := range map[string]struct {
		endpoint string
		options  NetworkOptions
		says     string
	}{
		"http to net/http over TLS":        {"http" + strings.TrimPrefix(secure.URL, "https"), NetworkOptions{}, "it speaks TLS; give --endpoint " + secure.URL},
		"http to nginx over TLS":           {serveRaw(t, saying("HTTP/1.1 400 Bad Request\r\n\r\n<center>The plain HTTP request was sent to HTTPS port</center>")), NetworkOptions{}, "it speaks TLS; give --endpoint https://"},
		"http to a TLS alert":              {alert, NetworkOptions{}, "it speaks TLS"},
		"http to a TLS server that closes": {closing, NetworkOptions{}, "it speaks TLS"},
		"https to plain HTTP":              {"https" + strings.TrimPrefix(plain, "http"), NetworkOptions{}, "it speaks HTTP without TLS; give --endpoint " + plain},
		"https to SSH":                     {"https" + strings.TrimPrefix(serveRaw(t, greeting("SSH-2.0-OpenSSH_9.9\r\n")), "http"), NetworkOptions{}, other("SSH-2.0-")},
		"HTTP/2 alone":                     {onlyHTTP2.URL, NetworkOptions{}, "it speaks HTTP/2 without TLS (h2c) and no HTTP/1.1; let it serve HTTP/1.1 too"},
		"SSH":                              {serveRaw(t, greeting("SSH-2.0-OpenSSH_9.9\r\n")), NetworkOptions{}, other("SSH-2.0-")},
		"SMTP":                             {serveRaw(t, greeting("220 mail.example ESMTP\r\n")), NetworkOptions{}, other("220 mail")},
		"SHOUTcast":                        {serveRaw(t, saying("ICY 200 OK\r\nicy-name: a\r\n\r\n")), NetworkOptions{}, other("ICY 200 ")},
		"RTSP":                             {serveRaw(t, saying("RTSP/1.0 200 OK\r\n\r\n")), NetworkOptions{}, other("RTSP/1.0")},
		"HTTP/0.9":                         {serveRaw(t, saying("<html>hello</html>")), NetworkOptions{}, other("<html>he")},
		"HTTP/0.9 with JSON":               {serveRaw(t, saying(`{"error": {"message": "see http://h"}}`)), NetworkOptions{}, other(`{\"error\"`)},
		"HTTP/0.9 with a header":           {serveRaw(t, saying("Content-Type: text/plain\r\n\r\nhello")), NetworkOptions{}, other("Content-")},
		"an echo":                          {serveRaw(t, saying("\x00\x01what?")), NetworkOptions{}, other(`\x00\x01what?`)},
		"a required certificate":           {required.URL, trusting(required, nil), "requires a client certificate: give --client-cert FILE and --client-key FILE"},
		"a required certificate, TLS 1.2":  {before.URL, trusting(before, nil), "requires a client certificate"},
		"a required certificate, HTTP/2":   {withHTTP2.URL, trusting(withHTTP2, nil), "requires a client certificate"},
		"a certificate of a stranger":      {required.URL, trusting(required, stranger), "does not accept the client certificate of --client-cert: "},
		"the right certificate":            {required.URL, trusting(required, own), ""},
		"the right certificate, HTTP/2":    {withHTTP2.URL, trusting(withHTTP2, own), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newTarget(t, Config{Endpoint: test.endpoint, Network: test.options})
			exchange := sendTo(server, Request{Method: "GET"})
			if test.says == "" {
				if exchange.Status != http.StatusNotFound || server.Unusable() != nil {
					t.Errorf("%d, %v, %v", exchange.Status, exchange.Fault, server.Unusable())
				}
				return
			}
			wantFault(t, exchange, WrongProtocol, test.says)
			if !strings.HasPrefix(exchange.Fault.Detail, test.endpoint+" ") || exchange.Fault.ServerOwn() || len(exchange.Earlier) > 0 {
				t.Errorf("%v", exchange.Fault)
			}
			if second := sendTo(server, Request{Method: "GET"}); second.Fault != exchange.Fault || server.Unusable() != exchange.Fault {
				t.Errorf("after that: %v, unusable %v", second.Fault, server.Unusable())
			}
			endpoint, err := ParseEndpoint(test.endpoint)
			if err != nil {
				t.Fatal(err)
			}
			if err := Reach(t.Context(), endpoint, test.options); err != nil && err.Error() != exchange.Fault.Detail {
				t.Errorf("a connection alone says %q, a request %q", err, exchange.Fault.Detail)
			}
		})
	}
}

// greeting speaks first, as no HTTP server does.
func greeting(words string) func(*net.TCPConn) {
	return func(connection *net.TCPConn) {
		_, _ = io.WriteString(connection, words)
		waiting(connection)
	}
}

// answeringTLSAlone closes whatever is no handshake without a word.
func answeringTLSAlone(t testing.TB, config *tls.Config) func(*net.TCPConn) {
	t.Helper()
	return func(connection *net.TCPConn) {
		first := make([]byte, 1)
		if _, err := connection.Read(first); err != nil || first[0] != 0x16 {
			_ = connection.Close()
			return
		}
		_ = tls.Server(&prefixed{connection, strings.NewReader(string(first))}, config).Handshake()
		_ = connection.Close()
	}
}

// prefixed is a connection of which something was read already.
type prefixed struct {
	net.Conn
	before io.Reader
}

func (p *prefixed) Read(into []byte) (int, error) {
	if n, _ := p.before.Read(into); n > 0 {
		return n, nil
	}
	return p.Conn.Read(into)
}

// TestAMalformedStatusLineIsNotAnotherProtocol: it is the server's own mistake.
func TestAMalformedStatusLineIsNotAnotherProtocol(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"HTP/1.1 200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n", " HTTP/1.1 200 OK\r\n\r\n", "\xef\xbb\xbfHTTP/1.1 200 OK\r\n\r\n", "200 OK\r\nContent-Type: a\r\n\r\n", "HTTP 200\r\n\r\n",
		"HTTP/1.1200 OK\r\n\r\n", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"} {
		server := newTarget(t, Config{Loopback: true, Endpoint: serveRaw(t, saying(said))})
		if fault := sendTo(server, Request{Method: "GET"}).Fault; fault == nil || !fault.ServerOwn() {
			t.Errorf("%q: %+v", said, fault)
		}
	}
}

// TestAServerThatHasRespondedSpeaksHTTP: what breaks later is not looked into.
func TestAServerThatHasRespondedSpeaksHTTP(t *testing.T) {
	t.Parallel()
	first := make(chan bool, 1)
	first <- true
	server := newTarget(t, Config{Loopback: true, Endpoint: serveRaw(t, func(connection *net.TCPConn) {
		select {
		case <-first:
			saying("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")(connection)
		default:
			saying("SSH-2.0-x\r\n")(connection)
		}
	})})
	sendTo(server, Request{})
	wantFault(t, sendTo(server, Request{}), Malformed, "not an HTTP response")
	if server.Unusable() != nil {
		t.Error(server.Unusable())
	}
}
