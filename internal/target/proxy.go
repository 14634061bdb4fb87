package target

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/dpconform/dpconform/internal/text"
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

// proxySecrets lists what a proxy of the environment is given to know the user by:
// the password, alone and as it is sent (RFC 7617), or else the name. A proxy, or
// what it writes into a response, may repeat each.
func proxySecrets() []string {
	var secrets []string
	for _, scheme := range []string{"http", "https"} {
		proxy, err := ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: scheme, Host: "service.example"}})
		if err != nil || proxy == nil || proxy.User == nil {
			continue
		}
		name := proxy.User.Username()
		if password, has := proxy.User.Password(); has {
			pair := name + ":" + password
			secrets = append(secrets, password, pair, base64.StdEncoding.EncodeToString([]byte(pair)))
		} else {
			secrets = append(secrets, name)
		}
	}
	return secrets
}

// addressOf is the address of a proxy without its user.
func addressOf(proxy *url.URL) string { return proxy.Scheme + "://" + proxy.Host }

// proxyError says that a proxy would not connect to the server.
type proxyError struct {
	proxy  string
	status int
	// host is that of the server.
	host string
}

func (e *proxyError) Error() string {
	return refusal(e.proxy, e.status) + " instead of connecting; " + pastProxy("HTTPS_PROXY", e.host, e.status)
}

func refusedByProxy(_ context.Context, proxy *url.URL, request *http.Request, response *http.Response) error {
	if response.StatusCode != http.StatusOK {
		// A CONNECT names the host and port alone.
		return &proxyError{addressOf(proxy), response.StatusCode, (&url.URL{Host: request.Host}).Hostname()}
	}
	return nil
}

// pastProxy says what to do about a proxy of a variable that refuses a host.
func pastProxy(variable, host string, status int) string {
	if status == http.StatusProxyAuthRequired {
		return "put its user and password into " + variable + ", before the host"
	}
	return fmt.Sprintf("let it pass requests to %s, or set NO_PROXY=%s to reach that without the proxy of %s", host, host, variable)
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

// pastTheProxy is a request that notes when it gets as far as TLS with the server: what
// fails before that fails between this program and a proxy.
func pastTheProxy(request *http.Request) (*http.Request, *atomic.Bool) {
	var passed atomic.Bool
	return request.WithContext(httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
		GotConn:           func(httptrace.GotConnInfo) { passed.Store(true) },
		TLSHandshakeStart: func() { passed.Store(true) },
	})), &passed
}

// brokenTunnel is the fault of a proxy that responds to CONNECT with something else than
// HTTP, or not at all, given the error of a request that got no further; nil for every
// other.
func brokenTunnel(request *http.Request, err error, proxy string) *Fault {
	var refused *proxyError
	if err == nil || request.URL.Scheme != "https" || !strings.HasPrefix(proxy, "http") || request.Context().Err() != nil ||
		asFault(err) != nil || errors.As(err, &refused) {
		return nil
	}
	does := "it speaks something that is not HTTP"
	switch {
	case isSlow(err):
		does = "it does not respond to CONNECT"
	case isHandshakeEnd(err), isCutOff(err):
		does = "it closes the connection instead of connecting to the server"
	case isUnreachable(err):
		does = unreachableReason(err)
	}
	return &Fault{Kind: Unreachable, Detail: fmt.Sprintf("the proxy %s cannot be used: %s; give HTTPS_PROXY the address of an HTTP proxy, or set NO_PROXY=%s to reach that without it",
		proxy, does, request.URL.Hostname())}
}

// uselessProxy is the fault of a proxy that speaks no HTTP, or none to this client, or
// says nothing at all, given the error that came first; nil where it may be the server's.
func uselessProxy(ctx context.Context, endpoint *url.URL, options NetworkOptions, err error) *Fault {
	proxy, _ := options.Proxy(&http.Request{URL: endpoint})
	variable := strings.ToUpper(endpoint.Scheme) + "_PROXY"
	if proxy == nil || proxy.Scheme != "http" && proxy.Scheme != "https" || isUnreachable(err) {
		return nil
	}
	var other *otherProtocolError
	var spoken string
	if errors.As(err, &other) {
		spoken = cmp.Or(spokenIn(other.said), speaksOther)
	} else {
		spoken = speaks(ctx, proxy, options)
	}
	does := "it speaks " + spoken
	switch {
	case spoken == "" && endpoint.Scheme == "http" && (isHandshakeEnd(err) || isCutOff(err)):
		// A proxy responds with 502 where it is the server that hangs up.
		does = "it closes the connection instead of responding"
	case spoken == speaksHTTP && proxy.Scheme == "http", spoken == speaksTLS && proxy.Scheme == "https", spoken == "":
		return nil
	}
	return &Fault{Kind: Unreachable, Detail: fmt.Sprintf("the proxy %s cannot be used: %s; give %s the address of an HTTP proxy, or set NO_PROXY=%s to reach that without it",
		addressOf(proxy), does, variable, endpoint.Hostname())}
}

// refusal says what a proxy responded; its address may be unknown.
func refusal(proxy string, status int) string {
	return fmt.Sprintf("%s responded %d %s", strings.TrimSpace("the proxy "+proxy), status, http.StatusText(status))
}

// byProxy reports whether a response is that of a proxy on the way. Over TLS it
// can be only where the proxy intercepts, and says who it is.
func (t *Target) byProxy(exchange *Exchange) bool {
	header, plain := exchange.Header, t.endpoint.Scheme == "http"
	// RFC 9110, 15.5.8: only a proxy asks for a proxy's password.
	if plain && exchange.Status == http.StatusProxyAuthRequired {
		return true
	}
	if t.proxy == "" || exchange.Status < http.StatusBadRequest {
		return false
	}
	if header.Get("X-Squid-Error") != "" || plain && (header.Get("Proxy-Authenticate") != "" || strings.Contains(header.Get("Proxy-Status"), "error=")) {
		return true
	}
	// What a proxy says of itself is a page. An API says it by its error.
	if found := readError(exchange.Body); found.Status != "" || len(found.Code) > 0 {
		return false
	}
	passedOn := header.Get("Via") != ""
	switch exchange.Status {
	case http.StatusForbidden, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if plain {
			return true
		}
	}
	if passedOn {
		return false
	}
	if namesProxy(header.Get("Server")) {
		return true
	}
	// RFC 9110, 7.6.3: a proxy adds Via to what it passes on. Where this one does
	// not, a page without it may be the server's.
	return plain && exchange.Status/100 == 5 && (!t.budget.whole || t.budget.via)
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
	if page := pageText(exchange.Header, exchange.Body); page != "" {
		detail += fmt.Sprintf(" (%q)", text.Cut(t.said(page), longestPage))
	}
	return text.Line(detail) + "; " + pastProxy(strings.ToUpper(t.endpoint.Scheme)+"_PROXY", t.endpoint.Hostname(), exchange.Status)
}

// longestPage is the length in characters from which the words of a page are cut.
const longestPage = 100

var (
	title = text.Pattern(`(?is)<title[^>]*>(.*?)</title>`)
	tag   = text.Pattern(`(?is)<(style|script).*?</(style|script)>|<[^>]*>`)
)

// pageText is what a proxy says: the title of its page, else the words of it, else
// Squid's name of the error.
func pageText(header http.Header, body []byte) string {
	page := string(body)
	if found := title().FindStringSubmatch(page); found != nil {
		page = found[1]
	}
	words := strings.Join(strings.Fields(html.UnescapeString(tag().ReplaceAllString(page, " "))), " ")
	return cmp.Or(words, header.Get("X-Squid-Error"))
}
