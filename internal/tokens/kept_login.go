package tokens

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"golang.org/x/oauth2"
)

// KeptLogin gives tokens of a login of the store. A refresh token that the
// server exchanges for another is saved before anything else happens.
type KeptLogin struct {
	store      *Store
	login      Login
	server     *TokenServer
	documented Documented
}

// NewKeptLogin gives the tokens of a login of this store. The client asks; nil
// means NewHTTPClient(nil).
func NewKeptLogin(store *Store, login Login, documented Documented, client *http.Client) *KeptLogin {
	return &KeptLogin{store: store, login: login, documented: documented, server: login.server(client)}
}

// server is the token server that the login was made at.
func (l Login) server(client *http.Client) *TokenServer {
	return &TokenServer{Address: l.TokenURL, ClientID: l.ClientID, ClientSecret: l.ClientSecret, Style: l.ClientStyle, HTTP: client}
}

// again says how to log in anew.
func (l Login) again() string { return "log in again: " + loginCommand(l.Asked) }

// separately says how to log in for each scope by itself.
func (l Login) separately() string {
	return "log in for each scope by itself: " + loginCommand(l.Asked) + " --separately"
}

// Origin names the login.
func (k *KeptLogin) Origin() string { return k.login.Name() }

// Issue asks for a token narrowed to these scopes, where the login has more.
func (k *KeptLogin) Issue(ctx context.Context, scopes []string) (*oauth2.Token, error) {
	var token *oauth2.Token
	err := k.store.Update(ctx, func(logins []Login, save func([]Login) error) (err error) {
		token, err = k.issue(ctx, scopes, logins, save)
		return err
	})
	var failure *Failure
	if err != nil && !errors.As(err, &failure) {
		return nil, &Failure{Message: err.Error(), Whole: true}
	}
	if err != nil {
		return nil, failure
	}
	return token, nil
}

func (k *KeptLogin) issue(ctx context.Context, scopes []string, logins []Login, save func([]Login) error) (*oauth2.Token, error) {
	at := slices.IndexFunc(logins, func(login Login) bool { return login.ID == k.login.ID })
	if at < 0 {
		return nil, &Failure{Message: k.login.Name() + " was removed meanwhile", Mend: k.login.again(), Whole: true}
	}
	login := logins[at]
	if login.RefreshToken == "" {
		return k.withoutRefresh(login, scopes)
	}
	narrowed := scopes
	if setOf(scopes) == setOf(login.Scopes) {
		narrowed = nil
	}
	token, rotated, refused := k.server.refresh(ctx, login.RefreshToken, narrowed)
	if refused != nil {
		return nil, refreshRefusal(refused, "the refresh token of "+login.Name(), login.again(), login.separately())
	}
	if rotated != "" {
		logins[at].RefreshToken = rotated
		if err := save(logins); err != nil {
			return nil, err
		}
	}
	asked := scopes
	if narrowed == nil {
		asked = login.Scopes
	}
	return checked(token, asked, k.documented, login.Name(), login.separately())
}

// withoutRefresh gives the token of a login to which the server gave nothing to
// refresh it with.
func (k *KeptLogin) withoutRefresh(login Login, scopes []string) (*oauth2.Token, error) {
	token := &oauth2.Token{AccessToken: string(login.AccessToken), TokenType: "Bearer", Expiry: login.Expiry}
	if !token.Valid() {
		return nil, &Failure{Message: fmt.Sprintf("the token of %s expired at %s, and the server gave no refresh token", login.Name(), login.Expiry.UTC().Format(time.RFC3339)),
			Mend: login.again(), Whole: true}
	}
	return checked(token.WithExtra(map[string]any{"scope": spaced(login.Scopes)}), scopes, k.documented, login.Name(), login.separately())
}
