package clientrun

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// Site serves a Server on the network: at its address, and at another host, where
// redirects lead.
type Site struct {
	Server *Server
	// Endpoint is the address for clients, without a slash at its end.
	Endpoint string
	// Authority is the certificate that signed that of the site, as PEM; nil for
	// a site without TLS.
	Authority []byte

	servers []*http.Server
}

// Serve opens a site at an address; port 0 selects a free one. The site of a server of
// one secure scenario speaks TLS with HTTP/2 and HTTP/1.1, another one HTTP/1.1 and
// HTTP/2 in clear text.
func Serve(server *Server, address string) (*Site, error) {
	return serve(server, address, server)
}

// serve is Serve with a handler that wraps the server.
func serve(server *Server, address string, handler http.Handler) (*Site, error) {
	only := server.options.Only
	secure := only != nil && only.Secure
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	otherHost, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	site := &Site{Server: server, Endpoint: "http://" + listener.Addr().String()}
	_, port, _ := net.SplitHostPort(otherHost.Addr().String())
	server.otherHost = "http://localhost:" + port
	server.at = listener.Addr()
	server.listenHost, _, _ = net.SplitHostPort(address)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(secure)
	protocols.SetUnencryptedHTTP2(!secure)
	main := &http.Server{Handler: handler, Protocols: protocols, ConnContext: func(ctx context.Context, connection net.Conn) context.Context {
		return context.WithValue(ctx, useKey{}, &use{connection: connection})
	}}
	if secure {
		certificate, authority, err := newCertificate(only.Certificate)
		if err != nil {
			_, _ = listener.Close(), otherHost.Close()
			return nil, err
		}
		site.Endpoint, site.Authority = "https://"+listener.Addr().String(), authority
		main.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
		main.ConnState = server.contact.count
	} else {
		// Whatever is done with a request, its head is taken.
		main.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			useOf(r).connection.(*recordedConnection).take(r)
			handler.ServeHTTP(w, r)
		})
		listener = recordedListener{listener, server.refused}
	}
	site.start(main, listener)
	there := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { server.serve(w, r, true) })
	site.start(&http.Server{Handler: there}, otherHost)
	// The name localhost may mean this address first.
	if six, err := net.Listen("tcp", "[::1]:"+port); err == nil {
		site.start(&http.Server{Handler: there}, six)
	}
	return site, nil
}

func (s *Site) start(server *http.Server, listener net.Listener) {
	server.ReadHeaderTimeout = 10 * time.Second
	server.ErrorLog = log.New(io.Discard, "", 0)
	s.servers = append(s.servers, server)
	if server.TLSConfig == nil {
		go func() { _ = server.Serve(listener) }()
		return
	}
	server.ErrorLog = log.New(unencrypted{&s.Server.contact.unencrypted}, "", 0)
	go func() { _ = server.ServeTLS(listener, "", "") }()
}

// unencrypted notes what net/http says of a client that speaks HTTP without TLS.
type unencrypted struct{ seen *atomic.Bool }

func (u unencrypted) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "client sent an HTTP request to an HTTPS server") {
		u.seen.Store(true)
	}
	return len(line), nil
}

// settleLimit is how long responses that are under way may take when a site
// closes.
const settleLimit = 2 * time.Second

// Close ends the site. What is under way is broken off; when it returns, the
// calls of the server do not change any more.
func (s *Site) Close() {
	for _, server := range s.servers {
		_ = server.Close()
	}
	s.Server.lingering.end()
	ctx, cancel := context.WithTimeout(context.Background(), settleLimit)
	defer cancel()
	// Responses are under way, and net/http says what was wrong with a handshake only
	// after the client has seen its end.
	for (s.Server.inFlight.Load() > 0 || s.Server.contact.connections.Load() > 0) && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
}

// isOwnHost reports whether a field Host names the server: by a loopback
// address or name where it listens on one, and with its port. A server that
// other machines reach may have names that it does not know.
func (s *Server) isOwnHost(host string) bool {
	at, isTCP := s.at.(*net.TCPAddr)
	if !isTCP {
		return true
	}
	name, port, err := net.SplitHostPort(host)
	_, own, _ := net.SplitHostPort(at.String())
	if err != nil || port != own {
		return false
	}
	return !at.IP.IsLoopback() || isLoopback(name) || strings.EqualFold(name, s.listenHost)
}

func isLoopback(name string) bool {
	address, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && address.IsLoopback()
}

// mayRead reports whether a request to the page comes from somebody who typed
// its address. A page of another site that made its own name lead here, as in
// DNS rebinding, has that name in Host; one that sends a form has its own origin.
func (s *Server) mayRead(r *http.Request) bool {
	if s.at == nil {
		return true
	}
	name, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		name = r.Host
	}
	_, err = netip.ParseAddr(strings.Trim(name, "[]"))
	own, _ := os.Hostname()
	known := err == nil || isLoopback(name) || strings.EqualFold(name, s.listenHost) || own != "" && strings.EqualFold(name, own)
	return known && http.NewCrossOriginProtection().Check(r) == nil
}
