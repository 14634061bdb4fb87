package tokens

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/oauth2"
)

// RefreshToken is a refresh token that somebody obtained, with the server that
// takes it. One that the server exchanges for another is known to this process
// alone; to keep it, there are logins.
type RefreshToken struct {
	Server *TokenServer
	// Value is the refresh token.
	Value Secret
	// From says where it stands: "tokens.yaml:3".
	From string
	// Documented knows the scopes of the description.
	Documented Documented

	mutex sync.Mutex
}

// Origin says where the refresh token stands.
func (r *RefreshToken) Origin() string { return "the refresh token of " + r.From }

// Issue asks for a token narrowed to these scopes.
func (r *RefreshToken) Issue(ctx context.Context, scopes []string) (*oauth2.Token, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	token, rotated, refused := r.Server.refresh(ctx, r.Value, scopes)
	if refused != nil {
		return nil, refreshRefusal(refused, r.Origin(), "obtain another one", narrowMend)
	}
	if rotated != "" {
		r.Value = rotated
	}
	return checked(token, scopes, r.Documented, r.Server.name(), narrowMend)
}

// refreshRefusal says what a refusal of a refresh token means, with how to get
// another one, and one for a scope by itself.
func refreshRefusal(refused *refusal, origin, again, narrow string) *Failure {
	switch refused.code {
	case "invalid_grant":
		return &Failure{Message: fmt.Sprintf("%s is no longer valid (HTTP %s)%s", origin, refused.brief(), refused.clock), Mend: again, Whole: true}
	case "invalid_scope":
		return &Failure{Message: fmt.Sprintf("%s gives no token for this scope (HTTP %s)", origin, refused.brief()), Mend: narrow}
	}
	return clientRefusal(refused)
}

// narrowMend says what to do where no token carries one scope alone.
const narrowMend = "obtain one for this scope alone"

// loginCommand is the command that logs in with scopes. A shell must leave the
// stars in it alone.
func loginCommand(scopes string) string {
	if strings.Contains(scopes, "*") {
		scopes = "'" + scopes + "'"
	}
	return "dpconform login --scopes " + scopes
}
