package tokens

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/oauth2"
)

// Secret is a text that no format verb prints. JSON carries it: it is the
// store's.
type Secret string

// String hides the secret.
func (s Secret) String() string { return "…" }

// GoString hides the secret.
func (s Secret) GoString() string { return "…" }

// Fixed is one token that somebody obtained.
type Fixed struct {
	// Value is the token.
	Value Secret
	// From says where it stands: "--token", "tokens.yaml:3".
	From string
}

// Issue gives the token.
func (f Fixed) Issue(context.Context, []string) (*oauth2.Token, error) {
	return bearer(string(f.Value)), nil
}

// Origin says where the token stands.
func (f Fixed) Origin() string { return f.From }

// Environment is a token in an environment variable.
type Environment struct {
	Variable string
	// Lookup gives the value of a variable: os.LookupEnv.
	Lookup func(string) (string, bool)
}

// Issue reads the variable.
func (e Environment) Issue(context.Context, []string) (*oauth2.Token, error) {
	value, _ := e.Lookup(e.Variable)
	value = strings.TrimSpace(value)
	switch {
	case value == "":
		return nil, &Failure{Message: fmt.Sprintf("the variable %s has no token", e.Variable), Mend: "put the token into it", Whole: true}
	case len(strings.Fields(value)) > 1:
		return nil, &Failure{Message: fmt.Sprintf("the variable %s has white space in it", e.Variable), Mend: "a token is one word, without Bearer", Whole: true}
	}
	return bearer(value), nil
}

// Origin names the variable.
func (e Environment) Origin() string { return "the variable " + e.Variable }

func bearer(value string) *oauth2.Token {
	return &oauth2.Token{AccessToken: value, TokenType: "Bearer"}
}
