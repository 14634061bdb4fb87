package target

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// dialLimit is how long a connection may take to come about. It is apart from
// the limit of an answer: a full queue of a small emulator costs a second here
// and says nothing about its conformance.
const dialLimit = 10 * time.Second

// NewNetwork is the transport to a real server. Plain HTTP gets a connection
// for each request: what one answer leaves behind on a connection cannot spoil
// the next, and an emulator that serves one connection at a time works.
func NewNetwork(endpoint *url.URL) http.RoundTripper {
	dialer := &net.Dialer{Timeout: dialLimit}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    dialLimit,
		DisableKeepAlives:      endpoint.Scheme == "http",
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 1 << 20,
	}
}

// Reach makes one connection to an endpoint and closes it again. The error says
// in one line why there is none. Where a proxy stands between, nothing is
// tried.
func Reach(ctx context.Context, endpoint *url.URL) error {
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: endpoint}); err == nil && proxy != nil {
		return nil
	}
	address := endpoint.Host
	if endpoint.Port() == "" {
		address = net.JoinHostPort(endpoint.Hostname(), map[string]string{"http": "80", "https": "443"}[endpoint.Scheme])
	}
	dialer := &net.Dialer{Timeout: dialLimit}
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("%s cannot be reached: %s", endpoint, innermost(err))
	}
	defer connection.Close()
	if endpoint.Scheme != "https" {
		return nil
	}
	secure := tls.Client(connection, &tls.Config{ServerName: endpoint.Hostname()})
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("%s cannot be reached: no TLS: %s", endpoint, innermost(err))
	}
	return nil
}
