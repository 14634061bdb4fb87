package tokens

import (
	"context"
	"sync"

	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/internal/target"
)

// Verified asks a server what each token really carries before it is used: one
// that carries other scopes than it was given for would make the server under
// judgement look wrong. Where that server has no answer, the token is used as it
// is. It is safe for use by many goroutines.
type Verified struct {
	credentials target.Credentials
	ctx         context.Context
	inspector   Inspector
	documented  Documented

	mutex sync.Mutex
	asked map[string]*inspected
}

// NewVerified verifies the tokens of credentials. The context ends what is
// waited for.
func NewVerified(ctx context.Context, credentials target.Credentials, inspector Inspector, documented Documented) *Verified {
	return &Verified{credentials: credentials, ctx: ctx, inspector: inspector, documented: documented, asked: map[string]*inspected{}}
}

// Token gives a token that carries these scopes and no other documented one, as
// far as the server knows.
func (v *Verified) Token(scopes ...string) (oauth2.TokenSource, bool) {
	source, found := v.credentials.Token(scopes...)
	if !found {
		return nil, false
	}
	return verifiedToken{v, source, scopes}, true
}

// AnyToken gives a verified token for a group of documented scopes.
func (v *Verified) AnyToken() ([]string, oauth2.TokenSource, bool) {
	grouped, has := v.credentials.(target.Grouped)
	if !has {
		return nil, nil, false
	}
	scopes, source, found := grouped.AnyToken()
	if !found {
		return nil, nil, false
	}
	return scopes, verifiedToken{v, source, scopes}, true
}

// Origin says where the token for these scopes comes from.
func (v *Verified) Origin(scopes ...string) (string, bool) {
	if _, found := v.credentials.Token(scopes...); !found {
		return "", false
	}
	return OriginOf(v.credentials, scopes...), true
}

// Inspect says what the server knows of a token. It is asked once for each
// token, and once in all where it has no answer.
func (v *Verified) Inspect(token string) (Information, error) {
	v.mutex.Lock()
	one := v.asked[token]
	if one == nil {
		one = &inspected{}
		v.asked[token] = one
	}
	silent := v.asked[""]
	v.mutex.Unlock()
	if silent != nil {
		return Information{}, silent.err
	}
	one.once.Do(func() { one.information, one.err = v.inspector.Inspect(v.ctx, token) })
	if one.err != nil {
		v.mutex.Lock()
		defer v.mutex.Unlock()
		// No token is empty: this one stands for all.
		v.asked[""] = &inspected{err: one.err}
	}
	return one.information, one.err
}

// inspected is what is known of one token.
type inspected struct {
	once        sync.Once
	information Information
	err         error
}

type verifiedToken struct {
	of     *Verified
	source oauth2.TokenSource
	scopes []string
}

// Token gives the token, or says what it carries instead.
func (t verifiedToken) Token() (*oauth2.Token, error) {
	token, err := t.source.Token()
	if err != nil {
		return nil, err
	}
	information, err := t.of.Inspect(token.AccessToken)
	if err != nil {
		return token, nil
	}
	if complaint := t.of.inspector.complaint(information, t.scopes, t.of.documented); complaint != nil {
		return nil, complaint
	}
	return token, nil
}
