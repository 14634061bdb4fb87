package tokens

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/internal/target"
)

// Fixed issues one token that somebody obtained. The origin is where it was
// given: "--token", "tokens.yaml:3".
func Fixed(token Secret, origin string) Issuer {
	return Issuer{Origin: origin, Issue: func(context.Context, []string) (*oauth2.Token, error) { return bearer(string(token)), nil }}
}

// Template issues tokens by name, which nobody is asked for.
func Template(template target.TokenTemplate) Issuer {
	return Issuer{Origin: "the token template", Ordered: true, Issue: func(_ context.Context, scopes []string) (*oauth2.Token, error) {
		return bearer(template.Name(scopes...)), nil
	}}
}

// Environment issues the token in an environment variable, which the function
// looks up: os.LookupEnv.
func Environment(variable string, lookup func(string) (string, bool)) Issuer {
	return Issuer{Origin: "the variable " + variable, Issue: func(context.Context, []string) (*oauth2.Token, error) {
		value, _ := lookup(variable)
		value = strings.TrimSpace(value)
		if value == "" {
			return nil, &Failure{Message: fmt.Sprintf("the variable %s has no token", variable), Fix: "put the token into it", Whole: true}
		}
		return bearer(value), nil
	}}
}

func bearer(value string) *oauth2.Token {
	return &oauth2.Token{AccessToken: value, TokenType: "Bearer"}
}
