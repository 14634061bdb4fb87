package tokens

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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

func TestAStoreKeepsLogins(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	if logins, err := store.Logins(); len(logins) != 0 || err != nil {
		t.Errorf("%d logins, %v", len(logins), err)
	}
	login := aLogin("https://auth.example", reviews, vehicles)
	login.Expiry, login.ClientSecret, login.AccessToken = login.Obtained.Add(time.Hour), "x", "y"
	one, two := add(t, store, login), add(t, store, aLogin("https://auth.example", devices))
	if one.ID != 1 || two.ID != 2 || one.Name() != "login 1 of 2026-11-24" {
		t.Errorf("%d and %d", one.ID, two.ID)
	}
	read, err := store.Logins()
	if err != nil || len(read) != 2 || fmt.Sprint(read[0].Scopes, read[0].Expiry.Equal(login.Expiry)) != fmt.Sprint(login.Scopes, true) ||
		string(read[0].RefreshToken+read[0].ClientSecret+read[0].AccessToken) != "firstxy" {
		t.Errorf("%v, %v", read, err)
	}
	if err := store.Forget(t.Context(), 1); err != nil {
		t.Error(err)
	}
	if three := add(t, store, login); three.ID != 3 {
		t.Errorf("a number is used again: %d", three.ID)
	}
	if runtime.GOOS != "windows" {
		for path, want := range map[string]os.FileMode{store.Path(): 0o600, filepath.Dir(store.Path()): 0o700, filepath.Join(filepath.Dir(store.Path()), "tokens.lock"): 0o600} {
			if information, err := os.Stat(path); err != nil || information.Mode().Perm() != want {
				t.Errorf("%s has %v", path, information.Mode())
			}
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(store.Path()), ".*"))
	if err != nil || len(left) != 0 {
		t.Errorf("%q is left", left)
	}
}

func TestLoginsAreForOneEndpoint(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	for _, one := range []struct {
		endpoint string
		scopes   []string
	}{
		{"https://api.example", []string{reviews, vehicles}}, {"https://api.example", []string{reviews}}, {"https://api.example/", []string{reviews}},
		{"https://api.example.evil.example", []string{reviews}}, {"http://api.example", []string{reviews}}, {"https://api.example:444", []string{reviews}},
	} {
		login := aLogin("https://auth.example", one.scopes...)
		login.Endpoint = one.endpoint
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
		name    string
		content string
		mode    os.FileMode
		says    string
	}{
		{"no JSON", `{"version":1,"logins":[{"refresh_token":"` + secret, 0o600, "it is not a store of logins any more: its JSON cannot be read; move it away and log in again"},
		{"empty", "", 0o600, "it is not a store of logins any more"},
		{"another version", `{"version":2,"logins":[]}`, 0o600, "it is a store of version 2, and this program knows version 1"},
		{"a login that is not complete", `{"version":1,"logins":[{"id":1,"refresh_token":"` + secret + `"}]}`, 0o600, "it is not a store of logins any more: a login in it is not complete"},
		{"others can read it", `{"version":1,"logins":[]}`, 0o644, "others can read it (mode 0644); chmod 600 "},
		{"its group can read it", `{"version":1,"logins":[]}`, 0o640, "others can read it (mode 0640); chmod 600 "},
	} {
		t.Run(one.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && one.mode != 0o600 {
				t.Skip("Windows has no such modes")
			}
			store := newStore(t)
			if err := os.MkdirAll(filepath.Dir(store.Path()), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(store.Path(), []byte(one.content), one.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(store.Path(), one.mode); err != nil {
				t.Fatal(err)
			}
			_, reading := store.Logins()
			_, adding := store.Add(t.Context(), aLogin("https://auth.example", reviews))
			for _, err := range []error{reading, adding, store.Forget(t.Context(), 1), store.Revoke(t.Context(), 1, "", nil)} {
				var broken *text.UsageError
				if !errors.As(err, &broken) || !strings.HasPrefix(err.Error(), store.Path()+": "+one.says) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v", err)
					continue
				}
				wantNoSecret(t, fmt.Sprintf("%+v", err))
			}
			if content, err := os.ReadFile(store.Path()); string(content) != one.content || err != nil {
				t.Errorf("it was written over: %s", content)
			}
		})
	}
}

func FuzzStore(f *testing.F) {
	f.Add([]byte(`{"version":1,"logins":[]}`))
	f.Add([]byte(`{"version":1,"logins":[{"id":1,"endpoint":"https://a","scopes":["b"],"expiry":"2026-01-01T00:00:00Z"}]}`))
	f.Add([]byte(`{"version":1,"logins":[{"id":-1}]}`))
	f.Add([]byte(`[]`))
	f.Add([]byte("\x00"))
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
	server := newTokenServer(t, func(w http.ResponseWriter, one asked) {
		// The server takes each refresh token once, as a real one does.
		logins, err := store.Logins()
		if err != nil || one.form["refresh_token"] != string(logins[0].RefreshToken) {
			refuse(w, 400, "invalid_grant")
			return
		}
		grant(w, map[string]any{"scope": one.form["scope"], "refresh_token": one.form["refresh_token"] + "+"})
	})
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
	if logins, err := store.Logins(); err != nil || logins[0].RefreshToken != "first+++" {
		t.Errorf("%v", err)
	}
}

// TestManyProcessesShareALogin: each store is as good as a process of its own,
// and none uses a refresh token that another has used up.
func TestManyProcessesShareALogin(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var mutex sync.Mutex
	current := "first"
	server := newTokenServer(t, func(w http.ResponseWriter, one asked) {
		mutex.Lock()
		defer mutex.Unlock()
		if one.form["refresh_token"] != current {
			refuse(w, 400, "invalid_grant")
			return
		}
		current += "+"
		grant(w, map[string]any{"scope": one.form["scope"], "refresh_token": current})
	})
	login := add(t, NewStore(folder), aLogin(server.URL, reviews, devices, vehicles))
	var waiting sync.WaitGroup
	for i := range 9 {
		waiting.Go(func() {
			issuer := NewStore(folder).Issuer(login, nil)
			if _, err := issuer.Issue(t.Context(), []string{login.Scopes[i%3]}); err != nil {
				t.Error(err)
			}
		})
	}
	waiting.Wait()
	if logins, err := NewStore(folder).Logins(); err != nil || string(logins[0].RefreshToken) != current || current != "first+++++++++" {
		t.Errorf("%v", err)
	}
}

func TestAKeptLoginThatEnds(t *testing.T) {
	t.Parallel()
	refusing := newTokenServer(t, func(w http.ResponseWriter, _ asked) { refuse(w, 400, "invalid_grant") })
	notNarrowing := newTokenServer(t, func(w http.ResponseWriter, _ asked) {
		grant(w, map[string]any{"scope": reviews + " " + devices})
	})
	for _, one := range []struct {
		name   string
		change func(*Login)
		says   string
	}{
		{"refused", func(l *Login) { l.TokenURL = refusing.URL },
			"the refresh token of login 1 of 2026-11-24 is no longer valid (HTTP 400 invalid_grant: you sent dpconform-redacted and more); log in again: dpconform login --scopes 'maps.*'"},
		{"not narrowed", func(l *Login) { l.TokenURL = notNarrowing.URL },
			"the token of login 1 of 2026-11-24 also carries dataportability.play.devices; log in for each scope by itself: dpconform login --scopes 'maps.*' --separately"},
		{"without a refresh token, expired", func(l *Login) { l.RefreshToken, l.AccessToken, l.Expiry = "", "x", time.Now().Add(-time.Hour) },
			"the token of login 1 of 2026-11-24 expired at "},
		{"without a refresh token, of more scopes", func(l *Login) { l.RefreshToken, l.AccessToken, l.Expiry = "", "x", time.Now().Add(time.Hour) },
			"the token of login 1 of 2026-11-24 also carries dataportability.play.devices"},
	} {
		t.Run(one.name, func(t *testing.T) {
			store := newStore(t)
			login := aLogin("https://auth.example", reviews, devices)
			login.RefreshToken = secret
			one.change(&login)
			login = add(t, store, login)
			err := issued(t, store.Issuer(login, nil), reviews)
			wantFailure(t, err, one.says)
			if logins, err := store.Logins(); err != nil || len(logins) != 1 {
				t.Errorf("%d logins are left, %v", len(logins), err)
			}
		})
	}
	store := newStore(t)
	login := add(t, store, aLogin("https://auth.example", reviews))
	if err := store.Forget(t.Context(), login.ID); err != nil {
		t.Fatal(err)
	}
	err := issued(t, store.Issuer(login, nil), reviews)
	wantFailure(t, err, "login 1 of 2026-11-24 was removed meanwhile; log in again")
}

func TestRevoking(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name   string
		answer func(http.ResponseWriter)
		kept   int
		says   string
	}{
		{"revoked", func(w http.ResponseWriter) {}, 0, ""},
		{"revoked before", func(w http.ResponseWriter) { refuse(w, 400, "invalid_token") }, 0, ""},
		{"refused", func(w http.ResponseWriter) { refuse(w, 503, "") }, 1, "login 1 of 2026-11-24 is kept: the server "},
		{"not for this client", func(w http.ResponseWriter) { refuse(w, 401, "invalid_client") }, 1, "login 1 of 2026-11-24 is kept: the server "},
	} {
		t.Run(one.name, func(t *testing.T) {
			server := newTokenServer(t, func(w http.ResponseWriter, _ asked) { one.answer(w) })
			store := newStore(t)
			login := aLogin(server.URL, reviews)
			login.RefreshToken = secret
			add(t, store, login)
			err := store.Revoke(t.Context(), 1, "", NewHTTPClient(nil))
			if one.says != "" {
				wantFailure(t, err, one.says)
			} else if err != nil {
				t.Error(err)
			}
			if form := server.last().form; form["token"] != secret || form["token_type_hint"] != "refresh_token" || form["client_id"] != "an-id" {
				t.Errorf("%v", form)
			}
			if logins, err := store.Logins(); err != nil || len(logins) != one.kept {
				t.Errorf("%d logins, %v", len(logins), err)
			}
		})
	}
}

func TestRevokingWithoutAnAddress(t *testing.T) {
	t.Parallel()
	server := newTokenServer(t, func(http.ResponseWriter, asked) {})
	store := newStore(t)
	login := aLogin(server.URL, reviews)
	login.RevocationURL = ""
	add(t, store, login)
	wantFailure(t, store.Revoke(t.Context(), 1, "", nil), "login 1 of 2026-11-24 is kept: its server's revocation endpoint is not known; give --revocation-url")
	if err := store.Revoke(t.Context(), 1, server.URL, NewHTTPClient(nil)); err != nil || server.count() != 1 {
		t.Errorf("%v", err)
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
	if !errors.As(err, &held) || !strings.Contains(err.Error(), "another dpconform holds it") {
		t.Errorf("%v", err)
	}
}
