package tokens

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/target"
)

// TestATokenIsKept until it expires, for its set of scopes in any order.
func TestATokenIsKept(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		life time.Duration
		want int
	}{
		"a token without an end": {0, 2}, "a token that lasts": {time.Hour, 2},
		"a token that has expired": {-time.Second, 6}, "a token that is about to expire": {time.Second, 6},
	} {
		issuer := &counted{life: one.life}
		list := List{source(t, issuer.issuer(), Everything)}
		for range 3 {
			for _, scopes := range [][]string{{reviews, devices}, {devices}} {
				if _, err := tokenOf(t, list, scopes...); err != nil {
					t.Error(err)
				}
			}
		}
		if issuer.issued != one.want {
			t.Errorf("%s: asked %d times, want %d", name, issuer.issued, one.want)
		}
	}
	issuer := &counted{}
	list := List{source(t, issuer.issuer(), Everything)}
	first, _ := tokenOf(t, list, reviews, devices)
	if second, _ := tokenOf(t, list, devices, reviews); first != second || issuer.issued != 1 {
		t.Errorf("%q and %q", first, second)
	}
}

func TestAFailureIsKept(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		failure *Failure
		want    int
	}{
		{&Failure{Message: "not this one"}, 2},
		{&Failure{Message: "never", Whole: true}, 1},
	} {
		issuer := &counted{err: one.failure}
		list := List{source(t, issuer.issuer(), Everything)}
		for range 3 {
			for _, scope := range []string{reviews, devices} {
				_, err := tokenOf(t, list, scope)
				wantFailure(t, err, one.failure.Message)
			}
		}
		if issuer.issued != one.want {
			t.Errorf("%s: asked %d times, want %d", one.failure, issuer.issued, one.want)
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
			scope := []string{reviews, vehicles, devices, email}[i%4]
			if got, err := tokenOf(t, list, scope); err != nil || got == "" {
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
	if _, found := (List{}).Token(reviews); found {
		t.Error("there is no source")
	}
	if _, found := (List{}).Status(reviews); found {
		t.Error("there is no status")
	}
	if _, _, found := (List{minted}).AnyToken(); found {
		t.Error("a template has no group")
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
	if token, err := tokenOf(t, list, reviews); token != "good" || err != nil {
		t.Errorf("%q, %v", token, err)
	}
	if status, _ := list.Status(reviews); status.Origin != "the second" {
		t.Errorf("from %s", status.Origin)
	}
	if scopes, _, found := list.AnyToken(); !found || len(scopes) != 2 {
		t.Errorf("%q", scopes)
	}
	if token, err := tokenOf(t, list, email); token != "weaker" || err != nil {
		t.Errorf("%q, %v", token, err)
	}
	_, err := tokenOf(t, List{gone, weaker}, reviews)
	wantFailure(t, err, "gone")
	if status, _ := (List{gone, weaker}).Status(reviews); status.Origin != "a counter" || status.Err == nil {
		t.Errorf("%+v", status)
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	one := source(t, Fixed(Secret(secret), "here"), Everything)
	if _, err := tokenOf(t, List{one}, reviews); err != nil {
		t.Error(err)
	}
	login := Login{RefreshToken: secret, ClientSecret: secret, AccessToken: secret}
	value := Secret(secret)
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v", one.Issuer, one.Issuer, one.Issuer), fmt.Sprintf("%v %+v %#v %s %q %x", value, value, value, value, value, value), fmt.Sprintf("%v %+v %#v", login, login, login)} {
		wantNoSecret(t, shown)
	}
}

func TestTheEnvironmentIsReadWhenATokenIsWanted(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"": "the variable TOKEN has no token", "  ": "the variable TOKEN has no token", "Bearer x": "the variable TOKEN has white space in it"} {
		wantFailure(t, issued(t, Environment("TOKEN", func(string) (string, bool) { return value, true }), reviews), want)
	}
	list := List{source(t, Environment("TOKEN", func(string) (string, bool) { return " a-token\n", true }), Everything)}
	if token, err := tokenOf(t, list, reviews); err != nil || token != "a-token" {
		t.Errorf("%q, %v", token, err)
	}
}
