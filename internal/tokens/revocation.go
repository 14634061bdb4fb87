package tokens

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
)

// Revoke asks the server of a login to take its tokens back (RFC 7009), and
// removes the login from the store where the server did. An error is a *Failure
// or a *StoreError, and then the login is still there. The address is that of
// the revocation endpoint, for a login that knows none; it may be empty.
func (s *Store) Revoke(ctx context.Context, id int, address string, httpClient *http.Client) error {
	return s.Update(ctx, func(logins []Login, save func([]Login) error) error {
		at := slices.IndexFunc(logins, func(login Login) bool { return login.ID == id })
		if at < 0 {
			return nil // Another process was faster.
		}
		login := logins[at]
		login.RevocationURL = cmp.Or(login.RevocationURL, address)
		if failure := login.revoke(ctx, httpClient); failure != nil {
			return failure
		}
		return save(slices.Delete(logins, at, at+1))
	})
}

func (l Login) revoke(ctx context.Context, httpClient *http.Client) *Failure {
	if l.RevocationURL == "" {
		return &Failure{Message: l.Name() + " is kept: where its server takes tokens back is not known",
			Mend: "give --revocation-url, or --forget to remove it here alone"}
	}
	token, kind := l.RefreshToken, "refresh_token"
	if token == "" {
		token, kind = l.AccessToken, "access_token"
	}
	who := client{id: l.ClientID, secret: l.ClientSecret, style: l.ClientStyle, http: httpClient}
	response, err := who.post(ctx, l.RevocationURL, url.Values{"token": {string(token)}, "token_type_hint": {kind}})
	server := "the server " + hostOf(l.RevocationURL)
	const mend = "try again, or give --forget to remove it here alone"
	if err != nil {
		return &Failure{Message: l.Name() + " is kept: " + server + " " + unansweredText(err), Mend: mend}
	}
	if response.StatusCode == http.StatusOK {
		response.Body.Close()
		return nil
	}
	var answer errorAnswer
	_ = readJSON(response, &answer)
	if answer.Code == "invalid_token" {
		// Google says so of a token that it has taken back already; by RFC 7009,
		// 2.2, that is as good as a success.
		return nil
	}
	refused := answeredRefusal(server, response, answer.Code, answer.Description, token, l.ClientSecret)
	return &Failure{Message: l.Name() + " is kept: " + refused.text() + refused.clock, Mend: mend}
}

// Forget removes a login from the store and tells nobody.
func (s *Store) Forget(ctx context.Context, id int) error {
	return s.Update(ctx, func(logins []Login, save func([]Login) error) error {
		return save(slices.DeleteFunc(logins, func(login Login) bool { return login.ID == id }))
	})
}
