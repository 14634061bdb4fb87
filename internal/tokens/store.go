package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/oauth2"
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

// Name is "login 2 of 2026-11-24".
func (l Login) Name() string {
	return fmt.Sprintf("login %d of %s", l.ID, l.Obtained.Format(time.DateOnly))
}

// StoreError says what is wrong with the store, in one harmless line.
type StoreError struct {
	Path    string
	Message string
	Mend    string
}

// Error is one line.
func (e *StoreError) Error() string {
	text := e.Path + ": " + e.Message
	if e.Mend != "" {
		text += "; " + e.Mend
	}
	return text
}

// Store keeps logins in a file that its owner alone can read. Processes take
// turns at it, and it is never half written. What cannot be read is never
// written over.
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

// storeVersion is the form of the file.
const storeVersion = 1

type storeFile struct {
	Version int     `json:"version"`
	Logins  []Login `json:"logins"`
}

// Logins reads the store; one that is not there has none. An error is a
// *StoreError.
func (s *Store) Logins() ([]Login, error) {
	if failure := s.checkMode(); failure != nil {
		return nil, failure
	}
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &StoreError{s.path, "it cannot be read: " + innermost(err), ""}
	}
	const mend = "move it away and log in again"
	var file storeFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, &StoreError{s.path, "it is no store of logins any more: its JSON cannot be read", mend}
	}
	if file.Version != storeVersion {
		return nil, &StoreError{s.path, fmt.Sprintf("it is a store of version %d, and this program knows version %d", file.Version, storeVersion), "use the newest dpconform, or " + mend}
	}
	for _, login := range file.Logins {
		if login.ID <= 0 || login.Endpoint == "" || len(login.Scopes) == 0 {
			return nil, &StoreError{s.path, "it is no store of logins any more: a login in it is not complete", mend}
		}
	}
	return file.Logins, nil
}

// checkMode refuses a file that others can read. Windows has no such modes.
func (s *Store) checkMode() *StoreError {
	information, err := os.Stat(s.path)
	if err != nil || runtime.GOOS == "windows" {
		return nil
	}
	if mode := information.Mode().Perm(); mode&0o077 != 0 {
		return &StoreError{s.path, fmt.Sprintf("others can read it (mode %04o)", mode), "chmod 600 " + s.path + ", and log in again if they may have done so"}
	}
	return nil
}

// lockLimit is how long another process may hold the store. It may be asking a
// token server meanwhile.
const lockLimit = answerLimit + 10*time.Second

// Update changes the store while no other process can. The change may take its
// time, and may save more than once. An error of the store is a *StoreError.
func (s *Store) Update(ctx context.Context, change func(logins []Login, save func([]Login) error) error) error {
	folder := filepath.Dir(s.path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return &StoreError{folder, "it cannot be made: " + innermost(err), ""}
	}
	lock := flock.New(filepath.Join(folder, "tokens.lock"), flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(ctx, lockLimit)
	defer cancel()
	const often = 20 * time.Millisecond
	if locked, err := lock.TryLockContext(ctx, often); err != nil || !locked {
		return &StoreError{s.path, "another dpconform holds it, or it cannot be locked", ""}
	}
	defer lock.Unlock()
	logins, err := s.Logins()
	if err != nil {
		return err
	}
	return change(logins, s.save)
}

// save writes the file beside the store and puts it in its place.
func (s *Store) save(logins []Login) error {
	text, err := json.MarshalIndent(storeFile{storeVersion, logins}, "", "  ")
	if err != nil {
		return &StoreError{s.path, "it cannot be written: " + err.Error(), ""}
	}
	if err := replaceFile(s.path, append(text, '\n')); err != nil {
		return &StoreError{s.path, "it cannot be written: " + innermost(err), ""}
	}
	return nil
}

// replaceFile writes a file that its owner alone can read, whole or not at all.
func replaceFile(path string, text []byte) error {
	// CreateTemp makes files with mode 0600.
	file, err := os.CreateTemp(filepath.Dir(path), "tokens-*.new")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
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

// For gives the logins of an endpoint, those with the fewest scopes first and
// of them the newest: their tokens need the least narrowing.
func (s *Store) For(endpoint string) ([]Login, error) {
	logins, err := s.Logins()
	if err != nil {
		return nil, err
	}
	logins = slices.DeleteFunc(logins, func(login Login) bool { return !SameEndpoint(login.Endpoint, endpoint) })
	slices.SortStableFunc(logins, func(a, b Login) int {
		if len(a.Scopes) != len(b.Scopes) {
			return len(a.Scopes) - len(b.Scopes)
		}
		return b.ID - a.ID
	})
	return logins, nil
}

// SameEndpoint reports whether two addresses are the same endpoint.
func SameEndpoint(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, "/"), strings.TrimRight(b, "/"))
}

// Documented gives the scopes of a login that a description knows.
func (l Login) Documented(documented Documented) []string {
	return slices.DeleteFunc(slices.Clone(l.Scopes), func(scope string) bool { return !documented(scope) })
}
