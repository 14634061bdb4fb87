package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dpconform/dpconform/internal/text"
)

// Until a server has responded once, its address may be wrong: that of another
// port, or with another scheme. So what goes wrong first is looked into by a few
// more connections, which ask for nothing.

// diagnosing is a transport that looks into what keeps a server from its first
// response.
type diagnosing struct {
	next     http.RoundTripper
	endpoint *url.URL
	options  NetworkOptions

	responded atomic.Bool
	once      sync.Once
	found     *Fault
}

// RoundTrip sends a request. The error is a *Fault where the protocol is wrong.
func (d *diagnosing) RoundTrip(request *http.Request) (*http.Response, error) {
	if len(d.options.Header) > 0 {
		// A RoundTripper may not change the request that it is given.
		request = request.Clone(request.Context())
		maps.Copy(request.Header, d.options.Header)
	}
	request, passed := pastTheProxy(request)
	response, err := d.next.RoundTrip(request)
	if fault := unreachableProxy(err, d.options.ProxyOf(d.endpoint)); fault != nil {
		return nil, fault
	}
	asks := !d.responded.Load() && request.Context().Err() == nil
	if err != nil {
		if asks {
			if fault := d.diagnosed(request, err); fault != nil {
				return nil, fault
			}
		}
		if fault := brokenTunnel(request, err, d.options.ProxyOf(d.endpoint)); fault != nil && !passed.Load() {
			return nil, fault
		}
	}
	if err != nil || !asks {
		return response, err
	}
	if fault := refusedForProtocol(d.endpoint, response, d.options.Certificate != nil); fault != nil {
		_ = response.Body.Close()
		return nil, fault
	}
	d.responded.Store(true)
	return response, nil
}

// diagnosed is what diagnose says of the first error.
func (d *diagnosing) diagnosed(request *http.Request, err error) *Fault {
	d.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(request.Context()), examineLimit)
		defer cancel()
		d.found = diagnose(ctx, d.endpoint, d.options, err)
	})
	return d.found
}

// Limits of an examination: as a whole, for one connection, and in bytes.
const (
	examineLimit    = 5 * time.Second
	connectionLimit = time.Second
	firstBytes      = 1 << 10
	// frameHeader is the length of what begins a frame of HTTP/2.
	frameHeader = 9
)

// The protocols that an endpoint may speak.
const (
	speaksHTTP  = "HTTP without TLS"
	speaksTLS   = "TLS"
	speaksH2C   = "HTTP/2 without TLS (h2c) and no HTTP/1.1"
	speaksOther = "something that is not HTTP"
)

// diagnose says that an endpoint speaks another protocol than its address says,
// given the error that came first; nil where it does not, or nobody knows.
// What is wrong is said in one line, the same for every command.
func diagnose(ctx context.Context, endpoint *url.URL, options NetworkOptions, err error) *Fault {
	options = options.completed()
	var asked *Fault
	switch {
	case asFault(err) != nil || isSlow(err):
		return nil
	case endpoint.Scheme == "https":
		asked = certificateFault(endpoint, options, err)
	}
	if asked != nil {
		return asked
	}
	// Nothing is asked behind a proxy, and nobody where nobody listens.
	if options.ProxyOf(endpoint) != "" {
		return uselessProxy(ctx, endpoint, options, err)
	}
	if isUnreachable(err) && !isTLSFailure(err) && !isHandshakeEnd(err) {
		return nil
	}
	var other *otherProtocolError
	spoken := ""
	if errors.As(err, &other) {
		spoken = spokenIn(other.said)
	}
	if spoken == "" {
		spoken = speaks(ctx, endpoint, options)
	}
	switch {
	case spoken == "", spoken == speaksTLS && endpoint.Scheme == "https", spoken == speaksHTTP && endpoint.Scheme == "http":
		return nil
	default:
		return wrongProtocol(endpoint, spoken)
	}
}

// otherProtocolError is an error for the beginning of a response that is none of
// HTTP's.
type otherProtocolError struct {
	error
	said string
}

// Unwrap gives what net/http said.
func (e *otherProtocolError) Unwrap() error { return e.error }

// isSlow reports whether an error is that of a limit that ended.
func isSlow(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || isHeaderTimeout(err)
}

// isHandshakeEnd reports whether a handshake was broken off.
func isHandshakeEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// certificateFault says that a server refuses a client for its certificate, or
// for having none.
func certificateFault(endpoint *url.URL, options NetworkOptions, err error) *Fault {
	_, alert, refused := strings.Cut(err.Error(), "remote error: tls: ")
	switch asked := options.asked != nil && options.asked.Load(); {
	case !asked && alert != "certificate required":
		return nil
	case options.Certificate == nil:
		return certificateRequired(endpoint)
	case !refused && !strings.Contains(err.Error(), "http2: client conn could not be established"):
		return nil
	}
	if alert == "" {
		alert = "it closed the connection"
	}
	return &Fault{Kind: WrongProtocol, Flag: "--client-cert",
		Detail: fmt.Sprintf("%s does not accept the client certificate of --client-cert: %s", endpoint, alert)}
}

func certificateRequired(endpoint *url.URL) *Fault {
	return &Fault{Kind: WrongProtocol, Flag: "--client-cert",
		Detail: fmt.Sprintf("%s requires a client certificate: give --client-cert FILE and --client-key FILE", endpoint)}
}

func wrongProtocol(endpoint *url.URL, spoken string) *Fault {
	other := *endpoint
	fix := "give the address of an HTTP server, whose responses begin with a line such as HTTP/1.1 200 OK"
	switch {
	case spoken == speaksTLS:
		other.Scheme = "https"
		fix = "give --endpoint " + other.String()
	case spoken == speaksHTTP:
		other.Scheme = "http"
		fix = "give --endpoint " + other.String()
	case spoken == speaksH2C:
		fix = "let it serve HTTP/1.1 too, or HTTP/2 over TLS"
	}
	return &Fault{Kind: WrongProtocol, Flag: "--endpoint", Detail: fmt.Sprintf("%s cannot be tested: it speaks %s; %s", endpoint, spoken, fix)}
}

// refusals are what servers say to a request of the wrong protocol: those of
// net/http, nginx, Apache httpd and Tomcat.
var refusals = []string{
	"http request to an https server", "plain http request was sent to https port", "plain http to an ssl-enabled server port",
	"combination of host and port requires tls",
}

// refusedForProtocol says that a response refuses the protocol, or the client
// for having no certificate; nil for every other. The body can be read as before.
func refusedForProtocol(endpoint *url.URL, response *http.Response, certificate bool) *Fault {
	if response.StatusCode != http.StatusBadRequest {
		return nil
	}
	beginning, _ := io.ReadAll(io.LimitReader(response.Body, firstBytes))
	response.Body = &readAgain{io.MultiReader(bytes.NewReader(beginning), response.Body), response.Body}
	said := strings.ToLower(string(beginning))
	switch {
	case endpoint.Scheme == "http" && refusesHTTP(said):
		return wrongProtocol(endpoint, speaksTLS)
	case endpoint.Scheme == "https" && !certificate && strings.Contains(said, "no required ssl certificate was sent"):
		return certificateRequired(endpoint)
	}
	return nil
}

type readAgain struct {
	io.Reader
	io.Closer
}

func refusesHTTP(said string) bool {
	for _, words := range refusals {
		if strings.Contains(strings.ToLower(said), words) {
			return true
		}
	}
	return false
}

// addressToDial is the host and port of an endpoint.
func addressToDial(endpoint *url.URL) string {
	if endpoint.Port() != "" {
		return endpoint.Host
	}
	return net.JoinHostPort(endpoint.Hostname(), map[string]string{"http": "80", "https": "443"}[endpoint.Scheme])
}

// speaks finds out what an endpoint speaks; empty where it stays unknown.
func speaks(ctx context.Context, endpoint *url.URL, options NetworkOptions) string {
	// RFC 9110, 9.3.7: a request for the server in general, without an effect.
	said := ask(ctx, endpoint, options, "OPTIONS * HTTP/1.1\r\nHost: "+endpoint.Host+"\r\nConnection: close\r\n\r\n")
	if said != "" {
		return spokenIn(said)
	}
	if endpoint.Scheme == "http" && acceptsTLS(ctx, endpoint, options) {
		return speaksTLS
	}
	// RFC 9113, 3.4: the preface, and settings that are empty.
	said = ask(ctx, endpoint, options, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
	if isFrame(said) {
		return speaksH2C
	}
	return ""
}

// ask sends a text and gives the first bytes of what comes.
func ask(ctx context.Context, endpoint *url.URL, options NetworkOptions, request string) string {
	dialer := &net.Dialer{Timeout: options.ConnectLimit}
	connection, err := dialer.DialContext(ctx, "tcp", addressToDial(endpoint))
	if err != nil {
		return ""
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(min(connectionLimit, options.HandshakeLimit)))
	// A server that speaks first may close before it has read anything.
	_, _ = io.WriteString(connection, request)
	said := make([]byte, firstBytes)
	came, _ := io.ReadAtLeast(connection, said, frameHeader)
	return string(said[:came])
}

// spokenIn names the protocol of a server's first bytes; empty where they are
// HTTP that is malformed.
func spokenIn(said string) string {
	switch trimmed := strings.TrimSpace(said); {
	case trimmed == "":
		return ""
	case strings.HasPrefix(said, "\x15\x03"), strings.HasPrefix(said, "HTTP/") && refusesHTTP(said):
		return speaksTLS
	case strings.HasPrefix(trimmed, "HTTP/"):
		return speaksHTTP
	case isFrame(said):
		return speaksH2C
	case statusLike().MatchString(trimmed) && !otherStatus().MatchString(said):
		return "" // Malformed, and the server's own.
	}
	return fmt.Sprintf("%s and begins with %q", speaksOther, said[:min(len(said), quotedBytes)])
}

// quotedBytes are too few to give away a token that a server repeats.
const quotedBytes = 8

// statusLike finds a status line that is malformed, and otherStatus those that
// other protocols have: SMTP, FTP, SHOUTcast, RTSP and SIP.
var (
	statusLike  = text.Pattern(`(?i)^[^\n:<{[]{0,20}(http|\b[1-5][0-9]{2}\b)`)
	otherStatus = text.Pattern(`^(220[ -]|ICY |RTSP/|SIP/)`)
)

// isFrame reports whether bytes begin with a frame of HTTP/2 about the
// connection: settings, or its end.
// Source: RFC 9113, 4.1
func isFrame(said string) bool {
	const settings, goAway = 4, 7
	return len(said) >= frameHeader && (said[3] == settings || said[3] == goAway) && said[5:frameHeader] == "\x00\x00\x00\x00"
}

// acceptsTLS reports whether a TLS handshake gets anywhere, whoever the server is.
func acceptsTLS(ctx context.Context, endpoint *url.URL, options NetworkOptions) bool {
	ctx, cancel := context.WithTimeout(ctx, min(connectionLimit, options.HandshakeLimit))
	defer cancel()
	// Nothing is sent over it, and no certificate is shown.
	options.Insecure, options.Certificate = true, nil
	connection, err := dialing(options, true)(ctx, "tcp", addressToDial(endpoint))
	if err == nil {
		_ = connection.Close()
	}
	return err == nil || strings.Contains(err.Error(), "remote error: tls: ")
}
