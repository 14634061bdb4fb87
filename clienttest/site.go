package clienttest

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Site serves a Server on the network: at its address, by TLS beside it, and at
// another host, where redirects lead.
type Site struct {
	Server *Server
	// Endpoint is the address for clients, without a slash at its end.
	Endpoint string
	// Authority is the certificate that signed that of the site, as PEM; nil for
	// a site without TLS.
	Authority []byte

	servers []*http.Server
	// distrusted counts the connections that a client broke off, most likely
	// because it does not trust the certificate.
	distrusted atomic.Int64
}

// Serve opens a site at an address; port 0 takes a free one. A site that is
// secure speaks TLS with HTTP/2 and HTTP/1.1, else HTTP/1.1 and HTTP/2 in clear
// text. The handler is the server, or what wraps it; nil for the server.
func Serve(server *Server, address string, secure bool, handler http.Handler) (*Site, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	site := &Site{Server: server, Endpoint: "http://" + listener.Addr().String()}
	_, port, _ := net.SplitHostPort(other.Addr().String())
	server.otherHost = "http://localhost:" + port
	if handler == nil {
		handler = server
	}
	main := &http.Server{Handler: handler, Protocols: protocols(secure), ReadHeaderTimeout: 10 * time.Second}
	if secure {
		certificate, authority, err := newCertificate()
		if err != nil {
			_, _ = listener.Close(), other.Close()
			return nil, err
		}
		site.Endpoint, site.Authority = "https://"+listener.Addr().String(), authority
		main.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	server.at = listener.Addr()
	server.listenHost, _, _ = net.SplitHostPort(address)
	if !secure {
		main.ConnContext, main.Handler = withConnection, withWire(handler)
		site.start(main, recordedListener{listener, server.refused})
	} else {
		site.start(main, listener)
	}
	elsewhere := &http.Server{Handler: http.HandlerFunc(server.elsewhere), ReadHeaderTimeout: 10 * time.Second}
	site.start(elsewhere, other)
	// The name localhost may mean this address first.
	if six, err := net.Listen("tcp", "[::1]:"+port); err == nil {
		site.start(&http.Server{Handler: http.HandlerFunc(server.elsewhere), ReadHeaderTimeout: 10 * time.Second}, six)
	}
	return site, nil
}

func protocols(secure bool) *http.Protocols {
	spoken := new(http.Protocols)
	spoken.SetHTTP1(true)
	spoken.SetHTTP2(secure)
	spoken.SetUnencryptedHTTP2(!secure)
	return spoken
}

func (s *Site) start(server *http.Server, listener net.Listener) {
	server.ErrorLog = log.New(io.Discard, "", 0)
	if server.TLSConfig != nil {
		server.ErrorLog = log.New(handshakes{&s.distrusted}, "", 0)
	}
	s.servers = append(s.servers, server)
	go func() {
		if server.TLSConfig != nil {
			_ = server.ServeTLS(listener, "", "")
			return
		}
		_ = server.Serve(listener)
	}()
}

// handshakes counts what net/http says of TLS handshakes that a client ended.
type handshakes struct{ ended *atomic.Int64 }

func (h handshakes) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "TLS handshake error") {
		h.ended.Add(1)
	}
	return len(line), nil
}

// settleLimit is how long answers that are under way may take to come to their
// end when a site closes.
const settleLimit = 2 * time.Second

// Close ends the site. What is under way is broken off; when it returns, the
// calls of the server do not change any more.
func (s *Site) Close() {
	for _, server := range s.servers {
		_ = server.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), settleLimit)
	defer cancel()
	s.Server.Settle(ctx)
}
