// Package tokens obtains tokens for a server under test: given ones, from the
// environment, from a command, by OAuth 2.0 from a token server, and from logins
// that a person made. Whatever goes wrong is a Failure: one line without secrets
// that says what failed, where, and how to fix it.
package tokens

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/target"
)

// Secret is a text that no format verb prints. JSON carries it: the store needs
// it.
type Secret string

// String hides the secret.
func (s Secret) String() string { return "…" }

// GoString hides the secret.
func (s Secret) GoString() string { return "…" }

// Issuer obtains tokens.
type Issuer struct {
	// Origin says where its tokens come from, in a few words without secrets:
	// "login 2 of 2026-11-24".
	Origin string
	// Narrow says how to get a token that carries one scope alone.
	Narrow string
	// Ordered says that another order of scopes is another token.
	Ordered bool
	// Issue obtains a token for these scopes. Its member "scope", where it has
	// one, has those that it carries. An error is a *Failure. It is a function, so
	// that no format verb prints the secrets behind it.
	Issue func(ctx context.Context, scopes []string) (*oauth2.Token, error)
}

// Coverage reports for which sets of scopes there is a token.
type Coverage func(scopes []string) bool

// Everything covers every set of scopes. A token that has expired is none of them:
// a source that is asked for one would give a valid token.
func Everything(scopes []string) bool { return !slices.Contains(scopes, platform.Expired) }

// Exactly covers one set of scopes, in any order.
func Exactly(scopes ...string) Coverage {
	set := setOf(scopes)
	return func(asked []string) bool {
		if len(asked) == 1 && len(scopes) == 1 {
			return asked[0] == set // There may be thousands of such sources.
		}
		return len(asked) == len(scopes) && setOf(asked) == set
	}
}

// Within covers every set of which each scope is one of these.
func Within(scopes ...string) Coverage {
	within := map[string]bool{}
	for _, scope := range scopes {
		within[scope] = true
	}
	return func(asked []string) bool {
		return len(asked) > 0 && !slices.ContainsFunc(asked, func(scope string) bool { return !within[scope] })
	}
}

// setOf writes a set of scopes in one way, whatever their order.
func setOf(scopes []string) string {
	return strings.Join(slices.Sorted(slices.Values(scopes)), " ")
}

// Source gives the tokens of an issuer by their scopes. It keeps each until it
// expires, and each failure for good: an unavailable token is asked for once. It
// is safe for use by many goroutines.
type Source struct {
	// Context ends what is waited for.
	Context context.Context
	Issuer  Issuer
	Covers  Coverage
	// Group is a set of documented scopes that one token of the issuer carries;
	// it may be empty.
	Group []string
	// Login says that where it has no token any more, an older login is asked: a
	// person who logged in again need not tidy up first.
	Login bool
	// Checker looks at each token before it is used.
	Checker *Checker

	mutex  sync.Mutex
	broken error
	kept   map[string]*kept
}

func (s *Source) keptFor(scopes []string) *kept {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	set := setOf(scopes)
	if s.Issuer.Ordered {
		set = strings.Join(scopes, " ")
	}
	if s.kept == nil {
		s.kept = map[string]*kept{}
	}
	if s.kept[set] == nil {
		s.kept[set] = &kept{of: s, scopes: slices.Clone(scopes)}
	}
	return s.kept[set]
}

// kept is the token of one set of scopes.
type kept struct {
	of     *Source
	scopes []string

	mutex   sync.Mutex
	token   *oauth2.Token
	checked Checked
	failure error
}

// Token gives the token, and obtains it where there is none or it expires.
func (k *kept) Token() (*oauth2.Token, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.token.Valid() {
		return k.token, nil
	}
	if k.failure == nil {
		k.of.mutex.Lock()
		k.failure = k.of.broken
		k.of.mutex.Unlock()
	}
	if k.failure != nil {
		return nil, k.failure
	}
	token, err := k.of.Issuer.Issue(k.of.Context, k.scopes)
	if err == nil {
		if problem := target.TokenProblem(token.AccessToken); problem != "" {
			err = &Failure{Message: "the token of " + k.of.Issuer.Origin + " " + problem, Fix: target.TokenFix}
		}
	}
	if err == nil {
		k.checked, err = k.of.Checker.check(k.of.Context, token, k.scopes, k.of.Issuer)
	}
	if err != nil {
		k.failure = err
		if failure := (*Failure)(nil); errors.As(err, &failure) && failure.Whole {
			k.of.mutex.Lock()
			k.of.broken = err
			k.of.mutex.Unlock()
		}
		return nil, err
	}
	k.token = token
	return token, nil
}

// List asks several sources in turn. It is a target.Credentials.
type List []*Source

// Token gives a token of the first source that covers the scopes. One that fails
// is not passed over, unless it is a login: its failure says more than a weaker
// source would.
func (l List) Token(scopes ...string) (oauth2.TokenSource, bool) {
	found := l.candidates(scopes)
	return found, len(found) > 0
}

func (l List) candidates(scopes []string) inTurn {
	var found inTurn
	for _, source := range l {
		switch {
		case len(found) > 0 && !source.Login:
			return found
		case !source.Covers(scopes):
		case !source.Login:
			return inTurn{source.keptFor(scopes)}
		default:
			found = append(found, source.keptFor(scopes))
		}
	}
	return found
}

// AnyToken gives the first token that carries several documented scopes, or the
// source whose failure is the first.
func (l List) AnyToken() (scopes []string, token oauth2.TokenSource, found bool) {
	for _, source := range l {
		if len(source.Group) == 0 || found && !source.Login {
			continue
		}
		one := source.keptFor(source.Group)
		if !source.Login {
			return slices.Clone(source.Group), one, true
		}
		if _, err := one.Token(); err == nil {
			return slices.Clone(source.Group), one, true
		}
		if !found {
			scopes, token, found = slices.Clone(source.Group), one, true
		}
	}
	return scopes, token, found
}

// Status is what is known of the token for some scopes.
type Status struct {
	Origin string
	Token  *oauth2.Token
	Err    error
	Checked
}

// Status obtains the token for exactly these scopes, or reports false where no
// source covers them.
func (l List) Status(scopes ...string) (Status, bool) {
	candidates := l.candidates(scopes)
	if len(candidates) == 0 {
		return Status{}, false
	}
	first := Status{}
	for i, one := range candidates {
		token, err := one.Token()
		status := Status{Origin: one.of.Issuer.Origin, Token: token, Err: err, Checked: one.checked}
		if err == nil {
			return status, true
		}
		if i == 0 {
			first = status
		}
	}
	return first, true
}

// inTurn is a token of the first of several logins that gives one.
type inTurn []*kept

// Token gives the token, or the failure of the first.
func (t inTurn) Token() (*oauth2.Token, error) {
	var first error
	for _, one := range t {
		token, err := one.Token()
		if err == nil {
			return token, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

var _ target.Credentials = List{}
