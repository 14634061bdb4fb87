package tokens

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/target"
)

// TestATokenIsKept until it expires, for its set of scopes in any order, and so
// is a failure, for its scopes or for all.
func TestATokenIsKept(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		issuer *counted
		want   int
	}{
		"a token without an end": {&counted{}, 2}, "a token that lasts": {&counted{life: time.Hour}, 2},
		"a token that has expired": {&counted{life: -time.Second}, 9}, "a token that is about to expire": {&counted{life: time.Second}, 9},
		"a failure": {&counted{err: &Failure{Message: "not this one"}}, 2}, "a failure whatever the scopes": {&counted{err: &Failure{Message: "never", Whole: true}}, 1},
	} {
		list := List{source(t, one.issuer.issuer(), Everything)}
		for range 3 {
			for _, scopes := range [][]string{{reviews, devices}, {devices}, {devices, reviews}} {
				if _, err := tokenOf(t, list, scopes...); err != one.issuer.err {
					t.Error(err)
				}
			}
		}
		if one.issuer.issued != one.want {
			t.Errorf("%s: asked %d times, want %d", name, one.issuer.issued, one.want)
		}
	}
}

// TestManyGoroutinesAskOnce for each set of scopes.
func TestManyGoroutinesAskOnce(t *testing.T) {
	t.Parallel()
	issuer := &counted{}
	list := List{source(t, issuer.issuer(), Everything)}
	var waiting sync.WaitGroup
	for i := range 40 {
		waiting.Go(func() {
			if got, err := tokenOf(t, list, []string{reviews, vehicles, devices, email}[i%4]); err != nil || got == "" {
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
	t.Parallel()
	for name, one := range map[string]struct {
		covers Coverage
		scopes []string
		want   bool
	}{
		"everything":         {Everything, []string{email}, true},
		"the very set":       {Exactly(reviews, devices), []string{devices, reviews}, true},
		"one of the set":     {Exactly(reviews, devices), []string{reviews}, false},
		"more than the set":  {Exactly(reviews), []string{reviews, devices}, false},
		"within":             {Within(reviews, devices), []string{devices}, true},
		"all within":         {Within(reviews, devices), []string{devices, reviews}, true},
		"not all within":     {Within(reviews, devices), []string{devices, email}, false},
		"nothing is covered": {Within(reviews), nil, false},
	} {
		if got := one.covers(one.scopes); got != one.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAListAsksInOrder(t *testing.T) {
	t.Parallel()
	minted := source(t, Template(target.TokenTemplate{Text: "scope:{short}"}), Everything)
	list := List{
		source(t, Fixed("one", "--token"), Exactly(reviews)),
		source(t, (&counted{err: &Failure{Message: "broken"}}).issuer(), Exactly(devices)),
		source(t, Fixed("both", "here"), Exactly(reviews, vehicles), reviews, vehicles), minted,
	}
	for _, one := range []struct {
		scopes        []string
		token, origin string
	}{
		{[]string{reviews}, "one", "--token"},
		{[]string{vehicles, reviews}, "both", "here"},
		{[]string{vehicles}, "scope:dataportability.maps.vehicles", "the token template"},
	} {
		got, err := tokenOf(t, list, one.scopes...)
		status, found := list.Status(one.scopes...)
		if got != one.token || err != nil || status.Origin != one.origin || status.Token.AccessToken != one.token || !found {
			t.Errorf("%q: %q, %+v, %v", one.scopes, got, status, err)
		}
	}
	_, err := tokenOf(t, list, devices)
	wantFailure(t, err, "broken")
	scopes, source, found := list.AnyToken()
	if token, err := source.Token(); !found || err != nil || token.AccessToken != "both" || !slices.Equal(scopes, []string{reviews, vehicles}) {
		t.Errorf("%q, %v, %v", scopes, found, err)
	}
	_, ofNothing := (List{}).Token(reviews)
	_, status := (List{}).Status(reviews)
	_, _, group := (List{minted}).AnyToken()
	if ofNothing || status || group {
		t.Errorf("a token of no source: %v, %v, %v", ofNothing, status, group)
	}
}

// TestLoginsTakeTurns: where the first has no token any more, the next is asked,
// but nothing weaker than a login.
func TestLoginsTakeTurns(t *testing.T) {
	t.Parallel()
	gone := source(t, (&counted{err: &Failure{Message: "gone", Whole: true}}).issuer(), Within(reviews), reviews)
	good := source(t, Fixed("good", "the second"), Within(reviews, devices), reviews, devices)
	weaker := source(t, Fixed("weaker", "a template"), Everything, reviews)
	gone.Login, good.Login = true, true
	list := List{gone, good, weaker}
	for scope, want := range map[string]string{reviews: "good", email: "weaker"} {
		if token, err := tokenOf(t, list, scope); token != want || err != nil {
			t.Errorf("%q, %v", token, err)
		}
	}
	if status, _ := list.Status(reviews); status.Origin != "the second" {
		t.Errorf("from %s", status.Origin)
	}
	if scopes, _, found := list.AnyToken(); !found || len(scopes) != 2 {
		t.Errorf("%q", scopes)
	}
	_, err := tokenOf(t, List{gone, weaker}, reviews)
	wantFailure(t, err, "gone")
	if status, _ := (List{gone, weaker}).Status(reviews); status.Origin != "a counter" || status.Err == nil {
		t.Errorf("%+v", status)
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	issuer, value := Fixed(Secret(secret), "here"), Secret(secret)
	login := Login{RefreshToken: secret, ClientSecret: secret, AccessToken: secret}
	wantNoSecret(t, fmt.Sprintf("%v %+v %#v", issuer, issuer, issuer))
	wantNoSecret(t, fmt.Sprintf("%v %+v %#v", login, login, login))
	wantNoSecret(t, fmt.Sprintf("%v %+v %#v %s %q %x", value, value, value, value, value, value))
}

func TestTheEnvironmentIsReadWhenATokenIsWanted(t *testing.T) {
	t.Parallel()
	variable := func(value string) Issuer {
		return Environment("TOKEN", func(string) (string, bool) { return value, true })
	}
	for _, value := range []string{"", "  "} {
		wantFailure(t, issued(t, variable(value), reviews), "the variable TOKEN has no token")
	}
	for value, want := range map[string]string{"Bearer x": "white space in it; a token is one word", "\ufeffx": "a character in it that no token has, U+FEFF", "x\u200by": "a character in it that no token has, U+200B", "x\x7f": "a character in it that no token has, U+007F"} {
		_, err := tokenOf(t, List{source(t, variable(value), Everything)}, reviews)
		wantFailure(t, err, "the token of the variable TOKEN has "+want)
	}
	if token, err := tokenOf(t, List{source(t, variable(" a-token\n"), Everything)}, reviews); err != nil || token != "a-token" {
		t.Errorf("%q, %v", token, err)
	}
}
