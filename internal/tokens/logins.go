package tokens

import (
	"sync"

	"golang.org/x/oauth2"
)

// Logins gives the tokens of several logins. Where the first that has a scope
// gives no token any more, the next is asked: a person who logged in again need
// not tidy up first. It is safe for use by many goroutines.
type Logins struct {
	sources []*Source

	mutex  sync.Mutex
	worked map[string]*Source
}

// NewLogins asks logins in this order.
func NewLogins(sources ...*Source) *Logins {
	return &Logins{sources: sources, worked: map[string]*Source{}}
}

// Token gives the source of a token for exactly these scopes, or false where no
// login has them.
func (l *Logins) Token(scopes ...string) (oauth2.TokenSource, bool) {
	var asked []*Source
	for _, source := range l.sources {
		if source.covers(scopes) {
			asked = append(asked, source)
		}
	}
	return loginToken{l, asked, scopes}, len(asked) > 0
}

// AnyToken gives a token for the group of scopes of the first login that gives
// one, or of the first, whose failure says more than nothing.
func (l *Logins) AnyToken() (scopes []string, token oauth2.TokenSource, found bool) {
	for _, source := range l.sources {
		group, any, has := source.AnyToken()
		if !has {
			continue
		}
		if _, err := any.Token(); err == nil {
			return group, any, true
		}
		if !found {
			scopes, token, found = group, any, true
		}
	}
	return scopes, token, found
}

// Origin names the login that gave the token for these scopes, or the first that
// has them.
func (l *Logins) Origin(scopes ...string) (string, bool) {
	l.mutex.Lock()
	worked := l.worked[setOf(scopes)]
	l.mutex.Unlock()
	if worked != nil {
		return worked.issuer.Origin(), true
	}
	for _, source := range l.sources {
		if source.covers(scopes) {
			return source.issuer.Origin(), true
		}
	}
	return "", false
}

// loginToken is a token of the first of several logins that gives one.
type loginToken struct {
	of     *Logins
	asked  []*Source
	scopes []string
}

// Token gives the token, or the failure of the first login.
func (t loginToken) Token() (*oauth2.Token, error) {
	var first error
	for _, source := range t.asked {
		token, err := source.keptFor(t.scopes).Token()
		if err == nil {
			t.of.mutex.Lock()
			defer t.of.mutex.Unlock()
			t.of.worked[setOf(t.scopes)] = source
			return token, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}
