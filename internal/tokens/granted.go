package tokens

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// NewLogin makes a login of what a person granted, with those of its scopes that
// were asked for or that the description knows. It compares them with those that
// were asked for.
func (a Authorization) NewLogin(granted Granted, endpoint, asked string, scopes []string, documented Documented) (login Login, missing, others []string) {
	missing, others = documented.carries(scopes, granted.Scopes)
	for _, scope := range granted.Scopes {
		if slices.Contains(scopes, scope) || documented(scope) {
			login.Scopes = append(login.Scopes, scope)
		}
	}
	login.Endpoint, login.Asked, login.Obtained = endpoint, asked, time.Now().Truncate(time.Second)
	login.TokenURL, login.RevocationURL = a.Server.TokenURL, a.Server.RevocationURL
	login.ClientID, login.ClientSecret, login.ClientStyle = a.ClientID, a.ClientSecret, a.Server.Style
	login.RefreshToken = granted.RefreshToken
	if login.RefreshToken == "" {
		login.AccessToken, login.Expiry = granted.AccessToken, granted.Expiry
	}
	return login, missing, others
}

// TakeBack asks the server to take the tokens of a login back that is not kept.
// That it may fail is no news: nobody has them any more.
func (l Login) TakeBack(ctx context.Context, httpClient *http.Client) { _ = l.revoke(ctx, httpClient) }

// Names names a few scopes in short, for a message.
func Names(scopes []string) string { return names(scopes) }
