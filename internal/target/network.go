package target

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// DefaultConnectLimit is how long a connection, and then its TLS, may take to
// come about. It is apart from the limit of a response: a full queue of a small
// emulator costs a second here and says nothing about its conformance.
const DefaultConnectLimit = 10 * time.Second

// NetworkOptions say how a server is reached. The zero value is right for most.
type NetworkOptions struct {
	// Authorities are those that the server's certificate may come from; nil
	// means those of the system.
	Authorities *x509.CertPool
	// Insecure takes any certificate. It is for a server on this machine alone.
	Insecure bool
	// ConnectLimit is how long a connection may take, HandshakeLimit its TLS; 0
	// means DefaultConnectLimit.
	ConnectLimit   time.Duration
	HandshakeLimit time.Duration
	// HeaderLimit is how long the head of a response may take; 0 means as long
	// as the whole response.
	HeaderLimit time.Duration
	// Certificate is what the client shows a server that asks for one, or nil.
	Certificate *tls.Certificate
	// Header is what every request carries beside its own. Its values are secrets.
	Header http.Header
	// Proxy chooses the proxy of a request; nil means that of the environment.
	Proxy func(*http.Request) (*url.URL, error)

	// asked is set when a server asks for a client certificate; it may be nil.
	asked *atomic.Bool
}

// completed fills in the defaults.
func (o NetworkOptions) completed() NetworkOptions {
	if o.ConnectLimit == 0 {
		o.ConnectLimit = DefaultConnectLimit
	}
	if o.HandshakeLimit == 0 {
		o.HandshakeLimit = DefaultConnectLimit
	}
	if o.Proxy == nil {
		o.Proxy = ProxyFromEnvironment
	}
	return o
}

func (o NetworkOptions) tlsConfig() *tls.Config {
	return &tls.Config{
		RootCAs: o.Authorities, InsecureSkipVerify: o.Insecure, //nolint:gosec // Settings allow it on this machine alone.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if o.asked != nil {
				o.asked.Store(true)
			}
			if o.Certificate == nil {
				return &tls.Certificate{}, nil // None is shown.
			}
			return o.Certificate, nil
		},
	}
}

// network is the way to a real server, by connections that are used again and
// by fresh ones.
type network struct {
	reusing, fresh *http.Transport
	plain          bool
	// kept carried the last request that asked for a KeptConnection.
	kept atomic.Pointer[keepingConnection]
}

// NewNetwork is the transport to a real server, over proxies of the
// environment. Over which connection a request goes, its Place says.
func NewNetwork(endpoint *url.URL, options NetworkOptions) http.RoundTripper {
	options.asked = &atomic.Bool{}
	made := &network{reusing: newTransport(options, true), fresh: newTransport(options, false), plain: endpoint.Scheme == "http"}
	if endpoint.Host == "" {
		return made // It is for many servers.
	}
	return &diagnosing{next: made, endpoint: endpoint, options: options}
}

// surplusDetail says that a connection carried more than the response before.
const surplusDetail = "extra bytes after the previous response"

// RoundTrip sends a request by the fitting connection. What fails over a connection
// that has been used says nothing of the request: the server may have closed it, or
// an earlier response may have spoiled it. Then it is sent over a fresh one, if it
// may be sent again (RFC 9112, 9.3.1; RFC 9110, 15.5.9, of 408).
func (n *network) RoundTrip(request *http.Request) (*http.Response, error) {
	place := PlaceOf(request.Context())
	if place.Connection == OwnConnection || place.Once && place.Connection != KeptConnection {
		return n.alone(request)
	}
	response, used, err := roundTrip(n.reusing, request)
	if place.Connection == KeptConnection {
		before := n.kept.Swap(used.connection)
		if used.surplus || !used.reused && before != nil && before.spoiled() {
			if err == nil {
				response.Body.Close()
			}
			return nil, &Fault{Kind: Malformed, Detail: surplusDetail}
		}
		if err != nil || !used.reused || place.Once || response.StatusCode != http.StatusRequestTimeout {
			return response, err
		}
	}
	sound := err == nil && !used.surplus && response.StatusCode != http.StatusRequestTimeout
	if sound || !used.reused || place.Number == 0 || request.Context().Err() != nil {
		return response, err
	}
	if err == nil {
		response.Body.Close()
	}
	again := request.Clone(request.Context())
	if request.GetBody != nil {
		if again.Body, err = request.GetBody(); err != nil {
			return nil, err
		}
	}
	return n.alone(again)
}

// alone sends a request over a connection of its own. A server without TLS may be a
// small one that serves one connection after the other, so that one left open would
// keep it waiting.
func (n *network) alone(request *http.Request) (*http.Response, error) {
	if n.plain {
		n.reusing.CloseIdleConnections()
		n.kept.Store(nil)
	}
	response, _, err := roundTrip(n.fresh, request)
	return response, err
}

func newTransport(options NetworkOptions, reusing bool) *http.Transport {
	options = options.completed()
	return &http.Transport{
		Proxy:                  options.Proxy,
		OnProxyConnectResponse: refusedByProxy,
		DialContext:            dialing(options, false),
		DialTLSContext:         dialing(options, true),
		TLSClientConfig:        options.tlsConfig(),
		TLSHandshakeTimeout:    options.HandshakeLimit,
		ResponseHeaderTimeout:  options.HeaderLimit,
		IdleConnTimeout:        time.Minute,
		DisableKeepAlives:      !reusing,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 1 << 20,
	}
}

// ProxyFromEnvironment is that of net/http, whose error repeats an address with
// the user and the password of a proxy.
func ProxyFromEnvironment(request *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(request)
	if err != nil {
		return nil, errors.New("HTTP_PROXY or HTTPS_PROXY holds no valid address of a proxy")
	}
	return proxy, nil
}

// Reach makes one connection to an endpoint and closes it again. The error says
// in one line why there is none. Where a proxy stands between, nothing is
// tried.
func Reach(ctx context.Context, endpoint *url.URL, options NetworkOptions) error {
	if options.ProxyOf(endpoint) != "" {
		return nil
	}
	options = options.completed()
	options.asked = &atomic.Bool{}
	connection, err := dialing(options, endpoint.Scheme == "https")(ctx, "tcp", addressToDial(endpoint))
	var dialled *net.OpError
	switch {
	case err == nil:
		_ = connection.Close()
		return nil
	case errors.As(err, &dialled) && dialled.Op == "dial":
		return fmt.Errorf("%s cannot be reached: %s", endpoint, unreachableReason(err))
	}
	if fault := diagnose(ctx, endpoint, options, err); fault != nil {
		return fault
	}
	return fmt.Errorf("%s cannot be reached: no TLS: %s", endpoint, unreachableReason(err))
}

// unreachableReason says why no connection came about, and where a flag would
// help which one.
func unreachableReason(err error) string {
	var lookup *net.DNSError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &lookup):
		return fmt.Sprintf("the name %s cannot be looked up: %s", lookup.Name, lookup.Err)
	case errors.As(err, &authority):
		return innermost(err) + "; --ca-cert FILE names one more authority"
	}
	return innermost(err)
}
