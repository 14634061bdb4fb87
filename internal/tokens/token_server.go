package tokens

import (
	"context"
	"net/http"
	"net/url"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// TokenServer is a token endpoint (RFC 6749, 3.2) and a client that it knows. It
// is safe for use by many goroutines, and asked by one at a time: a refresh
// token that changes at each use stands no other order.
type TokenServer struct {
	// Address is the token endpoint.
	Address string
	// ClientID names the client; ClientSecret is empty for a public client.
	ClientID     string
	ClientSecret Secret
	// Style says how the client names itself; by default both ways are tried.
	Style oauth2.AuthStyle
	// HTTP asks; nil means NewHTTPClient(nil).
	HTTP *http.Client

	mutex  sync.Mutex
	config *clientcredentials.Config
	// unreachable is the refusal of a server that did not answer at all: it is
	// asked once.
	unreachable *refusal
}

// name is how a message calls the server.
func (t *TokenServer) name() string { return "the token server " + hostOf(t.Address) }

// ask sends a request for a token. The scopes may be none: then the server
// gives what it gives by itself.
func (t *TokenServer) ask(ctx context.Context, parameters url.Values, scopes []string, secrets ...Secret) (*oauth2.Token, *refusal) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.unreachable != nil {
		return nil, t.unreachable
	}
	if t.config == nil {
		// One for all requests: it remembers how the server knows its clients.
		t.config = &clientcredentials.Config{ClientID: t.ClientID, ClientSecret: string(t.ClientSecret), TokenURL: t.Address, AuthStyle: t.style()}
	}
	t.config.EndpointParams, t.config.Scopes = parameters, scopes
	token, err := t.config.Token(context.WithValue(ctx, oauth2.HTTPClient, t.client()))
	if err != nil {
		refused := readRefusal(t.name(), err, append(secrets, t.ClientSecret)...)
		if refused.status == 0 {
			t.unreachable = &refused
		}
		return nil, &refused
	}
	return token, nil
}

func (t *TokenServer) client() *http.Client {
	if t.HTTP == nil {
		return NewHTTPClient(nil)
	}
	return t.HTTP
}

// style is the one that a client without a secret must use.
func (t *TokenServer) style() oauth2.AuthStyle {
	if t.ClientSecret == "" {
		return oauth2.AuthStyleInParams
	}
	return t.Style
}

// refresh asks for a token by a refresh token, narrowed to scopes where there
// are any (RFC 6749, 6). The new refresh token is empty where the old one stays.
func (t *TokenServer) refresh(ctx context.Context, refreshToken Secret, scopes []string) (token *oauth2.Token, rotated Secret, refused *refusal) {
	parameters := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {string(refreshToken)}}
	token, refused = t.ask(ctx, parameters, scopes, refreshToken)
	if refused != nil {
		return nil, "", refused
	}
	if token.RefreshToken != string(refreshToken) {
		rotated = Secret(token.RefreshToken)
	}
	return token, rotated, nil
}

// ClientCredentials is the grant of RFC 6749, 4.4: the client asks for itself.
type ClientCredentials struct {
	Server *TokenServer
	// Documented knows the scopes of the description.
	Documented Documented
}

// Origin names the token server.
func (c ClientCredentials) Origin() string {
	return "client credentials at " + hostOf(c.Server.Address)
}

// Issue asks the token server for these scopes.
func (c ClientCredentials) Issue(ctx context.Context, scopes []string) (*oauth2.Token, error) {
	token, refused := c.Server.ask(ctx, nil, scopes)
	if refused != nil {
		return nil, clientRefusal(refused)
	}
	return checked(token, scopes, c.Documented, c.Server.name(), "let the client ask for this scope alone")
}

// clientRefusal says what to do about a refusal that is not about a scope.
func clientRefusal(refused *refusal) *Failure {
	switch refused.code {
	case "invalid_client", "unauthorized_client":
		return refused.failure("check the client's id and secret", true)
	case "invalid_scope":
		return refused.failure("", false)
	}
	// What else a server answers may be about these scopes alone, unless it
	// answers nothing.
	return refused.failure("", refused.status == 0 || refused.status >= http.StatusInternalServerError || refused.status == http.StatusUnauthorized)
}

// checked gives a token that carries what it was asked for and no more. The
// failure does not name the scope that was asked for: then the same failure of
// many scopes reads the same.
func checked(token *oauth2.Token, asked []string, documented Documented, server, mend string) (*oauth2.Token, error) {
	missing, others := documented.carries(asked, answeredScopes(token, asked))
	switch {
	case len(others) > 0:
		return nil, &Failure{Message: "the token of " + server + " carries also " + otherNames(others), Mend: mend}
	case len(missing) > 0:
		return nil, &Failure{Message: "the token of " + server + " does not carry what was asked for"}
	}
	return token, nil
}
