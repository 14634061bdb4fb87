package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dpconform/dpconform/internal/tokens"
	"github.com/dpconform/dpconform/spec"
)

// TokenState says whether there is a token for a scope.
type TokenState string

// The states of a token.
const (
	// There: a token was had, and nothing is wrong with it.
	There TokenState = "there"
	// Missing: no source has a token for the scope.
	Missing TokenState = "missing"
	// Unusable: a source should have one, and it cannot be had or is another.
	Unusable TokenState = "unusable"
)

// Scope is what there is for one scope.
type Scope struct {
	// Name is the full scope.
	Name string `json:"scope"`
	// Unrelated says that it is none of the description's: a run shows with it
	// that the server refuses other scopes.
	Unrelated bool       `json:"unrelated,omitempty"`
	State     TokenState `json:"state"`
	// From says where the token comes from.
	From string `json:"from,omitempty"`
	// Until is when the token expires; nil where nobody says.
	Until *time.Time `json:"until,omitempty"`
	// Carries are the scopes that the token carries, by those who know; nil where
	// nobody does.
	Carries []string `json:"carries,omitempty"`
	// Reason says why there is no token, or why nobody could say what it
	// carries.
	Reason string `json:"reason,omitempty"`
	// Verified says that those who know confirm what the token carries.
	Verified bool `json:"verified"`

	family string
}

// mend says what gives a token to a scope that has none.
func mend(scope spec.Scope, contract *spec.Contract, unrelated bool) string {
	if unrelated {
		return "no source has a token; give one with --token unrelated=VALUE"
	}
	return fmt.Sprintf("no source has a token; log in with dpconform login --scopes %s, or give one with --token", scope.Short())
}

func examineScopes(ctx context.Context, options Options) []Scope {
	var found []Scope
	for _, scope := range options.Contract.Scopes {
		if ctx.Err() != nil {
			return found
		}
		found = append(found, examineScope(options, scope, false))
		options.Observe(scope.Short(), found[len(found)-1].State != There)
	}
	unrelated := spec.Scope{Name: options.Contract.UnrelatedScope}
	if unrelated.Name == "" || ctx.Err() != nil {
		return found
	}
	return append(found, examineScope(options, unrelated, true))
}

func examineScope(options Options, scope spec.Scope, unrelated bool) Scope {
	found := Scope{Name: scope.Name, Unrelated: unrelated, State: Missing, family: scope.Family()}
	if options.Target.Credentials == nil {
		found.Reason = mend(scope, options.Contract, unrelated)
		return found
	}
	list, _ := options.Target.Credentials.(tokens.List)
	status, there := list.Status(scope.Name)
	if !there {
		found.Reason = mend(scope, options.Contract, unrelated)
		return found
	}
	found.From = status.Origin
	if status.Err != nil {
		found.State, found.Reason = Unusable, reasonOf(status.Err)
		return found
	}
	found.State = There
	found.expires(status.Token.Expiry)
	switch {
	case status.Unverified != nil:
		found.Reason = "not verified: " + reasonOf(status.Unverified)
	case status.Verified:
		found.Verified, found.Carries = true, status.Scopes
		if found.Until == nil {
			found.expires(status.Expiry)
		}
	}
	return found
}

// reasonOf gives the text of an error that is known to carry no secret.
func reasonOf(err error) string {
	var failure *tokens.Failure
	if errors.As(err, &failure) {
		return failure.Error()
	}
	return "the token could not be had"
}

func (s *Scope) expires(at time.Time) {
	if !at.IsZero() {
		at = at.UTC().Truncate(time.Second)
		s.Until = &at
	}
}
