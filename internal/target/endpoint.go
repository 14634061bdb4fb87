package target

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/internal/redact"
)

// ParseEndpoint reads an endpoint and says what is wrong with it.
func ParseEndpoint(text string) (*url.URL, error) {
	endpoint, err := url.Parse(strings.TrimSuffix(text, "/"))
	shown := redact.Address(text)
	switch {
	case strings.Contains(text, "@") && (err != nil || endpoint.User != nil || endpoint.Port() != ""):
		// What stands before the @ may be a password, also one with a slash.
		return nil, errors.New("an endpoint must not have a user, a query or a fragment; give it without")
	case err != nil:
		return nil, fmt.Errorf("%q is not an address; give one such as http://127.0.0.1:8080", shown)
	case endpoint.Scheme != "http" && endpoint.Scheme != "https":
		return nil, fmt.Errorf("%q does not begin with http:// or https://; give one such as http://127.0.0.1:8080", shown)
	case endpoint.Hostname() == "":
		return nil, fmt.Errorf("%q names no host; give one such as http://127.0.0.1:8080", shown)
	case endpoint.RawQuery != "" || endpoint.ForceQuery || endpoint.Fragment != "":
		return nil, errors.New("an endpoint must not have a user, a query or a fragment; give it without")
	}
	if port, err := strconv.Atoi(endpoint.Port()); endpoint.Port() != "" && (err != nil || port < 1 || port > 65535) {
		return nil, fmt.Errorf("%q has an invalid port; give one from 1 to 65535", shown)
	}
	return endpoint, nil
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

// IsGoogle reports whether an endpoint is one of Google's APIs.
func IsGoogle(endpoint *url.URL) bool {
	host := strings.TrimSuffix(strings.ToLower(endpoint.Hostname()), ".")
	return host == "googleapis.com" || strings.HasSuffix(host, ".googleapis.com")
}
