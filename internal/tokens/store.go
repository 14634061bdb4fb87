package tokens

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/internal/text"
)

// Login is what a person granted once, as the store keeps it.
type Login struct {
	// ID names the login, for a person.
	ID int `json:"id"`
	// Endpoint is the server that its tokens are for, and no other gets them.
	Endpoint string `json:"endpoint"`
	// Asked is what the person asked for: "maps.reviews,youtube.*".
	Asked string `json:"asked"`
	// Scopes are the documented scopes that were granted, in full.
	Scopes   []string  `json:"scopes"`
	Obtained time.Time `json:"obtained"`

	TokenURL      string           `json:"token_url"`
	RevocationURL string           `json:"revocation_url,omitempty"`
	ClientID      string           `json:"client_id"`
	ClientSecret  Secret           `json:"client_secret,omitempty"`
	ClientStyle   oauth2.AuthStyle `json:"client_style,omitempty"`

	// RefreshToken is empty where the server gave none: then the AccessToken is
	// all there is, until its Expiry.
	RefreshToken Secret    `json:"refresh_token,omitempty"`
	AccessToken  Secret    `json:"access_token,omitempty"`
	Expiry       time.Time `json:"expiry,omitzero"`
}

// NewLogin makes a login of what a person granted, with those of its scopes that
// were asked for or that the description has. It compares them with those that
// were asked for.
func (a Authorization) NewLogin(granted Granted, endpoint, asked string, scopes []string, documented func(string) bool) (login Login, missing, others []string) {
	missing, others = (&Checker{Documented: documented}).compare(scopes, granted.Scopes)
	for _, scope := range granted.Scopes {
		if slices.Contains(scopes, scope) || documented(scope) {
			login.Scopes = append(login.Scopes, scope)
		}
	}
	login.Endpoint, login.Asked, login.Obtained = endpoint, asked, time.Now().Truncate(time.Second)
	login.TokenURL, login.RevocationURL = a.Server.TokenURL, a.Server.RevocationURL
	login.ClientID, login.ClientSecret, login.ClientStyle = a.Client.ID, a.Client.Secret, a.Server.Style
	login.RefreshToken = granted.RefreshToken
	if login.RefreshToken == "" {
		login.AccessToken, login.Expiry = granted.AccessToken, granted.Expiry
	}
	return login, missing, others
}

// Name is "login 2 of 2026-11-24".
func (l Login) Name() string {
	return fmt.Sprintf("login %d of %s", l.ID, l.Obtained.Format(time.DateOnly))
}

// again says how to log in again.
func (l Login) again() string {
	scopes := l.Asked
	if strings.Contains(scopes, "*") {
		// A shell must leave the stars alone.
		scopes = "'" + scopes + "'"
	}
	return "dpconform login --scopes " + scopes
}

func (l Login) client(http *http.Client) Client {
	return Client{ID: l.ClientID, Secret: l.ClientSecret, Style: l.ClientStyle, HTTP: http}
}

// Store keeps logins in a file that its owner alone can read. Processes take
// turns at it, and it is never half written. What cannot be read is never
// written over. Errors about it are *text.UsageErrors.
type Store struct{ path string }

// NewStore gives the store in a folder, which need not be there.
func NewStore(folder string) *Store { return &Store{filepath.Join(folder, "tokens.json")} }

// DefaultFolder is the product's folder in the user's configuration folder.
func DefaultFolder() (string, error) {
	folder, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(folder, "dpconform"), nil
}

// Path is the file of the store.
func (s *Store) Path() string { return s.path }

// storeVersion is the format of the file.
const storeVersion = 1

type storeFile struct {
	Version int     `json:"version"`
	Logins  []Login `json:"logins"`
}

// Logins reads the store; one that is not there has none.
func (s *Store) Logins() ([]Login, error) {
	// Windows has no such modes.
	if information, err := os.Stat(s.path); err == nil && runtime.GOOS != "windows" && information.Mode().Perm()&0o077 != 0 {
		return nil, text.Mistake(s.path, fmt.Sprintf("others can read it (mode %04o)", information.Mode().Perm()), "chmod 600 "+s.path+", and log in again if they may have done so")
	}
	content, err := text.ReadFile(s.path, text.LargestFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, text.Mistake(s.path, "it cannot be read: "+text.Reason(err), text.CheckPath(err))
	}
	const fix = "move it away and log in again"
	var file storeFile
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, text.Mistake(s.path, "it is not a valid store of logins: its JSON cannot be read", fix)
	}
	if file.Version != storeVersion {
		return nil, text.Mistake(s.path, fmt.Sprintf("it is a store of version %d, and this program knows version %d", file.Version, storeVersion), "use the newest dpconform, or "+fix)
	}
	for _, login := range file.Logins {
		if login.ID <= 0 || login.Endpoint == "" || len(login.Scopes) == 0 {
			return nil, text.Mistake(s.path, "it is not a valid store of logins: a login in it is not complete", fix)
		}
	}
	return file.Logins, nil
}

// lockLimit is how long another process may hold the store. It may be asking a
// token server meanwhile.
const lockLimit = responseLimit + 10*time.Second

// Update changes the store while no other process can. The change may take its
// time, and may save more than once.
func (s *Store) Update(ctx context.Context, change func(logins []Login, save func([]Login) error) error) error {
	folder := filepath.Dir(s.path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return text.Mistake(folder, "it cannot be made: "+text.Reason(err), "set XDG_CONFIG_HOME to a folder that you can write to")
	}
	lock := flock.New(filepath.Join(folder, "tokens.lock"), flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(ctx, lockLimit)
	defer cancel()
	const pause = 20 * time.Millisecond
	if locked, err := lock.TryLockContext(ctx, pause); err != nil || !locked {
		return text.Mistake(s.path, "another dpconform is using it, or it cannot be locked", "try again once it has ended")
	}
	defer lock.Unlock()
	logins, err := s.Logins()
	if err != nil {
		return err
	}
	return change(logins, s.save)
}

func (s *Store) save(logins []Login) error {
	err := text.WriteFile(s.path, 0o600, func(out io.Writer) error {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(storeFile{storeVersion, logins})
	})
	if err != nil {
		return text.Mistake(s.path, "it cannot be written: "+innermost(err), "make its folder writable")
	}
	return nil
}

// Add keeps a new login and gives it its number.
func (s *Store) Add(ctx context.Context, login Login) (Login, error) {
	err := s.Update(ctx, func(logins []Login, save func([]Login) error) error {
		for _, other := range logins {
			login.ID = max(login.ID, other.ID)
		}
		login.ID++
		return save(append(logins, login))
	})
	return login, err
}

// For gives the logins of an endpoint, those with the fewest scopes first and of
// them the newest: their tokens need the least narrowing.
func (s *Store) For(endpoint string) ([]Login, error) {
	logins, err := s.Logins()
	if err != nil {
		return nil, err
	}
	logins = slices.DeleteFunc(logins, func(login Login) bool {
		return !strings.EqualFold(strings.TrimRight(login.Endpoint, "/"), strings.TrimRight(endpoint, "/"))
	})
	slices.SortStableFunc(logins, func(a, b Login) int { return cmp.Or(len(a.Scopes)-len(b.Scopes), b.ID-a.ID) })
	return logins, nil
}

// Issuer gives the tokens of a login, narrowed to the scopes that are wanted. A
// refresh token that the server exchanges for another is saved before anything
// else happens.
func (s *Store) Issuer(login Login, client *http.Client) Issuer {
	server := &TokenServer{Address: login.TokenURL, Client: login.client(client)}
	issuer := Issuer{Origin: login.Name(), Narrow: "log in for each scope by itself: " + login.again() + " --separately"}
	issuer.Issue = func(ctx context.Context, scopes []string) (token *oauth2.Token, err error) {
		err = s.Update(ctx, func(logins []Login, save func([]Login) error) error {
			at := slices.IndexFunc(logins, func(other Login) bool { return other.ID == login.ID })
			if at < 0 {
				return &Failure{Message: login.Name() + " was removed meanwhile", Fix: "log in again: " + login.again(), Whole: true}
			}
			before := logins[at].RefreshToken
			var failure *Failure
			if token, failure = logins[at].issue(ctx, server, scopes); failure != nil {
				return failure
			}
			if logins[at].RefreshToken != before {
				return save(logins)
			}
			return nil
		})
		var failure *Failure
		if err != nil && !errors.As(err, &failure) {
			err = &Failure{Message: err.Error(), Whole: true}
		}
		return token, err
	}
	return issuer
}

// issue obtains a token of the login, and may change its refresh token.
func (l *Login) issue(ctx context.Context, server *TokenServer, scopes []string) (*oauth2.Token, *Failure) {
	if l.RefreshToken != "" {
		narrowed := scopes
		if setOf(scopes) == setOf(l.Scopes) {
			narrowed = nil
		}
		issuer := Issuer{Origin: "the refresh token of " + l.Name(), Narrow: "log in for each scope by itself: " + l.again() + " --separately"}
		return server.refresh(ctx, &l.RefreshToken, narrowed, issuer, "log in again: "+l.again())
	}
	token := &oauth2.Token{AccessToken: string(l.AccessToken), TokenType: "Bearer", Expiry: l.Expiry}
	if !token.Valid() {
		return nil, &Failure{Message: fmt.Sprintf("the token of %s expired at %s, and the server gave no refresh token", l.Name(), l.Expiry.UTC().Format(time.RFC3339)),
			Fix: "log in again: " + l.again(), Whole: true}
	}
	return token.WithExtra(map[string]any{"scope": strings.Join(l.Scopes, " ")}), nil
}

// Revoke asks the server of a login to revoke its tokens (RFC 7009), and removes
// the login from the store where the server did. An error is a *Failure or the
// store's, and then the login is still there. The address is that of the
// revocation endpoint, for a login that knows none; it may be empty.
func (s *Store) Revoke(ctx context.Context, id int, address string, client *http.Client) error {
	return s.Update(ctx, func(logins []Login, save func([]Login) error) error {
		at := slices.IndexFunc(logins, func(login Login) bool { return login.ID == id })
		if at < 0 {
			return nil // Another process was faster.
		}
		login := logins[at]
		login.RevocationURL = cmp.Or(login.RevocationURL, address)
		if failure := login.Revoke(ctx, client); failure != nil {
			return failure
		}
		return save(slices.Delete(logins, at, at+1))
	})
}

// Revoke asks the server to revoke the tokens of the login.
func (l Login) Revoke(ctx context.Context, client *http.Client) *Failure {
	kept := func(reason, fix string) *Failure {
		return &Failure{Message: l.Name() + " is kept: " + reason, Fix: fix}
	}
	if l.RevocationURL == "" {
		return kept("its server's revocation endpoint is not known", "give --revocation-url, or --forget to remove it here alone")
	}
	token, kind := l.RefreshToken, "refresh_token"
	if token == "" {
		token, kind = l.AccessToken, "access_token"
	}
	response, err := l.client(client).post(ctx, l.RevocationURL, url.Values{"token": {string(token)}, "token_type_hint": {kind}})
	server := "the server " + hostOf(l.RevocationURL)
	const fix = "try again, or give --forget to remove it here alone"
	if err != nil {
		return kept(server+" "+noResponse(err), fix)
	}
	if response.StatusCode == http.StatusOK {
		response.Body.Close()
		return nil
	}
	var refused errorResponse
	_ = readJSON(response, &refused)
	if refused.Code == "invalid_token" {
		// Google says so of a token that was revoked already; by RFC 7009, 2.2,
		// that is as good as a success.
		return nil
	}
	return kept(newRefusal(server, response, refused, token, l.ClientSecret).String(), fix)
}

// Forget removes a login from the store without revoking its tokens.
func (s *Store) Forget(ctx context.Context, id int) error {
	return s.Update(ctx, func(logins []Login, save func([]Login) error) error {
		return save(slices.DeleteFunc(logins, func(login Login) bool { return login.ID == id }))
	})
}
