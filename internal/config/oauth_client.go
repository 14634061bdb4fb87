package config

import (
	"net/http"
	"net/url"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/tokens"
)

// OAuthClient gives the client that asks servers of OAuth. It goes the way of
// the target's own requests, with the same authorities.
func (s *Settings) OAuthClient(sources *Sources) (*http.Client, error) {
	options, err := s.NetworkOptions(sources)
	if err != nil {
		return nil, err
	}
	return tokens.NewHTTPClient(newOAuthTransport(options)), nil
}

// oauthTransport looks at the certificate of every server that is not on this
// machine, whatever is allowed for the target: its tokens and secrets are real.
type oauthTransport struct {
	here      http.RoundTripper
	elsewhere http.RoundTripper
}

func newOAuthTransport(options target.NetworkOptions) http.RoundTripper {
	encrypted := &url.URL{Scheme: "https"}
	here := target.NewNetwork(encrypted, options)
	if !options.Insecure {
		return here
	}
	options.Insecure = false
	return oauthTransport{here, target.NewNetwork(encrypted, options)}
}

// RoundTrip asks a server.
func (o oauthTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if target.IsLoopback(request.URL) {
		return o.here.RoundTrip(request)
	}
	return o.elsewhere.RoundTrip(request)
}
