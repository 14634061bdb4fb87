package clienttest

import (
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
)

// isOwnHost reports whether a field Host names the server: by a loopback
// address or name where it listens on one, and with its port. A server that all
// the world reaches has names that nobody knows.
func (s *Server) isOwnHost(host string) bool {
	at, isTCP := s.at.(*net.TCPAddr)
	if !isTCP {
		return true
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return false
	}
	_, own, _ := net.SplitHostPort(at.String())
	if port != own {
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
