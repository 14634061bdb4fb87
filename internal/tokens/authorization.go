package tokens

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
)

// Authorization is a login by the authorization code flow of a native
// application: in a browser, with PKCE (RFC 7636), back to a port of this
// machine (RFC 8252, 7.3).
type Authorization struct {
	Server       AuthorizationServer
	ClientID     string
	ClientSecret Secret
	// Port is where the browser comes back to; 0 takes a free one.
	Port int
	// Wait is how long it may take until it comes back.
	Wait time.Duration
	// Announce gets the address to open in a browser, once somebody listens for
	// the way back.
	Announce func(address string)
	// HTTP asks the token server.
	HTTP *http.Client
}

// Granted is what a person granted.
type Granted struct {
	// Scopes are those that the server says it granted.
	Scopes       []string
	RefreshToken Secret
	AccessToken  Secret
	Expiry       time.Time
}

// Obtain asks for scopes and waits for the person's answer. An error is a
// *Failure, and then nothing is left to take back; an error of listening is any
// other.
func (a Authorization) Obtain(ctx context.Context, scopes []string) (Granted, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", a.Port))
	if err != nil {
		return Granted{}, err
	}
	verifier, state := oauth2.GenerateVerifier(), rand.Text()
	config := a.config(scopes, listener.Addr())
	answers := make(chan callback, 1)
	server := &http.Server{Handler: callbackHandler(state, a.Server, answers), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	defer closeSoftly(server)
	// prompt=consent: without it a server may give no second refresh token.
	a.Announce(config.AuthCodeURL(state, oauth2.AccessTypeOffline, oauth2.SetAuthURLParam("prompt", "consent"), oauth2.S256ChallengeOption(verifier)))
	code, err := a.await(ctx, answers)
	if err != nil {
		return Granted{}, err
	}
	return a.exchange(ctx, config, code, verifier, scopes)
}

// closeSoftly lets the browser have its page.
func closeSoftly(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close()
	}
}

func (a Authorization) config(scopes []string, address net.Addr) *oauth2.Config {
	style := a.Server.Style
	if a.ClientSecret == "" {
		style = oauth2.AuthStyleInParams
	}
	asked := scopes
	if a.Server.OfflineScope {
		asked = append(append([]string{}, scopes...), offlineScope)
	}
	return &oauth2.Config{
		ClientID: a.ClientID, ClientSecret: string(a.ClientSecret), Scopes: asked, RedirectURL: "http://" + address.String() + "/",
		Endpoint: oauth2.Endpoint{AuthURL: a.Server.AuthURL, TokenURL: a.Server.TokenURL, AuthStyle: style},
	}
}

// await waits until the browser comes back.
func (a Authorization) await(ctx context.Context, answers <-chan callback) (code string, err error) {
	limit := time.NewTimer(a.Wait)
	defer limit.Stop()
	select {
	case answer := <-answers:
		if answer.failure != nil {
			return "", answer.failure
		}
		return answer.code, nil
	case <-limit.C:
		return "", &Failure{Message: fmt.Sprintf("nobody came back from the browser within %s", a.Wait), Mend: "open the address in a browser of this machine, or give more time with --wait"}
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// exchange gives the code for tokens.
func (a Authorization) exchange(ctx context.Context, config *oauth2.Config, code, verifier string, scopes []string) (Granted, error) {
	client := a.HTTP
	if client == nil {
		client = NewHTTPClient(nil)
	}
	token, err := config.Exchange(context.WithValue(ctx, oauth2.HTTPClient, client), code, oauth2.VerifierOption(verifier))
	if err != nil {
		server := "the token server " + hostOf(a.Server.TokenURL)
		refused := readRefusal(server, err, Secret(code), Secret(verifier), a.ClientSecret)
		mend := ""
		if refused.code == "invalid_client" || refused.code == "unauthorized_client" {
			mend = "check the client's id and secret"
		}
		return Granted{}, refused.failure(mend, true)
	}
	return Granted{
		Scopes: answeredScopes(token, scopes), RefreshToken: Secret(token.RefreshToken), AccessToken: Secret(token.AccessToken), Expiry: token.Expiry,
	}, nil
}

// callback is what the browser brought back.
type callback struct {
	code    string
	failure *Failure
}

// callbackHandler takes the browser's way back once, and shows the person a
// page. Whatever else a browser asks for is not there.
func callbackHandler(state string, server AuthorizationServer, answers chan<- callback) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		query := request.URL.Query()
		if request.URL.Path != "/" || request.Method != http.MethodGet || len(query) == 0 {
			http.NotFound(writer, request)
			return
		}
		answer := readCallback(query, state, server)
		writePage(writer, answer.failure)
		select {
		case answers <- answer:
		default: // The first way back counts.
		}
	})
}

// readCallback reads the authorization response (RFC 6749, 4.1.2).
func readCallback(query url.Values, state string, server AuthorizationServer) callback {
	given := query.Get("state")
	code := query.Get("error")
	switch {
	case subtle.ConstantTimeCompare([]byte(given), []byte(state)) != 1:
		return callback{failure: &Failure{Message: "what came back from the browser belongs to another login (wrong state)", Mend: "log in again, and use the address that was printed last"}}
	case server.Issuer != "" && (query.Has("iss") || server.NamesItself) && query.Get("iss") != server.Issuer:
		// RFC 9207, 2.4: another server answered.
		return callback{failure: &Failure{Message: "what came back from the browser is of another server than " + hostOf(server.Issuer) + " (wrong iss)", Mend: "log in again"}}
	case code == "access_denied":
		return callback{failure: &Failure{Message: "the login was declined in the browser (access_denied)"}}
	case code != "":
		text := "the authorization server answered " + harmless(code)
		if description := harmless(query.Get("error_description")); description != "" {
			text += ": " + description
		}
		return callback{failure: &Failure{Message: text, Mend: mendOfAuthorization(code)}}
	case query.Get("code") == "":
		return callback{failure: &Failure{Message: "what came back from the browser has neither a code nor an error"}}
	}
	return callback{code: query.Get("code")}
}

func mendOfAuthorization(code string) string {
	switch code {
	case "invalid_scope":
		return "the client may not ask for these scopes: name fewer, or add them to the client"
	case "unauthorized_client", "invalid_client":
		return "check --client-id"
	}
	return ""
}

// page is what the person sees. It loads nothing and tells no other page where
// it was: its address has the code in it.
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>dpconform</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;color-scheme:light dark}</style>
<h1>%s</h1>
<p>%s</p>
</html>
`

func writePage(writer http.ResponseWriter, failure *Failure) {
	title, text, status := "Thank you", "dpconform goes on in the terminal. You can close this window.", http.StatusOK
	if failure != nil {
		title, text, status = "The login did not succeed", "dpconform says why in the terminal. You can close this window.", http.StatusBadRequest
	}
	header := writer.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	writer.WriteHeader(status)
	fmt.Fprintf(writer, page, title, text)
}
