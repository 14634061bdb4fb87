// Package credentials obtains tokens for a server under judgement: fixed ones,
// from the environment, from a command, by OAuth 2.0 from a token server, and
// from logins that a person made. Whatever goes wrong is a Failure: one harmless
// line that says what failed, where, and the mend.
package tokens

import (
	"context"
	"slices"
	"strings"
	"sync"

	"golang.org/x/oauth2"
)

// Issuer obtains tokens.
type Issuer interface {
	// Issue obtains a token that carries these scopes and no other documented
	// one. An error is a *Failure.
	Issue(ctx context.Context, scopes []string) (*oauth2.Token, error)
	// Origin says where its tokens come from, in a few harmless words: "login 2
	// of 2026-11-24".
	Origin() string
}

// Source gives the tokens of an issuer by their scopes. It keeps each until it
// expires, and each failure for good: nobody is asked twice for what could not
// be had. It is a target.Credentials, safe for use by many goroutines.
type Source struct {
	ctx    context.Context
	issuer Issuer
	covers Coverage
	group  []string

	mutex  sync.Mutex
	broken error
	kept   map[string]*keptToken
}

// NewSource makes a source of the issuer's tokens for the scopes that it covers.
// The context ends what it waits for. The group, which may be empty, is a set of
// documented scopes that one token of the issuer carries.
func NewSource(ctx context.Context, issuer Issuer, covers Coverage, group ...string) *Source {
	return &Source{ctx: ctx, issuer: issuer, covers: covers, group: group, kept: map[string]*keptToken{}}
}

// Token gives the source of a token for exactly these scopes, or false where
// the issuer is not there for them.
func (s *Source) Token(scopes ...string) (oauth2.TokenSource, bool) {
	if !s.covers(scopes) {
		return nil, false
	}
	return s.keptFor(scopes), true
}

// AnyToken gives the source of a token that carries a group of documented
// scopes, with these scopes, or false where the issuer has no such group.
func (s *Source) AnyToken() ([]string, oauth2.TokenSource, bool) {
	if len(s.group) == 0 {
		return nil, nil, false
	}
	return slices.Clone(s.group), s.keptFor(s.group), true
}

// Origin says where the token for these scopes comes from, or false where the
// issuer is not there for them.
func (s *Source) Origin(scopes ...string) (string, bool) {
	return s.issuer.Origin(), s.covers(scopes)
}

func (s *Source) keptFor(scopes []string) *keptToken {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	set := setOf(scopes)
	if s.kept[set] == nil {
		s.kept[set] = &keptToken{of: s, scopes: slices.Clone(scopes)}
	}
	return s.kept[set]
}

// brokenBy gives the failure that stands for every set of scopes, or nil.
func (s *Source) brokenBy() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.broken
}

func (s *Source) remember(err error) {
	if failure, known := err.(*Failure); !known || !failure.Whole {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.broken = err
}

// keptToken is the token of one set of scopes.
type keptToken struct {
	of     *Source
	scopes []string

	mutex   sync.Mutex
	token   *oauth2.Token
	failure error
}

// Token gives the token, and obtains it where there is none or it expires.
func (k *keptToken) Token() (*oauth2.Token, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.token.Valid() {
		return k.token, nil
	}
	if k.failure == nil {
		k.failure = k.of.brokenBy()
	}
	if k.failure != nil {
		return nil, k.failure
	}
	token, err := k.of.issuer.Issue(k.of.ctx, k.scopes)
	if err != nil {
		k.failure = err
		k.of.remember(err)
		return nil, err
	}
	k.token = token
	return token, nil
}

// setOf writes a set of scopes in one way, whatever their order.
func setOf(scopes []string) string {
	return strings.Join(slices.Sorted(slices.Values(scopes)), " ")
}
