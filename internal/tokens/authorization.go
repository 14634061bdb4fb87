package tokens

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

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
	AuthURL, TokenURL, RevocationURL string
	// OfflineScope says that a refresh token is asked for by the scope
	// offline_access (OpenID Connect Core 1.0, 11).
	OfflineScope bool
	// NamesItself says that the server names itself in each response that the
	// browser brings back (RFC 9207), so that one without its name is another's.
	NamesItself bool
	// Style says how a client with a secret names itself.
	Style oauth2.AuthStyle
}

// Google is the authorization server of Google's APIs.
// Source: https://developers.google.com/identity/protocols/oauth2/native-app#tokenrevoke
func Google() AuthorizationServer {
	return AuthorizationServer{
		AuthURL: google.Endpoint.AuthURL, TokenURL: google.Endpoint.TokenURL, RevocationURL: "https://oauth2.googleapis.com/revoke",
		Style: google.Endpoint.AuthStyle,
	}
}

// offlineScope asks for a refresh token.
const offlineScope = "offline_access"

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
	var complaints []string
	for _, wellKnown := range []string{"/.well-known/oauth-authorization-server" + path, path + "/.well-known/openid-configuration"} {
		from := *address
		from.Path = wellKnown
		found, err := readMetadata(ctx, client, from.String())
		if err == nil {
			return found.server(issuer)
		}
		if complaint := err.Error(); !slices.Contains(complaints, complaint) {
			complaints = append(complaints, complaint)
		}
	}
	return AuthorizationServer{}, fmt.Errorf("it does not say where its endpoints are (RFC 8414): %s", strings.Join(complaints, ", then "))
}

func readMetadata(ctx context.Context, client *http.Client, from string) (found metadata, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return found, errors.New("its address cannot be used")
	}
	response, err := client.Do(request)
	if err != nil {
		return found, errors.New(hostOf(from) + " " + noResponse(err))
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return found, fmt.Errorf("HTTP %d", response.StatusCode)
	}
	if err := readJSON(response, &found); err != nil {
		return found, errors.New("a response that is not JSON")
	}
	return found, nil
}

// server checks what an issuer says of itself.
func (m metadata) server(issuer string) (AuthorizationServer, error) {
	if strings.TrimRight(m.Issuer, "/") != strings.TrimRight(issuer, "/") {
		// RFC 8414, 3.3: then it MUST NOT be used.
		return AuthorizationServer{}, fmt.Errorf("it calls itself %s", redacted(m.Issuer))
	}
	if len(m.ChallengeMethods) > 0 && !slices.Contains(m.ChallengeMethods, "S256") {
		return AuthorizationServer{}, errors.New("it does not support PKCE with S256 (RFC 7636)")
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
	for _, one := range []struct{ name, address string }{
		{"authorization", server.AuthURL}, {"token", server.TokenURL}, {"revocation", server.RevocationURL},
	} {
		if err := CheckAddress(one.address); err != nil && (one.address != "" || one.name != "revocation") {
			reason, _, _ := strings.Cut(err.Error(), "; ") // The fix is for who gives an address.
			return server, fmt.Errorf("the %s endpoint: %s", one.name, reason)
		}
	}
	return server, nil
}

// Authorization is a login by the authorization code flow of a native
// application: in a browser, with PKCE (RFC 7636), back to a port of this
// machine (RFC 8252, 7.3).
type Authorization struct {
	Server AuthorizationServer
	Client Client
	// Port is where the browser comes back to; 0 selects a free one.
	Port int
	// Wait is how long it may take until it comes back.
	Wait time.Duration
	// Announce gets the address to open in a browser, once the port is open.
	Announce func(address string)
}

// Granted is what a person granted.
type Granted struct {
	// Scopes are those that the server says it granted.
	Scopes       []string
	RefreshToken Secret
	AccessToken  Secret
	Expiry       time.Time
}

// Obtain asks for scopes and waits for the person. An error is a *Failure, and
// then there is nothing to revoke; an error of listening is any other.
func (a Authorization) Obtain(ctx context.Context, scopes []string) (Granted, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", a.Port))
	if err != nil {
		return Granted{}, err
	}
	asked := slices.Clone(scopes)
	if a.Server.OfflineScope {
		asked = append(asked, offlineScope)
	}
	client := a.Client
	client.Style = a.Server.Style
	config := &oauth2.Config{
		ClientID: client.ID, ClientSecret: string(client.Secret), Scopes: asked, RedirectURL: "http://" + listener.Addr().String() + "/",
		Endpoint: oauth2.Endpoint{AuthURL: a.Server.AuthURL, TokenURL: a.Server.TokenURL, AuthStyle: client.style()},
	}
	verifier, state := oauth2.GenerateVerifier(), rand.Text()
	back := &callbackHandler{host: listener.Addr().String(), state: state, server: a.Server, returned: make(chan callback, 1)}
	server := &http.Server{Handler: back, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	defer func() {
		// The browser gets its page.
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
	}()
	// prompt=consent: without it a server may give no second refresh token.
	a.Announce(config.AuthCodeURL(state, oauth2.AccessTypeOffline, oauth2.SetAuthURLParam("prompt", "consent"), oauth2.S256ChallengeOption(verifier)))
	limit := time.NewTimer(a.Wait)
	defer limit.Stop()
	select {
	case response := <-back.returned:
		if response.failure != nil {
			return Granted{}, response.failure
		}
		return a.exchange(ctx, config, response.code, verifier, scopes)
	case <-limit.C:
		message := fmt.Sprintf("the browser sent no response within %s", a.Wait)
		if refused := back.refused.Load(); refused != nil {
			message += ", only with " + *refused
		}
		return Granted{}, &Failure{Message: message, Fix: "open the address in a browser of this machine, or give more time with --wait"}
	case <-ctx.Done():
		return Granted{}, ctx.Err()
	}
}

// exchange gives the code for tokens.
func (a Authorization) exchange(ctx context.Context, config *oauth2.Config, code, verifier string, scopes []string) (Granted, error) {
	token, err := config.Exchange(context.WithValue(ctx, oauth2.HTTPClient, a.Client.http()), code, oauth2.VerifierOption(verifier))
	if err != nil {
		server := "the token server " + hostOf(a.Server.TokenURL)
		return Granted{}, readRefusal(server, err, Secret(code), Secret(verifier), a.Client.Secret).failure("the login")
	}
	granted := Granted{Scopes: scopes, RefreshToken: Secret(token.RefreshToken), AccessToken: Secret(token.AccessToken), Expiry: token.Expiry}
	if named, _ := token.Extra("scope").(string); strings.TrimSpace(named) != "" {
		granted.Scopes = strings.Fields(named)
	}
	return granted, nil
}

// callback is what the browser brought back.
type callback struct {
	code    string
	failure *Failure
}

// callbackHandler takes the browser back once, and shows the person a page. Any
// page that a browser shows can send it here, so a response that is not to this
// login ends nothing: it is refused, and the login waits on.
type callbackHandler struct {
	// host is the address that the browser was sent back to: a page of another name
	// for this machine is not the authorization server's.
	host, state string
	server      AuthorizationServer
	returned    chan callback
	over        atomic.Bool
	// refused says what is wrong with the last response that was.
	refused atomic.Pointer[string]
}

func (h *callbackHandler) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	query, err := url.ParseQuery(request.URL.RawQuery)
	refuse := func(status int, reason string) {
		h.refused.Store(&reason)
		writePage(writer, status, "dpconform did not expect this request", "It got "+reason+". It is still waiting: use the address that the terminal printed last.")
	}
	const usualPort = ":80"
	switch {
	case request.Host != h.host && request.Host+usualPort != h.host:
		http.Error(writer, "this is not the address of a login", http.StatusMisdirectedRequest)
	case request.URL.Path != "/" || request.URL.RawQuery == "":
		http.NotFound(writer, request)
	case request.Method != http.MethodGet:
		writer.Header().Set("Allow", http.MethodGet)
		http.Error(writer, "a login ends with GET", http.StatusMethodNotAllowed)
	case err != nil:
		refuse(http.StatusBadRequest, "a response that cannot be read")
	case repeated(query) != "":
		// RFC 6749, 3.1: parameters MUST NOT be included more than once.
		refuse(http.StatusBadRequest, "a response with more than one "+repeated(query))
	case subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(h.state)) != 1:
		refuse(http.StatusBadRequest, "a response to another login (wrong state)")
	case !h.over.CompareAndSwap(false, true):
		writePage(writer, http.StatusGone, "The login has ended", "Only the first response counts. You can close this window.")
	default:
		back := readCallback(query, h.server)
		if back.failure != nil {
			writePage(writer, http.StatusBadRequest, "The login did not succeed", "The terminal shows why. You can close this window.")
		} else {
			writePage(writer, http.StatusOK, "Thank you", "dpconform continues in the terminal. You can close this window.")
		}
		h.returned <- back
	}
}

// repeated is a parameter of the authorization response that is there more than
// once; empty for none.
func repeated(query url.Values) string {
	for _, name := range []string{"state", "code", "error", "error_description", "iss"} {
		if len(query[name]) > 1 {
			return name
		}
	}
	return ""
}

// readCallback reads the authorization response to this login (RFC 6749, 4.1.2).
func readCallback(query url.Values, server AuthorizationServer) callback {
	failed := func(fix, format string, arguments ...any) callback {
		return callback{failure: &Failure{Message: fmt.Sprintf(format, arguments...), Fix: fix}}
	}
	code := query.Get("error")
	switch {
	case server.Issuer != "" && (query.Has("iss") || server.NamesItself) && query.Get("iss") != server.Issuer:
		// RFC 9207, 2.4: another server responded.
		return failed("log in again", "the response in the browser is from another server than %s (wrong iss)", hostOf(server.Issuer))
	case code == "access_denied":
		return failed("", "the login was declined in the browser (access_denied)")
	case code != "":
		message := "the authorization server returned " + redacted(code)
		if description := redacted(query.Get("error_description")); description != "" {
			message += ": " + description
		}
		return failed(map[string]string{
			"invalid_scope":       "the client may not ask for these scopes: name fewer, or add them to the client",
			"unauthorized_client": "check --client-id", "invalid_client": "check --client-id",
		}[code], "%s", message)
	case query.Get("code") == "":
		return failed("", "the response in the browser has neither a code nor an error")
	}
	return callback{code: query.Get("code")}
}

// page is what the person sees. It loads nothing and sends no referrer: its address
// has the code in it.
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

func writePage(writer http.ResponseWriter, status int, title, words string) {
	header := writer.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	writer.WriteHeader(status)
	fmt.Fprintf(writer, page, title, words)
}
