package tokens

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/target"
)

func TestASourceKeepsTokensUntilTheyExpire(t *testing.T) {
	for _, one := range []struct {
		name string
		life time.Duration
		want int
	}{
		{"a token without an end", 0, 2},
		{"a token that lasts", time.Hour, 2},
		{"a token that has expired", -time.Second, 6},
		{"a token that is about to expire", time.Second, 6},
	} {
		t.Run(one.name, func(t *testing.T) {
			issuer := &counted{life: one.life}
			source := NewSource(t.Context(), issuer, Everything)
			for range 3 {
				for _, scopes := range [][]string{{reviews, devices}, {devices}} {
					if _, err := tokenOf(t, source, scopes...); err != nil {
						t.Error(err)
					}
				}
			}
			if issuer.issued != one.want {
				t.Errorf("asked %d times, want %d", issuer.issued, one.want)
			}
		})
	}
}

func TestTheOrderOfScopesDoesNotMatter(t *testing.T) {
	issuer := &counted{}
	source := NewSource(t.Context(), issuer, Everything)
	one, _ := tokenOf(t, source, reviews, devices)
	other, _ := tokenOf(t, source, devices, reviews)
	if one != other || issuer.issued != 1 {
		t.Errorf("%q and %q", one, other)
	}
}

func TestAFailureIsRemembered(t *testing.T) {
	for _, one := range []struct {
		name string
		err  error
		want int
	}{
		{"of these scopes", &Failure{Message: "not this one"}, 2},
		{"of the whole source", &Failure{Message: "never", Whole: true}, 1},
	} {
		t.Run(one.name, func(t *testing.T) {
			issuer := &counted{err: one.err}
			source := NewSource(t.Context(), issuer, Everything)
			for range 3 {
				for _, scope := range []string{reviews, devices} {
					_, err := tokenOf(t, source, scope)
					wantFailure(t, err, one.err.Error())
				}
			}
			if issuer.issued != one.want {
				t.Errorf("asked %d times, want %d", issuer.issued, one.want)
			}
		})
	}
}

// TestManyGoroutinesAskOnce: each set of scopes is asked for once, whoever
// wants it.
func TestManyGoroutinesAskOnce(t *testing.T) {
	issuer := &counted{}
	source := NewSource(t.Context(), issuer, Everything)
	var waiting sync.WaitGroup
	for i := range 40 {
		waiting.Go(func() {
			scope := []string{reviews, vehicles, devices, email}[i%4]
			if got, err := tokenOf(t, source, scope); err != nil || got == "" {
				t.Error(got, err)
			}
		})
	}
	waiting.Wait()
	if issuer.issued != 4 {
		t.Errorf("asked %d times for 4 scopes", issuer.issued)
	}
}

func TestCoverage(t *testing.T) {
	for _, one := range []struct {
		name   string
		covers Coverage
		scopes []string
		want   bool
	}{
		{"everything", Everything, []string{email}, true},
		{"the very set", Exactly(reviews, devices), []string{devices, reviews}, true},
		{"one of the set", Exactly(reviews, devices), []string{reviews}, false},
		{"more than the set", Exactly(reviews), []string{reviews, devices}, false},
		{"within", Within(reviews, devices), []string{devices}, true},
		{"all within", Within(reviews, devices), []string{devices, reviews}, true},
		{"not all within", Within(reviews, devices), []string{devices, email}, false},
		{"nothing within", Within(reviews), nil, false},
	} {
		if got := one.covers(one.scopes); got != one.want {
			t.Errorf("%s: %v", one.name, got)
		}
	}
}

func TestAListAsksInOrder(t *testing.T) {
	broken := NewSource(t.Context(), &counted{err: &Failure{Message: "broken"}}, Exactly(devices))
	group := NewSource(t.Context(), Fixed{"both", "here"}, Exactly(reviews, vehicles), reviews, vehicles)
	minted := Minted{target.TokenTemplate{Text: "scope:{short}"}}
	list := List{NewSource(t.Context(), Fixed{"one", "--token"}, Exactly(reviews)), broken, group, target.GivenTokens{email: "given"}, minted}
	for _, one := range []struct {
		scopes []string
		token  string
		origin string
	}{
		{[]string{reviews}, "one", "--token"},
		{[]string{vehicles, reviews}, "both", "here"},
		{[]string{email}, "given", "a given token"},
		{[]string{vehicles}, "scope:dataportability.maps.vehicles", "the token template"},
	} {
		got, err := tokenOf(t, list, one.scopes...)
		origin, found := list.Origin(one.scopes...)
		if got != one.token || err != nil || origin != one.origin || !found {
			t.Errorf("%q: %q of %q, %v", one.scopes, got, origin, err)
		}
	}
	_, err := tokenOf(t, list, devices)
	wantFailure(t, err, "broken")
	scopes, source, found := list.AnyToken()
	if token, err := source.Token(); !found || err != nil || token.AccessToken != "both" || !slices.Equal(scopes, []string{reviews, vehicles}) {
		t.Errorf("%q, %v, %v", scopes, found, err)
	}
	if _, found := (List{}).Token(reviews); found {
		t.Error("nobody has a token")
	}
	if _, found := (List{}).Origin(reviews); found {
		t.Error("nobody is an origin")
	}
	if _, _, found := (List{minted}).AnyToken(); found {
		t.Error("a template has no group")
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	fixed := Fixed{Secret(secret), "here"}
	login := Login{RefreshToken: secret, ClientSecret: secret, AccessToken: secret}
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s %q %x", fixed, fixed, fixed, fixed.Value, fixed.Value, fixed.Value), fmt.Sprintf("%v %+v %#v", login, login, login)} {
		wantNoSecret(t, text)
	}
}

func TestTheEnvironmentIsReadWhenATokenIsWanted(t *testing.T) {
	for value, want := range map[string]string{"": "the variable TOKEN has no token", "  ": "the variable TOKEN has no token", "Bearer x": "the variable TOKEN has white space in it"} {
		_, err := Environment{"TOKEN", func(string) (string, bool) { return value, true }}.Issue(context.Background(), []string{reviews})
		wantFailure(t, err, want)
	}
	token, err := Environment{"TOKEN", func(string) (string, bool) { return " a-token\n", true }}.Issue(context.Background(), nil)
	if err != nil || token.AccessToken != "a-token" {
		t.Errorf("%v", err)
	}
}

func TestLoginsTakeTurns(t *testing.T) {
	gone := NewSource(t.Context(), &counted{err: &Failure{Message: "gone", Whole: true}}, Within(reviews), reviews)
	good := NewSource(t.Context(), Fixed{"good", "the second"}, Within(reviews, devices), reviews, devices)
	logins := NewLogins(gone, good)
	if token, err := tokenOf(t, logins, reviews); token != "good" || err != nil {
		t.Errorf("%q, %v", token, err)
	}
	if origin, _ := logins.Origin(reviews); origin != "the second" {
		t.Errorf("from %s", origin)
	}
	if scopes, _, found := logins.AnyToken(); !found || len(scopes) != 2 {
		t.Errorf("%q", scopes)
	}
	if _, found := logins.Token(email); found {
		t.Error("no login has that scope")
	}
	_, err := tokenOf(t, NewLogins(gone), reviews)
	wantFailure(t, err, "gone")
}
