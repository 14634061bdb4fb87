package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// ProxyOf is the address of the proxy on the way to an endpoint, without its
// user; empty where there is none.
func (o NetworkOptions) ProxyOf(endpoint *url.URL) string {
	proxy, err := o.completed().Proxy(&http.Request{URL: endpoint})
	if err != nil || proxy == nil {
		return ""
	}
	return addressOf(proxy)
}

// BehindProxy reports whether a proxy on the way to an endpoint takes the requests
// themselves: over TLS it passes on bytes.
func (o NetworkOptions) BehindProxy(endpoint *url.URL) bool {
	return endpoint.Scheme == "http" && o.ProxyOf(endpoint) != ""
}

// addressOf is the address of a proxy without its user.
func addressOf(proxy *url.URL) string { return proxy.Scheme + "://" + proxy.Host }

// proxyError says that a proxy would not connect to the server.
type proxyError struct {
	proxy  string
	status int
}

func (e *proxyError) Error() string { return refusal(e.proxy, e.status) + " instead of connecting" }

func refusedByProxy(_ context.Context, proxy *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode != http.StatusOK {
		return &proxyError{addressOf(proxy), response.StatusCode}
	}
	return nil
}

// unreachableProxy is the fault of an error of the connection to a proxy; nil for
// every other.
func unreachableProxy(err error, proxy string) *Fault {
	var operation *net.OpError
	if !errors.As(err, &operation) || operation.Op != "proxyconnect" {
		return nil
	}
	return &Fault{Kind: Unreachable, Detail: fmt.Sprintf("the proxy %s cannot be reached: %s", proxy, unreachableReason(err))}
}

// refusal says what a proxy responded; its address may be unknown.
func refusal(proxy string, status int) string {
	return fmt.Sprintf("%s responded %d %s", strings.TrimSpace("the proxy "+proxy), status, http.StatusText(status))
}

// byProxy reports whether a response is that of a proxy on the way. Over TLS it
// cannot be.
func (t *Target) byProxy(exchange *Exchange) bool {
	if t.endpoint.Scheme != "http" {
		return false
	}
	// RFC 9110, 15.5.8: only a proxy asks for a proxy's password.
	if exchange.Status == http.StatusProxyAuthRequired {
		return true
	}
	if t.proxy == "" || exchange.Status < http.StatusBadRequest {
		return false
	}
	header, passedOn := exchange.Header, exchange.Header.Get("Via") != ""
	if header.Get("Proxy-Authenticate") != "" || header.Get("X-Squid-Error") != "" || strings.Contains(header.Get("Proxy-Status"), "error=") {
		return true
	}
	// What a proxy says of itself is a page. An API says it by its error.
	if found := readError(exchange.Body); found.Status != "" || len(found.Code) > 0 {
		return false
	}
	switch exchange.Status {
	case http.StatusForbidden, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	if passedOn {
		return false
	}
	// RFC 9110, 7.6.3: a proxy adds Via to what it passes on. Where this one does
	// not, a page without it may be the server's.
	return namesProxy(header.Get("Server")) || exchange.Status/100 == 5 && (!t.budget.whole || t.budget.via)
}

// namesProxy reports whether a Server field is that of a proxy's own pages.
func namesProxy(server string) bool {
	server = strings.ToLower(server)
	return slices.ContainsFunc([]string{"tinyproxy", "squid", "privoxy", "mitmproxy", "trafficserver", "polipo", "3proxy", "ccproxy", "zscaler", "bluecoat", "mcafee web gateway"},
		func(name string) bool { return strings.Contains(server, name) })
}

// proxyDetail says in one line what a proxy responded, and how to go on.
func (t *Target) proxyDetail(exchange *Exchange) string {
	detail := refusal(t.proxy, exchange.Status) + " instead of the target"
	if exchange.Status == http.StatusProxyAuthRequired {
		return detail + "; put its user and password into HTTP_PROXY, before the host"
	}
	return detail + "; NO_PROXY names hosts that are reached without it"
}
