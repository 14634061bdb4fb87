package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

const (
	// responseLimit is how long an OAuth server may take for a response.
	responseLimit = 30 * time.Second
	// largestResponse is the size in bytes of the largest one that is read.
	largestResponse = 1 << 20
)

// NewHTTPClient makes a client for OAuth servers. It follows no redirect: secrets
// go to the server that they are meant for and to nobody else. A nil transport is
// that of net/http.
func NewHTTPClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: transport, Timeout: responseLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// CheckAddress says what is wrong with the address of a server that secrets are
// sent to, or is nil. It must be https, unless it is on this machine.
func CheckAddress(given string) error {
	address, err := url.Parse(given)
	switch {
	case err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Hostname() == "":
		return errors.New("it is not an address; give one that starts with https://")
	case address.User != nil:
		return errors.New("it has a user in it; remove the user")
	case address.Fragment != "":
		return errors.New("it has a fragment (RFC 6749, 3.2); remove the fragment")
	case address.Scheme == "http" && !target.IsLoopback(address):
		return fmt.Errorf("secrets would be sent unencrypted to %s; give an https URL", hostOf(given))
	}
	return nil
}

// hostOf is the host of an address, for a message.
func hostOf(given string) string {
	address, err := url.Parse(redact.Address(given))
	if err != nil || address.Host == "" {
		return "without a host"
	}
	return address.Host
}

// readJSON reads a response as a JSON object and leaves the rest of it.
func readJSON(response *http.Response, into any) error {
	defer response.Body.Close()
	return json.NewDecoder(io.LimitReader(response.Body, largestResponse)).Decode(into)
}

// Client is a client that an OAuth server knows.
type Client struct {
	ID string
	// Secret is empty for a public client.
	Secret Secret
	// Style says how the client names itself; by default both ways of RFC 6749,
	// 2.3.1, are tried.
	Style oauth2.AuthStyle
	// HTTP sends requests; nil means NewHTTPClient(nil).
	HTTP *http.Client
}

// style is the one that a client without a secret must use.
func (c Client) style() oauth2.AuthStyle {
	if c.Secret == "" {
		return oauth2.AuthStyleInParams
	}
	return c.Style
}

func (c Client) http() *http.Client {
	if c.HTTP == nil {
		return NewHTTPClient(nil)
	}
	return c.HTTP
}

// post sends a form as the client, for what x/oauth2 has no function:
// introspection and revocation.
func (c Client) post(ctx context.Context, address string, form url.Values) (*http.Response, error) {
	style := c.style()
	if style == oauth2.AuthStyleAutoDetect {
		response, err := c.postAs(ctx, oauth2.AuthStyleInHeader, address, form)
		if err != nil || response.StatusCode != http.StatusUnauthorized && response.StatusCode != http.StatusBadRequest {
			return response, err
		}
		response.Body.Close()
		style = oauth2.AuthStyleInParams
	}
	return c.postAs(ctx, style, address, form)
}

func (c Client) postAs(ctx context.Context, style oauth2.AuthStyle, address string, form url.Values) (*http.Response, error) {
	form = maps.Clone(form)
	if style == oauth2.AuthStyleInParams && c.ID != "" {
		form.Set("client_id", c.ID)
		if c.Secret != "" {
			form.Set("client_secret", string(c.Secret))
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, errors.New("its address cannot be used")
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	if style == oauth2.AuthStyleInHeader {
		request.SetBasicAuth(url.QueryEscape(c.ID), url.QueryEscape(string(c.Secret)))
	}
	return c.http().Do(request)
}

// TokenServer is a token endpoint (RFC 6749, 3.2) and a client that it knows. It
// is safe for use by many goroutines, and asked by one at a time: a refresh token
// that changes at each use stands no other order.
type TokenServer struct {
	Address string
	Client  Client

	mutex  sync.Mutex
	config *clientcredentials.Config
	// unreachable is the refusal of a server that did not respond at all: it is
	// asked once.
	unreachable *refusal
}

func (t *TokenServer) name() string { return "the token server " + hostOf(t.Address) }

// ask sends a request for a token. The scopes may be none: then the server gives
// its default.
func (t *TokenServer) ask(ctx context.Context, parameters url.Values, scopes []string, secrets ...Secret) (*oauth2.Token, *refusal) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.unreachable != nil {
		return nil, t.unreachable
	}
	if t.config == nil {
		// One for all requests: it remembers how the server knows its clients.
		t.config = &clientcredentials.Config{ClientID: t.Client.ID, ClientSecret: string(t.Client.Secret), TokenURL: t.Address, AuthStyle: t.Client.style()}
	}
	t.config.EndpointParams, t.config.Scopes = parameters, scopes
	token, err := t.config.Token(context.WithValue(ctx, oauth2.HTTPClient, t.Client.http()))
	if err != nil {
		refused := readRefusal(t.name(), err, append(secrets, t.Client.Secret)...)
		if refused.status == 0 {
			t.unreachable = &refused
		}
		return nil, &refused
	}
	return token, nil
}

// ClientCredentials is the grant of RFC 6749, 4.4: the client asks for itself.
func ClientCredentials(server *TokenServer) Issuer {
	issuer := Issuer{Origin: "client credentials at " + hostOf(server.Address), Narrow: "let the client ask for this scope alone"}
	issuer.Issue = func(ctx context.Context, scopes []string) (*oauth2.Token, error) {
		token, refused := server.ask(ctx, nil, scopes)
		if refused != nil {
			return nil, refused.failure(issuer.Origin)
		}
		return token, nil
	}
	return issuer
}

// RefreshToken issues tokens for a refresh token that somebody obtained; from
// says where it was given: "tokens.yaml:3". One that the server exchanges for
// another is known to this process alone; to keep it, there are logins.
func RefreshToken(server *TokenServer, value Secret, from string) Issuer {
	var mutex sync.Mutex
	issuer := Issuer{Origin: "the refresh token of " + from, Narrow: narrowFix}
	issuer.Issue = func(ctx context.Context, scopes []string) (*oauth2.Token, error) {
		mutex.Lock()
		defer mutex.Unlock()
		token, failure := server.refresh(ctx, &value, scopes, issuer, "obtain another one")
		if failure != nil {
			return nil, failure
		}
		return token, nil
	}
	return issuer
}

// refresh asks for a token by a refresh token, narrowed to scopes where there
// are any (RFC 6749, 6), and puts a new refresh token in the place of the old
// one. A failure says how to get another one.
func (t *TokenServer) refresh(ctx context.Context, value *Secret, scopes []string, issuer Issuer, again string) (*oauth2.Token, *Failure) {
	token, refused := t.ask(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {string(*value)}}, scopes, *value)
	switch {
	case refused == nil:
		if token.RefreshToken != "" {
			*value = Secret(token.RefreshToken)
		}
		return token, nil
	case refused.code == "invalid_grant":
		return nil, &Failure{Message: fmt.Sprintf("%s is no longer valid (HTTP %s)%s", issuer.Origin, refused.brief(), refused.clock), Fix: again, Whole: true}
	case refused.code == "invalid_scope":
		return nil, &Failure{Message: fmt.Sprintf("%s gives no token for this scope (HTTP %s)", issuer.Origin, refused.brief()), Fix: issuer.Narrow}
	}
	return nil, refused.failure(issuer.Origin)
}
