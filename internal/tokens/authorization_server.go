package tokens

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// AuthorizationServer is where a person logs in and a program gets tokens.
type AuthorizationServer struct {
	// Issuer is the server's own name (RFC 8414, 2); empty where only its
	// addresses are known.
	Issuer string
	// AuthURL, TokenURL and RevocationURL are its endpoints; RevocationURL may be
	// empty.
	AuthURL       string
	TokenURL      string
	RevocationURL string
	// OfflineScope says that a refresh token is asked for by the scope
	// offline_access (OpenID Connect Core 1.0, 11).
	OfflineScope bool
	// NamesItself says that the server names itself in each answer that the
	// browser brings back (RFC 9207), so that one without its name is another's.
	NamesItself bool
	// Style says how a client with a secret names itself.
	Style oauth2.AuthStyle
}

// GoogleRevocationURL is where Google takes tokens back:
// https://developers.google.com/identity/protocols/oauth2/native-app#tokenrevoke
const GoogleRevocationURL = "https://oauth2.googleapis.com/revoke"

// Google is the authorization server of Google's APIs.
func Google() AuthorizationServer {
	return AuthorizationServer{
		AuthURL: google.Endpoint.AuthURL, TokenURL: google.Endpoint.TokenURL, RevocationURL: GoogleRevocationURL,
		Style: google.Endpoint.AuthStyle,
	}
}

// Check says what is wrong with the addresses of the server, or gives nil.
func (a AuthorizationServer) Check() error {
	for _, one := range []struct {
		what, address string
		optional      bool
	}{
		{"the authorization endpoint", a.AuthURL, false}, {"the token endpoint", a.TokenURL, false}, {"the revocation endpoint", a.RevocationURL, true},
	} {
		if one.optional && one.address == "" {
			continue
		}
		if err := CheckAddress(one.address); err != nil {
			return fmt.Errorf("%s: %w", one.what, err)
		}
	}
	return nil
}

// metadata is what an authorization server says of itself (RFC 8414, 2).
type metadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	RevocationEndpoint    string   `json:"revocation_endpoint"`
	ScopesSupported       []string `json:"scopes_supported"`
	AuthMethods           []string `json:"token_endpoint_auth_methods_supported"`
	ChallengeMethods      []string `json:"code_challenge_methods_supported"`
	NamesItself           bool     `json:"authorization_response_iss_parameter_supported"`
}

// Discover asks an issuer for its endpoints, by RFC 8414 and then by OpenID
// Connect Discovery 1.0. An error is one line.
func Discover(ctx context.Context, client *http.Client, issuer string) (AuthorizationServer, error) {
	if err := CheckAddress(issuer); err != nil {
		return AuthorizationServer{}, err
	}
	address, _ := url.Parse(issuer)
	path := strings.TrimRight(address.Path, "/")
	oauth, openID := *address, *address
	oauth.Path, openID.Path = "/.well-known/oauth-authorization-server"+path, path+"/.well-known/openid-configuration"
	var complaints []string
	for _, from := range []string{oauth.String(), openID.String()} {
		found, err := readMetadata(ctx, client, from)
		if err == nil {
			return found.server(issuer)
		}
		if complaint := err.Error(); !slices.Contains(complaints, complaint) {
			complaints = append(complaints, complaint)
		}
	}
	return AuthorizationServer{}, fmt.Errorf("it does not say where its endpoints are (RFC 8414): %s", strings.Join(complaints, ", then "))
}

func readMetadata(ctx context.Context, client *http.Client, from string) (metadata, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return metadata{}, errors.New("its address cannot be asked")
	}
	response, err := client.Do(request)
	if err != nil {
		return metadata{}, errors.New(hostOf(from) + " " + unansweredText(err))
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return metadata{}, fmt.Errorf("HTTP %d", response.StatusCode)
	}
	var found metadata
	if err := readJSON(response, &found); err != nil {
		return metadata{}, errors.New("an answer that is no JSON")
	}
	return found, nil
}

// server checks what an issuer says of itself.
func (m metadata) server(issuer string) (AuthorizationServer, error) {
	if strings.TrimRight(m.Issuer, "/") != strings.TrimRight(issuer, "/") {
		// RFC 8414, 3.3: then it MUST NOT be used.
		return AuthorizationServer{}, fmt.Errorf("it calls itself %s", harmless(m.Issuer))
	}
	if len(m.ChallengeMethods) > 0 && !slices.Contains(m.ChallengeMethods, "S256") {
		return AuthorizationServer{}, errors.New("it does not take PKCE with S256 (RFC 7636)")
	}
	server := AuthorizationServer{
		Issuer: m.Issuer, AuthURL: m.AuthorizationEndpoint, TokenURL: m.TokenEndpoint, RevocationURL: m.RevocationEndpoint,
		OfflineScope: slices.Contains(m.ScopesSupported, offlineScope), NamesItself: m.NamesItself,
	}
	basic, post := slices.Contains(m.AuthMethods, "client_secret_basic"), slices.Contains(m.AuthMethods, "client_secret_post")
	switch {
	case post && !basic:
		server.Style = oauth2.AuthStyleInParams
	case basic && !post, len(m.AuthMethods) == 0:
		// RFC 8414, 2: without a list it is client_secret_basic.
		server.Style = oauth2.AuthStyleInHeader
	}
	return server, server.Check()
}

// offlineScope asks for a refresh token.
const offlineScope = "offline_access"
