package tokens

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/text"
)

// aLogin is a login at a token server.
func aLogin(server string, scopes ...string) Login {
	return Login{Endpoint: "https://api.example", Asked: "maps.*", Scopes: scopes, Obtained: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC),
		TokenURL: server + "/token", RevocationURL: server + "/revoke", ClientID: "an-id", RefreshToken: "first"}
}

func newStore(t *testing.T) *Store { return NewStore(filepath.Join(t.TempDir(), "dpconform")) }

func add(t *testing.T, store *Store, login Login) Login {
	t.Helper()
	kept, err := store.Add(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// wantLogins checks how many logins a store has, and gives them.
func wantLogins(t *testing.T, store *Store, count int) []Login {
	t.Helper()
	logins, err := store.Logins()
	if err != nil || len(logins) != count {
		t.Errorf("%d logins, %v", len(logins), err)
	}
	return logins
}

func TestAStoreKeepsLogins(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	wantLogins(t, store, 0)
	login := aLogin("https://auth.example", reviews, vehicles)
	login.Expiry, login.ClientSecret, login.AccessToken = login.Obtained.Add(time.Hour), "x", "y"
	one, two := add(t, store, login), add(t, store, aLogin("https://auth.example", devices))
	if one.ID != 1 || two.ID != 2 || one.Name() != "login 1 of 2026-11-24" {
		t.Errorf("%d and %d", one.ID, two.ID)
	}
	read := wantLogins(t, store, 2)[0]
	if !slices.Equal(read.Scopes, login.Scopes) || !read.Expiry.Equal(login.Expiry) || string(read.RefreshToken+read.ClientSecret+read.AccessToken) != "firstxy" {
		t.Errorf("%v", read)
	}
	if err := store.Forget(t.Context(), 1); err != nil {
		t.Error(err)
	}
	if three := add(t, store, login); three.ID != 3 {
		t.Errorf("a number is used again: %d", three.ID)
	}
	folder := filepath.Dir(store.Path())
	for path, want := range map[string]os.FileMode{store.Path(): 0o600, folder: 0o700, filepath.Join(folder, "tokens.lock"): 0o600} {
		if information, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && information.Mode().Perm() != want {
			t.Errorf("%s has %v", path, information.Mode())
		}
	}
	if left, err := filepath.Glob(filepath.Join(folder, ".*")); err != nil || len(left) != 0 {
		t.Errorf("%q is left", left)
	}
}

func TestLoginsAreForOneEndpoint(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	login := aLogin("https://auth.example", reviews, vehicles)
	add(t, store, login)
	login.Scopes = login.Scopes[:1]
	for _, login.Endpoint = range []string{"https://api.example", "https://api.example/", "https://api.example.evil.example", "http://api.example", "https://api.example:444"} {
		add(t, store, login)
	}
	found, err := store.For("https://API.example")
	var ids []int
	for _, login := range found {
		ids = append(ids, login.ID)
	}
	// The fewest scopes first, and of these the newest.
	if err != nil || !slices.Equal(ids, []int{3, 2, 1}) {
		t.Errorf("%v, %v", ids, err)
	}
}

// TestABrokenStoreIsLeftAlone: one line says what is wrong, nothing is written
// over, and nothing in it is shown.
func TestABrokenStoreIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		content string
		mode    os.FileMode
		says    string
	}{
		{`{"version":1,"logins":[{"refresh_token":"` + secret, 0o600, "it is not a valid store of logins: its JSON cannot be read; move it away and log in again"},
		{"", 0o600, "it is not a valid store of logins"},
		{`{"version":2,"logins":[]}`, 0o600, "it is a store of version 2, and this program knows version 1"},
		{`{"version":1,"logins":[{"id":1,"refresh_token":"` + secret + `"}]}`, 0o600, "it is not a valid store of logins: a login in it is not complete"},
		{`{"version":1,"logins":[]}`, 0o644, "others can read it (mode 0644); chmod 600 "},
		{`{"version":1,"logins":[]}`, 0o640, "others can read it (mode 0640); chmod 600 "},
	} {
		if runtime.GOOS == "windows" && one.mode != 0o600 {
			continue // Windows has no such modes.
		}
		store := newStore(t)
		err := errors.Join(os.MkdirAll(filepath.Dir(store.Path()), 0o700), os.WriteFile(store.Path(), []byte(one.content), one.mode), os.Chmod(store.Path(), one.mode))
		if err != nil {
			t.Fatal(err)
		}
		_, reading := store.Logins()
		_, adding := store.Add(t.Context(), aLogin("https://auth.example", reviews))
		for _, err := range []error{reading, adding, store.Forget(t.Context(), 1), store.Revoke(t.Context(), 1, "", nil)} {
			var broken *text.UsageError
			if !errors.As(err, &broken) || !strings.HasPrefix(err.Error(), store.Path()+": "+one.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v", err)
			}
			wantNoSecret(t, fmt.Sprintf("%+v", err))
		}
		if content, err := os.ReadFile(store.Path()); string(content) != one.content || err != nil {
			t.Errorf("it was written over: %s", content)
		}
	}
}

func FuzzStore(f *testing.F) {
	for _, content := range []string{`{"version":1,"logins":[]}`, `{"version":1,"logins":[{"id":1,"endpoint":"https://a","scopes":["b"],"expiry":"2026-01-01T00:00:00Z"}]}`,
		`{"version":1,"logins":[{"id":-1}]}`, `[]`, "\x00"} {
		f.Add([]byte(content))
	}
	store := NewStore(f.TempDir())
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(store.Path(), content, 0o600); err != nil {
			t.Fatal(err)
		}
		logins, err := store.Logins()
		var broken *text.UsageError
		if err != nil && (!errors.As(err, &broken) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%v", err)
		}
		for _, login := range logins {
			if login.ID <= 0 || login.Endpoint == "" || len(login.Scopes) == 0 {
				t.Errorf("%+v", login)
			}
		}
	})
}

func TestAKeptLoginSavesTheNewRefreshToken(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	server := newTokenServer(t, rotating("first"))
	login := add(t, store, aLogin(server.URL, reviews, devices))
	list := List{source(t, store.Issuer(login, nil), Within(login.Scopes...), login.Scopes...)}
	for _, scopes := range [][]string{{reviews}, {devices}, {devices, reviews}} {
		if _, err := tokenOf(t, list, scopes...); err != nil {
			t.Fatal(err)
		}
	}
	if last := server.last(); last.form["scope"] != "" || last.form["client_id"] != "an-id" {
		t.Errorf("the whole grant is asked for without scopes: %v", last)
	}
	if logins := wantLogins(t, store, 1); logins[0].RefreshToken != "first+++" {
		t.Error("the new refresh token is not kept")
	}
}

// TestManyProcessesShareALogin: each store is as good as a process of its own,
// and none uses a refresh token that another has used up.
func TestManyProcessesShareALogin(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	login := add(t, store, aLogin(newTokenServer(t, rotating("first")).URL, reviews, devices, vehicles))
	var waiting sync.WaitGroup
	for i := range 9 {
		waiting.Go(func() {
			issuer := NewStore(filepath.Dir(store.Path())).Issuer(login, nil)
			if _, err := issuer.Issue(t.Context(), []string{login.Scopes[i%3]}); err != nil {
				t.Error(err)
			}
		})
	}
	waiting.Wait()
	if logins := wantLogins(t, store, 1); logins[0].RefreshToken != "first+++++++++" {
		t.Error("a refresh token is lost")
	}
}

func TestAKeptLoginThatEnds(t *testing.T) {
	t.Parallel()
	refuses := newTokenServer(t, refusing(400, "invalid_grant"))
	notNarrowing := newTokenServer(t, granting(map[string]any{"scope": reviews + " " + devices}))
	const name = "login 1 of 2026-11-24"
	for says, change := range map[string]func(*Login){
		"the refresh token of " + name + " is no longer valid (HTTP 400 invalid_grant: you sent dpconform-redacted and more); log in again: dpconform login --scopes 'maps.*'": func(l *Login) { l.TokenURL = refuses.URL },
		"the token of " + name + " also carries dataportability.play.devices; log in for each scope by itself: dpconform login --scopes 'maps.*' --separately":                 func(l *Login) { l.TokenURL = notNarrowing.URL },
		"the token of " + name + " expired at ":                               func(l *Login) { l.RefreshToken, l.AccessToken, l.Expiry = "", "x", time.Now().Add(-time.Hour) },
		"the token of " + name + " also carries dataportability.play.devices": func(l *Login) { l.RefreshToken, l.AccessToken, l.Expiry = "", "x", time.Now().Add(time.Hour) },
		name + " was removed meanwhile; log in again":                         func(l *Login) { l.TokenURL = "removed" },
	} {
		store := newStore(t)
		login := aLogin("https://auth.example", reviews, devices)
		login.RefreshToken = secret
		change(&login)
		login = add(t, store, login)
		left := 1
		if login.TokenURL == "removed" {
			left = 0
			if err := store.Forget(t.Context(), login.ID); err != nil {
				t.Error(err)
			}
		}
		wantFailure(t, issued(t, store.Issuer(login, nil), reviews), says)
		wantLogins(t, store, left)
	}
}

func TestRevoking(t *testing.T) {
	t.Parallel()
	const kept = "login 1 of 2026-11-24 is kept: "
	for name, one := range map[string]struct {
		respond responder
		says    string
	}{
		"revoked":             {saying(200, ""), ""},
		"revoked before":      {refusing(400, "invalid_token"), ""},
		"refused":             {refusing(503, ""), kept + "the server "},
		"not for this client": {refusing(401, "invalid_client"), kept + "the server "},
	} {
		server := newTokenServer(t, one.respond)
		store := newStore(t)
		login := aLogin(server.URL, reviews)
		login.RefreshToken, login.RevocationURL = secret, ""
		add(t, store, login)
		wantFailure(t, store.Revoke(t.Context(), 1, "", nil), kept+"its server's revocation endpoint is not known; give --revocation-url")
		err, left := store.Revoke(t.Context(), 1, server.URL, NewHTTPClient(nil)), 0
		if one.says != "" {
			wantFailure(t, err, one.says)
			left = 1
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		form := server.last().form
		if server.count() != 1 || form["token"] != secret || form["token_type_hint"] != "refresh_token" || form["client_id"] != "an-id" {
			t.Errorf("%v", form)
		}
		wantLogins(t, store, left)
	}
}

func TestALockThatIsHeldIsWaitedFor(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := store.Update(t.Context(), func([]Login, func([]Login) error) error {
		cancel()
		return NewStore(filepath.Dir(store.Path())).Update(ctx, func([]Login, func([]Login) error) error {
			t.Error("two hold the store")
			return nil
		})
	})
	var held *text.UsageError
	if !errors.As(err, &held) || !strings.Contains(err.Error(), "another dpconform is using it") {
		t.Errorf("%v", err)
	}
}

// TestAStoreBehindALinkStaysThere: some keep their configuration elsewhere.
func TestAStoreBehindALinkStaysThere(t *testing.T) {
	t.Parallel()
	store, elsewhere := newStore(t), filepath.Join(t.TempDir(), "kept.json")
	if err := os.MkdirAll(filepath.Dir(store.Path()), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, store.Path()); err != nil {
		t.Skip(err) // Windows asks for a privilege.
	}
	for count := range 2 {
		add(t, store, aLogin("https://auth.example", devices))
		information, err := os.Lstat(elsewhere)
		if target, link := os.Readlink(store.Path()); link != nil || target != elsewhere || err != nil || runtime.GOOS != "windows" && information.Mode() != 0o600 {
			t.Errorf("%q, %v, %v, %v", target, link, information, err)
		}
		wantLogins(t, store, count+1)
	}
}
