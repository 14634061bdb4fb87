package clienttest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

// forwardTo hands requests on to another server with their path and query as
// they were sent, and gives its answers back. It follows no redirect, so that a
// token goes to that server alone.
func forwardTo(upstream *url.URL) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(proxied *httputil.ProxyRequest) {
			path, query, _ := strings.Cut(proxied.In.RequestURI, "?")
			proxied.Out.URL = &url.URL{Scheme: upstream.Scheme, Host: upstream.Host, Opaque: upstream.EscapedPath() + path, RawQuery: query}
			proxied.Out.Host = upstream.Host
			// What comes back has to be read here, too.
			if strings.Contains(proxied.In.Header.Get("Accept-Encoding"), "gzip") {
				proxied.Out.Header.Set("Accept-Encoding", "gzip")
			} else {
				proxied.Out.Header.Del("Accept-Encoding")
			}
		},
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true, DisableCompression: true,
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			reason := "the server upstream could not be reached"
			if errors.Is(err, context.Canceled) || errors.Is(err, io.ErrUnexpectedEOF) {
				reason = "the server upstream gave no whole answer"
			}
			http.Error(w, "dpconform: "+reason, http.StatusBadGateway)
		},
	}
}

// ParseUpstream reads the address of a server upstream. It returns an error for
// one that is no http or https address, or that has more than a path.
func ParseUpstream(text string) (*url.URL, error) {
	parsed, err := url.Parse(text)
	switch {
	case err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https":
		return nil, errors.New("it is no address such as https://dataportability.googleapis.com")
	case parsed.User != nil:
		return nil, errors.New("it has a user name, which would be sent to nobody")
	case parsed.RawQuery != "" || parsed.Fragment != "":
		return nil, errors.New("it has a query or a fragment")
	}
	parsed.Path, parsed.RawPath = strings.TrimSuffix(parsed.Path, "/"), strings.TrimSuffix(parsed.RawPath, "/")
	return parsed, nil
}
