package tokens

import (
	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/internal/target"
)

// List asks several sources in turn.
type List []target.Credentials

// Token gives the first token that one of the sources is there for. A source
// that is there for it and fails is not passed over: the failure says more than
// a weaker source would.
func (l List) Token(scopes ...string) (oauth2.TokenSource, bool) {
	for _, credentials := range l {
		if source, found := credentials.Token(scopes...); found {
			return source, true
		}
	}
	return nil, false
}

// AnyToken gives the first token for a group of documented scopes that one of
// the sources has.
func (l List) AnyToken() ([]string, oauth2.TokenSource, bool) {
	for _, credentials := range l {
		if grouped, has := credentials.(target.Grouped); has {
			if scopes, source, found := grouped.AnyToken(); found {
				return scopes, source, true
			}
		}
	}
	return nil, nil, false
}

// Origin says where the token for these scopes comes from, or false where no
// source is there for them.
func (l List) Origin(scopes ...string) (string, bool) {
	for _, credentials := range l {
		if _, found := credentials.Token(scopes...); found {
			return OriginOf(credentials, scopes...), true
		}
	}
	return "", false
}

// Minted gives tokens that a template makes, for which nobody is asked.
type Minted struct{ target.TokenTemplate }

// Origin says that the template made the token.
func (m Minted) Origin(...string) (string, bool) { return "the token template", true }

// OriginOf says where the token for these scopes comes from, in a few harmless
// words.
func OriginOf(credentials target.Credentials, scopes ...string) string {
	if telling, can := credentials.(interface {
		Origin(scopes ...string) (string, bool)
	}); can {
		if origin, known := telling.Origin(scopes...); known {
			return origin
		}
	}
	return "a given token"
}
