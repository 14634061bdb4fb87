package target

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// ParseEndpoint reads an endpoint and says what is wrong with it.
func ParseEndpoint(text string) (*url.URL, error) {
	endpoint, err := url.Parse(strings.TrimSuffix(text, "/"))
	if hasUser(text) {
		// What stands before the @ may be a password: it is not shown.
		return nil, fmt.Errorf("an endpoint has no user, query or fragment")
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is not an address: want one such as http://127.0.0.1:8080", text)
	case endpoint.Scheme != "http" && endpoint.Scheme != "https":
		return nil, fmt.Errorf("%q must start with http:// or https://", text)
	case endpoint.Hostname() == "":
		return nil, fmt.Errorf("%q names no host", text)
	case endpoint.RawQuery != "" || endpoint.ForceQuery || endpoint.Fragment != "":
		return nil, fmt.Errorf("an endpoint has no user, query or fragment")
	}
	if port, err := strconv.Atoi(endpoint.Port()); endpoint.Port() != "" && (err != nil || port < 1 || port > 65535) {
		return nil, fmt.Errorf("%q names no port from 1 to 65535", text)
	}
	return endpoint, nil
}

// hasUser reports whether an address has something before an @ in its host.
func hasUser(text string) bool {
	if _, after, found := strings.Cut(text, "://"); found {
		text = after
	}
	host, _, _ := strings.Cut(text, "/")
	return strings.Contains(host, "@")
}

// IsLoopback reports whether an endpoint is on this machine.
func IsLoopback(endpoint *url.URL) bool {
	host := strings.TrimSuffix(strings.ToLower(endpoint.Hostname()), ".")
	// RFC 6761, 6.3: localhost and the names below it are this machine.
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address := net.ParseIP(host)
	return address != nil && address.IsLoopback()
}
